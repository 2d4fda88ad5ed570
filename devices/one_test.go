package devices_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

func ids(l devices.List) (all []string) {
	for _, h := range l.Hosts {
		all = append(all, h.ID)
	}
	return all
}

func TestList(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		ctx := t.Context()
		for _, c := range []struct {
			id, name, organisation string
			ownership              policy.Ownership
			platform               policy.Platform
			on                     string
		}{
			{"a-1", "Ada's", "dept-a", policy.Corporate, policy.Android, "com.parrot=1"},
			{"a-2", "Bo's", "dept-a", policy.Personal, policy.IOS, ""},
			{"a-3", "Cy's", "office", policy.Corporate, policy.Android, "com.notes=1"},
			{"b-1", "Ada's other", "dept-b", policy.Corporate, policy.Android, "com.parrot=1"},
		} {
			r := devices.Report{Host: c.id, Name: c.name, Organisation: c.organisation, Ownership: c.ownership, Platform: c.platform}
			if c.on != "" {
				r.Installed = corporate("", c.on).Installed
			}
			s.must(t, r)
		}
		admin := s.person(t, "Admin", "gov", people.SecurityOfficer)
		if _, err := s.Enrol(ctx, admin, devices.Enrolment{ID: "a-4", Name: "Dee's", Organisation: "dept-a", Platform: policy.Linux}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ChangeState(ctx, admin, "a-3", devices.StateChange{State: devices.Retired}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ChangeState(ctx, admin, "b-1", devices.StateChange{State: devices.Lost}); err != nil {
			t.Fatal(err)
		}
		s.follow(t)
		below := s.person(t, "Below", "dept-a", people.Reviewer)
		for name, c := range map[string]struct {
			who  people.Actor
			q    devices.ListQuery
			want []string
		}{
			"all":            {command, devices.ListQuery{}, []string{"a-1", "a-2", "a-4", "b-1"}},
			"one body's":     {command, devices.ListQuery{Organisation: "dept-a"}, []string{"a-1", "a-2", "a-4"}},
			"one's own":      {below, devices.ListQuery{}, []string{"a-1", "a-2", "a-4"}},
			"retired":        {below, devices.ListQuery{State: devices.Retired}, []string{"a-3"}},
			"lost":           {command, devices.ListQuery{State: devices.Lost}, []string{"b-1"}},
			"lost, not here": {below, devices.ListQuery{State: devices.Lost}, nil},
			"in breach":      {command, devices.ListQuery{InBreach: true}, []string{"a-1", "b-1"}},
			"lost, breach":   {command, devices.ListQuery{InBreach: true, State: devices.Lost}, []string{"b-1"}},
			"silent":         {command, devices.ListQuery{Silent: true}, []string{"a-4"}},
			"personal":       {command, devices.ListQuery{Ownership: policy.Personal}, []string{"a-2"}},
			"android":        {command, devices.ListQuery{Platform: policy.Android}, []string{"a-1", "b-1"}},
			"by name":        {command, devices.ListQuery{Words: "Ada"}, []string{"a-1", "b-1"}},
			"by id":          {command, devices.ListQuery{Words: "a-"}, []string{"a-1", "a-2", "a-4"}},
			"by both":        {command, devices.ListQuery{Words: "Ada", InBreach: true, Organisation: "gov", Platform: policy.Android}, []string{"a-1", "b-1"}},
			"ios by id":      {command, devices.ListQuery{Words: "a-", Platform: policy.IOS}, []string{"a-2"}},
			"never seen":     {command, devices.ListQuery{Words: "a-", Silent: true}, []string{"a-4"}},
			"by no name":     {command, devices.ListQuery{Words: "Zoe"}, nil},
		} {
			q := c.q
			q.Limit = 10
			l, err := s.List(ctx, c.who, q)
			if err != nil || !slices.Equal(ids(l), c.want) {
				t.Errorf("%s: %v, %v", name, ids(l), err)
			}
			q.Limit = 1
			var paged []string
			for range 10 {
				page, err := s.List(ctx, c.who, q)
				if err != nil {
					t.Fatal(err)
				}
				paged = append(paged, ids(page)...)
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			if !slices.Equal(paged, c.want) {
				t.Errorf("%s: page by page %v", name, paged)
			}
		}
		_, err := s.List(ctx, below, devices.ListQuery{Organisation: "dept-b", Limit: 1})
		wants(t, "another body's", err, fault.Refused, "You may not")
		s.clock.Advance(devices.SilentAfter + time.Hour)
		if l, err := s.List(ctx, command, devices.ListQuery{Silent: true, Limit: 10}); err != nil || len(l.Hosts) != 4 {
			t.Errorf("silent a week later: %v, %v", ids(l), err)
		}
	})
}

// TestListOfManyNames: a beginning that very many names have is gone through page by page as well.
func TestListOfManyNames(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		const n = 2100
		var reports []devices.Report
		for i := range n {
			r := corporate(fmt.Sprintf("d-%04d", i))
			r.Name = fmt.Sprintf("Phone %d", (i*997)%n)
			reports = append(reports, r)
		}
		if _, err := s.intake.Report(t.Context(), command, reports); err != nil {
			t.Fatal(err)
		}
		found := 0
		for after, more := "", true; more; more = after != "" {
			l, err := s.List(t.Context(), command, devices.ListQuery{Words: "Phone", After: after, Limit: 300})
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range l.Hosts {
				if want := fmt.Sprintf("d-%04d", found); h.ID != want {
					t.Fatalf("%s stands where %s should", h.ID, want)
				}
				found++
			}
			after = l.Next
		}
		if found != n {
			t.Errorf("%d of %d were found", found, n)
		}
	})
}

