package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/api"
)

// unlisted has devices of the organisation have an app of a known product, and returns its key in a triage.
func (h *house) unlisted(t *testing.T, organisation string) string {
	t.Helper()
	id := "app-" + h.unique()
	p := policy.Product{ID: id, Kind: policy.App, Name: strings.ToUpper(id), Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com." + id}}}}
	if _, err := h.rooms.Register.AddProduct(t.Context(), h.chief(t), p); err != nil {
		t.Fatal(err)
	}
	h.host(t, organisation, "com."+id)
	return "product " + id
}

// release has a person of the organisation propose that a device of it become their own.
func (h *house) release(t *testing.T, organisation string) devices.Release {
	t.Helper()
	p := h.person(t, "asker"+h.unique(), organisation)
	if _, err := h.GiveRole(t.Context(), command, p.ID, people.Grant{Role: people.DeviceAdministrator, Organisation: organisation}, people.Period{}); err != nil {
		t.Fatal(err)
	}
	session, err := h.OpenSession(t.Context(), p.ID, "test", "", "")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := h.devices.AskRelease(t.Context(), people.Actor{Session: session}, h.host(t, organisation), 0, policy.Personal, "it was sold")
	if err != nil {
		t.Fatal(err)
	}
	return asked
}

// TestTriage lists what is on devices and on no list, in pages and by maker, and decides about it in bulk.
func TestTriage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer := h.token(t, people.CentreOfficer, "*")
		if _, err := h.rooms.Register.AddSupplier(t.Context(), h.chief(t), policy.Supplier{ID: "nest", Name: "Nest"}); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"gull", "tern"} {
			p := policy.Product{ID: id, Kind: policy.App, Name: id, Supplier: "nest", Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com." + id}}}}
			if _, err := h.rooms.Register.AddProduct(t.Context(), h.chief(t), p); err != nil {
				t.Fatal(err)
			}
		}
		for _, on := range [][]string{{"com.gull", "com.tern", "com.stray"}, {"com.gull", "com.tern"}, {"com.gull"}} {
			h.host(t, "audit", on...)
		}
		const path = "/api/v1/organisations/treasury/triage"
		keys := func(query string) (keys, next string) {
			t.Helper()
			got := h.call(t, officer, "GET", path+query, "")
			found := decode[api.Triage](t, got, 200)
			for _, app := range found.Items {
				keys += fmt.Sprintf("%s %d, ", app.Key, app.Installs)
			}
			if (got.header.Get("Link") == "") != (found.Next == "") {
				t.Errorf("%s: the next page is %q, and %q", query, found.Next, got.header.Get("Link"))
			}
			return strings.TrimSuffix(keys, ", "), found.Next
		}
		list := func(query, want string) (next string) {
			t.Helper()
			got, next := keys(query)
			if got != want {
				t.Errorf("%s: %s, not %s", query, got, want)
			}
			return next
		}
		list("", "product gull 3, product tern 2, android com.stray 1")
		list("?q=nest", "product gull 3, product tern 2")
		list("?maker=unknown", "android com.stray 1")
		list("?left=true", "")
		second := "?limit=1&after=" + list("?limit=1", "product gull 3")
		list("?limit=1&after="+list(second, "product tern 2"), "android com.stray 1")
		first := decode[api.Triage](t, h.call(t, officer, "GET", path, ""), 200)
		if first.ToDecide != 3 || strings.Join(first.Bodies, " ") != "audit treasury" || first.Items[0].Supplier != "nest" || first.Items[2].Identifier != "com.stray" || first.Items[2].Platforms[0] != "android" {
			t.Errorf("the first page: %+v", first)
		}
		makers := decode[page[api.TriageMaker]](t, h.call(t, officer, "GET", path+"/makers?limit=1", ""), 200)
		if len(makers.Items) != 1 || makers.Items[0] != (api.TriageMaker{Key: "supplier nest", Supplier: "nest", Apps: 2, Installs: 5}) {
			t.Errorf("by maker: %+v", makers)
		}
		rest := decode[page[api.TriageMaker]](t, h.call(t, officer, "GET", path+"/makers?limit=1&after="+makers.Next, ""), 200)
		if len(rest.Items) != 1 || rest.Items[0] != (api.TriageMaker{Key: "unknown", Apps: 1, Unknown: 1, Installs: 1}) || rest.Next != "" {
			t.Errorf("the other maker: %+v", rest)
		}

		for body, want := range map[string]string{
			`{"makers": ["supplier nest"], "decision": "allow-until", "until": "2020-01-01T00:00:00Z"}`: `"errors":[{"field":"until","message":"The review date must be later than now"}]`,
			`{"makers": ["supplier nest"], "decision": "allow", "until": "2999-01-01T00:00:00Z"}`:       `"errors":[{"field":"until","message":`,
			`{"apps": ["product none"], "decision": "allow"}`:                                           `"field":"apps"`,
			`{"decision": "allow"}`:                             `"field":"apps"`,
			`{"apps": ["product gull"], "decision": "perhaps"}`: `"field":"decision"`,
		} {
			if got := h.call(t, officer, "POST", path, body); got.status != 422 || !strings.Contains(got.body, want) {
				t.Errorf("%s: %d %s", body, got.status, got.body)
			}
		}
		if got := h.call(t, officer, "GET", "/api/v1/organisations/nowhere/triage", ""); got.status != 404 {
			t.Errorf("of no body: %d %s", got.status, got.body)
		}

		decide := func(token, body string, want api.Triaged) {
			t.Helper()
			if got := decode[api.Triaged](t, h.call(t, token, "POST", path, body), 200); got != want {
				t.Errorf("%s: %+v", body, got)
			}
			h.follow(t)
		}
		reviewer := h.token(t, people.Reviewer, "treasury")
		decide(reviewer, `{"apps": ["product gull", "product gone"], "decision": "allow", "reason": "It is needed"}`, api.Triaged{Allowed: 1, Gone: 1})
		list("", "product tern 2, android com.stray 1")
		if got := h.call(t, officer, "GET", path+second, ""); got.status != 422 || !strings.Contains(got.body, `"field":"after"`) {
			t.Errorf("behind what is decided: %d %s", got.status, got.body)
		}
		answer := decode[api.MayInstall](t, h.call(t, officer, "GET", "/api/v1/ask?organisation=audit&product=gull", ""), 200)
		if len(answer.Answers) != 1 || answer.Answers[0].Answer != "yes" || answer.Answers[0].Rules[0].Reason == "" {
			t.Errorf("once it is allowed: %+v", answer)
		}
		if got := h.call(t, reviewer, "POST", path, `{"apps": ["android com.stray"], "decision": "allow"}`); got.status != 403 {
			t.Errorf("a product made by who may not: %d %s", got.status, got.body)
		}
		decide(officer, `{"makers": ["supplier nest", "unknown"], "decision": "leave-unlisted", "reason": "Nobody needs it"}`, api.Triaged{LeftUnlisted: 2, Products: 1})
		list("", "")
		left := decode[api.Triage](t, h.call(t, officer, "GET", path+"?left=true", ""), 200)
		if left.Left != 2 || len(left.Items) != 2 || left.Items[0].Left == nil || left.Items[0].Left.Reason != "Nobody needs it" || !left.Items[0].Left.At.Equal(noon) {
			t.Errorf("left unlisted: %+v", left)
		}
		h.clock.Advance(time.Second)
		decide(officer, `{"apps": ["product tern"], "left": true, "decision": "allow-until", "until": "2026-05-01T00:00:00Z"}`, api.Triaged{AllowedUntil: 1})
		answer = decode[api.MayInstall](t, h.call(t, officer, "GET", "/api/v1/ask?organisation=audit&product=tern", ""), 200)
		if answer.Answers[0].Answer != "yes" || !answer.Answers[0].Rules[0].Until.Equal(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("allowed for a while: %+v", answer)
		}
	})
}

