package approvals

import (
	"context"

	"portcullis/people"
)

// Mine returns what the actor opened and what is for them, the newest first, at most so many: it is quick however much
// there is besides. What is restricted is left out, and what is marked is there for those alone who are assigned to it.
// Next is what Query.Before of the rest is; empty where there is none.
func (r *Room) Mine(ctx context.Context, actor people.Actor, most int) (Listed, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (l Listed, err error) {
		tx.Asked("what somebody has asked for is their own")
		me := tx.Who().Principal()
		if me == "" {
			return l, nil
		}
		// sees asks about no step of one's own; whether they are asked something is in the steps of those that are shown
		if err := l.fill(read(tx), Query{Mine: true, Limit: most}, where{asked: me, limit: most + 1, noSteps: true}); err != nil {
			return l, err
		}
		return l, withSteps(tx.Tx, l.Proposals)
	})
}
