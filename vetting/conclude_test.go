package vetting_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/vetting"
	"portcullis/vetting/apk/apktest"
	"portcullis/vetting/report"
)

// TestConclude goes through what a conclusion may be, and what it may not.
func TestConclude(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, asker := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.Staff, "dept-a", "Sam")
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		a := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", nil), "", p.ID))
		other := s.assess(t, reviewer, upload("other.apk", apktest.Build(t, apktest.App{Package: "com.other", VersionName: "1", VersionCode: 1}), "", p.ID))
		broken := s.assess(t, reviewer, upload("broken.apk", []byte("this is no archive"), "", p.ID))
		if broken.Error == "" || broken.Report.Error != broken.Error || broken.SHA256 == "" {
			t.Errorf("a file that cannot be read: %+v", broken.Summary)
		}
		good := allowing(&a, p)
		for name, test := range map[string]struct {
			change func(c *vetting.Conclusion)
			kind   fault.Kind
			field  string
		}{
			"without an answer":         {func(c *vetting.Conclusion) { c.Answers = c.Answers[1:] }, fault.Invalid, "answers"},
			"an empty answer":           {func(c *vetting.Conclusion) { c.Answers[0].Text = " " }, fault.Invalid, "answers[0].text"},
			"an answer to nothing":      {func(c *vetting.Conclusion) { c.Answers[0].Criterion = "nothing" }, fault.Invalid, "answers[0].criterion"},
			"an answer twice":           {func(c *vetting.Conclusion) { c.Answers = append(c.Answers, c.Answers[0]) }, fault.Invalid, ""},
			"no rationale":              {func(c *vetting.Conclusion) { c.Rationale = "" }, fault.Invalid, "rationale"},
			"no risk":                   {func(c *vetting.Conclusion) { c.Risk = "" }, fault.Invalid, "risk"},
			"published without answer":  {func(c *vetting.Conclusion) { c.Publish = []string{"nothing"} }, fault.Invalid, "publish[0]"},
			"an unknown outcome":        {func(c *vetting.Conclusion) { c.Outcome = "perhaps" }, fault.Invalid, "outcome"},
			"to keep, with a proposal":  {func(c *vetting.Conclusion) { c.Outcome = vetting.Keep }, fault.Invalid, "outcome"},
			"without a proposal":        {func(c *vetting.Conclusion) { c.Proposal = "" }, fault.Invalid, "proposal"},
			"no such proposal":          {func(c *vetting.Conclusion) { c.Proposal = "nothing" }, fault.NotFound, ""},
			"no such report":            {func(c *vetting.Conclusion) { c.Assessment = "nothing" }, fault.NotFound, ""},
			"a proposal as it was":      {func(c *vetting.Conclusion) { c.Version = 0 }, fault.Changed, ""},
			"terms of a refusal":        {func(c *vetting.Conclusion) { c.Outcome, c.Terms = vetting.Refuse, &approvals.Terms{} }, fault.Invalid, "terms"},
			"a report of another app":   {func(c *vetting.Conclusion) { c.Assessment, c.Answers = other.ID, answers(&other) }, fault.Conflict, ""},
			"a file that was not read":  {func(c *vetting.Conclusion) { c.Assessment, c.Answers = broken.ID, answers(&broken) }, fault.Conflict, ""},
			"terms for another product": {func(c *vetting.Conclusion) { c.Terms = &approvals.Terms{Product: "notes"} }, fault.Conflict, ""},
		} {
			c := good
			c.Answers = slices.Clone(good.Answers)
			test.change(&c)
			_, err := s.Conclude(t.Context(), reviewer.Actor, c)
			if !fault.Is(err, test.kind) || test.field != "" && !slices.ContainsFunc(fault.Fields(err), func(e *fault.Error) bool { return e.Field == test.field }) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if reviews, err := s.Reviews(t.Context(), reviewer.Actor, "", p.ID, 0); err != nil || len(reviews) != 0 {
			t.Fatalf("after all that: %+v, %v", reviews, err)
		}
		if _, err := s.Conclude(t.Context(), asker.Actor, good); !fault.Is(err, fault.Refused) {
			t.Errorf("by who asked: %v", err)
		}
		// What was not read is no ground to allow, and one to refuse.
		review, err := s.Conclude(t.Context(), reviewer.Actor, vetting.Conclusion{Assessment: broken.ID, Proposal: p.ID, Version: p.Version, Outcome: vetting.Refuse, Rationale: "Nobody can say what this is."})
		if err != nil || review.Act != approvals.Refuse {
			t.Fatalf("%+v, %v", review, err)
		}
		if v, err := s.Approvals.Proposal(t.Context(), asker.Actor, p.ID); err != nil || v.State != approvals.Refused {
			t.Errorf("%v, %v", v.State, err)
		}
	})
}

