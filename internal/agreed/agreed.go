// Package agreed lets tests begin with what it takes several people to decide: it is done as if all of them had agreed.
// Room approvals, which asks each of them, is tested by itself.
package agreed

import (
	"context"

	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// Act is people.Act for what is decided by several.
func Act[T any](ctx context.Context, room *people.Room, actor people.Actor, do func(tx *people.Tx) (T, error)) (T, error) {
	return people.Act(ctx, room, actor, func(tx *people.Tx) (T, error) {
		tx.Asked("as if all had agreed")
		return do(tx)
	})
}

// Register is a register into which its actor brings what several have decided.
type Register struct{ *register.Room }

// AddRule is register.AddRule.
func (r Register) AddRule(ctx context.Context, actor people.Actor, rule policy.Rule) (policy.Rule, error) {
	return Act(ctx, r.People, actor, func(tx *people.Tx) (policy.Rule, error) { return register.AddRule(tx, rule) })
}

// EndRule is register.EndRule.
func (r Register) EndRule(ctx context.Context, actor people.Actor, id string, until store.Time, reason string) (policy.Rule, error) {
	return Act(ctx, r.People, actor, func(tx *people.Tx) (policy.Rule, error) { return register.EndRule(tx, id, until, reason) })
}

// Triage is register.Triage.
func (r Register) Triage(ctx context.Context, actor people.Actor, organisation string, choices []register.Choice) (register.Triaged, error) {
	return Act(ctx, r.People, actor, func(tx *people.Tx) (register.Triaged, error) { return register.Triage(tx, organisation, choices) })
}
