package approvals_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

func moving(body, parent string, ownList bool) approvals.Draft {
	return approvals.Draft{Kind: approvals.Belonging, Reason: "It does its work there", Content: approvals.Content{Move: &approvals.Move{Body: body, Position: people.Position{Parent: parent, OwnList: ownList}}}}
}

// stands is where a body belongs.
func (s *server) stands(t *testing.T, body string) people.Position {
	t.Helper()
	o, err := s.People.Organisation(t.Context(), command, body)
	if err != nil {
		t.Fatal(err)
	}
	return people.Position{Parent: o.Parent, OwnList: o.OwnList}
}

// TestMoveWhole takes a body out of the reach of a ban, as two people of the body above both places decide.
func TestMoveWhole(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		chief, deputy := s.somebody(t, people.CentreOfficer, "gov", "chief"), s.somebody(t, people.Approver, "gov", "deputy")
		left, own := s.somebody(t, people.SecurityOfficer, "dept-a", "left"), s.somebody(t, people.SecurityOfficer, "unit", "own")
		s.does(t, left, s.propose(t, s.somebody(t, people.Approver, "dept-a", "other"), ban("dept-a", "maps")).ID, approvals.Doing{Act: approvals.Sign, Affirmed: new(2)})
		s.follow(t)
		p := s.propose(t, chief, moving("unit", "dept-b", false))
		if p.Organisation != "gov" || s.stands(t, "unit").Parent != "dept-a" {
			t.Errorf("decided in %s, and it stands below %+v already", p.Organisation, s.stands(t, "unit"))
		}
		for _, who := range []one{chief, left, own} {
			if _, err := s.Take(t.Context(), who.Actor, p.ID, approvals.Doing{Act: approvals.Sign, Version: 1}); !fault.Is(err, fault.Refused) {
				t.Errorf("%s signs: %v", who.id, err)
			}
		}
		v, err := s.Proposal(t.Context(), deputy.Actor, p.ID)
		want := approvals.Moving{Hosts: 0, Bodies: 1, BansEnd: 1, AllowsEnd: 1} // the list of dept-b is its own
		if err != nil || v.Moving == nil || *v.Moving != want {
			t.Errorf("counted: %+v %v", v.Moving, err)
		}
		made := s.does(t, deputy, p.ID, approvals.Doing{Act: approvals.Sign})
		if last := made.Steps[len(made.Steps)-1]; made.State != approvals.Made || made.Made != "unit" || last.Moving == nil || *last.Moving != want {
			t.Errorf("signed: %+v", made)
		}
		if got := s.stands(t, "unit"); got != (people.Position{Parent: "dept-b"}) {
			t.Errorf("it stands at %+v", got)
		}
	})
}

// TestMoveWho holds who may propose a move, and where it is decided.
func TestMoveWho(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		gov, a, all := s.somebody(t, people.CentreOfficer, "gov", "gov"), s.somebody(t, people.CentreOfficer, "dept-a", "a"), s.somebody(t, people.CentreOfficer, people.Everywhere, "all")
		police := s.somebody(t, people.CentreOfficer, "police", "police")
		security := s.somebody(t, people.SecurityOfficer, "gov", "security")
		for name, test := range map[string]struct {
			who one
			d   approvals.Draft
			in  string // "" is refused
		}{
			"sideways":                     {gov, moving("unit", "dept-b", false), "gov"},
			"sideways, by who it leaves":   {a, moving("unit", "dept-b", false), ""},
			"another list":                 {a, moving("unit", "dept-a", true), "dept-a"},
			"another list, of what is one": {a, moving("dept-a", "gov", true), ""},
			"not for a security officer":   {security, moving("unit", "dept-b", false), ""},
			"set free":                     {gov, moving("unit", "", false), ""},
			"set free by who may":          {all, moving("unit", "", false), "gov"},
			"to another tree":              {gov, moving("unit", "police", false), ""},
			"to another tree by who may":   {all, moving("unit", "police", false), "gov"},
			"taken from another tree":      {police, moving("unit", "police", false), ""},
			"a root":                       {all, moving("police", "gov", false), "police"},
			"a root, by who takes it":      {gov, moving("police", "gov", false), ""},
			"a root, of its own":           {police, moving("police", "gov", false), ""},
		} {
			p, err := s.Propose(t.Context(), test.who.Actor, test.d)
			if p.Organisation != test.in || (test.in == "") != fault.Is(err, fault.Refused) {
				t.Errorf("%s: in %q, not in %q: %v", name, p.Organisation, test.in, err)
			}
		}
		if got := s.stands(t, "unit"); got != (people.Position{Parent: "dept-a"}) {
			t.Errorf("proposing it has moved it to %+v", got)
		}
	})
}

