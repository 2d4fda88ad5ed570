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
		q := Query{Mine: true, Limit: most}
		rd, w := read(tx), where{asked: me, limit: most + 1, noSteps: true} // sees asks about no step of one's own
		for more := true; more && len(l.Proposals) <= most; {
			some, err := selectProposals(tx.Tx, w)
			if err != nil {
				return l, err
			}
			if more = len(some) == w.limit; more {
				w.before = some[len(some)-1].ID
			}
			if err := l.add(rd, q, some); err != nil {
				return l, err
			}
		}
		if len(l.Proposals) > most {
			l.Proposals = l.Proposals[:most]
			l.Next = l.Proposals[most-1].ID
		}
		return l, nil
	})
}
