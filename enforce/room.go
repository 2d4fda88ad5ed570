package enforce

import (
	"context"
	"fmt"
	"sync"

	"portcullis/alerts"
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
	// Outbox tells people what became of orders, and who is to agree to one; nil tells nobody.
	Outbox *alerts.Room

	mu        sync.Mutex
	basis     *index.Basis
	lists     *Lists
	artefacts map[made]*making

	uptake keptUptake
}

// made says which artefact is shared.
type made struct {
	form         string
	organisation string
	platform     policy.Platform
	audit        bool
}

// making is an artefact that is being made or was.
type making struct {
	once     sync.Once
	artefact *Artefact
	err      error
}

// Artefact returns the artefact for an organisation's devices or for one of them. It needs people.FetchLists
// in the organisation. What it returns is shared, and not to be changed.
func (r *Room) Artefact(ctx context.Context, actor people.Actor, q Query) (*Artefact, error) {
	host, err := r.whose(ctx, actor, q.Organisation, q.Host)
	if err != nil {
		return nil, err
	}
	return r.make(q, host)
}

// whose asks whether the actor may have the lists of an organisation's devices or of one of them, which it returns.
func (r *Room) whose(ctx context.Context, actor people.Actor, organisation, host string) (*policy.Host, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (*policy.Host, error) {
		if host == "" {
			return nil, tx.Require(people.FetchLists, organisation)
		}
		h, known := r.Fleet.Index().Host(host)
		if known && tx.RequireFor(people.FetchLists, h.Organisation, host) == nil {
			return &h, nil
		}
		_, err := tx.Reach(people.FetchLists)
		missing := fmt.Sprintf("There is no device %s here", host)
		switch {
		case err != nil:
			return nil, err
		case known:
			return nil, tx.Hide(people.FetchLists, h.Organisation, missing)
		}
		return nil, fault.New(fault.NotFound, "%s", missing)
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
	key := made{form.Name, q.Organisation, q.Platform, q.Audit}
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
	lists, _ := r.now()
	return lists
}

// now are the lists of the decisions as the fleet has them, and the world that they are of.
func (r *Room) now() (*Lists, *policy.World) {
	view := r.Fleet.View()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.basis == view.Basis {
		return r.lists, view.World
	}
	if r.lists == nil {
		r.lists = New(view.World, view.Basis.Policy(), int64(view.Generation), view.Basis.At())
	} else {
		r.lists = r.lists.Next(view.World, view.Basis.Policy(), int64(view.Generation), view.Basis.At())
	}
	r.basis, r.artefacts = view.Basis, map[made]*making{}
	return r.lists, view.World
}
