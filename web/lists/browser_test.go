package lists_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"testing"

	"portcullis/internal/browsertest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
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
	h := newHouse(t, db, clock.Now)
	officer := h.guest(people.CentreOfficer, people.Everywhere, "gov")
	mux := http.NewServeMux()
	mux.Handle("/", h.handler)
	mux.HandleFunc("GET /enter", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "portcullis", Value: officer.cookie, Path: "/", HttpOnly: true})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	at = browsertest.Local(server)
	b.Go(at + "/enter")
	return at
}

// TestInABrowser compares the list of a body that keeps its own with the government's.
func TestInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	at := served(t, b)
	for name, path := range map[string]string{"lists": "/lists", "lists-differ": "/lists?a=gov&b=harbour", "lists-alike": "/lists?a=gov&b=tides", "lists-one": "/lists?a=gov&b=harbour&side=second"} {
		b.Wide()
		b.Go(at + path)
		b.Accessible()
		b.Shot(name + "-wide")
		b.Phone()
		b.Accessible()
		b.Shot(name + "-phone")
	}
	b.Wide()
	b.Go(at + "/lists?a=gov&b=harbour")
	b.Submit("main .govuk-summary-list a")
	if b.Address() != "/lists?a=gov&b=harbour&side=first" {
		t.Errorf("those that only the first has are at %s", b.Address())
	}
}