// TestUnknownIdentifier has what a reviewer looked at name the app that somebody asked for by its name alone.
func TestUnknownIdentifier(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, asker := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.Staff, "dept-a", "Sam")
		p, err := s.Approvals.Propose(t.Context(), asker.Actor, approvals.Draft{Kind: approvals.Allow, Reason: "For work", Content: approvals.Content{
			Rule:  &policy.Rule{Effect: policy.Allow, Scope: "dept-a"},
			Found: &register.Found{Platform: policy.Android, Name: "Polite Droid"}}})
		if err != nil {
			t.Fatal(err)
		}
		a := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", nil), "", p.ID))
		c := allowing(&a, p)
		review, err := s.Conclude(t.Context(), reviewer.Actor, c)
		if err != nil || review.Product == "" {
			t.Fatalf("%+v, %v", review, err)
		}
		if got := s.verdict(t, "a1", "com.politedroid"); got != "allowed" {
			t.Errorf("the app: %s", got)
		}
	})
}

// TestTwoReviewers has two conclude at once: one of them does, and the other is told to look again.
func TestTwoReviewers(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		first, second, asker := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.Reviewer, "dept-a", "Ravi"), s.somebody(t, people.Staff, "dept-a", "Sam")
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		a := s.assess(t, first, upload("polite.apk", polite(t, "1.5", nil), "", p.ID))
		var errs [2]error
		var wait sync.WaitGroup
		for i, who := range []one{first, second} {
			wait.Go(func() { _, errs[i] = s.Conclude(t.Context(), who.Actor, allowing(&a, p)) })
		}
		wait.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || !fault.Is(errors.Join(errs[:]...), fault.Changed) {
			t.Errorf("%v", errs)
		}
		if reviews, err := s.Reviews(t.Context(), first.Actor, "", p.ID, 0); err != nil || len(reviews) != 1 {
			t.Errorf("%+v, %v", reviews, err)
		}
	})
}

