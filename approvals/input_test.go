package approvals_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/world"
)

// propose opens a proposal that can be opened.
func (s *server) propose(t testing.TB, who one, d approvals.Draft) approvals.Proposal {
	t.Helper()
	p, err := s.Propose(t.Context(), who.Actor, d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// does takes a step that can be taken.
func (s *server) does(t testing.TB, who one, id string, do approvals.Doing) approvals.Proposal {
	t.Helper()
	p, err := s.take(t, who, id, do)
	if err != nil {
		t.Fatalf("%s: %v", do.Act, err)
	}
	return p
}

func (s *server) written(t testing.TB) string {
	t.Helper()
	s.follow(t)
	var b bytes.Buffer
	if err := world.Write(&b, s.Devices.Fleet.View().World, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// exempting is a draft of an exemption from the house's ban.
func exempting(days int) approvals.Draft {
	return approvals.Draft{Kind: approvals.Exemption, Reason: "To read what is said there", Content: approvals.Content{Exemption: &policy.Exemption{
		Lifts: []string{"ban-parrot"}, Product: "parrot", Scope: "dept-a", Subject: policy.ExemptionSubject{Host: "a1"}, Purpose: "press", Period: policy.Period{Until: noon.AddDate(0, 0, days)},
	}}}
}

func watching(body string) approvals.Draft {
	return approvals.Draft{Kind: approvals.Monitor, Organisation: body, Reason: "To see", Content: approvals.Content{Monitor: &people.Monitor{Period: store.Period{Until: store.TimeOf(noon.AddDate(0, 1, 0))}}}}
}

func processing(body string, change func(p *approvals.Process)) approvals.Draft {
	p := approvals.Default()
	change(&p)
	return approvals.Draft{Kind: approvals.Change, Organisation: body, Reason: "It suits us", Content: approvals.Content{Process: &p}}
}

var yes = approvals.Said{Reason: "It is so", Risk: "Small"}

// TestTwoAtOnce has two people sign at one instant, on two servers.
func TestTwoAtOnce(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		s := start(t, open, clock)
		s.load(t, house)
		other := start(t, open, clock)
		asks, first, second := s.somebody(t, people.CentreOfficer, "gov", "asks"), s.somebody(t, people.CentreOfficer, "gov", "first"), s.somebody(t, people.Approver, "gov", "second")
		for range 5 {
			p := s.propose(t, asks, watching("dept-a"))
			clock.Advance(time.Second)
			errs := make([]error, 2)
			var together sync.WaitGroup
			for i, at := range []*server{s, other} {
				together.Go(func() {
					_, errs[i] = at.Take(t.Context(), []one{first, second}[i].Actor, p.ID, approvals.Doing{Act: approvals.Sign, Version: p.Version})
				})
			}
			together.Wait()
			if errs[0] != nil {
				errs[0], errs[1] = errs[1], errs[0]
			}
			if errs[0] != nil || !fault.Is(errs[1], fault.Changed) {
				t.Errorf("two signed at once: %v, %v", errs[0], errs[1])
			}
		}
	})
}

// TestBadDrafts proposes what cannot be, and finds each told at its field, and nothing half-done.
func TestBadDrafts(t *testing.T) {
	long, control := strings.Repeat("x", 100_000), "a\x00b\x1b"
	bad := map[string]struct {
		field string
		draft func() approvals.Draft
	}{
		"no kind": {"kind", func() approvals.Draft { return approvals.Draft{} }},
		"another kind's content": {"kind", func() approvals.Draft {
			d := exempting(5)
			d.Kind, d.Organisation = approvals.Monitor, "dept-a"
			return d
		}},
		"two contents":           {"kind", func() approvals.Draft { d := exempting(5); d.Rule = ban("gov", "maps").Rule; return d }},
		"an allow rule as a ban": {"kind", func() approvals.Draft { d := ban("gov", "maps"); d.Rule.Effect = policy.Allow; return d }},
		"a ban of what was found": {"found", func() approvals.Draft {
			d := ban("gov", "maps")
			d.Found = &register.Found{Platform: policy.Android, Identifier: "com.notes"}
			return d
		}},
		"no reason":            {"reason", func() approvals.Draft { d := ban("gov", "maps"); d.Reason = " \n"; return d }},
		"a long reason":        {"reason", func() approvals.Draft { d := ban("gov", "maps"); d.Reason = long; return d }},
		"more than is kept":    {"reason", func() approvals.Draft { d := watching("dept-a"); d.Reason = strings.Repeat("é", 2001); return d }},
		"control characters":   {"reason", func() approvals.Draft { d := ban("gov", "maps"); d.Reason = control; return d }},
		"nothing narrower":     {"narrower", func() approvals.Draft { d := ban("gov", "maps"); d.Narrower = ""; return d }},
		"a long purpose":       {"purpose", func() approvals.Draft { d := exempting(5); d.Exemption.Purpose = long; return d }},
		"nobody":               {"for", func() approvals.Draft { d := exempting(5); d.For = long; return d }},
		"no such exemption":    {"renews", func() approvals.Draft { d := exempting(5); d.Renews = long; return d }},
		"no such proposal":     {"after", func() approvals.Draft { d := exempting(5); d.After = "nothing"; return d }},
		"no such rule adopted": {"adopts", func() approvals.Draft { d := ban("gov", "maps"); d.Adopts = "nothing"; return d }},
		"no such rule lifted":  {"lifts", func() approvals.Draft { d := exempting(5); d.Exemption.Lifts = []string{"nothing"}; return d }},
		"no such rule to end": {"rule", func() approvals.Draft {
			return approvals.Draft{Kind: approvals.Withdrawal, Reason: "x", Content: approvals.Content{Ends: &approvals.Ends{Rule: long}}}
		}},
		"a beginning in the past": {"from", func() approvals.Draft { d := ban("gov", "maps"); d.Rule.From = noon.AddDate(0, 0, -1); return d }},
		"an end in the past":      {"until", func() approvals.Draft { return exempting(-1) }},
		"no end":                  {"until", func() approvals.Draft { d := exempting(5); d.Exemption.Until = time.Time{}; return d }},
		"too long":                {"until", func() approvals.Draft { return exempting(400) }},
		"an id that is taken":     {"id", func() approvals.Draft { d := ban("gov", "maps"); d.Rule.ID = "ban-parrot"; return d }},
		"an emergency's monitor":  {"emergency", func() approvals.Draft { d := watching("gov"); d.Emergency = true; return d }},
		"a reader who is nobody": {"audience", func() approvals.Draft {
			d := ban("gov", "maps")
			d.Restricted, d.Audience = &approvals.Restricted{Reason: "secret"}, []string{"nobody"}
			return d
		}},
		"no readers": {"audience", func() approvals.Draft {
			d := ban("gov", "maps")
			d.Restricted = &approvals.Restricted{Reason: "secret"}
			return d
		}},
		"marked for nobody": {"audience", func() approvals.Draft { d := ban("gov", "maps"); d.Marked = true; return d }},
		"one person's ban":  {"ban.sign", func() approvals.Draft { return processing("dept-a", func(p *approvals.Process) { p.Ban.Sign = nil }) }},
		"a role that may not": {"ban.sign[0]", func() approvals.Draft {
			return processing("dept-a", func(p *approvals.Process) { p.Ban.Sign = []people.Role{people.Staff} })
		}},
		"an exemption for ever": {"exemption.longestDays", func() approvals.Draft {
			return processing("dept-a", func(p *approvals.Process) { p.Exemption.LongestDays = 0 })
		}},
		"an office of nowhere": {"offices.minister", func() approvals.Draft {
			return processing("dept-a", func(p *approvals.Process) { p.Offices = map[string]string{"minister": "nowhere"} })
		}},
	}
	each(t, func(t *testing.T, s *server) {
		who := s.somebody(t, people.CentreOfficer, people.Everywhere, "who")
		before := s.written(t)
		for name, b := range bad {
			_, err := s.Propose(t.Context(), who.Actor, b.draft())
			faults := fault.Fields(err)
			if !slices.ContainsFunc(faults, func(f *fault.Error) bool { return f.Field == b.field }) {
				t.Errorf("%s: %v, want a fault of %s", name, err, b.field)
			}
			if err != nil && len(err.Error()) > 2000 {
				t.Errorf("%s: the fault has %d bytes", name, len(err.Error()))
			}
		}
		if l, err := s.Proposals(t.Context(), who.Actor, approvals.Query{}); err != nil || len(l.Proposals) > 0 || s.written(t) != before {
			t.Errorf("left behind: %+v %v", l, err)
		}
	})
}

// TestSmuggled gives an exemption an id and a clearance, which come of the decision alone.
func TestSmuggled(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		d := exempting(5)
		d.Exemption.ID, d.Exemption.Clearance = "mine", &policy.Clearance{Office: "minister", At: noon}
		p := s.propose(t, s.somebody(t, people.SecurityOfficer, "dept-a", "asks"), d)
		if p.Exemption.ID != "" || p.Exemption.Clearance != nil {
			t.Errorf("kept: %+v", p.Exemption)
		}
		if d.Exemption.ID != "mine" {
			t.Error("the caller's own draft was changed")
		}
	})
}

