package approvals_test

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
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/alerts"
	rooms "portcullis/approvals"
	"portcullis/devices"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
	"portcullis/web/ui/uitest"
	"portcullis/world"
)

// draftDay is when proposals are drafted in these tests.
var draftDay = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

var draftSchemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, register.Schema, devices.Schema, rooms.Schema}

// draftWorld is a government with a ban that a minister's office clears exemptions from, and a police force that is
// nobody's child.
const draftWorld = `
organisations:
  - {id: gov, name: Government}
  - {id: dept-a, name: Department A, parent: gov}
  - {id: dept-b, name: Department B, parent: gov, list: own}
  - {id: police, name: Police}
suppliers:
  - {id: group, name: Umber Group}
  - {id: maker, name: Umber Apps Ltd, owned_by: [{supplier: group, from: 2024-05-01}]}
products:
  - {id: parrot, kind: app, name: Parrot Chat, supplier: maker, identifiers: {android: [com.parrot]}}
  - {id: notes, kind: app, name: Notes, identifiers: {android: [com.notes]}}
  - {id: maps, kind: app, name: Maps, identifiers: {android: [com.maps], ios: [org.maps]}, contains: [{product: tiles, since: "2"}]}
  - {id: tiles, kind: app, name: Tiles, identifiers: {android: [com.tiles]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: minister, mitigations: [dedicated-device], scope: gov, from: 2026-01-01, reason: "It reads contacts"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: dept-a, from: 2026-01-01, reason: "for work"}
  - {id: ban-tiles-b, effect: ban, target: {product: tiles}, components: false, clearance: none, scope: dept-b, from: 2026-01-01, reason: "It is old"}
exemptions:
  - {id: press, lifts: [ban-parrot], product: parrot, scope: dept-a, subject: {person: anna}, purpose: press work, mitigations: [dedicated-device], clearance: {office: minister, by: The Minister, at: 2026-01-02}, from: 2026-01-02, until: 2026-05-01}
hosts:
  - {id: a1, kind: device, organisation: dept-a, platform: android, holder: anna, groups: [press], installed: [{identifier: com.parrot, version: "1"}, {identifier: com.notes, version: "2"}]}
  - {id: a2, kind: device, organisation: dept-a, platform: android, installed: [{identifier: com.maps, version: "2"}]}
  - {id: a3, kind: device, organisation: dept-a, platform: android, installed: [{identifier: com.parrot, version: "1"}]}
  - {id: b1, kind: device, organisation: dept-b, platform: android, installed: [{identifier: com.maps, version: "2"}]}
  - {id: p1, kind: device, organisation: police, platform: android, installed: [{identifier: com.parrot, version: "2"}]}
`

// bureau is the pages over a world, for those who draft.
type bureau struct {
	t       testing.TB
	people  *people.Room
	room    *rooms.Room
	handler http.Handler
	here    map[string]drafter
}

// drafter is a browser in which somebody has signed in.
type drafter struct {
	*bureau
	id, cookie string
}

func eachBureau(t *testing.T, test func(t *testing.T, b *bureau)) {
	storetest.Run(t, draftSchemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(draftDay)
		b := newBureau(t, open(clock.Now), clock.Now)
		path := filepath.Join(t.TempDir(), "world.yaml")
		if err := os.WriteFile(path, []byte(draftWorld), 0o600); err != nil {
			t.Fatal(err)
		}
		b.load(path)
		test(t, b)
	})
}

func newBureau(t testing.TB, db *store.DB, now func() time.Time) *bureau {
	t.Helper()
	book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, alerts.Kinds, register.Kinds, devices.Kinds, rooms.Kinds)...)
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	fleet, err := devices.OpenFleet(t.Context(), db, now, quiet)
	if err != nil {
		t.Fatal(err)
	}
	persons := &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: quiet}
	outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: book, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	things := &devices.Room{People: persons, Server: "test", Fleet: fleet}
	b := &bureau{t: t, people: persons, room: &rooms.Room{People: persons, Devices: things, Outbox: outbox}, here: map[string]drafter{}}
	g := &gate.Gate{People: persons, Now: now, Log: quiet, Frame: ui.Frame{Body: "Government of Merrow", Now: now()}}
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	all := &register.Room{People: persons}
	for _, route := range slices.Concat(
		approvals.Routes(approvals.Rooms{Approvals: b.room, Devices: things, People: persons, Register: all}),
		devicepages.Routes(devicepages.Rooms{Devices: things, Register: all, People: persons, Approvals: b.room}),
	) {
		mux.Handle(route.Pattern, g.Guard(route))
	}
	b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		mux.ServeHTTP(w, r)
	})
	return b
}

