package approvals

import (
	"context"

	"portcullis/people"
)

// Seen returns those proposals of the ids that the actor may see. An id that is no proposal's, or that of one which they may
// not see, is left out: nothing tells the one from the other.
func (r *Room) Seen(ctx context.Context, actor people.Actor, ids []string) ([]Proposal, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (seen []Proposal, err error) {
		tx.Asked("who takes part may see it: sees says who")
		rd := read(tx)
		found, err := selectProposalsByID(tx.Tx, ids)
		if err != nil {
			return nil, err
		}
		for i := range found {
			may, err := sees(rd, &found[i])
			if err != nil {
				return nil, err
			}
			if may {
				seen = append(seen, found[i])
			}
		}
		return seen, nil
	})
}
