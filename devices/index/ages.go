package index

import (
	"encoding/binary"
	"slices"
	"sync"
)

// Ages is on which day what is in breach came into it, as far as that is not long ago: what it does not
// know is older. Days are counted from the Unix epoch. It is safe for concurrent use.
type Ages struct {
	index *Index

	mu    sync.RWMutex
	rows  shelves // by host, as packDated has them
	dated []dated // to be used again
	bytes []byte  // as well

	stamps    stamps
	questions questions
}

// dated is that a thing came into breach for a cause on a day.
type dated struct {
	thing, cause uint32
	day          int32
}

// compare orders by thing and cause.
func (d dated) compare(o dated) int {
	if d.thing != o.thing {
		return int(d.thing) - int(o.thing)
	}
	return int(d.cause) - int(o.cause)
}

// NewAges makes ages of an index that know nothing as yet.
func NewAges(x *Index) *Ages { return &Ages{index: x} }

// Note notes what opened and closed on a day.
func (a *Ages) Note(changes []Change, day int32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range changes {
		c := &changes[i]
		is := dated{a.index.dictionary.Add(*c.Thing), a.index.outcomes.cause(c.Cause), day}
		for _, n := range c.Hosts.numbers {
			a.note(n, is, c.Opened)
		}
	}
}

// Recall notes that what is in breach on a host, where it is, came into it on a day.
func (a *Ages) Recall(host string, o Open, day int32) {
	a.index.mu.RLock()
	n, known := a.index.hosts.number(host)
	a.index.mu.RUnlock()
	if !known {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.note(n, dated{o.Thing, a.index.outcomes.cause(o.Cause), day}, true)
}

// note notes what opened on a host, or closed.
func (a *Ages) note(n uint32, is dated, opened bool) {
	row := a.rows.row(n)
	if !opened && len(row) == 0 {
		return
	}
	a.dated = appendDated(a.dated[:0], row)
	i, found := slices.BinarySearchFunc(a.dated, is, dated.compare)
	switch {
	case opened && found:
		a.dated[i] = is
	case opened:
		a.dated = slices.Insert(a.dated, i, is)
	case found:
		a.dated = slices.Delete(a.dated, i, i+1)
	}
	a.set(n)
}

// set makes what is in a.dated all that is known of a host.
func (a *Ages) set(n uint32) {
	a.bytes = packDated(a.bytes[:0], a.dated)
	a.rows.set(n, a.bytes)
	a.stamps.touch(n)
}

// Forget forgets what opened before a day: it is older.
func (a *Ages) Forget(day int32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for n := range uint32(len(a.rows) * shelf) {
		a.dated = appendDated(a.dated[:0], a.rows.at(n))
		was := len(a.dated)
		if a.dated = slices.DeleteFunc(a.dated, func(d dated) bool { return d.day < day }); len(a.dated) < was {
			a.set(n)
		}
	}
}

// packDated appends what came into breach on a host, in its order: of each what lies between its thing and the one
// before, its cause, and its day.
func packDated(b []byte, all []dated) []byte {
	last := uint32(0)
	for _, d := range all {
		b = binary.AppendUvarint(b, uint64(d.thing-last))
		b = binary.AppendUvarint(b, uint64(d.cause))
		b = binary.AppendUvarint(b, uint64(uint32(d.day)))
		last = d.thing
	}
	return b
}

// appendDated appends what packDated packed.
func appendDated(all []dated, packed []byte) []dated {
	for p, t := (packedNumbers{packed}), uint32(0); len(p.rest) > 0; {
		t += p.number()
		all = append(all, dated{t, p.number(), int32(p.number())})
	}
	return all
}

// Span is days in which breaches opened: from Since until before Before. 0 is no limit.
type Span struct{ Since, Before int32 }

func (s Span) has(day int32) bool { return day >= s.Since && (s.Before == 0 || day < s.Before) }

// Breaches returns what is in breach, passes the filter and opened in the span, which may be all time, as
// Index.Breaches does; and of all that passes the filter, how many installations opened in each of some spans, in the
// same pass. What is in breach for several causes that pass has opened when the first of them did.
func (a *Ages) Breaches(f Filter, within Span, spans ...Span) (Breaches, []int, error) {
	x := a.index
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.basis == nil {
		return Breaches{}, nil, errNoBasis
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	found, counts := a.answer(a.questions.of(f, within), spans)
	return found, counts, nil
}

// dating finds the days on which the breaches of one host after another opened. It is for one goroutine.
type dating struct {
	ages   *Ages
	within Span
	days   []onDay // how many that pass opened on each

	known []dated // of the host at hand, from the thing at hand on
	used  []dated // the memory
}

// host goes on to a host.
func (d *dating) host(n uint32) {
	d.used = appendDated(d.used[:0], d.ages.rows.row(n))
	d.known = d.used
}

// lets counts what passes the filter by when it opened, and tells whether that was within the span. Things ascend.
func (d *dating) lets(q *query, f finding) bool {
	day := d.day(q, f)
	d.on(day)
	return d.within.has(day)
}

// day is when the first of the causes opened that pass; 0 where one of them did so longer ago than is known.
func (d *dating) day(q *query, f finding) (day int32) {
	for len(d.known) > 0 && d.known[0].thing < f.thing {
		d.known = d.known[1:]
	}
	if len(d.known) == 0 {
		return 0
	}
	if c := q.briefs[f.outcome].cause; c != severalCauses {
		return d.since(f.thing, c)
	}
	first := true
	for _, c := range q.outcomes[f.outcome].ofCauses {
		if !q.lets[c] {
			continue
		}
		if is := d.since(f.thing, c); first || is < day {
			first, day = false, is
		}
	}
	return day
}

// since is the day on which the thing at hand came into breach for a cause; 0 for longer ago than is known.
func (d *dating) since(thing, cause uint32) int32 {
	for _, k := range d.known {
		if k.thing != thing {
			break
		}
		if k.cause == cause {
			return k.day
		}
	}
	return 0
}

// After returns the first ids behind one, in the order of their bytes: limit at most. The empty id is
// before all.
func (s Set) After(id string, limit int) []string {
	first := firstIDs{ids: s.ids, after: id, limit: limit}
	for _, n := range s.numbers {
		first.offer(n)
	}
	var found []string
	for _, n := range first.sorted() {
		found = append(found, s.ids[n])
	}
	return found
}

// At is the id of one of them, from 0 on.
func (s Set) At(i int) string { return s.ids[s.numbers[i]] }
