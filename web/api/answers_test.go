package api_test

import (
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/api"
)

// TestPerhaps: what something has an identifier of on another platform is among what a ban reaches, and is told apart: of
// a rule, of one that is tried, and of a proposal, now and as it was signed.
func TestPerhaps(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.stock(t)
		h.host(t, "treasury", "com.parrot")
		if _, err := h.rooms.Intake.Report(t.Context(), command, []devices.Report{{Host: "tablet", Organisation: "audit", Platform: policy.IOS, Installed: []policy.Installation{{Identifier: "com.parrot"}}}}); err != nil {
			t.Fatal(err)
		}
		h.follow(t)
		officer := h.token(t, people.CentreOfficer, "*")
		if rule := decode[api.RuleEffect](t, h.call(t, officer, "GET", "/api/v1/rules/ban-parrot", ""), 200); rule.Perhaps != 1 || rule.Reaches.Direct != 2 {
			t.Errorf("a rule: %+v", rule)
		}
		const ban = `{"effect": "ban", "target": {"product": "parrot"}, "scope": "treasury", "components": false, "versions": {"until": "9"}`
		if tried := decode[api.Affected](t, h.call(t, officer, "POST", "/api/v1/affected", ban+`}`), 200); tried.Perhaps != 1 || tried.Either != 2 {
			t.Errorf("a rule that is tried: %+v", tried)
		}
		done := h.decide(t, `{"kind": "ban", "reason": "It talks", "narrower": "It does everywhere", "rule": `+ban+`, "clearance": "none"}}`, `{"act": "sign", "version": 1}`)
		if last := done.Steps[len(done.Steps)-1].Counted; last == nil || last.Perhaps != 1 || last.Either != 2 {
			t.Errorf("as it was signed: %+v", last)
		}
		if seen := decode[api.Proposal](t, h.call(t, officer, "GET", "/api/v1/proposals/"+done.ID, ""), 200); seen.Reach.Perhaps != 1 || seen.Reach.Hosts != 2 {
			t.Errorf("a proposal: %+v", seen.Reach)
		}
	})
}

// TestBarred: the answer to a program says what stands against the versions that are not allowed, as the page does.
func TestBarred(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.stock(t)
		decided(t, h, func(tx *people.Tx) (policy.Rule, error) {
			return register.AddRule(tx, policy.Rule{ID: "ban-notes-3", Effect: policy.Ban, Target: policy.Target{Product: "notes"}, Versions: policy.Window{Since: "3"}, Scope: "treasury", Clearance: policy.ClearanceNone, Reason: "it listens from then on"})
		})
		officer := h.token(t, people.CentreOfficer, "*")
		answers := decode[api.MayInstall](t, h.call(t, officer, "GET", "/api/v1/ask?organisation=treasury&product=notes", ""), 200).Answers
		if len(answers) != 1 || answers[0].Answer != "yes" || answers[0].Before != "3" || len(answers[0].Barred) != 1 || answers[0].Barred[0].ID != "ban-notes-3" || answers[0].Barred[0].Reason != "it listens from then on" {
			t.Errorf("with newer versions banned: %+v", answers)
		}
		answers = decode[api.MayInstall](t, h.call(t, officer, "GET", "/api/v1/ask?organisation=treasury&product=parrot", ""), 200).Answers
		if len(answers) != 1 || answers[0].Answer != "no" || answers[0].Barred == nil || len(answers[0].Barred) != 0 {
			t.Errorf("banned in all: %+v", answers)
		}
	})
}

// TestWaitingInPages: what waits for a program comes in pages, and of some alone.
func TestWaitingInPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var ids []string
		for _, o := range []string{"treasury", "audit", "health"} {
			ids = append(ids, h.proposal(t, o))
			h.clock.Advance(time.Second)
		}
		officer := h.token(t, people.SecurityOfficer, "*")
		list := func(query string) (found page[api.Proposal]) {
			t.Helper()
			return decode[page[api.Proposal]](t, h.call(t, officer, "GET", "/api/v1/waiting"+query, ""), 200)
		}
		first := list("?limit=2")
		if len(first.Items) != 2 || first.Items[0].ID != ids[0] || first.Items[1].ID != ids[1] || first.Items[0].Can[0] != "sign" || first.Next == "" {
			t.Fatalf("the first page: %+v", first)
		}
		if rest := list("?limit=2&after=" + first.Next); len(rest.Items) != 1 || rest.Items[0].ID != ids[2] || rest.Next != "" {
			t.Errorf("the last page: %+v", rest)
		}
		if of := list("?organisation=audit"); len(of.Items) != 1 || of.Items[0].ID != ids[1] {
			t.Errorf("of a body: %+v", of)
		}
		if of := list("?kind=ban"); len(of.Items) != 0 {
			t.Errorf("of a kind: %+v", of)
		}
		if of := list("?state=open&kind=monitor"); len(of.Items) != 3 {
			t.Errorf("open: %+v", of)
		}
		for _, bad := range []string{"?state=made", "?after=x", "?organisation=audit&after=" + first.Next} {
			if got := h.call(t, officer, "GET", "/api/v1/waiting"+bad, ""); got.status != 422 {
				t.Errorf("%s: %d %s", bad, got.status, got.body)
			}
		}
	})
}
