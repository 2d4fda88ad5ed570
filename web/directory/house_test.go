package directory_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/directory"
	"portcullis/web/gate"
	"portcullis/web/ui"
	"portcullis/web/ui/uitest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

var chance = rand.Reader

var command = people.Actor{Command: true}

// house is the pages over a room with people in it.
type house struct {
	t         *testing.T
	room      *people.Room
	clock     *storetest.Clock
	handler   http.Handler
	delivered []string // ids of persons to whom a link was sent
	broken    error    // what delivering answers
}

// each runs test on both engines.
func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, []store.Schema{ledger.Schema, people.Schema}, func(t *testing.T, open storetest.Open) {
		test(newHouse(t, open))
	})
}

func newHouse(t *testing.T, open storetest.Open) *house {
	clock := storetest.NewClock(noon)
	return houseOver(t, open(clock.Now), clock)
}

func houseOver(t *testing.T, db *store.DB, clock *storetest.Clock) *house {
	h := &house{t: t, clock: clock}
	book, err := ledger.New(chance, people.Kinds...)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	h.room = &people.Room{DB: db, Ledger: book, Chance: chance, Log: log}
	g := &gate.Gate{
		People: h.room, Now: h.clock.Now, Log: log, Navigation: directory.Places(),
		Frame: ui.Frame{Body: "Government of Merrow", Now: noon},
	}
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	for _, route := range h.routes() {
		mux.Handle(route.Pattern, g.Guard(route))
	}
	h.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		mux.ServeHTTP(w, r)
	})
	return h
}

func (h *house) routes() []gate.Route {
	return directory.Routes(h.room, directory.Options{
		Join: func(link string) string { return "https://portcullis.merrow.example/join/" + link },
		Deliver: func(_ context.Context, _ people.Actor, person string) error {
			h.delivered = append(h.delivered, person)
			return h.broken
		},
	})
}

func (h *house) organisation(id, name, parent string) {
	h.t.Helper()
	if _, err := h.room.AddOrganisation(h.t.Context(), command, people.NewOrganisation{ID: id, Name: name, Parent: parent}); err != nil {
		h.t.Fatal(err)
	}
}

// person adds somebody and gives them roles in their organisation.
func (h *house) person(name, organisation string, roles ...people.Role) people.Person {
	h.t.Helper()
	p, err := h.room.AddPerson(h.t.Context(), command, organisation, people.Particulars{Name: name, Mail: strings.ToLower(strings.Fields(name)[0]) + "@merrow.example"})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, role := range roles {
		h.give(p.ID, role, organisation)
	}
	return p
}

func (h *house) give(person string, role people.Role, organisation string) {
	h.t.Helper()
	if _, err := h.room.GiveRole(h.t.Context(), command, person, people.Grant{Role: role, Organisation: organisation}, people.Period{}); err != nil {
		h.t.Fatal(err)
	}
}

// visitor is a browser in which somebody has signed in, or nobody.
type visitor struct {
	*house
	cookie string
}

func (h *house) signIn(person people.Person) visitor {
	h.t.Helper()
	session, err := h.room.OpenSession(h.t.Context(), person.ID, "passkey", "192.0.2.1", "a browser")
	if err != nil {
		h.t.Fatal(err)
	}
	return visitor{h, session}
}

// answer is what came back.
type answer struct {
	t        *testing.T
	request  string
	status   int
	location string
	body     string
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
		check(v.t, a)
	}
	return a
}

// check holds what every page must have: well-formed HTML, and a label for every input.
func check(t *testing.T, a answer) {
	t.Helper()
	elements, err := uitest.Elements(a.body)
	if err != nil {
		t.Errorf("%s: %v", a.request, err)
	}
	for _, fault := range uitest.Faults(a.body) {
		t.Errorf("%s: %s", a.request, fault)
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
			t.Errorf("%s: line %d: the %s %q has no label", a.request, e.Line, e.Name, e.Attributes["name"])
		}
	}
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

// shows fails the test unless it is a page of the status with all the texts in it.
func (a answer) shows(status int, texts ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: the status is %d, not %d: %.2000s", a.request, a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
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

// leads fails the test unless the browser is sent to the path, and follows it.
func (v visitor) leads(a answer, path string) answer {
	v.t.Helper()
	if a.status != http.StatusSeeOther || a.location != path {
		v.t.Fatalf("%s: %d to %q, not to %q: %.2000s", a.request, a.status, a.location, path, a.body)
	}
	return v.get(path)
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

// merrow is a small government: two trees, and somebody in each of the roles that matter.
type merrow struct {
	*house
	operator, officer, staff             visitor
	operatorPerson, officerPerson, grace people.Person
}

func newMerrow(h *house) merrow {
	h.t.Helper()
	h.organisation("gov", "Government of Merrow", "")
	h.organisation("harbour", "Harbour Office", "gov")
	h.organisation("light", "Department of Light", "gov")
	h.organisation("house", "House of Merrow", "")
	m := merrow{house: h}
	m.operatorPerson = h.person("Olive Operator", "gov")
	h.give(m.operatorPerson.ID, people.Operator, people.Everywhere)
	m.officerPerson = h.person("Sam Officer", "harbour", people.SecurityOfficer)
	m.grace = h.person("Grace Holm", "harbour", people.Staff)
	m.operator, m.officer, m.staff = h.signIn(m.operatorPerson), h.signIn(m.officerPerson), h.signIn(m.grace)
	return m
}

func eachMerrow(t *testing.T, test func(m merrow)) {
	each(t, func(h *house) { test(newMerrow(h)) })
}

// many adds n people to an organisation.
func (h *house) many(n int, organisation string) {
	h.t.Helper()
	for i := range n {
		h.person(fmt.Sprintf("Person%03d Of-Many", i), organisation)
	}
}

// escaped is text as a page has it.
func escaped(text string) string { return html.EscapeString(text) }

// linkTo is where the first link with the text leads.
func linkTo(a answer, text string) string {
	a.t.Helper()
	i := strings.Index(a.body, ">"+escaped(text)+"<")
	if i < 0 {
		a.t.Fatalf("%s: no link %q", a.request, text)
	}
	_, href, _ := strings.Cut(a.body[strings.LastIndex(a.body[:i], "<a "):i], `href="`)
	href, _, _ = strings.Cut(href, `"`)
	return html.UnescapeString(href)
}

// passkey gives a person one, as if they had enrolled.
func (h *house) passkey(p people.Person, id string) {
	h.t.Helper()
	link, err := h.room.Invite(h.t.Context(), command, p.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	key := people.Passkey{ID: id, Person: p.ID, Name: "Telephone " + id, Credential: "{}", Added: people.TimeOf(h.clock.Now())}
	if _, err := h.room.EnrolByLink(h.t.Context(), link, key, "192.0.2.7", "another browser"); err != nil {
		h.t.Fatal(err)
	}
}

// nextPage is where the link to the next page leads; empty where there is none.
func nextPage(a answer) string {
	before, _, there := strings.Cut(a.body, `" rel="next"`)
	if !there {
		return ""
	}
	return html.UnescapeString(before[strings.LastIndex(before, `href="`)+len(`href="`):])
}
