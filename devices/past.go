package devices

import (
	"cmp"
	"context"
	"errors"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// Past is what a host was at a time, as it was known at another.
type Past struct {
	Host  Host // as it is now
	At    store.Time
	Known store.Time
	// Here is false where it was not known to be here, or was not in use.
	Here      bool
	Was       Attributes
	Unjudged  bool
	Installed []Installed
}

// PastQuery is which past is asked about. A time that is zero is the present.
type PastQuery struct {
	Host  string
	At    store.Time // what was so
	Known store.Time // as it was known then
	Thing *uint32    // the one installation that is asked about, with why; all where it is nil
}

// DecisionsAt returns what was on a host at a time, and what the rules said of it then; both as they were
// known at the time known. The actor needs people.SeeDevices where the host belongs now.
func (r *Room) DecisionsAt(ctx context.Context, actor people.Actor, q PastQuery) (Past, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (p Past, err error) {
		if p.Host, err = visible(tx, q.Host, noDevice(q.Host)); err != nil {
			return p, err
		}
		p.At, p.Known = cmp.Or(q.At, tx.Now()), cmp.Or(q.Known, tx.Now())
		if err := errors.Join(notAhead("at", p.At, tx.Now()), notAhead("known", p.Known, tx.Now())); err != nil {
			return p, err
		}
		row, w, err := r.asOf(tx.Tx, &p, q.At.IsZero() && q.Known.IsZero())
		if errors.Is(err, store.ErrNotFound) {
			return p, nil
		} else if err != nil {
			return p, err
		}
		p.Here, p.Was = true, attributesOf(row)
		thing, err := r.things(tx.Tx)
		if err != nil {
			return p, err
		}
		j := judging{fleet: r.Fleet, world: w, host: &p.Host, at: p.At, thing: thing, only: q.Thing, explained: maxExplained}
		p.Installed, p.Unjudged, err = j.judge(q.Host, row)
		return p, err
	})
}

// asOf is what a host was, and the world that it stood in; store.ErrNotFound where it was not here. The
// present need not be put together from history.
func (r *Room) asOf(tx *store.Tx, p *Past, present bool) (*index.Row, *policy.World, error) {
	if present {
		if !p.Host.State.judged() {
			return nil, nil, store.ErrNotFound
		}
		return &p.Host.Row, r.Fleet.View().World, nil
	}
	row, err := rowAt(tx, p.Host.ID, p.At, p.Known)
	if err != nil {
		return nil, nil, err
	}
	w, err := register.World(tx, p.At, p.Known)
	return &row, &w, err
}

func notAhead(field string, t, now store.Time) error {
	if now.Before(t) {
		return fault.In(field, "What will be then nobody can say yet: give a day that has come")
	}
	return nil
}
