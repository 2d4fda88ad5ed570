package ask_test

import (
	"strings"
	"testing"

	"portcullis/internal/browsertest"
	"portcullis/internal/storetest"
	"portcullis/store"
	"portcullis/web/ask"
)

// TestInABrowser goes the way of a civil servant with a phone: by its everyday name, for work, then for their
// own.
func TestInABrowser(t *testing.T) {
	h := newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas), ask.Area{Requests: "/requests/new"})
	w := h.Walk()
	w.Enter(h.guest("civil", "dept-a").Visitor)
	look := func(name string) {
		w.Seen(name)
		w.Phone()
	}
	w.Phone()
	w.Go("/ask")
	look("ask")
	w.Type("#q", "chirper")
	w.Submit("main button.govuk-button:not(.govuk-button--secondary)")
	if w.Address() != "/ask?q=chirper" || !strings.HasPrefix(w.Title(), "No, do not install Parrot") {
		t.Errorf("at work: %s, %s", w.Address(), w.Title())
	}
	look("ask-banned")
	w.Submit("main .app-button-quiet")
	if w.Address() != "/ask" || !strings.HasPrefix(w.Title(), "We advise you not to have Parrot") {
		t.Errorf("on one's own: %s, %s", w.Address(), w.Title())
	}
	look("ask-own")
	w.Go("/ask")
	w.Type("#q", "not")
	w.Submit("main button.govuk-button--secondary")
	if w.Address() != "/ask" || !strings.HasPrefix(w.Title(), "Which one do you mean?") {
		t.Errorf("which one: %s, %s", w.Address(), w.Title())
	}
	look("ask-choose")
	w.Submit("main .app-button-quiet")
	if w.Address() != "/ask" || !strings.HasPrefix(w.Title(), "Nothing that was decided speaks against Notes") {
		t.Errorf("the one: %s, %s", w.Address(), w.Title())
	}
	for name, path := range map[string]string{"ask-yes": "/ask?q=notes", "ask-unlisted": "/ask?q=maps", "ask-nothing": "/ask?q=parott", "ask-leaving": "/ask?q=oldster", "ask-empty": "/ask?q="} {
		w.Go(path)
		look(name)
	}
	w.NoScript() // the keyboard alone, and no script: Enter asks about work, the second button about one's own
	w.Go("/ask")
	w.Click("#q")
	w.Press("maps")
	w.FollowKey(browsertest.Enter)
	if w.Address() != "/ask?q=maps" {
		t.Errorf("by Enter: %s", w.Address())
	}
	w.Go("/ask")
	w.Click("#q")
	w.Press("maps", browsertest.Tab, browsertest.Tab)
	w.FollowKey(browsertest.Enter)
	if w.Address() != "/ask" || !strings.HasPrefix(w.Title(), "Nothing has been decided about Maps") {
		t.Errorf("by the second button: %s, %s", w.Address(), w.Title())
	}
}
