package index

import (
	"slices"
	"sync"
	"sync/atomic"
)

// district is how many hosts, one after another by their numbers, are counted together for one question. A host is in one,
// so that what they count adds up; and what one reports makes its own district alone be counted again. Tests set it lower.
var district = uint32(1 << 13)

// stamps tell which districts have changed, by numbers that only rise.
type stamps struct {
	clock uint64
	of    []uint64 // by district
	whole uint64   // when all changed
}

// touch notes that a host changed.
func (s *stamps) touch(n uint32) {
	p := int(n / district)
	if p >= len(s.of) {
		s.of = append(s.of, make([]uint64, p+1-len(s.of))...)
	}
	s.clock++
	s.of[p] = s.clock
}

// touchAll notes that any host may have changed.
func (s *stamps) touchAll() {
	s.clock++
	s.whole = s.clock
}

// last is when a district last changed.
func (s *stamps) last(p int) uint64 {
	if p < len(s.of) {
		return max(s.of[p], s.whole)
	}
	return s.whole
}

// districts are what a question counts, district by district, as it was when it was last asked.
type districts struct {
	filter Filter
	within Span
	mu     sync.Mutex // for who asks
	of     []census
}

// How much is kept of narrowed questions, so that whoever turns a page, or comes back to it, does not wait for all hosts
// again: so many questions, each where it has so many numbers at most. Tests set them lower.
var (
	mostNarrowed = 4
	mostNumbers  = 1 << 20
)

// questions are those whose districts are kept: the one about everything, and the narrowed ones that were asked last.
type questions struct {
	mu       sync.Mutex
	whole    districts
	narrowed []*districts // what was asked last is the last
}

// of are the districts of a question.
func (q *questions) of(f Filter, within Span) *districts {
	if f.everything() && within == (Span{}) {
		return &q.whole
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.narrowed, func(d *districts) bool { return d.within == within && d.filter.same(&f) })
	if i < 0 {
		f.Organisations = slices.Clone(f.Organisations)
		i, q.narrowed = len(q.narrowed), append(q.narrowed, &districts{filter: f, within: within})
	}
	d := q.narrowed[i]
	q.narrowed = append(slices.Delete(q.narrowed, i, i+1), d)
	if len(q.narrowed) > mostNarrowed {
		q.narrowed = slices.Delete(q.narrowed, 0, 1)
	}
	return d
}

// census is what is in breach on the hosts of a district.
type census struct {
	known         bool
	index, ages   uint64 // the stamps of the index and of the ages that it was counted at
	hosts         []uint32
	causes        []numbered
	products      []numbered
	strangers     []numbered
	organisations []numbered
	days          []onDay
}

// numbered is a count of something that has a number.
type numbered struct{ number, hosts, installations uint32 }

// onDay is how many installations came into breach on a day.
type onDay struct{ day, installations int32 }

// everything tells whether a filter lets everything pass.
func (f *Filter) everything() bool {
	return f.Organisations == nil && f.Result == 0 && f.Rule == "" && f.Product == ""
}

// same tells whether another filter lets the same pass.
func (f *Filter) same(o *Filter) bool {
	return f.Result == o.Result && f.Rule == o.Rule && f.Product == o.Product && (f.Organisations == nil) == (o.Organisations == nil) && slices.Equal(f.Organisations, o.Organisations)
}

// answer answers the question of some districts, and counts when it opened what passes its filter. The index and the
// ages are locked for reading.
func (a *Ages) answer(d *districts, spans []Span) (Breaches, []int) {
	x := a.index
	rows := x.inBreach()
	d.mu.Lock()
	defer d.mu.Unlock()
	a.recount(d, rows)
	all := x.newQueries(&d.filter)[0]
	counts := make([]int, len(spans))
	numbers := 0
	for i := range d.of {
		c := &d.of[i]
		numbers += len(c.hosts) + len(c.causes) + len(c.products) + len(c.strangers) + len(c.organisations)
		all.hosts = append(all.hosts, c.hosts...)
		addNumbered(all.causes, c.causes)
		addNumbered(all.products, c.products)
		addNumbered(all.strangers, c.strangers)
		addNumbered(all.organisations, c.organisations)
		for _, on := range c.days {
			for i, s := range spans {
				if s.has(on.day) {
					counts[i] += int(on.installations)
				}
			}
		}
	}
	if d != &a.questions.whole && numbers > mostNumbers {
		d.of = nil
	}
	return x.answer([]*query{all}), counts
}

// recount counts the districts that have changed, on all processors.
func (a *Ages) recount(d *districts, rows shelves) {
	x := a.index
	n := (x.hosts.len() + int(district) - 1) / int(district)
	for len(d.of) < n {
		d.of = append(d.of, census{})
	}
	var stale []int
	for p := range d.of {
		c := &d.of[p]
		if index, ages := x.breaching.stamps.last(p), a.stamps.last(p); !c.known || c.index != index || c.ages != ages {
			c.known, c.index, c.ages = true, index, ages
			stale = append(stale, p)
		}
	}
	if len(stale) == 0 {
		return
	}
	queries := x.newQueries(&d.filter)
	var next atomic.Int64
	parallel(min(len(queries), len(stale)), func(w int) {
		q := queries[w]
		q.dating = &dating{ages: a, within: d.within}
		for i := int(next.Add(1)) - 1; i < len(stale); i = int(next.Add(1)) - 1 {
			from := stale[i] * int(district)
			for h := from; h < min(from+int(district), x.hosts.len()); h++ {
				if row := rows.row(uint32(h)); len(row) > 0 {
					q.host(uint32(h), row)
				}
			}
			q.drain(&d.of[stale[i]])
		}
	})
}

// drain moves what was counted, and begins anew.
func (q *query) drain(c *census) {
	c.hosts = append(c.hosts[:0], q.hosts...)
	c.days = append(c.days[:0], q.dating.days...)
	q.hosts, q.dating.days = q.hosts[:0], q.dating.days[:0]
	c.causes = drainCounts(c.causes, q.causes)
	c.products = drainCounts(c.products, q.products)
	c.strangers = drainCounts(c.strangers, q.strangers)
	c.organisations = drainCounts(c.organisations, q.organisations)
}

func drainCounts(to []numbered, from []headcount) []numbered {
	to = to[:0]
	for n := range from {
		if t := &from[n]; t.hosts > 0 {
			to = append(to, numbered{uint32(n), t.hosts, t.installations})
			*t = headcount{}
		}
	}
	return to
}

func addNumbered(to []headcount, from []numbered) {
	for _, n := range from {
		t := &to[n.number]
		t.hosts += n.hosts
		t.installations += n.installations
	}
}

// on counts a day, of which there are few.
func (d *dating) on(day int32) {
	i := slices.IndexFunc(d.days, func(o onDay) bool { return o.day == day })
	if i < 0 {
		i = len(d.days)
		d.days = append(d.days, onDay{day: day})
	}
	d.days[i].installations++
}