// TestBadSteps takes steps as nobody should, in an exemption that waits for its first.
func TestBadSteps(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, grants := s.somebody(t, people.SecurityOfficer, "dept-a", "asks"), s.somebody(t, people.SecurityOfficer, "dept-a", "grants")
		made, err := s.People.MakeToken(t.Context(), asks.Actor, "mine", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"}, store.Time{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.People.GiveRole(t.Context(), command, asks.id, people.Grant{Role: people.CentreOfficer, Organisation: "gov"}, store.Period{})
		if err != nil {
			t.Fatal(err)
		}
		p, before := s.propose(t, asks, exempting(5)), s.written(t)
		program := one{Actor: people.Actor{Token: made.Secret}}
		for name, b := range map[string]struct {
			who  one
			do   approvals.Doing
			kind fault.Kind
		}{
			"who asked, by another role": {asks, approvals.Doing{Act: approvals.Grant, Said: yes}, fault.Refused},
			"who asked, by a program":    {program, approvals.Doing{Act: approvals.Grant, Said: yes}, fault.Refused},
			"refused by who asked":       {program, approvals.Doing{Act: approvals.Refuse, Said: yes}, fault.Refused},
			"not yet":                    {grants, approvals.Doing{Act: approvals.Sign}, fault.Conflict},
			"no act":                     {grants, approvals.Doing{}, fault.Invalid},
			"opened again":               {grants, approvals.Doing{Act: approvals.Open}, fault.Invalid},
			"no risk":                    {grants, approvals.Doing{Act: approvals.Grant, Said: approvals.Said{Reason: "yes"}}, fault.Invalid},
			"too long":                   {grants, approvals.Doing{Act: approvals.Grant, Said: approvals.Said{Reason: strings.Repeat("y", 100_000), Risk: "small"}}, fault.Invalid},
			"two lines":                  {grants, approvals.Doing{Act: approvals.Grant, Said: approvals.Said{Reason: "y", Risk: "s", Reference: "a\nb"}}, fault.Invalid},
			"terms of an exemption":      {grants, approvals.Doing{Act: approvals.Grant, Said: yes, Terms: &approvals.Terms{Product: "notes"}}, fault.Invalid},
			"revised to nothing":         {grants, approvals.Doing{Act: approvals.Revise, Said: yes}, fault.Invalid},
			"revised, and nobody knows why": {grants, approvals.Doing{Act: approvals.Revise, Draft: func() *approvals.Draft {
				d := exempting(20)
				return &d
			}()}, fault.Invalid},
			"revised to another body": {grants, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: func() *approvals.Draft {
				d := exempting(5)
				d.Exemption.Scope = "unit"
				return &d
			}()}, fault.Invalid},
			"an answer to no question": {s.somebody(t, people.CentreOfficer, "gov", "centre"), approvals.Doing{Act: approvals.Answer, Said: yes}, fault.Conflict},
			"taken back by another":    {grants, approvals.Doing{Act: approvals.TakeBack}, fault.Refused},
		} {
			b.do.Version = p.Version
			if _, err := s.Take(t.Context(), b.who.Actor, p.ID, b.do); !fault.Is(err, b.kind) && !slices.ContainsFunc(fault.Fields(err), func(f *fault.Error) bool { return f.Kind == b.kind }) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if v, err := s.Proposal(t.Context(), grants.Actor, p.ID); err != nil || len(v.Steps) != 1 || v.Version != p.Version || s.written(t) != before {
			t.Errorf("half-done: %+v %v", v, err)
		}
		// The right is lost between reading and pressing.
		if _, err := s.People.TakeRole(t.Context(), command, grants.id, people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"}, store.Time{}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Take(t.Context(), grants.Actor, p.ID, approvals.Doing{Act: approvals.Grant, Version: p.Version, Said: yes}); !fault.Is(err, fault.Refused) {
			t.Errorf("without the role: %v", err)
		}
	})
}