// of is the secret of a token that a person has made, who has a role.
func (h *house) of(t *testing.T, person string, role people.Role) string {
	t.Helper()
	for _, r := range []people.Role{role, people.SecurityOfficer} { // by whom tokens are made
		if _, err := h.GiveRole(t.Context(), command, person, people.Grant{Role: r, Organisation: "treasury"}, people.Period{}); err != nil {
			t.Fatal(err)
		}
	}
	session, err := h.OpenSession(t.Context(), person, "test", "", "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := h.MakeToken(t.Context(), people.Actor{Session: session}, "of "+person, people.Grant{Role: role, Organisation: "treasury"}, people.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return m.Secret
}

// TestReleasesByPrograms: two programs of two people release a device, and one takes back what it has proposed; one person's
// programs are one.
func TestReleasesByPrograms(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		person := h.person(t, "admin", "treasury").ID
		admin, same := h.of(t, person, people.DeviceAdministrator), h.of(t, person, people.SecurityOfficer)
		officer := h.of(t, h.person(t, "officer", "treasury").ID, people.SecurityOfficer)
		device := h.host(t, "audit", "com.diary")
		ask := func() api.Release {
			t.Helper()
			got := h.call(t, admin, "POST", "/api/v1/hosts/"+device+"/releases", `{"ownership": "personal", "reason": "it was sold"}`)
			asked := decode[api.Release](t, got, 201)
			if got.header.Get("Location") != "/api/v1/releases/"+asked.ID || asked.State != "open" || asked.AskedBy != person {
				t.Errorf("proposed: %+v", asked)
			}
			return asked
		}
		answer := func(token, id, body string) reply { return h.call(t, token, "POST", "/api/v1/releases/"+id, body) }
		first := ask()
		if got := h.call(t, admin, "POST", "/api/v1/hosts/"+device+"/releases", `{"ownership": "personal", "reason": "x"}`); got.status != 409 {
			t.Errorf("proposed twice: %d %s", got.status, got.body)
		}
		if got := h.call(t, admin, "POST", "/api/v1/hosts/"+device+"/releases", `{"ownership": "personal", "reason": "x"}`, "If-Match", `"9-0123456789ab"`); got.status != 412 {
			t.Errorf("of what it was: %d %s", got.status, got.body)
		}
		if back := decode[api.Release](t, h.call(t, admin, "POST", "/api/v1/releases/"+first.ID+"/take-back", ""), 200); back.State != "taken-back" {
			t.Errorf("taken back: %+v", back)
		}
		h.clock.Advance(time.Second)
		second := ask()
		if got := answer(same, second.ID+"/answer", `{"agree": true}`); got.status != 403 {
			t.Errorf("agreed by the same person's: %d %s", got.status, got.body)
		}
		if got := answer(officer, second.ID+"/take-back", ``); got.status != 422 {
			t.Errorf("taken back by another's: %d %s", got.status, got.body)
		}
		if got := answer(officer, second.ID+"/answer", `{"agree": false}`); got.status != 422 || !strings.Contains(got.body, `"field":"why"`) {
			t.Errorf("refused without a reason: %d %s", got.status, got.body)
		}
		if done := decode[api.Release](t, answer(officer, second.ID+"/answer", `{"agree": true}`), 200); done.State != "agreed" || done.AnsweredBy == person {
			t.Errorf("agreed: %+v", done)
		}
		h.follow(t)
		if now := decode[api.HostSeen](t, h.call(t, officer, "GET", "/api/v1/hosts/"+device, ""), 200); now.Ownership != "personal" {
			t.Errorf("afterwards: %+v", now)
		}
		if got := decode[api.Release](t, h.call(t, officer, "GET", "/api/v1/releases/"+second.ID, ""), 200); got.State != "agreed" {
			t.Errorf("got: %+v", got)
		}
	})
}

