package lists_test

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
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/gate"
	"portcullis/web/lists"
	"portcullis/web/ui"
	"portcullis/web/ui/uitest"
	"portcullis/world"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, register.Schema, rooms.Schema}
	command = people.Actor{Command: true}
)

// bodies is a world of bodies with lists of their own and without.
const bodies = `
organisations:
  - {id: gov, name: Government of Merrow}
  - {id: tides, parent: gov, name: Ministry of Tides}
  - {id: harbour, parent: gov, name: Harbour Board, list: own}
  - {id: abbey, name: Abbey}
suppliers: [{id: maker, name: Umberfell}]
products:
  - {id: notes, kind: app, name: Notes, supplier: maker, identifiers: {android: [notes], ios: [notes]}}
  - {id: maps, kind: app, name: Maps, identifiers: {android: [maps], ios: [maps]}}
  - {id: coded, kind: app, name: Coded, identifiers: {android: [coded]}}
  - {id: both, kind: app, name: Both, identifiers: {android: [both]}}
  - {id: "..", kind: app, name: "<b>Bold</b>", identifiers: {android: ["<b>"]}}
rules:
  - {id: notes-gov, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, min_version: "2.5", reason: r}
  - {id: maps-gov, effect: allow, target: {product: maps}, scope: gov, from: 2026-01-01, until: 2026-12-01, reason: r}
  - {id: maps-harbour, effect: allow, target: {product: maps}, scope: harbour, from: 2026-01-01, platforms: [ios], reason: r}
  - {id: coded-gov, effect: allow, target: {product: coded}, scope: gov, from: 2026-01-01, min_version: "3", min_version_code: {android: 30}, reason: r}
  - {id: coded-harbour, effect: allow, target: {product: coded}, scope: harbour, from: 2026-01-01, min_version_code: {android: 31}, reason: r}
  - {id: both-gov, effect: allow, target: {product: both}, scope: gov, from: 2026-01-01, reason: r}
  - {id: both-harbour, effect: allow, target: {product: both}, scope: harbour, from: 2026-01-01, reason: r}
  - {id: "<i>", effect: allow, target: {product: ".."}, scope: harbour, from: 2026-01-01, reason: r}
`

// house is the pages over the rooms that they show.
type house struct {
	t       testing.TB
	people  *people.Room
	handler http.Handler
}

// each runs test on both engines over the bodies.
func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		test(newHouse(t, open(clock.Now), clock.Now))
	})
}

func newHouse(t testing.TB, db *store.DB, now func() time.Time) *house {
	t.Helper()
	book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, register.Kinds, rooms.Kinds)...)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t}
	log := slog.New(slog.DiscardHandler)
	fleet, err := rooms.OpenFleet(t.Context(), db, now, log)
	if err != nil {
		t.Fatal(err)
	}
	h.people = &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: log}
	things := &rooms.Room{People: h.people, Server: "test", Fleet: fleet}
	file := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(file, []byte(bodies), 0o600); err != nil {
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
	g := &gate.Gate{People: h.people, Now: now, Log: log, Navigation: []gate.Place{lists.Place()}, Frame: ui.Frame{Body: "Republic of Merrow", Now: now()}}
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	for _, route := range lists.Routes(lists.Area{Enquiries: rooms.NewEnquiries(things)}) {
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

// guest is somebody with a role in an organisation.
func (h *house) guest(role people.Role, organisation, home string) guest {
	h.t.Helper()
	p, err := h.people.AddPerson(h.t.Context(), command, home, people.Particulars{Name: "Holder of " + role.Name(), Mail: string(role) + "@" + home + ".example"})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.people.GiveRole(h.t.Context(), command, p.ID, people.Grant{Role: role, Organisation: organisation}, people.Period{}); err != nil {
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

// get asks for the page: names and values, and so on.
func (g guest) get(pairs ...string) page {
	g.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return g.do(httptest.NewRequest(http.MethodGet, "/lists?"+v.Encode(), nil))
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

// has fails the test unless the page has all of some HTML.
func (p page) has(parts ...string) page {
	p.t.Helper()
	for _, part := range parts {
		if !strings.Contains(p.body, part) {
			p.t.Errorf("%s: the page has no %s: %s", p.request, part, main(p.body))
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
