package gate_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// door is a gate with somebody behind it and a token for the same body.
type door struct {
	*gate.Gate
	person  string
	session string
	token   string
}

func newDoor(t *testing.T, open storetest.Open) door {
	t.Helper()
	book, err := ledger.New(rand.Reader, people.Kinds...)
	if err != nil {
		t.Fatal(err)
	}
	clock := storetest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	log := slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))
	room := &people.Room{DB: open(clock.Now), Ledger: book, Chance: rand.Reader, Log: log}
	d := door{Gate: &gate.Gate{People: room, Now: clock.Now, Log: log, Navigation: []gate.Place{
		{Link: ui.Link{Text: "People", Href: "/people"}, Permission: people.SeePeople},
		{Link: ui.Link{Text: "Access", Href: "/access"}, Permission: people.SeeAccess},
	}}}
	command := people.Actor{Command: true}
	if _, err := room.AddOrganisation(t.Context(), command, people.NewOrganisation{ID: "harbour", Name: "Harbour"}); err != nil {
		t.Fatal(err)
	}
	p, err := room.AddPerson(t.Context(), command, "harbour", people.Particulars{Name: "Ada", Mail: "ada@harbour.example"})
	if err != nil {
		t.Fatal(err)
	}
	grant := people.Grant{Role: people.SecurityOfficer, Organisation: "harbour"}
	if _, err := room.GiveRole(t.Context(), command, p.ID, grant, people.Period{}); err != nil {
		t.Fatal(err)
	}
	made, err := room.MakeToken(t.Context(), command, "exporter", grant, people.Time{})
	if err != nil {
		t.Fatal(err)
	}
	d.person, d.token = p.ID, made.Secret
	if d.session, err = room.OpenSession(t.Context(), p.ID, "test", "", ""); err != nil {
		t.Fatal(err)
	}
	return d
}

// seen is what a handler behind the gate was told.
type seen struct {
	Person, Navigation, Address string
}

func (d door) ask(t *testing.T, method string, permission people.Permission, program bool, prepare func(*http.Request)) (*http.Response, seen) {
	t.Helper()
	route := gate.Route{Pattern: "/", Permission: permission, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := seen{Person: gate.Who(r.Context()).Person, Address: gate.Actor(r.Context()).Address}
		for _, link := range ui.FrameOf(r).Navigation {
			s.Navigation += link.Text
		}
		if err := json.NewEncoder(w).Encode(s); err != nil {
			t.Error(err)
		}
	})}
	if program {
		route.Fail = func(w http.ResponseWriter, _ *http.Request, err error) {
			status := http.StatusTeapot
			if fault.Is(err, fault.SignedOut) {
				status = http.StatusUnauthorized
			}
			w.WriteHeader(status)
		}
	}
	r := httptest.NewRequest(method, "/some/page?q=a%20b", nil)
	prepare(r)
	w := httptest.NewRecorder()
	d.Guard(route).ServeHTTP(w, r)
	var s seen
	if w.Code == http.StatusOK {
		if err := json.NewDecoder(w.Body).Decode(&s); err != nil {
			t.Error(err)
		}
	}
	return w.Result(), s
}

