package demo_test

import (
	"testing"
	"time"

	"portcullis/demo"
	"portcullis/policy"
)

// TestOpened holds that breaches opened over months, none before its rule held or after its host was heard from, and
// that the same is said of them each time.
func TestOpened(t *testing.T) {
	d := government(t, thursday)
	p := compile(t, &d.World, d.Now)
	rules := map[string]*policy.Rule{}
	for i := range d.World.Rules {
		rules[d.World.Rules[i].ID] = &d.World.Rules[i]
	}
	ages, reasons := map[string]int{}, map[demo.Opening]int{}
	for h, decisions := range judged(t, d, p, "health", "harbours", "fisheries") {
		for i := range decisions {
			if !decisions[i].Breach {
				continue
			}
			for _, f := range decisions[i].Findings {
				for _, id := range append([]string{""}, f.Rules...) {
					at, why := d.Opened(h.ID, h.LastHeard, uint32(i), id)
					if again, _ := d.Opened(h.ID, h.LastHeard, uint32(i), id); again != at {
						t.Fatalf("%s: %s, and then %s", h.ID, at, again)
					}
					reasons[why]++
					switch r := rules[id]; {
					case at.After(d.Now), why == demo.Found && !h.LastHeard.IsZero() && at.After(h.LastHeard):
						t.Errorf("%s: opened at %s, and was last heard from at %s", h.ID, at, h.LastHeard)
					case r != nil && at.Before(r.From), r != nil && r.Effect == policy.PhaseOut && f.Result == policy.Overdue && at.Before(r.Deadline):
						t.Errorf("%s: opened at %s by %s, which did not hold as yet", h.ID, at, id)
					}
					switch age := d.Now.Sub(at); {
					case age < 24*time.Hour:
						ages["a day"]++
					case age < 7*24*time.Hour:
						ages["a week"]++
					case age < 30*24*time.Hour:
						ages["a month"]++
					default:
						ages["longer"]++
					}
				}
			}
		}
	}
	if len(ages) != 4 || ages["a day"] > ages["a week"] || ages["a week"] > ages["a month"] || reasons[demo.Found] == 0 || reasons[demo.Decided] == 0 {
		t.Errorf("by age %v, by reason %v", ages, reasons)
	}
}
