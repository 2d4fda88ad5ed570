package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/people"
	"portcullis/web/api"
)

func TestOrganisations(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		operator := h.token(t, people.Operator, "*")
		got := h.call(t, operator, "POST", "/api/v1/organisations", `{"name": "Department C", "parent": "treasury", "ownList": true}`)
		o := decode[api.Organisation](t, got, 201)
		if diff := cmp.Diff(api.Organisation{ID: "department-c", Name: "Department C", Parent: "treasury", OwnList: true, Version: 1}, o); diff != "" {
			t.Error(diff)
		}
		at := got.header.Get("Location")
		if at != "/api/v1/organisations/department-c" {
			t.Errorf("it is at %s", at)
		}
		h.clock.Advance(time.Hour)
		if r := h.call(t, operator, "PATCH", at, `{"parent": "", "name": "C"}`); r.status != 422 {
			t.Errorf("moved by one person's word: %d %s", r.status, r.body)
		}
		h.decide(t, `{"kind": "organisation", "move": {"body": "department-c", "from": "2026-03-02T00:00:00Z"}, "reason": "it stands for itself"}`, `{"act": "sign", "version": 1}`)
		later := decode[api.Organisation](t, h.call(t, operator, "PATCH", at, `{"name": "C"}`), 200)
		if later.Parent != "treasury" || later.Name != "C" || later.Version != 3 {
			t.Errorf("before it moves: %+v", later)
		}
		h.decide(t, `{"kind": "monitor", "organisation": "department-c", "monitor": {"until": "2026-06-01T01:00:00+01:00"}, "reason": "drawing up"}`, `{"act": "sign", "version": 1}`)
		watched := decode[api.Organisation](t, h.call(t, operator, "GET", at, ""), 200)
		if watched.Monitor == nil || !watched.Monitor.From.Equal(noon.Add(time.Hour)) || watched.Monitor.Until.Format("2006-01-02 15") != "2026-06-01 00" || watched.Monitor.Reason != "drawing up" {
			t.Errorf("watched: %+v", watched.Monitor)
		}
		h.clock.Advance(24 * time.Hour)
		if now := decode[api.Organisation](t, h.call(t, operator, "GET", at, ""), 200); now.Parent != "" || now.OwnList {
			t.Errorf("after it moved: %+v", now)
		}
		history := decode[api.OrganisationHistory](t, h.call(t, operator, "GET", at+"/history", ""), 200)
		if len(history.Monitors) != 1 || history.Monitors[0].Value != "drawing up" || len(history.Parents) < 2 || history.Parents[0].Value != "treasury" || !history.Parents[0].From.Equal(noon) {
			t.Errorf("the history is %+v", history)
		}
		if r := h.call(t, operator, "DELETE", at+"/monitor", ""); r.status != 204 {
			t.Errorf("ending the watch: %d %s", r.status, r.body)
		}
		if now := decode[api.Organisation](t, h.call(t, operator, "GET", at, ""), 200); now.Monitor != nil {
			t.Errorf("still watched after its end: %+v", now.Monitor)
		}
	})
}

