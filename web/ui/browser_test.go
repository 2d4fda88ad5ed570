package ui_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"portcullis/internal/browsertest"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/web/ui"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var frame = ui.Frame{
	Body: "Government of Merrow", Navigation: []ui.Link{{Text: "Apps", Href: "/apps"}, {Text: "Components", Href: "/components"}, {Text: "Requests", Href: "/requests"}, {Text: "People", Href: "/people"}},
	Person: "Ada Holm", Account: "/account", SignIn: "/sign-in", SignOut: "/sign-out", Notice: "This is a demonstration: nothing here is real.",
	Decision: 12345, Now: time.Date(2026, 5, 3, 14, 5, 0, 0, time.UTC), Reference: "r-7f3a",
	Links: []ui.Link{{Text: "Accessibility", Href: "/accessibility"}, {Text: "Privacy", Href: "/privacy"}},
}

var failures = map[string]error{
	"/not-found": fault.New(fault.NotFound, "There is no such person"), "/refused": fault.New(fault.Refused, "Only the centre may change this"),
	"/signed-out": fault.New(fault.SignedOut, "Your session has ended"), "/too-many": fault.New(fault.TooMany, "That code was wrong five times"),
	"/unavailable": ui.ErrUnavailable, "/gone-wrong": errors.New("a secret of the server"),
}

// serve serves the page of samples, a form and pages of failures, and returns its address.
func serve(t *testing.T) string {
	mux := http.NewServeMux()
	mux.Handle(ui.AssetsPattern, ui.Assets())
	mux.Handle("GET /components", ui.Handler(ui.Components))
	mux.Handle("GET /many", ui.Handler(manyRows))
	mux.Handle("POST /components", ui.Handler(invite))
	mux.Handle("POST /people/invite", ui.Handler(invite))
	mux.Handle("GET /people/invite", ui.Handler(func(w http.ResponseWriter, r *http.Request) error {
		return ui.Render(w, r, http.StatusOK, inviting(invitation()))
	}))
	mux.Handle("GET /people", ui.Handler(func(w http.ResponseWriter, r *http.Request) error {
		return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Invitation sent", Content: []ui.Component{ui.Panel{Title: "Invitation sent", Text: "Reference 7-31"}}})
	}))
	mux.Handle("/", ui.Handler(func(_ http.ResponseWriter, r *http.Request) error { return failures[r.URL.Path] }))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", ui.ContentPolicy)
		mux.ServeHTTP(w, ui.WithFrame(r, frame))
	}))
	t.Cleanup(server.Close)
	return browsertest.Local(server)
}

// TestAccessible asks axe-core about every kind of page, on a desk and on a phone.
func TestAccessible(t *testing.T) {
	built(t)
	at := serve(t)
	b := browsertest.Open(t)
	pages := map[string]string{"components": "/components?sort=app", "form": "/people/invite", "done": "/people"}
	for path := range failures {
		pages[path[1:]] = path
	}
	for name, window := range map[string]func(){"wide": b.Wide, "phone": b.Phone} {
		window()
		for page, path := range pages {
			b.Go(at + path)
			b.Accessible()
			b.Shot(page + "-" + name)
		}
	}
}

// TestKeyboard invites somebody with the keyboard alone, and makes a mistake first.
func TestKeyboard(t *testing.T) {
	built(t)
	b := browsertest.Open(t)
	b.Go(serve(t) + "/people/invite")
	b.Press(browsertest.Tab)
	if got := b.Focused(); got != "a Skip to main content" {
		t.Errorf("the first key leads to %s", got)
	}
	b.Press(browsertest.Enter, browsertest.Tab)
	if got := b.Focused(); got != "name" {
		t.Errorf("behind the skip link comes %s", got)
	}
	b.Press(browsertest.Tab, browsertest.Space, browsertest.Down, browsertest.Tab, "3", browsertest.Tab, "5", browsertest.Tab, "2", "0", "2", "7", browsertest.Tab)
	b.FollowKey(browsertest.Enter)
	if title := b.Title(); title != "Error: Invite somebody – Government of Merrow – Portcullis" {
		t.Errorf("title %s", title)
	}
	b.WaitFor("document.activeElement.className == 'govuk-error-summary'")
	if kept := browsertest.Eval[string](b, "document.querySelector('[name=role]:checked').value + document.getElementById('until-year').value"); kept != "staff2027" {
		t.Errorf("of what was typed is left: %s", kept)
	}
	b.Press(browsertest.Tab, browsertest.Enter)
	b.WaitFor("document.activeElement.id == 'name'")
	b.Press("A", "d", "a")
	b.FollowKey(browsertest.Enter)
	if b.Address() != "/people" {
		t.Errorf("the form leads to %s", b.Address())
	}
}

// TestReveals: what an answer asks for besides is seen where that answer is chosen; the menu opens;
// an identifier can be copied.
func TestReveals(t *testing.T) {
	built(t)
	b := browsertest.Open(t)
	b.Phone()
	b.Go(serve(t) + "/components")
	const seen = "document.getElementById('sample-owner').offsetParent !== null"
	if !browsertest.Eval[bool](b, seen) {
		t.Error("what a chosen answer reveals is not seen")
	}
	b.Click("#sample-whose")
	if browsertest.Eval[bool](b, seen) {
		t.Error("what an answer reveals is seen and the answer is not chosen")
	}
	const menu = "document.getElementById('navigation').offsetParent !== null"
	if browsertest.Eval[bool](b, menu) {
		t.Error("the menu is open on a phone before it is asked for")
	}
	b.Click(".govuk-service-navigation__toggle")
	if !browsertest.Eval[bool](b, menu) {
		t.Error("the menu does not open")
	}
	b.Click("[data-copy]")
	b.WaitFor("document.querySelector('[data-copy]').textContent == 'Copied'")
}

// TestWithoutScript: everything is there and can be used.
func TestWithoutScript(t *testing.T) {
	built(t)
	b := browsertest.Open(t)
	b.NoScript()
	b.Phone()
	b.Go(serve(t) + "/people/invite")
	for _, selector := range []string{"#navigation a", ".app-header__out", "#name"} {
		if !b.Visible(selector) {
			t.Errorf("%s is not to be seen", selector)
		}
	}
	b.Type("#name", "Ada")
	b.Submit("main button")
	if got := b.Text("h1"); got != "Invitation sent" {
		t.Errorf("heading %q", got)
	}
}
