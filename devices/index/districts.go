package index

import (
	"slices"
	"sync"
	"sync/atomic"
)

// district is how many hosts, one after another by their numbers, are counted together for the question about everything.
// A host is in one, so that what they count adds up; and what one reports makes its own district alone be counted
// again. Tests set it lower.
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

// districts are what the question about everything counts, district by district, as it was when it was last asked.
type districts struct {
	mu sync.Mutex // for who asks
	of []census
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

// whole answers the question about everything, and counts when it opened. The index and the ages are locked for reading.
func (a *Ages) whole(spans []Span) (Breaches, []int) {
	x := a.index
	rows := x.inBreach()
	a.districts.mu.Lock()
	defer a.districts.mu.Unlock()
	a.recount(rows)
	all := x.newQueries(&Filter{})[0]
	counts := make([]int, len(spans))
	for i := range a.districts.of {
		c := &a.districts.of[i]
		all.hosts = append(all.hosts, c.hosts...)
		addNumbered(all.causes, c.causes)
		addNumbered(all.products, c.products)
		addNumbered(all.strangers, c.strangers)
		addNumbered(all.organisations, c.organisations)
		for _, d := range c.days {
			for i, s := range spans {
				if s.has(d.day) {
					counts[i] += int(d.installations)
				}
			}
		}
	}
	return x.answer([]*query{all}), counts
}

// recount counts the districts that have changed, on all processors.
func (a *Ages) recount(rows shelves) {
	x := a.index
	n := (x.hosts.len() + int(district) - 1) / int(district)
	for len(a.districts.of) < n {
		a.districts.of = append(a.districts.of, census{})
	}
	var stale []int
	for p := range a.districts.of {
		c := &a.districts.of[p]
		if index, ages := x.breaching.stamps.last(p), a.stamps.last(p); !c.known || c.index != index || c.ages != ages {
			c.known, c.index, c.ages = true, index, ages
			stale = append(stale, p)
		}
	}
	if len(stale) == 0 {
		return
	}
	queries := x.newQueries(&Filter{})
	var next atomic.Int64
	parallel(min(len(queries), len(stale)), func(w int) {
		q := queries[w]
		q.dating = &dating{ages: a, days: []onDay{}}
		for i := int(next.Add(1)) - 1; i < len(stale); i = int(next.Add(1)) - 1 {
			from := stale[i] * int(district)
			for h := from; h < min(from+int(district), x.hosts.len()); h++ {
				if row := rows.row(uint32(h)); len(row) > 0 {
					q.host(uint32(h), row)
				}
			}
			q.drain(&a.districts.of[stale[i]])
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
