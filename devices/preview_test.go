package devices

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portcullis/devices/index"
	"portcullis/internal/drawn"
	"portcullis/policy"
)

// TestAllowing holds the allow rules that a rule touches to the decision: those that it names for something of which it
// says as well that the rule covers it.
func TestAllowing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn.Drawing{T: t}
		w, at := d.World(), drawn.Day(d.UpTo(7))
		basis, err := index.NewBasis(w, at)
		if err != nil {
			t.Fatal(err)
		}
		view := View{World: w, Basis: basis, finding: &finding{}}
		for _, draft := range slices.Concat(d.World().Rules, d.World().Rules, d.World().Rules, d.World().Rules) {
			if draft.Effect == policy.Allow {
				continue
			}
			draft.ID, draft.Period, draft.Deadline = "draft", policy.Period{From: at}, time.Time{}
			draft.Effect = policy.Ban
			want := 0
			for _, r := range w.Rules {
				if r.Effect == policy.Allow && r.Contains(at) && both(t, w, draft, r, at) {
					want++
				}
			}
			if got, err := view.allowing(&draft, at); err != nil || got != want {
				t.Errorf("%+v touches %d allow rules of %+v, not %d: %v", draft, got, w.Rules, want, err)
			}
		}
	})
}

// both tries whether there is anything that a rule covers and an allow rule admits, if those two were all.
func both(t *rapid.T, w *policy.World, rule, allow policy.Rule, at time.Time) bool {
	alone := policy.World{Organisations: w.Organisations, Sites: w.Sites, Suppliers: w.Suppliers, Products: w.Products, Rules: []policy.Rule{rule, allow}}
	compiled, err := policy.Compile(&alone, at)
	if err != nil {
		t.Fatal(err)
	}
	var hosts []policy.Host
	for _, o := range drawn.Organisations {
		hosts = append(hosts, policy.Host{Kind: policy.Device, Organisation: o, Platform: policy.Android}, policy.Host{Kind: policy.Device, Organisation: o, Platform: policy.Windows},
			policy.Host{Kind: policy.EquipmentHost, Organisation: o})
	}
	for _, s := range w.Sites {
		hosts = append(hosts, policy.Host{Kind: policy.EquipmentHost, Organisation: s.Organisation, Site: s.ID})
	}
	for i := range hosts {
		subject, err := compiled.Subject(&hosts[i])
		if err != nil {
			t.Fatal(err)
		}
		for k := range w.Products {
			for _, platform := range []policy.Platform{0, policy.Chrome} {
				if platform != 0 && hosts[i].Kind == policy.EquipmentHost {
					continue // nothing on it has a platform
				}
				var found policy.Decision
				subject.Decide(&policy.Installation{Product: w.Products[k].ID, Platform: platform}, &found)
				says := func(id string) bool {
					return slices.ContainsFunc(found.Findings, func(f policy.Finding) bool { return slices.Contains(f.Rules, id) })
				}
				if says(rule.ID) && says(allow.ID) {
					return true
				}
			}
		}
	}
	return false
}
