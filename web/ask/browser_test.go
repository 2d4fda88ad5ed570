package ask_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portcullis/internal/browsertest"
	"portcullis/internal/storetest"
	"portcullis/store"
	"portcullis/web/ask"
	"portcullis/web/ui"
)

// served is the pages in a browser in which somebody has signed in.
func served(t *testing.T, b *browsertest.Browser) (at string) {
	t.Helper()
	if !ui.Built() {
		t.Fatal("the assets are not built: make assets")
	}
	clock := storetest.NewClock(noon)
	db, err := store.Open(t.Context(), store.Options{Data: t.TempDir(), Now: clock.Now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), schemas...); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, db, clock.Now, ask.Area{Requests: "/requests/new"})
	civil := h.guest("civil", "dept-a")
	mux := http.NewServeMux()
	mux.Handle("/", h.handler)
	mux.HandleFunc("GET /enter", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "portcullis", Value: civil.cookie, Path: "/", HttpOnly: true})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	at = browsertest.Local(server)
	b.Go(at + "/enter")
	return at
}

// TestInABrowser goes the way of a civil servant with a phone: by its everyday name, for work, then for their
// own.
func TestInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	at := served(t, b)
	look := func(name string) {
		t.Helper()
		b.Phone()
		b.Accessible()
		b.Shot(name + "-phone")
		b.Wide()
		b.Accessible()
		b.Shot(name + "-wide")
		b.Phone()
	}
	b.Phone()
	b.Go(at + "/ask")
	look("ask")
	b.Type("#q", "chirper")
	b.Submit("main button.govuk-button:not(.govuk-button--secondary)")
	if b.Address() != "/ask?q=chirper" || !strings.HasPrefix(b.Title(), "No, do not install Parrot") {
		t.Errorf("at work: %s, %s", b.Address(), b.Title())
	}
	look("ask-banned")
	b.Submit("main .app-button-quiet")
	if b.Address() != "/ask" || !strings.HasPrefix(b.Title(), "We advise you not to have Parrot") {
		t.Errorf("on one's own: %s, %s", b.Address(), b.Title())
	}
	look("ask-own")
	b.Go(at + "/ask")
	b.Type("#q", "not")
	b.Submit("main button.govuk-button--secondary")
	if b.Address() != "/ask" || !strings.HasPrefix(b.Title(), "Which one do you mean?") {
		t.Errorf("which one: %s, %s", b.Address(), b.Title())
	}
	look("ask-choose")
	b.Submit("main .app-button-quiet")
	if b.Address() != "/ask" || !strings.HasPrefix(b.Title(), "Nothing that was decided speaks against Notes") {
		t.Errorf("the one: %s, %s", b.Address(), b.Title())
	}
	for name, path := range map[string]string{"ask-yes": "/ask?q=notes", "ask-unlisted": "/ask?q=maps", "ask-nothing": "/ask?q=parott", "ask-leaving": "/ask?q=oldster", "ask-empty": "/ask?q="} {
		b.Go(at + path)
		look(name)
	}
	b.NoScript() // the keyboard alone, and no script: Enter asks about work, the second button about one's own
	b.Go(at + "/ask")
	b.Click("#q")
	b.Press("maps")
	b.FollowKey(browsertest.Enter)
	if b.Address() != "/ask?q=maps" {
		t.Errorf("by Enter: %s", b.Address())
	}
	b.Go(at + "/ask")
	b.Click("#q")
	b.Press("maps", browsertest.Tab, browsertest.Tab)
	b.FollowKey(browsertest.Enter)
	if b.Address() != "/ask" || !strings.HasPrefix(b.Title(), "Nothing has been decided about Maps") {
		t.Errorf("by the second button: %s, %s", b.Address(), b.Title())
	}
}
