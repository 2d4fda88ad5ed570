package account_test

import (
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/internal/browsertest"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/people/oidc"
	"portcullis/people/passkey"
	"portcullis/store"
	"portcullis/web/account"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// site is a server with the pages of this area.
type site struct {
	people *people.Room
	server *httptest.Server
	url    string
	clock  *storetest.Clock
}

func newSite(t *testing.T, open storetest.Open, providers ...func(url string) *oidc.Client) *site {
	t.Helper()
	clock := storetest.NewClock(time.Now())
	book, err := ledger.New(rand.Reader, append(append([]ledger.Kind{}, people.Kinds...), alerts.Kinds...)...)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	room := &people.Room{DB: open(clock.Now), Ledger: book, Chance: rand.Reader, Log: log}
	mux := http.NewServeMux()
	s := &site{people: room, server: httptest.NewServer(headers(mux)), clock: clock}
	t.Cleanup(s.server.Close)
	s.url = browsertest.Local(s.server)
	keys, err := passkey.New(passkey.Config{URL: s.url, Name: "Portcullis of a test"})
	if err != nil {
		t.Fatal(err)
	}
	g := &gate.Gate{People: room, Now: clock.Now, Log: log, Navigation: []gate.Place{{Link: ui.Link{Text: "Today", Href: "/"}, Permission: people.Own}}}
	area := &account.Area{People: room, Passkeys: keys, Gate: g, Now: clock.Now, Chance: rand.Reader, URL: s.url, Alerts: alerts.Desk{People: room}}
	for _, provider := range providers {
		area.Providers = append(area.Providers, provider(s.url))
	}
	routes := append(area.Routes(), gate.Route{Pattern: ui.AssetsPattern, Permission: gate.Open, Handler: ui.Assets()},
		gate.Route{Pattern: "GET /{$}", Permission: gate.Public, Handler: ui.Handler(func(w http.ResponseWriter, r *http.Request) error {
			return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Hello " + gate.Who(r.Context()).Name})
		})})
	for _, route := range routes {
		mux.Handle(route.Pattern, g.Guard(route))
	}
	return s
}

// headers are those that the server sets on every answer.
func headers(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", ui.ContentPolicy)
		next.ServeHTTP(w, r)
	}))
}

var schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema}

func (s *site) first(t *testing.T) string {
	t.Helper()
	link, err := s.people.FirstLink(t.Context())
	if err != nil || link == "" {
		t.Fatalf("the first link: %q, %v", link, err)
	}
	return s.url + "/join/" + link
}

// TestSigningIn goes all the way in a browser with an authenticator: the first administrator's link, a
// passkey, signing out and in again, a second passkey, and being deactivated.
func TestSigningIn(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		s := newSite(t, open)
		w := pagetest.WalkAt(t, s.url)
		w.Authenticator()
		w.Browser.Go(s.first(t))
		w.Seen("account-first")
		w.Submit("form button[type=submit]")
		if got := w.Text(".govuk-error-summary"); !strings.Contains(got, "Enter") {
			t.Errorf("an empty form is answered with %q", got)
		}
		w.Type("#name", "Ada Quay")
		w.Type("#mail", "ada@harbour.example")
		w.Type("#organisationName", "Harbour Office")
		w.Submit("main form button[type=submit]")
		w.Seen("account-join")
		w.Click("form[data-passkey] button")
		w.WaitFor(`document.title.startsWith("Hello Ada Quay")`)
		w.Go("/account")
		w.Seen("account-overview")
		w.Go("/account/messages")
		w.Seen("account-messages-empty")
		w.Go("/account/sessions")
		w.Seen("account-sessions")
		w.Go("/account/passkeys")
		w.Seen("account-passkeys")
		w.Submit("table form button")
		if got := w.Text("main"); !strings.Contains(got, "only way to sign in") {
			t.Errorf("removing the only passkey is answered with %q", got)
		}
		w.Go("/account")
		w.Submit("header form button")
		if got := w.Address(); got != "/sign-in" {
			t.Errorf("signing out leads to %s", got)
		}
		w.Seen("account-sign-in")
		w.Go("/account/sessions")
		if got := w.Address(); got != "/sign-in?to=%2Faccount%2Fsessions" {
			t.Errorf("who is not signed in is led to %s", got)
		}
		w.Click("form[data-passkey] button")
		w.WaitFor(`location.pathname === "/account/sessions"`)
		found, err := s.people.Persons(t.Context(), people.Actor{Command: true}, people.PersonQuery{Limit: 10})
		if err != nil || len(found) != 1 {
			t.Fatalf("there are %d people, %v", len(found), err)
		}
		no := false
		if _, err := s.people.ChangePerson(t.Context(), people.Actor{Command: true}, found[0].ID, people.PersonChange{Active: &no}); err != nil {
			t.Fatal(err)
		}
		w.Go("/account")
		if got := w.Address(); !strings.HasPrefix(got, "/sign-in") {
			t.Errorf("who was deactivated sees %s", got)
		}
		w.Click("form[data-passkey] button")
		w.WaitFor(`document.body.textContent.includes("not active") || document.body.textContent.includes("not registered here")`)
		w.Seen("account-refused")
	})
}

// TestLinksAreUsedOnce holds that a one-time link works once, and that the first one is void as soon as
// somebody is there.
func TestLinksAreUsedOnce(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		s := newSite(t, open)
		first := s.first(t)
		answer := post(t, first, url.Values{"name": {"Ada"}, "mail": {"ada@x.example"}, "organisationName": {"X"}})
		if answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(answer.Header.Get("Location"), "/join/") {
			t.Fatalf("the first link is answered with %d", answer.StatusCode)
		}
		if again := post(t, first, url.Values{"name": {"Eve"}, "mail": {"eve@x.example"}, "organisationName": {"Y"}}); again.StatusCode != http.StatusNotFound {
			t.Errorf("the first link, used twice, is answered with %d", again.StatusCode)
		}
		if link, err := s.people.FirstLink(t.Context()); err != nil || link != "" {
			t.Errorf("there is a first link %q though somebody is there, %v", link, err)
		}
		if answer := post(t, s.url+answer.Header.Get("Location")+"/passkey", url.Values{}); answer.StatusCode != http.StatusConflict {
			t.Errorf("no passkey is answered with %d", answer.StatusCode)
		}
		s.clock.Advance(25 * time.Hour)
		if late := get(t, s.url+answer.Header.Get("Location")); late.StatusCode != http.StatusNotFound {
			t.Errorf("a link that is too old is answered with %d", late.StatusCode)
		}
	})
}

// TestTriesAreBounded holds that nobody goes on trying.
func TestTriesAreBounded(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		s := newSite(t, open)
		status := 0
		for range 70 {
			status = get(t, s.url+"/join/nothing").StatusCode
		}
		if status != http.StatusTooManyRequests {
			t.Errorf("the seventieth try is answered with %d", status)
		}
		s.clock.Advance(time.Minute)
		if status = get(t, s.url+"/join/nothing").StatusCode; status != http.StatusNotFound {
			t.Errorf("a minute later a try is answered with %d", status)
		}
	})
}

var plain = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func post(t *testing.T, address string, form url.Values) *http.Response {
	t.Helper()
	answer, err := plain.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

func get(t *testing.T, address string) *http.Response {
	t.Helper()
	answer, err := plain.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}
