package vetting_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/vetting"
	"portcullis/vetting/report"
)

// own is a body's own file of criteria.
const own = `
name: Ours
version: "1"
criteria:
  - {id: contacts, title: It cannot read people's contacts, standard: Ours, fact: data, none: [contacts]}
  - {id: maker, title: Its maker is not of there, standard: Ours, fact: maker-country, none: [CN]}
`

func result(a *vetting.Assessment, id string) report.Result {
	for _, c := range a.Report.Criteria {
		if c.ID == id {
			return c.Result
		}
	}
	return ""
}

// TestCriteria has each body ask by the nearest file, and a conclusion rest on what is asked as it is drawn.
func TestCriteria(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, officer, below := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.CentreOfficer, "gov", "Cora"), s.somebody(t, people.SecurityOfficer, "dept-a", "Omar")
		asker := s.somebody(t, people.Staff, "dept-a", "Sam")
		asked := func(body string) vetting.Asked {
			t.Helper()
			a, err := s.Criteria(t.Context(), officer.Actor, body)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := asked("dept-a"); a.Of != "" || len(a.Set.All) < 10 || a.Digest == "" || !strings.Contains(a.Text, "criteria:") {
			t.Errorf("what comes with the program: %+v", a)
		}
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		a := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", nil), "", p.ID))
		for name, text := range map[string]string{"a line": strings.Replace(own, "fact: data", "fact: dat", 1), "nothing": "name: x", "no text": "\x00"} {
			if _, err := s.SetCriteria(t.Context(), officer.Actor, "gov", text, "Why"); !fault.Is(err, fault.Invalid) || fault.Fields(err)[0].Field != "criteria" || name == "a line" && !strings.Contains(err.Error(), "line 5") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.SetCriteria(t.Context(), officer.Actor, "gov", own, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		set, err := s.SetCriteria(t.Context(), officer.Actor, "gov", own, "Ours are shorter")
		if err != nil || set.Of != "gov" || set.Set.Name != "Ours" || set.Reason != "Ours are shorter" || set.Number != 1 {
			t.Fatalf("%+v, %v", set, err)
		}
		if a := asked("dept-a"); a.Of != "gov" || a.Number != 0 {
			t.Errorf("from above: %+v", a)
		}
		if a := asked("gov"); a.Digest != set.Digest || a.By != officer.id {
			t.Errorf("%+v", a)
		}
		// What was held to others is no ground any more, until it is held to these.
		if _, err := s.Conclude(t.Context(), reviewer.Actor, allowing(&a, p)); !fault.Is(err, fault.Changed) {
			t.Errorf("by what is asked no longer: %v", err)
		}
		if old, err := s.Assessment(t.Context(), reviewer.Actor, a.ID); err != nil || old.Criteria || len(old.Report.Criteria) != len(a.Report.Criteria) {
			t.Errorf("the report as it was: %+v, %v", old, err)
		}
		s.clock.Advance(time.Second)
		again, err := s.Again(t.Context(), reviewer.Actor, a.ID, "", p.ID)
		if err != nil || again.ID == a.ID || len(again.Report.Criteria) != 2 || again.SHA256 != a.SHA256 || !again.Criteria || again.Report.Tables["criteria"] != "Ours 1" {
			t.Fatalf("%+v, %v", again, err)
		}
		if same, err := s.Again(t.Context(), reviewer.Actor, a.ID, "", p.ID); err != nil || same.ID != again.ID {
			t.Errorf("once more: %s, %v", same.ID, err)
		}
		if again.NotMet != 1 || again.NotKnown != 1 || result(&again, "maker") != report.Unknown {
			t.Errorf("%+v", again.Report.Criteria)
		}
		if _, err := s.SetCriteria(t.Context(), below.Actor, "dept-a", strings.Replace(own, "Ours", "Mine", 1), "Ours alone"); err != nil {
			t.Fatal(err)
		}
		if a := asked("dept-a"); a.Of != "dept-a" || a.Set.Name != "Mine" {
			t.Errorf("its own: %+v", a)
		}
		if a := asked("dept-b"); a.Of != "gov" {
			t.Errorf("another's: %+v", a)
		}
		if back, err := s.SetCriteria(t.Context(), below.Actor, "dept-a", "", "Those above will do"); err != nil || back.Of != "gov" || back.Number != 2 {
			t.Errorf("back: %+v, %v", back, err)
		}
		if _, err := s.SetCriteria(t.Context(), below.Actor, "gov", own, "Mine above"); !fault.Is(err, fault.Refused) {
			t.Errorf("above: %v", err)
		}
		if _, err := s.Conclude(t.Context(), reviewer.Actor, allowing(&again, p)); err != nil {
			t.Errorf("by what is asked now: %v", err)
		}
		if entries := s.entries(t, "vetting.criteria-set"); len(entries) != 3 {
			t.Errorf("%d entries: %s", len(entries), entries)
		}
	})
}

