package enforce

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/platform/dns"
	"portcullis/platform/dns/transfer"
	"portcullis/store"
)

// Zones hands out the zones of all organisations, as text and for transfer. Each server has its own; what they hand out
// under one serial is the same: the first to know of a change publishes it, with the next serial, and the others
// follow. A server that is behind goes on with the edition that it has. It is safe for concurrent use.
type Zones struct {
	room    *Room
	now     func() time.Time
	log     *slog.Logger
	changed chan struct{}
	ready   chan struct{} // closed when it was found out once what there is

	following sync.Mutex // held by whoever follows
	lists     *Lists
	stamp     int64
	digests   map[string]digested // by the zone's id

	mu     sync.RWMutex
	byName map[string]*handed // by name with its final dot
	keys   map[string]*handedKey

	fetching sync.Mutex
	fetched  map[zoneSecret]Fetched // what was last noted
	unsaid   map[zoneSecret]Fetched // that of it which is not written down
}

// handed is a zone as it is handed out: it and its secrets as they are now, in an edition that may be an earlier one.
type handed struct {
	*Zone
	*edition
}

// edition is what is handed out under one serial; text and records are made when they are first asked for.
type edition struct {
	Edition
	text    func() ([]byte, error)
	records func() (*transfer.Zone, error)
}

type handedKey struct {
	ZoneKey
	secret []byte
	zone   string // with its final dot
}

// digested is the digest of what a list and a zone's options make.
type digested struct {
	list   *platform.List
	passed string
	digest string
}

// followZonesEvery is how often it is looked for what has changed.
const followZonesEvery = 200 * time.Millisecond

// NewZones makes the zones of a server. There are none before it has followed.
func NewZones(room *Room, now func() time.Time) *Zones {
	return &Zones{room: room, now: now, log: room.People.Log, changed: make(chan struct{}, 1), ready: make(chan struct{}), stamp: -1, digests: map[string]digested{},
		fetched: map[zoneSecret]Fetched{}, unsaid: map[zoneSecret]Fetched{}}
}

// Changed receives something after each change of what is handed out, or to whom.
func (z *Zones) Changed() <-chan struct{} { return z.changed }

// Ready is closed as soon as it is known what there is.
func (z *Zones) Ready() <-chan struct{} { return z.ready }

// Run follows until the context ends.
func (z *Zones) Run(ctx context.Context) {
	for {
		if err := z.Follow(ctx); err != nil && ctx.Err() == nil {
			z.log.Warn("what name servers are given waits", "error", err)
		}
		if err := z.WriteFetched(context.WithoutCancel(ctx)); err != nil {
			z.log.Warn("who fetched a zone is written down later", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(followZonesEvery):
		}
	}
}

// Follow looks once for what has changed, of the zones and of what decisions say, and publishes what is new.
func (z *Zones) Follow(ctx context.Context) error {
	z.following.Lock()
	defer z.following.Unlock()
	lists := z.room.current()
	stamp, zones, err := z.changes(ctx, lists)
	if errors.Is(err, errOverdue) {
		if err = z.room.People.DB.Write(ctx, overdueZones); err == nil {
			stamp, zones, err = z.changes(ctx, lists)
		}
	}
	if err != nil || stamp == z.stamp && lists == z.lists {
		return err
	}
	compiled := z.compile(lists, zones)
	if err := z.publish(ctx, compiled); err != nil {
		return err
	}
	z.hand(zones, compiled)
	if z.lists == nil {
		close(z.ready)
	}
	z.lists, z.stamp = lists, stamp
	select {
	case z.changed <- struct{}{}:
	default: // whoever is to look has not looked yet
	}
	return nil
}

// errOverdue is that the end of a network or a secret has come, and nobody has noted it yet.
var errOverdue = errors.New("something of a zone is to end")

// changes reads the zones where something has changed, of them or of what decisions say, since they were last handed out.
func (z *Zones) changes(ctx context.Context, lists *Lists) (stamp int64, zones []*Zone, err error) {
	err = z.room.People.DB.Read(ctx, func(tx *store.Tx) (err error) {
		var next store.Time
		stamp, next, err = selectZonesStamp(tx)
		switch {
		case err != nil:
			return err
		case !next.IsZero() && !tx.Now().Before(next):
			return errOverdue
		case stamp == z.stamp && lists == z.lists:
			return nil
		}
		zones, err = selectZones(tx)
		return err
	})
	return stamp, zones, err
}

// zoneList is what this server has a zone say.
type zoneList struct {
	*Zone
	list   *platform.List
	digest string
	// published is that the zone's edition says the same.
	published bool
}

// compile finds out what zones are to say, several at once; one that nothing can be said of is left out, and what was
// handed out stays.
func (z *Zones) compile(lists *Lists, zones []*Zone) (all []*zoneList) {
	made, digests := make([]*zoneList, len(zones)), make([]digested, len(zones))
	next := atomic.Int64{}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(zones)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(zones); i = int(next.Add(1)) - 1 {
				made[i], digests[i] = z.compileOne(lists, zones[i])
			}
		})
	}
	workers.Wait()
	z.digests = make(map[string]digested, len(zones))
	for i, c := range made {
		if c != nil {
			all, z.digests[c.ID] = append(all, c), digests[i]
		}
	}
	return all
}