// TestWide has a ban that reaches more than half be affirmed with its number.
func TestWide(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		p := s.propose(t, s.somebody(t, people.CentreOfficer, "gov", "asks"), ban("gov", "notes"))
		signs, one, two, before := s.somebody(t, people.CentreOfficer, "gov", "signs"), 1, 2, s.written(t)
		for _, wrong := range []*int{nil, &one} {
			_, err := s.take(t, signs, p.ID, approvals.Doing{Act: approvals.Sign, Affirmed: wrong})
			if f := fault.Fields(err); len(f) != 1 || f[0].Field != "affirmed" || !strings.Contains(f[0].Message, "2 of the 3") || s.written(t) != before {
				t.Errorf("affirmed %v: %v", wrong, err)
			}
		}
		if got := s.does(t, signs, p.ID, approvals.Doing{Act: approvals.Sign, Affirmed: &two}); got.State != approvals.Made {
			t.Errorf("affirmed: %s", got.State)
		}
	})
}

// TestMeanwhile has what a proposal is about change while it waits.
func TestMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, signs, third := s.somebody(t, people.CentreOfficer, "gov", "asks"), s.somebody(t, people.CentreOfficer, "gov", "signs"), s.somebody(t, people.CentreOfficer, "gov", "third")
		late := ban("gov", "maps")
		late.Rule.From = noon.AddDate(0, 1, 0)
		rule := s.does(t, signs, s.propose(t, asks, late).ID, approvals.Doing{Act: approvals.Sign}).Made
		d := exempting(60)
		d.Exemption.Lifts, d.Exemption.Product = []string{rule}, "maps"
		waits := s.propose(t, asks, d)
		s.clock.Advance(time.Minute)
		ends := approvals.Draft{Kind: approvals.Withdrawal, Reason: "A mistake", Content: approvals.Content{Ends: &approvals.Ends{Rule: rule}}}
		twice := s.propose(t, asks, ends)
		ends.Reason = "A mistake indeed"
		s.does(t, signs, s.propose(t, asks, ends).ID, approvals.Doing{Act: approvals.Sign})
		before := s.written(t)
		if _, err := s.take(t, signs, twice.ID, approvals.Doing{Act: approvals.Sign}); !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
			t.Errorf("a rule that is gone is to end: %v", err)
		}
		// The rule to be lifted is there no more: all can be seen nevertheless, and refused, and nothing is made.
		if l, err := s.Proposals(t.Context(), third.Actor, approvals.Query{State: approvals.Waiting}); err != nil || len(l.Proposals) != 2 {
			t.Errorf("listed: %d %v", len(l.Proposals), err)
		}
		if w, err := s.Waiting(t.Context(), third.Actor); err != nil || len(w) != 2 {
			t.Errorf("waiting: %d %v", len(w), err)
		}
		s.does(t, third, waits.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
		if _, err := s.take(t, signs, waits.ID, approvals.Doing{Act: approvals.Sign}); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "As things stand now") {
			t.Errorf("an exemption from nothing: %v", err)
		}
		s.does(t, signs, waits.ID, approvals.Doing{Act: approvals.Refuse, Said: yes})
		if s.written(t) != before {
			t.Error("the register has changed")
		}
	})
}

