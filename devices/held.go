package devices

import (
	"context"

	"portcullis/devices/index"
	"portcullis/people"
	"portcullis/policy"
)

// mostHeld is how many devices of one person are told.
const mostHeld = 20

// Held are the devices of the actor's own organisation that they hold, as its inventories spell them, in the order of
// their ids: those in use or lost that are not the actor's own. It is for everybody who is a person.
func (r *Room) Held(ctx context.Context, actor people.Actor) ([]Host, error) {
	id, err := people.See(ctx, r.People, actor, func(tx *people.Tx) (string, error) { return tx.RequireOwn() })
	if err != nil {
		return nil, err
	}
	person, err := r.People.Person(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	page, _, err := r.Fleet.Index().Find(index.Query{Organisations: []string{person.Organisation}, Kind: policy.Device, Holders: []string{person.ID, person.UserName, person.Mail}, Limit: mostHeld})
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
			if h, is := stored[id]; is && h.Row.Ownership != policy.Personal && h.Row.Organisation == person.Organisation {
				held = append(held, h)
			}
		}
		return held, err
	})
}
