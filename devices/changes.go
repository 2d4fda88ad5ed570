package devices

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// Followed is how far a program has followed the changes of hosts.
type Followed struct {
	// At is when nothing was left to follow. It is not long ago, or batches are gone that were not followed.
	At      store.Time       `json:"at"`
	Batches map[string]int64 `json:"batches"` // by server, the last that is known
}

// HostChanges is which hosts have changed since.
type HostChanges struct {
	Hosts []HostNow // each once
	// Followed is what to ask from next time; More that there are more already.
	Followed Followed
	More     bool
}

// HostNow is a host that has changed, as it is now.
type HostNow struct {
	Host
	// Gone is that it belonged where the actor may see devices, and does no longer: only its id is told.
	Gone bool
}

// errEnough is that enough batches were read.
var errEnough = errors.New("enough")

// ChangesSince returns which hosts have changed since a program followed them, in the order of the batches of
// each server; where it has not, none, and from where to begin. A page ends with the batch with which it
// reaches the limit, so that it may be longer. Batches are kept for two days: who comes later begins anew.
// It needs people.SeeDevices; hosts of organisations where the actor does not have it are left out.
func (r *Room) ChangesSince(ctx context.Context, actor people.Actor, since *Followed, limit int) (HostChanges, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (c HostChanges, err error) {
		scope, err := r.scope(tx, "")
		if err != nil {
			return c, err
		}
		last, err := selectServers(tx.Tx)
		if err != nil {
			return c, err
		}
		if since == nil {
			c.Followed = Followed{tx.Now(), last}
			return c, nil
		}
		if since.At.Add(keptBatches - time.Hour).Before(tx.Now()) {
			return c, tooOld()
		}
		var ids []string
		if ids, err = c.follow(tx.Tx, since, last, limit); err != nil {
			return c, err
		}
		return c, c.read(tx.Tx, scope, ids)
	})
}

// follow reads batches, and returns the hosts that are in them.
func (c *HostChanges) follow(tx *store.Tx, since *Followed, last map[string]int64, limit int) (ids []string, err error) {
	c.Followed = Followed{tx.Now(), map[string]int64{}}
	known := map[string]bool{}
	for _, server := range slices.Sorted(maps.Keys(last)) {
		at := since.Batches[server]
		if at > last[server] {
			return nil, tooOld()
		}
		err := eachBatch(tx, server, at, func(number int64, encoded []byte) error {
			if len(ids) >= limit {
				return errEnough
			}
			if number != at+1 {
				return errGap
			}
			at = number
			var hosts []string
			err := json.Unmarshal(encoded, &hosts)
			for _, id := range hosts {
				if !known[id] {
					known[id] = true
					ids = append(ids, id)
				}
			}
			return err
		})
		switch {
		case errors.Is(err, errGap), err == nil && at != last[server]:
			return nil, tooOld() // or the server has lost them: from a copy that was put back
		case errors.Is(err, errEnough):
			c.More, c.Followed.At = true, since.At
		case err != nil:
			return nil, err
		}
		c.Followed.Batches[server] = at
	}
	return ids, nil
}

func tooOld() error {
	return fault.In("after", "This was too long ago: changes are kept for two days. Ask without it where to begin, then read all hosts, and go on from there")
}

// read fills in what the hosts are now.
func (c *HostChanges) read(tx *store.Tx, scope, ids []string) error {
	found, err := selectHosts(tx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		h, there := found[id]
		if !there {
			continue
		}
		if seen(scope, h.Row.Organisation) {
			c.Hosts = append(c.Hosts, HostNow{Host: h})
			continue
		}
		was, err := lately(tx, id, scope)
		if err != nil {
			return err
		}
		if was {
			c.Hosts = append(c.Hosts, HostNow{Host: Host{ID: id}, Gone: true})
		}
	}
	return nil
}

// lately tells whether a host belonged to one of some organisations while batches have been kept.
func lately(tx *store.Tx, id string, organisations []string) (bool, error) {
	record, err := attributes.Record(tx, id)
	if err != nil {
		return false, err
	}
	old := tx.Now().Add(-keptBatches)
	for _, k := range record {
		end := cmp.Or(k.Replaced, k.Until)
		if !end.IsZero() && end.Before(old) || k.Object == "" {
			continue
		}
		a, err := decodeAttributes(k.Object)
		if err != nil {
			return false, err
		}
		if slices.Contains(organisations, a.Organisation) {
			return true, nil
		}
	}
	return false, nil
}