// TestWhatWasKnownWhen: a decision that is made later does not change what was known before, and what a
// report says late counts from when it was taken.
func TestWhatWasKnownWhen(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		r := corporate("d1", "com.parrot=1")
		s.must(t, r)
		s.clock.Advance(3 * time.Hour)
		late := corporate("d1", "com.notes=1")
		late.Taken = noon.Add(time.Hour)
		s.must(t, late)
		for _, c := range []struct {
			at, known time.Duration
			want      []string
		}{
			{0, 3 * time.Hour, []string{"com.parrot banned"}},
			{2 * time.Hour, 3 * time.Hour, []string{"com.notes allowed"}},
			{2 * time.Hour, 2 * time.Hour, []string{"com.parrot banned"}},
			{-time.Hour, 3 * time.Hour, nil},
		} {
			past, err := s.DecisionsAt(t.Context(), command, devices.PastQuery{Host: "d1", At: store.TimeOf(noon.Add(c.at)), Known: store.TimeOf(noon.Add(c.known))})
			if err != nil || !slices.Equal(on(past.Installed), c.want) || past.Here != (c.want != nil) {
				t.Errorf("at %s, as known at %s: %v, %v", c.at, c.known, on(past.Installed), err)
			}
		}
		one := s.one(t, "d1")
		allowed := one.Installed[0]
		if allowed.Why != nil {
			t.Error("what is allowed is explained though nobody asked")
		}
		past, err := s.DecisionsAt(t.Context(), command, devices.PastQuery{Host: "d1", Thing: &allowed.Thing})
		if err != nil || len(past.Installed) != 1 || !strings.Contains(strings.Join(past.Installed[0].Why.Reasons, " "), "allow-notes") {
			t.Errorf("why it is allowed: %+v, %v", past.Installed, err)
		}
	})
}

// TestSince: a page says since when something is in breach, and why it came to be.
func TestSince(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		k := keep(t, s, 10)
		k.step(t)
		s.clock.Advance(time.Hour)
		opened := store.TimeOf(s.clock.Now())
		s.must(t, corporate("d1", "com.parrot=1", "com.notes=1"))
		k.step(t)
		s.clock.Advance(time.Hour)
		one := s.one(t, "d1")
		if in := one.Installed[0]; in.Since != (devices.Opening{At: opened, By: devices.ByReport, For: policy.Banned}) || !in.Before.At.IsZero() || in.Why == nil || one.Breaches != 1 {
			t.Errorf("in breach since %v, before %v, %d in all", in.Since, in.Before, one.Breaches)
		}
		if in := one.Installed[1]; in.Since != (devices.Opening{}) {
			t.Errorf("what is allowed is in breach since %v", in.Since)
		}
	})
}

// TestSinceItIsBanned: what was in breach as it was on no list and is banned later is banned since then, not since it
// came; and a list that is narrowed to bans says so as well.
func TestSinceItIsBanned(t *testing.T) {
	each(t, deep, func(t *testing.T, s *server, _ func() *server) {
		k := keep(t, s, 10)
		k.step(t)
		came := store.TimeOf(s.clock.Now())
		r := corporate("d1", "com.notes=1")
		r.Organisation = "dept-b"
		s.must(t, r)
		k.step(t)
		s.clock.Advance(30 * 24 * time.Hour)
		decided := store.TimeOf(s.clock.Now())
		ban := policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "notes"}, Scope: "gov", Clearance: policy.ClearanceNone, Reason: "a reason", Period: policy.Period{From: decided.Time()}}
		if _, err := s.decisions().AddRule(t.Context(), command, ban); err != nil {
			t.Fatal(err)
		}
		k.step(t)
		in := s.one(t, "d1").Installed[0]
		if in.Since.At != decided || in.Since.For != policy.Banned || in.Since.By != devices.ByDecision || in.Before.At != came || in.Before.For == policy.Banned {
			t.Errorf("%s since %v, before %v; it came at %s and was banned at %s", in.Decision.Verdict, in.Since, in.Before, came, decided)
		}
		for q, since := range map[devices.BreachQuery]store.Time{{Limit: 5}: came, {Limit: 5, Result: policy.Banned}: decided} {
			found, err := s.Breaches(t.Context(), command, q)
			if err != nil || len(found.Page) != 1 || found.Page[0].Since != since || found.Page[0].Breaches[0].Since != decided {
				t.Errorf("%+v: %+v, %v", q, found.Page, err)
			}
		}
	})
}

func TestSpellings(t *testing.T) {
	each(t, deep+`
exemptions:
  - {id: e1, lifts: [ban-maker], any_product: true, scope: dept-a, subject: {person: p1}, from: 2026-01-01, until: 2027-01-01, purpose: "work"}
  - {id: e2, lifts: [ban-maker], any_product: true, scope: gov, subject: {group: press}, from: 2026-01-01, until: 2027-01-01, purpose: "work"}
  - {id: e3, lifts: [ban-maker], any_product: true, scope: dept-b, subject: {person: p9}, from: 2026-01-01, until: 2027-01-01, purpose: "work"}
`, func(t *testing.T, s *server, _ func() *server) {
		admin := s.person(t, "Admin", "dept-a", people.DeviceAdministrator)
		persons, groups, err := s.Spellings(t.Context(), admin, "office")
		if err != nil || !slices.Equal(persons, []string{"p1"}) || !slices.Equal(groups, []string{"press"}) {
			t.Errorf("%v and %v, %v", persons, groups, err)
		}
		_, _, err = s.Spellings(t.Context(), admin, "dept-b")
		wants(t, "another body's", err, fault.Refused, "You may not")
	})
}
