package api

import (
	"net/http"
	"sync"
	"time"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

const (
	// admission is for how long it is remembered whom the gate would let in: a token that has ended
	// counts for as long.
	admission = time.Second
	// maxAdmitted is how many tokens are remembered at most.
	maxAdmitted = 10_000
)

// door stands before what is asked thousands of times a second, and lets in whom the gate lets in: it asks
// the same, and remembers a yes for a moment. A no it asks anew, so that each is refused, and noted, as
// everywhere.
type door struct {
	room       *people.Room
	permission people.Permission

	mu    sync.Mutex
	until map[string]time.Time // by token: how long it is let in
}

func newDoor(room *people.Room, p people.Permission) *door {
	return &door{room: room, permission: p, until: map[string]time.Time{}}
}

// enter returns why a request is not let in, or nil.
func (d *door) enter(r *http.Request) error {
	actor, now := gate.Actor(r.Context()), ui.Now(r)
	d.mu.Lock()
	until := d.until[actor.Token]
	d.mu.Unlock()
	if now.Before(until) {
		return nil
	}
	if _, err := d.room.Enter(r.Context(), actor, d.permission); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.until) >= maxAdmitted {
		clear(d.until)
	}
	d.until[actor.Token] = now.Add(admission)
	return nil
}

// referenced gives a request that failed the reference under which the log has more.
func (d *door) referenced(r *http.Request) *http.Request {
	frame := ui.FrameOf(r)
	var err error
	if frame.Reference, err = d.room.Reference(); err != nil {
		return r // the answer goes without one
	}
	return ui.WithFrame(r, frame)
}
