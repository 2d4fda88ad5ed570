package devices

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portcullis/devices/index"
	"portcullis/people"
	"portcullis/store"
)

// Change is that what is on a host changed: which things came and which went, by their numbers.
type Change struct {
	Host     string
	Version  int64
	Recorded store.Time
	Taken    store.Time // when the inventory was taken that said so
	Source   string
	Reporter string // who brought it, as the ledger names actors
	Added    []uint32
	Removed  []uint32
}

// batch is what one transaction does to hosts. Everything that changes a host goes through one, so that
// every server learns of it.
type batch struct {
	tx   *store.Tx
	room *Room

	known   map[string]*Host  // that were read or made
	stood   map[string]listed // of those that were read
	may     map[leave]error   // what the transaction's actors were told
	changed map[string]bool
	made    []*Host // that are new
	changes []Change
	names   []Named

	since map[string]store.Time // of hosts that are new: since when they are what they are, where that is not now

	// beyond and beyondThing are the things that the database has and the room's dictionary had not when one was
	// first asked for: what another server has numbered, and this one has not followed yet.
	beyond      map[index.Thing]uint32
	beyondThing map[uint32]index.Thing
	failed      error // of reading them

	fresh   []index.Thing          // that nobody has numbered
	numbers map[index.Thing]uint32 // of them, and of those of earlier batches of this transaction
}

// listed is what lists of hosts go by: what has an index of its own.
type listed struct {
	organisation, name string
	state              State
	replacedBy         string
}

func (h *Host) listed() listed { return listed{h.Row.Organisation, h.Name, h.State, h.ReplacedBy} }

// leave is what an actor asks for who brings reports.
type leave struct {
	actor        *people.Tx
	organisation string
}

func (r *Room) batch(tx *store.Tx) *batch {
	return &batch{tx: tx, room: r, known: map[string]*Host{}, stood: map[string]listed{}, may: map[leave]error{}, changed: map[string]bool{}, since: map[string]store.Time{}, numbers: map[index.Thing]uint32{}}
}

// next is another batch of the same transaction, which knows the things that this one numbered.
func (b *batch) next() *batch {
	n := b.room.batch(b.tx)
	n.beyond, n.beyondThing, n.numbers = b.beyond, b.beyondThing, b.numbers
	return n
}

// read makes the hosts known; those that are not there are nil.
func (b *batch) read(ids []string) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, ok := b.known[id]; return ok })
	slices.Sort(ids)
	ids = slices.Compact(ids)
	found, err := selectHosts(b.tx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if h, ok := found[id]; ok {
			b.known[id], b.stood[id] = &h, h.listed()
		} else {
			b.known[id] = nil
		}
	}
	return nil
}

// enrol adds a host.
func (b *batch) enrol(h *Host) {
	b.known[h.ID] = h
	b.made = append(b.made, h)
	b.touch(h)
}

// touch raises the version of a host that has changed, once for each transaction, and tells whether this was
// the first time.
func (b *batch) touch(h *Host) (first bool) {
	if b.changed[h.ID] {
		return false
	}
	b.changed[h.ID] = true
	h.Version++
	h.Changed = b.tx.Now()
	return true
}

// add enters what changed on a host.
func (b *batch) add(h *Host, c Change) {
	first := b.touch(h)
	c.Version = h.Version
	// Two reports of one host in one transaction are one change.
	if i := slices.IndexFunc(b.changes, func(other Change) bool { return !first && other.Host == h.ID }); i >= 0 {
		was := &b.changes[i]
		added, removed := union(index.Without(was.Added, c.Removed), c.Added), union(index.Without(was.Removed, c.Added), c.Removed)
		was.Added, was.Removed = index.Without(added, was.Removed), index.Without(removed, was.Added)
		was.Taken, was.Source, was.Reporter = c.Taken, c.Source, c.Reporter
		return
	}
	b.changes = append(b.changes, c)
}

// number is the number of a thing, for this transaction where it is new. What the transaction has called so
// once it calls so on, also where the dictionary learns of it meanwhile; and what its rows may have, it knows
// by the same number: otherwise a thing would be on a host twice.
func (b *batch) number(t index.Thing) uint32 {
	if n, ok := b.numbers[t]; ok {
		return n
	}
	if n, ok := b.room.Fleet.dictionary.Lookup(t); ok {
		return n
	}
	b.readBeyond()
	if n, ok := b.beyond[t]; ok {
		return n
	}
	if n, ok := b.room.Fleet.dictionary.Lookup(t); ok {
		return n // learnt while it was read
	}
	n := uint32(unnumbered + len(b.fresh))
	b.fresh = append(b.fresh, t)
	b.numbers[t] = n
	return n
}

// unnumbered is the first of the numbers that stand for things until it is known which numbers they get.
const unnumbered = 1 << 30

// thing is the thing of a number that this transaction uses.
func (b *batch) thing(n uint32) *index.Thing {
	if n >= unnumbered {
		return &b.fresh[n-unnumbered]
	}
	if d := b.room.Fleet.dictionary; int(n) < d.Len() {
		return d.At(n)
	}
	b.readBeyond()
	t, ok := b.beyondThing[n]
	if !ok {
		b.failed = errors.Join(b.failed, fmt.Errorf("a host has the thing %d, which is not numbered", n))
	}
	return &t
}

