package enforce

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// The kinds of entries about zones. The subjects are the organisation and the zone; the payload is a zoneEntry, without
// secrets.
var (
	zoneAdded   = ledger.Kind{Name: "enforce.zone-added", Version: 1}
	zoneChanged = ledger.Kind{Name: "enforce.zone-changed", Version: 1}
	zoneRotated = ledger.Kind{Name: "enforce.zone-rotated", Version: 1}
	zoneEnded   = ledger.Kind{Name: "enforce.zone-ended", Version: 1}
)

// zoneEntry is a zone as it is since, and what was drawn anew of its secrets: the name of the key, and whether the
// address was.
type zoneEntry struct {
	Name    string   `json:"name"`
	Passed  []string `json:"passed,omitempty"`
	Notify  []string `json:"notify,omitempty"`
	Key     string   `json:"key,omitempty"`
	Address bool     `json:"address,omitempty"`
}

func (z *Zone) entry(s ZoneSecrets) zoneEntry {
	e := zoneEntry{Name: z.Name, Key: s.Key, Address: s.Path != ""}
	for _, n := range z.Passed {
		e.Passed = append(e.Passed, n.String())
	}
	for _, n := range z.Notify {
		e.Notify = append(e.Notify, n.String())
	}
	return e
}

// mostRotation is how long secrets may still be good beside those that were drawn in their place.
const mostRotation = 30 * 24 * time.Hour

// AddZone adds a zone of an organisation: of z are taken the name, the organisation and the name servers that are told. It
// needs people.KeepZones in the organisation. It passes no network: see AskNetwork.
func (r *Room) AddZone(ctx context.Context, actor people.Actor, z Zone) (Zone, ZoneSecrets, error) {
	type added struct {
		Zone
		ZoneSecrets
	}
	actor.Key, actor.Digest = "", "" // secrets are not kept to be told again
	made, err := people.Act(ctx, r.People, actor, func(tx *people.Tx) (none added, err error) {
		z := Zone{Name: z.Name, Organisation: z.Organisation, Notify: slices.Clone(z.Notify), Added: tx.Now(), Version: 1}
		if err := tx.Exists("organisation", z.Organisation); err != nil {
			return none, err
		}
		if err := tx.Require(people.KeepZones, z.Organisation); err != nil {
			return none, err
		}
		if err := z.settle(); err != nil {
			return none, err
		}
		serial, taken, err := selectZoneName(tx.Tx, z.Name)
		if err != nil {
			return none, err
		}
		if taken {
			return none, &fault.Error{Kind: fault.Conflict, Field: "name", Message: "There is a zone of this name already: give this one another"}
		}
		z.Edition.Serial = serial
		if z.ID, err = tx.NewID(); err != nil {
			return none, err
		}
		secrets, err := r.drawSecrets(tx, &z, true, true)
		if err != nil {
			return none, err
		}
		if err := insertZone(tx.Tx, &z); err != nil {
			return none, err
		}
		return added{z, secrets}, tx.Record(zoneAdded, z.Organisation, []string{z.ID}, z.entry(secrets))
	})
	return made.Zone, made.ZoneSecrets, err
}

// drawSecrets draws a key, an address or both, and keeps them.
func (r *Room) drawSecrets(tx *people.Tx, z *Zone, key, address bool) (s ZoneSecrets, err error) {
	if key {
		k, err := z.drawKey(r.People.Chance, tx.Now())
		if err != nil {
			return s, err
		}
		if err := insertZoneSecret(tx.Tx, z.ID, keySecret, k.Name, k.secret); err != nil {
			return s, err
		}
		z.Keys = append([]ZoneKey{k}, z.Keys...)
		s.Key, s.KeySecret = k.Name, k.secret
	}
	if address {
		a, secret, err := drawAddress(r.People.Chance, tx.Now())
		if err != nil {
			return s, err
		}
		if err := insertZoneSecret(tx.Tx, z.ID, addressSecret, a.digest, a.digest); err != nil {
			return s, err
		}
		z.Addresses = append([]ZoneAddress{a}, z.Addresses...)
		s.Path = z.path(secret)
	}
	return s, nil
}

// zone returns a zone for which the actor has a permission.
func zone(tx *people.Tx, p people.Permission, id string) (*Zone, error) {
	z, err := selectZone(tx.Tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !z.Ended.IsZero() {
		// Only who may see all learns that one is not there.
		if err := tx.Require(p, people.Everywhere); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.NotFound, "There is no zone %.40q", id)
	}
	if err != nil {
		return nil, err
	}
	return z, tx.Require(p, z.Organisation)
}

// zoneFrom is zone where the actor saw it in a version; 0 is any.
func zoneFrom(tx *people.Tx, p people.Permission, id string, version int64) (*Zone, error) {
	z, err := zone(tx, p, id)
	if err == nil {
		err = z.seen(version)
	}
	return z, err
}

// seen returns a fault where a zone has changed since somebody saw it.
func (z *Zone) seen(version int64) error {
	if version != 0 && version != z.Version {
		return fault.New(fault.Changed, "The zone was changed meanwhile: look at it again")
	}
	return nil
}

// ZoneChange is what is to change of a zone; nil is as it was.
type ZoneChange struct {
	// Version is the one that the change is made from; 0 is any.
	Version int64
	// Passed are the networks that go on passing, or parts of those. More takes two people: see AskNetwork.
	Passed *[]netip.Prefix
	Notify *[]NameServer
}

