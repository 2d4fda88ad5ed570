package enforce

import (
	"cmp"
	"context"
	"sync"

	"portcullis/devices"
	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
)

// Room is what lists go out through. Its lists are those of the fleet's present decisions, made when they
// are first asked for and shared until the decisions, or what time makes of them, change.
type Room struct {
	People *people.Room
	Fleet  *devices.Fleet

	mu        sync.Mutex
	basis     *index.Basis
	lists     *Lists
	artefacts map[made]*making
}

// made says which artefact is shared.
type made struct {
	form         string
	organisation string
	platform     policy.Platform
}

// making is an artefact that is being made or was.
type making struct {
	once     sync.Once
	artefact *Artefact
	err      error
}

// Artefact returns the artefact for an organisation's devices or for one of them. It needs people.FetchLists
// in the organisation.
func (r *Room) Artefact(ctx context.Context, actor people.Actor, q Query) (*Artefact, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (*Artefact, error) {
		if q.Host == "" {
			if err := tx.Require(people.FetchLists, q.Organisation); err != nil {
				return nil, err
			}
			return r.make(q, nil)
		}
		host, known := r.Fleet.Index().Host(q.Host)
		if !known || tx.Require(people.FetchLists, host.Organisation) != nil {
			_, err := tx.Reach(people.FetchLists)
			return nil, cmp.Or(err, fault.New(fault.NotFound, "There is no device %s here", q.Host))
		}
		return r.make(q, &host)
	})
}

// make returns an artefact, that which is shared where the device has no other.
func (r *Room) make(q Query, host *policy.Host) (*Artefact, error) {
	lists := r.current()
	form, list, err := lists.answer(&q, host)
	if err != nil || list.Host != "" || host != nil && list.Platform != host.Platform {
		if err != nil {
			return nil, err
		}
		return form.Make(list)
	}
	r.mu.Lock()
	key := made{form.Name, q.Organisation, q.Platform}
	m := r.artefacts[key]
	if m == nil || lists != r.lists { // else decisions have changed meanwhile: those lists are nobody's any more
		m = &making{}
		if lists == r.lists {
			r.artefacts[key] = m
		}
	}
	r.mu.Unlock()
	m.once.Do(func() { m.artefact, m.err = form.Make(list) })
	return m.artefact, m.err
}

// current are the lists of the decisions as the fleet has them.
func (r *Room) current() *Lists {
	view := r.Fleet.View()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.basis == view.Basis {
		return r.lists
	}
	if r.lists == nil {
		r.lists = New(view.World, view.Basis.Policy(), int64(view.Generation), view.Basis.At())
	} else {
		r.lists = r.lists.Next(view.World, view.Basis.Policy(), int64(view.Generation), view.Basis.At())
	}
	r.basis, r.artefacts = view.Basis, map[made]*making{}
	return r.lists
}
