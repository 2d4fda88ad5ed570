package policy_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/policy"
)

// TestTurns: where no turn lies between two versions, neither ban nor phase-out tells them apart.
func TestTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		_, s := subject(t, c.w, c.h, pick(t, "at", instants))
		in := c.installation(c.h.Kind)
		turns := s.Turns(in)
		stretch := func(version string) (n int) {
			for _, turn := range turns {
				if policy.CompareVersions(version, turn) >= 0 {
					n++
				}
			}
			return n
		}
		found := map[int][]policy.Finding{}
		for _, version := range []string{"0", "1", "1.5", "2", "2.0.0", "2.0.1", "3", "9.9", "10", "11"} {
			in.Version = version
			var d policy.Decision
			s.Decide(&in, &d)
			restrictions := slices.DeleteFunc(slices.Clone(d.Findings), func(f policy.Finding) bool { return f.Question == policy.ListingQuestion })
			before, ok := found[stretch(version)]
			if diff := cmp.Diff(before, restrictions); ok && diff != "" {
				t.Fatalf("no turn of %q is between %s and a version before it, and they are judged apart (-before +%s):\n%s", turns, version, version, diff)
			}
			found[stretch(version)] = restrictions
		}
	})
}

// TestRestricted: of a product that no ban or phase-out may match, none is found; of others, sometimes.
func TestRestricted(t *testing.T) {
	matched := false
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		p, s := subject(t, c.w, c.h, pick(t, "at", instants))
		for _, product := range c.w.Products {
			var d policy.Decision
			s.Decide(&policy.Installation{Product: product.ID}, &d)
			restricted := slices.ContainsFunc(d.Findings, func(f policy.Finding) bool { return f.Question != policy.ListingQuestion })
			if restricted && !p.Restricted(product.ID) {
				t.Fatalf("%s: %+v", product.ID, d.Findings)
			}
			matched = matched || restricted
		}
		if p.Restricted("nobody's") != p.Restricted("") {
			t.Fatal("what is no product is restricted by what restricts everything alone")
		}
	})
	if !matched {
		t.Error("nothing was ever restricted")
	}
}

// TestSingled: the exemptions that single a host out are those without which it is as any other there.
func TestSingled(t *testing.T) {
	w := &policy.World{
		Organisations: []policy.Organisation{{ID: "gov"}, {ID: "dept", Parent: "gov", Monitor: &policy.Monitor{Period: policy.Period{From: date(1), Until: date(3)}}}},
		Products:      []policy.Product{{ID: "a", Kind: policy.App}},
	}
	for id, subject := range map[string]policy.ExemptionSubject{
		"e-host": {Host: "h1"}, "e-person": {Person: "p1"}, "e-group": {Group: "g1"}, "e-all": {Everyone: true}, "e-other": {Host: "h2"},
	} {
		w.Exemptions = append(w.Exemptions, policy.Exemption{ID: id, Product: "a", Scope: "gov", Subject: subject, Period: policy.Period{From: date(1), Until: date(2)}})
	}
	h := &policy.Host{ID: "h1", Kind: policy.Device, Platform: policy.Android, Organisation: "dept", Holder: "p1", Groups: []string{"g1"}}
	for _, c := range []struct {
		organisation string
		month        int
		singled      []string
		watched      bool
	}{
		{"dept", 0, []string{"e-group", "e-host", "e-person"}, true},
		{"dept", 2, nil, false},
		{"gov", 0, []string{"e-group", "e-host", "e-person"}, false},
	} {
		p, err := policy.Compile(w, date(1).AddDate(0, c.month, 0))
		if err != nil {
			t.Fatal(err)
		}
		h.Organisation = c.organisation
		s, err := p.Subject(h)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.singled, s.Singled()); diff != "" || s.Watched() != c.watched {
			t.Errorf("%s, %d months on: watched %t, singled out (-want +got)\n%s", c.organisation, c.month, s.Watched(), diff)
		}
	}
}

// TestTurnsOf: the turns are those of the rules' own windows, those of the components that lead to what
// they ban, and those of rules on anything.
func TestTurnsOf(t *testing.T) {
	ban := func(id string, target policy.Target, versions policy.Window) policy.Rule {
		return policy.Rule{ID: id, Effect: policy.Ban, Target: target, Scope: "gov", Period: policy.Period{From: date(1)}, Versions: versions, Components: true, Clearance: policy.ClearanceNone, Reason: "r"}
	}
	w := &policy.World{
		Organisations: []policy.Organisation{{ID: "gov"}},
		Products: []policy.Product{
			{ID: "kit", Kind: policy.App},
			{ID: "app", Kind: policy.App, Contains: []policy.Component{{Product: "kit", Versions: policy.Window{Since: "3", Until: "4"}}},
				Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "app"}}}},
		},
		Rules: []policy.Rule{
			ban("kits", policy.Target{Product: "kit"}, policy.Window{}),
			ban("app", policy.Target{Product: "app"}, policy.Window{Until: "2"}),
			ban("any", policy.Target{Any: true}, policy.Window{Since: "9", Until: "10"}),
		},
	}
	for _, c := range []struct {
		platform   policy.Platform
		identifier string
		turns      []string
	}{
		{policy.Android, "app", []string{"2", "3", "4", "9", "10"}},
		{policy.Windows, "app", []string{"2", "3", "4", "9", "10"}}, // perhaps it
		{policy.Windows, "other", []string{"9", "10"}},
	} {
		p, err := policy.Compile(w, date(2))
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Subject(&policy.Host{ID: "h", Kind: policy.Device, Platform: c.platform, Organisation: "gov"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.turns, s.Turns(policy.Installation{Identifier: c.identifier})); diff != "" {
			t.Errorf("%s on %s (-want +got)\n%s", c.identifier, c.platform, diff)
		}
	}
}
