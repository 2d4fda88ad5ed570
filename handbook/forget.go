package handbook

import (
	"context"
	"errors"
	"time"

	"portcullis/store"
)

const (
	// forgetWork is the erasing of one note. Its payload is the note's id.
	forgetWork   = "handbook.forget"
	forgetAtOnce = 100
	forgetHold   = time.Minute
)

// forgetting is the work of erasing a note, which is scheduled when it is written.
func forgetting(p Passed) store.Due {
	return store.Due{ID: forgetWork + " " + p.ID, Kind: forgetWork, At: p.Written.Add(KeepPassed), Payload: p.ID}
}

// StartHours has nothing to start: what is due each hour was scheduled with each note.
func (r *Room) StartHours(context.Context) error { return nil }

// Hourly erases the notes that have been kept long enough.
func (r *Room) Hourly(ctx context.Context) error {
	for {
		claimed, err := r.People.DB.Claim(ctx, forgetWork, forgetAtOnce, forgetHold)
		if err != nil || len(claimed) == 0 {
			return err
		}
		for _, due := range claimed {
			err := r.People.DB.Write(ctx, func(tx *store.Tx) error { return errors.Join(deletePassed(tx, due.Payload), tx.Done(due)) })
			if err != nil && !errors.Is(err, store.ErrNotHolder) { // another server has done it
				return err
			}
		}
	}
}
