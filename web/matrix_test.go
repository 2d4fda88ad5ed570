package web_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/handbook"
	"portcullis/internal/agreed"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/people/passkey"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/vetting"
	"portcullis/web"
	"portcullis/web/account"
	"portcullis/web/directory"
	"portcullis/web/gate"
	"portcullis/web/osquery"
	"portcullis/web/santa"
	"portcullis/web/zones"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// testClock stands still.
var testClock = storetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))

var command = people.Actor{Command: true}

// estate is a server with two bodies below one root. Everything of the tower is called Tower-…, so that
// it is noticed where only the harbour may be seen.
type estate struct {
	db     *store.DB
	room   *people.Room
	parts  web.Parts
	server http.Handler
	// own and other are what stands for a parameter of a pattern, by its name or what stands before it.
	own, other map[string]string
	made       int
	officer    people.Made
}

func newEstate(t testing.TB, db *store.DB) *estate {
	t.Helper()
	book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, alerts.Kinds, handbook.Kinds, register.Kinds, devices.Kinds, enforce.Kinds, approvals.Kinds, vetting.Kinds)...)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	room := &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: log}
	outbox, err := alerts.New(alerts.Config{Base: "http://localhost:1", Domain: "localhost.example", Ledger: book, Chance: rand.Reader,
		MailboxOf: people.MailboxOf})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := passkey.New(passkey.Config{URL: "http://localhost:1", Name: "Portcullis of a test"})
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := devices.OpenFleet(t.Context(), db, testClock.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	things := &devices.Room{People: room, Server: "test", Fleet: fleet}
	intake := devices.NewIntake(things, testClock.Now)
	go intake.Run(t.Context())
	go fleet.Run(t.Context())
	g := &gate.Gate{People: room, Now: testClock.Now, Log: log, Navigation: web.Navigation, First: web.First}
	desk := alerts.Desk{People: room, Outbox: outbox}
	e := &estate{db: db, room: room, parts: web.Parts{
		Gate: g, People: room, Alerts: desk, Devices: things, Register: &register.Room{People: room}, Handbook: &handbook.Room{People: room}, Enforce: &enforce.Room{People: room, Fleet: fleet, Outbox: outbox}, Approvals: &approvals.Room{People: room, Devices: things, Outbox: outbox}, Intake: intake, Metrics: prometheus.NewRegistry(), URL: &url.URL{Scheme: "http", Host: "localhost:1"},
		Account:   &account.Area{People: room, Passkeys: keys, Gate: g, Now: testClock.Now, Chance: rand.Reader, URL: "http://localhost:1", Alerts: desk},
		Directory: directory.Options{Join: func(link string) string { return "http://localhost:1/join/" + link }, Link: desk.Link},
	}}
	e.parts.Vetting = vetting.New(room, e.parts.Approvals, fleet)
	agents := enforce.NewAgents(room, fleet, testClock.Now)
	go agents.Run(t.Context())
	e.parts.Santa = santa.New(enforce.NewSanta(e.parts.Enforce, agents, intake, testClock.Now), e.parts.Metrics)
	e.parts.Osquery = osquery.New(enforce.NewOsquery(agents, intake, rand.Reader, 0), e.parts.Metrics)
	e.parts.Zones = zones.New(enforce.NewZones(e.parts.Enforce, testClock.Now), e.parts.Metrics, log)
	e.server = web.Handler(e.parts)
	must(t, room, people.NewOrganisation{ID: "realm", Name: "Realm"})
	must(t, room, people.NewOrganisation{ID: "harbour", Name: "Harbour", Parent: "realm"})
	must(t, room, people.NewOrganisation{ID: "tower", Name: "Tower-body", Parent: "realm"})
	if e.officer, err = room.MakeToken(t.Context(), command, "officer", people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere}, people.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.parts.Register.AddSupplier(t.Context(), e.decides(), policy.Supplier{ID: "maker", Name: "Maker"}); err != nil {
		t.Fatal(err)
	}
	product := policy.Product{ID: "parrot", Kind: policy.App, Name: "Parrot", Supplier: "maker", Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.parrot"}}}}
	if _, err := e.parts.Register.AddProduct(t.Context(), e.decides(), product); err != nil {
		t.Fatal(err)
	}
	e.own, e.other = e.things(t, "harbour", "Harbour"), e.things(t, "tower", "Tower")
	return e
}

// decides is somebody who decides for all.
func (e *estate) decides() people.Actor { return people.Actor{Token: e.officer.Secret} }

// device is a new device of a body, which everybody's fleet knows, and a rule of the body's own.
func (e *estate) device(t testing.TB, organisation, name string) (device, rule string) {
	t.Helper()
	ctx := t.Context()
	device, rule = fmt.Sprintf("device-%d", e.made), fmt.Sprintf("rule-%d", e.made)
	report := devices.Report{Host: device, Name: name + "-device", Organisation: organisation, Platform: policy.Android, Installed: []policy.Installation{{Identifier: "com.parrot", Version: "1"}}}
	got, err := e.parts.Intake.Report(ctx, command, []devices.Report{report})
	if err != nil || got.Errors[0] != nil {
		t.Fatal(err, got.Errors)
	}
	_, err = agreed.Act(ctx, e.room, command, func(tx *people.Tx) (policy.Rule, error) {
		return register.AddRule(tx, policy.Rule{ID: rule, Effect: policy.Allow, Target: policy.Target{Product: "parrot"}, Scope: organisation, Period: policy.Period{From: testClock.Now()}, Reason: "A test"})
	})
	if err == nil {
		err = e.parts.Devices.Fleet.Follow(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	return device, rule
}

// exemption is one from no ban, for a device of a body.
func (e *estate) exemption(t testing.TB, organisation, device, name string) string {
	t.Helper()
	made, err := agreed.Act(t.Context(), e.room, e.decides(), func(tx *people.Tx) (policy.Exemption, error) {
		return register.AddExemption(tx, policy.Exemption{ID: fmt.Sprintf("exemption-%d", e.made), Product: "parrot", Scope: organisation, Subject: policy.ExemptionSubject{Host: device}, Purpose: name + "-purpose",
			Period: policy.Period{From: testClock.Now(), Until: testClock.Now().AddDate(0, 1, 0)}})
	})
	if err == nil {
		err = e.parts.Devices.Fleet.Follow(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// asks has somebody ask for an app in their own body.
func (e *estate) asks(t testing.TB, who people.Actor, organisation, name string) string {
	t.Helper()
	p, err := e.parts.Approvals.Propose(t.Context(), who, approvals.Draft{Kind: approvals.Allow, Reason: name + "-reason", Content: approvals.Content{
		Rule: &policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: "parrot"}, Scope: organisation},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func must(t testing.TB, room *people.Room, n people.NewOrganisation) {
	t.Helper()
	if _, err := room.AddOrganisation(t.Context(), command, n); err != nil {
		t.Fatal(err)
	}
}

// things makes one of everything in a body.
func (e *estate) things(t testing.TB, organisation, name string) map[string]string {
	t.Helper()
	ctx := t.Context()
	e.made++
	p, err := e.room.AddPerson(ctx, command, organisation, people.Particulars{Name: name + "-person", Mail: fmt.Sprintf("%s-person-%d@%s.example", name, e.made, organisation)})
	if err != nil {
		t.Fatal(err)
	}
	group, err := e.room.AddGroup(ctx, command, organisation, name+"-group", "", []string{p.ID})
	if err != nil {
		t.Fatal(err)
	}
	token, err := e.room.MakeToken(ctx, command, name+"-token", people.Grant{Role: people.Staff, Organisation: organisation}, people.Time{})
	if err != nil {
		t.Fatal(err)
	}
	session, err := e.room.OpenSession(ctx, p.ID, "test", "", "")
	if err != nil {
		t.Fatal(err)
	}
	who, err := e.room.Enter(ctx, people.Actor{Session: session}, "")
	if err != nil {
		t.Fatal(err)
	}
	hook, err := e.parts.Alerts.AddEndpoint(ctx, command, alerts.Endpoint{Organisation: organisation, URL: "https://hooks.example/" + name + "-hook"})
	if err != nil {
		t.Fatal(err)
	}
	device, rule := e.device(t, organisation, name)
	exemption := e.exemption(t, organisation, device, name)
	proposal := e.asks(t, people.Actor{Session: session}, organisation, name)
	note, err := e.parts.Handbook.Pass(ctx, people.Actor{Session: session}, handbook.Note{Day: "2026-02-27", Channel: handbook.Mail, With: name + "-pilot", Subject: name + "-subject", Where: name + "-file"})
	if err != nil {
		t.Fatal(err)
	}
	zone, _, err := e.parts.Enforce.AddZone(ctx, command, enforce.Zone{Name: fmt.Sprintf("rpz%d.example", e.made), Organisation: organisation})
	if err != nil {
		t.Fatal(err)
	}
	looked, err := e.parts.Vetting.Assess(ctx, e.decides(), vetting.Upload{Organisation: organisation, Name: name + "-file.apk", Size: int64(len(name)), File: strings.NewReader(name)})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"vetting": looked.ID, "reports": looked.ID, "criteria": organisation, "report": "json",
		"products": "parrot", "zones": zone.ID, "zone": zone.Name, "name-servers": zone.ID, "network": "none", "networks": "none",
		"proposals": proposal, "exemptions": exemption, "process": organisation, "supplier": "maker", "product": "parrot", "santa": "none", "order": "none", "host": device, "key": "none", "stage": "preflight", "machine": "none", "devices": device, "hosts": device, "rules": rule, "apps": "parrot", "suppliers": "maker", "triage": organisation, "device": device, "kind": "csv", "form": "android", "inventories": "csv", "demonstration": "none",
		"advice": "own-devices", "passed": note.ID, "notes": note.ID, "sources": "api", "endpoints": hook.ID, "people": p.ID, "persons": p.ID, "Users": p.ID, "organisations": organisation, "groups": group.ID, "Groups": group.ID, "tokens": token.ID,
		"role": string(people.Staff), "organisation": organisation, "session": who.Who.Session, "person": p.ID, "member": p.ID,
		"members": p.ID, "sessions": who.Who.Session, "passkeys": "none", "messages": "none", "releases": "none", "join": "none", "with": "none", "back": "none",
		"Schemas": "urn:ietf:params:scim:schemas:core:2.0:User", "ResourceTypes": "User",
	}
}

// visitor is somebody with one role in the harbour, in a browser and as a program.
type visitor struct {
	role           people.Role
	session, token string
}

func (e *estate) visitor(t testing.TB, role people.Role) visitor {
	t.Helper()
	ctx := t.Context()
	p, err := e.room.AddPerson(ctx, command, "harbour", people.Particulars{Name: "Holder of " + string(role), Mail: "holder-of-" + string(role) + "@harbour.example"})
	if err != nil {
		t.Fatal(err)
	}
	v, grant := visitor{role: role}, people.Grant{Role: role, Organisation: "harbour"}
	if role != "" {
		if _, err := e.room.GiveRole(ctx, command, p.ID, grant, people.Period{}); err != nil {
			t.Fatal(err)
		}
		made, err := e.room.MakeToken(ctx, command, "of "+string(role), grant, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		v.token = made.Secret
	}
	if v.session, err = e.room.OpenSession(ctx, p.ID, "test", "", ""); err != nil {
		t.Fatal(err)
	}
	return v
}

var parameter = regexp.MustCompile(`/([^/]+)/\{(\w+)(\.\.\.)?\}`)

// path fills the parameters of a pattern.
func path(t testing.TB, pattern string, things map[string]string) (method, path string) {
	t.Helper()
	method, path, found := strings.Cut(pattern, " ")
	if !found {
		method, path = "PUT", method // for a method that no other pattern of this path has
	}
	path = strings.TrimSuffix(path, "{$}")
	for {
		m := parameter.FindStringSubmatchIndex(path)
		if m == nil {
			return method, path
		}
		before, name := path[m[2]:m[3]], path[m[4]:m[5]]
		thing, known := things[name]
		if name == "id" || !known {
			thing, known = things[before]
		}
		if !known {
			t.Fatalf("%s: the test does not know what {%s} below /%s is: add it to the things", pattern, name, before)
		}
		path = path[:m[3]] + "/" + url.PathEscape(thing) + path[m[1]:]
	}
}

// sent is what a program sends to each route that changes something, by its pattern. {x} stands for one
// of the things.
var sent = map[string]string{
	"POST /api/v1/organisations":                   `{"name": "New {unique}", "parent": "{organisation}"}`,
	"PATCH /api/v1/organisations/{id}":             `{"name": "Renamed"}`,
	"POST /api/v1/persons":                         `{"name": "New", "mail": "new-{unique}@x.example", "organisation": "{organisation}"}`,
	"PATCH /api/v1/persons/{id}":                   `{"active": false}`,
	"POST /api/v1/persons/{id}/roles":              `{"role": "staff", "organisation": "{organisation}"}`,
	"POST /api/v1/groups":                          `{"name": "New", "organisation": "{organisation}"}`,
	"PATCH /api/v1/groups/{id}":                    `{"name": "Renamed"}`,
	"POST /api/v1/tokens":                          `{"name": "New", "role": "staff", "organisation": "{organisation}"}`,
	"POST /api/v1/persons/{id}/invitation":         ``,
	"POST /api/v1/endpoints":                       `{"organisation": "{organisation}", "url": "https://hooks.example/"}`,
	"PATCH /api/v1/endpoints/{id}":                 `{"disabled": true}`,
	"POST /api/v1/zones":                           `{"name": "rpz{unique}.new.example", "organisation": "{organisation}"}`,
	"PATCH /api/v1/zones/{id}":                     `{"notify": [{"address": "192.0.2.53:{unique}"}]}`,
	"POST /api/v1/zones/{id}/rotation":             `{"key": true}`,
	"POST /api/v1/hosts":                           `{"id": "api-{unique}", "platform": "android", "organisation": "{organisation}"}`,
	"PATCH /api/v1/hosts/{id}":                     `{"name": "Renamed {unique}"}`,
	"POST /api/v1/hosts/{id}/move":                 `{"organisation": "{organisation}"}`,
	"POST /api/v1/hosts/{id}/retire":               `{"state": "lost"}`,
	"POST /api/v1/hosts/{id}/releases":             `{"ownership": "personal", "reason": "A test"}`,
	"POST /api/v1/releases/{id}/answer":            `{"agree": true}`,
	"POST /api/v1/affected":                        `{"effect": "ban", "target": {"any": true}, "scope": "{organisation}"}`,
	"POST /api/v1/organisations/{id}/triage":       `{"apps": ["product parrot"], "decision": "leave-unlisted"}`,
	"POST /api/v1/unlinked":                        `{"platform": "android", "identifier": "com.api{unique}", "product": "parrot"}`,
	"POST /api/v1/reports":                         `{"host": "api-{unique}", "platform": "android", "organisation": "{organisation}", "installed": []}`,
	"POST /api/v1/vetting/reports/{id}/again":      `{}`,
	"POST /api/v1/vetting/reports/{id}/conclusion": `{"outcome": "keep", "rationale": "A test"}`,
	"POST /api/v1/organisations/{id}/criteria":     `{"text": "", "reason": "A test"}`,
	"POST /api/v1/organisations/{id}/trackers":     `{"text": "", "reason": "A test"}`,
	"POST /api/v1/proposals":                       `{"kind": "monitor", "organisation": "{organisation}", "monitor": {"until": "2026-06-01T00:00:00Z"}, "reason": "A test"}`,
	"POST /api/v1/proposals/{id}/steps":            `{"act": "take-back", "version": 1}`,
	"POST /api/v1/exemptions/{id}/end":             `{"reason": "A test"}`,
	"POST /osquery/enroll":                         `{"enroll_secret": "none"}`,
	"POST /osquery/config":                         `{"node_key": "none"}`,
	"POST /osquery/log":                            `{"node_key": "none"}`,
	"POST /osquery/distributed/read":               `{"node_key": "none"}`,
	"POST /osquery/distributed/write":              `{"node_key": "none"}`,
	"POST /api/v1/reports/batch":                   `{"reports": []}`, // each stands for itself: package api has a test of whose

	"POST /api/v1/zones/{id}/networks":                  `{"network": "192.0.2.0/24", "until": "2026-06-01T00:00:00Z", "reason": "A test"}`,
	"POST /api/v1/zones/{id}/networks/{network}/answer": `{"agree": true}`,
}

// asked is what stands in the address of each route that does not work without.
var asked = map[string]string{
	"GET /api/v1/artefacts/{form}":          "?organisation={organisation}",
	"GET /api/v1/artefacts/{form}/manifest": "?organisation={organisation}",
	"GET /api/v1/proposals/{id}/dry-run":    "?form=android&organisation={organisation}",
	"GET /device-lists":                     "?organisation={organisation}",
	"GET /device-lists/{form}":              "?organisation={organisation}",
	"GET /device-lists/{form}/file":         "?organisation={organisation}",
	"GET /device-lists/{form}/manifest":     "?organisation={organisation}",
}

// typed is what stands in the forms of pages: a form takes what it knows.
const typed = "name=New&mail=new-{unique}%40x.example&organisation={organisation}&parent={organisation}&role=staff&reason=A+test&list=own" +
	"&until-day=1&until-month=6&until-year=2026&member={person}&person={person}&persons={person}&confirm=yes&q=person"

// filled is a body with the things in it.
func (e *estate) filled(body string, things map[string]string) string {
	e.made++
	body = strings.ReplaceAll(body, "{unique}", fmt.Sprint(e.made))
	for name, thing := range things {
		body = strings.ReplaceAll(body, "{"+name+"}", thing)
	}
	return body
}

func (e *estate) ask(t *testing.T, v visitor, route gate.Route, things map[string]string) (int, string) {
	t.Helper()
	method, path := path(t, route.Pattern, things)
	path += e.filled(asked[route.Pattern], things)
	body := ""
	if known, is := sent[route.Pattern]; is {
		body = e.filled(known, things)
	} else if route.Fail == nil && method == "POST" {
		body = e.filled(typed, things)
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	switch {
	case route.Fail != nil && v.token != "":
		r.Header.Set("Authorization", "Bearer "+v.token)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
	case route.Fail == nil:
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if v.session != "" {
			r.AddCookie(&http.Cookie{Name: "portcullis", Value: v.session})
		}
	}
	w := httptest.NewRecorder()
	e.server.ServeHTTP(w, r)
	answer, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(answer)
}

// refusals are the answers that let nobody in.
var refusals = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}

// TestEveryRouteForEveryRole asks every route of the list, as every role and as nobody, for what is
// one's own body's and for what is another's.
func TestEveryRouteForEveryRole(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		e := newEstate(t, open(testClock.Now))
		routes := web.Routes(web.Parts{Gate: e.parts.Gate, People: e.parts.People, Alerts: e.parts.Alerts, Account: e.parts.Account, Directory: e.parts.Directory, URL: e.parts.URL, Metrics: prometheus.NewRegistry(),
			Devices: e.parts.Devices, Register: e.parts.Register, Handbook: e.parts.Handbook, Enforce: e.parts.Enforce, Approvals: e.parts.Approvals, Vetting: e.parts.Vetting, Intake: e.parts.Intake, Santa: e.parts.Santa, Osquery: e.parts.Osquery})
		for _, line := range append(slices.Clone(people.Roles), people.RoleLine{}) {
			v := e.visitor(t, line.Role)
			for _, route := range routes {
				if route.Permission == "" {
					t.Errorf("%s names no permission", route.Pattern)
				}
				if route.Permission == gate.Open || route.Permission == gate.Public || route.Permission == gate.Device || strings.HasPrefix(route.Pattern, "POST /account/sessions/") {
					continue // everybody's, or no role's; and signing out would end the test
				}
				e.asOwn(t, v, route)
				e.asOther(t, v, route)
			}
		}
		for _, route := range routes {
			if route.Permission == gate.Open || route.Permission == gate.Public {
				continue
			}
			status, body := e.ask(t, visitor{}, route, e.own)
			led := status == http.StatusSeeOther && strings.HasPrefix(route.Pattern, "GET ") && route.Fail == nil
			told := status == http.StatusOK && route.Permission == gate.Device && body == `{"node_invalid":true}` // as osquery is told
			if !led && !told && status != http.StatusUnauthorized || strings.Contains(body, "Harbour-") {
				t.Errorf("nobody: %s: %d", route.Pattern, status)
			}
		}
	})
}

// asOwn asks for what is of the visitor's own body: it is refused if, and only if, the role lacks the
// permission.
func (e *estate) asOwn(t *testing.T, v visitor, route gate.Route) {
	t.Helper()
	if route.Fail != nil && v.token == "" {
		return
	}
	things := e.own
	if v.session != "" && strings.Contains(route.Pattern, "/proposals/{id}") && route.Fail == nil {
		things = maps.Clone(things)
		things["proposals"] = e.asks(t, people.Actor{Session: v.session}, "harbour", "Harbour") // one sees what one has asked for
	}
	status, body := e.ask(t, v, route, things)
	if !strings.HasPrefix(route.Pattern, "GET ") && status < 400 {
		e.own = e.things(t, "harbour", "Harbour") // it may have been changed, or be gone
	}
	switch may := e.may(v, route); {
	case status >= 500 && status != http.StatusNotImplemented:
		t.Errorf("%s: %s: %d %.300s", v.role, route.Pattern, status, body)
	case !may && status != http.StatusForbidden:
		t.Errorf("%s may not %s, and it is answered with %d", v.role, route.Pattern, status)
	case may && (status == http.StatusForbidden || status == http.StatusUnauthorized) && !everywhere(route):
		t.Errorf("%s may %s, and it is answered with %d %.500s", v.role, route.Pattern, status, body)
	case strings.Contains(body, "Tower-") && route.Pattern != "GET /apps/{id}": // a rule says for whom it is, and rules are public
		t.Errorf("%s: %s shows what is another body's", v.role, route.Pattern)
	}
}

// everywhere tells whether what a route does is asked about for all organisations, or is for those alone who have a
// part in it or whose program it is, or needs more than its route says: one role in one body does not do.
func everywhere(route gate.Route) bool {
	for _, part := range []string{"/access", "/advice/add", "/advice/{id}/change", "/advice/{id}/take-back", "POST /api/v1/advice", "/api/v1/advice/{id}", "/channels/passed/{id}", "/channels/passed/{id}/correct", "/notices", "/organisations/add", "POST /api/v1/organisations", "/unlinked/link", "POST /api/v1/unlinked", "POST /api/v1/proposals", "/api/v1/proposals/{id}", "/proposals/{id}/dry-run", "/api/v1/proposals/{id}/steps", "/api/v1/hosts/{id}/releases", "/api/v1/releases/{id}/answer", "/api/v1/releases/{id}/take-back", "/api/v1/zones/{id}/networks", "/api/v1/zones/{id}/networks/{network}/answer", "/api/v1/zones/{id}/networks/{network}/take-back", "/proposals/new/supplier/{id}", "/proposals/new/product/{id}"} {
		if strings.HasSuffix(route.Pattern, part) {
			return true
		}
	}
	return false
}

// may tells whether the role has the route's permission. A program has nothing of its own.
func (e *estate) may(v visitor, route gate.Route) bool {
	if route.Permission == people.Own {
		return route.Fail == nil
	}
	return slices.ContainsFunc(people.Table, func(l people.Line) bool {
		return l.Permission == route.Permission && slices.Contains(l.Roles, v.role)
	})
}

// asOther asks for what is of another body: it is refused, shows nothing and changes nothing.
func (e *estate) asOther(t *testing.T, v visitor, route gate.Route) {
	t.Helper()
	about := parameter.MatchString(route.Pattern) || strings.Contains(sent[route.Pattern], "{organisation}")
	if !about || route.Fail != nil && v.token == "" || ofNobody(route) {
		return
	}
	before := e.recorded(t)
	status, body := e.ask(t, v, route, e.other)
	if !slices.Contains(refusals, status) || strings.Contains(body, "Tower-") {
		t.Errorf("%s: %s of another body: %d", v.role, route.Pattern, status)
	}
	if strings.Contains(route.Pattern, "/devices/{id}") || strings.Contains(route.Pattern, "/hosts/{id}") {
		nobodys := maps.Clone(e.other)
		nobodys["devices"], nobodys["hosts"] = "none", "none"
		if none, _ := e.ask(t, v, route, nobodys); none != status {
			t.Errorf("%s: %s of another body: %d, and of none: %d", v.role, route.Pattern, status, none)
		}
	}
	if after := e.recorded(t); after != before {
		t.Errorf("%s: %s of another body changed something: %d entries, then %d", v.role, route.Pattern, before, after)
	}
}

// ofNobody tells whether the parameter of a route is no body's: what it shows is the same for all.
func ofNobody(route gate.Route) bool {
	for _, part := range []string{"/Schemas/", " /advice/", "/api/v1/advice/", "/ResourceTypes/", "/proposals/new/", "GET /roles/", "GET /apps/", "GET /suppliers/", "GET /rules/{id}", "GET /register/past/apps/", "GET /register/past/rules/", "GET /register/past/suppliers/", "GET /api/v1/rules/{id}", "GET /api/v1/suppliers/", "GET /api/v1/products/", "/inventories/"} {
		if strings.Contains(route.Pattern, part) {
			return true
		}
	}
	return false
}

// recorded is how many entries have been recorded: whatever changes something leaves one.
func (e *estate) recorded(t *testing.T) (n int64) {
	t.Helper()
	err := e.db.Read(t.Context(), func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM ledger_payload`, nil, &n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}
