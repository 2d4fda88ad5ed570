package devices

import (
	"context"
	"slices"

	"portcullis/people"
	"portcullis/policy"
)

// ListedExemptions are exemptions in force or to come, those that end first before the others.
type ListedExemptions struct {
	Exemptions []policy.Exemption
	// Others is how many there are besides that the actor may not see: in bodies where they do not have
	// people.SeeRegister, and marked ones that they are not assigned to.
	Others int
}

// Exemptions returns the exemptions that are in force or to come: in an organisation and all below, or all where it
// is empty. The actor needs people.SeeRegister there, or somewhere; those that they may not see are counted.
func (r *Room) Exemptions(ctx context.Context, actor people.Actor, organisation string) (ListedExemptions, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (l ListedExemptions, err error) {
		if organisation != "" {
			err = tx.Require(people.SeeRegister, organisation)
		} else {
			_, err = tx.Reach(people.SeeRegister)
		}
		if err != nil {
			return l, err
		}
		var within []string
		if organisation != "" {
			within = below(r.Fleet.View().World, []string{organisation})
		}
		l.Exemptions, l.Others, err = r.exemptions(tx, func(e *policy.Exemption) bool { return organisation == "" || slices.Contains(within, e.Scope) })
		return l, err
	})
}
