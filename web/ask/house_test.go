package ask_test

import (
	"crypto/rand"
	"fmt"
	"html"
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

	rooms "portcullis/devices"
	"portcullis/handbook"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/ask"
	"portcullis/web/gate"
	"portcullis/web/ui"
	"portcullis/web/ui/uitest"
	"portcullis/world"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, register.Schema, rooms.Schema, handbook.Schema}
	command = people.Actor{Command: true}
)

// market is a world in which one may ask for many things.
const market = `
organisations:
  - {id: gov, name: Government of Merrow}
  - {id: dept-a, parent: gov, name: Ministry of Tides}
  - {id: dept-b, parent: gov, name: Harbour Board, list: own, monitor: {from: 2026-01-01, until: 2026-06-01, reason: "rolling out"}}
suppliers:
  - {id: maker, name: Maker Ltd}
  - {id: shady, name: Umberfell}
products:
  - {id: parrot, kind: app, name: Parrot, aliases: [Chirper], supplier: shady, identifiers: {android: [com.parrot], ios: [com.parrot.ios]}}
  - {id: notes, kind: app, name: Notes, supplier: maker, identifiers: {android: [com.notes], ios: [com.notes.ios], windows: [notes.exe]}}
  - {id: notes-pro, kind: app, name: Notes Pro, supplier: maker, identifiers: {android: [com.notes.pro]}}
  - {id: maps, kind: app, name: Maps, supplier: maker, identifiers: {android: [com.maps]}}
  - {id: ends, kind: app, name: Ends, supplier: maker, identifiers: {android: [com.ends]}}
  - {id: old, kind: app, name: Oldster, supplier: maker, identifiers: {windows: [old.exe]}}
  - {id: clock, kind: app, name: Clock, identifiers: {ios: [clock]}, builtin_on: [ios]}
  - {id: camera, kind: equipment, name: Camera}
  - {id: "<b>bold</b>", kind: app, name: "<b>Bold</b>", identifiers: {android: ["<b>"]}}
rules:
  - {id: ban-shady, effect: ban, target: {supplier: shady}, components: true, clearance: minister, mitigations: [dedicated-device], scope: gov, from: 2026-01-01, until: 2027-01-01, reason: "It sends what it hears abroad"}
  - {id: allow-parrot, effect: allow, target: {product: parrot}, scope: gov, from: 2025-01-01, reason: "was fine"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, min_version: "2.5", platforms: [android, ios], reason: "for work"}
  - {id: allow-ends, effect: allow, target: {product: ends}, scope: gov, from: 2026-01-01, until: 2026-09-01, reason: "for work"}
  - {id: allow-old, effect: allow, target: {product: old}, scope: gov, from: 2026-01-01, reason: "for work"}
  - {id: out-old, effect: phase-out, target: {product: old}, components: false, clearance: none, scope: gov, from: 2026-01-01, deadline: 2026-05-01, reason: "No longer mended"}
exemptions:
  - {id: lifted, lifts: [ban-shady], product: parrot, scope: dept-a, subject: {person: reporter@dept-a.example}, from: 2026-01-01, until: 2026-04-01, purpose: "press work", mitigations: [dedicated-device], clearance: {office: minister, by: "M", ref: "1", at: 2026-01-01}}
`

// house is the pages over the rooms that they show.
type house struct {
	t       testing.TB
	people  *people.Room
	log     *strings.Builder
	handler http.Handler
}

// each runs test on both engines over the market.
func each(t *testing.T, area ask.Area, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		test(newHouse(t, open(clock.Now), clock.Now, area))
	})
}

func newHouse(t testing.TB, db *store.DB, now func() time.Time, area ask.Area) *house {
	t.Helper()
	book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, register.Kinds, rooms.Kinds, handbook.Kinds)...)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, log: &strings.Builder{}}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	fleet, err := rooms.OpenFleet(t.Context(), db, now, log)
	if err != nil {
		t.Fatal(err)
	}
	h.people = &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: log}
	things := &rooms.Room{People: h.people, Server: "test", Fleet: fleet}
	file := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(file, []byte(market), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := world.Load(file, nil, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if _, err := things.Import(t.Context(), command, loaded, nil); err != nil {
		t.Fatal(err)
	}
	if err := fleet.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	area.Enquiries = rooms.NewEnquiries(things)
	g := &gate.Gate{People: h.people, Now: now, Log: log, Navigation: []gate.Place{ask.Place()}, Frame: ui.Frame{Body: "Republic of Merrow", Now: now()}}
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	for _, route := range ask.Routes(area) {
		mux.Handle(route.Pattern, g.Guard(route))
	}
	h.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		mux.ServeHTTP(w, r)
	})
	return h
}

// guest is a browser in which somebody has signed in; nobody has where the cookie is empty.
type guest struct {
	*house
	cookie string
}

// guest is somebody of an organisation, without a role.
func (h *house) guest(name, organisation string) guest {
	h.t.Helper()
	p, err := h.people.AddPerson(h.t.Context(), command, organisation, people.Particulars{Name: name, Mail: name + "@" + organisation + ".example"})
	if err != nil {
		h.t.Fatal(err)
	}
	session, err := h.people.OpenSession(h.t.Context(), p.ID, "test", "", "")
	if err != nil {
		h.t.Fatal(err)
	}
	return guest{h, session}
}

// page is what came back.
type page struct {
	t       testing.TB
	request string
	status  int
	body    string
}

func (g guest) do(r *http.Request) page {
	g.t.Helper()
	if g.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "portcullis", Value: g.cookie})
	}
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	p := page{g.t, r.Method + " " + r.URL.RequestURI(), w.Code, w.Body.String()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		uitest.Check(g.t, p.body)
	}
	return p
}

// work asks about a device of work, own about one's own: names and values, and so on.
func (g guest) work(pairs ...string) page {
	g.t.Helper()
	return g.do(httptest.NewRequest(http.MethodGet, "/ask?"+values(pairs).Encode(), nil))
}

func (g guest) own(pairs ...string) page {
	g.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/ask", strings.NewReader(values(pairs).Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return g.do(r)
}

func values(pairs []string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// shows fails the test unless the page has the status, and all the texts as they are read.
func (p page) shows(status int, texts ...string) page {
	p.t.Helper()
	if p.status != status {
		p.t.Errorf("%s: the status is %d, not %d: %.2000s", p.request, p.status, status, p.body)
	}
	for _, text := range texts {
		if !strings.Contains(p.body, html.EscapeString(text)) {
			p.t.Errorf("%s: the page does not show %q: %s", p.request, text, main(p.body))
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

// main is what stands between the header and the footer.
func main(body string) string {
	_, body, _ = strings.Cut(body, "<main")
	body, _, _ = strings.Cut(body, "</main>")
	return fmt.Sprintf("%.3000s", body)
}
