package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/store"
)

// TestServersTogether has several servers record at once, each with its sequencer running: every
// entry of every transaction that was committed has one place, those of one transaction stand in
// their order, and there is nothing else.
func TestServersTogether(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		const servers, writers, each = 3, 2, 8
		ctx, stop := context.WithCancel(t.Context())
		var running, writing sync.WaitGroup
		var mu sync.Mutex
		committed := map[string][]string{} // the ids of a transaction by the first of them
		var last time.Time                 // of the commits
		var one *server
		for i := range servers {
			s := serve(t, open(time.Now), fmt.Sprint("server-", i))
			one = s
			running.Go(func() {
				if err := s.sequencer.Run(ctx); err != nil {
					t.Errorf("a sequencer ends with %v", err)
				}
			})
			for w := range writers {
				writing.Go(func() {
					for n := range each {
						ids := writeOrNot(t, s, i*100+w*10+n)
						mu.Lock()
						if len(ids) > 0 {
							committed[ids[0]], last = ids, time.Now()
						}
						mu.Unlock()
					}
				})
			}
		}
		writing.Wait()
		want := 0
		for _, ids := range committed {
			want += len(ids)
		}
		all := waitFor(t, one, want)
		t.Logf("the last of %d entries had its place %v after its commit was known", want, time.Since(last))
		stop()
		running.Wait()

		place := map[string]int64{}
		for i, e := range all {
			if _, twice := place[e.ID]; twice || e.Index != int64(i) {
				t.Errorf("entry %d is %s, which has the place %d too", i, e.ID, place[e.ID])
			}
			place[e.ID] = e.Index
		}
		for _, ids := range committed {
			var places []int64
			for _, id := range ids {
				index, there := place[id]
				if !there {
					t.Errorf("the entry %s was committed and is not there", id)
				}
				places = append(places, index)
			}
			if !slices.IsSorted(places) {
				t.Errorf("the entries of one transaction stand at %v", places)
			}
		}
		if len(all) != want {
			t.Errorf("there are %d entries, and %d were committed", len(all), want)
		}
		verified(t, one.export(ledger.Full), ledger.VerifyOptions{Key: one.key.Public})
	})
}

// writeOrNot records one to three entries, and every fourth time takes them back. It returns the
// ids of what was committed.
func writeOrNot(t *testing.T, s *server, n int) (ids []string) {
	taken := errors.New("taken back")
	err := s.db.Write(t.Context(), func(tx *store.Tx) error {
		ids = nil
		if _, err := tx.Raise(); err != nil {
			return err
		}
		for i := range 1 + n%3 {
			id, err := s.ledger.Record(tx, entry([]ledger.Kind{opened, sealed}[i%2], n))
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if n%4 == 3 {
			return taken
		}
		return nil
	})
	if errors.Is(err, taken) {
		return nil
	}
	if err != nil {
		t.Error(err)
		return nil
	}
	return ids
}

// waitFor waits until n entries have their places.
func waitFor(t *testing.T, s *server, n int) []ledger.Recorded {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		if all := s.entries(); len(all) >= n {
			return all
		}
		select {
		case <-deadline:
			t.Fatalf("of %d entries only %d have their places", n, len(s.entries()))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// TestTakeOver has a server die that holds the lease.
func TestTakeOver(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		aClock, bClock := storetest.NewClock(noon), storetest.NewClock(noon)
		a, b := serve(t, open(aClock.Now), "a"), serve(t, open(bClock.Now), "b")
		a.record(entry(opened, 0))
		if n := a.sequence(); n != 1 {
			t.Fatalf("a sequences %d entries", n)
		}
		b.record(entry(opened, 1))
		if n, err := b.sequencer.Step(t.Context()); !errors.Is(err, store.ErrNotHolder) {
			t.Errorf("while a holds the lease b sequences %d entries, with %v", n, err)
		}
		// a is heard of no more. Its clock stands still, so it believes that it holds the lease.
		bClock.Advance(time.Minute)
		if n := b.sequence(); n != 1 {
			t.Errorf("after the lease of a has run out b sequences %d entries", n)
		}
		a.record(entry(opened, 2))
		if n, err := a.sequencer.Step(t.Context()); !errors.Is(err, store.ErrNotHolder) {
			t.Errorf("a, whose lease passed on, sequences %d entries, with %v", n, err)
		}
		if n := b.sequence(); n != 1 {
			t.Errorf("b sequences %d entries", n)
		}
		// Later b dies, and a, whose clock is right again, goes on.
		aClock.Advance(time.Hour)
		a.record(entry(opened, 3))
		if n := a.sequence(); n != 1 {
			t.Errorf("after the lease of b has run out a sequences %d entries", n)
		}
		for i, e := range a.entries() {
			if e.Subjects[0] != fmt.Sprint("subject-", i) {
				t.Errorf("entry %d is about %s", i, e.Subjects[0])
			}
		}
		if report := verified(t, a.export(ledger.Full), ledger.VerifyOptions{}); report.Size != 4 {
			t.Errorf("the ledger has %d entries", report.Size)
		}
	})
}

// TestOrder records entries whose transactions have other times than their commits.
func TestOrder(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		s := serve(t, open(clock.Now), "a")
		at := func(d time.Duration, first int) {
			clock := storetest.NewClock(noon.Add(d))
			other := serve(t, open(clock.Now), fmt.Sprint("b", first))
			other.record(entry(opened, first), entry(sealed, first+1), entry(opened, first+2))
		}
		at(2*time.Millisecond, 10)
		at(1*time.Millisecond, 20)
		s.sequence()
		at(0, 30) // visible only now: what has its place does not move
		s.sequence()
		var got []string
		for _, e := range s.entries() {
			got = append(got, strings.TrimPrefix(e.Subjects[0], "subject-"))
		}
		if want := "20 21 22 10 11 12 30 31 32"; strings.Join(got, " ") != want {
			t.Errorf("the order is %s, not %s", strings.Join(got, " "), want)
		}
	})
}

