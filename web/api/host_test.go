package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/api"
)

// stock has the register know a banned app, parrot, and an allowed one, notes.
func (h *house) stock(t *testing.T) {
	t.Helper()
	ctx, chief := t.Context(), h.chief(t)
	for id, identifier := range map[string]string{"parrot": "com.parrot", "notes": "com.notes"} {
		_, err := h.rooms.Register.AddProduct(ctx, chief, policy.Product{ID: id, Name: strings.ToUpper(id), Kind: policy.App, Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: identifier}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.follow(t)
	h.decide(t, `{"kind": "ban", "reason": "It talks", "narrower": "It does everywhere", "rule": {"effect": "ban", "target": {"product": "parrot"}, "scope": "treasury", "components": false, "clearance": "none"}}`,
		`{"act": "sign", "version": 1}`)
	h.decide(t, `{"kind": "allow", "reason": "For work", "rule": {"effect": "allow", "target": {"product": "notes"}, "scope": "treasury"}}`,
		`{"act": "grant", "version": 1, "reason": "It is needed", "risk": "Small", "terms": {"minVersion": "2", "minVersionCode": {"android": 200}}}`)
}

// decide has one program propose something and another take the step that is missing, and returns it decided.
func (h *house) decide(t *testing.T, draft, step string) api.Proposal {
	t.Helper()
	got := h.call(t, h.token(t, people.CentreOfficer, "*"), "POST", "/api/v1/proposals", draft)
	proposed := decode[api.Proposal](t, got, 201)
	at := got.header.Get("Location")
	if at != "/api/v1/proposals/"+proposed.ID || proposed.State != "open" {
		t.Errorf("%s: %+v at %s", draft, proposed, at)
	}
	second := h.token(t, people.SecurityOfficer, "*")
	if seen := decode[api.Proposal](t, h.call(t, second, "GET", at, ""), 200); seen.Reach != nil {
		step = strings.TrimSuffix(step, "}") + fmt.Sprintf(`, "affirmed": %d}`, seen.Reach.Either)
	}
	done := decode[api.Proposal](t, h.call(t, second, "POST", at+"/steps", step), 200)
	if done.State != "made" {
		t.Errorf("%s: %+v", step, done)
	}
	h.follow(t)
	return done
}

func TestHosts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		body := `{"id": "d/1", "name": "Ada's", "organisation": "treasury", "platform": "android", "holder": "p1", "groups": ["press"]}`
		got := h.call(t, token, "POST", "/api/v1/hosts", body, "Idempotency-Key", "k1")
		at := got.header.Get("Location")
		want := api.Host{ID: "d/1", Name: "Ada's", Kind: "device", Organisation: "treasury", Ownership: "corporate", Platform: "android", Holder: "p1", Groups: []string{"press"},
			State: "in-use", Enrolled: noon, Changed: noon, Version: 1}
		if diff := cmp.Diff(want, decode[api.Host](t, got, 201)); diff != "" || at != "/api/v1/hosts/d%2F1" {
			t.Errorf("at %s: %s", at, diff)
		}
		if again := h.call(t, token, "POST", "/api/v1/hosts", body, "Idempotency-Key", "k1"); again.status != 201 || again.body != got.body {
			t.Errorf("with the same key: %d %s", again.status, again.body)
		}
		if twice := h.call(t, token, "POST", "/api/v1/hosts", body); twice.status != 422 {
			t.Errorf("twice: %d %s", twice.status, twice.body)
		}
		h.follow(t)
		tag := h.call(t, token, "GET", at, "").header.Get("ETag")
		changed := decode[api.Host](t, h.call(t, token, "PATCH", at, `{"holder": "", "groups": [], "name": "Bo's"}`, "If-Match", tag), 200)
		if changed.Holder != "" || len(changed.Groups) != 0 || changed.Name != "Bo's" || changed.Version != 2 {
			t.Errorf("changed: %+v", changed)
		}
		for _, path := range []string{"", "/move", "/retire", "/return"} {
			method, body := "POST", map[string]string{"/move": `{"organisation": "audit"}`, "/retire": `{"state": "lost"}`}[path]
			if path == "" {
				method, body = "PATCH", `{"name": "Cy's"}`
			}
			if got := h.call(t, token, method, at+path, body, "If-Match", tag); got.status != 412 {
				t.Errorf("%s of what has changed: %d %s", path, got.status, got.body)
			}
		}
		for body, status := range map[string]int{`{"ownership": "personal"}`: 422, `{"holder": "a\nb"}`: 422, `{"owner": "x"}`: 422, `{}`: 200} {
			if got := h.call(t, token, "PATCH", at, body); got.status != status {
				t.Errorf("%s: %d %s", body, got.status, got.body)
			}
		}
		if moved := decode[api.Host](t, h.call(t, token, "POST", at+"/move", `{"organisation": "audit", "from": "2026-02-01T00:00:00Z"}`), 200); moved.Organisation != "audit" {
			t.Errorf("moved: %+v", moved)
		}
		if got := h.call(t, token, "POST", at+"/move", `{"organisation": "health"}`); got.status != 403 {
			t.Errorf("moved elsewhere: %d", got.status)
		}
		decode[api.Host](t, h.call(t, token, "POST", "/api/v1/hosts", `{"id": "d2", "organisation": "treasury", "platform": "ios", "ownership": "personal"}`), 201)
		if gone := decode[api.Host](t, h.call(t, token, "POST", at+"/retire", `{"state": "replaced", "replacedBy": "d2"}`), 200); gone.State != "replaced" || gone.ReplacedBy != "d2" {
			t.Errorf("replaced: %+v", gone)
		}
		if back := decode[api.Host](t, h.call(t, token, "POST", at+"/return", ""), 200); back.State != "in-use" || back.ReplacedBy != "" {
			t.Errorf("returned: %+v", back)
		}
		if got := h.call(t, token, "POST", at+"/return", ""); got.status != 409 {
			t.Errorf("returned again: %d %s", got.status, got.body)
		}
	})
}