// TestAskAndKeep has who asked for an app and the centre be asked about it, and what stands stay with a later version.
func TestAskAndKeep(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, asker := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.Staff, "dept-a", "Sam")
		s.somebody(t, people.CentreOfficer, people.Everywhere, "Cora")
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		first := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.4", nil), "", p.ID))
		review, err := s.Conclude(t.Context(), reviewer.Actor, vetting.Conclusion{Assessment: first.ID, Proposal: p.ID, Version: p.Version, Outcome: vetting.Ask, Rationale: "What is it for?", Answers: answers(&first)[:1]})
		if err != nil || review.Act != approvals.Question {
			t.Fatalf("%+v, %v", review, err)
		}
		if w, err := s.Approvals.Waiting(t.Context(), asker.Actor); err != nil || len(w) != 1 || w[0].For != approvals.Reply || w[0].Steps[1].Reason != "What is it for?" || w[0].Steps[1].Criteria != "" {
			t.Errorf("what waits for who asked: %+v, %v", w, err)
		}
		if _, err := s.Approvals.Take(t.Context(), asker.Actor, p.ID, approvals.Doing{Act: approvals.Reply, Version: 2, Said: approvals.Said{Reason: "For the rounds"}}); err != nil {
			t.Fatal(err)
		}
		if now, err := s.Assessment(t.Context(), reviewer.Actor, first.ID); err != nil || len(now.Reviews) != 1 || len(now.Reviews[0].Answers) != 1 || now.Outcome != vetting.Ask {
			t.Errorf("what was answered before is lost: %+v, %v", now.Reviews, err)
		}
		if review, err = s.Conclude(t.Context(), reviewer.Actor, vetting.Conclusion{Assessment: first.ID, Proposal: p.ID, Version: 3, Outcome: vetting.Consult, Rationale: "Is its maker known?"}); err != nil || review.Act != approvals.Consult {
			t.Fatalf("%+v, %v", review, err)
		}
		c := allowing(&first, p)
		c.Version = 4
		if _, err := s.Conclude(t.Context(), reviewer.Actor, c); err != nil {
			t.Fatal(err)
		}
		due := func() []vetting.Due {
			t.Helper()
			s.made(t) // the fleet follows
			found, err := s.Due(t.Context(), reviewer.Actor, 10)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		if d := due(); len(d) != 1 || d[0].Reviewed != "1.4" || d[0].Installed != "1.5" || d[0].Hosts != 1 || d[0].Name != "Polite" || d[0].Assessment != first.ID {
			t.Errorf("what is due: %+v", d)
		}
		if d, err := s.Due(t.Context(), s.somebody(t, people.Reviewer, "dept-b", "Bea").Actor, 10); err != nil || len(d) != 0 {
			t.Errorf("what is due elsewhere: %+v, %v", d, err)
		}
		later := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", nil, pangle), "dept-a", ""))
		if later.Before == nil || later.Before.ID != first.ID || later.Product == "" || later.Differences == nil {
			t.Fatalf("the later version: %+v", later)
		}
		if !slices.ContainsFunc(later.Differences.Changes, func(c report.Change) bool { return c.Value == "bytedance-pangle" && c.Direction == "came" }) {
			t.Errorf("the kit that has come: %+v", later.Differences.Changes)
		}
		kept, err := s.Conclude(t.Context(), reviewer.Actor, vetting.Conclusion{Assessment: later.ID, Outcome: vetting.Keep, Rationale: "Nothing that matters has changed.", Answers: answers(&later)})
		if err != nil || kept.Act != "" || kept.Product != later.Product {
			t.Fatalf("%+v, %v", kept, err)
		}
		if d := due(); len(d) != 0 {
			t.Errorf("what is due after the later version was reviewed: %+v", d)
		}
		if reviews, err := s.Reviews(t.Context(), reviewer.Actor, later.Product, "", 10); err != nil || len(reviews) != 2 || reviews[0].ID != kept.ID {
			t.Errorf("the product's reviews: %+v, %v", reviews, err)
		}
		strange := s.assess(t, reviewer, upload("strange.apk", apktest.Build(t, apktest.App{Package: "com.strange", VersionName: "1", VersionCode: 1}), "dept-a", ""))
		if _, err := s.Conclude(t.Context(), reviewer.Actor, vetting.Conclusion{Assessment: strange.ID, Outcome: vetting.Keep, Rationale: "So be it.", Answers: answers(&strange)}); !fault.Is(err, fault.Conflict) {
			t.Errorf("to keep what the register does not have: %v", err)
		}
	})
}

// TestRecommending has the conclusion be whatever step the body's process wants next.
func TestRecommending(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, security, asker := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.SecurityOfficer, "dept-a", "Omar"), s.somebody(t, people.Staff, "dept-a", "Sam")
		process := approvals.Default()
		process.Allow = approvals.Path{Recommend: []people.Role{people.Reviewer}, Grant: []people.Role{people.SecurityOfficer}}
		change, err := s.Approvals.Propose(t.Context(), security.Actor, approvals.Draft{Kind: approvals.Change, Organisation: "dept-a", Reason: "Two people", Content: approvals.Content{Process: &process}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Approvals.Take(t.Context(), s.somebody(t, people.Approver, "dept-a", "Ana").Actor, change.ID, approvals.Doing{Act: approvals.Sign, Version: change.Version}); err != nil {
			t.Fatal(err)
		}
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		a := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", nil), "", p.ID))
		review, err := s.Conclude(t.Context(), reviewer.Actor, allowing(&a, p))
		if err != nil || review.Act != approvals.Recommend || review.Product != "" {
			t.Fatalf("%+v, %v", review, err)
		}
		v, err := s.Approvals.Proposal(t.Context(), security.Actor, p.ID)
		if err != nil || v.State != approvals.Waiting || v.Version != 2 || !strings.Contains(v.Steps[1].Criteria, "com.politedroid 1.5") || !strings.Contains(v.Steps[1].Criteria, vetting.Link(a.ID)) {
			t.Fatalf("%+v, %v", v.Proposal, err)
		}
		if review, err = s.Conclude(t.Context(), security.Actor, vetting.Conclusion{Assessment: a.ID, Proposal: p.ID, Version: 2, Outcome: vetting.Allow, Rationale: "As she says.", Risk: "Small.", Answers: answers(&a)}); err != nil || review.Act != approvals.Grant || review.Product == "" {
			t.Errorf("%+v, %v", review, err)
		}
	})
}

