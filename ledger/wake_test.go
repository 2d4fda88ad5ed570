package ledger

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/store"
)

// TestWake looks for the signal that makes the sequencer look at once and not at its next interval.
func TestWake(t *testing.T) {
	storetest.Run(t, []store.Schema{Schema}, func(t *testing.T, open storetest.Open) {
		kind := Kind{Name: "test.opened", Version: 1}
		l, err := New(rand.NewChaCha8([32]byte{}), kind)
		if err != nil {
			t.Fatal(err)
		}
		db := open(time.Now)
		failed := errors.New("no")
		record := func(result error) {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				if _, err := l.Record(tx, Entry{Kind: kind, Actor: "a"}); err != nil {
					return err
				}
				if len(l.wake) > 0 {
					t.Error("the sequencer is woken before the commit")
				}
				return result
			})
			if !errors.Is(err, result) {
				t.Fatal(err)
			}
		}
		record(failed)
		if len(l.wake) > 0 {
			t.Error("the sequencer is woken by what was rolled back")
		}
		record(nil)
		if len(l.wake) != 1 {
			t.Error("the sequencer is not woken by a commit")
		}
		l.signal() // nobody listens, and nobody waits
	})
}
