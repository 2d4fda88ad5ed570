package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/devices/index"
	"portcullis/store"
)

// verify compares what the server says with what was acknowledged. Nothing is reported meanwhile.
func (s *reporting) verify(t *testing.T) {
	t.Helper()
	s.verified++
	s.audit(t)
	there := map[string]bool{}
	each(t, s.load, "/hosts?limit=200", func(h struct{ ID string }) { there[h.ID] = true })
	left := map[string][]state{} // of the devices that are there: what they may be, as far as is known by now
	for _, own := range s.devices {
		for _, d := range own {
			unknown := slices.ContainsFunc(d.possible, func(p state) bool { return len(p) == 0 })
			if !there[d.id] {
				if !unknown {
					t.Errorf("%s was acknowledged as %v, and is not there", d.id, d.possible)
				}
				continue
			}
			left[d.id] = s.verifyDevice(t, d)
			delete(there, d.id)
		}
	}
	if len(there) > 0 {
		t.Errorf("nobody has reported %v", there)
	}
	s.behind = max(s.behind, s.until(t, "the breaches by the server", left, func() map[string][]string { return breaches(t, s.load, "") }))
}

// verifyDevice returns the states of a device that its rows, and its changes one after another, may be of.
func (s *reporting) verifyDevice(t *testing.T, d *device) (left []state) {
	t.Helper()
	row, replayed := on(t, s.load, d.id, "installations"), on(t, s.load, d.id, "decisions")
	for _, p := range d.possible {
		if len(p) > 0 && slices.Equal(p.installed(), row) {
			left = append(left, p)
		}
	}
	if len(left) == 0 || !slices.Equal(row, replayed) {
		t.Errorf("%s was acknowledged as %v; the server says %v, and by its changes %v", d.id, d.possible, row, replayed)
	}
	return left
}

// on is what the server says is on a device, in one of the two answers that say so.
func on(t *testing.T, l *load, device, answer string) (found []string) {
	t.Helper()
	var said struct {
		Items []struct{ Identifier, Version string }
	}
	l.get(t, "/hosts/"+device+"/"+answer, &said)
	for _, i := range said.Items {
		found = append(found, strings.TrimPrefix(i.Identifier, "com.")+"="+i.Version)
	}
	slices.Sort(found)
	return found
}

// breaches is what the server says is in breach, by device.
func breaches(t *testing.T, l *load, query string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	each(t, l, "/breaches?limit=200"+query, func(b struct {
		Host     string
		Breaches []struct{ Product, Identifier, Version, Verdict string }
	}) {
		for _, i := range b.Breaches {
			found[b.Host] = append(found[b.Host], strings.TrimPrefix(cmp.Or(i.Identifier, i.Product), "com.")+"="+i.Version+" "+i.Verdict)
		}
		slices.Sort(found[b.Host])
	})
	return found
}

