package approvals_test

import (
	"testing"
	"time"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
)

func ban(scope, product string) approvals.Draft {
	return approvals.Draft{Kind: approvals.Ban, Reason: "It sends contacts abroad", Narrower: "It does so on every platform", Content: approvals.Content{Rule: &policy.Rule{
		Effect: policy.Ban, Target: policy.Target{Product: product}, Scope: scope, Clearance: "minister", Mitigations: []string{"dedicated-device"},
	}}}
}

func TestBan(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		first, second := s.somebody(t, people.CentreOfficer, "gov", "first"), s.somebody(t, people.CentreOfficer, "gov", "second")
		p, err := s.Propose(t.Context(), first.Actor, ban("gov", "maps"))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.verdict(t, "b1", "com.maps"); got != "unlisted" {
			t.Errorf("before it is signed: %s", got)
		}
		if _, err := s.take(t, first, p.ID, approvals.Doing{Act: approvals.Sign}); !fault.Is(err, fault.Refused) {
			t.Errorf("who proposed it signs it: %v", err)
		}
		if _, err := s.take(t, second, p.ID, approvals.Doing{Act: approvals.Sign, Version: 7}); !fault.Is(err, fault.Changed) {
			t.Errorf("from a stale page: %v", err)
		}
		done, err := s.take(t, second, p.ID, approvals.Doing{Act: approvals.Sign})
		if err != nil || done.State != approvals.Made || done.Made != "ban-maps" {
			t.Fatalf("signed: %+v %v", done, err)
		}
		if n := done.Steps[1].Counted; n == nil || n.Direct != 1 || n.Hosts != 3 || n.Bodies != 1 {
			t.Errorf("counted: %+v", n)
		}
		if got := s.verdict(t, "b1", "com.maps"); got != "banned" {
			t.Errorf("signed: %s", got)
		}
	})
}

func TestExemption(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		anna, grants, signs := s.somebody(t, "", "dept-a", "anna"), s.somebody(t, people.SecurityOfficer, "dept-a", "grants"), s.somebody(t, people.Approver, "dept-a", "signs")
		clears, fits := s.somebody(t, people.ClearingOffice, "gov", "clears"), s.somebody(t, people.DeviceAdministrator, "dept-a", "fits")
		d := approvals.Draft{Kind: approvals.Exemption, Reason: "To read what is said there", For: anna.id, Content: approvals.Content{Exemption: &policy.Exemption{
			Lifts: []string{"ban-parrot"}, Product: "parrot", Scope: "dept-a", Subject: policy.ExemptionSubject{Host: "a1"}, Purpose: "press", Period: policy.Period{Until: noon.AddDate(0, 3, 0)},
		}}}
		p, err := s.Propose(t.Context(), anna.Actor, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			who one
			do  approvals.Doing
		}{
			{grants, approvals.Doing{Act: approvals.Grant, Said: approvals.Said{Reason: "It is her work", Risk: "Small, on a device of its own"}}},
			{signs, approvals.Doing{Act: approvals.Sign}},
			{clears, approvals.Doing{Act: approvals.Clear, Said: approvals.Said{Office: "minister", Minister: "The Minister of State", Reference: "PO/26/1"}}},
			{fits, approvals.Doing{Act: approvals.Confirm, Said: approvals.Said{Reason: "The device is set up, I have seen it"}}},
		} {
			if got := s.verdict(t, "a1", "com.parrot"); got != "banned" {
				t.Fatalf("before %s: %s", step.do.Act, got)
			}
			s.clock.Advance(time.Minute)
			if p, err = s.take(t, step.who, p.ID, step.do); err != nil {
				t.Fatalf("%s: %v", step.do.Act, err)
			}
		}
		if got := s.verdict(t, "a1", "com.parrot"); p.State != approvals.Made || got != "exempt" {
			t.Fatalf("made: %s, %s", p.State, got)
		}
		s.clock.Advance(time.Hour)
		if _, err := s.Revoke(t.Context(), signs.Actor, p.Made, "the work is done"); err != nil {
			t.Fatal(err)
		}
		if got := s.verdict(t, "a1", "com.parrot"); got != "banned" {
			t.Errorf("revoked: %s", got)
		}
	})
}