// hostsOf are the ids of a list of hosts.
func (h *house) hostsOf(t *testing.T, token, query string) (ids []string) {
	t.Helper()
	for _, host := range decode[page[api.HostSeen]](t, h.call(t, token, "GET", "/api/v1/hosts?"+query, ""), 200).Items {
		ids = append(ids, host.ID)
	}
	return ids
}

func TestListsOfHosts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.stock(t)
		token, reader := h.token(t, people.DeviceAdministrator, "treasury"), h.token(t, people.Auditor, "treasury")
		h.sends(t, token, `{"host": "a1", "name": "Press 1", "platform": "android", "installed": [`+installed("com.parrot=1", "com.notes=1")+`]}`)
		h.sends(t, token, `{"host": "a2", "platform": "ios", "ownership": "personal", "installed": []}`)
		h.sends(t, token, `{"host": "a3", "organisation": "audit", "platform": "android", "installed": [`+installed("com.notes=3")+`]}`)
		h.sends(t, token, `{"host": "a4", "platform": "linux", "installed": []}`)
		h.sends(t, h.token(t, people.DeviceAdministrator, "health"), `{"host": "b1", "platform": "android", "installed": [`+installed("com.parrot=1")+`]}`)
		h.lose(t, "a4")
		if _, err := h.devices.Enrol(t.Context(), h.chief(t), devices.Enrolment{ID: "a5", Organisation: "treasury", Platform: policy.Android}); err != nil {
			t.Fatal(err)
		}
		h.follow(t)
		for query, want := range map[string]string{
			"": "a1 a2 a3 a4 a5", "organisation=audit": "a3", "platform=android": "a1 a3 a5", "ownership=personal": "a2", "state=lost": "a4", "state=retired": "", "silent=true": "a5",
			"inBreach=true": "a1", "q=Press": "a1", "q=a": "a1 a2 a3 a4 a5", "kind=equipment": "", "kind=device&platform=ios": "a2", "q=%25": "", "q=_1": "",
		} {
			if got := strings.Join(h.hostsOf(t, reader, query), " "); got != want {
				t.Errorf("%s: %s, not %s", query, got, want)
			}
		}
		for query, status := range map[string]int{"organisation=health": 403, "platform=amiga": 422, "state=new": 422, "silent=perhaps": 422, "q=%00": 422, "product=x": 422} {
			if got := h.call(t, reader, "GET", "/api/v1/hosts?"+query, ""); got.status != status {
				t.Errorf("%s: %d %s", query, got.status, got.body)
			}
		}
		for query, explained := range map[string]bool{"": false, "&explained=true": true} {
			breaches := decode[api.BreachPage](t, h.call(t, reader, "GET", "/api/v1/breaches?product=parrot"+query, ""), 200)
			thing := api.BreachThing{Product: "parrot", Identifier: "com.parrot", Version: "1", Verdict: "banned", Rules: []string{"ban-parrot"}, Reason: h.devices.Fleet.View().Rule("ban-parrot").Reason}
			if len(breaches.Items) == 1 && explained {
				one, err := h.devices.One(t.Context(), h.chief(t), "a1")
				if err != nil {
					t.Fatal(err)
				}
				for _, in := range one.Installed {
					if in.Called.Product == "parrot" {
						thing.WhatToDo = strings.Join(in.Why.Ways, " ")
					}
				}
			}
			want := []api.Breached{{Host: "a1", Name: "Press 1", Kind: "device", Organisation: "treasury", Heard: noon, Breaches: []api.BreachThing{thing}}}
			if diff := cmp.Diff(want, breaches.Items); diff != "" || thing.Reason == "" || explained && thing.WhatToDo == "" {
				t.Errorf("%q: %+v: %s", query, thing, diff)
			}
			if breaches.Decision != int64(h.devices.Fleet.View().Generation) || breaches.Decision == 0 || !breaches.At.Equal(h.clock.Now()) {
				t.Errorf("it rests on %d, %s", breaches.Decision, breaches.At)
			}
		}
		for query, n := range map[string]int{"": 1, "result=outdated": 1, "result=overdue": 0, "rule=ban-parrot": 1, "rule=none": 0, "organisation=audit": 0, "age=today": 1, "age=older": 0} {
			if found := decode[api.BreachPage](t, h.call(t, reader, "GET", "/api/v1/breaches?"+query, ""), 200).Items; len(found) != n {
				t.Errorf("breaches with %s: %+v", query, found)
			}
		}
		c := decode[api.Coverage](t, h.call(t, reader, "GET", "/api/v1/coverage", ""), 200)
		if len(c.Items) != 2 || c.Total.Devices != 5 || c.Total.Reporting != 4 || c.Total.Never != 1 || c.Total.Personal != 1 || c.Total.InBreach != 1 || c.Total.Breaches != 2 || c.Items[1].Devices+c.Items[0].Devices != 5 {
			t.Errorf("coverage: %+v", c)
		}
	})
}

