package vetting_test

import (
	"strings"
	"testing"

	"portcullis/approvals"
	"portcullis/internal/browsertest"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
	approvalpages "portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/vetting"
)

// served is a house whose pages a browser asks for.
type served struct {
	*house
	*pagetest.Walk
}

func serve(t *testing.T) *served {
	t.Helper()
	h := newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas))
	return &served{h, h.Walk()}
}

// banner is what the page says that has just happened.
func (s *served) banner() string { return s.Text(".govuk-notification-banner__content") }

// TestReviewInABrowser is a reviewer's way: from a request to the app's file, to what was found, to a rule that is decided,
// and to a ban on the owner of code in the app, which then reaches it.
func TestReviewInABrowser(t *testing.T) {
	s := serve(t)
	p, reviewer := s.request(), s.reviewer()
	s.Enter(reviewer.Visitor)
	s.Look(approvalpages.ProposalPath(p.ID), "request")
	s.Submit(`main a[href^="/vetting/new"]`)
	s.Seen("upload")
	s.Choose("input[type=file]", file(t, "shore-notes.apk", shoreNotes(t, nil)))
	s.Submit("main form button")
	if text := s.banner(); !strings.Contains(text, "Nothing has been decided by that") {
		t.Errorf("the banner says %q", text)
	}
	s.Seen("report")
	main := s.Text("main")
	for _, text := range []string{"Shore Notes", "It cannot read people's contacts", "com.bytedance.sdk.openadsdk.TTAdSdk", "ByteDance", "China", "Verifies, by v2"} {
		if !strings.Contains(main, text) {
			t.Errorf("the report does not show %q: %s", text, main)
		}
	}
	s.Submit(`main a[href$="/review"]`)
	s.Seen("review")
	s.Submit("main form[method=post] button")
	s.Seen("review-error")
	if title := s.Title(); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
	for range browsertest.Eval[[]string](s.Browser, "[...document.querySelectorAll('textarea[name^=\"answer.\"]')].map(e => e.value = 'Seen, and bearable on this telephone.')") {
	}
	s.Type("#rationale", "It keeps the log that the keepers are bound to keep. What it can reach is not more than the log needs.")
	s.Type("#risk", "Small: the telephones hold no contacts.")
	s.Click("input[name=outcome][value=allow]")
	browsertest.Eval[string](s.Browser, "document.querySelector('[name=min_version]').value = '4.2'")
	s.Seen("review-filled")
	s.Submit("main form[method=post] button")
	if text := s.banner(); !strings.Contains(text, "You have granted it") {
		t.Errorf("the banner says %q", text)
	}
	s.Seen("allowed")
	if got := s.verdict("l1", "example.shorenotes"); got != "allowed" {
		t.Errorf("after the review: %s", got)
	}
	s.bans(t, "bytedance")
	if got := s.verdict("l1", "example.shorenotes"); got != "banned" {
		t.Errorf("after the ban on who owns the code in it: %s", got)
	}
	now, err := s.decisions.Proposal(t.Context(), reviewer.Actor(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	rule := s.decisions.Devices.Fleet.View().Rule(now.Made)
	if rule == nil || rule.MinVersion != "4.2" {
		t.Fatalf("the rule is %+v", rule)
	}
	s.Look(devicepages.AppPath(rule.Target.Product), "product")
	if text := s.Text("main"); !strings.Contains(text, "What reviewers found") || !strings.Contains(text, "Pangle") {
		t.Errorf("the app's page says %s", text)
	}
	s.Look("/vetting", "list")
}

// bans has two officers ban everything of a company, for all.
func (s *served) bans(t *testing.T, supplier string) {
	t.Helper()
	officer, second := s.somebody("Ada Holm", people.CentreOfficer, people.Everywhere), s.somebody("Bjørn Lund", people.CentreOfficer, people.Everywhere)
	p, err := s.decisions.Propose(t.Context(), officer.Actor(), approvals.Draft{Kind: approvals.Ban, Reason: "It answers to a state that may ask for what it has", Narrower: "It is in too many apps for less", Content: approvals.Content{
		Rule: &policy.Rule{Effect: policy.Ban, Target: policy.Target{Supplier: supplier}, Components: true, Scope: "gov", Clearance: "none"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	n := 1
	if _, err := s.decisions.Take(t.Context(), second.Actor(), p.ID, approvals.Doing{Act: approvals.Sign, Version: p.Version, Affirmed: &n}); err != nil {
		t.Fatal(err)
	}
	s.catchUp()
}

// TestUploadWithoutScript hands an app in with a browser that runs no script.
func TestUploadWithoutScript(t *testing.T) {
	s := serve(t)
	p := s.request()
	s.Enter(s.reviewer().Visitor)
	s.NoScript()
	s.Phone()
	s.Go(vetting.LookPath(p.ID))
	if s.Visible("main progress") {
		t.Error("there is a progress bar that nothing moves")
	}
	s.Choose("input[type=file]", file(t, "shore-notes.apk", shoreNotes(t, nil)))
	s.Submit("main form button")
	if text := s.Text("main"); !strings.Contains(text, "Shore Notes") {
		t.Errorf("the page says %s", text)
	}
}

// TestUploadRefusedInABrowser sends nothing, an empty file, and one that is no app.
func TestUploadRefusedInABrowser(t *testing.T) {
	s := serve(t)
	p := s.request()
	s.Enter(s.reviewer().Visitor)
	s.Phone()
	s.Go(vetting.LookPath(p.ID))
	s.Submit("main form button")
	if text := s.Text(".govuk-error-summary"); !strings.Contains(text, "Choose the file") {
		t.Errorf("nothing was chosen: %s", text)
	}
	s.Choose("input[type=file]", file(t, "empty.apk", nil))
	s.Click("main form button")
	s.WaitFor("document.querySelector('.govuk-error-summary')?.textContent.includes('empty')")
	s.Accessible()
	s.Shot("upload-empty-phone")
	s.Choose("input[type=file]", file(t, "letter.apk", []byte("Dear Sir or Madam")))
	s.Submit("main form button")
	s.Seen("not-an-app")
	if text := s.Text("main"); !strings.Contains(text, "Nothing is known of what is in it") {
		t.Errorf("a letter: %s", text)
	}
	s.Go(vetting.LookPath(p.ID))
	browsertest.Eval[string](s.Browser, "document.querySelector('form[data-upload]').dataset.upload = '10'")
	s.Choose("input[type=file]", file(t, "large.apk", []byte("more than ten bytes")))
	s.Click("main form button")
	s.WaitFor("document.querySelector('[data-upload-status]').textContent.includes('the most that is taken')")
	s.Accessible()
}

// TestAskedInABrowser is the way of a question: a department's reviewer asks who asked for the app, who answers on a telephone;
// and that of the code in it, which waits for a reviewer for all bodies.
func TestAskedInABrowser(t *testing.T) {
	s := serve(t)
	p, local := s.request(), s.somebody("Sanna Holm", people.Reviewer, "light")
	path := local.reported(p, "notes.apk", shoreNotes(t, nil))
	s.Enter(local.Visitor)
	s.Go(path + "/review")
	browsertest.Eval[[]string](s.Browser, "[...document.querySelectorAll('textarea[name^=\"answer.\"]')].map(e => e.value = 'Seen, and bearable.')")
	s.Type("#rationale", "Which of the keepers need it?")
	s.Click("input[name=outcome][value=ask]")
	s.Submit("main form[method=post] button")
	if text := s.banner(); !strings.Contains(text, "Your question has been sent") {
		t.Errorf("the banner says %q", text)
	}
	s.Seen("asked")
	s.Enter(s.somebody("Anna Lind", "", "light").Visitor)
	s.Look(approvalpages.ProposalPath(p.ID, "reply"), "reply")
	s.Type("#reason", "Those of the north: they have no radio.")
	s.Submit("main form[method=post] button")
	s.Seen("replied")
	s.Enter(local.Visitor)
	s.Look(path+"/review", "review-again")
	if got := browsertest.Eval[string](s.Browser, "document.querySelector('textarea[name^=\"answer.\"]').value"); got != "Seen, and bearable." {
		t.Errorf("what was answered before is %q", got)
	}
	s.Look(path, "report-waiting")
	s.Enter(s.reviewer().Visitor)
	s.Look("/", "today")
	s.Submit(`main a[href$="/kits"]`)
	s.Click("main table summary") // what says so
	s.Seen("kits")
	s.Type("#rationale", "Its classes are in the code.")
	s.Submit("main form[method=post] button")
	if text := s.banner(); !strings.Contains(text, "reaches the app from now on") {
		t.Errorf("the banner says %q", text)
	}
	s.bans(t, "bytedance")
	if got := s.verdict("l1", "example.shorenotes"); got != "banned" {
		t.Errorf("after the ban on who owns the code in it: %s", got)
	}
	s.Enter(s.somebody("Farida Marchetti", people.SecurityOfficer, "light").Visitor)
	s.Look("/criteria/light", "criteria")
	s.Look("/criteria/light/trackers", "trackers")
	s.Choose("input[type=file]", file(t, "list.json", []byte(`{"trackers": {"7": {"id": 7, "name": "Shore Ads", "code_signature": "com.shoreads.", "network_signature": ""}}}`)))
	s.Type("#reason", "We know them.")
	s.Submit("main form[method=post] button")
	s.Seen("criteria-with-list")
}
