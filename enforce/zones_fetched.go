package enforce

import (
	"context"
	"maps"

	"portcullis/store"
)

// zoneSecret is a secret of a zone, as the table has it: a key's in base64, or the digest of an address's.
type zoneSecret struct{ zone, secret string }

// Took notes that whoever signs with a key took a serial of a zone to its end, or asked and had it already, as transfer.Server has
// it.
func (z *Zones) Took(key, zone string, serial uint32) {
	z.mu.RLock()
	k, h := z.keys[key], z.byName[zone]
	z.mu.RUnlock()
	if k != nil && h != nil {
		z.note(zoneSecret{h.ID, k.ZoneKey.secret}, serial)
	}
}

// note has something be written down, where it was not a moment ago.
func (z *Zones) note(by zoneSecret, serial uint32) {
	now := z.now()
	z.fetching.Lock()
	defer z.fetching.Unlock()
	if was := z.fetched[by]; was.Serial == serial && lately(now, was.At.Time(), flushEvery) {
		return
	}
	is := Fetched{serial, store.TimeOf(now)}
	z.fetched[by], z.unsaid[by] = is, is
}

// WriteFetched writes down who took what.
func (z *Zones) WriteFetched(ctx context.Context) error {
	z.fetching.Lock()
	unsaid := z.unsaid
	z.unsaid = map[zoneSecret]Fetched{}
	z.fetching.Unlock()
	if len(unsaid) == 0 {
		return nil
	}
	err := z.room.People.DB.Write(ctx, func(tx *store.Tx) error {
		for by, f := range unsaid {
			if err := updateZoneFetched(tx, by.zone, by.secret, f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // what came meanwhile is later
		z.fetching.Lock()
		defer z.fetching.Unlock()
		maps.Copy(unsaid, z.unsaid)
		z.unsaid = unsaid
	}
	return err
}
