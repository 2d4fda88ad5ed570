package approvals_test

import (
	"strings"
	"testing"
	"time"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// TestPuppet holds that whoever has just given somebody a way in, or a role, is not a second person beside them.
func TestPuppet(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		me, colleague := s.somebody(t, people.SecurityOfficer, "dept-a", "me"), s.somebody(t, people.Approver, "dept-a", "colleague")
		made, err := s.People.AddPerson(t.Context(), me.Actor, "dept-a", people.Particulars{Name: "Puppet", UserName: "puppet"})
		if err == nil {
			_, err = s.People.GiveRole(t.Context(), me.Actor, made.ID, people.Grant{Role: people.Approver, Organisation: "dept-a"}, store.Period{})
		}
		if err != nil {
			t.Fatal(err)
		}
		session, err := s.People.OpenSession(t.Context(), made.ID, "test", "", "")
		if err != nil {
			t.Fatal(err)
		}
		puppet := one{people.Actor{Session: session}, made.ID}
		p := s.propose(t, me, watching("dept-a"))
		if _, err := s.take(t, puppet, p.ID, approvals.Doing{Act: approvals.Sign}); !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), "me") {
			t.Errorf("the puppet signs: %v", err)
		}
		v, err := s.Proposal(t.Context(), puppet.Actor, p.ID)
		if err != nil || v.Bar == "" || v.Can[0] == approvals.Sign {
			t.Errorf("the puppet sees %v, %q %v", v.Can, v.Bar, err)
		}
		if _, err := s.desk().Link(t.Context(), me.Actor, colleague.id); err != nil {
			t.Fatal(err)
		}
		if _, err := s.take(t, colleague, p.ID, approvals.Doing{Act: approvals.Sign}); !fault.Is(err, fault.Refused) {
			t.Errorf("whose link they had: %v", err)
		}
		s.clock.Advance(15 * 24 * time.Hour)
		s.does(t, one{s.again(t, colleague), colleague.id}, p.ID, approvals.Doing{Act: approvals.Sign})
	})
}

// TestWhoseOffice holds that a body does not choose who clears what a rule from above demands.
func TestWhoseOffice(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		a, b, c := s.somebody(t, people.SecurityOfficer, "dept-a", "a"), s.somebody(t, people.SecurityOfficer, "dept-a", "b"), s.somebody(t, people.Approver, "dept-a", "c")
		friend := s.somebody(t, people.ClearingOffice, "unit", "friend", "unit")
		process := approvals.Default()
		process.Offices = map[string]string{"minister": "unit"}
		s.does(t, b, s.propose(t, a, approvals.Draft{Kind: approvals.Change, Organisation: "dept-a", Reason: "x", Content: approvals.Content{Process: &process}}).ID, approvals.Doing{Act: approvals.Sign})
		e := s.propose(t, a, exempting(30))
		s.does(t, b, e.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
		s.does(t, c, e.ID, approvals.Doing{Act: approvals.Sign})
		clears := approvals.Doing{Act: approvals.Clear, Said: approvals.Said{Office: "minister", Minister: "The Minister"}}
		clears.Version = 3
		if _, err := s.take(t, friend, e.ID, clears); !fault.Is(err, fault.Refused) {
			t.Errorf("cleared by an office of the body's own choice: %v", err)
		}
		// Who made the rule says whose office it is, and then nobody else clears.
		chief, other := s.somebody(t, people.CentreOfficer, "gov", "chief"), s.somebody(t, people.CentreOfficer, "gov", "other")
		process.Offices = map[string]string{"minister": "office"}
		s.does(t, other, s.propose(t, chief, approvals.Draft{Kind: approvals.Change, Organisation: "gov", Reason: "x", Content: approvals.Content{Process: &process}}).ID, approvals.Doing{Act: approvals.Sign})
		below := s.somebody(t, people.ClearingOffice, "dept-a", "below")
		if _, err := s.take(t, below, e.ID, clears); !fault.Is(err, fault.Refused) {
			t.Errorf("cleared by another office: %v", err)
		}
		s.does(t, s.somebody(t, people.ClearingOffice, "office", "private"), e.ID, clears)
	})
}

// TestRevisedAfterClearance holds that what an office said before a revision binds nobody, and that what was proposed
// before it is kept.
func TestRevisedAfterClearance(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, grants, signs := s.somebody(t, people.SecurityOfficer, "dept-a", "asks"), s.somebody(t, people.SecurityOfficer, "dept-a", "grants"), s.somebody(t, people.Approver, "dept-a", "signs")
		clears, fits := s.somebody(t, people.ClearingOffice, "gov", "clears"), s.somebody(t, people.DeviceAdministrator, "dept-a", "fits")
		d := exempting(30)
		d.Reason = "The first reason"
		p := s.propose(t, asks, d)
		round := func(conditions string) {
			s.does(t, grants, p.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
			s.does(t, signs, p.ID, approvals.Doing{Act: approvals.Sign})
			s.does(t, clears, p.ID, approvals.Doing{Act: approvals.Clear, Said: approvals.Said{Office: "minister", Minister: "The Minister", Conditions: conditions}})
		}
		round("Only in a cage")
		d.Reason = "The second reason"
		s.does(t, asks, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &d})
		round("")
		made := s.does(t, fits, p.ID, approvals.Doing{Act: approvals.Confirm, Said: yes}).Made
		record, err := (&register.Room{People: s.People}).Record(t.Context(), grants.Actor, register.Exemptions, made)
		if err != nil || strings.Contains(strings.Join(record[0].World.Exemptions[0].Mitigations, "; "), "cage") {
			t.Errorf("the exemption: %+v %v", record, err)
		}
		v, err := s.Proposal(t.Context(), grants.Actor, p.ID)
		if err != nil || len(v.Earlier) != 1 || v.Earlier[0].Reason != "The first reason" || v.Earlier[0].Exemption == nil || v.Reason != "The second reason" {
			t.Errorf("what it was before: %+v %v", v.Earlier, err)
		}
		digests := map[string]bool{}
		for _, e := range s.entries(t) {
			if _, rest, found := strings.Cut(e, `"draft":"`); found && strings.Contains(e, p.ID) {
				digests[rest[:64]] = true
			}
		}
		if len(digests) != 2 {
			t.Errorf("the ledger has %d digests of two drafts", len(digests))
		}
	})
}