// TestIdle looks at what a sequencer writes that has nothing to do.
func TestIdle(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		s := serve(t, open(clock.Now), "a")
		s.sequence()
		if report := verified(t, s.export(ledger.Full), ledger.VerifyOptions{}); report.Size != 0 {
			t.Errorf("an empty ledger has %d entries", report.Size)
		}
		for range 3 {
			clock.Advance(time.Hour)
			s.sequence()
		}
		if n := count(t, s.db, "ledger_checkpoint"); n != 1 {
			t.Errorf("a ledger that stands still has %d checkpoints", n)
		}
		// Its lease has run out, and whoever has work gets it.
		other := serve(t, open(clock.Now), "b")
		other.record(entry(opened, 0))
		if n := other.sequence(); n != 1 {
			t.Errorf("another server sequences %d entries", n)
		}
	})
}

// TestRunLeavesTheLease ends a sequencer in good order: the next one need not wait.
func TestRunLeavesTheLease(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		a, b := serve(t, open(clock.Now), "a"), serve(t, open(clock.Now), "b")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- a.sequencer.Run(ctx) }()
		a.record(entry(opened, 0))
		waitFor(t, a, 1)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		b.record(entry(opened, 1))
		if n := b.sequence(); n != 1 {
			t.Errorf("b sequences %d entries", n)
		}
	})
}