func TestPersons(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer := h.token(t, people.SecurityOfficer, "treasury")
		got := h.call(t, officer, "POST", "/api/v1/persons", `{"name": "Ada Lovelace", "mail": "ada@treasury.example", "phone": "1", "externalId": "x7", "organisation": "audit"}`)
		ada := decode[api.Person](t, got, 201)
		if ada.UserName != "ada@treasury.example" || ada.Organisation != "audit" || !ada.Active || !ada.Created.Equal(noon) {
			t.Errorf("%+v", ada)
		}
		at := got.header.Get("Location")
		moved := decode[api.Person](t, h.call(t, officer, "PATCH", at, `{"organisation": "treasury", "phone": "", "name": null}`), 200)
		if moved.Organisation != "treasury" || moved.Phone != "" || moved.Mail != ada.Mail || moved.Name != ada.Name {
			t.Errorf("moved: %+v", moved)
		}
		for query, found := range map[string]int{"q=love": 1, "q=love+x": 0, "organisation=audit": 0, "organisation=treasury": 1, "active=false": 0, "userName=ADA@treasury.example": 1,
			"externalId=x7": 1, "mail=Ada@Treasury.example": 1, "group=none": 0, "role=reviewer": 0} {
			if n := len(decode[page[api.Person]](t, h.call(t, officer, "GET", "/api/v1/persons?"+query, ""), 200).Items); n != found {
				t.Errorf("%s finds %d", query, n)
			}
		}
		if r := h.call(t, officer, "GET", "/api/v1/persons?organisation=health", ""); r.status != 403 {
			t.Errorf("another body's people: %d", r.status)
		}
		held := decode[page[api.Held]](t, h.call(t, officer, "POST", at+"/roles", `{"role": "reviewer", "organisation": "treasury", "until": "2026-04-01T00:00:00Z"}`), 200)
		if len(held.Items) != 1 || held.Items[0].Role != "reviewer" || !held.Items[0].From.Equal(noon) {
			t.Errorf("held: %+v", held)
		}
		if r := h.call(t, officer, "POST", at+"/roles", `{"role": "operator", "organisation": "treasury"}`); r.status != 403 {
			t.Errorf("a role that an officer may not give: %d", r.status)
		}
		link := decode[api.Invitation](t, h.call(t, officer, "POST", at+"/invitation", ""), 201).Link
		invitation := strings.TrimPrefix(link, "https://gate.example/join/")
		if person, _, err := h.Invited(t.Context(), invitation); err != nil || person.ID != ada.ID {
			t.Errorf("the link %s is %s's: %v", link, person.ID, err)
		}
		if r := h.call(t, officer, "DELETE", at+"/roles/reviewer/treasury", ""); r.status != 204 || r.body != "" {
			t.Errorf("taking a role: %+v", r)
		}
		if now := decode[api.Person](t, h.call(t, officer, "GET", at, ""), 200); len(now.Roles) != 0 {
			t.Errorf("the roles are %+v", now.Roles)
		}
	})
}

// TestDeactivationEndsSessions is what a body's own directory relies on.
func TestDeactivationEndsSessions(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer := h.token(t, people.SecurityOfficer, "treasury")
		ada := h.person(t, "Ada", "treasury")
		var sessions []string
		for _, agent := range []string{"a phone", "a desk", "a laptop"} {
			secret, err := h.OpenSession(t.Context(), ada.ID, "passkey", "192.0.2.1", agent)
			if err != nil {
				t.Fatal(err)
			}
			sessions = append(sessions, secret)
		}
		live := func() (n int) {
			for _, secret := range sessions {
				if _, err := h.Enter(t.Context(), people.Actor{Session: secret}, ""); err == nil {
					n++
				}
			}
			return n
		}
		at := "/api/v1/persons/" + ada.ID
		listed := decode[page[api.Session]](t, h.call(t, officer, "GET", at+"/sessions", ""), 200).Items
		if len(listed) != 3 || listed[0].Method != "passkey" || listed[0].Address != "192.0.2.1" {
			t.Fatalf("the sessions are %+v", listed)
		}
		if r := h.call(t, officer, "DELETE", at+"/sessions/"+listed[0].ID, ""); r.status != 204 || live() != 2 {
			t.Errorf("one ended: %d, %d are left", r.status, live())
		}
		if p := decode[api.Person](t, h.call(t, officer, "PATCH", at, `{"active": false}`), 200); p.Active || live() != 0 {
			t.Errorf("deactivated: %+v, %d sessions are left", p, live())
		}
		decode[api.Person](t, h.call(t, officer, "PATCH", at, `{"active": true}`), 200)
		secret, err := h.OpenSession(t.Context(), ada.ID, "passkey", "192.0.2.1", "")
		if err != nil {
			t.Fatal(err)
		}
		sessions = []string{secret}
		if r := h.call(t, officer, "DELETE", at+"/sessions", ""); r.status != 204 || live() != 0 {
			t.Errorf("all ended: %d, %d are left", r.status, live())
		}
	})
}

