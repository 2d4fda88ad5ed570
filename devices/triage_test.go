package devices_test

import (
	"fmt"
	"slices"
	"testing"

	"portcullis/devices"
	"portcullis/internal/agreed"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// strays are the apps of a triage in words.
func strays(found devices.Triage) (all []string) {
	for _, s := range found.Apps {
		all = append(all, fmt.Sprintf("%s %d", s.Key(), s.Installs))
	}
	return all
}

func (s *server) triage(t testing.TB, q devices.TriageQuery) devices.Triage {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	found, err := s.Triage(t.Context(), command, q)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTriage(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		s.tell(t, "a5", "com.tide", "Tide Tables", "Tidal Inc")
		found := s.triage(t, devices.TriageQuery{Organisation: "dept-a"})
		// What is on devices of a unit counts where the unit follows the list, and not where it keeps its own.
		if !slices.Equal(found.Bodies, []string{"dept-a", "unit"}) {
			t.Errorf("the bodies are %v", found.Bodies)
		}
		want := []string{"product parrot 2", "android com.never 1", "android com.parrot.ios 1", "android com.tide 1"}
		if got := strays(found); !slices.Equal(got, want) || found.ToDecide != 4 || found.Left != 0 {
			t.Errorf("to decide: %q, %d and %d", got, found.ToDecide, found.Left)
		}
		var makers []string
		for _, m := range found.Makers {
			makers = append(makers, fmt.Sprintf("%s: %d on %d, %d unknown", m.Key, m.Apps, m.Installs, m.Unknown))
		}
		if want := []string{"supplier maker: 1 on 2, 0 unknown", "unknown: 2 on 2, 2 unknown", "publisher Tidal Inc: 1 on 1, 1 unknown"}; !slices.Equal(makers, want) {
			t.Errorf("by maker: %q", makers)
		}
		if got := strays(s.triage(t, devices.TriageQuery{Organisation: "dept-a", Maker: "supplier maker"})); !slices.Equal(got, want[:1]) {
			t.Errorf("of one maker: %q", got)
		}
		if got := strays(s.triage(t, devices.TriageQuery{Organisation: "dept-a", Words: "tidal"})); !slices.Equal(got, want[3:]) {
			t.Errorf("called so: %q", got)
		}
		page := s.triage(t, devices.TriageQuery{Organisation: "dept-a", Limit: 3})
		rest := s.triage(t, devices.TriageQuery{Organisation: "dept-a", Limit: 3, After: page.Next})
		if got := slices.Concat(strays(page), strays(rest)); !slices.Equal(got, want) || rest.Next != "" {
			t.Errorf("in pages: %q", got)
		}
		officer := s.holder(t, people.SecurityOfficer, "dept-b")
		if _, err := s.Triage(t.Context(), officer, devices.TriageQuery{Organisation: "dept-a"}); !fault.Is(err, fault.Refused) {
			t.Errorf("an officer of B about A: %v", err)
		}
	})
}

// TestTriageDecides ticks things and makers, and sees what is left.
func TestTriageDecides(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		ctx := t.Context()
		s.tell(t, "a5", "com.tide", "Tide Tables", "Tidal Inc")
		centre := s.holder(t, people.CentreOfficer, people.Everywhere)
		decide := func(c devices.Chosen) (register.Triaged, int) {
			t.Helper()
			c.Organisation, c.Reason = "dept-a", "a test"
			choices, gone, err := s.Choices(ctx, centre, c)
			if err != nil {
				t.Fatal(err)
			}
			made, err := s.decisions().Triage(ctx, centre, "dept-a", choices)
			if err != nil {
				t.Fatal(err)
			}
			s.follow(t)
			return made, gone
		}
		made, gone := decide(devices.Chosen{Apps: []string{"product parrot", "product gone"}, Decision: register.AllowApp})
		if made != (register.Triaged{Allowed: 1}) || gone != 1 {
			t.Errorf("one app: %+v, %d gone", made, gone)
		}
		made, _ = decide(devices.Chosen{Makers: []string{"publisher Tidal Inc"}, Apps: []string{"android com.never"}, Decision: register.LeaveUnlisted})
		if made != (register.Triaged{LeftUnlisted: 2, Products: 2}) {
			t.Errorf("a maker and an app: %+v", made)
		}
		found := s.triage(t, devices.TriageQuery{Organisation: "dept-a"})
		if got := strays(found); !slices.Equal(got, []string{"android com.parrot.ios 1"}) || found.Left != 2 {
			t.Errorf("what is left to decide: %q, and %d left unlisted", got, found.Left)
		}
		left := s.triage(t, devices.TriageQuery{Organisation: "dept-a", Left: true})
		if got := strays(left); len(got) != 2 || left.Apps[0].Left.Reason != "a test" {
			t.Errorf("left unlisted: %q", got)
		}
		if _, _, err := s.Choices(ctx, centre, devices.Chosen{Organisation: "dept-a", Apps: []string{left.Apps[0].Key()}, Decision: register.AllowApp}); !fault.Is(err, fault.Invalid) {
			t.Errorf("what was left unlisted, among what is to be decided: %v", err)
		}
		made, _ = decide(devices.Chosen{Apps: []string{left.Apps[0].Key()}, Left: true, Decision: register.AllowAppUntil})
		if made != (register.Triaged{AllowedUntil: 1}) {
			t.Errorf("decided anew: %+v", made)
		}
		if _, _, err := s.Choices(ctx, centre, devices.Chosen{Organisation: "dept-a", Apps: []string{"product parrot"}, Decision: register.AllowApp}); !fault.Is(err, fault.Invalid) {
			t.Errorf("what is decided already: %v", err)
		}
	})
}

// TestTriageWithoutLinking: who may not say which product an identifier is does not tick it with its maker.
func TestTriageWithoutLinking(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		approver := s.holder(t, people.Approver, "dept-a")
		choices, _, err := s.Choices(t.Context(), approver, devices.Chosen{Organisation: "dept-a", Makers: []string{"supplier maker", "unknown"}, Decision: register.AllowApp})
		if err != nil || len(choices) != 1 || choices[0].Product != "parrot" {
			t.Errorf("chosen: %+v %v", choices, err)
		}
		if _, err := s.decisions().Triage(t.Context(), approver, "dept-a", choices); err != nil {
			t.Error(err)
		}
	})
}

func TestTriageWhileWatching(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		m := people.Monitor{Period: people.Period{Until: people.TimeOf(noon.AddDate(0, 2, 0))}, Reason: "rolling out"}
		_, err := agreed.Act(t.Context(), s.People, command, func(tx *people.Tx) (people.Organisation, error) {
			return tx.Watch("dept-a", m)
		})
		if err != nil {
			t.Fatal(err)
		}
		s.follow(t)
		found := s.triage(t, devices.TriageQuery{Organisation: "dept-a"})
		if found.Watching == nil || found.ToDecide != 3 {
			t.Errorf("while it only watches: %+v", found)
		}
		if found := s.triage(t, devices.TriageQuery{Organisation: "dept-b"}); found.Watching != nil {
			t.Errorf("one that does not: %+v", found.Watching)
		}
		var platforms []policy.Platform
		for _, a := range found.Apps {
			platforms = append(platforms, a.Platforms...)
		}
		if !slices.Contains(platforms, policy.Android) {
			t.Errorf("the platforms: %v", platforms)
		}
	})
}