// TestEndPasses has the end of an exemption pass while it waits.
func TestEndPasses(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, grants, signs := s.somebody(t, people.Staff, "dept-a", "asks"), s.somebody(t, people.SecurityOfficer, "dept-a", "grants"), s.somebody(t, people.Approver, "dept-a", "signs")
		d := exempting(1)
		d.Exemption.Lifts, d.Exemption.Product = nil, "maps" // for which nothing else is missing
		p := s.propose(t, asks, d)
		s.does(t, grants, p.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
		s.clock.Advance(24 * time.Hour)
		again, err := s.People.OpenSession(t.Context(), signs.id, "test", "", "")
		if err != nil {
			t.Fatal(err)
		}
		before := s.written(t)
		if _, err := s.take(t, one{people.Actor{Session: again}, signs.id}, p.ID, approvals.Doing{Act: approvals.Sign}); !fault.Is(err, fault.Conflict) || s.written(t) != before {
			t.Errorf("signed after its end: %v", err)
		}
	})
}

// TestNothingMissing changes a process so that an open proposal has all that it needs: one more says so, and it is
// made.
func TestNothingMissing(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		chief, deputy := s.somebody(t, people.CentreOfficer, "gov", "chief"), s.somebody(t, people.CentreOfficer, "gov", "deputy")
		asks, grants, signs := s.somebody(t, people.Staff, "dept-a", "asks"), s.somebody(t, people.Reviewer, "dept-a", "grants"), s.somebody(t, people.Approver, "dept-a", "signs")
		set := func(change func(p *approvals.Process)) {
			s.does(t, deputy, s.propose(t, chief, processing("dept-a", change)).ID, approvals.Doing{Act: approvals.Sign})
		}
		set(func(p *approvals.Process) { p.Allow.Sign = []people.Role{people.Approver} })
		p := s.propose(t, asks, approvals.Draft{Kind: approvals.Allow, Reason: "For work", Content: approvals.Content{Rule: &policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: "maps"}, Scope: "dept-a"}}})
		s.does(t, grants, p.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
		set(func(p *approvals.Process) { p.Allow.Sign = nil }) // at the same instant as before
		if _, err := s.take(t, grants, p.ID, approvals.Doing{Act: approvals.Sign}); !fault.Is(err, fault.Refused) {
			t.Errorf("the same person again: %v", err)
		}
		if got := s.does(t, signs, p.ID, approvals.Doing{Act: approvals.Sign}); got.State != approvals.Made {
			t.Errorf("signed: %s", got.State)
		}
	})
}