func (z *Zones) compileOne(lists *Lists, of *Zone) (*zoneList, digested) {
	list, err := lists.Of(of.Organisation, 0)
	var d digested
	if err == nil {
		d, err = z.digest(of, list)
	}
	if err != nil {
		z.log.Warn("a zone cannot be made: name servers keep what they have", "zone", of.Name, "organisation", of.Organisation, "error", err)
		return nil, d
	}
	return &zoneList{of, list, d.digest, of.Edition.Number > 0 && of.Edition.Digest == d.digest}, d
}

func (z *Zones) digest(of *Zone, list *platform.List) (digested, error) {
	d := digested{list: list, passed: networksText(of.Passed)}
	was, known := z.digests[of.ID]
	alike := func(a, b platform.Domain) bool { return a.Name == b.Name }
	if known && was.passed == d.passed && (was.list == list || slices.EqualFunc(was.list.Domains, list.Domains, alike)) {
		d.digest = was.digest
		return d, nil
	}
	var err error
	d.digest, err = dns.Digest(list, of.options())
	return d, err
}

// behind tells whether an edition came of a later list than this server's.
func (c *zoneList) behind(e *Edition) bool {
	if e.Generation != c.list.Generation {
		return e.Generation > c.list.Generation
	}
	return !c.list.Until.IsZero() && !e.At.Time().Before(c.list.Until)
}

