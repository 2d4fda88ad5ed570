package approvals_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// entries is all that the ledger has, as text.
func (s *server) entries(t testing.TB) (texts []string) {
	t.Helper()
	secret, _, err := note.GenerateKey(rand.Reader, "ledger.example/test")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	sequencer, err := ledger.NewSequencer(s.People.DB, s.book, key, "test", s.People.Log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sequencer.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		found, err := ledger.Entries(tx, 0, 5000)
		for _, e := range found {
			texts = append(texts, fmt.Sprint(e.Kind, e.Subjects, string(e.Payload)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestMarked has nobody who is not assigned to a marked proposal learn of it more than that there is one.
func TestMarked(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		opens, signs := s.somebody(t, people.SecurityOfficer, "dept-a", "opens"), s.somebody(t, people.Approver, "dept-a", "signs")
		grants, agent := s.somebody(t, people.SecurityOfficer, "dept-a", "grants"), s.somebody(t, people.Staff, "dept-a", "agent")
		outside := s.somebody(t, people.CentreOfficer, people.Everywhere, "outside")
		made, err := s.People.MakeToken(t.Context(), grants.Actor, "program", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"}, store.Time{})
		if err != nil {
			t.Fatal(err)
		}
		const secret = "Undercover"
		d := exempting(30)
		d.Exemption.Lifts, d.Exemption.Product, d.Exemption.Purpose = nil, "maps", secret
		d.Reason, d.For, d.Marked, d.Audience = secret, agent.id, true, []string{signs.id, grants.id, grants.id}
		d.Restricted = &approvals.Restricted{Reason: secret}
		p := s.propose(t, opens, d)
		nothing := func(who string, actor people.Actor, counted int) {
			t.Helper()
			_, gone := s.Proposal(t.Context(), actor, "no-such-id")
			_, err := s.Proposal(t.Context(), actor, p.ID)
			if !fault.Is(err, fault.NotFound) || err.Error() != gone.Error() {
				t.Errorf("%s sees it: %v", who, err)
			}
			for _, act := range []approvals.Act{approvals.Grant, approvals.Refuse, approvals.Revise, approvals.Consult, approvals.Answer, approvals.Question, approvals.Reply, approvals.TakeBack} {
				if _, err := s.Take(t.Context(), actor, p.ID, approvals.Doing{Act: act, Version: 1, Said: yes}); !fault.Is(err, fault.NotFound) || err.Error() != gone.Error() {
					t.Errorf("%s, %s: %v", who, act, err)
				}
			}
			for _, q := range []approvals.Query{{}, {Mine: true}, {Organisation: "dept-a"}} {
				l, err := s.Proposals(t.Context(), actor, q)
				if err != nil || slices.ContainsFunc(l.Proposals, func(o approvals.Proposal) bool { return o.ID == p.ID }) || !q.Mine && l.Marked != counted || q.Mine && l.Marked != 0 {
					t.Errorf("%s lists %+v: %+v %v", who, q, l, err)
				}
			}
			if w, err := s.Waiting(t.Context(), actor); err != nil || len(w) > 0 {
				t.Errorf("it waits for %s: %+v %v", who, w, err)
			}
			next := watching("dept-a")
			next.After = p.ID
			_, err = s.Propose(t.Context(), actor, next)
			next.After = "no-such-id"
			_, gone = s.Propose(t.Context(), actor, next)
			if err == nil || err.Error() != gone.Error() {
				t.Errorf("%s proposes after it: %v, and after nothing: %v", who, err, gone)
			}
		}
		nothing("the centre", outside.Actor, 1)
		nothing("an assigned person's program", people.Actor{Token: made.Secret}, 1)
		nothing("for whom it is", agent.Actor, 0)
		if w, err := s.Waiting(t.Context(), grants.Actor); err != nil || len(w) != 1 || w[0].For != approvals.Grant || w[0].Restricted != nil {
			t.Errorf("it waits for who is assigned: %+v %v", w, err)
		}
		p2 := s.does(t, grants, p.ID, approvals.Doing{Act: approvals.Grant, Said: approvals.Said{Reason: secret, Risk: secret}})
		p2 = s.does(t, signs, p2.ID, approvals.Doing{Act: approvals.Sign})
		if p2.State != approvals.Made {
			t.Fatalf("signed: %s", p2.State)
		}
		s.clock.Advance(28 * 24 * time.Hour)
		if err := s.Hourly(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, who := range []one{outside, agent} {
			if words := s.wordsOf(t, who); len(words) > 0 {
				t.Errorf("%s was told: %q", who.id, words)
			}
		}
		if words := s.wordsOf(t, opens); len(words) == 0 || strings.Contains(strings.Join(words, ""), secret) {
			t.Errorf("who opened it was told: %q", words)
		}
		for _, who := range []one{opens, signs, grants} {
			if words := strings.Join(s.wordsOf(t, who), "\n"); strings.Contains(words, "Maps") || !strings.Contains(words, "n exemption ") && who != opens {
				t.Errorf("a title names what is marked: %q", words)
			}
		}
		if all := strings.Join(s.entries(t), "\n"); strings.Contains(all, secret) || !strings.Contains(all, p.ID) {
			t.Errorf("the ledger has the words of what is marked, or nothing:\n%s", all)
		}
	})
}

// TestRestricted has a restricted reason be read by those whom it names, and who takes a step, and by nobody else.
func TestRestricted(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		const secret = "A source says so"
		opens, reader, signs := s.somebody(t, people.CentreOfficer, "gov", "opens"), s.somebody(t, people.Reviewer, "gov", "reader"), s.somebody(t, people.Approver, "gov", "signs")
		reviewer, auditor := s.somebody(t, people.Reviewer, "gov", "reviewer"), s.somebody(t, people.Auditor, people.Everywhere, "auditor")
		d := ban("gov", "maps")
		d.Restricted, d.Audience = &approvals.Restricted{Reason: secret, Assessment: secret}, []string{reader.id}
		p := s.propose(t, opens, d)
		reads := func(who one) bool {
			t.Helper()
			shown := 0
			v, err := s.Proposal(t.Context(), who.Actor, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			if v.Restricted != nil {
				shown++
			}
			l, err := s.Proposals(t.Context(), who.Actor, approvals.Query{})
			if err != nil {
				t.Fatal(err)
			}
			w, err := s.Waiting(t.Context(), who.Actor)
			if err != nil {
				t.Fatal(err)
			}
			if text, _ := json.Marshal([]any{l, w}); strings.Contains(string(text), secret) {
				t.Errorf("a list shows it to %s", who.id)
			}
			return shown > 0
		}
		for _, r := range []struct {
			who  one
			want bool
		}{{opens, true}, {reader, true}, {signs, true}, {reviewer, false}, {auditor, false}} {
			if got := reads(r.who); got != r.want {
				t.Errorf("%s reads it: %v", r.who.id, got)
			}
		}
		// Who changes what is proposed reads it no more, and loses nothing by changing it again.
		revised := d
		revised.Narrower = "Nothing else does"
		s.does(t, signs, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &revised})
		blind := revised
		blind.Narrower, blind.Restricted, blind.Audience = "Nothing else would do", &approvals.Restricted{Reason: "another"}, []string{signs.id}
		for _, again := range []*approvals.Restricted{nil, blind.Restricted} {
			blind.Restricted = again
			if got := s.does(t, signs, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &blind}); got.Restricted != nil || reads(signs) {
				t.Errorf("who may not read it reads %+v", got.Restricted)
			}
			v, err := s.Proposal(t.Context(), reader.Actor, p.ID)
			if err != nil || v.Restricted == nil || *v.Restricted != *d.Restricted || !slices.Equal(v.Audience, d.Audience) || v.Narrower != blind.Narrower {
				t.Errorf("revised by who may not read it: %+v for %v, %v", v.Restricted, v.Audience, err)
			}
		}
		none := revised
		none.Restricted, none.Audience = nil, nil
		s.does(t, opens, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &none})
		if reads(reader) {
			t.Error("who may read it cannot take it out")
		}
		s.does(t, opens, p.ID, approvals.Doing{Act: approvals.Revise, Said: yes, Draft: &d})
		after := ban("gov", "maps")
		after.After = p.ID
		s.does(t, signs, p.ID, approvals.Doing{Act: approvals.Refuse, Said: approvals.Said{Reason: "We know that " + secret}})
		q := s.propose(t, opens, after)
		if v, err := s.Proposal(t.Context(), auditor.Actor, q.ID); err != nil || len(v.Former) != 1 || v.Former[0].Restricted != nil || v.Former[0].State != approvals.Refused {
			t.Errorf("the former: %+v %v", v.Former, err)
		}
		if words := strings.Join(append(s.wordsOf(t, opens), s.entries(t)...), "\n"); strings.Contains(words, secret) {
			t.Errorf("told: %s", words)
		}
		titles := strings.Join(s.wordsOf(t, signs), "\n")
		if before, after := strings.Count(titles, "waits: A ban waits for you"), strings.Count(titles, "waits: Ban: Maps waits for you"); before == 0 || after != 1 {
			t.Errorf("a title names what has a restricted reason, or not what has none any more: %s", titles)
		}
	})
}

// told takes the messages since it was asked last: who has been told what.
func (s *server) told(t testing.TB, all map[string]one, known map[string]int) (told []string) {
	t.Helper()
	for name, who := range all {
		words := s.wordsOf(t, who)
		for _, w := range words[:len(words)-known[name]] {
			subject, _, _ := strings.Cut(w, "\n")
			told = append(told, name+": "+subject)
		}
		known[name] = len(words)
	}
	slices.Sort(told)
	return told
}

// TestTold follows who is told what at each step of an exemption.
func TestTold(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		all := map[string]one{
			"anna": s.somebody(t, "", "dept-a", "anna"), "asks": s.somebody(t, "", "dept-a", "asks"), "security": s.somebody(t, people.SecurityOfficer, "dept-a", "security"),
			"approver": s.somebody(t, people.Approver, "dept-a", "approver"), "clears": s.somebody(t, people.ClearingOffice, "office", "clears"),
			"fits": s.somebody(t, people.DeviceAdministrator, "unit", "fits in the unit"), "centre": s.somebody(t, people.CentreOfficer, "gov", "centre"), "police": s.somebody(t, people.SecurityOfficer, "police", "police"),
		}
		known := map[string]int{}
		s.does(t, all["centre"], s.propose(t, s.somebody(t, people.CentreOfficer, "gov", "deputy"), processing("gov", func(p *approvals.Process) {
			p.Offices = map[string]string{"minister": "office"}
		})).ID, approvals.Doing{Act: approvals.Sign})
		s.told(t, all, known)
		s.clock.Advance(time.Second)
		expect := func(step string, want ...string) {
			t.Helper()
			s.clock.Advance(time.Second) // so that the messages of one step come before those of the next
			if got := s.told(t, all, known); !slices.Equal(got, want) {
				t.Errorf("%s:\n got %q\nwant %q", step, got, want)
			}
		}
		d := exempting(90)
		d.For = all["anna"].id
		p := s.propose(t, all["asks"], d)
		expect("asked", "centre: approvals.waits: Exemption: Parrot Chat for one device waits for you", "security: approvals.waits: Exemption: Parrot Chat for one device waits for you")
		s.does(t, all["security"], p.ID, approvals.Doing{Act: approvals.Consult, Said: yes})
		expect("consulted", "centre: approvals.asked: Exemption: Parrot Chat for one device waits for your advice")
		s.does(t, all["centre"], p.ID, approvals.Doing{Act: approvals.Answer, Said: yes})
		expect("answered", "security: approvals.answered: Exemption: Parrot Chat for one device has an answer from the centre")
		s.does(t, all["security"], p.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
		expect("granted", "approver: approvals.waits: Exemption: Parrot Chat for one device waits for you", "centre: approvals.waits: Exemption: Parrot Chat for one device waits for you")
		s.does(t, all["approver"], p.ID, approvals.Doing{Act: approvals.Sign})
		expect("signed", "clears: approvals.waits: Exemption: Parrot Chat for one device waits for your clearance")
		s.does(t, all["clears"], p.ID, approvals.Doing{Act: approvals.Clear, Said: approvals.Said{Office: "minister", Minister: "The Minister"}})
		expect("cleared", "centre: approvals.waits: Exemption: Parrot Chat for one device waits for you")
		p = s.does(t, all["centre"], p.ID, approvals.Doing{Act: approvals.Confirm, Said: yes})
		expect("made", "anna: approvals.outcome: Exemption: Parrot Chat for one device is decided", "asks: approvals.outcome: Exemption: Parrot Chat for one device is decided")
		for day := range 91 {
			s.clock.Advance(24 * time.Hour)
			if err := s.Hourly(t.Context()); err != nil {
				t.Fatal(err)
			}
			switch day + 1 {
			case 90 - 14, 90 - 3:
				expect("reminded", "anna: approvals.ending: Exemption: Parrot Chat for one device ends on 31 May 2026", "asks: approvals.ending: Exemption: Parrot Chat for one device ends on 31 May 2026")
			case 91:
				expect("ended")
			}
		}
	})
}