// TestAbove has the second person be of the body above, and of the body itself where there is none.
func TestAbove(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		for body, above := range map[string]string{"unit": "dept-a", "police": "police"} {
			chief, deputy := s.somebody(t, people.CentreOfficer, body, "chief"), s.somebody(t, people.CentreOfficer, body, "deputy")
			s.does(t, deputy, s.propose(t, chief, processing(body, func(p *approvals.Process) { p.Monitor.SignAbove = true })).ID, approvals.Doing{Act: approvals.Sign})
			p := s.propose(t, chief, watching(body))
			if _, err := s.take(t, deputy, p.ID, approvals.Doing{Act: approvals.Sign}); (err == nil) != (above == body) {
				t.Errorf("%s, signed in the body: %v", body, err)
			}
			if above != body {
				s.does(t, s.somebody(t, people.Approver, above, "above"), p.ID, approvals.Doing{Act: approvals.Sign})
			}
			if v, err := s.Proposal(t.Context(), chief.Actor, p.ID); err != nil || v.State != approvals.Made {
				t.Errorf("%s: %s %v", body, v.State, err)
			}
		}
	})
}

// TestMoved has a body move while a request is open: who is above it then counts.
func TestMoved(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		a, b := s.somebody(t, people.SecurityOfficer, "dept-a", "a"), s.somebody(t, people.Approver, "dept-b", "b")
		p := s.propose(t, s.somebody(t, people.SecurityOfficer, "unit", "asks"), watching("unit"))
		if err := settle(t.Context(), s, "unit", people.Position{Parent: "dept-b"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Take(t.Context(), a.Actor, p.ID, approvals.Doing{Act: approvals.Sign, Version: p.Version}); !fault.Is(err, fault.Refused) {
			t.Errorf("by who was above: %v", err)
		}
		s.does(t, b, p.ID, approvals.Doing{Act: approvals.Sign})
	})
}

