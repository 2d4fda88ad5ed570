package people

import (
	"context"
	"sync"
	"time"

	"portcullis/internal/fault"
	"portcullis/store"
)

// Together runs one transaction on behalf of many, for a writer that commits at once what several asked
// for. As returns the transaction as one actor's, whose permissions are asked there as ever. A refusal
// that is one actor's alone goes to Refuse after the transaction. What is done so enters no ledger by
// itself: the writer answers for a digest of it.
func (r *Room) Together(ctx context.Context, do func(tx *store.Tx, as func(Actor) (*Tx, error)) error) error {
	return r.DB.Write(ctx, func(inner *store.Tx) error {
		known := map[Actor]*Tx{}
		return do(inner, func(actor Actor) (*Tx, error) {
			actor.Address, actor.Key, actor.Digest = "", "", ""
			if tx := known[actor]; tx != nil {
				return tx, nil
			}
			tx, err := r.begin(inner, actor)
			if err == nil {
				known[actor] = tx
			}
			return tx, err
		})
	})
}

// Refuse puts a refusal that one of many met with into the access log, and returns err.
func (r *Room) Refuse(ctx context.Context, actor Actor, err error) error {
	return r.refused(ctx, actor, err)
}

// Standings remember for a moment where actors have one permission, for a face that the same programs
// ask thousands of times a second. A token that ends, or a role that is taken, may count for as long.
type Standings struct {
	room       *Room
	permission Permission
	keep       time.Duration
	now        func() time.Time

	mu    sync.Mutex
	known map[Actor]standing // by token, or by device and key
}

type standing struct {
	until   time.Time
	entered bool            // it may, somewhere
	may     map[string]bool // by organisation
}

// Enter is Room.Enter for the permission, asked once for as long as it is remembered.
func (s *Standings) Enter(ctx context.Context, actor Actor) error {
	now := s.now()
	s.mu.Lock()
	found := s.known[Actor{Token: actor.Token}]
	s.mu.Unlock()
	if actor.Token != "" && found.entered && now.Before(found.until) {
		return nil
	}
	if _, err := s.room.Enter(ctx, actor, s.permission); err != nil || actor.Token == "" {
		return err
	}
	s.note(Actor{Token: actor.Token}, now, func(found *standing) { found.entered = true })
	return nil
}

// maxStandings is how many tokens are remembered at most.
const maxStandings = 10_000

// NewStandings makes one of a permission, which remembers for as long as keep.
func NewStandings(r *Room, p Permission, keep time.Duration, now func() time.Time) *Standings {
	return &Standings{room: r, permission: p, keep: keep, now: now, known: map[Actor]standing{}}
}

// May tells whether a program, or a device about itself, has the permission for a host of the organisation. It
// refuses nothing and notes nothing: where the answer is no, or the actor is a person, the operation itself is
// to be asked.
func (s *Standings) May(ctx context.Context, actor Actor, organisation, host string) (bool, error) {
	who := Actor{Token: actor.Token, Agent: actor.Agent}
	if who == (Actor{}) || who.Agent.Host != "" && who.Agent.Host != host {
		return false, nil
	}
	now := s.now()
	s.mu.Lock()
	found, ok := s.known[who]
	if ok && now.Before(found.until) {
		if may, known := found.may[organisation]; known {
			s.mu.Unlock()
			return may, nil
		}
	}
	s.mu.Unlock()
	may, err := See(ctx, s.room, actor, func(tx *Tx) (bool, error) {
		tx.asked = true // to know what one may needs no leave
		return tx.of(host).May(s.permission, organisation)
	})
	if fault.Is(err, fault.SignedOut) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.note(who, now, func(found *standing) { found.may[organisation] = may })
	return may, nil
}

// Notice answers May as well, in a transaction that the actor has at hand for something else.
func (s *Standings) Notice(tx *Tx, actor Actor, organisation, host string) error {
	now := s.now()
	may, err := tx.of(host).May(s.permission, organisation)
	if err != nil {
		return err
	}
	s.note(Actor{Token: actor.Token, Agent: actor.Agent}, now, func(found *standing) { found.may[organisation] = may })
	return nil
}

// note enters what a question that began at now has found.
func (s *Standings) note(who Actor, now time.Time, enter func(*standing)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.known[who]
	until := now.Add(s.keep)
	if ok && until.Before(found.until) {
		return // who asked later knows better, and until later than this answer may count
	}
	if !ok || !now.Before(found.until) {
		if len(s.known) >= maxStandings {
			clear(s.known)
		}
		found = standing{until: until, may: map[string]bool{}}
	}
	enter(&found)
	s.known[who] = found
}