func TestGroups(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer := h.token(t, people.SecurityOfficer, "treasury")
		ada, alan := h.person(t, "Ada", "treasury"), h.person(t, "Alan", "audit")
		got := h.call(t, officer, "POST", "/api/v1/groups", fmt.Sprintf(`{"name": "Travelling", "organisation": "treasury", "externalId": "g7", "members": [%q]}`, ada.ID))
		g := decode[api.Group](t, got, 201)
		at := got.header.Get("Location")
		members := func() string {
			var names []string
			for _, m := range decode[page[api.Membership]](t, h.call(t, officer, "GET", at+"/members", ""), 200).Items {
				names = append(names, m.Name)
			}
			slices.Sort(names)
			return strings.Join(names, " ")
		}
		if g.Name != "Travelling" || g.ExternalID != "g7" || members() != "Ada" {
			t.Errorf("%+v with %s", g, members())
		}
		changed := h.call(t, officer, "PATCH", at, fmt.Sprintf(`{"name": "Away", "join": [%q], "leave": [%q]}`, alan.ID, ada.ID), "If-Match", got.header.Get("ETag"))
		if g = decode[api.Group](t, changed, 200); g.Name != "Away" || g.ExternalID != "g7" || members() != "Alan" {
			t.Errorf("%+v with %s", g, members())
		}
		decode[api.Group](t, h.call(t, officer, "PATCH", at, fmt.Sprintf(`{"members": [%q, %q]}`, ada.ID, alan.ID)), 200)
		if members() != "Ada Alan" {
			t.Errorf("the members are %s", members())
		}
		if r := h.call(t, officer, "PATCH", at, fmt.Sprintf(`{"members": [], "join": [%q]}`, ada.ID)); r.status != 422 {
			t.Errorf("members and join: %d", r.status)
		}
		for query, found := range map[string]int{"name=AWAY": 1, "externalId=g7": 1, "externalId=g8": 0, "member=" + ada.ID: 1, "member=none": 0} {
			if n := len(decode[page[api.Group]](t, h.call(t, officer, "GET", "/api/v1/groups?"+query, ""), 200).Items); n != found {
				t.Errorf("%s finds %d", query, n)
			}
		}
		if r := h.call(t, officer, "DELETE", at, "", "If-Match", got.header.Get("ETag")); r.status != 412 {
			t.Errorf("removed with a stale ETag: %d", r.status)
		}
		if r := h.call(t, officer, "DELETE", at, "", "If-Match", h.call(t, officer, "GET", at, "").header.Get("ETag")); r.status != 204 {
			t.Errorf("removed: %d", r.status)
		}
	})
}

func TestTokensAndEvidence(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer, operator := h.token(t, people.SecurityOfficer, "treasury"), h.token(t, people.Operator, "*")
		made, err := h.MakeToken(t.Context(), command, "exporter", people.Grant{Role: people.Auditor, Organisation: "treasury"}, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		at := "/api/v1/tokens/" + made.ID
		if token := decode[api.Token](t, h.call(t, officer, "GET", at, ""), 200); token.Name != "exporter" || token.Role != "auditor" || !token.Expires.Equal(noon.Add(people.TokenLife)) || !token.Ended.IsZero() {
			t.Errorf("%+v", token)
		}
		if r := h.call(t, made.Secret, "DELETE", at, ""); r.status != 403 {
			t.Errorf("an auditor ends a token: %d", r.status)
		}
		if r := h.call(t, operator, "DELETE", at, ""); r.status != 204 {
			t.Errorf("ending a token: %d %s", r.status, r.body)
		}
		if r := h.call(t, made.Secret, "GET", "/api/v1/persons", ""); r.status != 401 {
			t.Errorf("a token that has ended: %d", r.status)
		}
		events := decode[page[api.Access]](t, h.call(t, operator, "GET", "/api/v1/access", ""), 200).Items
		if len(events) != 1 || events[0].Outcome != "refused" || events[0].Permission != "tokens.change" || events[0].Actor != "token:"+made.ID || events[0].Address != "127.0.0.1" {
			t.Errorf("the access log is %+v", events)
		}
		h.person(t, "Ada", "health")
		h.sequence(t)
		for token, sealed := range map[string]bool{operator: false, officer: true} {
			entries := decode[page[api.Entry]](t, h.call(t, token, "GET", "/api/v1/ledger?limit=1", ""), 200).Items
			want := api.Entry{Index: entries[0].Index, Sealed: true}
			if len(entries) != 1 || entries[0].Sealed != sealed || !sealed && (entries[0].Kind != "people.person-added" || entries[0].Subjects[0] != "health" || string(entries[0].Payload) != "{}") || sealed && cmp.Diff(want, entries[0]) != "" {
				t.Errorf("the newest entry is %+v", entries)
			}
		}
		lines := decode[page[api.PermissionLine]](t, h.call(t, officer, "GET", "/api/v1/permissions", ""), 200).Items
		roles := decode[page[api.RoleLine]](t, h.call(t, officer, "GET", "/api/v1/roles", ""), 200).Items
		if len(lines) != len(people.Table) || len(roles) != len(people.Roles) || lines[0].What == "" || roles[0].Name == "" {
			t.Errorf("%d permissions, %d roles", len(lines), len(roles))
		}
	})
}

