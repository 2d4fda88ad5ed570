package devices_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

func TestWhatIf(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		rule := policy.Rule{Effect: policy.Ban, Target: policy.Target{Supplier: "group"}, Components: true, Scope: "gov"}
		found, err := s.WhatIf(t.Context(), command, rule)
		if err != nil {
			t.Fatal(err)
		}
		if found.Reached != (devices.Reached{Direct: 5, Component: 3}) || found.Either != 6 || found.Hosts != 6 {
			t.Errorf("reached: %+v, %d of %d", found.Reached, found.Either, found.Hosts)
		}
		if len(found.Exemptions) != 1 || found.Others != 0 {
			t.Errorf("exemptions: %+v %d", found.Exemptions, found.Others)
		}
		var narrower []string
		got := map[string]devices.Reached{}
		for _, n := range found.Narrower {
			name := string(n.By)
			switch n.By {
			case devices.BelowOneBody:
				name = n.Rule.Scope
			case devices.OnOnePlatform:
				name = n.Rule.Platforms[0].String()
			}
			narrower, got[name] = append(narrower, name), n.Reached
			alone, err := s.WhatIf(t.Context(), command, n.Rule)
			if err != nil || alone.Reached != n.Reached {
				t.Errorf("%s: asked alone it is %+v, not %+v %v", name, alone.Reached, n.Reached, err)
			}
		}
		want := map[string]devices.Reached{"components": {Direct: 5}, "dept-a": {Direct: 3, Component: 1}, "dept-b": {Direct: 2, Component: 2}, "android": {Direct: 3, Component: 3}, "ios": {Direct: 1}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("narrower: %v %s", narrower, diff)
		}
	})
}

func TestWhatIfRefusals(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		good := policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "dept-b"}
		officer := s.holder(t, people.SecurityOfficer, "dept-b")
		if found, err := s.WhatIf(t.Context(), officer, good); err != nil || found.Direct != 1 {
			t.Errorf("what is one's own: %+v %v", found, err)
		}
		for name, c := range map[string]struct {
			change func(*policy.Rule)
			kind   fault.Kind
		}{
			"another body":     {func(r *policy.Rule) { r.Scope = "gov" }, fault.Refused},
			"no such product":  {func(r *policy.Rule) { r.Target.Product = "none" }, fault.Invalid},
			"no such supplier": {func(r *policy.Rule) { r.Target = policy.Target{Supplier: "none"} }, fault.Invalid},
			"about nothing":    {func(r *policy.Rule) { r.Target = policy.Target{} }, fault.Invalid},
			"an allow rule":    {func(r *policy.Rule) { r.Effect = policy.Allow }, fault.Invalid},
		} {
			rule := good
			c.change(&rule)
			if _, err := s.WhatIf(t.Context(), officer, rule); !fault.Is(err, c.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		noScope := good
		noScope.Scope = ""
		if _, err := s.WhatIf(t.Context(), command, noScope); !fault.Is(err, fault.Invalid) {
			t.Errorf("for nobody: %v", err)
		}
	})
}

// TestFromWhatIfToInBreach: what a ban would reach is in breach once it is made, but for what is exempt, and
// no longer once it has ended.
func TestFromWhatIfToInBreach(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		ctx := t.Context()
		rule := policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "gov", Clearance: "minister", Reason: "it listens"}
		before, err := s.WhatIf(ctx, command, rule)
		if err != nil {
			t.Fatal(err)
		}
		centre := s.holder(t, people.CentreOfficer, people.Everywhere)
		made, err := s.decisions().AddRule(ctx, centre, rule)
		if err != nil {
			t.Fatal(err)
		}
		s.follow(t)
		effect, err := s.Rule(ctx, command, made.ID)
		if err != nil || !effect.Holds || effect.Ended || effect.InBreach.Hosts.Len() != before.Direct || before.Direct != 4 {
			t.Errorf("in breach: %+v, and before it was said %+v %v", effect, before.Reached, err)
		}
		own, err := s.Rule(ctx, s.holder(t, people.SecurityOfficer, "dept-b"), made.ID)
		if err != nil || !slices.Equal(own.InBreach.Hosts.IDs(), []string{"b1"}) || own.Reaches.Direct != 1 {
			t.Errorf("an officer of B sees %v %+v %v", own.InBreach.Hosts.IDs(), own.Reaches, err)
		}
		s.clock.Advance(time.Second)
		if _, err := s.decisions().EndRule(ctx, centre, made.ID, store.Time{}, "mended"); err != nil {
			t.Fatal(err)
		}
		s.follow(t)
		effect, err = s.Rule(ctx, command, made.ID)
		if err != nil || !effect.Ended || effect.InBreach.Hosts.Len() != 0 || effect.Reaches.Direct != 0 {
			t.Errorf("when it has ended: %+v %v", effect, err)
		}
		if _, err := s.Rule(ctx, command, "none"); !fault.Is(err, fault.NotFound) {
			t.Errorf("what is not there: %v", err)
		}
	})
}

// TestTwins is about a rule that is there already.
func TestTwins(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		officer := s.officer(t)
		draft := policy.Rule{Effect: policy.Ban, Target: policy.Target{Supplier: "maker"}, Components: true, Scope: "gov"}
		ask := func(change func(*policy.Rule)) []string {
			t.Helper()
			asked := draft
			change(&asked)
			found, err := s.WhatIf(t.Context(), officer, asked)
			if err != nil {
				t.Fatal(err)
			}
			return found.Twins
		}
		if got := ask(func(*policy.Rule) {}); !slices.Equal(got, []string{"ban-maker"}) {
			t.Errorf("the same rule: %v", got)
		}
		for name, change := range map[string]func(*policy.Rule){
			"without components": func(r *policy.Rule) { r.Components = false }, "for a body": func(r *policy.Rule) { r.Scope = "dept-a" },
			"on a platform": func(r *policy.Rule) { r.Platforms = []policy.Platform{policy.IOS} }, "a phase-out": func(r *policy.Rule) { r.Effect = policy.PhaseOut },
			"of a product": func(r *policy.Rule) { r.Target = policy.Target{Product: "parrot"} },
		} {
			if got := ask(change); len(got) > 0 {
				t.Errorf("%s: %v", name, got)
			}
		}
		if _, err := s.decisions().EndRule(t.Context(), officer, "ban-maker", store.TimeOf(noon.Add(time.Minute)), "a reason"); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(time.Hour)
		s.follow(t)
		if got := ask(func(*policy.Rule) {}); len(got) > 0 {
			t.Errorf("after it has ended: %v", got)
		}
	})
}
