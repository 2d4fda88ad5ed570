package devices_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/devices"
	"portcullis/internal/agreed"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// dated is a world in which dates come: a ban from the 2nd to the 5th of March, a phase-out with its
// deadline on the 4th.
const dated = house + `
  - {id: ban-notes, effect: ban, target: {product: notes}, components: true, clearance: none, scope: dept-b, from: 2026-03-02, until: 2026-03-05, reason: "a reason"}
  - {id: out-parrot, effect: phase-out, target: {product: parrot}, components: true, clearance: none, scope: gov, from: 2026-01-01, deadline: 2026-03-04, reason: "a reason"}
`

var keptHosts = []string{"d1", "d2", "d3", "d4"}

// period is a breach in words, without when.
type period struct{ host, thing, result, rule string }

// kept is a server with a keeper, and what has been in breach on it after each step.
type kept struct {
	*server
	keeper *devices.Keeper
}

func keep(t testing.TB, s *server, chunk int) *kept {
	t.Helper()
	k := &kept{s, devices.NewKeeper(s.Fleet, s.Server, slog.New(slog.DiscardHandler))}
	k.keeper.ChunksOf(chunk, func() {})
	return k
}

// step has the keeper write all that there is; it begins with the lease first.
func (k *kept) step(t testing.TB) {
	t.Helper()
	for range 2 {
		k.follow(t)
		if err := k.keeper.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// inBreach is what is in breach by the single decision.
func (s *server) inBreach(t testing.TB) map[period]bool {
	t.Helper()
	found := map[period]bool{}
	for _, id := range keptHosts {
		h, decisions, err := s.Fleet.Index().Verdicts(id)
		if err != nil {
			continue
		}
		for i := range decisions {
			if !decisions[i].Breach {
				continue
			}
			in := &h.Installed[i]
			for _, f := range decisions[i].Findings {
				p := period{id, in.Identifier + "=" + in.Version, f.Result.String(), ""}
				switch f.Result {
				case policy.Banned, policy.Overdue, policy.Outdated:
					for _, p.rule = range f.Rules {
						found[p] = true
					}
				case policy.Impostor, policy.Unlisted, policy.Unknown:
					found[p] = true
				}
			}
		}
	}
	return found
}

// rows are the breaches that are written, by what they are of, in their order.
func (s *server) rows(t testing.TB) map[period][]devices.Breach {
	t.Helper()
	rows := map[period][]devices.Breach{}
	err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		clear(rows)
		for _, id := range keptHosts {
			all, err := devices.BreachesOf(tx, id)
			if err != nil {
				return err
			}
			for _, b := range all {
				thing := s.Fleet.Index().Dictionary().At(b.Thing)
				p := period{id, thing.Name + "=" + thing.Version, b.Cause.Result.String(), b.Cause.Rule}
				rows[p] = append(rows[p], b)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// check compares the rows with what is in breach: each open once, and nothing else; and no row of a
// thing overlaps another, or ends before it begins.
func (s *server) check(t testing.TB) map[period][]devices.Breach {
	t.Helper()
	rows, open := s.rows(t), map[period]bool{}
	for p, all := range rows {
		for i, b := range all {
			switch {
			case b.Closed.At.IsZero() && i < len(all)-1:
				t.Fatalf("%v is open, and opened again: %+v", p, all)
			case b.Closed.At.IsZero():
				open[p] = true
			case b.Closed.At.Before(b.Opened.At), i < len(all)-1 && all[i+1].Opened.At.Before(b.Closed.At):
				t.Fatalf("%v: %+v", p, all)
			}
		}
	}
	if diff := cmp.Diff(s.inBreach(t), open, cmp.AllowUnexported(period{})); diff != "" {
		t.Fatalf("what is in breach, and the open rows: %s", diff)
	}
	return rows
}

// officer is somebody who bans things.
func (s *server) officer(t testing.TB) people.Actor {
	t.Helper()
	made, err := s.People.MakeToken(t.Context(), command, "bans", people.Grant{Role: people.CentreOfficer, Organisation: "gov"}, store.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Token: made.Secret}
}

// history is a drawn sequence of reports, decisions and time.
type history struct {
	*rand.Rand
	officer people.Actor
	rules   int
	added   []string
}

// happen does one thing on a server.
func (h *history) happen(t testing.TB, s *server, deciding agreed.Register) {
	t.Helper()
	s.clock.Advance(time.Duration(1+h.IntN(50)) * time.Minute)
	switch n := h.IntN(10); {
	case n < 6:
		r := devices.Report{Host: keptHosts[h.IntN(len(keptHosts))], Platform: policy.Android, Taken: s.clock.Now()}
		r.Organisation = []string{"dept-a", "dept-b"}[r.Host[1]%2]
		for _, id := range []string{"com.parrot=1", "com.notes=1", "com.notes=3", "com.never=1"} {
			if h.IntN(2) == 0 {
				r.Installed = append(r.Installed, report("", id).Installed...)
			}
		}
		if _, err := s.send(t, command, r); err != nil {
			t.Fatal(err)
		}
	case n < 8 && len(h.added) < 3:
		h.rules++
		rule := policy.Rule{ID: fmt.Sprintf("rule-%d", h.rules), Effect: policy.Ban, Target: policy.Target{Product: []string{"parrot", "notes"}[h.IntN(2)]},
			Scope: []string{"gov", "dept-a", "dept-b"}[h.IntN(3)], Clearance: policy.ClearanceNone, Reason: "drawn"}
		if _, err := deciding.AddRule(t.Context(), h.officer, rule); err != nil {
			t.Fatal(err)
		}
		h.added = append(h.added, rule.ID)
	case n < 9 && len(h.added) > 0:
		if _, err := deciding.EndRule(t.Context(), h.officer, h.added[0], store.Time{}, "drawn"); err != nil {
			t.Fatal(err)
		}
		h.added = h.added[1:]
	default:
		s.clock.Advance(time.Duration(h.IntN(20)) * time.Hour)
	}
}

// TestKeeperWritesEachPeriod compares with a model that looks at everything after each step.
func TestKeeperWritesEachPeriod(t *testing.T) {
	each(t, dated, func(t *testing.T, s *server, _ func() *server) {
		k, h, deciding := keep(t, s, 3), &history{Rand: rand.New(rand.NewPCG(1, 2)), officer: s.officer(t)}, s.decisions()
		k.step(t)
		want, before := map[period][]string{}, map[period]bool{}
		for range 150 {
			h.happen(t, s, deciding)
			k.step(t)
			now, at := s.inBreach(t), s.clock.Now()
			for p := range now {
				if !before[p] {
					want[p] = append(want[p], "")
				}
			}
			for p := range before {
				if !now[p] {
					want[p][len(want[p])-1] = "closed"
				}
			}
			before = now
			for p, all := range s.rows(t) {
				if last := all[len(all)-1].Opened; last.By != devices.ByTime && last.At.Time().After(at) || last.By == devices.ByReconciling {
					t.Fatalf("%v: %+v at %s", p, last, at)
				}
			}
		}
		got := map[period][]string{}
		for p, all := range s.check(t) {
			for _, b := range all {
				if b.Closed.At.IsZero() {
					got[p] = append(got[p], "")
				} else {
					got[p] = append(got[p], "closed")
				}
			}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(period{})); diff != "" {
			t.Error(diff)
		}
		if len(want) < 10 {
			t.Errorf("only %d things were ever in breach", len(want))
		}
	})
}

// TestKeeperKnowsWhen tells when and why breaches opened and closed.
func TestKeeperKnowsWhen(t *testing.T) {
	each(t, dated, func(t *testing.T, s *server, _ func() *server) {
		k := keep(t, s, 100)
		k.step(t)
		deciding := s.decisions()
		s.clock.Advance(time.Minute)
		r := report("d1", "com.notes=3", "com.parrot=1")
		r.Organisation = "dept-b"
		s.must(t, r)
		k.step(t)
		s.clock.Advance(100 * time.Hour) // past the dates of the 2nd to the 5th, which nobody followed
		k.step(t)
		if _, err := deciding.EndRule(t.Context(), s.officer(t), "ban-maker", store.Time{}, "enough"); err != nil {
			t.Fatal(err)
		}
		k.step(t)
		s.clock.Advance(time.Minute)
		r.Installed = nil
		r.Taken = s.clock.Now()
		s.must(t, r)
		k.step(t)
		var got []string
		for p, all := range s.check(t) {
			for _, b := range all {
				got = append(got, fmt.Sprintf("%s %s %s: %s by %s, %s by %s", p.thing, p.result, p.rule,
					b.Opened.At.Time().Format("2 15:04"), b.Opened.By, b.Closed.At.Time().Format("2 15:04"), b.Closed.By))
			}
		}
		slices.Sort(got)
		want := []string{
			"com.notes=3 banned ban-notes: 2 00:00 by time, 5 00:00 by time",
			"com.notes=3 unlisted : 1 12:01 by report, 5 16:02 by report",
			"com.parrot=1 banned ban-maker: 1 12:01 by report, 5 16:01 by decision",
			"com.parrot=1 overdue out-parrot: 4 00:00 by time, 5 16:02 by report",
			"com.parrot=1 unlisted : 1 12:01 by report, 5 16:02 by report",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

var errKilled = errors.New("killed")

// TestKeeperKilled kills keepers between chunks, and has others take over; one that does not know that it
// has lost the lease writes nothing.
func TestKeeperKilled(t *testing.T) {
	each(t, dated, func(t *testing.T, s *server, another func() *server) {
		h, deciding := &history{Rand: rand.New(rand.NewPCG(3, 4)), officer: s.officer(t)}, s.decisions()
		servers := []*kept{keep(t, s, 2), keep(t, another(), 3)}
		steady, kills := map[period]store.Time{}, 0
		for round := range 60 {
			for range 1 + h.IntN(4) {
				h.happen(t, s, deciding)
				servers[0].follow(t)
				servers[1].follow(t)
				now := s.inBreach(t)
				maps.DeleteFunc(steady, func(p period, _ store.Time) bool { return !now[p] })
			}
			at, stale := servers[round%2], servers[1-round%2]
			ctx, kill := context.WithCancelCause(t.Context())
			left := h.IntN(4)
			at.keeper.ChunksOf(1+h.IntN(3), func() {
				if left--; left < 0 {
					kill(errKilled)
				}
			})
			for range 3 {
				at.follow(t)
				if err := at.keeper.Step(ctx); ctx.Err() == nil && err != nil && !errors.Is(err, store.ErrNotHolder) {
					t.Fatal(err)
				}
			}
			if ctx.Err() != nil {
				kills++
			}
			kill(nil)
			s.clock.Advance(10 * time.Second) // the lease runs out
			at.keeper.ChunksOf(2, func() {})
			stale.keeper.ChunksOf(2, func() {})
			stale.step(t)
			if err := at.keeper.Step(t.Context()); !errors.Is(err, store.ErrNotHolder) {
				t.Fatalf("a keeper that has lost the lease: %v", err)
			}
			rows := s.check(t)
			for p, at := range steady {
				if all := rows[p]; all[len(all)-1].Opened.At != at {
					t.Fatalf("%v was in breach all the time since %s: %+v", p, at, all)
				}
			}
			for p := range s.inBreach(t) {
				all := rows[p]
				steady[p] = all[len(all)-1].Opened.At
			}
			s.clock.Advance(10 * time.Second)
		}
		if kills < 10 {
			t.Errorf("only %d keepers were killed at work", kills)
		}
	})
}

// TestCommitNobodyKnowsOf is a chunk that was written though its keeper was told that it was not.
func TestCommitNobodyKnowsOf(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		k := keep(t, s, 2)
		k.step(t)
		for _, ids := range [][]string{{"com.parrot=1"}, nil, {"com.parrot=1"}, nil, {"com.parrot=1"}} {
			r := report("d1", ids...)
			s.clock.Advance(time.Minute)
			r.Taken = s.clock.Now()
			s.must(t, r)
			if err := k.keeper.WriteUnknowing(t.Context()); err != nil {
				t.Fatal(err)
			}
			k.step(t)
			if s.check(t); t.Failed() {
				t.Fatal(ids)
			}
		}
		for p, all := range s.rows(t) {
			if len(all) != 3 {
				t.Errorf("%v has %d rows and not 3: %+v", p, len(all), all)
			}
		}
	})
}

// TestKeeperTakesOverFromNothing has what was in breach end while nobody wrote it down.
func TestKeeperTakesOverFromNothing(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, another func() *server) {
		keep(t, s, 2).step(t)
		first := keep(t, another(), 2)
		s.must(t, report("d1", "com.parrot=1"))
		s.must(t, report("d4", "com.parrot=1"))
		s.clock.Advance(time.Minute)
		first.step(t)
		for _, id := range []string{"d1", "d4"} {
			gone := report(id)
			gone.Taken = s.clock.Now().Add(time.Minute)
			s.must(t, gone)
		}
		s.clock.Advance(time.Minute)
		keep(t, another(), 2).step(t)
		for p, all := range s.check(t) {
			if len(all) != 1 || all[0].Closed.By != devices.ByReconciling || all[0].Closed.At.Time() != s.clock.Now() {
				t.Errorf("%v: %+v", p, all)
			}
		}
	})
}
