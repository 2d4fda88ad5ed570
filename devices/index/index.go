package index

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

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
	subjects   map[subject]*hostSet
	basis      *Basis
	mark       string // what the breaches of a snapshot rest on, until something changes

	unions    sync.Pool // to be borrowed
	extent    extent
	breaching breaching
}

// name is what a thing is called, whatever its platform and version.
type name struct {
	text    string
	product bool // a product's id
}

// thing is the hosts that have it, and those of them on which it is in breach.
type thing struct {
	hosts    hostSet
	name     uint32 // by names
	breaches []breach
}

// New makes an empty index over a dictionary, in which every thing of every row must be. It has no
// basis as yet: nothing is judged, and no breach found.
func New(d *Dictionary) *Index {
	return &Index{dictionary: d, outcomes: newOutcomes(), hosts: newHosts(), subjects: map[subject]*hostSet{}}
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
	n, fresh := x.hosts.add(id)
	is := x.hosts.attributes(&row)
	packed := packThings(nil, row.Things)
	if !fresh && x.hosts.at(n) == is {
		was := x.hosts.things(n)
		before := x.withdraw(n, without(was, row.Things))
		x.hosts.set(n, is, packed)
		return x.changes(n, before, x.enter(n, without(row.Things, was))), nil
	}
	before := x.leave(n)
	x.hosts.set(n, is, packed)
	x.breaching.stamps.touch(n)
	for _, s := range x.hosts.subjectsOf(n) {
		if set := x.subjects[s]; set != nil {
			set.add(n)
		}
	}
	return x.changes(n, before, x.enter(n, row.Things)), nil
}

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
	n, known := x.hosts.number(id)
	if !known {
		return nil
	}
	before := x.leave(n)
	x.hosts.remove(n)
	return x.changes(n, before, nil)
}

// finding is what one thing on one host came to.
type finding struct{ thing, outcome uint32 }

// leave takes a host out of every set, and returns the breaches that it was in.
func (x *Index) leave(n uint32) []finding {
	if x.hosts.class[n] == gone {
		return nil
	}
	for _, s := range x.hosts.subjectsOf(n) {
		if set := x.subjects[s]; set != nil {
			set.remove(n)
		}
	}
	return x.withdraw(n, x.hosts.things(n))
}

// withdraw takes things from a host, and returns the breaches that end with it.
func (x *Index) withdraw(n uint32, things []uint32) (before []finding) {
	for _, t := range things {
		thing := &x.things[t]
		thing.hosts.remove(n)
		for i := range thing.breaches {
			b := &thing.breaches[i]
			if !b.hosts.remove(n) {
				continue
			}
			before = append(before, finding{t, b.outcome})
			if b.hosts.isEmpty() {
				thing.breaches = slices.Delete(thing.breaches, i, i+1)
			}
			break
		}
	}
	return before
}

