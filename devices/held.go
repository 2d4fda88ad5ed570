package devices

import (
	"context"
	"slices"

	"portcullis/devices/index"
	"portcullis/people"
	"portcullis/policy"
)

// mostHeld is how many devices of one person are told.
const mostHeld = 20

// Held are the devices of the actor's own organisation that they hold, as its inventories spell them, in the order of
// their ids: those in use or lost that are not the actor's own. It is for everybody who is a person.
func (r *Room) Held(ctx context.Context, actor people.Actor) ([]Host, error) {
	person, spelt, err := r.holder(ctx, actor)
	if err != nil {
		return nil, err
	}
	return r.heldBy(ctx, actor, person.Organisation, spelt)
}

// holder is who asks, and how inventories and exemptions may spell them.
func (r *Room) holder(ctx context.Context, actor people.Actor) (person people.Person, spelt []string, err error) {
	id, err := people.See(ctx, r.People, actor, func(tx *people.Tx) (id string, err error) {
		if id, err = tx.RequireOwn(); err == nil {
			spelt, err = people.Spelt(tx.Tx, id)
		}
		return id, err
	})
	if err == nil {
		person, err = r.People.Person(ctx, actor, id)
	}
	return person, slices.DeleteFunc(spelt, func(text string) bool { return text == "" }), err
}

// heldBy are the devices of work in an organisation that somebody holds, who is spelt in one of these ways.
func (r *Room) heldBy(ctx context.Context, actor people.Actor, organisation string, spelt []string) ([]Host, error) {
	page, _, err := r.Fleet.Index().Find(index.Query{Organisations: []string{organisation}, Kind: policy.Device, Holders: spelt, Limit: mostHeld})
	if err != nil || len(page) == 0 {
		return nil, err
	}
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (held []Host, err error) {
		if _, err := tx.RequireOwn(); err != nil {
			return nil, err
		}
		ids := make([]string, len(page))
		for i := range page {
			ids[i] = page[i].ID
		}
		stored, err := selectHosts(tx.Tx, ids)
		for _, id := range ids {
			if h, is := stored[id]; is && h.Row.Ownership != policy.Personal && h.Row.Organisation == organisation {
				held = append(held, h)
			}
		}
		return held, err
	})
}
