package pagetest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"portcullis/internal/browsertest"
	"portcullis/web/ui"
)

// Walk goes through the pages of a house in Chromium.
type Walk struct {
	*browsertest.Browser
	at string
}

// Walk opens a browser in which nobody has signed in. The assets must be built.
func (h *House) Walk() *Walk {
	h.T.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", h.Handler)
	mux.HandleFunc("GET /enter/{session}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, cookie(r.PathValue("session")))
	})
	server := httptest.NewServer(mux)
	h.T.Cleanup(server.Close)
	return WalkAt(h.T, browsertest.Local(server))
}

// WalkAt is a walk through the pages of a server that is no house, at its address.
func WalkAt(t testing.TB, at string) *Walk {
	t.Helper()
	if !ui.Built() {
		t.Fatal("the assets are not built: make assets")
	}
	return &Walk{browsertest.Open(t), at}
}

// Enter signs somebody of the house in, whoever was before.
func (w *Walk) Enter(v Visitor) { w.Go("/enter/" + v.Session) }

// Go goes to a path of the house and waits until it is loaded.
func (w *Walk) Go(path string) { w.Browser.Go(w.at + path) }

// Look goes to a page and looks at it.
func (w *Walk) Look(path, name string) {
	w.Go(path)
	w.Seen(name)
}

// Seen looks at the page that is open now, on a desk, where it stays, and on a phone: one that a form led to, say.
func (w *Walk) Seen(name string) {
	w.Wide()
	w.Accessible()
	w.Shot(name + "-wide")
	w.Phone()
	w.Accessible()
	w.Shot(name + "-phone")
	w.Wide()
}
