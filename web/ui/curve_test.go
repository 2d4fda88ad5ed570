package ui

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCurve: the drawing goes from its first time to its last, never leaves the plot, stands at the top where all
// are there, and the table says the same.
func TestCurve(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := Curve{ID: "c", Title: "Taking hold", About: "The line is who has it.", Unit: "Confirmed", All: "4 devices can tell", Total: 4, Now: noon,
		Points: []CurvePoint{{noon, 0}, {noon.Add(time.Hour), 1}, {noon.Add(2 * time.Hour), 1}, {noon.Add(3 * time.Hour), 4}, {noon.Add(4 * time.Hour), 4}}}
	for _, d := range c.Drawings() {
		left, top := 0, 0
		if _, err := fmt.Sscanf(d.Axes, "M%d %d", &left, &top); err != nil {
			t.Fatal(err)
		}
		foot, right := top+curveHeight, d.Width-curveEdge
		want := fmt.Sprintf("M%d %dH%dV%d", left, foot, left+(right-left)/4, foot-curveHeight/4)
		if !strings.HasPrefix(d.Line, want) || !strings.HasSuffix(d.Line, fmt.Sprintf("V%dH%d", top, right)) {
			t.Errorf("the line %s does not begin with %s", d.Line, want)
		}
		for _, m := range regexp.MustCompile(`([MHV])(\d+)`).FindAllStringSubmatch(d.Line+d.All+d.Axes, -1) {
			at, _ := strconv.Atoi(m[2])
			if m[1] == "V" && (at < top || at > foot) || m[1] != "V" && (at < left || at > right) {
				t.Errorf("%s%d leaves the plot of %d to %d, %d to %d", m[1], at, left, right, top, foot)
			}
		}
		for _, text := range d.Texts {
			if text.Anchor == "start" && text.X+graphSmall.width(text.Text) > d.Width || text.Anchor == "end" && text.X-graphSmall.width(text.Text) < 0 {
				t.Errorf("%q stands out", text.Text)
			}
		}
	}
	shown, err := c.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for span, want := range map[time.Duration][]string{
		time.Minute: {"12:00:00", "12:01:00", "1\u00a0Mar\u00a02026"}, time.Hour: {"12:00", "13:00", "1\u00a0Mar\u00a02026"}, 24 * time.Hour: {"12:00", "12:00", "1\u00a0Mar\u00a02026", "2\u00a0Mar\u00a02026"},
	} {
		d := (&Curve{Now: noon, Points: []CurvePoint{{noon, 0}, {noon.Add(span), 1}}}).draw(graphNarrow, "narrow")
		var foot []string
		ends := map[int]int{} // where the text at the left ends, by its line
		for _, text := range d.Texts {
			if text.Y <= curveTop+curveHeight+5 {
				continue
			}
			foot = append(foot, text.Text)
			if text.Anchor == "start" {
				ends[text.Y] = text.X + graphSmall.width(text.Text)
			} else if text.X-graphSmall.width(text.Text) < ends[text.Y]+curveEdge {
				t.Errorf("of %s, %q runs into the text before it", span, text.Text)
			}
		}
		slices.Sort(foot)
		if slices.Sort(want); !slices.Equal(foot, want) {
			t.Errorf("of %s the foot says %q, not %q", span, foot, want)
		}
	}
	for _, text := range []string{"4 devices can tell", "1\u00a0March\u00a02026", "16:00", "Still missing", "The drawing as a table"} {
		if !strings.Contains(string(shown), text) {
			t.Errorf("it does not say %q: %s", text, shown)
		}
	}
	if rows := strings.Count(string(shown), "<tr"); rows != 5 {
		t.Errorf("the table has %d rows: the head, the first time, two changes and the last", rows)
	}
	one := Curve{ID: "o", Now: noon, Points: []CurvePoint{{noon, 0}}}
	if shown, err = one.HTML(); err != nil || strings.Contains(string(shown), "NaN") || strings.Contains(string(shown), "-9223") {
		t.Errorf("of one point: %v %s", err, shown)
	}
	if shown, err = (Curve{Empty: Empty{Text: "Nothing yet."}}).HTML(); err != nil || !strings.Contains(string(shown), "Nothing yet.") {
		t.Errorf("of none: %v %s", err, shown)
	}
}
