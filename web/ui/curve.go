package ui

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// Curve is a drawing of how an amount grew over time, towards all that there is. A table beside it says the same in
// words.
type Curve struct {
	// ID is another for each drawing of a page.
	ID string
	// Title says what is drawn, and About how it is read.
	Title, About string
	// Unit heads the column of the amounts, such as "Confirmed by", and All is what the broken line is: "12 devices can
	// tell".
	Unit, All string
	Total     int64
	// Points are in the order of their times.
	Points []CurvePoint
	// Now gives the times their zone.
	Now   time.Time
	Empty Empty // shown where there are no points
}

// CurvePoint is the amount at a time: it is so from there to the next one.
type CurvePoint struct {
	At    time.Time
	Value int64
}

// The measures of the drawing, in pixels.
const (
	curveHeight = 200 // of the plot
	curveTop    = 28  // above it, for what the broken line is
	curveFoot   = 48  // below it, for the times
	curveEdge   = 8   // at its sides
)

// curveText is a text in the drawing; Anchor is as SVG has it.
type curveText struct {
	X, Y         int
	Anchor, Text string
}

// curveDrawing is a drawing of one width.
type curveDrawing struct {
	ID, Class, Title, About string
	Width, Height           int
	Axes, All, Line, Under  string // paths
	Texts                   []curveText
}

// draw lays a drawing out. It depends on nothing but the curve and the width.
func (c *Curve) draw(width int, class string) curveDrawing {
	d := curveDrawing{ID: c.ID + "-" + class, Class: class, Title: c.Title, About: c.About, Width: width, Height: curveTop + curveHeight + curveFoot}
	first, last := c.Points[0], c.Points[len(c.Points)-1]
	most := max(c.Total, last.Value, 1)
	left := 2*curveEdge + graphSmall.width(Number(most).String())
	right, foot := width-curveEdge, curveTop+curveHeight
	span := max(last.At.Sub(first.At), 1)
	across := func(t time.Time) int { return left + int(float64(right-left)*float64(t.Sub(first.At))/float64(span)) }
	up := func(v int64) int { return foot - int(float64(curveHeight)*float64(v)/float64(most)) }

	d.Axes = fmt.Sprintf("M%d %dV%dH%d", left, curveTop, foot, right)
	d.All = fmt.Sprintf("M%d %dH%d", left, up(c.Total), right)
	var line strings.Builder
	fmt.Fprintf(&line, "M%d %d", left, up(first.Value))
	for _, p := range c.Points[1:] {
		fmt.Fprintf(&line, "H%dV%d", across(p.At), up(p.Value))
	}
	fmt.Fprintf(&line, "H%d", right)
	d.Line = line.String()
	d.Under = d.Line + fmt.Sprintf("V%dH%dZ", foot, left)
	d.Texts = []curveText{
		{left, curveTop - 10, "start", c.All},
		{left - curveEdge, up(most) + 5, "end", Number(most).String()}, {left - curveEdge, foot + 5, "end", "0"},
	}
	days := [2]string{}
	for i, at := range []time.Time{first.At, last.At} {
		days[i] = at.In(c.Now.Location()).Format("2\u00a0Jan\u00a02006")
	}
	clock := "15:04"
	if last.At.Sub(first.At) < 2*time.Minute {
		clock += ":05"
	}
	d.Texts = append(d.Texts, curveText{left, foot + 18, "start", first.At.In(c.Now.Location()).Format(clock)}, curveText{left, foot + 18 + graphLine, "start", days[0]})
	if last.At.After(first.At) {
		d.Texts = append(d.Texts, curveText{right, foot + 18, "end", last.At.In(c.Now.Location()).Format(clock)})
	}
	if days[0] != days[1] {
		d.Texts = append(d.Texts, curveText{right, foot + 18 + graphLine, "end", days[1]})
	}
	return d
}

// Drawings are the drawing for a phone and for a desk. A style sheet shows the one that fits.
func (c Curve) Drawings() []curveDrawing {
	return []curveDrawing{c.draw(graphNarrow, "narrow"), c.draw(graphWide, "wide")}
}

// Table says what the drawing does: each time at which the amount was another, the first and the last.
func (c Curve) Table() Component {
	t := Table{Caption: c.Title + ", as a table", Unseen: true, Columns: []Column{{Title: "When"}, {Title: c.Unit, Number: true}, {Title: "Still missing", Number: true}}}
	for i, p := range c.Points {
		if i > 0 && i < len(c.Points)-1 && p.Value == c.Points[i-1].Value {
			continue
		}
		when := Time{At: p.At, Now: c.Now}.Absolute()
		if c.Points[len(c.Points)-1].At.Sub(c.Points[0].At) <= 10*time.Minute {
			when += p.At.Format(":05")
		}
		t.Rows = append(t.Rows, Row{Text(when), Number(p.Value), Number(max(0, c.Total-p.Value))})
	}
	return Details{Summary: "The drawing as a table", Content: []Component{t}}
}

// HTML shows the drawing and the table.
func (c Curve) HTML() (template.HTML, error) { return render("curve", c) }
