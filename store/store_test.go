package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/store"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var counters = store.Schema{Room: "test", Steps: []string{`
CREATE TABLE test_counter (
	name TEXT PRIMARY KEY,
	value BIGINT NOT NULL,
	at TEXT,
	data BYTEA
);
`}}

// TestConcurrentWritesAreInOrder has several servers count up together: every count is there.
func TestConcurrentWritesAreInOrder(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		const servers, each = 4, 25
		first := open(time.Now)
		if err := first.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO test_counter (name, value) VALUES ($1, $2)`, "n", 0)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range servers {
			db := open(time.Now)
			wait.Go(func() {
				for range each {
					err := db.Write(t.Context(), func(tx *store.Tx) error {
						var n int64
						if err := tx.Row(`SELECT value FROM test_counter WHERE name = $1`, []any{"n"}, &n); err != nil {
							return err
						}
						_, err := tx.Exec(`UPDATE test_counter SET value = $1 WHERE name = $2`, n+1, "n")
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		var n int64
		if err := first.Read(t.Context(), func(tx *store.Tx) error {
			return tx.Row(`SELECT value FROM test_counter WHERE name = $1`, []any{"n"}, &n)
		}); err != nil {
			t.Fatal(err)
		}
		if n != servers*each {
			t.Errorf("after %d counts by %d servers the counter stands at %d", servers*each, servers, n)
		}
	})
}

// TestDueIsDoneOnce has several servers work off what is due: each piece takes effect once.
func TestDueIsDoneOnce(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		const pieces = 60
		first := open(time.Now)
		if err := first.Write(t.Context(), func(tx *store.Tx) error {
			for i := range pieces {
				if err := tx.Schedule(store.Due{ID: fmt.Sprint("due-", i), Kind: "test", At: tx.Now()}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range 3 {
			db := open(time.Now)
			wait.Go(func() {
				for {
					claimed, err := db.Claim(t.Context(), "test", 7, time.Minute)
					if err != nil {
						t.Error(err)
					}
					if len(claimed) == 0 {
						return
					}
					for _, due := range claimed {
						err := db.Write(t.Context(), func(tx *store.Tx) error {
							// A second effect of one piece would break the primary key.
							if _, err := tx.Exec(`INSERT INTO test_counter (name, value) VALUES ($1, $2)`, due.ID, 1); err != nil {
								return err
							}
							return tx.Done(due)
						})
						if err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wait.Wait()
		var n int64
		if err := first.Read(t.Context(), func(tx *store.Tx) error {
			return tx.Row(`SELECT COUNT(*) FROM test_counter`, nil, &n)
		}); err != nil {
			t.Fatal(err)
		}
		if n != pieces {
			t.Errorf("%d pieces of work took effect, of %d", n, pieces)
		}
	})
}

func TestLease(t *testing.T) {
	storetest.Run(t, nil, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		db := open(clock.Now)
		a, err := db.Acquire(t.Context(), "sequencer", "a", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Acquire(t.Context(), "sequencer", "b", time.Second); !errors.Is(err, store.ErrNotHolder) {
			t.Errorf("while a holds the lease b gets %v", err)
		}
		clock.Advance(time.Second)
		b, err := db.Acquire(t.Context(), "sequencer", "b", time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if b.Fence <= a.Fence {
			t.Errorf("the fence goes from %d to %d as the lease passes on", a.Fence, b.Fence)
		}
		hold := func(lease store.Lease) error {
			return db.Write(t.Context(), func(tx *store.Tx) error { return tx.Hold(lease) })
		}
		if err := hold(a); !errors.Is(err, store.ErrNotHolder) {
			t.Errorf("a, whose lease has passed on, still holds it: %v", err)
		}
		if err := hold(b); err != nil {
			t.Errorf("b does not hold its lease: %v", err)
		}
		if err := db.Release(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Acquire(t.Context(), "sequencer", "a", time.Second); err != nil {
			t.Errorf("a released lease is not to be had: %v", err)
		}
	})
}

func TestTimesAndGeneration(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		db := open(clock.Now)
		var g1, g2 store.Generation
		if err := db.Write(t.Context(), func(tx *store.Tx) (err error) {
			now := tx.Now()
			clock.Advance(time.Hour)
			if tx.Now() != now {
				t.Error("the time moves within a transaction")
			}
			if g1, err = tx.Raise(); err != nil {
				return err
			}
			_, err = tx.Exec(`INSERT INTO test_counter (name, value, at, data) VALUES ($1, $2, $3, $4)`, "t", 1, now, []byte{0, 255})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		failed := errors.New("no")
		if err := db.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Raise(); err != nil {
				return err
			}
			return failed
		}); !errors.Is(err, failed) {
			t.Errorf("a failed transaction returns %v", err)
		}
		if err := db.Read(t.Context(), func(tx *store.Tx) (err error) {
			var at store.Time
			if err := tx.Row(`SELECT at FROM test_counter WHERE name = $1`, []any{"t"}, &at); err != nil {
				return err
			}
			if !at.Time().Equal(noon) {
				t.Errorf("%s is read back as %s", noon, at)
			}
			g2, err = tx.Generation()
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if g1 != g2 {
			t.Errorf("the generation was raised to %d and is %d", g1, g2)
		}
		if err := db.Read(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM test_counter`)
			return err
		}); err == nil {
			t.Error("a reading transaction can delete")
		}
	})
}

func TestMigrate(t *testing.T) {
	storetest.Run(t, nil, func(t *testing.T, open storetest.Open) {
		var wait sync.WaitGroup
		for range 4 {
			db := open(time.Now)
			wait.Go(func() {
				if err := db.Migrate(t.Context(), counters); err != nil {
					t.Errorf("one of several servers that migrate at once: %v", err)
				}
			})
		}
		wait.Wait()
		changed := store.Schema{Room: "test", Steps: []string{counters.Steps[0] + " "}}
		if err := open(time.Now).Migrate(t.Context(), changed); err == nil {
			t.Error("a released step was changed, and nobody says so")
		}
	})
}
