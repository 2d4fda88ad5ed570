package approvals_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// TestProgramsAreTold holds that the endpoints of a body, of those above and below it hear of a decision, others
// do not, and nobody of what is marked.
func TestProgramsAreTold(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		at := map[string]string{}
		for _, body := range []string{"gov", "dept-a", "unit", "dept-b", "police"} {
			e, err := s.desk().AddEndpoint(t.Context(), command, alerts.Endpoint{Organisation: body, URL: "https://hooks.example/" + body, Kinds: []string{"approvals.decided"}})
			if err != nil {
				t.Fatal(err)
			}
			at[e.ID] = body
		}
		told := func() (bodies []string) {
			t.Helper()
			sent, err := s.desk().Notices(t.Context(), s.somebody(t, people.Auditor, people.Everywhere, "auditor").Actor, alerts.Filter{Kind: "approvals.decided"}, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range sent {
				bodies = append(bodies, at[d.Endpoint])
			}
			slices.Sort(bodies)
			return bodies
		}
		opens, signs := s.somebody(t, people.SecurityOfficer, "dept-a", "opens"), s.somebody(t, people.Approver, "dept-a", "signs")
		grants := s.somebody(t, people.SecurityOfficer, "dept-a", "grants")
		p := s.propose(t, opens, watching("dept-a"))
		if got := told(); len(got) > 0 {
			t.Errorf("before it is decided: %v", got)
		}
		s.does(t, signs, p.ID, approvals.Doing{Act: approvals.Sign})
		if got := told(); !slices.Equal(got, []string{"dept-a", "gov", "unit"}) {
			t.Errorf("told: %v", got)
		}
		marked := exempting(30)
		marked.Exemption.Lifts, marked.Exemption.Product, marked.Marked, marked.Audience = nil, "maps", true, []string{signs.id, grants.id}
		m := s.propose(t, opens, marked)
		s.does(t, grants, m.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
		if m = s.does(t, signs, m.ID, approvals.Doing{Act: approvals.Sign}); m.State != approvals.Made || len(told()) != 3 {
			t.Errorf("of what is marked: %s %v", m.State, told())
		}
		// Nobody else is told whose it is, and what it is for.
		other := s.somebody(t, people.CentreOfficer, "gov", "other")
		record := &register.Room{People: s.People}
		if _, err := record.Record(t.Context(), other.Actor, register.Exemptions, m.Made); !fault.Is(err, fault.NotFound) {
			t.Errorf("the record of a marked exemption: %v", err)
		}
		if _, err := record.Record(t.Context(), grants.Actor, register.Exemptions, m.Made); err != nil {
			t.Errorf("for who is assigned: %v", err)
		}
		if _, err := s.Revoke(t.Context(), other.Actor, m.Made, "x"); !fault.Is(err, fault.NotFound) {
			t.Errorf("ended by another: %v", err)
		}
		s.follow(t)
		if l, err := s.Devices.Exemptions(t.Context(), other.Actor, "dept-a"); err != nil || len(l.Exemptions) != 0 || l.Others != 1 {
			t.Errorf("listed: %+v %v", l, err)
		}
		if l, err := s.Devices.Exemptions(t.Context(), signs.Actor, "dept-a"); err != nil || len(l.Exemptions) != 1 {
			t.Errorf("listed for who is assigned: %+v %v", l, err)
		}
	})
}

// TestChangedMeanwhile holds that of two proposals about one supplier the second does not undo the first unseen.
func TestChangedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		first, second := s.somebody(t, people.CentreOfficer, people.Everywhere, "first"), s.somebody(t, people.CentreOfficer, people.Everywhere, "second")
		draft := func(name string, owners ...policy.Edge) approvals.Draft {
			return approvals.Draft{Kind: approvals.Supplier, Reason: "It was in the papers", Content: approvals.Content{Supplier: &policy.Supplier{ID: "maker", Name: name, OwnedBy: owners}}}
		}
		owned := s.propose(t, first, draft("Umber Apps Ltd", policy.Edge{Supplier: "group"}))
		renamed := s.propose(t, first, draft("Umber Apps plc"))
		s.does(t, second, owned.ID, approvals.Doing{Act: approvals.Sign})
		if _, err := s.take(t, second, renamed.ID, approvals.Doing{Act: approvals.Sign}); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "changed since") {
			t.Fatalf("the second: %v", err)
		}
		again := draft("Umber Apps plc", policy.Edge{Supplier: "group"})
		if _, err := s.take(t, first, renamed.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &again}); err != nil {
			t.Fatal(err)
		}
		if p := s.does(t, second, renamed.ID, approvals.Doing{Act: approvals.Sign}); p.State != approvals.Made {
			t.Errorf("as it is now: %s", p.State)
		}
	})
}