// readBeyond reads once what this server has not followed yet. Where that fails, so does write.
func (b *batch) readBeyond() {
	if b.beyond != nil {
		return
	}
	known := b.room.Fleet.dictionary.Len() // before they are read: it grows meanwhile
	tail, err := selectThings(b.tx, known)
	b.beyond, b.beyondThing, b.failed = make(map[index.Thing]uint32, len(tail)), make(map[uint32]index.Thing, len(tail)), errors.Join(b.failed, err)
	for i, t := range tail {
		b.beyond[t], b.beyondThing[uint32(known+i)] = uint32(known+i), t
	}
}

// settle gives the fresh things the next numbers. Were another server to number meanwhile, only one of the two
// could commit, and the other would run again.
func (b *batch) settle() error {
	if len(b.fresh) == 0 {
		return nil
	}
	first, err := take(b.tx, "things", len(b.fresh))
	if err != nil {
		return err
	}
	if err := insertThings(b.tx, first, b.fresh); err != nil {
		return err
	}
	for i, t := range b.fresh {
		b.numbers[t] = uint32(first + i)
	}
	return b.renumber(first)
}

// renumber puts the numbers from first on in the place of those that stood for them.
func (b *batch) renumber(first int) error {
	settled := func(things []uint32) []uint32 {
		for i, n := range things {
			if n >= unnumbered {
				things[i] = uint32(first) + n - unnumbered
			}
		}
		slices.Sort(things)
		return things
	}
	for i := range b.changes {
		b.changes[i].Added, b.changes[i].Removed = settled(b.changes[i].Added), settled(b.changes[i].Removed)
	}
	for id := range b.changed {
		h := b.known[id]
		h.Row.Things = settled(slices.Clone(h.Row.Things))
		for i := range h.Sources {
			s := &h.Sources[i]
			if len(s.Packed) == 0 {
				continue
			}
			things, err := index.ParseThings(s.Packed)
			if err != nil {
				return err
			}
			s.Packed = index.AppendThings(nil, settled(things))
		}
	}
	return nil
}

// write writes it all, as this server's next batch.
func (b *batch) write() error {
	if len(b.changed) == 0 || b.failed != nil {
		return b.failed
	}
	if err := b.settle(); err != nil {
		return err
	}
	ids := make([]string, 0, len(b.changed))
	for id := range b.changed {
		ids = append(ids, id)
	}
	slices.Sort(ids)                   // in one order, so that two servers do not wait for each other
	hosts := make([]Host, 0, len(ids)) // as they are now, whatever becomes of the batch's
	for _, id := range ids {
		hosts = append(hosts, *b.known[id])
	}
	encoded, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	number, err := nextBatch(b.tx, b.room.Server)
	if err != nil {
		return err
	}
	for _, write := range []func() error{
		func() error { return b.writeHosts(hosts) },
		func() error { return insertAttributes(b.tx, b.made, b.since) },
		func() error { return insertChanges(b.tx, b.changes) },
		b.writeNames,
		func() error { return insertBatch(b.tx, b.room.Server, number, encoded) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	b.tx.AfterCommit(func() { b.room.Fleet.wrote(batchKey{b.room.Server, number}, hosts) })
	return nil
}

// writeHosts writes hosts as they are now. Nearly all have something else on them and stand in all lists where
// they stood.
func (b *batch) writeHosts(hosts []Host) error {
	var stay, move []*Host
	for i := range hosts {
		h := &hosts[i]
		if stood, read := b.stood[h.ID]; read && stood == h.listed() {
			stay = append(stay, h)
		} else {
			move = append(move, h)
		}
	}
	return errors.Join(upsertHosts(b.tx, move, movedColumns), upsertHosts(b.tx, stay, stayedColumns))
}

// writeNames notes how people know what nobody has given a name before; the last name stands.
func (b *batch) writeNames() error {
	last := map[nameKey]Named{}
	for _, n := range b.names {
		if _, known := b.room.Fleet.Name(n.Identifier, n.Platform); !known {
			n.Identifier = strings.Clone(n.Identifier) // which may be a part of all that was reported
			last[nameKey{n.Identifier, n.Platform}] = n
		}
	}
	if len(last) == 0 {
		return nil
	}
	names := slices.SortedFunc(maps.Values(last), func(a, b Named) int { // in one order, so that two servers do not wait for each other
		return cmp.Or(cmp.Compare(a.Identifier, b.Identifier), cmp.Compare(a.Platform, b.Platform))
	})
	b.tx.AfterCommit(func() { b.room.Fleet.learnNames(names) })
	return upsertNames(b.tx, names)
}

// Room is this room's operations. There is one for each process; it is safe for concurrent use.
type Room struct {
	People *people.Room
	// Server is what this process numbers its batches under; no other has the same.
	Server string
	Fleet  *Fleet
}
