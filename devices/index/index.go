package index

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"portcullis/policy"
)

// Index answers for all hosts at once. It is safe for concurrent use: readers go on reading while a
// row is put or a basis set, and see it either before or after.
type Index struct {
	writer sync.Mutex   // held by whoever changes the index, all the time
	mu     sync.RWMutex // held for writing while the change is put in place

	dictionary *Dictionary
	outcomes   *outcomes
	hosts      hosts
	things     []thing // by their numbers in the dictionary
	names      numbering[name]
	named      [][]uint32 // by name: its things
	subjects   map[subject]*roaring.Bitmap
	basis      *Basis
	mark       string // what the breaches of a snapshot rest on, until something changes
}

// name is what a thing is called, whatever its platform and version.
type name struct {
	text    string
	product bool // a product's id
}

// thing is the hosts that have it, and those of them on which it is in breach.
type thing struct {
	hosts    *roaring.Bitmap
	breaches []breach
}

// New makes an empty index over a dictionary, in which every thing of every row must be. It has no
// basis as yet: nothing is judged, and no breach found.
func New(d *Dictionary) *Index {
	return &Index{dictionary: d, outcomes: newOutcomes(), hosts: newHosts(), subjects: map[subject]*roaring.Bitmap{}}
}

// Dictionary returns the one that the index's rows refer to.
func (x *Index) Dictionary() *Dictionary { return x.dictionary }

// Change is that things on hosts came into breach for a cause, or no longer are.
type Change struct {
	Opened bool // or closed
	Thing  *Thing
	Cause  Cause
	Hosts  Set
}

// errNotInDictionary is a row with a thing that nobody numbered.
var errNotInDictionary = errors.New("a thing of the row is not in the dictionary")

// Put makes row all that is known of a host, and returns what that changes.
func (x *Index) Put(id string, row Row) ([]Change, error) {
	if n := len(row.Things); n > 0 && int(row.Things[n-1]) >= x.dictionary.Len() {
		return nil, fmt.Errorf("host %q: %w", id, errNotInDictionary)
	}
	x.writer.Lock()
	defer x.writer.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.growThings()
	x.mark = ""
	n, known := x.hosts.numbers[id]
	if !known {
		n = x.hosts.add(id)
	}
	is := x.hosts.attributes(&row)
	if known && x.hosts.at(n) == is {
		was := x.hosts.things(n)
		before := x.withdraw(n, without(was, row.Things))
		x.hosts.set(n, is, packed(row.Things))
		return x.changes(n, before, x.enter(n, without(row.Things, was))), nil
	}
	before := x.leave(n)
	x.hosts.set(n, is, packed(row.Things))
	for _, s := range x.hosts.subjectsOf(n) {
		if bits := x.subjects[s]; bits != nil {
			bits.Add(n)
		}
	}
	return x.changes(n, before, x.enter(n, row.Things)), nil
}

func packed(things []uint32) string { return string(packThings(nil, things)) }

// without returns those of some ascending numbers that are not among others.
func without(things, others []uint32) (rest []uint32) {
	for _, t := range things {
		for len(others) > 0 && others[0] < t {
			others = others[1:]
		}
		if len(others) == 0 || others[0] != t {
			rest = append(rest, t)
		}
	}
	return rest
}

// Remove forgets a host, and returns the breaches that end with it.
func (x *Index) Remove(id string) []Change {
	x.writer.Lock()
	defer x.writer.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	n, known := x.hosts.numbers[id]
	if !known {
		return nil
	}
	before := x.leave(n)
	x.hosts.remove(n)
	return x.changes(n, before, nil)
}

// finding is what one thing on one host came to.
type finding struct{ thing, outcome uint32 }

// leave takes a host out of every bitmap, and returns the breaches that it was in.
func (x *Index) leave(n uint32) []finding {
	if x.hosts.class[n] == gone {
		return nil
	}
	for _, s := range x.hosts.subjectsOf(n) {
		if bits := x.subjects[s]; bits != nil {
			bits.Remove(n)
		}
	}
	return x.withdraw(n, x.hosts.things(n))
}

// withdraw takes things from a host, and returns the breaches that end with it.
func (x *Index) withdraw(n uint32, things []uint32) (before []finding) {
	for _, t := range things {
		x.things[t].hosts.Remove(n)
		for i, b := range x.things[t].breaches {
			if !b.hosts.CheckedRemove(n) {
				continue
			}
			before = append(before, finding{t, b.outcome})
			if b.hosts.IsEmpty() {
				x.things[t].breaches = slices.Delete(x.things[t].breaches, i, i+1)
			}
			break
		}
	}
	return before
}

