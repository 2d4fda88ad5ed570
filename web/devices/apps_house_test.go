package devices_test

import (
	"crypto/rand"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/approvals"
	rooms "portcullis/devices"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
	"portcullis/web/ui/uitest"
	"portcullis/world"
)

// springTime is when these tests take place.
var springTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var byCommand = people.Actor{Command: true}

var roomSchemas = []store.Schema{ledger.Schema, people.Schema, register.Schema, rooms.Schema, approvals.Schema}

// quay is the pages about apps over the rooms that they show.
type quay struct {
	t       testing.TB
	people  *people.Room
	devices *rooms.Room
	intake  *rooms.Intake
	handler http.Handler
	held    int
}

// eachQuay runs test on both engines, over the world of a text.
func eachQuay(t *testing.T, text string, test func(q *quay)) {
	storetest.Run(t, roomSchemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(springTime)
		q := newQuay(t, open(clock.Now), clock.Now)
		file := filepath.Join(t.TempDir(), "world.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		q.load(file)
		test(q)
	})
}

func newQuay(t testing.TB, db *store.DB, now func() time.Time) *quay {
	t.Helper()
	book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, register.Kinds, rooms.Kinds, approvals.Kinds)...)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	fleet, err := rooms.OpenFleet(t.Context(), db, now, log)
	if err != nil {
		t.Fatal(err)
	}
	id, err := db.NewID()
	if err != nil {
		t.Fatal(err)
	}
	q := &quay{t: t, people: &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: log}}
	q.devices = &rooms.Room{People: q.people, Server: id, Fleet: fleet}
	q.intake = rooms.NewIntake(q.devices, now)
	go q.intake.Run(t.Context())
	ended := make(chan struct{})
	t.Cleanup(func() { <-ended })
	go func() { defer close(ended); fleet.Run(t.Context()) }()
	g := &gate.Gate{People: q.people, Now: now, Log: log, Navigation: devices.Places(), Frame: ui.Frame{Body: "Republic of Merrow", Now: now()}}
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	for _, route := range q.routes() {
		mux.Handle(route.Pattern, g.Guard(route))
	}
	q.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		mux.ServeHTTP(w, r)
	})
	return q
}

func (q *quay) routes() []gate.Route {
	return devices.Routes(devices.Rooms{Devices: q.devices, Register: &register.Room{People: q.people}, People: q.people, Approvals: &approvals.Room{People: q.people, Devices: q.devices}})
}

// load imports a world file.
func (q *quay) load(file string) {
	q.t.Helper()
	loaded, err := world.Load(file, nil, world.Options{})
	if err != nil {
		q.t.Fatal(err)
	}
	defer loaded.Close()
	if _, err := q.devices.Import(q.t.Context(), byCommand, loaded, nil); err != nil {
		q.t.Fatal(err)
	}
	q.catchUp()
}

// catchUp waits until the fleet answers on all that has been decided.
func (q *quay) catchUp() {
	q.t.Helper()
	entry, err := q.people.Enter(q.t.Context(), byCommand, "")
	if err == nil {
		err = q.devices.Fleet.Await(q.t.Context(), entry.Generation)
	}
	if err != nil {
		q.t.Fatal(err)
	}
}

// decided adds a rule as somebody has decided it, and returns its id. It holds since a while, unless it says since when.
func (q *quay) decided(rule policy.Rule) string {
	q.t.Helper()
	if rule.From.IsZero() {
		rule.From = springTime.AddDate(0, -1, 0)
	}
	made, err := people.Act(q.t.Context(), q.people, byCommand, func(tx *people.Tx) (policy.Rule, error) {
		tx.Asked("a test decides")
		return register.AddRule(tx, rule)
	})
	if err != nil {
		q.t.Fatal(err)
	}
	q.catchUp()
	return made.ID
}

// ends has a rule end, now where no time is given.
func (q *quay) ends(rule string, until time.Time, reason string) {
	q.t.Helper()
	_, err := people.Act(q.t.Context(), q.people, byCommand, func(tx *people.Tx) (policy.Rule, error) {
		tx.Asked("a test decides")
		return register.EndRule(tx, rule, people.TimeOf(until), reason)
	})
	if err != nil {
		q.t.Fatal(err)
	}
	q.catchUp()
}

// guest is a browser in which somebody with a role has signed in.
type guest struct {
	*quay
	cookie string
}

func (q *quay) guest(role people.Role, organisation string) guest {
	if organisation == people.Everywhere {
		return q.guestOf(role, organisation, "gov")
	}
	return q.guestOf(role, organisation, organisation)
}

// guestOf is one whose home is another organisation than the one that their role is for.
func (q *quay) guestOf(role people.Role, organisation, home string) guest {
	q.t.Helper()
	ctx := q.t.Context()
	q.held++
	p, err := q.people.AddPerson(ctx, byCommand, home, people.Particulars{Name: "Holder of " + role.Name(), Mail: fmt.Sprintf("holder-%d@merrow.example", q.held)})
	if err != nil {
		q.t.Fatal(err)
	}
	if _, err := q.people.GiveRole(ctx, byCommand, p.ID, people.Grant{Role: role, Organisation: organisation}, people.Period{}); err != nil {
		q.t.Fatal(err)
	}
	session, err := q.people.OpenSession(ctx, p.ID, "passkey", "192.0.2.1", "a browser")
	if err != nil {
		q.t.Fatal(err)
	}
	return guest{q, session}
}

