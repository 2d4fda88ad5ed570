package store

import (
	"context"
	"time"
)

// Due is work that falls due at a time: to be done once, by whichever server comes to it.
type Due struct {
	ID       string
	Kind     string // the room and what it is, such as alerts.send
	At       Time
	Payload  string
	Attempts int64 // how often it was claimed, this time included
}

// Schedule enters work. Where work with that id is there already, nothing changes: who schedules
// twice need not know.
func (tx *Tx) Schedule(due Due) error { return insertDue(tx, due) }

// Cancel takes back work, done or not.
func (tx *Tx) Cancel(id string) error { return deleteDue(tx, id) }

// Claim takes up to limit pieces of work of one kind that are due, the oldest first, for as long
// as hold. Nobody else is given them before then. Work whose claimant does not say Done in time is
// claimed again by somebody: its effect and Done belong into one transaction.
func (db *DB) Claim(ctx context.Context, kind string, limit int, hold time.Duration) (claimed []Due, err error) {
	err = db.Write(ctx, func(tx *Tx) (err error) {
		if claimed, err = selectDue(tx, kind, limit); err != nil {
			return err
		}
		for i := range claimed {
			claimed[i].Attempts++
			if err := claimDue(tx, claimed[i], tx.Now().Add(hold)); err != nil {
				return err
			}
		}
		return nil
	})
	return claimed, err
}

// Done ends claimed work, in the transaction of its effect. It fails with ErrNotHolder where the
// work has been claimed by another since, or done: then the effect must not be either.
func (tx *Tx) Done(due Due) error { return endDue(tx, due) }

// Defer puts claimed work off to a later time, as Done would end it.
func (tx *Tx) Defer(due Due, at Time) error { return deferDue(tx, due, at) }