// TestConditions holds that what an office demands besides stands in the exemption.
func TestConditions(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		opens := s.somebody(t, people.Staff, "dept-a", "opens")
		grants, signs := s.somebody(t, people.SecurityOfficer, "dept-a", "grants"), s.somebody(t, people.Approver, "dept-a", "signs")
		clears, fits := s.somebody(t, people.ClearingOffice, "gov", "clears"), s.somebody(t, people.DeviceAdministrator, "dept-a", "fits")
		p := s.propose(t, opens, exempting(30))
		s.does(t, grants, p.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
		s.does(t, signs, p.ID, approvals.Doing{Act: approvals.Sign})
		s.does(t, clears, p.ID, approvals.Doing{Act: approvals.Clear, Said: approvals.Said{Office: "minister", Minister: "The Minister", Conditions: "Not abroad,\nand not at home"}})
		s.clock.Advance(time.Minute)
		p = s.does(t, fits, p.ID, approvals.Doing{Act: approvals.Confirm, Said: yes})
		record, err := (&register.Room{People: s.People}).Record(t.Context(), grants.Actor, register.Exemptions, p.Made)
		if err != nil || !slices.Contains(record[0].World.Exemptions[0].Mitigations, "Not abroad, and not at home") {
			t.Errorf("the exemption: %+v %v", record, err)
		}
	})
}

// TestWaitingFirst: of many things that wait, what lapses by itself comes first and then the oldest, and how many more
// there may be is said.
func TestWaitingFirst(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, other, third := s.somebody(t, people.CentreOfficer, "gov", "asks"), s.somebody(t, people.CentreOfficer, "gov", "other"), s.somebody(t, people.CentreOfficer, "gov", "third")
		var ids []string
		for _, body := range []string{"dept-a", "dept-b", "unit", "office"} {
			ids = append(ids, s.propose(t, asks, watching(body)).ID)
			s.clock.Advance(time.Second)
		}
		s.propose(t, third, watching("gov")) // which they do not decide about themselves
		s.clock.Advance(time.Second)
		ban := approvals.Draft{Kind: approvals.Ban, Emergency: true, Reason: "It attacks", Narrower: "It is everywhere",
			Content: approvals.Content{Rule: &policy.Rule{Effect: policy.Ban, Scope: "gov", Target: policy.Target{Product: "maps"}, Clearance: policy.ClearanceNone}}}
		emergency := s.propose(t, asks, ban)
		s.follow(t)
		s.does(t, other, emergency.ID, approvals.Doing{Act: approvals.Sign, Said: yes})
		for most, want := range map[int][]string{2: {emergency.ID, ids[0]}, 5: append([]string{emergency.ID}, ids...), 100: append([]string{emergency.ID}, ids...)} {
			l, err := s.WaitingFirst(t.Context(), third.Actor, most)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range l.Waits {
				got = append(got, w.ID)
			}
			if !slices.Equal(got, want) || l.More != 5-len(want) || got[0] != emergency.ID || l.Waits[0].For != approvals.Review {
				t.Errorf("the first %d: %v, not %v, and %d more", most, got, want, l.More)
			}
		}
		all, err := s.Waiting(t.Context(), third.Actor)
		if err != nil || len(all) != 5 || all[4].ID != emergency.ID {
			t.Errorf("all, the oldest first: %d %v", len(all), err)
		}
	})
}