// TestEveryDevicesListHasPages walks through lists while hosts come.
func TestEveryDevicesListHasPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		for i := range 30 {
			h.host(t, "treasury", fmt.Sprintf("com.app%02d", i), "com.all")
		}
		for path, want := range map[string]int{"/hosts?limit=7": 30, "/hosts?limit=7&platform=android&q=host": 30, "/breaches?limit=7&organisation=treasury": 30, "/unlinked?limit=7": 31} {
			seen, pages := map[string]bool{}, 0
			for next := "/api/v1" + path; next != ""; pages++ {
				got := h.call(t, token, "GET", next, "")
				p := decode[struct {
					page[json.RawMessage]
					Decision, At json.RawMessage // of breaches
				}](t, got, 200)
				if len(p.Items) == 0 || len(p.Items) > 7 {
					t.Fatalf("%s: %d items", next, len(p.Items))
				}
				for _, item := range p.Items {
					if seen[string(item)] {
						t.Errorf("%s: twice: %s", path, item)
					}
					seen[string(item)] = true
				}
				next, _, _ = strings.Cut(strings.TrimPrefix(got.header.Get("Link"), "<"), ">")
				if (next == "") != (p.Next == "") {
					t.Errorf("%s: next is %q, the link %q", path, p.Next, next)
				}
				if next != "" && !strings.HasPrefix(path, "/unlinked") {
					h.call(t, token, "POST", "/api/v1/reports", `{"host": "aaa-`+h.unique()+`", "platform": "android", "installed": [{"identifier": "com.all"}]}`)
					h.follow(t)
				}
			}
			if len(seen) < want || pages < 5 {
				t.Errorf("%s: %d on %d pages", path, len(seen), pages)
			}
		}
		next := decode[page[api.HostSeen]](t, h.call(t, token, "GET", "/api/v1/hosts?limit=1", ""), 200).Next
		if got := h.call(t, token, "GET", "/api/v1/breaches?limit=1&after="+next, ""); got.status != 422 {
			t.Errorf("the cursor of another list: %d", got.status)
		}
	})
}

