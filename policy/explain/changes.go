package explain

import (
	"slices"
	"time"

	"portcullis/policy"
)

// changes judges again at the dates to come and returns those at which the verdict becomes another.
func changes(w *policy.World, h *policy.Host, in *policy.Installation, t time.Time) ([]Change, error) {
	near := concerning(w, h)
	last, err := policy.Decide(near, h, in, t)
	if err != nil {
		return nil, err
	}
	var found []Change
	tried := 0
	for _, at := range policy.Dates(near) {
		if !at.After(t) {
			continue
		}
		if tried++; tried > maxDates || len(found) == maxChanges {
			break
		}
		next, err := policy.Decide(near, h, in, at)
		if err != nil {
			return nil, err
		}
		if next.Verdict != last.Verdict || next.Breach != last.Breach {
			found = append(found, Change{at, next.Verdict, next.Breach})
			last = next
		}
	}
	return found, nil
}

// concerning is the world less the rules and exemptions that cannot touch the host: there are fewer
// dates to try, and the answers are the same.
func concerning(w *policy.World, h *policy.Host) *policy.World {
	e := &explainer{names: newNames(w), host: h}
	ancestry := e.ancestry(h.Organisation)
	near := *w
	near.Rules, near.Exemptions = nil, nil
	lifted := map[string]bool{}
	for i := range w.Exemptions {
		x := w.Exemptions[i]
		e.out.Decision.Product = x.Product
		if e.concerns(&x) {
			near.Exemptions = append(near.Exemptions, x)
			for _, id := range x.Lifts {
				lifted[id] = true
			}
		}
	}
	for i := range w.Rules {
		if r := &w.Rules[i]; lifted[r.ID] || slices.Contains(ancestry, r.Scope) {
			near.Rules = append(near.Rules, *r)
		}
	}
	return &near
}
