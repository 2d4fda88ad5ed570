package vetting

import (
	"strings"
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

	// last is the newest id that was made here: what is later has a later one, though both were made in one millisecond.
	last struct {
		sync.Mutex
		id string
	}

	// inspectors are those with lists of bodies, by the digest of the list.
	inspectors struct {
		sync.Mutex
		by map[string]*inspect.Inspector
	}

	// turns has a place for each file that is looked at.
	turns chan struct{}
}

// atOnce is how many files are looked at at once: each takes all processors for itself.
const atOnce = 2

// New makes the room.
func New(persons *people.Room, decisions *approvals.Room, fleet *devices.Fleet) *Room {
	return &Room{People: persons, Approvals: decisions, Fleet: fleet, turns: make(chan struct{}, atOnce)}
}

// newID makes an id that is later than all that were made here before in the same millisecond. Those that two servers make
// in one have no order.
func (r *Room) newID(tx *people.Tx) (string, error) {
	id, err := tx.NewID()
	if err != nil {
		return "", err
	}
	r.last.Lock()
	defer r.last.Unlock()
	if len(id) == len(r.last.id) && id[:idTime] == r.last.id[:idTime] && id <= r.last.id {
		id = follows(r.last.id)
	}
	r.last.id = id
	return id, nil
}

// idTime is how many letters of an id are its time.
const idTime = 10

// follows is the text right after an id among those of its length.
func follows(id string) string {
	const letters = "0123456789abcdefghjkmnpqrstvwxyz"
	next := []byte(id)
	for i := len(next) - 1; i >= idTime; i-- {
		if at := strings.IndexByte(letters, next[i]); at+1 < len(letters) {
			next[i] = letters[at+1]
			break
		}
		next[i] = letters[0]
	}
	return string(next)
}

// inspector looks at files; what is asked of them is put in afterwards, for it differs from body to body. It is made
// with the first file, since it takes its time.
var inspector = sync.OnceValue(func() *inspect.Inspector { return inspect.New(criteria.Default()) })
