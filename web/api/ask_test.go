package api_test

import (
	"testing"
	"time"

	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/api"
)

// TestAskAndSearch asks by names, for a body whose list allows one app from a version on.
func TestAskAndSearch(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, p := range []policy.Product{
			{ID: "gull", Kind: policy.App, Name: "Gull", Aliases: []string{"Tern"}, Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.gull"}}}},
			{ID: "gull-two", Kind: policy.App, Name: "Gull Two", Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.gull.two"}}}},
		} {
			if _, err := h.rooms.Register.AddProduct(t.Context(), h.chief(t), p); err != nil {
				t.Fatal(err)
			}
		}
		decided(t, h, func(tx *people.Tx) (policy.Rule, error) {
			return register.AddRule(tx, policy.Rule{ID: "allow-gull", Effect: policy.Allow, Target: policy.Target{Product: "gull"}, Scope: "treasury", MinVersion: "2", Reason: "a reason"})
		})
		officer := h.token(t, people.CentreOfficer, "*")
		type hits struct{ Items []api.Hit }
		found := decode[hits](t, h.call(t, officer, "GET", "/api/v1/search?q=tern", ""), 200)
		if len(found.Items) != 1 || found.Items[0] != (api.Hit{Product: "gull", Name: "Gull", Kind: "app", By: "old name", Text: "Tern", Exact: true}) {
			t.Errorf("by an old name: %+v", found)
		}
		if found := decode[hits](t, h.call(t, officer, "GET", "/api/v1/search?q=gull&limit=1", ""), 200); len(found.Items) != 1 {
			t.Errorf("one at most: %+v", found)
		}
		for _, bad := range []string{"/search", "/search?q=", "/search?q=a&limit=1000", "/ask?q=gull", "/ask?organisation=treasury&q=gull&platform=toaster", "/lists/difference?a=treasury"} {
			if got := h.call(t, officer, "GET", "/api/v1"+bad, ""); got.status != 422 {
				t.Errorf("%s: %d %s", bad, got.status, got.body)
			}
		}
		answer := decode[api.MayInstall](t, h.call(t, officer, "GET", "/api/v1/ask?organisation=treasury&q=tern", ""), 200)
		if answer.Product != "gull" || answer.Name != "Gull" || len(answer.Answers) != 1 || answer.Answers[0].Answer != "yes" || answer.Answers[0].From != "2" || len(answer.Answers[0].Rules) != 1 {
			t.Errorf("what is allowed: %+v", answer)
		}
		answer = decode[api.MayInstall](t, h.call(t, officer, "GET", "/api/v1/ask?organisation=health&product=gull&platform=ios", ""), 200)
		if len(answer.Answers) != 2 || answer.Answers[0].Answer != "unseen" || answer.Answers[1].Answer != "unlisted" {
			t.Errorf("for another body: %+v", answer)
		}
		answer = decode[api.MayInstall](t, h.call(t, officer, "GET", "/api/v1/ask?organisation=treasury&q=gul", ""), 200)
		if answer.Product != "" || len(answer.Choices) != 2 || len(answer.Answers) != 0 {
			t.Errorf("one of two: %+v", answer)
		}
		type differences struct{ Items []api.ListDifference }
		lists := decode[differences](t, h.call(t, officer, "GET", "/api/v1/lists/difference?a=treasury&b=health", ""), 200)
		if len(lists.Items) != 1 || lists.Items[0].Side != "first" || lists.Items[0].A[0].MinVersion != "2" || len(lists.Items[0].B) != 0 {
			t.Errorf("the lists: %+v", lists)
		}
	})
}

// TestHistory: a rule that was ended early is told of in both its versions, and by one time in the one that counted then.
func TestHistory(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		rule := h.rule(t, "treasury")
		before := h.clock.Now()
		h.clock.Advance(time.Hour)
		decided(t, h, func(tx *people.Tx) (policy.Rule, error) {
			return register.EndRule(tx, rule, people.TimeOf(before.AddDate(0, 1, 0)), "It is mended")
		})
		officer := h.token(t, people.CentreOfficer, "*")
		type history struct{ Items []api.Version }
		path := "/api/v1/rules/" + rule + "/history"
		all := decode[history](t, h.call(t, officer, "GET", path, ""), 200).Items
		if len(all) != 2 || all[0].Reason != "It is mended" || all[0].Rule.Until.IsZero() || !all[0].Replaced.IsZero() || !all[1].Rule.Until.IsZero() || all[1].Replaced != all[0].Recorded {
			t.Errorf("all: %+v", all)
		}
		at := func(known time.Time) []api.Version {
			return decode[history](t, h.call(t, officer, "GET", path+"?known="+known.Format(time.RFC3339), ""), 200).Items
		}
		if then := at(before); len(then) != 1 || !then[0].Rule.Until.IsZero() {
			t.Errorf("as it was known before: %+v", then)
		}
		if now := at(all[0].Recorded); len(now) != 1 || now[0].Rule.Until.IsZero() {
			t.Errorf("as it is known from then on: %+v", now)
		}
		if none := at(before.AddDate(-1, 0, 0)); len(none) != 0 {
			t.Errorf("before there was one: %+v", none)
		}
		if _, err := h.rooms.Register.AddProduct(t.Context(), h.chief(t), policy.Product{ID: "p", Kind: policy.App, Name: "P", Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.p"}}}}); err != nil {
			t.Fatal(err)
		}
		product := decode[history](t, h.call(t, officer, "GET", "/api/v1/products/p/history", ""), 200).Items
		if len(product) != 1 || product[0].Product.ID != "p" || product[0].Product.Kind != "app" || product[0].Product.Identifiers["android"][0] != "com.p" {
			t.Errorf("a product: %+v", product)
		}
	})
}