// enter gives things to a host, whose columns are set, and returns the breaches that it is in by them.
func (x *Index) enter(n uint32, things []uint32) (after []finding) {
	for _, t := range things {
		x.things[t].hosts.Add(n)
	}
	if x.basis == nil || len(things) == 0 {
		return nil
	}
	row := x.hosts.row(n)
	row.Things = things
	h := x.dictionary.Host(x.hosts.ids[n], &row)
	s, err := x.basis.compiled.Subject(&h)
	if err != nil {
		return nil // its organisation is not known: Coverage counts it
	}
	var d policy.Decision
	var key []byte
	for i, t := range things {
		var o uint32
		s.Decide(&h.Installed[i], &d)
		if o, key = x.outcomes.number(&d, x.basis.enforced[h.Organisation], key); o != 0 {
			x.things[t].breaches = addBreach(x.things[t].breaches, o, n)
			after = append(after, finding{t, o})
		}
	}
	return after
}

// changes compares the breaches of one host.
func (x *Index) changes(n uint32, before, after []finding) (changes []Change) {
	host := Set{[]uint32{n}, x.hosts.ids}
	missing := func(opened bool, from, in []finding) {
		for _, f := range from {
			other := uint32(0)
			if i := slices.IndexFunc(in, func(o finding) bool { return o.thing == f.thing }); i >= 0 {
				other = in[i].outcome
			}
			changes = x.change(changes, opened, f.thing, f.outcome, other, host)
		}
	}
	missing(false, before, after)
	missing(true, after, before)
	return changes
}

// change adds a change for each cause of one outcome of a thing that another does not have.
func (x *Index) change(changes []Change, opened bool, t, outcome, other uint32, hosts Set) []Change {
	others := x.outcomes.at(other).causes
	for _, c := range x.outcomes.at(outcome).causes {
		if !slices.Contains(others, c) {
			changes = append(changes, Change{opened, x.dictionary.At(t), c, hosts})
		}
	}
	return changes
}

// growThings makes room for all things of the dictionary.
func (x *Index) growThings() {
	for n := uint32(len(x.things)); int(n) < x.dictionary.Len(); n++ {
		t := x.dictionary.At(n)
		x.things = append(x.things, thing{hosts: roaring.New()})
		i := x.names.number(name{t.Name, t.Product})
		if int(i) == len(x.named) {
			x.named = append(x.named, nil)
		}
		x.named[i] = append(x.named[i], n)
	}
}

// hostsOf returns the hosts that any of the subjects is or belongs to; nil where there is none.
func (x *Index) hostsOf(subjects []subject) *roaring.Bitmap {
	var all []*roaring.Bitmap
	for _, s := range subjects {
		if bits := x.subjects[s]; bits != nil && !bits.IsEmpty() {
			all = append(all, bits)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return roaring.FastOr(all...)
}

// Load fills an empty index with many rows, each host once. It is much faster than putting them.
func (x *Index) Load(rows iter.Seq2[string, Row]) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.hosts.ids) > 0 || x.basis != nil {
		return errors.New("rows can be loaded only into an empty index")
	}
	for id, row := range rows {
		if _, double := x.hosts.numbers[id]; double {
			return fmt.Errorf("host %q is there twice", id)
		}
		if n := len(row.Things); n > 0 && int(row.Things[n-1]) >= x.dictionary.Len() {
			return fmt.Errorf("host %q: %w", id, errNotInDictionary)
		}
		x.hosts.set(x.hosts.add(id), x.hosts.attributes(&row), packed(row.Things))
	}
	x.fillThings()
	return nil
}

// fillThings makes the things' bitmaps from all rows, on all processors: each fills every so many-th.
func (x *Index) fillThings() {
	x.growThings()
	workers := uint32(runtime.GOMAXPROCS(0))
	var done sync.WaitGroup
	for w := range workers {
		done.Go(func() { x.fillShare(w, workers) })
	}
	done.Wait()
}

// fillShare fills the bitmaps of the things whose numbers leave a rest, a block of hosts after another:
// within one, the hosts of each thing are brought together first, so that its bitmap is touched once.
func (x *Index) fillShare(rest, of uint32) {
	const block = 1 << 16
	share := (uint32(len(x.things)) + of - 1 - rest) / of
	ends := make([]uint32, share+1)
	var hosts []uint32
	for first := 0; first < len(x.hosts.packed); first += block {
		rows := x.hosts.packed[first:min(first+block, len(x.hosts.packed))]
		clear(ends)
		for _, p := range rows {
			eachThing(p, func(t uint32) {
				if t%of == rest {
					ends[t/of+1]++
				}
			})
		}
		for i := range share {
			ends[i+1] += ends[i]
		}
		hosts = slices.Grow(hosts[:0], int(ends[share]))[:ends[share]]
		for i, p := range rows {
			eachThing(p, func(t uint32) {
				if t%of == rest {
					hosts[ends[t/of]] = uint32(first + i)
					ends[t/of]++
				}
			})
		}
		from := uint32(0)
		for i := range share {
			x.things[i*of+rest].hosts.AddMany(hosts[from:ends[i]])
			from = ends[i]
		}
	}
	for i := range share {
		t := &x.things[i*of+rest]
		t.hosts = t.hosts.Clone() // no larger than it need be
	}
}