func TestWhatIsOnAHost(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		h.sends(t, token, `{"host": "d1", "platform": "android", "installed": [{"identifier": "com.parrot", "version": "1", "versionCode": 7, "managed": true, "name": "Parrot!"}, {"identifier": "com.notes", "versionCode": 100}]}`)
		h.clock.Advance(time.Hour)
		h.stock(t)
		h.clock.Advance(time.Hour)
		h.sends(t, token, reported("d1", "com.notes=3"))
		h.follow(t)
		items := decode[page[api.Installed]](t, h.call(t, token, "GET", "/api/v1/hosts/d1/installations", ""), 200).Items
		if diff := cmp.Diff([]api.Installed{{Installation: api.Installation{Identifier: "com.notes", Version: "3"}, Called: "NOTES", Known: "notes", Verdict: "allowed", Sources: []string{"api"}}}, items); diff != "" {
			t.Error(diff)
		}
		at := func(query string) api.Judged {
			t.Helper()
			return decode[api.Judged](t, h.call(t, token, "GET", "/api/v1/hosts/d1/decisions?"+query, ""), 200)
		}
		words := func(j api.Judged) string {
			var all []string
			for _, d := range j.Items {
				all = append(all, d.Identifier+" "+d.Verdict)
			}
			return strings.Join(all, ", ")
		}
		for query, want := range map[string]string{
			"":                        "com.notes allowed",
			"at=2026-03-01T13:30:00Z": "com.notes outdated, com.parrot banned",
			"at=2026-03-01T12:30:00Z": "com.notes unknown, com.parrot unknown",
			"at=2026-03-01T13:30:00Z&known=2026-03-01T12:30:00Z": "com.notes unknown, com.parrot unknown",
			"at=2026-03-01T11:30:00Z":                            "",
		} {
			// What was not yet known to be a product is one for all times, once it is known.
			got := at(query)
			if query == "at=2026-03-01T12:30:00Z" {
				want = "com.notes unlisted, com.parrot unlisted"
			}
			if words(got) != want || got.Here != (want != "") {
				t.Errorf("%s: %s, here %t", query, words(got), got.Here)
			}
		}
		if got := h.call(t, token, "GET", "/api/v1/hosts/d1/decisions?at=2026-03-02T00:00:00Z", ""); got.status != 422 {
			t.Errorf("what will be: %d", got.status)
		}
		line := `{"host":"d1","identifier":"com.parrot","platform":"android","product":"parrot","version":"1","verdict":"banned","breach":true,` +
			`"findings":[{"finding":"ban","result":"banned","rules":["ban-parrot"],"exemptions":[]},{"finding":"listing","result":"unlisted","rules":[],"exemptions":[]}],"paths":{"ban-parrot":["parrot"]}}`
		if got := h.call(t, token, "GET", "/api/v1/hosts/d1/decisions?at=2026-03-01T13:30:00Z", ""); !strings.Contains(got.body, line) {
			t.Errorf("the line is not as portcullis check has it: %s", got.body)
		}
	})
}

func TestRules(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.stock(t)
		for range 3 {
			h.host(t, "treasury", "com.parrot", "com.notes")
		}
		h.host(t, "audit", "com.parrot")
		h.host(t, "health", "com.parrot")
		token := h.token(t, people.CentreOfficer, "treasury")
		effect := decode[api.RuleEffect](t, h.call(t, token, "GET", "/api/v1/rules/ban-parrot", ""), 200)
		if !effect.Holds || effect.Reaches.Direct != 4 || effect.InBreach != 4 || effect.Clearance != "none" || effect.Components == nil {
			t.Errorf("%+v", effect)
		}
		a := decode[api.Affected](t, h.call(t, token, "POST", "/api/v1/affected", `{"effect": "ban", "target": {"product": "parrot"}, "scope": "treasury"}`), 200)
		if a.Direct != 4 || a.Component != 0 || a.Either != 4 || a.Hosts != 4 || len(a.Bodies) != 2 || len(a.Narrower) == 0 {
			t.Errorf("affected: %+v", a)
		}
	})
}