// TestPages has lists come in pages, of any size, and the states that come by themselves.
func TestPages(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, signs := s.somebody(t, people.CentreOfficer, "gov", "asks"), s.somebody(t, people.CentreOfficer, "gov", "signs")
		for n := range 5 {
			s.clock.Advance(time.Second)
			d := watching("dept-a")
			d.Reason = fmt.Sprint("Reason ", n)
			s.propose(t, asks, d)
		}
		urgent := ban("dept-b", "maps")
		urgent.Emergency = true
		one := 1
		p := s.does(t, signs, s.propose(t, asks, urgent).ID, approvals.Doing{Act: approvals.Sign, Affirmed: &one})
		for _, limit := range []int{-1, 0, 1, 2, 6, 100} {
			seen := 0
			for q := (approvals.Query{Limit: limit}); ; {
				l, err := s.Proposals(t.Context(), signs.Actor, q)
				if err != nil {
					t.Fatal(err)
				}
				seen += len(l.Proposals)
				if q.Before = l.Next; q.Before == "" {
					break
				}
			}
			if seen != 6 {
				t.Errorf("in pages of %d: %d", limit, seen)
			}
		}
		for _, state := range []approvals.State{approvals.Interim, approvals.Lapsed} {
			l, err := s.Proposals(t.Context(), s.again(t, signs), approvals.Query{State: state})
			if err != nil || len(l.Proposals) != 1 || l.Proposals[0].ID != p.ID || l.Proposals[0].State != state {
				t.Errorf("%s: %+v %v", state, l, err)
			}
			s.clock.Advance(24 * time.Hour)
		}
	})
}

// again is somebody who has signed in again.
func (s *server) again(t testing.TB, who one) people.Actor {
	t.Helper()
	session, err := s.People.OpenSession(t.Context(), who.id, "test", "", "")
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Session: session}
}

// TestEmergency follows a ban that two duty officers make: whatever the body demands otherwise, they are enough; and
// it is for a third to have it stay, or to end it.
func TestEmergency(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		first, second, third := s.somebody(t, people.CentreOfficer, "gov", "first"), s.somebody(t, people.SecurityOfficer, "gov", "second"), s.somebody(t, people.Approver, "gov", "third")
		s.does(t, second, s.propose(t, first, processing("gov", func(p *approvals.Process) {
			p.Ban = approvals.Path{Recommend: []people.Role{people.Reviewer}, Grant: []people.Role{people.Approver}, Sign: []people.Role{people.Approver}}
		})).ID, approvals.Doing{Act: approvals.Sign})
		d := ban("dept-b", "maps")
		d.Emergency = true
		one := 1
		p := s.propose(t, first, d)
		if _, err := s.take(t, third, p.ID, approvals.Doing{Act: approvals.Sign, Affirmed: &one}); !fault.Is(err, fault.Refused) {
			t.Errorf("signed by who has no duty: %v", err)
		}
		if got := s.does(t, second, p.ID, approvals.Doing{Act: approvals.Sign, Affirmed: &one}); got.State != approvals.Interim {
			t.Fatalf("signed: %s", got.State)
		}
		for _, act := range []approvals.Act{approvals.Review, approvals.Refuse} {
			for _, who := range []struct {
				name  string
				actor people.Actor
			}{{"the first", first.Actor}, {"the second", second.Actor}} {
				if _, err := s.Take(t.Context(), who.actor, p.ID, approvals.Doing{Act: act, Version: 2, Said: yes}); !fault.Is(err, fault.Refused) {
					t.Errorf("%s by %s: %v", act, who.name, err)
				}
			}
		}
		if v, err := s.Proposal(t.Context(), second.Actor, p.ID); err != nil || len(v.Can) > 0 || v.Bar == "" {
			t.Errorf("the second may %v, barred by %q, %v", v.Can, v.Bar, err)
		}
		s.clock.Advance(time.Hour)
		s.does(t, third, p.ID, approvals.Doing{Act: approvals.Refuse, Said: yes})
		if got := s.verdict(t, "b1", "com.maps"); got != "unlisted" {
			t.Errorf("refused: %s", got)
		}
	})
}