// TestReleases: programs read what two people have proposed and answered.
func TestReleases(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		auditor := h.token(t, people.Auditor, "treasury")
		first := h.release(t, "audit")
		h.clock.Advance(time.Second)
		second := h.release(t, "treasury")
		h.release(t, "health")
		approver := h.person(t, "approver", "treasury")
		if _, err := h.GiveRole(t.Context(), command, approver.ID, people.Grant{Role: people.Approver, Organisation: "treasury"}, people.Period{}); err != nil {
			t.Fatal(err)
		}
		session, err := h.OpenSession(t.Context(), approver.ID, "test", "", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.devices.AnswerRelease(t.Context(), people.Actor{Session: session}, first.ID, false, "it is needed"); err != nil {
			t.Fatal(err)
		}
		list := func(query string, want ...string) []api.Release {
			t.Helper()
			found := decode[page[api.Release]](t, h.call(t, auditor, "GET", "/api/v1/releases"+query, ""), 200)
			var got []string
			for _, r := range found.Items {
				got = append(got, r.ID)
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s: %v, not %v", query, got, want)
			}
			return found.Items
		}
		all := list("", second.ID, first.ID)
		if r := all[1]; r.State != "refused" || r.AnsweredBy != approver.ID || r.Why != "it is needed" || !r.Answered.Equal(noon.Add(time.Second)) {
			t.Errorf("refused: %+v", r)
		}
		if r := all[0]; r.State != "open" || r.Host != second.Host || r.From != "corporate" || r.To != "personal" || r.Reason != "it was sold" || r.AskedBy != second.AskedBy || r.Organisation != "treasury" || !r.Answered.IsZero() {
			t.Errorf("open: %+v", r)
		}
		list("?open=true", second.ID)
		list("?organisation=audit", first.ID)
		list("?host="+first.Host, first.ID)
		next := decode[page[api.Release]](t, h.call(t, auditor, "GET", "/api/v1/releases?limit=1", ""), 200).Next
		list("?limit=1&after="+next, first.ID)
	})
}
