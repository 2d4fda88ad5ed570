package people

import "context"

// Invite makes a link without telling anybody.
func (r *Room) Invite(ctx context.Context, actor Actor, person string) (string, error) {
	return Act(ctx, r, actor, func(tx *Tx) (string, error) { return tx.Invite(person) })
}