// TestGuard asks in every way for every kind of route.
func TestGuard(t *testing.T) {
	storetest.Run(t, []store.Schema{ledger.Schema, people.Schema}, func(t *testing.T, open storetest.Open) {
		d := newDoor(t, open)
		nobody := func(*http.Request) {}
		cookie := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "portcullis", Value: d.session}) }
		bearer := func(r *http.Request) { r.Header.Set("Authorization", "bearer "+d.token) }
		wrong := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "portcullis", Value: "x"}) }
		for _, test := range []struct {
			name, method string
			permission   people.Permission
			program      bool
			prepare      func(*http.Request)
			status       int
			person       bool
		}{
			{"open", "GET", gate.Open, false, cookie, 200, false},
			{"public, nobody", "GET", gate.Public, false, nobody, 200, false},
			{"public, a session that has ended", "GET", gate.Public, false, wrong, 200, false},
			{"public, somebody", "GET", gate.Public, false, cookie, 200, true},
			{"own, nobody", "GET", people.Own, false, nobody, 303, false},
			{"own, nobody, changing", "POST", people.Own, false, nobody, 401, false},
			{"own, somebody", "POST", people.Own, false, cookie, 200, true},
			{"own, a token for a page", "GET", people.Own, false, bearer, 303, false},
			{"a permission that is not held", "GET", people.SeeAccess, false, cookie, 403, false},
			{"a permission that is held", "GET", people.SeePeople, false, cookie, 200, true},
			{"a program with a token", "GET", people.SeePeople, true, bearer, 200, false},
			{"a program with a token that may not", "GET", people.SeeAccess, true, bearer, 418, false},
			{"a program with a cookie", "GET", people.SeePeople, true, cookie, 401, false},
			{"a program with nothing", "GET", people.SeePeople, true, nobody, 401, false},
			{"a permission that nobody has heard of", "GET", "nothing.do", false, cookie, 403, false},
		} {
			answer, s := d.ask(t, test.method, test.permission, test.program, test.prepare)
			if answer.StatusCode != test.status || (s.Person == d.person) != test.person {
				t.Errorf("%s: %d, %+v", test.name, answer.StatusCode, s)
			}
			if to := answer.Header.Get("Location"); answer.StatusCode == 303 && to != "/sign-in?to=%2Fsome%2Fpage%3Fq%3Da%2520b" {
				t.Errorf("%s: leads to %s", test.name, to)
			}
		}
		if _, s := d.ask(t, "GET", people.Own, false, cookie); s.Navigation != "People" {
			t.Errorf("the navigation is %q", s.Navigation)
		}
		log, err := d.People.AccessLog(t.Context(), people.Actor{Command: true}, "", 10)
		kept := slices.ContainsFunc(log, func(a people.Access) bool {
			return a.Outcome == "refused" && a.Permission == "nothing.do" && a.Actor == d.person && a.Address == "192.0.2.1"
		})
		if err != nil || !kept {
			t.Errorf("the access log is %+v, %v", log, err)
		}
	})
}

// TestAddress holds that nobody chooses the address under which they stand in the log.
func TestAddress(t *testing.T) {
	storetest.Run(t, []store.Schema{ledger.Schema, people.Schema}, func(t *testing.T, open storetest.Open) {
		d := newDoor(t, open)
		for _, test := range []struct {
			proxies         int
			forwarded, want string
		}{
			{0, "203.0.113.9", "192.0.2.1"},
			{1, "203.0.113.9", "203.0.113.9"},
			{1, "198.51.100.1, 203.0.113.9", "203.0.113.9"},
			{2, "10.0.0.1, 198.51.100.1, 203.0.113.9", "198.51.100.1"},
			{2, "203.0.113.9", "192.0.2.1"},
			{1, "unknown", "192.0.2.1"},
			{1, "", "192.0.2.1"},
		} {
			d.Proxies = test.proxies
			_, s := d.ask(t, "GET", gate.Public, false, func(r *http.Request) { r.Header.Set("X-Forwarded-For", test.forwarded) })
			if s.Address != test.want {
				t.Errorf("behind %d proxies, %q is %s", test.proxies, test.forwarded, s.Address)
			}
		}
	})
}

// TestLocal holds that signing in leads nowhere else.
func TestLocal(t *testing.T) {
	for to, want := range map[string]string{
		"/people?q=a%20b":           "/people?q=a%20b",
		"/organisations/a%2Fb":      "/organisations/a%2Fb",
		"":                          "/",
		"people":                    "/",
		"//evil.example":            "/",
		"///evil.example":           "/",
		"/\\evil.example":           "/",
		"\\\\evil.example":          "/",
		"https://evil.example":      "/",
		"https:/evil.example":       "/",
		"javascript:alert(1)":       "/",
		"/\t/evil.example":          "/",
		"/%09/evil.example":         "/%09/evil.example",
		"//evil.example/%2f%2e%2e":  "/",
		"/.//evil.example":          "/.//evil.example",
		"http:evil.example":         "/",
		"/x#https://evil.example":   "/x",
		"?to=//evil.example":        "/",
		"/a\r\nLocation: //evil.ex": "/",
	} {
		if got := gate.Local(to); got != want {
			t.Errorf("%q leads to %q, not %q", to, got, want)
		}
	}
}

// TestCookie holds what the session's cookie is like.
func TestCookie(t *testing.T) {
	for _, secure := range []bool{false, true} {
		w := httptest.NewRecorder()
		(&gate.Gate{Secure: secure}).Open(w, "secret")
		cookie := w.Result().Cookies()[0]
		name := map[bool]string{false: "portcullis", true: "__Host-portcullis"}[secure]
		if cookie.Name != name || cookie.Secure != secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("the cookie is %s", cookie)
		}
	}
}
