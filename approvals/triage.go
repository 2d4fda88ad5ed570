package approvals

import (
	"context"
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/register"
)

// Triage decides about many apps at once that a body's devices have and its list has not: see register.Triage. It
// is one person's word, and so for bodies where one person allows an app: who grants there by the body's own
// process. Where a recommendation or a second signature is demanded, each app is proposed.
func (r *Room) Triage(ctx context.Context, actor people.Actor, organisation string, choices []register.Choice) (register.Triaged, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none register.Triaged, err error) {
		process, _, err := processAt(tx.Tx, organisation, tx.Now(), tx.Now())
		if err != nil {
			return none, err
		}
		path := process.Allow
		if err := tx.RequireRole(people.DecideList, organisation, slices.Concat(path.Grant, path.Sign)); err != nil {
			return none, err
		}
		if len(path.Recommend) > 0 || len(path.Grant) == 0 || len(path.Sign) > 0 {
			return none, fault.New(fault.Conflict, "Here more than one person allows an app, as this body has said of itself: ask for each by a proposal")
		}
		return register.Triage(tx, organisation, choices)
	})
}
