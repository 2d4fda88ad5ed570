package vetting

import (
	"sync"

	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/people"
	"portcullis/vetting/criteria"
	"portcullis/vetting/inspect"
)

// Room is this room's operations. There is one for each process; it is safe for concurrent use. New makes it.
type Room struct {
	People    *people.Room
	Approvals *approvals.Room
	Fleet     *devices.Fleet

	// turns has a place for each file that is looked at.
	turns chan struct{}
}

// atOnce is how many files are looked at at once: each takes all processors for itself.
const atOnce = 2

// New makes the room.
func New(persons *people.Room, decisions *approvals.Room, fleet *devices.Fleet) *Room {
	return &Room{People: persons, Approvals: decisions, Fleet: fleet, turns: make(chan struct{}, atOnce)}
}

// inspector looks at files; what is asked of them is put in afterwards, for it differs from body to body. It is made
// with the first file, since it takes its time.
var inspector = sync.OnceValues(func() (*inspect.Inspector, error) { return inspect.New(criteria.Default()) })