// publish makes the next edition of each zone that says something else than its last, unless this server is behind, or
// somebody else has changed the zone meanwhile: then the next look has it.
func (z *Zones) publish(ctx context.Context, all []*zoneList) error {
	fresh := slices.DeleteFunc(slices.Clone(all), func(c *zoneList) bool { return c.published || c.behind(&c.Edition) })
	if len(fresh) == 0 {
		return nil
	}
	var published map[*zoneList]Edition
	err := z.room.People.DB.Write(ctx, func(tx *store.Tx) error {
		published = map[*zoneList]Edition{}
		for _, c := range fresh {
			stored, err := selectZoneAlone(tx, c.ID)
			if err != nil {
				return err
			}
			if stored.Version != c.Version || stored.Edition.Number != c.Edition.Number {
				continue
			}
			stored.Edition = Edition{Number: stored.Edition.Number + 1, Serial: dns.Next(stored.Edition.Serial, tx.Now().Time()), Digest: c.digest,
				Generation: c.list.Generation, At: store.TimeOf(c.list.At), Published: tx.Now()}
			if err := updateZone(tx, stored); err != nil {
				return err
			}
			published[c] = stored.Edition
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("publishing zones: %w", err)
	}
	for c, e := range published {
		c.Edition, c.published = e, true
		z.log.Info("a zone has changed", "zone", c.Name, "organisation", c.Organisation, "serial", e.Serial, "generation", e.Generation)
	}
	return nil
}

// hand hands out what is published. Of a zone that this server does not know so as yet it hands out what it did before.
func (z *Zones) hand(zones []*Zone, all []*zoneList) {
	known := make(map[string]*zoneList, len(all))
	for _, c := range all {
		if c.published {
			known[c.ID] = c
		}
	}
	byName, keys := make(map[string]*handed, len(zones)), map[string]*handedKey{}
	for _, of := range zones {
		name := of.Name + "."
		if h := z.handOut(of, z.byName[name], known[of.ID]); h != nil {
			byName[name] = h
		}
		for _, k := range of.Keys {
			secret, err := base64.StdEncoding.DecodeString(k.secret)
			if err != nil || len(secret) == 0 {
				z.log.Error("the secret of a key is not readable: draw another", "zone", of.Name, "key", k.Name)
				continue
			}
			keys[k.Name+"."] = &handedKey{k, secret, name}
		}
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.byName, z.keys = byName, keys
}

// handOut is a zone as it is handed out from now on; nil where there is no edition of it here.
func (z *Zones) handOut(of *Zone, was *handed, c *zoneList) *handed {
	switch {
	case was != nil && was.ID == of.ID && (c == nil || was.edition.Number == c.Edition.Number):
		return &handed{of, was.edition}
	case c == nil:
		return nil
	}
	// Of the list no more is kept than the zone says.
	list, options := &platform.List{Organisation: c.Organisation, Domains: c.list.Domains}, c.options()
	return &handed{of, &edition{
		Edition: c.Edition,
		text: sync.OnceValues(func() ([]byte, error) {
			var b bytes.Buffer
			_, err := dns.WriteZone(&b, list, options)
			return b.Bytes(), err
		}),
		records: sync.OnceValues(func() (*transfer.Zone, error) {
			records, _, err := dns.Records(list, options)
			return &transfer.Zone{Serial: options.Serial, Records: records}, err
		}),
	}}
}

// Zone returns a zone for transfer, as transfer.Zones has it.
func (z *Zones) Zone(name string) *transfer.Zone {
	z.mu.RLock()
	h := z.byName[name]
	z.mu.RUnlock()
	if h == nil {
		return nil
	}
	made, err := h.records()
	if err != nil {
		z.log.Error("a zone cannot be handed out", "zone", name, "error", err)
		return nil
	}
	return made
}

// Secret returns the secret of a key that is good, as transfer.Keys has it.
func (z *Zones) Secret(key string) []byte {
	if k := z.key(key); k != nil {
		return k.secret
	}
	return nil
}

// May tells whether who signs with a key may take a zone, as transfer.Keys has it.
func (z *Zones) May(key, zone string) bool {
	k := z.key(key)
	return k != nil && k.zone == zone
}

func (z *Zones) key(name string) *handedKey {
	z.mu.RLock()
	k := z.keys[name]
	z.mu.RUnlock()
	if k == nil || !good(k.Until, z.now()) {
		return nil
	}
	return k
}

// good tells whether what is good until a time still is.
func good(until store.Time, now time.Time) bool { return until.IsZero() || now.Before(until.Time()) }

// Secondaries are the name servers that are told, for a transfer.Notifier.
func (z *Zones) Secondaries() (all []transfer.Secondary) {
	now := z.now()
	z.mu.RLock()
	defer z.mu.RUnlock()
	for name, h := range z.byName {
		var keys []string
		for _, k := range h.Keys {
			if good(k.Until, now) {
				keys = append(keys, k.Name+".")
			}
		}
		for _, n := range h.Notify {
			s := transfer.Secondary{Zone: name, Address: n.Address.String()}
			if !n.Unsigned && len(keys) > 0 {
				s.Key = keys[0]
			}
			if !n.Unsigned && len(keys) > 1 {
				s.Earlier = keys[1]
			}
			all = append(all, s)
		}
	}
	return all
}

// ZoneText is the text of a zone.
type ZoneText struct {
	// ETag stands for it, quotes and all.
	ETag string
	Data []byte
	// Fetched is to be told when it was taken to its end, or was there already.
	Fetched func()
}

// Text returns the text of a zone to whoever knows the secret in its address. Whether it was the zone or the secret that is wrong is
// not told, and takes the same time.
func (z *Zones) Text(secret, name string) (ZoneText, error) {
	z.mu.RLock()
	h := z.byName[strings.TrimSuffix(name, ".")+"."]
	known := z.byName != nil
	z.mu.RUnlock()
	if !known {
		return ZoneText{}, fmt.Errorf("zones: %w", fault.ErrUnavailable)
	}
	addresses := []ZoneAddress{{digest: nobodys}}
	if h != nil && len(h.Addresses) > 0 {
		addresses = h.Addresses
	}
	digest, now, opens := []byte(digestOfSecret(secret)), z.now(), 0
	for _, a := range addresses {
		if good(a.Until, now) {
			opens |= subtle.ConstantTimeCompare(digest, []byte(a.digest))
		}
	}
	if opens == 0 || h == nil {
		return ZoneText{}, fault.New(fault.NotFound, "There is no such zone")
	}
	text, err := h.text()
	return ZoneText{fmt.Sprintf(`"%d-%.16s"`, h.edition.Serial, h.edition.Digest), text, func() { z.note(zoneSecret{h.ID, string(digest)}, h.edition.Serial) }}, err
}

// nobodys is as long as a digest, and none.
var nobodys = strings.Repeat("-", len(digestOfSecret("")))