// enter gives things to a host, whose columns are set, and returns the breaches that it is in by them.
func (x *Index) enter(n uint32, things []uint32) (after []finding) {
	on := x.hosts.classes.items[x.hosts.class[n]].platform
	for _, t := range things {
		x.things[t].hosts.add(n)
		x.extent.note(t, on)
	}
	if x.basis == nil || len(things) == 0 {
		return nil
	}
	row := x.hosts.bare(n)
	row.Things = things
	h := x.dictionary.Host(x.hosts.ids.items[n], &row)
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

// changes compares the breaches of one host, and notes what turned.
func (x *Index) changes(n uint32, before, after []finding) (changes []Change) {
	x.turnOne(n, before, after)
	host := x.set([]uint32{n})
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

// naming returns the hosts that each of the subjects is or belongs to, where there are any.
func (x *Index) naming(subjects []subject) (named []*hostSet) {
	for _, s := range subjects {
		if set := x.subjects[s]; set != nil && !set.isEmpty() {
			named = append(named, set)
		}
	}
	return named
}

// growThings makes room for all things of the dictionary.
func (x *Index) growThings() {
	for n := uint32(len(x.things)); int(n) < x.dictionary.Len(); n++ {
		t := x.dictionary.At(n)
		i := x.names.number(name{t.Name, t.Product})
		x.things = append(x.things, thing{name: i})
		if int(i) == len(x.named) {
			x.named = append(x.named, nil)
			if _, twin := x.names.numbers[name{t.Name, !t.Product}]; twin {
				x.breaching.stamps.touchAll() // see stranger
			}
		}
		x.named[i] = append(x.named[i], n)
	}
}

// SetBasis has the index answer on b from now on, and returns what that changes. Only things that the
// difference to the basis before may touch are judged anew.
func (x *Index) SetBasis(b *Basis) []Change {
	x.writer.Lock()
	defer x.writer.Unlock()
	found := x.judgeDifference(x.basis, b)
	var turns []turned
	changes := x.compare(found, func(t uint32) []breach { return x.things[t].breaches }, func(t turned) { turns = append(turns, t) })
	x.mu.Lock()
	defer x.mu.Unlock()
	x.turnMany(turns)
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
		names = append(names, x.things[r.thing].name)
	}
	slices.Sort(names)
	was := map[uint32][]breach{}
	for _, r := range x.verdicts(before, slices.Compact(names)) {
		was[r.thing] = r.breaches
	}
	return x.compare(is, func(t uint32) []breach { return was[t] }, func(turned) {})
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

// compare lists what changes between the breaches that were and those found, and tells what turned.
func (x *Index) compare(found []judged, was func(thing uint32) []breach, tell func(turned)) (changes []Change) {
	var c comparer
	for _, r := range found {
		for _, turn := range c.turns(was(r.thing), r.breaches) {
			hosts := x.set(turn.hosts)
			tell(turned{r.thing, turn.is, turn.hosts})
			changes = x.change(changes, false, r.thing, turn.was, turn.is, hosts)
			changes = x.change(changes, true, r.thing, turn.is, turn.was, hosts)
		}
	}
	return changes
}

// comparer compares the breaches of one thing after another.
type comparer struct {
	was, is []placed
	buffer  [1024]uint32
}

// placed is a host in breach with an outcome.
type placed struct{ host, outcome uint32 }

// turn is hosts on which a thing turned from one outcome to another; outcome 0 is no breach.
type turn struct {
	was, is uint32
	hosts   []uint32
}

// turns walks through the hosts of both in step.
func (c *comparer) turns(before, after []breach) (turns []turn) {
	c.was, c.is = c.place(c.was[:0], before), c.place(c.is[:0], after)
	was, is := c.was, c.is
	for len(was)+len(is) > 0 {
		var from, to placed
		host := uint32(math.MaxUint32)
		if len(was) > 0 {
			host = was[0].host
		}
		if len(is) > 0 {
			host = min(host, is[0].host)
		}
		if len(was) > 0 && was[0].host == host {
			from, was = was[0], was[1:]
		}
		if len(is) > 0 && is[0].host == host {
			to, is = is[0], is[1:]
		}
		if from.outcome == to.outcome {
			continue
		}
		i := slices.IndexFunc(turns, func(t turn) bool { return t.was == from.outcome && t.is == to.outcome })
		if i < 0 {
			i, turns = len(turns), append(turns, turn{was: from.outcome, is: to.outcome})
		}
		turns[i].hosts = append(turns[i].hosts, host)
	}
	return turns
}

// place appends all hosts of breaches, ascending.
func (c *comparer) place(to []placed, breaches []breach) []placed {
	for i := range breaches {
		b := &breaches[i]
		b.hosts.each(c.buffer[:], func(hosts []uint32) {
			for _, n := range hosts {
				to = append(to, placed{n, b.outcome})
			}
		})
	}
	if len(breaches) > 1 {
		slices.SortFunc(to, func(a, b placed) int { return cmp.Compare(a.host, b.host) })
	}
	return to
}

// set returns ascending hosts, in memory that is theirs from now on.
func (x *Index) set(hosts []uint32) Set { return Set{hosts, x.hosts.ids.items} }
