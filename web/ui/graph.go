package ui

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"unicode"
)

// Graph is a drawing of what hangs together, such as companies and what they make: a tree that grows downwards, with
// what is below something to the right of it, so that it is read on a phone as on a desk. It may have any edges,
// cycles too: what was drawn once is named where it stands again, and not opened again. A table beside the drawing
// says the same in words.
type Graph struct {
	// ID is another for each drawing of a page.
	ID string
	// Title says what is drawn, and About how it is read.
	Title, About string
	Nodes        []GraphNode
	Edges        []GraphEdge
	Empty        Empty // shown where there are no nodes
}

// GraphShape is what a node is, to the eye. Its words say it too.
type GraphShape int

// The shapes.
const (
	GraphBox   GraphShape = iota // a box, such as a company
	GraphRound                   // a box with round corners, such as a product
	GraphMore                    // no box: what is not drawn, counted, with the way to it
)

// GraphNode is one thing of a drawing.
type GraphNode struct {
	Shape GraphShape
	Name  string
	Href  string // where the name leads; it may be empty
	// Here is that the page is about it.
	Here  bool
	Marks []GraphMark
}

// GraphMark is a word beside a node that must be seen, with a sign before it.
type GraphMark struct {
	Stop bool // an octagon; a triangle where it is false
	Text string
}

// GraphEdge leads from a node to the one that stands below it, by their places among the nodes. One that leads to no
// node is not drawn.
type GraphEdge struct {
	From, To int
	Text     string // what the lower one is to the upper: "owned, since 3 May 2020"
	Broken   bool   // it does not hold now: the line is broken, and Text says until or from when
}

// The measures of drawings, in pixels.
const (
	graphNarrow, graphWide = 345, 700 // how wide a phone and a desk have them

	graphIndent   = 24 // of what is below something
	graphLeast    = 6  // where it is deep
	graphGap      = 10 // between boxes
	graphPad      = 8  // within a box
	graphLine     = 20 // how high a line of text is
	graphSign     = 12 // how wide a sign is
	graphMaxLines = 5  // of one name; the table has all of it
	graphDeepest  = 24 // steps; what is deeper begins anew at the left
)

// textSize is how wide letters are that take a whole square, in thousandths of a pixel.
type textSize int

// The sizes: 16 pixels, 14, and 14 in bold, which is wider.
const (
	graphName  textSize = 16000
	graphSmall textSize = 14000
	graphBold  textSize = 16500
)

// graphLineOf is a line of text in a drawing.
type graphLineOf struct {
	X, Y  int
	Text  string
	Space bool // there is one behind it, before the next line
}

// graphSignOf is a mark's sign in a drawing.
type graphSignOf struct {
	Stop bool
	Path string
}

// graphBox is a node as it is drawn.
type graphBox struct {
	X, Y, Width, Height int
	Round               int
	Boxed, Here, Broken bool
	Elbow               string // the path of the line to it; empty at a root
	Href                string
	How, Name, Marks    []graphLineOf
	Signs               []graphSignOf
}

// graphDrawing is a drawing of one width.
type graphDrawing struct {
	ID, Class, Title, About string
	Width, Height           int
	Boxes                   []graphBox
}

// graphStep is a node at its place in the tree.
type graphStep struct {
	node, parent int // parent is a step; -1 at a root
	depth        int
	edge         *GraphEdge
	again        bool // it is drawn in full elsewhere
}

// steps are the nodes in the order of the drawing, each in full once: from those that nothing leads to, and then
// whatever is left, which is what goes round in a circle.
func (g *Graph) steps() (steps []graphStep) {
	below, reached := make([][]*GraphEdge, len(g.Nodes)), make([]bool, len(g.Nodes))
	for i := range g.Edges {
		if e := &g.Edges[i]; min(e.From, e.To) >= 0 && max(e.From, e.To) < len(g.Nodes) {
			below[e.From] = append(below[e.From], e)
			reached[e.To] = reached[e.To] || e.From != e.To
		}
	}
	drawn := make([]bool, len(g.Nodes))
	var walk func(node, parent, depth int, edge *GraphEdge)
	walk = func(node, parent, depth int, edge *GraphEdge) {
		again := drawn[node] || depth > graphDeepest
		steps = append(steps, graphStep{node, parent, depth, edge, again})
		if again {
			return
		}
		drawn[node] = true
		at := len(steps) - 1
		for _, e := range below[node] {
			walk(e.To, at, depth+1, e)
		}
	}
	for _, left := range []bool{false, true} {
		for node := range g.Nodes {
			if !drawn[node] && (left || !reached[node]) {
				walk(node, -1, 0, nil)
			}
		}
	}
	return steps
}

// draw lays a drawing out. It depends on nothing but the graph and the width.
func (g *Graph) draw(width int, class string) graphDrawing {
	steps := g.steps()
	d := graphDrawing{ID: g.ID + "-" + class, Class: class, Title: g.Title, About: g.About, Width: width}
	deepest := 1
	for _, s := range steps {
		deepest = max(deepest, s.depth)
	}
	indent := max(graphLeast, min(graphIndent, width/2/deepest))
	y := 2
	for _, s := range steps {
		x := 2 + s.depth*indent
		b := g.box(&s, x, y, width-x-2)
		if s.parent >= 0 {
			above := d.Boxes[s.parent]
			b.Elbow = fmt.Sprintf("M%d %dV%dH%d", above.X+indent/2, above.Y+above.Height, y+b.Height/2, x)
			b.Broken = s.edge.Broken
		}
		d.Boxes = append(d.Boxes, b)
		y += b.Height + graphGap
	}
	d.Height = y - graphGap + 2
	return d
}