// TestUnfinishable holds that a marked proposal names who can take all its steps.
func TestUnfinishable(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		opens, grants, signs := s.somebody(t, people.SecurityOfficer, "dept-a", "opens"), s.somebody(t, people.SecurityOfficer, "dept-a", "grants"), s.somebody(t, people.Approver, "dept-a", "signs")
		clears, fits := s.somebody(t, people.ClearingOffice, "gov", "clears"), s.somebody(t, people.DeviceAdministrator, "dept-a", "fits")
		d := exempting(30)
		d.Marked = true
		for n, audience := range [][]string{{grants.id, signs.id}, {grants.id, signs.id, fits.id}, {grants.id, clears.id, fits.id}, {opens.id, signs.id, clears.id, fits.id}} {
			d.Audience = audience
			_, err := s.Propose(t.Context(), opens.Actor, d)
			if faults := fault.Fields(err); len(faults) != 1 || faults[0].Field != "audience" {
				t.Errorf("%d: %v", n, err)
			}
		}
		d.Audience = []string{grants.id, signs.id, clears.id, fits.id}
		p := s.propose(t, opens, d)
		for who, audience := range map[one][]string{opens: {grants.id, signs.id, fits.id}, grants: {grants.id, signs.id, clears.id, fits.id}} {
			d.Audience = audience // who revises it decides no more
			_, err := s.take(t, who, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &d})
			if faults := fault.Fields(err); len(faults) != 1 || faults[0].Field != "audience" {
				t.Errorf("revised by %s: %v", who.id, err)
			}
		}
		another := s.somebody(t, people.SecurityOfficer, "dept-a", "another")
		d.Audience = []string{grants.id, signs.id, clears.id, fits.id, another.id}
		p = s.does(t, grants, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &d})
		s.does(t, another, p.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
	})
}

// TestDecoy holds that nobody decides on what is for them by having it said that it is for somebody else.
func TestDecoy(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		anna, asks, decoy := s.somebody(t, people.SecurityOfficer, "dept-a", "anna"), s.somebody(t, people.Staff, "dept-a", "asks"), s.somebody(t, people.Staff, "dept-a", "decoy")
		forHost, forPerson := exempting(30), exempting(30)
		forPerson.Exemption.Subject = policy.ExemptionSubject{Person: "anna"}
		for subject, d := range map[string]approvals.Draft{"host": forHost, "person": forPerson} {
			d.For = decoy.id
			_, err := s.Propose(t.Context(), asks.Actor, d)
			if faults := fault.Fields(err); len(faults) != 1 || faults[0].Field != "for" {
				t.Errorf("%s of another: %v", subject, err)
			}
			for _, d.For = range []string{"", anna.id} {
				d.Reason += "!"
				p := s.propose(t, asks, d)
				if _, err := s.take(t, anna, p.ID, approvals.Doing{Act: approvals.Grant, Said: yes}); p.For != anna.id || !fault.Is(err, fault.Refused) {
					t.Errorf("%s, for %q: it is for %q, and they grant it: %v", subject, d.For, p.For, err)
				}
				d.For = decoy.id
				_, err := s.take(t, asks, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &d})
				if faults := fault.Fields(err); len(faults) != 1 || faults[0].Field != "for" {
					t.Errorf("%s, revised to be for another: %v", subject, err)
				}
			}
		}
		nobodys := exempting(30)
		nobodys.Exemption.Subject.Host, nobodys.For = "a2", decoy.id
		if p := s.propose(t, asks, nobodys); p.For != decoy.id {
			t.Errorf("a device that nobody is known to have is for %q", p.For)
		}
	})
}

// TestTermsKeepPlatforms holds that who grants an app without naming platforms allows it on those that were asked for.
func TestTermsKeepPlatforms(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, grants := s.somebody(t, people.Staff, "dept-a", "asks"), s.somebody(t, people.Reviewer, "dept-a", "grants")
		d := approvals.Draft{Kind: approvals.Allow, Reason: "For work", Content: approvals.Content{Rule: &policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: "maps"}, Scope: "dept-a", Platforms: []policy.Platform{policy.Android}}}}
		p := s.does(t, grants, s.propose(t, asks, d).ID, approvals.Doing{Act: approvals.Grant, Said: yes, Terms: &approvals.Terms{MinVersion: "2"}})
		if p.State != approvals.Made || len(p.Rule.Platforms) != 1 || p.Rule.MinVersion != "2" {
			t.Errorf("granted: %+v", p.Rule)
		}
	})
}
