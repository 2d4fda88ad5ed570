package people

import (
	"context"
	"errors"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/store"
)

// Token is a program's leave to act, in one role in one organisation, until it ends.
type Token struct {
	ID string `json:"id"`
	// Name says what the program is.
	Name string `json:"name"`
	Grant
	// Maker is the person who made it, or empty where it was made at the command line. It ends
	// with the maker's account, and rests for as long as the maker may not make it.
	Maker   string     `json:"maker,omitempty"`
	Made    store.Time `json:"made"`
	Expires store.Time `json:"expires"`
	Ended   store.Time `json:"ended,omitzero"`
	Used    store.Time `json:"used,omitzero"`
}

// How long tokens last.
const (
	TokenLife    = 90 * 24 * time.Hour // where nothing is said
	MaxTokenLife = 366 * 24 * time.Hour
)

// tokenPrefix lets those who look for secrets in the wrong places find ours.
const tokenPrefix = "portcullis_"

// The kinds of entries about tokens. The subjects are the organisation and the token; the payload is
// a tokenEntry.
var (
	tokenMade  = ledger.Kind{Name: "people.token-made", Version: 1}
	tokenEnded = ledger.Kind{Name: "people.token-ended", Version: 1}
)

type tokenEntry struct {
	Name    string     `json:"name"`
	Role    Role       `json:"role"`
	Expires store.Time `json:"expires,omitzero"`
}

// Made is a token that was just made, with its secret, which is never seen again.
type Made struct {
	Token
	Secret string `json:"secret"`
}

// MakeToken makes a token. Nobody makes one that may do more than the roles they may give, and a
// program makes none: it would outlive its own.
func (r *Room) MakeToken(ctx context.Context, actor Actor, name string, g Grant, expires store.Time) (Made, error) {
	if actor.Key != "" {
		// A secret is not kept to be told again.
		return Made{}, fault.New(fault.Invalid, "Making a token takes no idempotency key: if the answer was lost, end the token and make another")
	}
	return Act(ctx, r, actor, func(tx *Tx) (none Made, err error) {
		if expires.IsZero() {
			expires = tx.Now().Add(TokenLife)
		}
		name, err = checkName("name", name)
		if err := errors.Join(err, checkExpires(expires, tx.Now()), tx.checkGrant(g)); err != nil {
			return none, err
		}
		if err := tx.mayMake(g); err != nil {
			return none, err
		}
		if tx.who.Program() {
			return none, tx.refuse(ChangeTokens, g.Organisation, "A program makes no tokens: ask a person to")
		}
		return tx.makeToken(name, g, expires)
	})
}

func checkExpires(expires, now store.Time) error {
	switch {
	case !now.Before(expires):
		return fault.In("expires", "The end must be in the future")
	case now.Add(MaxTokenLife).Before(expires):
		return fault.In("expires", "A token lasts a year at most")
	}
	return nil
}

// mayMake returns a fault unless the actor may make a token with the grant.
func (tx *Tx) mayMake(g Grant) error {
	if err := tx.Require(ChangeTokens, g.Organisation); err != nil {
		return err
	}
	return tx.mayGive(g)
}

func (tx *Tx) makeToken(name string, g Grant, expires store.Time) (none Made, err error) {
	drawn, err := secret(tx.room.Chance)
	if err != nil {
		return none, err
	}
	id, err := tx.NewID()
	if err != nil {
		return none, err
	}
	t := Token{ID: id, Name: name, Grant: g, Maker: tx.who.Person, Made: tx.Now(), Expires: expires}
	made := Made{t, tokenPrefix + drawn}
	if err := insertToken(tx.Tx, t, digestOf(made.Secret)); err != nil {
		return none, err
	}
	return made, tx.Record(tokenMade, g.Organisation, []string{id}, tokenEntry{name, g.Role, expires})
}

// EndToken ends a token at once.
func (r *Room) EndToken(ctx context.Context, actor Actor, id string) (Token, error) {
	return Act(ctx, r, actor, func(tx *Tx) (none Token, err error) {
		t, err := tx.token(ChangeTokens, id)
		if err != nil {
			return none, err
		}
		if !t.Ended.IsZero() {
			tx.NoEntry("it has ended already")
			return t, nil
		}
		t.Ended = tx.Now()
		if err := endToken(tx.Tx, id); err != nil {
			return none, err
		}
		return t, tx.Record(tokenEnded, t.Organisation, []string{id}, tokenEntry{Name: t.Name, Role: t.Role})
	})
}

func (tx *Tx) token(p Permission, id string) (none Token, err error) {
	t, err := selectToken(tx.Tx, id)
	if errors.Is(err, store.ErrNotFound) {
		if err := tx.Require(p, Everywhere); err != nil {
			return none, err
		}
		return none, fault.New(fault.NotFound, "There is no token with the id %s", id)
	}
	if err != nil {
		return none, err
	}
	return t, tx.Require(p, t.Organisation)
}

// Tokens returns the tokens that the actor may see, the newest first, from the one after the id
// before; "" is the newest.
func (r *Room) Tokens(ctx context.Context, actor Actor, before string, limit int) ([]Token, error) {
	return See(ctx, r, actor, func(tx *Tx) ([]Token, error) {
		roots, err := tx.Reach(SeeTokens)
		if err != nil {
			return nil, err
		}
		return selectTokens(tx.Tx, roots, before, limit)
	})
}

// Token returns one token.
func (r *Room) Token(ctx context.Context, actor Actor, id string) (Token, error) {
	return See(ctx, r, actor, func(tx *Tx) (Token, error) { return tx.token(SeeTokens, id) })
}

// whoHasToken finds out what a token may do. One that has ended, or whose maker is not active or may
// not make it any more, may nothing.
func whoHasToken(tx *store.Tx, secret string) (Who, error) {
	if !strings.HasPrefix(secret, tokenPrefix) {
		return Who{}, errToken
	}
	t, err := selectLiveToken(tx, digestOf(secret))
	if errors.Is(err, store.ErrNotFound) {
		return Who{}, errToken
	}
	if err != nil {
		return Who{}, err
	}
	return whoActsBy(tx, t, errToken)
}

// whoActsBy finds out what may be done by a token that has not ended. refused is what is said where its maker
// may not make it any more.
func whoActsBy(tx *store.Tx, t Token, refused error) (Who, error) {
	who := Who{ID: "token:" + t.ID, Name: t.Name, Grants: []Grant{t.Grant}, Maker: t.Maker, stale: t.Used.Before(tx.Now().Add(-seenEvery))}
	if t.Maker == "" {
		return who, nil
	}
	grants, err := grantsAt(tx, t.Maker, tx.Now())
	if err != nil {
		return Who{}, err
	}
	maker := &Tx{Tx: tx, who: Who{ID: t.Maker, Person: t.Maker, Grants: grants}}
	if err := maker.mayMake(t.Grant); fault.Is(err, fault.Refused) {
		return Who{}, refused
	} else if err != nil {
		return Who{}, err
	}
	return who, nil
}

var errToken = &fault.Error{Kind: fault.SignedOut, Message: "This token is not known, has ended, or is of somebody who may not make it any more: make another"}