// TestMarked has what was looked at for a marked proposal be seen by those alone who see that.
func TestMarked(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		opens, grants, outside := s.somebody(t, people.SecurityOfficer, "dept-a", "Omar"), s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.CentreOfficer, people.Everywhere, "Cora")
		p, err := s.Approvals.Propose(t.Context(), opens.Actor, approvals.Draft{Kind: approvals.Allow, Reason: "It is delicate", Marked: true, Audience: []string{grants.id}, Content: approvals.Content{
			Rule:  &policy.Rule{Effect: policy.Allow, Scope: "dept-a"},
			Found: &register.Found{Platform: policy.Android, Identifier: "com.politedroid", Name: "Polite"}}})
		if err != nil {
			t.Fatal(err)
		}
		a := s.assess(t, grants, upload("polite.apk", polite(t, "1.5", apktest.NewSigner(t, "Umber"), pangle), "", p.ID))
		if _, err := s.Assessment(t.Context(), outside.Actor, a.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("from outside: %v", err)
		}
		if _, err := s.Again(t.Context(), grants.Actor, a.ID, "dept-a", ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("out of the marked proposal: %v", err)
		}
		for name, q := range map[string]vetting.Query{"all": {}, "of the proposal": {Proposal: p.ID}, "of the app": {Package: "com.politedroid"}} {
			if listed, err := s.Assessments(t.Context(), outside.Actor, q); err != nil || len(listed.Assessments) != 0 {
				t.Errorf("%s, from outside: %+v, %v", name, listed, err)
			}
		}
		if listed, err := s.Assessments(t.Context(), grants.Actor, vetting.Query{Proposal: p.ID}); err != nil || len(listed.Assessments) != 1 {
			t.Errorf("from inside: %+v, %v", listed, err)
		}
		c := allowing(&a, p)
		c.Contains = []string{"bytedance-pangle"}
		if _, err := s.Conclude(t.Context(), grants.Actor, c); !fault.Is(err, fault.Invalid) {
			t.Errorf("a kit that everybody could see: %v", err)
		}
		c.Contains, c.Rationale = nil, "Delicately put"
		review, err := s.Conclude(t.Context(), grants.Actor, c)
		if err != nil {
			t.Fatal(err)
		}
		if reviews, err := s.Reviews(t.Context(), outside.Actor, review.Product, "", 10); err != nil || len(reviews) != 0 {
			t.Errorf("the product's reviews from outside: %+v, %v", reviews, err)
		}
		if d, err := s.Due(t.Context(), outside.Actor, 10); err != nil || len(d) != 0 {
			t.Errorf("%+v, %v", d, err)
		}
		later := s.assess(t, outside, upload("polite.apk", polite(t, "1.6", nil), "gov", ""))
		if later.Before != nil {
			t.Errorf("what was before, from outside: %+v", later.Before)
		}
		for _, entry := range append(s.entries(t, "vetting.reviewed"), s.entries(t, "vetting.report-made")[0]) {
			if strings.Contains(entry, "politedroid") || strings.Contains(entry, "elicate") {
				t.Errorf("the ledger says %s", entry)
			}
		}
	})
}