// box lays a node out, with its upper left corner there and in a width that it does not have to use up.
func (g *Graph) box(s *graphStep, x, y, width int) graphBox {
	n := &g.Nodes[s.node]
	b := graphBox{X: x, Y: y, Boxed: n.Shape != GraphMore, Here: n.Here && !s.again, Href: n.Href}
	if n.Shape == GraphRound {
		b.Round = 12
	}
	inner, widest, down := width-2*graphPad, 0, y+graphPad
	lines := func(text string, size textSize, aside int) (lines []graphLineOf) {
		for _, line := range wrapped(text, inner-aside, size) {
			line, space := strings.CutSuffix(line, " ")
			widest = max(widest, aside+size.width(line))
			lines = append(lines, graphLineOf{x + graphPad + aside, down + graphLine - 5, line, space})
			down += graphLine
		}
		return lines
	}
	b.How = lines(s.how(n), graphSmall, 0)
	b.Name = lines(n.Name, graphName, 0)
	if !s.again {
		for _, m := range n.Marks {
			b.Signs = append(b.Signs, graphSignOf{m.Stop, signPath(m.Stop, x+graphPad, down+4)})
			b.Marks = append(b.Marks, lines(m.Text, graphBold, graphSign+6)...)
		}
	}
	b.Width, b.Height = min(width, widest+2*graphPad), down-y+graphPad
	return b
}

// how is what is said of a node before its name.
func (s *graphStep) how(n *GraphNode) string {
	var parts []string
	if s.edge != nil {
		parts = append(parts, s.edge.Text)
	}
	if n.Here {
		parts = append(parts, "this page")
	}
	if s.again {
		parts = append(parts, "drawn in full elsewhere")
	}
	return Capital(strings.Join(parts, "; "))
}

// signPath is a sign with its upper left corner there.
func signPath(stop bool, x, y int) string {
	if stop {
		return fmt.Sprintf("M%d %dh4l4 4v4l-4 4h-4l-4 -4v-4z", x+4, y)
	}
	return fmt.Sprintf("M%d %dl6 12h-12z", x+6, y)
}

// wrapped is text in lines that are not wider than a width, but for the space that one ends with where another word
// follows; the last has an ellipsis where there is more of it.
func wrapped(text string, width int, size textSize) (lines []string) {
	line := ""
	add := func(word string) {
		for line == "" && size.width(word) > width { // a word that is too long for a line
			head := fitting(word, width, size)
			lines, word = append(lines, head), word[len(head):]
		}
		line += word
	}
	for _, word := range strings.Fields(text) {
		if line != "" && size.width(line+" "+word) > width {
			lines, line = append(lines, line+" "), ""
		} else if line != "" {
			word = " " + word
		}
		add(word)
	}
	if line != "" {
		lines = append(lines, line)
	}
	if len(lines) > graphMaxLines {
		last := strings.TrimRight(lines[graphMaxLines-1], " ")
		lines = append(lines[:graphMaxLines-1:graphMaxLines-1], fitting(last, width-size.width("…"), size)+"…")
	}
	return lines
}

// fitting is the beginning of a word that is not wider than a width, but for its first letter.
func fitting(word string, width int, size textSize) string {
	for i := range word {
		if i > 0 && size.width(word[:i]) > width {
			return word[:lastRune(word[:i])]
		}
	}
	if size.width(word) > width {
		return word[:lastRune(word)]
	}
	return word
}

// lastRune is where the last letter of a text begins, or where the text ends if it has one only.
func lastRune(text string) int {
	at := 0
	for i := range text {
		at = i
	}
	if at == 0 {
		return len(text)
	}
	return at
}

// width is how wide text is at most, in pixels and in the typefaces that pages have: a server cannot measure it.
func (size textSize) width(text string) int {
	hundredths := 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Mn, r):
		case strings.ContainsRune("iljtfrI.,:;'|!()[] \u00a0-", r):
			hundredths += 40
		case r < 0x7f && unicode.IsLower(r) && r != 'm' && r != 'w', unicode.IsDigit(r) && r < 0x7f:
			hundredths += 62
		case r < 0x7f && !strings.ContainsRune("mwMW@%", r):
			hundredths += 76
		case r < 0x250:
			hundredths += 100
		default:
			hundredths += 130
		}
	}
	return (hundredths*int(size) + 99999) / 100000
}

// Drawings are the drawing for a phone and for a desk. A style sheet shows the one that fits.
func (g Graph) Drawings() []graphDrawing {
	return []graphDrawing{g.draw(graphNarrow, "narrow"), g.draw(graphWide, "wide")}
}

// Table says what the drawing does.
func (g Graph) Table() Component {
	t := Table{Caption: g.Title + ", as a table", Unseen: true, Columns: []Column{{Title: "What"}, {Title: "How"}, {Title: "Marked"}}}
	steps := g.steps()
	for i := range steps {
		s := &steps[i]
		n := &g.Nodes[s.node]
		name := Branch{Link: Link{Text: n.Name, Href: n.Href}, Depth: s.depth}
		if s.parent >= 0 {
			name.Below = g.Nodes[steps[s.parent].node].Name
		}
		var marks []string
		for _, m := range n.Marks {
			marks = append(marks, m.Text)
		}
		how := s.how(n)
		if s.edge != nil && s.edge.Broken {
			how += " (a broken line)"
		}
		t.Rows = append(t.Rows, Row{name, Text(how), Text(strings.Join(slices.Compact(marks), "; "))})
	}
	return Details{Summary: "The drawing as a table", Content: []Component{t}}
}

// HTML shows the drawing and the table.
func (g Graph) HTML() (template.HTML, error) { return render("graph", g) }
