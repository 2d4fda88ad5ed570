package register

import (
	"context"
	"fmt"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Recorded is one thing of the register as it was recorded at one time.
type Recorded struct {
	// World has the thing in its section, and nothing else.
	World policy.World
	// Reason is why it is so, where one was given: why a rule was added, or why it ends.
	Reason string
	By     string // as in the ledger: see people.Who
	At     store.Time
	// Replaced is when something else was recorded in its stead, or that it was taken back; zero where it counts.
	Replaced   store.Time
	Generation store.Generation
}

// Record returns everything that was ever recorded of one thing, in that order. It needs people.SeeRegister:
// anywhere for what is public, which suppliers, products and rules are; for a site in its organisation
// and for an exemption in its scope.
func (r *Room) Record(ctx context.Context, actor people.Actor, section Section, id string) ([]Recorded, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (record []Recorded, err error) {
		if _, err := tx.Reach(people.SeeRegister); err != nil {
			return nil, err
		}
		versions, err := selectVersions(tx.Tx, section, id)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			w, err := v.read()
			if err != nil {
				return nil, err
			}
			for i := range w.Exemptions {
				if named, err := Named(tx, &w.Exemptions[i]); err != nil {
					return nil, err
				} else if !named {
					return nil, tx.Hide(people.SeeRegister, w.Exemptions[i].Scope, notThere(section, id))
				}
			}
			for _, organisation := range concerned(&w) {
				if err := tx.Require(people.SeeRegister, organisation); err != nil {
					return nil, err
				}
			}
			record = append(record, Recorded{w, v.reason, v.by, v.recorded, v.replaced, v.generation})
		}
		if len(record) == 0 {
			return nil, fault.New(fault.NotFound, "%s", notThere(section, id))
		}
		return record, nil
	})
}

func notThere(section Section, id string) string {
	return fmt.Sprintf("The register has no %s %s", section, id)
}

// concerned are the organisations whose own business the things of a world are: what is public is nobody's.
func concerned(w *policy.World) (organisations []string) {
	for i := range w.Sites {
		organisations = append(organisations, w.Sites[i].Organisation)
	}
	for i := range w.Exemptions {
		organisations = append(organisations, w.Exemptions[i].Scope)
	}
	return organisations
}