func TestProposals(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.stock(t)
		h.host(t, "treasury", "com.parrot", "com.notes")
		h.host(t, "treasury", "com.parrot")
		token, second := h.token(t, people.CentreOfficer, "treasury"), h.token(t, people.Approver, "treasury")
		rule := func(text string) string {
			return `{"kind": "ban", "reason": "x", "narrower": "y", "rule": {"effect": "ban", "scope": "treasury", ` + text + `}}`
		}
		for body, field := range map[string]string{
			rule(`"target": {"product": "none"}, "components": false, "clearance": "none"`):                                  "target.product",
			rule(`"target": {"product": "parrot"}, "clearance": "none"`):                                                     "components",
			rule(`"target": {"product": "parrot"}, "components": true`):                                                      "clearance",
			rule(`"target": {"product": "parrot"}, "components": true, "clearance": "none", "siteClass": [""]`):              "siteClass[0]",
			rule(`"target": {"product": "parrot"}, "components": true, "clearance": "none", "platforms": ["amiga"]`):         "platforms",
			rule(`"target": {"product": "parrot", "supplier": "s"}, "components": true, "clearance": "none"`):                "target",
			rule(`"target": {"product": "parrot"}, "components": true, "clearance": "none", "versions": {"from": "2"}`):      "rule.versions.from",
			rule(`"target": {"product": "parrot"}, "components": true, "clearance": "none", "from": "2020-01-01T00:00:00Z"`): "from",
			`{"kind": "law", "reason": "x"}`: "kind",
			`{"kind": "ban", "reason": "x", "rule": {"effect": "ban", "scope": "treasury", "target": {"product": "parrot"}, "components": true, "clearance": "none"}}`: "narrower",
			`{"kind": "ban", "reason": "x", "narrower": "y"}`:                                                                                     "organisation",
			`{"kind": "withdrawal", "reason": "x", "ends": {"rule": "none"}}`:                                                                     "rule",
			`{"kind": "monitor", "organisation": "treasury", "reason": "", "monitor": {"until": "2026-06-01T00:00:00Z"}}`:                         "reason",
			`{"kind": "monitor", "organisation": "treasury", "reason": "x", "monitor": {"until": "2036-06-01T00:00:00Z"}}`:                        "until",
			`{"kind": "process", "organisation": "treasury", "reason": "x", "process": {"ban": {}, "allow": {}, "exemption": {}, "monitor": {}}}`: "ban.sign",
		} {
			p := decode[api.Problem](t, h.call(t, token, "POST", "/api/v1/proposals", body), 422)
			if !slices.ContainsFunc(p.Errors, func(e api.FieldError) bool { return e.Field == field }) {
				t.Errorf("%s: %+v", body, p)
			}
		}
		got := h.call(t, token, "POST", "/api/v1/proposals", `{"kind": "withdrawal", "reason": "It is silent now", "ends": {"rule": "ban-parrot"}}`)
		at := got.header.Get("Location")
		decode[api.Proposal](t, got, 201)
		open := decode[api.Proposal](t, h.call(t, second, "GET", at, ""), 200)
		if !slices.Equal(open.Can, []string{"sign", "refuse", "question", "revise"}) || len(open.Missing) != 1 || open.Missing[0].Permission != "register.ban" {
			t.Errorf("before it is decided: %+v", open)
		}
		waiting := decode[page[api.Proposal]](t, h.call(t, second, "GET", "/api/v1/waiting", ""), 200).Items
		if len(waiting) != 1 || waiting[0].ID != open.ID || !slices.Equal(waiting[0].Can, []string{"sign"}) {
			t.Errorf("waiting: %+v", waiting)
		}
		if stale := h.call(t, second, "POST", at+"/steps", `{"act": "sign", "version": 9, "reason": "x"}`); stale.status != 409 && stale.status != 412 {
			t.Errorf("from a stale version: %d %s", stale.status, stale.body)
		}
		if own := h.call(t, token, "POST", at+"/steps", `{"act": "sign", "version": 1, "reason": "x"}`); own.status != 403 {
			t.Errorf("by who proposed it: %d", own.status)
		}
		wide := decode[api.Problem](t, h.call(t, second, "POST", at+"/steps", `{"act": "sign", "version": 1, "reason": "x"}`), 409)
		if len(wide.Errors) != 1 || wide.Errors[0].Field != "affirmed" {
			t.Errorf("without the number: %+v", wide)
		}
		done := decode[api.Proposal](t, h.call(t, second, "POST", at+"/steps", `{"act": "sign", "version": 1, "reason": "x", "affirmed": 2}`), 200)
		if done.State != "made" || done.Made != "ban-parrot" || done.Steps[1].Counted == nil || done.Steps[1].Counted.Either != 2 {
			t.Errorf("decided: %+v", done)
		}
	})
}