// TestRevoked has who asked be told, and not be reminded of what has ended.
func TestRevoked(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, grants, signs := s.somebody(t, "", "dept-a", "asks"), s.somebody(t, people.SecurityOfficer, "dept-a", "grants"), s.somebody(t, people.Approver, "dept-a", "signs")
		d := exempting(40)
		d.Exemption.Lifts, d.Exemption.Product = nil, "maps"
		p := s.propose(t, asks, d)
		s.does(t, grants, p.ID, approvals.Doing{Act: approvals.Grant, Said: yes})
		p = s.does(t, signs, p.ID, approvals.Doing{Act: approvals.Sign})
		s.clock.Advance(time.Hour)
		if _, err := s.Revoke(t.Context(), signs.Actor, p.Made, "It is not needed"); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(40 * 24 * time.Hour)
		if err := s.Hourly(t.Context()); err != nil {
			t.Fatal(err)
		}
		words := s.wordsOf(t, asks)
		if len(words) != 2 || !strings.Contains(words[0], "ended early") || !strings.Contains(words[0], "It is not needed") {
			t.Errorf("told: %q", words)
		}
	})
}

// TestAdopters has bodies that made a rule like another be told that it ends, and their own go on.
func TestAdopters(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		asks, signs := s.somebody(t, people.CentreOfficer, "gov", "asks"), s.somebody(t, people.CentreOfficer, "gov", "signs")
		chief, deputy := s.somebody(t, people.SecurityOfficer, "police", "chief"), s.somebody(t, people.Approver, "police", "deputy")
		rule := s.does(t, signs, s.propose(t, asks, ban("gov", "maps")).ID, approvals.Doing{Act: approvals.Sign}).Made
		like := ban("police", "maps")
		like.Adopts = rule
		own := s.does(t, deputy, s.propose(t, chief, like).ID, approvals.Doing{Act: approvals.Sign}).Made
		s.clock.Advance(time.Hour)
		before := len(s.wordsOf(t, deputy))
		s.does(t, signs, s.propose(t, asks, approvals.Draft{Kind: approvals.Withdrawal, Reason: "It was mended", Content: approvals.Content{Ends: &approvals.Ends{Rule: rule}}}).ID, approvals.Doing{Act: approvals.Sign})
		for _, who := range []one{chief, deputy} {
			if words := s.wordsOf(t, who); !strings.HasPrefix(words[0], "approvals.changed: Ban: Maps, which you adopted, has ended") || !strings.Contains(words[0], "It was mended") {
				t.Errorf("told: %q", words)
			}
		}
		if len(s.wordsOf(t, deputy)) != before+1 {
			t.Error("told more than once")
		}
		if world := s.written(t); !strings.Contains(world, own) {
			t.Error("the adopted rule is gone")
		}
	})
}