func TestNotices(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		operator := h.token(t, people.Operator, "*")
		ada := h.person(t, "Ada", "treasury")
		h.tell(t, ada.ID, "first")
		h.clock.Advance(time.Hour)
		h.tell(t, ada.ID, "second")
		for query, subjects := range map[string]string{"": "second second first first", "channel=mail": "second first", "state=queued&channel=inbox": "", "person=nobody": "",
			"kind=test.told&channel=inbox&until=2026-03-01T12:30:00Z": "first", "from=2026-03-01T12:30:00Z&channel=inbox&person=" + ada.ID: "second"} {
			var found []string
			for _, n := range decode[page[api.Notice]](t, h.call(t, operator, "GET", "/api/v1/notices?"+query, ""), 200).Items {
				found = append(found, n.Subject)
			}
			if strings.Join(found, " ") != subjects {
				t.Errorf("%s finds %v", query, found)
			}
		}
		mail := decode[page[api.Notice]](t, h.call(t, operator, "GET", "/api/v1/notices?channel=mail&limit=1", ""), 200).Items[0]
		if mail.Address != "Ada@treasury.example" || mail.State != "queued" || !mail.Put.Equal(noon.Add(time.Hour)) || mail.Message == "" || mail.MessageID == "" {
			t.Errorf("%+v", mail)
		}
		if r := h.call(t, operator, "GET", "/api/v1/notices?state=lost", ""); r.status != 422 {
			t.Errorf("a state that is none: %d", r.status)
		}
	})
}

// TestEndpoints adds a server that is told of events, tries it, switches it off and removes it; its secret
// is shown once.
func TestEndpoints(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		operator := h.token(t, people.Operator, people.Everywhere)
		added := decode[api.NewEndpoint](t, h.call(t, operator, "POST", "/api/v1/endpoints", `{"organisation": "treasury", "url": "https://hooks.example/in", "kinds": ["register.decided"]}`), 201)
		if !strings.HasPrefix(added.Secret, "whsec_") {
			t.Errorf("the secret is %q", added.Secret)
		}
		listed := h.call(t, operator, "GET", "/api/v1/endpoints", "")
		if strings.Contains(listed.body, "whsec_") || !strings.Contains(listed.body, added.ID) {
			t.Errorf("the list is %s", listed.body)
		}
		trial := decode[api.Trial](t, h.call(t, operator, "POST", "/api/v1/endpoints/"+added.ID+"/trial", ""), 200)
		notices := decode[page[api.Notice]](t, h.call(t, operator, "GET", "/api/v1/notices?message="+trial.Message, ""), 200)
		if len(notices.Items) != 1 || notices.Items[0].Endpoint != added.ID || notices.Items[0].State != "queued" {
			t.Errorf("the trial is %+v", notices.Items)
		}
		off := decode[api.Endpoint](t, h.call(t, operator, "PATCH", "/api/v1/endpoints/"+added.ID, `{"disabled": true}`), 200)
		if off.Disabled.IsZero() || off.Why == "" || off.URL != added.URL {
			t.Errorf("switched off: %+v", off)
		}
		on := decode[api.Endpoint](t, h.call(t, operator, "PATCH", "/api/v1/endpoints/"+added.ID, `{"disabled": false, "kinds": []}`), 200)
		if !on.Disabled.IsZero() || len(on.Kinds) != 0 {
			t.Errorf("switched on: %+v", on)
		}
		for body, field := range map[string]string{
			`{"organisation": "nowhere", "url": "https://hooks.example/"}`:                    "organisation",
			`{"organisation": "treasury", "url": "ftp://hooks.example/"}`:                     "url",
			`{"organisation": "treasury", "url": "https://hooks.example/", "kinds": ["a b"]}`: "kinds",
		} {
			if r := h.call(t, operator, "POST", "/api/v1/endpoints", body); r.status != 422 || !strings.Contains(r.body, `"field":"`+field) {
				t.Errorf("%s: %d %s", body, r.status, r.body)
			}
		}
		if r := h.call(t, operator, "DELETE", "/api/v1/endpoints/"+added.ID, ""); r.status != 204 {
			t.Errorf("removing: %d %s", r.status, r.body)
		}
		if r := h.call(t, operator, "DELETE", "/api/v1/endpoints/"+added.ID, ""); r.status != 404 {
			t.Errorf("removing again: %d %s", r.status, r.body)
		}
	})
}
