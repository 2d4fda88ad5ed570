package devices_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/policy"
	"portcullis/store"
)

// believed is what a host should have on it: by source, the version of each identifier.
type believed struct {
	mu      sync.Mutex
	sources map[string]map[string]string
}

// all is what is on the host, as on has it.
func (b *believed) all() []string {
	found := map[string]bool{}
	for _, apps := range b.sources {
		for id, version := range apps {
			found[id+"="+version] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// drawn is a random report, and enters what it says.
func (b *believed) drawn(host string, chance *rand.Rand, n int) devices.Report {
	r := report(host)
	r.Source, r.Partial = []string{"one", "two"}[chance.IntN(2)], chance.IntN(4) == 0
	apps := b.sources[r.Source]
	if !r.Partial || apps == nil {
		apps = map[string]string{}
	}
	for i := range 10 {
		if chance.IntN(2) == 0 {
			apps[fmt.Sprint("com.app", i)] = fmt.Sprint(chance.IntN(3))
		}
	}
	if chance.IntN(4) == 0 {
		apps[fmt.Sprint("com.new", n/4)] = "1" // which others see first at the same time
	}
	b.sources[r.Source] = apps
	for id, version := range apps {
		r.Installed = append(r.Installed, policy.Installation{Identifier: id, Version: version})
	}
	return r
}

// now is what is on a host, by its row, and by its changes one after another.
func (s *server) now(t testing.TB, host string) (row, replayed []string) {
	t.Helper()
	for _, i := range s.one(t, host).Installed {
		row = append(row, i.Installation.Identifier+"="+i.Installation.Version)
	}
	judged, err := s.Decisions(t.Context(), command, devices.PastQuery{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range judged.Decisions {
		replayed = append(replayed, d.Identifier+"="+d.Version)
	}
	slices.Sort(row)
	slices.Sort(replayed)
	return row, replayed
}

// indexed is what a server's index has on a host, and says of it.
func (s *server) indexed(t testing.TB, host string) (found []string) {
	t.Helper()
	h, decisions, err := s.Fleet.Index().Verdicts(host)
	if err != nil {
		t.Fatal(err)
	}
	for i := range decisions {
		found = append(found, fmt.Sprint(h.Installed[i].Identifier, "=", h.Installed[i].Version, " ", decisions[i].Verdict))
	}
	slices.Sort(found)
	return found
}

// TestTwoServersTakeReports has two servers take random reports of the same hosts at once.
func TestTwoServersTakeReports(t *testing.T) {
	each(t, house, func(t *testing.T, first *server, another func() *server) {
		servers := []*server{first, another()}
		const hosts, writers, each = 12, 8, 30
		beliefs := make([]believed, hosts)
		for i := range beliefs {
			beliefs[i].sources = map[string]map[string]string{}
		}
		following, stop := context.WithCancel(t.Context())
		var followers, all sync.WaitGroup
		for _, s := range servers {
			followers.Go(func() { s.Fleet.Run(following) })
		}
		for w := range writers {
			all.Go(func() {
				chance, s := rand.New(rand.NewPCG(uint64(w), 7)), servers[w%2]
				for n := range each {
					i := chance.IntN(hosts)
					b := &beliefs[i]
					b.mu.Lock() // what the last one said is known
					if _, err := s.send(t, command, b.drawn(fmt.Sprint("h", i), chance, n)); err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
					b.mu.Unlock()
					// What many say at once has no last, and yet is one of what was said.
					if _, err := s.send(t, command, report("crowded", fmt.Sprint("com.of", w, "=1"), "com.notes=3")); err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			})
		}
		all.Wait()
		stop()
		followers.Wait()
		for _, s := range servers {
			s.follow(t)
		}
		for i := range beliefs {
			host := fmt.Sprint("h", i)
			want := beliefs[i].all()
			row, replayed := servers[i%2].now(t, host)
			if !slices.Equal(row, want) || !slices.Equal(replayed, want) {
				t.Errorf("%s: what was acknowledged is\n%v, its row is\n%v, its changes make\n%v", host, want, row, replayed)
			}
			agree(t, servers, host)
		}
		row, replayed := first.now(t, "crowded")
		if len(row) != 2 || row[0] != "com.notes=3" || !strings.HasPrefix(row[1], "com.of") || !slices.Equal(row, replayed) {
			t.Errorf("what all reported at once has %v, by its changes %v", row, replayed)
		}
		agree(t, servers, "crowded")
		first.numbered(t)
	})
}

// agree holds that servers say the same of a host.
func agree(t testing.TB, servers []*server, host string) {
	t.Helper()
	if a, b := servers[0].indexed(t, host), servers[1].indexed(t, host); !slices.Equal(a, b) {
		t.Errorf("%s: one server says\n%v, the other\n%v", host, a, b)
	}
}

// numbered holds that things are numbered from 0 on, each once.
func (s *server) numbered(t testing.TB) {
	t.Helper()
	things := map[string]int64{}
	next := int64(0)
	err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Rows(`SELECT number, name, product, platform, version, code, signer, managed FROM devices_things ORDER BY number`, nil, func(scan func(...any) error) error {
			var number, product, managed int64
			var name, platform, version, signer string
			var code *int64
			if err := scan(&number, &name, &product, &platform, &version, &code, &signer, &managed); err != nil {
				return err
			}
			key := fmt.Sprintf("%q %d %q %q %v %q %d", name, product, platform, version, code, signer, managed)
			if other, twice := things[key]; twice {
				t.Errorf("%s has the numbers %d and %d", key, other, number)
			}
			if things[key] = number; number != next {
				t.Errorf("the number %d is missing", next)
			}
			next = number + 1
			return nil
		})
	})
	if err != nil || next == 0 {
		t.Fatalf("%d things: %v", next, err)
	}
}

// TestReportsWhileTheServerStops ends an intake in the midst of reports: what was acknowledged is there, and
// what was not is there whole or not at all.
func TestReportsWhileTheServerStops(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, another func() *server) {
		ctx, stop := context.WithCancel(t.Context())
		intake := devices.NewIntake(s.Room, s.clock.Now)
		var running sync.WaitGroup
		running.Go(func() { intake.Run(ctx) })
		const writers = 6
		acknowledged, tried := [writers]int{}, [writers]int{}
		var enough, all sync.WaitGroup
		for w := range writers {
			enough.Add(1)
			all.Go(func() {
				for n := 1; ; n++ {
					tried[w] = n
					r := report(fmt.Sprint("h", w), fmt.Sprintf("com.a=%d", n), fmt.Sprintf("com.b=%d", n))
					got, err := intake.Report(ctx, command, []devices.Report{r})
					if err = errors.Join(append(got.Errors, err)...); err != nil {
						if !errors.Is(err, context.Canceled) {
							t.Errorf("writer %d: %v", w, err)
						}
						return
					}
					if acknowledged[w] = n; n == 10 {
						enough.Done()
					}
				}
			})
		}
		enough.Wait()
		stop()
		all.Wait()
		running.Wait()
		two := another()
		for w := range writers {
			row, replayed := two.now(t, fmt.Sprint("h", w))
			var a, b int
			if _, err := fmt.Sscanf(strings.Join(row, " "), "com.a=%d com.b=%d", &a, &b); err != nil || a != b || a < acknowledged[w] || a > tried[w] || !slices.Equal(row, replayed) {
				t.Errorf("writer %d: %d was acknowledged, %d was tried, and there is %v, by its changes %v", w, acknowledged[w], tried[w], row, replayed)
			}
		}
		two.numbered(t)
	})
}

// TestUnchanged is about what is found out without asking the database.
func TestUnchanged(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, another func() *server) {
		program, stranger := s.program(t, "dept-a", "device-administrator"), s.program(t, "dept-b", "device-administrator")
		with := func(r devices.Report, digest uint64) devices.Report {
			r.Digest = digest
			return r
		}
		s.must(t, with(report("d1", "com.notes=3"), 7))
		same := func(what string, of *server, digest uint64, taken time.Time, want bool) {
			t.Helper()
			got, err := of.intake.Unchanged(t.Context(), program, "d1", digest, taken)
			if err != nil || got != want {
				t.Errorf("%s: %t %v", what, got, err)
			}
		}
		same("the same", s, 7, time.Time{}, true)
		same("another", s, 9, time.Time{}, false)
		same("none", s, 0, time.Time{}, false)
		same("from the future", s, 7, noon.Add(time.Hour), false)
		same("of an hour ago", s, 7, noon.Add(-time.Hour), false)
		same("on a server that has just started", another(), 7, time.Time{}, true)
		if got, err := s.intake.Unchanged(t.Context(), stranger, "d1", 7, time.Time{}); got || err != nil {
			t.Errorf("for another body's program: %t %v", got, err)
		}
		if got, err := s.intake.Unchanged(t.Context(), command, "d1", 7, time.Time{}); got || err != nil {
			t.Errorf("for who is not a program: %t %v", got, err)
		}
		// The report after it is acknowledged, and what was there before is unchanged no more.
		if out, err := s.send(t, command, with(report("d1", "com.notes=4"), 9)); err != nil || out.Result != devices.Stored {
			t.Fatalf("%+v %v", out, err)
		}
		same("what was before, at once", s, 7, time.Time{}, false)
		s.follow(t)
		same("what was before", s, 7, time.Time{}, false)
		same("what is there now", s, 9, time.Time{}, true)
		later := another()
		same("what was before, on a server that starts then", later, 7, time.Time{}, false)
		same("what is there now, on that one", later, 9, time.Time{}, true)
		s.must(t, func() devices.Report { r := with(report("d1", "com.new=1"), 11); r.Source = "two"; return r }())
		same("one source of two", s, 9, time.Time{}, false)
		same("the other", s, 11, time.Time{}, false)
	})
}

// TestPersonalLeavesNoFingerprint holds that not even the digest is kept of a report in which something is personal.
func TestPersonalLeavesNoFingerprint(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		program := s.program(t, "dept-a", "device-administrator")
		for host, ownership := range map[string]policy.Ownership{"d1": policy.Personal, "d2": policy.ManagedPersonal, "d3": policy.Corporate} {
			r := report(host, "com.notes=3")
			r.Ownership, r.Digest = ownership, 7
			s.must(t, r)
			same, err := s.intake.Unchanged(t.Context(), program, host, 7, time.Time{})
			if err != nil || same != (ownership == policy.Corporate) {
				t.Errorf("%s: known by its bytes: %t %v", ownership, same, err)
			}
		}
	})
}