// told has a device report an identifier by a name, as its tool does.
func (q *quay) told(reports ...rooms.Report) {
	q.t.Helper()
	got, err := q.intake.Report(q.t.Context(), byCommand, reports)
	if err != nil {
		q.t.Fatal(err)
	}
	for _, err := range got.Errors {
		if err != nil {
			q.t.Fatal(err)
		}
	}
	last := reports[len(reports)-1]
	deadline := time.Now().Add(20 * time.Second)
	for {
		if h, _, err := q.devices.Fleet.Index().Verdicts(last.Host); err == nil && len(h.Installed) >= len(last.Installed) {
			return
		}
		if time.Now().After(deadline) {
			q.t.Fatalf("%s is not known", last.Host)
		}
		q.devices.Fleet.Wake()
	}
}

// page is what came back.
type page struct {
	t        testing.TB
	request  string
	status   int
	location string
	body     string
}

func (v guest) do(r *http.Request) page {
	v.t.Helper()
	if v.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "portcullis", Value: v.cookie})
	}
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	p := page{v.t, r.Method + " " + r.URL.RequestURI(), w.Code, w.Header().Get("Location"), string(body)}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		wellMade(p)
	}
	return p
}

// wellMade holds what every page must have: well-formed HTML, and a label for every input.
func wellMade(p page) {
	p.t.Helper()
	elements, err := uitest.Elements(p.body)
	if err != nil {
		p.t.Errorf("%s: %v", p.request, err)
	}
	for _, fault := range uitest.Faults(p.body) {
		p.t.Errorf("%s: %s", p.request, fault)
	}
	labels := map[string]bool{}
	for _, e := range elements {
		if e.Name == "label" {
			labels[e.Attributes["for"]] = true
		}
	}
	for _, e := range elements {
		asks := e.Name == "select" || e.Name == "textarea" || e.Name == "input" && e.Attributes["type"] != "hidden"
		if asks && !labels[e.Attributes["id"]] {
			p.t.Errorf("%s: line %d: the %s %q has no label", p.request, e.Line, e.Name, e.Attributes["name"])
		}
	}
}

func (v guest) get(path string) page {
	v.t.Helper()
	return v.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form: names and values, and so on.
func (v guest) post(path string, pairs ...string) page {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

// shows fails the test unless the page has the status, and all the texts as they are read.
func (p page) shows(status int, texts ...string) page {
	p.t.Helper()
	if p.status != status {
		p.t.Errorf("%s: the status is %d, not %d: %.2000s", p.request, p.status, status, p.body)
	}
	for _, text := range texts {
		if !strings.Contains(p.body, html.EscapeString(text)) {
			p.t.Errorf("%s: the page does not show %q", p.request, text)
		}
	}
	return p
}

// lacks fails the test where the page has one of the texts.
func (p page) lacks(texts ...string) page {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, html.EscapeString(text)) {
			p.t.Errorf("%s: the page shows %q", p.request, text)
		}
	}
	return p
}

// has fails the test unless the page has all of some HTML.
func (p page) has(parts ...string) page {
	p.t.Helper()
	for _, part := range parts {
		if !strings.Contains(p.body, part) {
			p.t.Errorf("%s: the page has no %s", p.request, part)
		}
	}
	return p
}

// leads fails the test unless the browser is sent to a path that begins so, and follows it.
func (v guest) leads(p page, path string) page {
	v.t.Helper()
	if p.status != http.StatusSeeOther || !strings.HasPrefix(p.location, path) {
		v.t.Fatalf("%s: %d to %q, not to %q: %.3000s", p.request, p.status, p.location, path, p.body)
	}
	return v.get(p.location)
}

// cells are the texts of a page's table cells and headings of rows, joined, for looking rows up.
func (p page) row(first string) string {
	p.t.Helper()
	at := strings.Index(p.body, html.EscapeString(first))
	if at < 0 {
		p.t.Fatalf("%s: no row %q", p.request, first)
	}
	begin, end := strings.LastIndex(p.body[:at], "<tr"), strings.Index(p.body[at:], "</tr>")
	if begin < 0 || end < 0 {
		p.t.Fatalf("%s: %q stands in no row", p.request, first)
	}
	return p.body[begin : at+end]
}

// inventory is a report of a device of A.
func inventory(host, identifier, name, publisher string) rooms.Report {
	return rooms.Report{
		Host: host, Organisation: "dept-a", Platform: policy.Android, Installed: []policy.Installation{{Identifier: identifier, Version: "1"}},
		Names: []rooms.Named{{Identifier: identifier, Platform: policy.Android, Name: name, Publisher: publisher}},
	}
}