// ChangeZone changes a zone. It needs people.KeepZones in the organisation.
func (r *Room) ChangeZone(ctx context.Context, actor people.Actor, id string, c ZoneChange) (*Zone, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (*Zone, error) {
		z, err := zoneFrom(tx, people.KeepZones, id, c.Version)
		if err != nil {
			return nil, err
		}
		before, servers := z.Passed, z.Notify
		if c.Notify != nil {
			z.Notify = slices.Clone(*c.Notify)
		}
		var narrowed error
		if c.Passed != nil {
			narrowed = z.narrow(tx, *c.Passed)
		}
		if err := errors.Join(z.settle(), narrowed); err != nil {
			return nil, err
		}
		if slices.Equal(z.Passed, before) && slices.Equal(z.Notify, servers) {
			tx.NoEntry("it is as it was")
			return z, nil
		}
		z.Version++
		if err := updateZone(tx.Tx, z); err != nil {
			return nil, err
		}
		return z, tx.Record(zoneChanged, z.Organisation, []string{z.ID}, z.entry(ZoneSecrets{}))
	})
}

// Rotation says which secrets of a zone are to be drawn anew, and for how long those before them are still good: 0 is not
// at all, for one that was seen by others.
type Rotation struct {
	Version      int64 // the one that it is decided from; 0 is any
	Key, Address bool
	Overlap      time.Duration
}

// RotateZone draws secrets anew. It needs people.KeepZones in the organisation.
func (r *Room) RotateZone(ctx context.Context, actor people.Actor, id string, of Rotation) (*Zone, ZoneSecrets, error) {
	type rotated struct {
		*Zone
		ZoneSecrets
	}
	actor.Key, actor.Digest = "", ""
	made, err := people.Act(ctx, r.People, actor, func(tx *people.Tx) (none rotated, err error) {
		z, err := zoneFrom(tx, people.KeepZones, id, of.Version)
		if err != nil {
			return none, err
		}
		if !of.Key && !of.Address {
			return none, fault.In("key", "Say what is to be drawn anew: the key, the address or both")
		}
		if of.Overlap < 0 || of.Overlap > mostRotation {
			return none, fault.In("overlap", "What was there before may be good for 30 days more at most")
		}
		until := tx.Now().Add(of.Overlap)
		for kind, is := range map[string]bool{keySecret: of.Key, addressSecret: of.Address} {
			if is {
				if err := limitZoneSecrets(tx.Tx, z.ID, kind, until); err != nil {
					return none, err
				}
			}
		}
		if err := deleteZoneSecrets(tx.Tx); err != nil {
			return none, err
		}
		secrets, err := r.drawSecrets(tx, z, of.Key, of.Address)
		if err != nil {
			return none, err
		}
		z.Version++
		if err := updateZone(tx.Tx, z); err != nil {
			return none, err
		}
		if z, err = selectZone(tx.Tx, z.ID); err != nil {
			return none, err
		}
		return rotated{z, secrets}, tx.Record(zoneRotated, z.Organisation, []string{z.ID}, z.entry(secrets))
	})
	return made.Zone, made.ZoneSecrets, err
}

// EndZone ends a zone at once, with all its secrets. Name servers that have it go on with it for as long as its SOA says.
// A version other than 0 is the one that it is decided from.
func (r *Room) EndZone(ctx context.Context, actor people.Actor, id string, version int64) error {
	_, err := people.Act(ctx, r.People, actor, func(tx *people.Tx) (none struct{}, err error) {
		z, err := zoneFrom(tx, people.KeepZones, id, version)
		if err != nil {
			return none, err
		}
		if err := limitZoneSecrets(tx.Tx, z.ID, keySecret, tx.Now()); err != nil {
			return none, err
		}
		if err := limitZoneSecrets(tx.Tx, z.ID, addressSecret, tx.Now()); err != nil {
			return none, err
		}
		if err := deleteZoneSecrets(tx.Tx); err != nil {
			return none, err
		}
		if err := z.narrow(tx, nil); err != nil {
			return none, err
		}
		z.Ended = tx.Now()
		z.Version++
		if err := updateZone(tx.Tx, z); err != nil {
			return none, err
		}
		return none, tx.Record(zoneEnded, z.Organisation, []string{z.ID}, z.entry(ZoneSecrets{}))
	})
	return err
}

// Zone returns a zone, without its secrets. It needs people.SeeZones in the organisation.
func (r *Room) Zone(ctx context.Context, actor people.Actor, id string) (*Zone, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (*Zone, error) { return zone(tx, people.SeeZones, id) })
}

// Zones returns the zones that the actor may see, in the order of their names.
func (r *Room) Zones(ctx context.Context, actor people.Actor) ([]*Zone, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (mine []*Zone, err error) {
		if _, err := tx.Reach(people.SeeZones); err != nil {
			return nil, err
		}
		all, err := selectZones(tx.Tx)
		if err != nil {
			return nil, err
		}
		for _, z := range all {
			may, err := tx.May(people.SeeZones, z.Organisation)
			if err != nil {
				return nil, err
			}
			if may {
				mine = append(mine, z)
			}
		}
		return mine, eachCurrentNetwork(tx.Tx, mine)
	})
}
