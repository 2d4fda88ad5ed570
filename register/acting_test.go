package register_test

import (
	"context"

	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// decidedBy does in a transaction what several people have decided: room approvals asks who.
func decidedBy[T any](ctx context.Context, c centre, actor people.Actor, do func(tx *people.Tx) (T, error)) (T, error) {
	return people.Act(ctx, c.People, actor, func(tx *people.Tx) (T, error) {
		tx.Asked("as if all had agreed")
		return do(tx)
	})
}

func (c centre) AddRule(ctx context.Context, actor people.Actor, rule policy.Rule) (policy.Rule, error) {
	return decidedBy(ctx, c, actor, func(tx *people.Tx) (policy.Rule, error) { return register.AddRule(tx, rule) })
}

func (c centre) EndRule(ctx context.Context, actor people.Actor, id string, until store.Time, reason string) (policy.Rule, error) {
	return decidedBy(ctx, c, actor, func(tx *people.Tx) (policy.Rule, error) { return register.EndRule(tx, id, until, reason) })
}

func (c centre) Triage(ctx context.Context, actor people.Actor, organisation string, choices []register.Choice) (register.Triaged, error) {
	return decidedBy(ctx, c, actor, func(tx *people.Tx) (register.Triaged, error) { return register.Triage(tx, organisation, choices) })
}