func (b *bureau) load(path string) {
	b.t.Helper()
	loaded, err := world.Load(path, nil, world.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	defer loaded.Close()
	if _, err := b.room.Devices.Import(b.t.Context(), people.Actor{Command: true}, loaded, nil); err != nil {
		b.t.Fatal(err)
	}
	b.follow()
}

func (b *bureau) follow() {
	b.t.Helper()
	if err := b.room.Devices.Fleet.Follow(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// drafter is a person with a role in a body, the same each time; a name tells several apart.
func (b *bureau) drafter(role people.Role, body, name string) drafter {
	b.t.Helper()
	key := fmt.Sprintf("%s@%s/%s", role, body, name)
	if a, known := b.here[key]; known {
		return a
	}
	home := body
	if home == people.Everywhere {
		home = "gov"
	}
	ctx, command := b.t.Context(), people.Actor{Command: true}
	p, err := b.people.AddPerson(ctx, command, home, people.Particulars{Name: "The person " + name, UserName: name, Mail: name + "@merrow.example"})
	if err == nil && role != "" {
		_, err = b.people.GiveRole(ctx, command, p.ID, people.Grant{Role: role, Organisation: body}, people.Period{})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	session, err := b.people.OpenSession(ctx, p.ID, "passkey", "192.0.2.1", "a browser")
	if err != nil {
		b.t.Fatal(err)
	}
	b.here[key] = drafter{b, p.ID, session}
	return b.here[key]
}

func (d drafter) actor() people.Actor { return people.Actor{Session: d.cookie} }

// drafted is what came back.
type drafted struct {
	t              testing.TB
	request        string
	status         int
	location, body string
}

func (d drafter) do(r *http.Request) drafted {
	d.t.Helper()
	r.AddCookie(&http.Cookie{Name: "portcullis", Value: d.cookie})
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	p := drafted{d.t, r.Method + " " + r.URL.RequestURI(), w.Code, w.Header().Get("Location"), string(body)}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		for _, fault := range uitest.Faults(p.body) {
			d.t.Errorf("%s: %s", p.request, fault)
		}
	}
	return p
}

func (d drafter) get(path string) drafted {
	d.t.Helper()
	return d.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends the form of a page back, as a browser would, with some answers put in: names and values, and so on.
func (d drafter) post(path string, pairs ...string) drafted {
	d.t.Helper()
	form := d.get(path).fields()
	put := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		put.Add(pairs[i], pairs[i+1])
	}
	for name, values := range put {
		form[name] = values
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.do(r)
}

var textareas = regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>`)

// fields are the answers in a page's form, as a browser would send them back.
func (p drafted) fields() url.Values {
	p.t.Helper()
	elements, err := uitest.Elements(p.body)
	if err != nil {
		p.t.Fatal(err)
	}
	values, selected := url.Values{}, ""
	for _, e := range elements {
		_, checked := e.Attributes["checked"]
		_, chosen := e.Attributes["selected"]
		switch kind := e.Attributes["type"]; {
		case e.Name == "input" && (kind != "radio" && kind != "checkbox" && kind != "search" || checked):
			values.Add(e.Attributes["name"], e.Attributes["value"])
		case e.Name == "select":
			selected = e.Attributes["name"]
		case e.Name == "option" && (chosen || !values.Has(selected)):
			values.Set(selected, e.Attributes["value"])
		}
	}
	for _, found := range textareas.FindAllStringSubmatch(p.body, -1) {
		values.Set(found[1], html.UnescapeString(found[2]))
	}
	return values
}

func (p drafted) shows(status int, texts ...string) drafted {
	p.t.Helper()
	if p.status != status {
		p.t.Errorf("%s: the status is %d, not %d, to %q: %.3000s", p.request, p.status, status, p.location, mainOf(p.body))
	}
	for _, text := range texts {
		if !strings.Contains(p.body, html.EscapeString(text)) {
			p.t.Errorf("%s: the page does not show %q: %.3000s", p.request, text, mainOf(p.body))
		}
	}
	return p
}

var tags = regexp.MustCompile(`<[^>]*>|\s+`)

// mainOf is what a page says.
func mainOf(body string) string {
	return regexp.MustCompile(` +`).ReplaceAllString(tags.ReplaceAllString(body[max(strings.Index(body, "<main"), 0):], " "), " ")
}

func (p drafted) lacks(texts ...string) drafted {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, html.EscapeString(text)) {
			p.t.Errorf("%s: the page shows %q", p.request, text)
		}
	}
	return p
}

// faults fails the test unless the page keeps the form, with a fault at each of these fields and at no other.
func (p drafted) faults(fields ...string) drafted {
	p.t.Helper()
	if p.status != http.StatusUnprocessableEntity {
		p.t.Errorf("%s: the status is %d, not 422, to %q: %.3000s", p.request, p.status, p.location, mainOf(p.body))
	}
	var at []string
	for _, found := range regexp.MustCompile(`<p id="([^"]*)-error"`).FindAllStringSubmatch(p.body, -1) {
		at = append(at, html.UnescapeString(found[1]))
	}
	slices.Sort(at)
	slices.Sort(fields)
	if !slices.Equal(at, fields) {
		p.t.Errorf("%s: the faults stand at %q, not at %q: %.3000s", p.request, at, fields, mainOf(p.body))
	}
	return p
}

// proposed follows a browser to what it has just proposed.
func (d drafter) proposed(p drafted) rooms.View {
	d.t.Helper()
	id, is := strings.CutPrefix(p.location, "/proposals/")
	id, _, _ = strings.Cut(id, "?")
	if p.status != http.StatusSeeOther || !is || strings.Contains(id, "/") {
		d.t.Fatalf("%s: %d to %q: %.4000s", p.request, p.status, p.location, mainOf(p.body))
	}
	d.get(p.location).shows(http.StatusOK)
	v, err := d.room.Proposal(d.t.Context(), d.actor(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// hrefs are where the links of a page lead that begin with a path.
func (p drafted) hrefs(path string) (found []string) {
	for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(p.body, -1) {
		if to := html.UnescapeString(m[1]); strings.HasPrefix(to, path) {
			found = append(found, to)
		}
	}
	return found
}