// TestMoveBad holds what cannot be proposed.
func TestMoveBad(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		all := s.somebody(t, people.CentreOfficer, people.Everywhere, "all")
		late := moving("unit", "dept-b", false)
		late.Move.From = store.TimeOf(noon.Add(-time.Hour))
		for field, d := range map[string]approvals.Draft{
			"move.body": moving("nobody", "gov", false), "parent": moving("dept-a", "unit", false), "from": late,
		} {
			_, err := s.Propose(t.Context(), all.Actor, d)
			if faults := fault.Fields(err); len(faults) != 1 || faults[0].Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		for name, d := range map[string]approvals.Draft{"nothing": {Kind: approvals.Belonging, Reason: "x"}, "as it is": moving("unit", "dept-a", false), "nowhere": moving("unit", "nowhere", false)} {
			if _, err := s.Propose(t.Context(), all.Actor, d); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		p := s.propose(t, all, moving("unit", "dept-b", false))
		gov := s.somebody(t, people.CentreOfficer, "gov", "gov")
		other, free := moving("office", "dept-b", false), moving("unit", "", false)
		if _, err := s.take(t, all, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &other}); len(fault.Fields(err)) == 0 {
			t.Errorf("revised to be about another body: %v", err)
		}
		if _, err := s.take(t, gov, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &free}); !fault.Is(err, fault.Refused) {
			t.Errorf("revised to set free what one may not: %v", err)
		}
	})
}

// TestMovedMeanwhile holds that what has moved since, or whose place is for others to decide by now, is not moved; and
// that nothing of it is done.
func TestMovedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		chief, deputy := s.somebody(t, people.CentreOfficer, people.Everywhere, "chief"), s.somebody(t, people.Approver, people.Everywhere, "deputy")
		stays := func(p approvals.Proposal, words string) {
			t.Helper()
			before := s.stands(t, p.Move.Body)
			_, err := s.take(t, deputy, p.ID, approvals.Doing{Act: approvals.Sign})
			if v, failed := s.Proposal(t.Context(), deputy.Actor, p.ID); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), words) || failed != nil || v.State != approvals.Waiting || v.Version != p.Version {
				t.Errorf("%v; %s %v", err, v.State, failed)
			}
			if got := s.stands(t, p.Move.Body); got != before {
				t.Errorf("it was moved from %+v to %+v", before, got)
			}
		}
		away, own := s.propose(t, chief, moving("unit", "dept-b", false)), s.propose(t, chief, moving("unit", "dept-a", true))
		s.does(t, deputy, s.propose(t, chief, moving("unit", "office", false)).ID, approvals.Doing{Act: approvals.Sign})
		stays(away, "changed since")
		stays(own, "changed since")
		// The unit stays below the office, which another tree has by now.
		up := s.propose(t, chief, moving("unit", "gov", false))
		s.does(t, deputy, s.propose(t, chief, moving("office", "police", false)).ID, approvals.Doing{Act: approvals.Sign})
		stays(up, "another body to decide")
		// And below what is below it by now, it does not go.
		round := s.propose(t, chief, moving("police", "gov", false))
		s.does(t, deputy, s.propose(t, chief, moving("gov", "police", false)).ID, approvals.Doing{Act: approvals.Sign})
		stays(round, "below itself")
	})
}

