package devices_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/devices"
	"portcullis/store"
)

// digests are the digests in the ledger, in their order.
func (s *server) digests(t testing.TB) (all []devices.Digest) {
	t.Helper()
	err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		all = nil
		return tx.Rows(`SELECT payload FROM ledger_payload`, nil, func(scan func(...any) error) error {
			var payload []byte
			err := scan(&payload)
			var d devices.Digest
			if json.Unmarshal(payload, &d) == nil && d.SHA256 != "" && !d.Hour.IsZero() {
				all = append(all, d)
			}
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b devices.Digest) int { return a.Hour.Time().Compare(b.Hour.Time()) })
	return all
}

func TestHours(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, another func() *server) {
		two := another()
		for _, one := range []*server{s, two} {
			if err := one.StartHours(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s.clock.Advance(time.Minute)
		s.must(t, report("d1", "com.notes=3"))
		two.must(t, report("d2", "com.notes=3"))
		s.must(t, report("d3", "com.notes=3"))
		s.clock.Advance(time.Hour + time.Minute)
		for _, one := range []*server{s, two, s} {
			if err := one.Hourly(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.digests(t); len(got) != 0 {
			t.Fatalf("before the hour is settled: %+v", got)
		}
		s.clock.Advance(2 * time.Hour)
		for _, one := range []*server{two, s} {
			if err := one.Hourly(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		got := s.digests(t)
		if len(got) != 2 {
			t.Fatalf("%d digests, not those of two hours: %+v", len(got), got)
		}
		want := devices.Digest{Hour: store.TimeOf(noon), Batches: 3}
		sum, at := sha256.New(), noon.Add(time.Minute).Format("2006-01-02T15:04:05.000000Z")
		first, second := s.Server, two.Server
		line := func(server string, number int, host string) {
			fmt.Fprintf(sum, `{"server":%q,"number":%d,"at":%q,"hosts":[%q]}`+"\n", server, number, at, host)
		}
		ofOne := func() {
			want.Servers = append(want.Servers, devices.DigestServer{Server: first, From: 1, To: 2})
			line(first, 1, "d1")
			line(first, 2, "d3")
		}
		if first < second {
			ofOne()
		}
		want.Servers = append(want.Servers, devices.DigestServer{Server: second, From: 1, To: 1})
		line(second, 1, "d2")
		if first > second {
			ofOne()
		}
		want.SHA256 = hex.EncodeToString(sum.Sum(nil))
		if diff := cmp.Diff(want, got[0], cmp.Comparer(func(a, b store.Time) bool { return a == b })); diff != "" {
			t.Error(diff)
		}
		if got[1].Batches != 0 || got[1].Hour != want.Hour.Add(time.Hour) {
			t.Errorf("the hour after: %+v", got[1])
		}
	})
}

// kept tells which batches and servers there are.
func (s *server) batches(t testing.TB) (batches, servers int) {
	t.Helper()
	err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		if err := tx.Row(`SELECT COUNT(*) FROM devices_batches`, nil, &batches); err != nil {
			return err
		}
		return tx.Row(`SELECT COUNT(*) FROM devices_servers`, nil, &servers)
	})
	if err != nil {
		t.Fatal(err)
	}
	return batches, servers
}

func (s *server) hours(t testing.TB) {
	t.Helper()
	if err := s.StartHours(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Hourly(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestServerThatFellBehind follows after batches were removed that it has not seen.
func TestServerThatFellBehind(t *testing.T) {
	for name, gap := range map[string]bool{"batches are missing": true, "a server is no longer known": false} {
		t.Run(name, func(t *testing.T) {
			each(t, house, func(t *testing.T, s *server, another func() *server) {
				s.hours(t)
				sent := report("d1", "com.parrot=1")
				s.must(t, sent)
				s.must(t, report("d2", "com.parrot=1"))
				s.must(t, report("d3", "com.notes=3"))
				behind, other := another(), another()
				sent.Installed, sent.Taken = nil, s.clock.Now().Add(time.Minute)
				s.clock.Advance(time.Hour)
				other.must(t, sent)
				if gap {
					s.must(t, report("d4", "com.parrot=1"))
				}
				s.clock.Advance(50 * time.Hour)
				if gap { // whatever its clock says
					behind.Fleet.LookedAt(store.TimeOf(s.clock.Now()))
				}
				s.must(t, report("d5", "com.parrot=1"))
				s.hours(t)
				if batches, servers := s.batches(t); batches != 1 || servers != 1 {
					t.Fatalf("%d batches and %d servers are left", batches, servers)
				}
				behind.follow(t)
				if diff := cmp.Diff(s.Fleet.Index().IDs(), behind.Fleet.Index().IDs()); diff != "" {
					t.Errorf("hosts: %s", diff)
				}
				if got, want := behind.inBreach(t), s.inBreach(t); !cmp.Equal(got, want, cmp.AllowUnexported(period{})) || len(want) == 0 {
					t.Errorf("in breach: %v, not %v", got, want)
				}
			})
		})
	}
}

// TestHoursKeepWhatIsInNoDigest stands still for days, and loses nothing of what a digest is to be of.
func TestHoursKeepWhatIsInNoDigest(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		if err := s.StartHours(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.must(t, report("d1", "com.notes=3"))
		s.clock.Advance(100 * time.Hour)
		s.must(t, report("d2", "com.notes=3"))
		s.clock.Advance(2 * time.Hour)
		if err := s.Hourly(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, n := s.digests(t), 0
		for _, d := range all {
			n += d.Batches
		}
		if len(all) != 101 || n != 2 {
			t.Errorf("%d digests of %d batches", len(all), n)
		}
		if batches, _ := s.batches(t); batches != 1 {
			t.Errorf("%d batches are left", batches)
		}
	})
}
