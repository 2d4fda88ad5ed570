package people

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/store"
)

// How long a session lasts: since its beginning, and since it was last used.
const (
	sessionLife = 7 * 24 * time.Hour
	sessionIdle = 12 * time.Hour
	// seenEvery is how exactly the last use is known: it is not written at each request.
	seenEvery = 5 * time.Minute
)

// Session is somebody's having signed in, in one browser.
type Session struct {
	ID      string     `json:"id"`
	Person  string     `json:"person"`
	Method  string     `json:"method"` // passkey, or the name of a provider
	Address string     `json:"address"`
	Agent   string     `json:"agent"` // what the browser says it is
	Begun   store.Time `json:"begun"`
	Seen    store.Time `json:"seen"`
	Expires store.Time `json:"expires"`
}

// secret draws 256 bits, as text for a cookie, a link or a token.
func secret(chance io.Reader) (string, error) {
	var drawn [32]byte
	if _, err := io.ReadFull(chance, drawn[:]); err != nil {
		return "", fmt.Errorf("drawing a secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(drawn[:]), nil
}

// digestOf is what is kept of a secret. A secret has 256 random bits, so its plain hash cannot be
// gone back on.
func digestOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// OpenSession signs a person in and returns the secret of the session. Whoever calls it has
// made sure who it is.
func (r *Room) OpenSession(ctx context.Context, person, method, address, agent string) (opened string, err error) {
	err = r.DB.Write(ctx, func(tx *store.Tx) (err error) {
		opened, err = r.openSession(tx, person, method, address, agent)
		return err
	})
	return opened, err
}

func (r *Room) openSession(tx *store.Tx, person, method, address, agent string) (string, error) {
	p, err := selectPerson(tx, person)
	if errors.Is(err, store.ErrNotFound) || err == nil && !p.Active {
		return "", errDeactivated
	}
	if err != nil {
		return "", err
	}
	opened, err := secret(r.Chance)
	if err != nil {
		return "", err
	}
	id, err := store.NewID(tx.Now(), r.Chance)
	if err != nil {
		return "", err
	}
	s := Session{id, person, method, address, shorten(agent, 300), tx.Now(), tx.Now(), tx.Now().Add(sessionLife)}
	if err := insertSession(tx, s, digestOf(opened)); err != nil {
		return "", err
	}
	return opened, r.note(tx, Access{Actor: person, Address: address, Outcome: "signed-in", Detail: method})
}

var errDeactivated = &fault.Error{Kind: fault.Refused, Message: "Your account is not active. Ask your security team if it should be"}

// NoteFailure writes a sign-in that failed into the access log.
func (r *Room) NoteFailure(ctx context.Context, method, address string, reason error) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		return r.note(tx, Access{Address: address, Outcome: "sign-in-failed", Detail: shorten(method+": "+reason.Error(), 300)})
	})
}

// shorten makes of a text from outside what every database stores.
func shorten(text string, bytes int) string {
	if len(text) > bytes {
		text = text[:bytes]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

// whoHasSession finds out whose session it is. A session that has ended, or of a person who is not
// active, is nobody's.
func whoHasSession(tx *store.Tx, secret string) (Who, error) {
	s, name, err := selectLiveSession(tx, digestOf(secret), tx.Now().Add(-sessionIdle))
	if errors.Is(err, store.ErrNotFound) {
		return Who{}, errSignedOut
	}
	if err != nil {
		return Who{}, err
	}
	grants, err := grantsAt(tx, s.Person, tx.Now())
	return Who{ID: s.Person, Person: s.Person, Name: name, Grants: grants, Session: s.ID, stale: s.Seen.Before(tx.Now().Add(-seenEvery))}, err
}

// touch notes that a session or token is in use.
func (r *Room) touch(ctx context.Context, actor Actor) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		since := tx.Now().Add(-seenEvery)
		if actor.Token != "" {
			return touchToken(tx, digestOf(actor.Token), since)
		}
		return touchSession(tx, digestOf(actor.Session), since)
	})
}

// EndSession ends the session itself: the actor signs out.
func (r *Room) EndSession(ctx context.Context, actor Actor) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		who, err := whoHasSession(tx, actor.Session)
		if fault.Is(err, fault.SignedOut) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := deleteSession(tx, who.Session); err != nil {
			return err
		}
		return r.note(tx, Access{Actor: who.ID, Address: actor.Address, Outcome: "signed-out"})
	})
}

// Sessions returns a person's sessions that have not ended, the newest first: one's own, or those of
// whom one may sign out.
func (r *Room) Sessions(ctx context.Context, actor Actor, person string) ([]Session, error) {
	return See(ctx, r, actor, func(tx *Tx) ([]Session, error) {
		if err := tx.own(person, EndSessions); err != nil {
			return nil, err
		}
		return selectSessions(tx.Tx, person, tx.Now().Add(-sessionIdle))
	})
}

// own asks whether the person is the actor, or else for the permission where the person belongs.
func (tx *Tx) own(person string, p Permission) error {
	if person != "" && person == tx.who.Person {
		tx.asked = true
		return nil
	}
	_, err := tx.person(p, person)
	return err
}

// RevokeSession ends one of a person's sessions, or all of them where id is empty.
func (r *Room) RevokeSession(ctx context.Context, actor Actor, person, id string) error {
	_, err := Act(ctx, r, actor, func(tx *Tx) (none struct{}, err error) {
		if err := tx.own(person, EndSessions); err != nil {
			return none, err
		}
		tx.NoEntry("sessions stay out of the ledger; the access log has it")
		if err := deleteSessions(tx.Tx, person, id); err != nil {
			return none, err
		}
		return none, r.note(tx.Tx, Access{Actor: tx.who.ID, Address: actor.Address, Outcome: "signed-out", Detail: person + " " + id})
	})
	return err
}

// endAll ends everything by which a person could act.
func endAll(tx *store.Tx, person string) error {
	if err := deleteSessions(tx, person, ""); err != nil {
		return err
	}
	return deleteCredentials(tx, person)
}

// Ceremony keeps what one step of signing in must know of the one before, for a short time and for
// one use.
func (r *Room) BeginCeremony(ctx context.Context, kind string, state []byte, life time.Duration) (id string, err error) {
	err = r.DB.Write(ctx, func(tx *store.Tx) (err error) {
		if id, err = secret(r.Chance); err != nil {
			return err
		}
		return insertCeremony(tx, digestOf(id), kind, string(state), tx.Now().Add(life))
	})
	return id, err
}

// EndCeremony returns what BeginCeremony kept, once.
func (r *Room) EndCeremony(ctx context.Context, kind, id string) (state []byte, err error) {
	err = r.DB.Write(ctx, func(tx *store.Tx) error {
		kept, err := takeCeremony(tx, digestOf(id), kind)
		if errors.Is(err, store.ErrNotFound) {
			return fault.New(fault.Conflict, "This took too long, or was begun in another window: start again")
		}
		state = []byte(kept)
		return err
	})
	return state, err
}