// TestMovePlanned holds that a move that is decided for a day comes about on it.
func TestMovePlanned(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		chief, deputy := s.somebody(t, people.CentreOfficer, "gov", "chief"), s.somebody(t, people.Approver, "gov", "deputy")
		d := moving("unit", "dept-b", true)
		d.Move.From = store.TimeOf(noon.Add(48 * time.Hour))
		s.does(t, deputy, s.propose(t, chief, d).ID, approvals.Doing{Act: approvals.Sign})
		s.clock.Advance(47 * time.Hour)
		if got := s.stands(t, "unit"); got != (people.Position{Parent: "dept-a"}) {
			t.Errorf("before the day: %+v", got)
		}
		s.clock.Advance(time.Hour)
		if got := s.stands(t, "unit"); got != d.Move.Position {
			t.Errorf("on the day: %+v", got)
		}
	})
}

// realm has rules at many places, and lists of one's own in the midst.
const realm = `
organisations: [{id: top}, {id: left, parent: top, list: own}, {id: low, parent: left}, {id: right, parent: top}, {id: deep, parent: right}, {id: moved, parent: low}, {id: under, parent: moved}, {id: else}]
suppliers: [{id: maker, name: Maker}]
products: [{id: p, kind: app, name: P, supplier: maker, identifiers: {android: [p]}}]
rules:
`

// TestMovingAgainstPolicy compares the rules that are counted to end and begin with those that the decision finds in the
// body before and after, for every place.
func TestMovingAgainstPolicy(t *testing.T) {
	text := realm
	for _, o := range []string{"top", "left", "low", "right", "deep", "moved", "under", "else"} {
		text += "  - {id: ban-" + o + ", effect: ban, target: {product: p}, components: false, clearance: none, scope: " + o + ", from: 2026-01-01, reason: r}\n"
		text += "  - {id: allow-" + o + ", effect: allow, target: {product: p}, scope: " + o + ", from: 2026-01-01, reason: r}\n"
		text += "  - {id: ended-" + o + ", effect: ban, target: {product: p}, components: false, clearance: none, scope: " + o + ", from: 2026-01-01, until: 2026-02-01, reason: r}\n"
	}
	text += "hosts: [{id: h, kind: device, organisation: moved, platform: android, installed: [{identifier: p}]}, {id: h2, kind: device, organisation: under, platform: android}]\n"
	run(t, func(t *testing.T, s *server) {
		s.load(t, text)
		all := s.somebody(t, people.CentreOfficer, people.Everywhere, "all", "top")
		signs := s.somebody(t, people.Approver, people.Everywhere, "signs", "top")
		for _, parent := range []string{"top", "right", "deep", "left", "", "else", "low"} {
			for _, own := range []bool{true, false} {
				was := s.reaching(t)
				p := s.propose(t, all, moving("moved", parent, own))
				v, err := s.Proposal(t.Context(), all.Actor, p.ID)
				if err != nil || v.Moving == nil {
					t.Fatal(err)
				}
				s.does(t, signs, p.ID, approvals.Doing{Act: approvals.Sign})
				s.follow(t)
				is := s.reaching(t)
				if diff := cmp.Diff([][]string{besides(was, is), besides(is, was)}, [][]string{v.Shift.End, v.Shift.Begin}, cmpopts.EquateEmpty(), cmpopts.SortSlices(strings.Compare)); diff != "" {
					t.Errorf("to %q, own %v, the rules that end and begin: %s", parent, own, diff)
				}
				want := approvals.Moving{Hosts: 2, Bodies: 2}
				count(was, is, &want.BansEnd, &want.AllowsEnd)
				count(is, was, &want.BansBegin, &want.AllowsBegin)
				if *v.Moving != want {
					t.Errorf("to %q, own %v: %+v, and the decision finds %+v", parent, own, *v.Moving, want)
				}
			}
		}
	})
}

