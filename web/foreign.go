package web

import (
	"net/http"
	"sync"
	"time"

	"portcullis/web/gate"
	"portcullis/web/ui"
)

// borders refuses what pages of other sites have browsers send.
type borders struct {
	Parts
	mu    sync.Mutex
	noted time.Time // when it was last noted of nobody who is known
}

// seldom is how often it is noted of nobody who is known: anybody could send as many as they like.
const seldom = time.Minute

// foreign refuses what a page of another site had the browser send, and notes it in the access log.
func (b *borders) foreign(w http.ResponseWriter, r *http.Request) error {
	if who := gate.Who(r.Context()); who.ID != "" || b.due() {
		if err := b.People.NoteForeign(r.Context(), who, gate.Actor(r.Context()).Address); err != nil {
			b.Gate.Log.Error("a refusal could not be written to the access log", "actor", who.ID, "error", err)
		}
	}
	return ui.Render(w, r, http.StatusForbidden, ui.Page{Title: "This came from another site", Content: []ui.Component{
		ui.Para("A page of another site had your browser send this. Nothing has been changed."),
		ui.Para("If you meant to do it, go to the page here and do it from there. If you were on a page of this server, tell whoever looks after it: the header Host or Origin is changed on its way."),
		ui.Paragraph{ui.Link{Text: "Go to the first page", Href: "/"}},
	}})
}

// due tells whether it is to be noted of nobody.
func (b *borders) due() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.Gate.Now()
	if now.Sub(b.noted) < seldom {
		return false
	}
	b.noted = now
	return true
}
