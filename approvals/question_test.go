package approvals_test

import (
	"slices"
	"testing"
	"time"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
)

// TestQuestion asks who asked for something, who answers, and nothing is lost by it: the steps that were taken count, and
// meanwhile it waits for the answer and for nobody else.
func TestQuestion(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		all := map[string]one{
			"anna": s.somebody(t, "", "dept-a", "anna"), "asks": s.somebody(t, "", "dept-a", "asks"), "stranger": s.somebody(t, "", "dept-a", "stranger"),
			"security": s.somebody(t, people.SecurityOfficer, "dept-a", "security"), "approver": s.somebody(t, people.Approver, "dept-a", "approver"),
		}
		d := exempting(90)
		d.For = all["anna"].id
		p := s.propose(t, all["asks"], d)
		s.does(t, all["security"], p.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
		known := map[string]int{}
		s.told(t, all, known)
		waits := func(step string, want map[string]approvals.Act) {
			t.Helper()
			for name, who := range all {
				found, err := s.Waiting(t.Context(), who.Actor)
				got := approvals.Act("")
				if len(found) == 1 {
					got = found[0].For
				}
				page, wrong := s.WaitingPage(t.Context(), who.Actor, approvals.WaitingQuery{Organisation: "dept-a"})
				if err != nil || wrong != nil || got != want[name] || len(page.Waits) != len(found) || len(found) == 1 && page.Waits[0].For != got {
					t.Errorf("%s: it waits for %s's %q and %+v, not %q: %v, %v", step, name, got, page, want[name], err, wrong)
				}
			}
		}
		waits("before", map[string]approvals.Act{"approver": approvals.Sign})
		for name, test := range map[string]struct {
			who  string
			do   approvals.Doing
			kind fault.Kind
		}{
			"by who asked":           {"asks", approvals.Doing{Act: approvals.Question, Said: yes}, fault.Refused},
			"by whom it is for":      {"anna", approvals.Doing{Act: approvals.Question, Said: yes}, fault.Refused},
			"without words":          {"approver", approvals.Doing{Act: approvals.Question}, fault.Invalid},
			"an answer to nothing":   {"asks", approvals.Doing{Act: approvals.Reply, Said: yes}, fault.Conflict},
			"by who does not see it": {"stranger", approvals.Doing{Act: approvals.Question, Said: yes, Version: 2}, fault.Refused},
		} {
			if _, err := s.take(t, all[test.who], p.ID, test.do); !fault.Is(err, test.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.clock.Advance(time.Second)
		s.does(t, all["approver"], p.ID, approvals.Doing{Act: approvals.Question, Said: approvals.Said{Reason: "For which journey?"}})
		if got, want := s.told(t, all, known), []string{"anna: approvals.questioned: Exemption: Parrot Chat for one device waits for your answer", "asks: approvals.questioned: Exemption: Parrot Chat for one device waits for your answer"}; !slices.Equal(got, want) {
			t.Errorf("asked: %q", got)
		}
		waits("asked", map[string]approvals.Act{"anna": approvals.Reply, "asks": approvals.Reply})
		if own, err := s.Mine(t.Context(), all["asks"].Actor, 5); err != nil || len(own.Proposals) != 1 || !own.Proposals[0].Questioned() {
			t.Errorf("their own: %+v, %v", own, err)
		}
		if _, err := s.take(t, all["approver"], p.ID, approvals.Doing{Act: approvals.Reply, Said: yes}); !fault.Is(err, fault.Refused) {
			t.Errorf("an answer by who asked the question: %v", err)
		}
		if v, err := s.Proposal(t.Context(), all["approver"].Actor, p.ID); err != nil || !slices.Contains(v.Can, approvals.Sign) {
			t.Errorf("who may decide cannot while it is asked: %v, %v", v.Can, err)
		}
		s.clock.Advance(time.Second)
		s.does(t, all["anna"], p.ID, approvals.Doing{Act: approvals.Reply, Said: approvals.Said{Reason: "The one in May"}})
		if got, want := s.told(t, all, known), []string{"approver: approvals.replied: Exemption: Parrot Chat for one device has an answer to your question"}; !slices.Equal(got, want) {
			t.Errorf("answered: %q", got)
		}
		waits("answered", map[string]approvals.Act{"approver": approvals.Sign})
		if _, err := s.take(t, all["asks"], p.ID, approvals.Doing{Act: approvals.Reply, Said: yes}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second answer: %v", err)
		}
		// What is proposed may be changed instead; who takes it back owes no answer.
		s.does(t, all["approver"], p.ID, approvals.Doing{Act: approvals.Question, Said: yes})
		changed := d
		changed.Reason = "To read what is said there in May"
		s.does(t, all["asks"], p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &changed})
		waits("changed", map[string]approvals.Act{"security": approvals.Grant})
		s.does(t, all["security"], p.ID, approvals.Doing{Act: approvals.Question, Said: yes})
		s.does(t, all["asks"], p.ID, approvals.Doing{Act: approvals.TakeBack})
		waits("taken back", nil)
	})
}

// TestCentreThatIsNotThere holds that nobody is offered to ask a centre that is not there.
func TestCentreThatIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		p := s.propose(t, s.somebody(t, people.SecurityOfficer, "police", "asks"), watching("police"))
		s.somebody(t, people.CentreOfficer, "gov", "centre") // which is not above the police
		decides := s.somebody(t, people.SecurityOfficer, "police", "decides")
		v, err := s.Proposal(t.Context(), decides.Actor, p.ID)
		if err != nil || !slices.Contains(v.Can, approvals.Sign) || slices.Contains(v.Can, approvals.Consult) || !slices.Contains(v.Can, approvals.Question) {
			t.Errorf("%v, %v", v.Can, err)
		}
		if _, err := s.take(t, decides, p.ID, approvals.Doing{Act: approvals.Consult, Said: yes}); !fault.Is(err, fault.Conflict) {
			t.Errorf("consulted all the same: %v", err)
		}
	})
}