// TestNothingIsSigned changes what is stored beneath a sequencer: it must stop rather than sign.
func TestNothingIsSigned(t *testing.T) {
	for _, c := range []struct {
		name, change string
		want         error
	}{
		{"a tile", `UPDATE ledger_tile SET hashes = (SELECT hashes FROM ledger_tile WHERE level = 0 AND number = 0) WHERE level = 0 AND number = 1`, ledger.ErrBroken},
		{"a tile is short", `UPDATE ledger_tile SET hashes = (SELECT hashes FROM ledger_tile WHERE level = 1 AND number = 0) WHERE level = 0 AND number = 1`, ledger.ErrBroken},
		{"a tile is gone", `DELETE FROM ledger_tile WHERE level = 1`, ledger.ErrBroken},
		{"a checkpoint is gone", `DELETE FROM ledger_checkpoint WHERE size = 300`, nil},
		{"a checkpoint", `UPDATE ledger_checkpoint SET note = 'none' WHERE size = 300`, ledger.ErrBroken},
		{"a checkpoint is moved", `UPDATE ledger_checkpoint SET size = 299 WHERE size = 300`, ledger.ErrBroken},
		{"the text of a checkpoint", `UPDATE ledger_checkpoint SET note = REPLACE(note, '300', '301') WHERE size = 300`, ledger.ErrKey},
		{"a pending entry", `UPDATE ledger_pending SET body = id`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
				s := serve(t, open(time.Now), "a")
				for range 3 {
					var hundred []ledger.Entry
					for i := range 100 {
						hundred = append(hundred, entry(opened, i))
					}
					s.record(hundred...)
					s.sequence()
				}
				s.record(entry(opened, 300))
				change := c.change
				if s.db.Engine() == store.PostgreSQL {
					change = strings.Replace(change, "body = id", "body = '\\x00'", 1)
				}
				if err := s.db.Administer(t.Context(), change); err != nil {
					t.Fatal(err)
				}
				before := count(t, s.db, "ledger_checkpoint")
				n, err := s.sequencer.Step(t.Context())
				if err == nil || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%d entries are sequenced, with %v", n, err)
				}
				if after := count(t, s.db, "ledger_checkpoint"); after != before {
					t.Errorf("of %d checkpoints there are %d", before, after)
				}
				if c.want != nil {
					if err := s.sequencer.Run(t.Context()); !errors.Is(err, c.want) {
						t.Errorf("the sequencer ends with %v", err)
					}
				}
			})
		})
	}
}

// TestAnotherKey starts a server with a key that is not this ledger's.
func TestAnotherKey(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		s.sequence()
		s.record(entry(opened, 0))
		other, err := ledger.NewSequencer(s.db, s.ledger, newKey(t, "another"), "a", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Run(t.Context()); !errors.Is(err, ledger.ErrKey) {
			t.Errorf("a sequencer with another key ends with %v", err)
		}
		mixed := ledger.Key{Signer: s.key.Signer, Public: newKey(t, "another").Public}
		if _, err := ledger.NewSequencer(s.db, s.ledger, mixed, "a", slog.New(slog.DiscardHandler)); err == nil {
			t.Error("a signing key goes with the verifier key of another")
		}
	})
}

// TestRunGoesOn has the database fail for a while.
func TestRunGoesOn(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		s.sequence()
		rename := func(from, to string) {
			if err := s.db.Administer(t.Context(), `ALTER TABLE `+from+` RENAME TO `+to); err != nil {
				t.Fatal(err)
			}
		}
		said := make(chan string, 100)
		sequencer, err := ledger.NewSequencer(s.db, s.ledger, s.key, "a", slog.New(slog.NewTextHandler(lines(said), nil)))
		if err != nil {
			t.Fatal(err)
		}
		s.record(entry(opened, 0))
		rename("ledger_tile", "ledger_away")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- sequencer.Run(ctx) }()
		if line := <-said; !strings.Contains(line, "wait for their places") {
			t.Errorf("while the database fails the log says %s", line)
		}
		rename("ledger_away", "ledger_tile")
		waitFor(t, s, 1)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// lines sends what is written to a channel, and drops what nobody waits for.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	select {
	case l <- string(p):
	default:
	}
	return len(p), nil
}

// BenchmarkCommitToPlace is the time from the commit of an entry until followers see it.
func BenchmarkCommitToPlace(b *testing.B) {
	s := stored(b)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error)
	go func() { ended <- s.sequencer.Run(ctx) }()
	var waited time.Duration
	for n := 0; b.Loop(); n++ {
		s.record(entry(opened, n))
		committed := time.Now()
		for seen := false; !seen; {
			if err := s.db.Read(ctx, func(tx *store.Tx) error {
				found, err := ledger.Entries(tx, int64(n), 1)
				seen = len(found) == 1
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
		waited += time.Since(committed)
	}
	b.ReportMetric(float64(waited.Microseconds())/float64(b.N), "µs/place")
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSequence is the time that a thousand entries take from pending to signed.
func BenchmarkSequence(b *testing.B) {
	s := stored(b)
	var thousand []ledger.Entry
	for i := range 1000 {
		thousand = append(thousand, entry(opened, i))
	}
	for b.Loop() {
		b.StopTimer()
		s.record(thousand...)
		b.StartTimer()
		s.sequence()
	}
}
