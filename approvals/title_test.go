package approvals_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// TestTitles holds what the titles of messages say of each kind of proposal, and that they name nothing that is marked or
// has a reason for some alone.
func TestTitles(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, decides := s.somebody(t, people.CentreOfficer, people.Everywhere, "asks"), s.somebody(t, people.CentreOfficer, people.Everywhere, "decides")
		signs := s.somebody(t, people.Approver, "dept-a", "signs")
		allow := func(c approvals.Content) approvals.Draft {
			return approvals.Draft{Kind: approvals.Allow, Reason: "It is needed", Content: c}
		}
		maker := ban("gov", "")
		maker.Rule.Target, maker.Rule.Effect, maker.Rule.Deadline = policy.Target{Supplier: "maker"}, policy.PhaseOut, noon.AddDate(1, 0, 0)
		urgent, restricted := ban("dept-b", "maps"), ban("dept-a", "maps")
		urgent.Emergency = true
		restricted.Restricted, restricted.Audience = &approvals.Restricted{Reason: "A source says so"}, []string{decides.id}
		marked, group := exempting(20), exempting(21)
		marked.Marked, marked.Audience, marked.Exemption.Lifts, marked.Exemption.Product = true, []string{decides.id, signs.id}, nil, "maps"
		group.Exemption.Subject = policy.ExemptionSubject{Group: "press"}
		for _, test := range []struct {
			d    approvals.Draft
			want string
		}{
			{ban("gov", "maps"), "Ban: Maps waits for you"},
			{maker, "Phase-out: everything of Umber Apps Ltd waits for you"},
			{urgent, "Ban in an emergency: Maps waits for you"},
			{restricted, "A ban waits for you"},
			{allow(approvals.Content{Rule: &policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: "maps"}, Scope: "dept-a"}}), "Request for an app: Maps waits for you"},
			{allow(approvals.Content{Rule: &policy.Rule{Effect: policy.Allow, Scope: "dept-a"}, Found: &register.Found{Platform: policy.Android, Identifier: "com.tides", Name: strings.Repeat("Tide Tables ", 8)}}),
				"Request for an app: Tide Tables Tide Tables Tide Tables Tide Tables … waits for you"},
			{approvals.Draft{Kind: approvals.Withdrawal, Reason: "It is over", Content: approvals.Content{Ends: &approvals.Ends{Rule: "ban-parrot"}}}, "End of a rule: Parrot Chat waits for you"},
			{exempting(30), "Exemption: Parrot Chat for one device waits for you"},
			{group, "Exemption: Parrot Chat for a group waits for you"},
			{marked, "An exemption waits for you"},
			{watching("dept-a"), "Time of watching: Department A waits for you"},
			{processing("dept-a", func(*approvals.Process) {}), "Change of who decides: Department A waits for you"},
			{moving("unit", "office", false), "Move of a body: Unit of A waits for you"},
			{approvals.Draft{Kind: approvals.Supplier, Reason: "The sale", Content: approvals.Content{Supplier: &policy.Supplier{ID: "maker", Name: "Umber Apps Ltd", OwnedBy: []policy.Edge{{Supplier: "group"}}}}}, "Change of who owns a company: Umber Apps Ltd waits for you"},
		} {
			s.propose(t, asks, test.d)
			var titles []string
			for _, words := range s.wordsOf(t, decides) {
				title, _, _ := strings.Cut(words, "\n")
				titles = append(titles, strings.TrimPrefix(title, "approvals.waits: "))
			}
			if !slices.Contains(titles, test.want) {
				t.Errorf("no message is called %q: %q", test.want, titles)
			}
		}
	})
}

// TestOpenBans holds that whoever would ban something is told which bans of it are open, as far as they may see them.
func TestOpenBans(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, signs := s.somebody(t, people.CentreOfficer, "gov", "asks"), s.somebody(t, people.Approver, "gov", "signs")
		police := s.somebody(t, people.SecurityOfficer, "police", "police")
		open := func(who one) (ids []string) {
			t.Helper()
			found, err := s.OpenBans(t.Context(), who.Actor, policy.Target{Product: "maps"})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range found {
				if ids = append(ids, p.ID); p.Restricted != nil {
					t.Error("a list says what is for some alone")
				}
			}
			return ids
		}
		wide, other := ban("gov", "maps"), ban("gov", "notes")
		wide.Restricted, wide.Audience = &approvals.Restricted{Reason: "A source says so"}, []string{signs.id}
		marked := ban("dept-a", "maps")
		marked.Marked, marked.Audience = true, []string{signs.id}
		first := s.propose(t, asks, wide)
		s.propose(t, asks, other)
		s.clock.Advance(time.Second) // the newest is the first
		hidden := s.propose(t, s.somebody(t, people.SecurityOfficer, "dept-a", "hides"), marked)
		if got := open(asks); !slices.Equal(got, []string{first.ID}) {
			t.Errorf("who has proposed one sees %q", got)
		}
		if got := open(signs); !slices.Equal(got, []string{hidden.ID, first.ID}) {
			t.Errorf("who is assigned to another sees %q", got)
		}
		if got := open(police); len(got) > 0 {
			t.Errorf("who may see neither sees %q", got)
		}
		s.does(t, signs, first.ID, approvals.Doing{Act: approvals.Refuse, Said: yes})
		if got := open(asks); len(got) > 0 {
			t.Errorf("one that was refused is open: %q", got)
		}
	})
}

// TestLongestFrom holds that everybody may know for how long an exemption may hold, as a ban says.
func TestLongestFrom(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, signs := s.somebody(t, people.CentreOfficer, "gov", "asks"), s.somebody(t, people.Approver, "gov", "signs")
		d := ban("gov", "maps")
		d.LongestDays = 45
		rule := s.does(t, signs, s.propose(t, asks, d).ID, approvals.Doing{Act: approvals.Sign}).Made
		for id, want := range map[string]int{rule: 45, "ban-parrot": 0, "none": 0} {
			if got, err := s.LongestFrom(t.Context(), s.somebody(t, people.DeviceAdministrator, "police", "reads").Actor, id); err != nil || got != want {
				t.Errorf("%s: %d %v", id, got, err)
			}
		}
	})
}

// TestNoAdviceOfOneself holds that the centre is offered to be asked by others than itself.
func TestNoAdviceOfOneself(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		p := s.propose(t, s.somebody(t, "", "dept-a", "asks"), exempting(30))
		for name, test := range map[string]struct {
			who  one
			want bool
		}{"the body": {s.somebody(t, people.SecurityOfficer, "dept-a", "security"), true}, "the centre": {s.somebody(t, people.CentreOfficer, "gov", "centre"), false}} {
			if v, err := s.Proposal(t.Context(), test.who.Actor, p.ID); err != nil || slices.Contains(v.Can, approvals.Consult) != test.want || !slices.Contains(v.Can, approvals.Grant) {
				t.Errorf("%s may %q, %v", name, v.Can, err)
			}
		}
	})
}