// wordsOf are all messages that a person has.
func (s *server) wordsOf(t testing.TB, who one) (words []string) {
	t.Helper()
	items, err := s.desk().Messages(t.Context(), s.again(t, who), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range items {
		words = append(words, m.Kind+": "+m.Subject+"\n"+m.Text)
	}
	return words
}

// TestTwiceSent holds that a form that is sent twice asks once, until somebody has taken a step; and that another's like
// it is its own.
func TestTwiceSent(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		first, other := s.somebody(t, people.CentreOfficer, "gov", "first"), s.somebody(t, people.CentreOfficer, "gov", "other")
		p, again := s.propose(t, first, ban("gov", "maps")), s.propose(t, first, ban("gov", "maps"))
		if p.ID != again.ID {
			t.Error("sent twice, it is there twice")
		}
		if own := s.propose(t, other, ban("gov", "maps")); own.ID == p.ID {
			t.Error("another's is taken for the first")
		}
		if differs := s.propose(t, first, ban("dept-a", "maps")); differs.ID == p.ID {
			t.Error("for another body is taken for the first")
		}
		revised := ban("gov", "maps")
		revised.Reason = "For another reason"
		if _, err := s.take(t, first, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &revised}); err != nil {
			t.Fatal(err)
		}
		if later := s.propose(t, first, revised); later.ID == p.ID {
			t.Error("one in which a step was taken is returned")
		}
	})
}

// TestHolder holds that whoever has the device, or is named, does not decide about what is for them, whether or not the
// draft says for whom it is.
func TestHolder(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, anna := s.somebody(t, people.Staff, "dept-a", "asks"), s.somebody(t, people.SecurityOfficer, "dept-a", "anna") // a1 is anna's
		bea, colleague := s.somebody(t, people.SecurityOfficer, "dept-a", "bea"), s.somebody(t, people.SecurityOfficer, "dept-a", "colleague")
		of := func(subject policy.ExemptionSubject) string {
			t.Helper()
			d := exempting(30)
			d.For, d.Exemption.Subject = "", subject
			return s.propose(t, asks, d).ID
		}
		for who, id := range map[one]string{anna: of(policy.ExemptionSubject{Host: "a1"}), bea: of(policy.ExemptionSubject{Person: "BEA"})} {
			if _, err := s.take(t, who, id, approvals.Doing{Act: approvals.Grant, Said: yes}); !fault.Is(err, fault.Refused) {
				t.Errorf("who has it decides: %v", err)
			}
			s.does(t, colleague, id, approvals.Doing{Act: approvals.Grant, Said: yes})
		}
		// Of another body's device, nobody is told who has it: neither by a fault nor by what came of it.
		holder := "anna"
		if _, err := s.Devices.Change(t.Context(), s.somebody(t, people.DeviceAdministrator, "dept-b", "admin").Actor, "b1", devices.HostChange{Holder: &holder}); err != nil {
			t.Fatal(err)
		}
		for _, guess := range []string{"", anna.id, bea.id} {
			d := exempting(31)
			d.For, d.Exemption.Subject = guess, policy.ExemptionSubject{Host: "b1"}
			if p := s.propose(t, asks, d); p.For != guess {
				t.Errorf("for %q, guessed %q", p.For, guess)
			}
			d.Exemption.Subject.Host = "a1"
			if _, err := s.Propose(t.Context(), asks.Actor, d); (err != nil) != (guess == bea.id) {
				t.Errorf("of one's own, guessed %q: %v", guess, err)
			}
		}
	})
}
