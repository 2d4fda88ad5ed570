package approvals_test

import (
	"crypto/rand"
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
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/approvals"
	"portcullis/web/gate"
	"portcullis/web/ui"
	"portcullis/web/ui/uitest"
	"portcullis/world"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, register.Schema, devices.Schema, rooms.Schema}
	command = people.Actor{Command: true}
)

// government has a few devices, a ban that a minister's office clears exemptions from, and a police force that is
// nobody's child.
const government = `
organisations:
  - {id: gov, name: Government of Merrow}
  - {id: light, name: "Department of Light, Fog and Signals", parent: gov}
  - {id: pilots, name: Board of Pilots, parent: light}
  - {id: justice, name: Department of Justice, parent: gov, list: own}
  - {id: police, name: Harbour Police}
suppliers:
  - {id: group, name: Umberfell Group}
  - {id: maker, name: Umberfell Apps, owned_by: [{supplier: group, from: 2020-01-01}]}
products:
  - {id: parrot, kind: app, name: Parrot Chat, supplier: maker, identifiers: {android: [com.parrot]}}
  - {id: notes, kind: app, name: Fog Notes, identifiers: {android: [com.notes]}}
  - {id: maps, kind: app, name: Tide Maps, identifiers: {android: [com.maps]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: minister, mitigations: [dedicated-device], scope: gov, from: 2026-01-01, reason: "It sends what is typed to servers abroad."}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, reason: "for work"}
exemptions:
  - {id: old-press, lifts: [ban-parrot], product: parrot, scope: justice, subject: {host: j1}, purpose: "to read what is said there", from: 2026-01-10, until: 2026-03-20, mitigations: [dedicated-device], clearance: {office: minister, by: The Minister, ref: PO/25/7, at: 2026-01-09}}
hosts:
  - {id: l1, kind: device, organisation: light, platform: android, holder: anna, installed: [{identifier: com.parrot, version: "1"}, {identifier: com.notes, version: "2"}]}
  - {id: l2, kind: device, organisation: light, platform: android, installed: [{identifier: com.notes, version: "2"}]}
  - {id: j1, kind: device, organisation: justice, platform: android, installed: [{identifier: com.maps, version: "2"}]}
  - {id: p1, kind: device, organisation: police, platform: android, installed: [{identifier: com.parrot, version: "2"}]}
`

// house is the pages over the rooms that they show.
type house struct {
	t       testing.TB
	clock   *storetest.Clock
	room    *rooms.Room
	handler http.Handler
	here    map[string]visitor
}

// each runs a test on both engines, over the government.
func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		h := newHouse(t, open(clock.Now), clock)
		h.load(government)
		test(h)
	})
}

func newHouse(t testing.TB, db *store.DB, clock *storetest.Clock) *house {
	t.Helper()
	book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, alerts.Kinds, register.Kinds, devices.Kinds, rooms.Kinds)...)
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	fleet, err := devices.OpenFleet(t.Context(), db, clock.Now, quiet)
	if err != nil {
		t.Fatal(err)
	}
	id, err := db.NewID()
	if err != nil {
		t.Fatal(err)
	}
	persons := &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: quiet}
	outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: book, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, clock: clock, here: map[string]visitor{}, room: &rooms.Room{People: persons, Devices: &devices.Room{People: persons, Server: id, Fleet: fleet}, Outbox: outbox}}
	ended := make(chan struct{})
	t.Cleanup(func() { <-ended })
	go func() { defer close(ended); fleet.Run(t.Context()) }()
	g := &gate.Gate{People: persons, Now: clock.Now, Log: quiet, Navigation: approvals.Places(), Frame: ui.Frame{Body: "Government of Merrow", Now: clock.Now()}}
	pages := approvals.Rooms{Approvals: h.room, Devices: h.room.Devices, People: persons, Register: &register.Room{People: persons}}
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	for _, route := range append(approvals.Routes(pages), gate.Route{Pattern: "GET /{$}", Permission: people.Own, Handler: today(pages)}) {
		mux.Handle(route.Pattern, g.Guard(route))
	}
	h.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		mux.ServeHTTP(w, r)
	})
	return h
}

// today is a first page of nothing but what waits.
func today(pages approvals.Rooms) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		waits, err := pages.Today(r)
		if err != nil {
			return err
		}
		if waits == nil {
			waits = ui.Para("Nothing waits")
		}
		return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Today", Content: []ui.Component{waits}})
	}
}

// load imports a world and waits until the fleet answers on it.
func (h *house) load(text string) {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), "world.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	loaded, err := world.Load(path, nil, world.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	defer loaded.Close()
	if _, err := h.room.Devices.Import(h.t.Context(), command, loaded, nil); err != nil {
		h.t.Fatal(err)
	}
	h.catchUp()
}

