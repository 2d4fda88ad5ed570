package handbook_test

import (
	"crypto/rand"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	room "portcullis/handbook"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/gate"
	"portcullis/web/handbook"
	"portcullis/web/ui"
	"portcullis/web/ui/uitest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

var command = people.Actor{Command: true}

var schemas = []store.Schema{ledger.Schema, people.Schema, room.Schema}

// house is the pages over a government of two bodies, with somebody in each of the roles that matter.
type house struct {
	t                               *testing.T
	rooms                           handbook.Rooms
	clock                           *storetest.Clock
	handler                         http.Handler
	keeper, officer, grace, foreign visitor
}

// each runs test on both engines.
func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		test(newHouse(t, open(clock.Now), clock))
	})
}

func newHouse(t *testing.T, db *store.DB, clock *storetest.Clock) *house {
	h := &house{t: t, clock: clock}
	book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, room.Kinds)...)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	persons := &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: log}
	h.rooms = handbook.Rooms{Handbook: &room.Room{People: persons}, People: persons}
	g := &gate.Gate{People: persons, Now: clock.Now, Log: log, Navigation: handbook.Places(), Frame: ui.Frame{Body: "Government of Merrow", Now: noon}}
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	for _, route := range handbook.Routes(h.rooms) {
		mux.Handle(route.Pattern, g.Guard(route))
	}
	h.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		mux.ServeHTTP(w, r)
	})
	for _, o := range [][3]string{{"gov", "Government of Merrow", ""}, {"harbour", "Harbour Office", "gov"}, {"house", "House of Merrow", ""}} {
		if _, err := persons.AddOrganisation(t.Context(), command, people.NewOrganisation{ID: o[0], Name: o[1], Parent: o[2]}); err != nil {
			t.Fatal(err)
		}
	}
	h.keeper = h.person("Kay Keeper", "gov", people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere})
	h.officer = h.person("Sam Officer", "harbour", people.Grant{Role: people.SecurityOfficer, Organisation: "harbour"})
	h.grace = h.person("Grace Holm", "harbour")
	h.foreign = h.person("Nils Neighbour", "house", people.Grant{Role: people.SecurityOfficer, Organisation: "house"})
	return h
}

// visitor is a browser in which somebody has signed in, or nobody.
type visitor struct {
	*house
	cookie string
}

func (h *house) person(name, organisation string, grants ...people.Grant) visitor {
	h.t.Helper()
	p, err := h.rooms.People.AddPerson(h.t.Context(), command, organisation, people.Particulars{Name: name, Mail: strings.ToLower(strings.Fields(name)[0]) + "@merrow.example"})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, g := range grants {
		if _, err := h.rooms.People.GiveRole(h.t.Context(), command, p.ID, g, people.Period{}); err != nil {
			h.t.Fatal(err)
		}
	}
	session, err := h.rooms.People.OpenSession(h.t.Context(), p.ID, "passkey", "192.0.2.1", "a browser")
	if err != nil {
		h.t.Fatal(err)
	}
	return visitor{h, session}
}

func (v visitor) actor() people.Actor { return people.Actor{Session: v.cookie} }

// answer is what came back.
type answer struct {
	t              *testing.T
	request        string
	status         int
	location, body string
}

func (v visitor) do(r *http.Request) answer {
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
	a := answer{v.t, r.Method + " " + r.URL.RequestURI(), w.Code, w.Header().Get("Location"), string(body)}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther {
		for _, fault := range uitest.Faults(a.body) {
			v.t.Errorf("%s: %s", a.request, fault)
		}
	}
	return a
}

func (v visitor) get(path string) answer {
	v.t.Helper()
	return v.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form: names and values, and so on.
func (v visitor) post(path string, pairs ...string) answer {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

// goesOn sends back what a page's form holds, with what was typed.
func (v visitor) goesOn(a answer, path string, pairs ...string) answer {
	v.t.Helper()
	fields := a.fields()
	for i := 0; i+1 < len(pairs); i += 2 {
		fields[pairs[i]] = pairs[i+1]
	}
	pairs = nil
	for name, value := range fields {
		pairs = append(pairs, name, value)
	}
	return v.post(path, pairs...)
}

// shows fails the test unless it is a page of the status with all the texts in it.
func (a answer) shows(status int, texts ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: the status is %d, not %d: %.2000s", a.request, a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, html.EscapeString(text)) && !strings.Contains(a.body, text) {
			a.t.Errorf("%s: the page does not show %q", a.request, text)
		}
	}
	return a
}

// lacks fails the test where the page has one of the texts.
func (a answer) lacks(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.t.Errorf("%s: the page shows %q", a.request, text)
		}
	}
	return a
}

// leads fails the test unless the browser is sent to a path that begins so, and follows it.
func (v visitor) leads(a answer, path string) answer {
	v.t.Helper()
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, path) {
		v.t.Fatalf("%s: %d to %q, not to %q: %.2000s", a.request, a.status, a.location, path, a.body)
	}
	return v.get(a.location)
}

// fields are the names and values of what a page's form holds, as a browser would send it back.
func (a answer) fields() map[string]string {
	a.t.Helper()
	elements, err := uitest.Elements(a.body)
	if err != nil {
		a.t.Fatal(err)
	}
	values := map[string]string{}
	for _, e := range elements {
		if _, checked := e.Attributes["checked"]; e.Name == "input" && (e.Attributes["type"] != "radio" || checked) {
			values[e.Attributes["name"]] = e.Attributes["value"]
		}
	}
	return values
}
