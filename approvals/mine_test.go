package approvals_test

import (
	"slices"
	"testing"
	"time"

	"portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
)

// TestMine: somebody has before them what they asked for and what is for them, the newest first and no more than so many;
// of what is marked, only what they are assigned to.
func TestMine(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		anna, berta := s.somebody(t, people.Staff, "dept-a", "anna"), s.somebody(t, people.Staff, "dept-a", "berta")
		opens, grants := s.somebody(t, people.SecurityOfficer, "dept-a", "opens"), s.somebody(t, people.SecurityOfficer, "dept-a", "grants")
		signs := s.somebody(t, people.Approver, "dept-a", "signs")
		mine := func(who one, most int) (ids []string, next string) {
			t.Helper()
			l, err := s.Mine(t.Context(), who.Actor, most)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range l.Proposals {
				if ids = append(ids, p.ID); p.Restricted != nil {
					t.Errorf("%s: the list has what is restricted", p.ID)
				}
			}
			return ids, l.Next
		}
		if ids, next := mine(anna, 3); len(ids) > 0 || next != "" {
			t.Errorf("who asked for nothing has %v %q", ids, next)
		}
		var asked []string
		for _, product := range []string{"maps", "parrot"} {
			s.clock.Advance(time.Minute) // ids of one moment are in no order
			d := approvals.Draft{Kind: approvals.Allow, Reason: "For work", Content: approvals.Content{Rule: &policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: product}, Scope: "dept-a"}}}
			asked = append([]string{s.propose(t, anna, d).ID}, asked...)
		}
		s.clock.Advance(time.Minute)
		forHer := exempting(30)
		forHer.For = anna.id
		asked = append([]string{s.propose(t, opens, forHer).ID}, asked...)
		s.clock.Advance(time.Minute)
		marked := exempting(20)
		marked.Exemption.Lifts, marked.Exemption.Product = nil, "maps"
		marked.For, marked.Marked, marked.Audience = anna.id, true, []string{grants.id, signs.id}
		secret := s.propose(t, opens, marked).ID
		if ids, next := mine(anna, 3); !slices.Equal(ids, asked) || next != "" {
			t.Errorf("she has %v %q, and asked for %v", ids, next, asked)
		}
		if ids, next := mine(anna, 2); !slices.Equal(ids, asked[:2]) || next != asked[1] {
			t.Errorf("of %v, the newest two are %v, and the rest comes after %q", asked, ids, next)
		}
		if ids, _ := mine(berta, 3); len(ids) > 0 {
			t.Errorf("another has %v", ids)
		}
		if ids, _ := mine(opens, 3); !slices.Equal(ids, []string{secret, asked[0]}) {
			t.Errorf("who opened it has %v", ids)
		}
		if _, err := s.take(t, grants, asked[0], approvals.Doing{Act: approvals.Refuse, Said: approvals.Said{Reason: "Not now"}}); err != nil {
			t.Fatal(err)
		}
		l, err := s.Mine(t.Context(), anna.Actor, 1)
		if err != nil || l.Proposals[0].State != approvals.Refused {
			t.Errorf("what was refused is %+v %v", l.Proposals, err)
		}
	})
}