// until waits until breaches, as somebody finds them, are those of states that may be, and returns how long
// that took.
func (s *reporting) until(t *testing.T, what string, left map[string][]state, find func() map[string][]string) time.Duration {
	t.Helper()
	began, wrong := time.Now(), ""
	for time.Since(began) < 30*time.Second {
		found := find()
		took := time.Since(began)
		if wrong = unlike(left, found); wrong == "" {
			return took
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatalf("%s: %s", what, wrong)
	return 0
}

// unlike says where breaches are of no state that may be; empty is nowhere.
func unlike(left map[string][]state, found map[string][]string) string {
	var wrong []string
	for id, states := range left {
		if !slices.ContainsFunc(states, func(p state) bool { return slices.Equal(p.breaches(), found[id]) }) {
			wrong = append(wrong, fmt.Sprintf("%s may be %v, and its breaches are %v", id, states, found[id]))
		}
	}
	for id := range found {
		if left[id] == nil {
			wrong = append(wrong, fmt.Sprintf("%s is in breach and nobody reported it", id))
		}
	}
	return strings.Join(wrong, "; ")
}

// writtenDown waits until the open rows of breaches are those of what the devices may be.
func (s *reporting) writtenDown(t *testing.T) {
	t.Helper()
	left := map[string][]state{}
	for _, own := range s.devices {
		for _, d := range own {
			left[d.id] = d.possible
		}
	}
	s.writing = max(s.writing, s.until(t, "the rows of open breaches", left, func() map[string][]string { return openRows(t, s.db) }))
}

// openRows is what is written down to be in breach, by device.
func openRows(t *testing.T, db *store.DB) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Rows(`SELECT b.host, t.name, t.version, b.result FROM devices_breaches b LEFT JOIN devices_things t ON t.number = b.thing WHERE b.closed_at IS NULL`, nil, func(scan func(...any) error) error {
			var host []byte
			var name, version, result string
			err := scan(&host, &name, &version, &result)
			found[string(host)] = append(found[string(host)], strings.TrimPrefix(name, "com.")+"="+version+" "+result)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for id := range found {
		slices.Sort(found[id])
	}
	return found
}

// audit looks into the tables at one moment: each part of what was committed together is there, or none.
func (s *reporting) audit(t *testing.T) {
	t.Helper()
	a := audit{t: t, replayed: map[string]map[uint32]bool{}, named: map[string]int64{}, described: map[string]int{}}
	err := s.db.Read(t.Context(), func(tx *store.Tx) error {
		return errors.Join(a.things(tx), a.changes(tx), a.batches(tx), a.hosts(tx))
	})
	if err != nil {
		t.Fatal(err)
	}
}

type audit struct {
	t         *testing.T
	replayed  map[string]map[uint32]bool // by host: what its changes make one after another
	named     map[string]int64           // by host: in how many batches it is
	described map[string]int             // by host: how many attributes hold now
	numbered  int64                      // how many things there are
}

// things are numbered from 0 on, each once.
func (a *audit) things(tx *store.Tx) error {
	var next, twice int64
	err := errors.Join(
		tx.Row(`SELECT COUNT(*), COALESCE(MAX(number) + 1, 0) FROM devices_things`, nil, &a.numbered, &next),
		tx.Row(`SELECT COUNT(*) FROM (SELECT name FROM devices_things GROUP BY name, product, platform, version, code, signer, managed HAVING COUNT(*) > 1) AS twice`, nil, &twice),
	)
	if err == nil && (next != a.numbered || twice > 0) {
		a.t.Errorf("%d things are numbered, up to %d, and %d of them twice", a.numbered, next, twice)
	}
	return err
}

// changes each take away only what is there, and add only what is not.
func (a *audit) changes(tx *store.Tx) error {
	return tx.Rows(`SELECT host, version, added, removed FROM devices_changes ORDER BY host, version`, nil, func(scan func(...any) error) error {
		var id, added, removed []byte
		var version int64
		if err := scan(&id, &version, &added, &removed); err != nil {
			return err
		}
		on := a.replayed[string(id)]
		if on == nil {
			on = map[uint32]bool{}
			a.replayed[string(id)] = on
		}
		came, err := index.ParseThings(added)
		went, failed := index.ParseThings(removed)
		for _, n := range went {
			if !on[n] {
				a.t.Errorf("the change %d of %s takes away %d, which is not there", version, id, n)
			}
			delete(on, n)
		}
		for _, n := range came {
			if on[n] || int64(n) >= a.numbered {
				a.t.Errorf("the change %d of %s adds %d, which is there already or no thing", version, id, n)
			}
			on[n] = true
		}
		return errors.Join(err, failed)
	})
}

// batches have no gaps, and end where their server's row says.
func (a *audit) batches(tx *store.Tx) error {
	last := map[string]int64{}
	err := tx.Rows(`SELECT server, number, hosts FROM devices_batches ORDER BY server, number`, nil, func(scan func(...any) error) error {
		var server string
		var number int64
		var encoded []byte
		if err := scan(&server, &number, &encoded); err != nil {
			return err
		}
		if number != last[server]+1 {
			a.t.Errorf("after the batch %d of %s comes %d", last[server], server, number)
		}
		last[server] = number
		var hosts []string
		err := json.Unmarshal(encoded, &hosts)
		for _, id := range hosts {
			a.named[id]++
		}
		return err
	})
	said := map[string]int64{}
	err = errors.Join(err, tx.Rows(`SELECT server, last FROM devices_servers`, nil, func(scan func(...any) error) error {
		var server string
		var number int64
		err := scan(&server, &number)
		said[server] = number
		return err
	}))
	if !maps.Equal(last, said) {
		a.t.Errorf("the last batches are %v, and the servers say %v", last, said)
	}
	return err
}

// hosts have what their changes make, what their sources name, attributes, and a batch for each version.
func (a *audit) hosts(tx *store.Tx) error {
	if err := tx.Rows(`SELECT subject FROM devices_attributes WHERE replaced_at IS NULL AND held_until IS NULL`, nil, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		a.described[id]++
		return err
	}); err != nil {
		return err
	}
	err := tx.Rows(`SELECT id, version, packed, sources FROM devices_hosts`, nil, func(scan func(...any) error) error {
		var id, packed []byte
		var version int64
		var encoded string
		if err := scan(&id, &version, &packed, &encoded); err != nil {
			return err
		}
		row, err := index.ParseRow(packed)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		named, err := byItsSources(&row, encoded)
		on := slices.Sorted(maps.Keys(a.replayed[string(id)]))
		if !slices.Equal(on, row.Things) || !slices.Equal(named, row.Things) {
			a.t.Errorf("%s has %v on it; its changes make %v, its sources name %v", id, row.Things, on, named)
		}
		if version != a.named[string(id)] || a.described[string(id)] != 1 {
			a.t.Errorf("%s has the version %d, is in %d batches, and is described %d times", id, version, a.named[string(id)], a.described[string(id)])
		}
		delete(a.named, string(id))
		return err
	})
	if len(a.named) > 0 {
		a.t.Errorf("batches name hosts that are not there: %v", a.named)
	}
	return err
}

// byItsSources is what the sources of a host name.
func byItsSources(row *index.Row, encoded string) ([]uint32, error) {
	var sources []devices.Source
	err := json.Unmarshal([]byte(encoded), &sources)
	named := map[uint32]bool{}
	for _, source := range sources {
		things, failed := row.Things, error(nil)
		if len(sources) > 1 {
			things, failed = index.ParseThings(source.Packed)
		}
		err = errors.Join(err, failed)
		for _, n := range things {
			named[n] = true
		}
	}
	return slices.Sorted(maps.Keys(named)), err
}