// besides are the texts that are in the first alone.
func besides(all, others []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(others, id) })
}

// TestMoveDecides holds that whoever moves a body is told before who decides in it now, and who will.
func TestMoveDecides(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		chief, deputy := s.somebody(t, people.CentreOfficer, "gov", "chief"), s.somebody(t, people.Approver, "gov", "deputy")
		sets := func(body string, days int) {
			t.Helper()
			s.does(t, deputy, s.propose(t, chief, processing(body, func(p *approvals.Process) { p.Exemption.LongestDays = days })).ID, approvals.Doing{Act: approvals.Sign})
		}
		whose := func(is, then string, before, after int) {
			t.Helper()
			got, err := s.PreviewMove(t.Context(), chief.Actor, *moving("unit", "dept-b", false).Move)
			if err != nil {
				t.Fatal(err)
			}
			if got.Is.Of != is || got.Then.Of != then || got.Is.Exemption.LongestDays != before || got.Then.Exemption.LongestDays != after {
				t.Errorf("%q for %d days, then %q for %d", got.Is.Of, got.Is.Exemption.LongestDays, got.Then.Of, got.Then.Exemption.LongestDays)
			}
			if diff := cmp.Diff([][]string{{"dept-a", "gov"}, {"dept-b", "gov"}}, [][]string{got.Above, got.AboveThen}); diff != "" || got.Bodies != 1 || got.AllowsEnd != 1 {
				t.Errorf("%+v %s", got.Moving, diff)
			}
		}
		whose("", "", 366, 366)
		sets("gov", 300)
		whose("gov", "gov", 300, 300)
		sets("dept-b", 90)
		whose("gov", "dept-b", 300, 90)
		sets("unit", 60)
		whose("unit", "unit", 60, 60)
		if _, err := s.PreviewMove(t.Context(), chief.Actor, *moving("dept-a", "unit", false).Move); !fault.Is(err, fault.Invalid) {
			t.Errorf("below itself: %v", err)
		}
		if _, err := s.PreviewMove(t.Context(), s.somebody(t, people.CentreOfficer, "dept-a", "a").Actor, *moving("unit", "dept-b", false).Move); !fault.Is(err, fault.Refused) {
			t.Errorf("by who may not propose it: %v", err)
		}
		p := s.propose(t, chief, moving("unit", "dept-b", true))
		s.does(t, deputy, p.ID, approvals.Doing{Act: approvals.Sign})
		v, err := s.Proposal(t.Context(), chief.Actor, p.ID)
		if stood := v.Stood(); err != nil || v.Shift != nil || stood == nil || *stood != (people.Position{Parent: "dept-a"}) {
			t.Errorf("decided: it stood at %+v, %+v %v", stood, v.Shift, err)
		}
	})
}

func count(some, others []string, bans, allows *int) {
	for _, id := range some {
		switch {
		case slices.Contains(others, id):
		case strings.HasPrefix(id, "allow"):
			*allows++
		default:
			*bans++
		}
	}
}

// reaching are the rules of which each alone has the decision say something of what is on the device h.
func (s *server) reaching(t *testing.T) (ids []string) {
	t.Helper()
	w := *s.Devices.Fleet.View().World
	for _, rule := range w.Rules {
		alone := w
		alone.Rules, alone.Exemptions = []policy.Rule{rule}, nil
		compiled, err := policy.Compile(&alone, s.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		subject, err := compiled.Subject(&policy.Host{ID: "h", Kind: policy.Device, Organisation: "moved", Platform: policy.Android})
		if err != nil {
			t.Fatal(err)
		}
		var d policy.Decision
		subject.Decide(&policy.Installation{Product: "p"}, &d)
		if slices.ContainsFunc(d.Findings, func(f policy.Finding) bool { return slices.Contains(f.Rules, rule.ID) }) {
			ids = append(ids, rule.ID)
		}
	}
	return ids
}