func TestUnlinked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.stock(t)
		token, chief := h.token(t, people.DeviceAdministrator, "treasury"), h.token(t, people.CentreOfficer, "*")
		h.sends(t, token, `{"host": "d1", "platform": "android", "installed": [{"identifier": "com.parrot.two", "version": "2", "name": "PARROT", "publisher": "Birds"}, {"identifier": "com.other"}]}`)
		items := decode[page[api.Unlinked]](t, h.call(t, token, "GET", "/api/v1/unlinked?q=parrot", ""), 200).Items
		if len(items) != 1 || items[0].Identifier != "com.parrot.two" || items[0].Name != "PARROT" || items[0].Hosts != 1 || len(items[0].Suggestions) == 0 || items[0].Suggestions[0].Product != "parrot" {
			t.Errorf("%+v", items)
		}
		next := decode[page[api.Unlinked]](t, h.call(t, token, "GET", "/api/v1/unlinked?limit=1", ""), 200)
		link := fmt.Sprintf(`{"platform": "android", "identifier": %q, "product": "parrot"}`, next.Items[0].Identifier)
		if got := decode[api.Linked](t, h.call(t, chief, "POST", "/api/v1/unlinked", link), 200); got.Product != "parrot" {
			t.Errorf("%+v", got)
		}
		h.follow(t)
		if got := h.call(t, token, "GET", "/api/v1/unlinked?limit=1&after="+next.Next, ""); got.status != 422 || !strings.Contains(got.body, "linked meanwhile") {
			t.Errorf("after what has been linked: %d %s", got.status, got.body)
		}
		if items := decode[page[api.Unlinked]](t, h.call(t, token, "GET", "/api/v1/unlinked", ""), 200).Items; len(items) != 1 {
			t.Errorf("afterwards: %+v", items)
		}
	})
}

// changesSince are the hosts that have changed, and where to go on.
func (h *house) changesSince(t *testing.T, token, after string, limit int) (ids string, c api.HostChanges) {
	t.Helper()
	c = decode[api.HostChanges](t, h.call(t, token, "GET", fmt.Sprintf("/api/v1/changes?limit=%d&after=%s", limit, after), ""), 200)
	var all []string
	for _, item := range c.Items {
		if item.Gone != (item.Host == nil) {
			t.Errorf("%+v", item)
		}
		all = append(all, item.ID)
	}
	return strings.Join(all, " "), c
}

func TestChanges(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		h.sends(t, token, reported("d0", "com.a"))
		ids, c := h.changesSince(t, token, "", 50)
		if ids != "" || c.Next == "" || c.More {
			t.Errorf("at the beginning: %+v", c)
		}
		beginning := c.Next
		for i := range 5 {
			h.sends(t, token, reported(fmt.Sprint("d", i), fmt.Sprint("com.b=", i)))
		}
		h.host(t, "health")
		if ids, c = h.changesSince(t, token, beginning, 50); ids != "d0 d1 d2 d3 d4" || c.More || c.Items[0].Host.Version != 2 {
			t.Errorf("all: %s %+v", ids, c)
		}
		end := c.Next
		var walked []string
		c = api.HostChanges{Next: beginning, More: true}
		for c.More {
			ids, c = h.changesSince(t, token, c.Next, 2)
			walked = append(walked, strings.Fields(ids)...)
		}
		if !slices.Equal(walked, []string{"d0", "d1", "d2", "d3", "d4"}) {
			t.Errorf("walked: %v", walked)
		}
		if ids, _ = h.changesSince(t, token, end, 50); ids != "" {
			t.Errorf("nothing new: %s", ids)
		}
		h.clock.Advance(time.Minute)
		if _, err := h.devices.Move(t.Context(), h.chief(t), "d3", devices.HostMove{Organisation: "health"}); err != nil {
			t.Fatal(err)
		}
		if ids, c = h.changesSince(t, token, end, 50); ids != "d3" || !c.Items[0].Gone {
			t.Errorf("moved away: %+v", c)
		}
		h.clock.Advance(49 * time.Hour)
		for after, says := range map[string]string{end: "two days", end[1:]: "unchanged", "x": "unchanged"} {
			if got := h.call(t, token, "GET", "/api/v1/changes?after="+after, ""); got.status != 422 || !strings.Contains(got.body, says) {
				t.Errorf("%s: %d %s", after, got.status, got.body)
			}
		}
	})
}