// TestMaker has the register say who makes an app, and whose that is.
func TestMaker(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer := s.somebody(t, people.CentreOfficer, people.Everywhere, "Cora")
		if _, err := s.SetCriteria(t.Context(), reviewer.Actor, "gov", own, "Short"); err != nil {
			t.Fatal(err)
		}
		room := &register.Room{People: s.People}
		add := func(supplier policy.Supplier) {
			t.Helper()
			if _, err := room.AddSupplier(t.Context(), reviewer.Actor, supplier); err != nil {
				t.Fatal(err)
			}
		}
		add(policy.Supplier{ID: "bytedance", Name: "ByteDance"})
		add(policy.Supplier{ID: "microsoft", Name: "Microsoft"})
		add(policy.Supplier{ID: "owned", Name: "Owned Ltd", OwnedBy: []policy.Edge{{Supplier: "bytedance"}}})
		add(policy.Supplier{ID: "was-owned", Name: "Free Ltd", OwnedBy: []policy.Edge{{Supplier: "bytedance", Period: policy.Period{Until: noon.AddDate(0, -1, 0)}}, {Supplier: "microsoft"}}})
		for id, want := range map[string]report.Result{"owned": report.NotMet, "was-owned": report.Met, "maker": report.Unknown, "": report.Unknown} {
			name := "com.app.x" + id
			if _, err := room.AddProduct(t.Context(), reviewer.Actor, policy.Product{ID: "app-" + id + "x", Kind: policy.App, Name: id + "x", Supplier: id,
				Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: name}}}}); err != nil {
				t.Fatal(err)
			}
			a := s.assess(t, reviewer, upload("x.apk", named(t, name), "gov", ""))
			if got := result(&a, "maker"); got != want {
				t.Errorf("made by %q: %s: %+v", id, got, a.Report.Criteria)
			}
			if id == "owned" {
				for _, c := range a.Report.Criteria {
					if c.ID == "maker" && (len(c.Evidence) != 1 || !strings.Contains(c.Evidence[0].What, "made by Owned Ltd, which is owned by ByteDance: CN")) {
						t.Errorf("%+v", c.Evidence)
					}
				}
			}
		}
	})
}

// endless is a file that nobody may read, or that is read until somebody lets it go.
type endless struct {
	began chan<- struct{}
	until <-chan struct{}
}

func (e endless) ReadAt([]byte, int64) (int, error) {
	e.began <- struct{}{}
	<-e.until
	return 0, io.ErrUnexpectedEOF
}

// TestTooLarge has a file that is larger than allowed not be read at all, and no file be read for who may not.
func TestTooLarge(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, staff := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.Staff, "dept-a", "Sam")
		for name, size := range map[string]int64{"too large": vetting.MaxFile + 1, "empty": 0} {
			if _, err := s.Assess(t.Context(), reviewer.Actor, vetting.Upload{Organisation: "dept-a", Name: "a.apk", Size: size, File: endless{}}); !fault.Is(err, fault.Invalid) || fault.Fields(err)[0].Field != "file" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.Assess(t.Context(), staff.Actor, vetting.Upload{Organisation: "dept-a", Name: "a.apk", Size: 10, File: endless{}}); !fault.Is(err, fault.Refused) {
			t.Errorf("by somebody who may not: %v", err)
		}
	})
}

// TestTurns has two files be looked at at once, and lets go of who waits.
func TestTurns(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer := s.somebody(t, people.Reviewer, "dept-a", "Rita")
		began, until, done := make(chan struct{}), make(chan struct{}), make(chan error)
		for range 2 {
			go func() {
				_, err := s.Assess(t.Context(), reviewer.Actor, vetting.Upload{Organisation: "dept-a", Name: "slow.apk", Size: 10, File: endless{began, until}})
				done <- err
			}()
			<-began
		}
		ctx, cancel := context.WithCancel(t.Context())
		left, third := make(chan error, 1), make(chan struct{}, 100)
		go func() {
			_, err := s.Assess(ctx, reviewer.Actor, vetting.Upload{Organisation: "dept-a", Name: "third.apk", Size: 10, File: endless{third, until}})
			left <- err
		}()
		go func() { // it has asked for its turn once the permission was asked, which takes a moment; whether it got one shows then
			for range 50 {
				if s.MayAssess(ctx, reviewer.Actor, "dept-a", "") != nil {
					break
				}
			}
			cancel()
		}()
		select {
		case <-third:
			t.Error("a third file is looked at")
		case err := <-left:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the third: %v", err)
			}
		}
		cancel()
		close(until)
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

// TestTheSame has the same file be one report.
func TestTheSame(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, other := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.CentreOfficer, "gov", "Cora")
		text := polite(t, "1.5", nil)
		first := s.assess(t, reviewer, upload("polite.apk", text, "dept-a", ""))
		if second := s.assess(t, other, upload("polite.apk", text, "dept-a", "")); second.ID != first.ID || second.By != reviewer.id {
			t.Errorf("once more: %+v", second.Summary)
		}
		elsewhere := s.assess(t, other, upload("polite.apk", text, "gov", ""))
		if elsewhere.ID == first.ID || elsewhere.Digest != first.Digest || elsewhere.Before != nil {
			t.Errorf("for another body: %+v", elsewhere)
		}
		if entries := s.entries(t, "vetting.report-made"); len(entries) != 2 {
			t.Errorf("%s", entries)
		}
		if called := s.assess(t, reviewer, upload("C:\\up\\a\u202egpj.apk\n", text, "dept-a", "")); called.File != "agpj.apk" {
			t.Errorf("the file is called %q", called.File)
		}
		page, err := s.Assessments(t.Context(), other.Actor, vetting.Query{Limit: 2})
		if err != nil || len(page.Assessments) != 2 || page.Next == "" {
			t.Fatalf("%+v, %v", page, err)
		}
		rest, err := s.Assessments(t.Context(), other.Actor, vetting.Query{Limit: 2, After: page.Next})
		if err != nil || len(rest.Assessments) != 1 || rest.Next != "" || rest.Assessments[0].ID != first.ID {
			t.Errorf("%+v, %v", rest, err)
		}
		if mine, err := s.Assessments(t.Context(), reviewer.Actor, vetting.Query{Package: "com.politedroid"}); err != nil || len(mine.Assessments) != 2 {
			t.Errorf("of one body: %+v, %v", mine, err)
		}
	})
}
