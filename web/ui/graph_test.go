package ui

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"portcullis/web/ui/uitest"
)

// randomGraph is any graph: with cycles, edges to itself and to nowhere, several between the same two, long names.
func randomGraph(r *rand.Rand) Graph {
	g := Graph{ID: "g", Title: "A graph", About: "Of chance."}
	names := []string{"Umber Group", "x", long, strings.Repeat("Ungetrennt", 30), "北海港湾天气预报有限责任公司", "W W W W W W W W W W W W W W W W", "", "a\xffb"}
	for range r.IntN(40) {
		n := GraphNode{Shape: GraphShape(r.IntN(3)), Name: names[r.IntN(len(names))], Here: r.IntN(9) == 0}
		for range r.IntN(3) {
			n.Marks = append(n.Marks, GraphMark{Stop: r.IntN(2) == 0, Text: "Ban for " + names[r.IntN(len(names))]})
		}
		g.Nodes = append(g.Nodes, n)
	}
	for range r.IntN(2*len(g.Nodes) + 1) {
		g.Edges = append(g.Edges, GraphEdge{From: r.IntN(len(g.Nodes)+3) - 1, To: r.IntN(len(g.Nodes)+3) - 1, Text: names[r.IntN(len(names))], Broken: r.IntN(2) == 0})
	}
	return g
}

// chain is companies of which each owns the next.
func chain(n int) Graph {
	g := Graph{Nodes: make([]GraphNode, n)}
	for i := range n {
		g.Nodes[i].Name = fmt.Sprintf("Company %d of a long chain", i)
		if i > 0 {
			g.Edges = append(g.Edges, GraphEdge{From: i - 1, To: i, Text: "owned"})
		}
	}
	return g
}

// TestGraphsOfChance lays out graphs of chance: each node stands there in full once, no two boxes touch, all text is
// within its box and all boxes within the drawing, no line runs through a box, and the same graph is drawn the same.
func TestGraphsOfChance(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	graphs := []Graph{chain(5), chain(60), {Nodes: []GraphNode{{Name: "Round"}, {Name: "About"}}, Edges: []GraphEdge{{From: 0, To: 1}, {From: 1, To: 0}}}}
	for range 400 {
		graphs = append(graphs, randomGraph(r))
	}
	for i := range graphs {
		g := &graphs[i]
		steps := g.steps()
		if len(steps) > 2*len(g.Nodes)+len(g.Edges) {
			t.Fatalf("graph %d: %d nodes and %d edges make %d steps", i, len(g.Nodes), len(g.Edges), len(steps))
		}
		full := make([]int, len(g.Nodes))
		for _, s := range steps {
			if !s.again {
				full[s.node]++
			}
		}
		if slices.ContainsFunc(full, func(n int) bool { return n != 1 }) {
			t.Fatalf("graph %d: how often each node is drawn in full: %v", i, full)
		}
		for _, width := range []int{graphNarrow, graphWide} {
			d := g.draw(width, "narrow")
			if !reflect.DeepEqual(d, g.draw(width, "narrow")) {
				t.Fatalf("graph %d is drawn in two ways", i)
			}
			tidy(t, fmt.Sprintf("graph %d, %d wide", i, width), &d)
		}
	}
}

// tidy fails the test where something in a drawing lies over something else.
func tidy(t *testing.T, name string, d *graphDrawing) {
	t.Helper()
	for i := range d.Boxes {
		b := &d.Boxes[i]
		if b.X < 0 || b.Y < 0 || b.Width < 2*graphPad || b.X+b.Width > d.Width || b.Y+b.Height > d.Height {
			t.Fatalf("%s: box %d stands out of the drawing: %+v", name, i, b)
		}
		if i > 0 && d.Boxes[i-1].Y+d.Boxes[i-1].Height >= b.Y {
			t.Fatalf("%s: box %d touches the one above it", name, i)
		}
		last := b.Y
		for k, lines := range [][]graphLineOf{b.How, b.Name, b.Marks} {
			for _, l := range lines {
				if size := []textSize{graphSmall, graphName, graphBold}[k]; l.X < b.X+graphPad || l.X+size.width(l.Text) > b.X+b.Width || l.Y-graphLine+4 < last || l.Y > b.Y+b.Height {
					t.Fatalf("%s: a line of box %d stands out of it, or over another: %+v in %+v", name, i, l, b)
				}
				last = l.Y
			}
		}
		if b.Elbow == "" {
			continue
		}
		var x, from, to, end int
		if _, err := fmt.Sscanf(b.Elbow, "M%d %dV%dH%d", &x, &from, &to, &end); err != nil || x >= end || from >= to || end != b.X {
			t.Fatalf("%s: the line to box %d: %s, %v", name, i, b.Elbow, err)
		}
		for k := range d.Boxes {
			if o := &d.Boxes[k]; k < i && o.X <= x && o.Y+o.Height > from && o.Y < to {
				t.Fatalf("%s: the line to box %d runs through box %d", name, i, k)
			}
		}
	}
}

// TestGraphSays holds what a drawing says, and that its table says the same.
func TestGraphSays(t *testing.T) {
	g := Graph{ID: "owners", Title: "Who owns whom", About: "How to read it.",
		Nodes: []GraphNode{{Name: "Group", Href: "/suppliers/group", Marks: []GraphMark{{Stop: true, Text: "Ban for all"}}}, {Name: "Maker", Here: true}, {Name: "36 more", Href: "/suppliers", Shape: GraphMore}},
		Edges: []GraphEdge{{From: 0, To: 1, Text: "owned, until 3 May 2024", Broken: true}, {From: 1, To: 2, Text: "owned"}, {From: 1, To: 0, Text: "owned"}}}
	html, err := g.HTML()
	if err != nil {
		t.Fatal(err)
	}
	drawing, table, _ := strings.Cut(string(html), "</figure>")
	for _, want := range []string{`role="group" aria-labelledby="owners-narrow-title"`, `<title id="owners-wide-title">Who owns whom</title>`, "stroke-dasharray", `href="/suppliers/group"`} {
		if !strings.Contains(drawing, want) {
			t.Errorf("the drawing lacks %s", want)
		}
	}
	for _, want := range []string{"Group", "Maker", "Ban for all", "Owned, until 3 May 2024; this page", "Owned; drawn in full elsewhere", "36 more", "/suppliers/group"} {
		if !strings.Contains(drawing, want) || !strings.Contains(table, want) {
			t.Errorf("%q is in the drawing: %t, and in the table: %t", want, strings.Contains(drawing, want), strings.Contains(table, want))
		}
	}
	if n := strings.Count(drawing, "stroke-dasharray"); n != 2*2 {
		t.Errorf("%d broken lines and boxes in two drawings with one each", n)
	}
	for _, fault := range uitest.Faults(string(html)) {
		t.Error(fault)
	}
}
