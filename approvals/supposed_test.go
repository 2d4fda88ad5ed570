package approvals_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
)

// TestSupposed holds that what is supposed of a proposal is what comes of it.
func TestSupposed(t *testing.T) {
	allow := approvals.Draft{Kind: approvals.Allow, Reason: "For work", Content: approvals.Content{Rule: &policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: "maps"}, Scope: "dept-b"}}}
	withdrawal := approvals.Draft{Kind: approvals.Withdrawal, Reason: "It is over", Content: approvals.Content{Ends: &approvals.Ends{Rule: "ban-parrot"}}}
	later := ban("gov", "maps")
	later.Rule.From = noon.AddDate(0, 0, 3)
	maker := approvals.Draft{Kind: approvals.Product, Reason: "It was sold", Content: approvals.Content{Product: &policy.Product{
		ID: "maps", Kind: policy.App, Name: "Maps", Supplier: "maker", Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.maps"}}},
		BuiltinOn: []policy.Platform{policy.Android}}}}
	move := approvals.Draft{Kind: approvals.Belonging, Organisation: "gov", Reason: "It is theirs", Content: approvals.Content{Move: &approvals.Move{Body: "dept-b", Position: people.Position{Parent: "gov"}}}}
	for name, d := range map[string]approvals.Draft{"move": move, "ban": ban("gov", "maps"), "later": later, "allow": allow, "withdrawal": withdrawal, "monitor": watching("dept-a"), "exemption": exempting(30), "product": maker} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *server) { supposed(t, s, d) })
		})
	}
}

func supposed(t *testing.T, s *server, d approvals.Draft) {
	body := "gov"
	switch {
	case d.Rule != nil:
		body = d.Rule.Scope
	case d.Exemption != nil, d.Monitor != nil:
		body = "dept-a"
	case d.Product != nil:
		body = people.Everywhere
	}
	role := people.SecurityOfficer
	if d.Move != nil {
		role = people.CentreOfficer
	}
	opens, signs := s.somebody(t, role, body, "opens"), s.somebody(t, people.SecurityOfficer, body, "signs")
	p := s.propose(t, opens, d)
	world := s.Devices.Fleet.View().World
	before := s.written(t)
	then, err := s.Suppose(t.Context(), opens.Actor, p.ID, world)
	if err != nil {
		t.Fatal(err)
	}
	if s.written(t) != before {
		t.Fatal("what there is was changed by what is supposed")
	}
	stranger := s.somebody(t, people.Staff, "police", "stranger")
	if _, err := s.Suppose(t.Context(), stranger.Actor, p.ID, world); !fault.Is(err, fault.Refused) {
		t.Errorf("a stranger: %v", err)
	}
	expected := judgements(t, s, then.World, then)
	for n := 0; p.State == approvals.Waiting; n++ {
		v, err := s.Proposal(t.Context(), opens.Actor, p.ID)
		if err != nil || n > 9 {
			t.Fatal(err, n)
		}
		who, do := signs, approvals.Doing{Act: v.Next[0].Act, Said: yes}
		switch do.Act {
		case approvals.Sign:
			who = s.somebody(t, role, body, "second")
		case approvals.Clear:
			who, do.Said = s.somebody(t, people.ClearingOffice, "gov", "clears"), approvals.Said{Office: "minister", Minister: "The Minister", Reference: "1"}
		case approvals.Confirm:
			who = s.somebody(t, people.DeviceAdministrator, body, "fits")
		}
		p = s.does(t, who, p.ID, do)
	}
	s.clock.Advance(then.From.Sub(s.clock.Now()))
	s.follow(t)
	if diff := cmp.Diff(expected, judgements(t, s, s.Devices.Fleet.View().World, then)); diff != "" {
		t.Errorf("supposed, and what came (-supposed +came):\n%s", diff)
	}
	if diff := cmp.Diff(expected, judgements(t, s, world, then)); diff == "" {
		t.Error("it changes nothing: nothing is shown")
	}
}

// judgements are what a world says, when the supposed holds, of every app on devices of several bodies.
func judgements(t *testing.T, s *server, w *policy.World, then approvals.Supposed) map[string]string {
	t.Helper()
	p, err := policy.Compile(w, then.From)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]string{}
	for _, h := range []policy.Host{{ID: "a1", Organisation: "dept-a", Holder: "anna"}, {ID: "a2", Organisation: "dept-a"}, {ID: "b1", Organisation: "dept-b"}, {ID: "p1", Organisation: "police"}} {
		h.Kind, h.Platform = policy.Device, policy.Android
		subject, err := p.Subject(&h)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"com.parrot", "com.notes", "com.maps"} {
			var d policy.Decision
			subject.Decide(&policy.Installation{Identifier: id, Version: "1"}, &d)
			verdicts[h.ID+" "+id] = fmt.Sprint(d.Verdict, d.Breach)
		}
	}
	return verdicts
}