func (h *house) catchUp() {
	h.t.Helper()
	entry, err := h.room.People.Enter(h.t.Context(), command, "")
	if err == nil {
		err = h.room.Devices.Fleet.Await(h.t.Context(), entry.Generation)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// visitor is a browser in which somebody has signed in.
type visitor struct {
	*house
	people.Actor
	id string
}

// somebody is a person with a role in a body, the same each time. Without a role they are of the body, and no more.
func (h *house) somebody(name string, role people.Role, body string) visitor {
	h.t.Helper()
	if v, known := h.here[name]; known {
		return v
	}
	ctx := h.t.Context()
	p, err := h.room.People.AddPerson(ctx, command, body, people.Particulars{Name: name, UserName: strings.ReplaceAll(name, " ", ".")})
	if err == nil && role != "" {
		_, err = h.room.People.GiveRole(ctx, command, p.ID, people.Grant{Role: role, Organisation: body}, people.Period{})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	session, err := h.room.People.OpenSession(ctx, p.ID, "passkey", "192.0.2.1", "a browser")
	if err != nil {
		h.t.Fatal(err)
	}
	h.here[name] = visitor{h, people.Actor{Session: session}, p.ID}
	return h.here[name]
}

// proposes opens a proposal.
func (v visitor) proposes(d rooms.Draft) rooms.Proposal {
	v.t.Helper()
	p, err := v.room.Propose(v.t.Context(), v.Actor, d)
	if err != nil {
		v.t.Fatal(err)
	}
	v.catchUp()
	return p
}

// takes takes a step besides the pages.
func (v visitor) takes(id string, do rooms.Doing) rooms.Proposal {
	v.t.Helper()
	now, err := v.room.Proposal(v.t.Context(), v.Actor, id)
	if err != nil {
		v.t.Fatal(err)
	}
	do.Version = now.Version
	p, err := v.room.Take(v.t.Context(), v.Actor, id, do)
	if err != nil {
		v.t.Fatal(err)
	}
	v.catchUp()
	return p
}

// verdict is what the rules say of an identifier on a host now.
func (h *house) verdict(host, identifier string) string {
	h.t.Helper()
	h.catchUp()
	judged, err := h.room.Devices.Decisions(h.t.Context(), command, devices.PastQuery{Host: host})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, d := range judged.Decisions {
		if d.Identifier == identifier {
			return d.Verdict.String()
		}
	}
	return "not there"
}

// page is what came back.
type page struct {
	t        testing.TB
	request  string
	status   int
	location string
	body     string
}

func (v visitor) do(r *http.Request) page {
	v.t.Helper()
	r.AddCookie(&http.Cookie{Name: "portcullis", Value: v.Session})
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	p := page{v.t, r.Method + " " + r.URL.RequestURI(), w.Code, w.Header().Get("Location"), string(body)}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		for _, fault := range uitest.Faults(p.body) {
			v.t.Errorf("%s: %s", p.request, fault)
		}
	}
	return p
}

func (v visitor) get(path string) page {
	v.t.Helper()
	return v.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form: names and values, and so on.
func (v visitor) post(path string, pairs ...string) page {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

var versionIn = regexp.MustCompile(`name="version" value="(\d+)"`)

// answers opens the page of an act and sends its form with what is given and the version that it shows.
func (v visitor) answers(id string, act rooms.Act, pairs ...string) page {
	v.t.Helper()
	path := approvals.ProposalPath(id, string(act))
	opened := v.get(path).shows(http.StatusOK)
	found := versionIn.FindStringSubmatch(opened.body)
	if found == nil {
		v.t.Fatalf("%s: no version in its form", path)
	}
	return v.post(path, append(pairs, "version", found[1])...)
}

// leads fails the test unless the browser is sent to a path that begins so, and follows it.
func (v visitor) leads(p page, path string) page {
	v.t.Helper()
	if p.status != http.StatusSeeOther || !strings.HasPrefix(p.location, path) {
		v.t.Fatalf("%s: %d to %q, not to %q: %.3000s", p.request, p.status, p.location, path, p.body)
	}
	return v.get(p.location)
}

// shows fails the test unless the page has the status, and all the texts as they are read.
func (p page) shows(status int, texts ...string) page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s: the status is %d, not %d: %.3000s", p.request, p.status, status, p.body)
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

// ban is a draft of one.
func ban(scope, product string) rooms.Draft {
	return rooms.Draft{Kind: rooms.Ban, Reason: "It sends contacts abroad", Narrower: "It does so on every platform", Content: rooms.Content{Rule: &policy.Rule{
		Effect: policy.Ban, Target: policy.Target{Product: product}, Scope: scope, Clearance: "minister", Mitigations: []string{"dedicated-device"},
	}}}
}

// exemption is a draft of one from the ban of Parrot Chat, for one device.
func exemption(scope, host, person string) rooms.Draft {
	return rooms.Draft{Kind: rooms.Exemption, Reason: "The press office must see what is said of the fog signals there", For: person, Content: rooms.Content{Exemption: &policy.Exemption{
		Lifts: []string{"ban-parrot"}, Product: "parrot", Scope: scope, Subject: policy.ExemptionSubject{Host: host}, Purpose: "to read what the public says", Period: policy.Period{Until: noon.AddDate(0, 3, 0)},
	}}}
}

// request is a draft that asks for an app.
func request(scope, product string) rooms.Draft {
	return rooms.Draft{Kind: rooms.Allow, Reason: "The pilots plan by it", Content: rooms.Content{Rule: &policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: product}, Scope: scope}}}
}