// SetBasis has the index answer on b from now on, and returns what that changes. Only things that the
// difference to the basis before may touch are judged anew.
func (x *Index) SetBasis(b *Basis) []Change {
	x.writer.Lock()
	defer x.writer.Unlock()
	found := x.judgeDifference(x.basis, b)
	changes := x.compare(found, func(t uint32) []breach { return x.things[t].breaches })
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range found {
		x.things[r.thing].breaches = r.breaches
	}
	x.basis, x.mark = b, ""
	return changes
}

// Diff returns what would change from one basis to another, for the hosts as they are now.
func (x *Index) Diff(before, after *Basis) []Change {
	x.writer.Lock()
	defer x.writer.Unlock()
	is := x.judgeDifference(before, after)
	var names []uint32
	for _, r := range is {
		t := x.dictionary.At(r.thing)
		names = append(names, x.names.numbers[name{t.Name, t.Product}])
	}
	slices.Sort(names)
	was := map[uint32][]breach{}
	for _, r := range x.verdicts(before, slices.Compact(names)) {
		was[r.thing] = r.breaches
	}
	return x.compare(is, func(t uint32) []breach { return was[t] })
}

// Resume has an index that was just read answer on b without judging anything anew. It does so only
// where the snapshot was of this mark, and of a time at which b answers as it does now; else it returns
// false, and SetBasis is to be called. The caller answers for the mark: one basis, one mark.
func (x *Index) Resume(b *Basis, mark string) bool {
	x.writer.Lock()
	defer x.writer.Unlock()
	if x.basis != nil || x.mark == "" || x.mark != b.marked(mark) {
		return false
	}
	b.prepare(nil)
	x.find(b)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.basis, x.mark = b, ""
	return true
}

// judgeDifference judges on a basis what may differ from another.
func (x *Index) judgeDifference(before, after *Basis) []judged {
	d := differ(before, after)
	if before != nil {
		before.prepare(nil)
		x.find(before)
	}
	after.prepare(nil)
	x.find(after)
	var names []uint32
	if d.all {
		for n := range x.names.items {
			names = append(names, uint32(n))
		}
	} else {
		for n := range d.names {
			if i, ok := x.names.numbers[n]; ok {
				names = append(names, i)
			}
		}
	}
	return x.verdicts(after, names)
}

// find finds the hosts of the subjects that the exemptions of a basis name and the index does not
// know as yet.
func (x *Index) find(b *Basis) {
	var missing []subject
	want := func(s subject) {
		if _, ok := x.subjects[s]; !ok {
			x.subjects[s] = nil
			missing = append(missing, s)
		}
	}
	for _, s := range b.touched {
		want(s)
	}
	for _, list := range b.touches {
		for _, s := range list {
			want(s)
		}
	}
	for s, bits := range x.hosts.naming(missing) {
		x.subjects[s] = bits
	}
}

// compare lists what changes between the breaches that were and those found.
func (x *Index) compare(found []judged, was func(thing uint32) []breach) (changes []Change) {
	for _, r := range found {
		before := was(r.thing)
		for _, b := range before {
			rest := b.hosts
			for _, a := range r.breaches {
				if !rest.Intersects(a.hosts) {
					continue
				}
				if a.outcome != b.outcome {
					both := x.set(roaring.And(b.hosts, a.hosts))
					changes = x.change(changes, false, r.thing, b.outcome, a.outcome, both)
					changes = x.change(changes, true, r.thing, a.outcome, b.outcome, both)
				}
				rest = roaring.AndNot(rest, a.hosts)
			}
			if !rest.IsEmpty() {
				changes = x.change(changes, false, r.thing, b.outcome, 0, x.set(rest))
			}
		}
		for _, a := range r.breaches {
			rest := a.hosts
			for _, b := range before {
				rest = roaring.AndNot(rest, b.hosts)
			}
			if !rest.IsEmpty() {
				changes = x.change(changes, true, r.thing, a.outcome, 0, x.set(rest))
			}
		}
	}
	return changes
}

// set returns the hosts of a bitmap.
func (x *Index) set(bits *roaring.Bitmap) Set { return Set{bits.ToArray(), x.hosts.ids} }
