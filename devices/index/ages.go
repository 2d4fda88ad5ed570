package index

import (
	"runtime"
	"slices"
	"sync"
)

// Ages is on which day what is in breach came into it, as far as that is not long ago: what it does not
// know is older. Days are counted from the Unix epoch. It is safe for concurrent use.
type Ages struct {
	index *Index

	mu sync.RWMutex
	of [][]opened // by thing; those of which nothing is known may be left out at the end
}

// opened is hosts, ascending, on which a thing came into breach for a cause, and on which days.
type opened struct {
	cause Cause
	hosts []uint32
	days  []int32
}

// NewAges makes ages of an index that know nothing as yet.
func NewAges(x *Index) *Ages { return &Ages{index: x} }

// Note notes what opened and closed on a day.
func (a *Ages) Note(changes []Change, day int32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range changes {
		c := &changes[i]
		t := a.index.dictionary.Add(*c.Thing)
		if c.Opened {
			a.open(t, c.Cause, c.Hosts.numbers, day)
		} else {
			a.close(t, c.Cause, c.Hosts.numbers)
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
	a.open(o.Thing, o.Cause, []uint32{n}, day)
}

// Forget forgets what opened before a day: it is older.
func (a *Ages) Forget(day int32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for t, all := range a.of {
		for i := range all {
			all[i].keep(func(_ uint32, d int32) bool { return d >= day })
		}
		a.tidy(uint32(t), all)
	}
}

// at is what is known of a thing.
func (a *Ages) at(t uint32) []opened {
	if int(t) < len(a.of) {
		return a.of[t]
	}
	return nil
}

// tidy leaves out what is on no host any more.
func (a *Ages) tidy(t uint32, all []opened) {
	if all = slices.DeleteFunc(all, func(o opened) bool { return len(o.hosts) == 0 }); len(all) == 0 {
		all = nil
	}
	if int(t) < len(a.of) {
		a.of[t] = all
	}
}

func (a *Ages) close(t uint32, c Cause, hosts []uint32) {
	all := a.at(t)
	i := slices.IndexFunc(all, func(o opened) bool { return o.cause == c })
	if i < 0 {
		return
	}
	all[i].remove(hosts)
	a.tidy(t, all)
}

func (a *Ages) open(t uint32, c Cause, hosts []uint32, day int32) {
	if more := int(t) + 1 - len(a.of); more > 0 {
		a.of = append(a.of, make([][]opened, more)...)
	}
	all := a.of[t]
	i := slices.IndexFunc(all, func(o opened) bool { return o.cause == c })
	if i < 0 {
		i, all = len(all), append(all, opened{cause: c})
		a.of[t] = all
	}
	all[i].add(hosts, day)
}

// keep keeps the hosts for which f is true.
func (o *opened) keep(f func(n uint32, day int32) bool) {
	kept := 0
	for i, n := range o.hosts {
		if f(n, o.days[i]) {
			o.hosts[kept], o.days[kept] = n, o.days[i]
			kept++
		}
	}
	o.hosts, o.days = o.hosts[:kept], o.days[:kept]
}

// remove takes ascending hosts out.
func (o *opened) remove(hosts []uint32) {
	if len(hosts) == 1 {
		if i, found := slices.BinarySearch(o.hosts, hosts[0]); found {
			o.hosts, o.days = slices.Delete(o.hosts, i, i+1), slices.Delete(o.days, i, i+1)
		}
		return
	}
	o.keep(func(n uint32, _ int32) bool {
		for len(hosts) > 0 && hosts[0] < n {
			hosts = hosts[1:]
		}
		return len(hosts) == 0 || hosts[0] != n
	})
}

// add puts ascending hosts in, all on one day.
func (o *opened) add(hosts []uint32, day int32) {
	if len(hosts) == 1 {
		i, found := slices.BinarySearch(o.hosts, hosts[0])
		if !found {
			o.hosts, o.days = slices.Insert(o.hosts, i, hosts[0]), slices.Insert(o.days, i, day)
		}
		o.days[i] = day
		return
	}
	o.remove(hosts)
	was := *o
	o.hosts, o.days = make([]uint32, 0, len(was.hosts)+len(hosts)), make([]int32, 0, len(was.hosts)+len(hosts))
	for i, n := range was.hosts {
		for len(hosts) > 0 && hosts[0] < n {
			o.hosts, o.days, hosts = append(o.hosts, hosts[0]), append(o.days, day), hosts[1:]
		}
		o.hosts, o.days = append(o.hosts, n), append(o.days, was.days[i])
	}
	for _, n := range hosts {
		o.hosts, o.days = append(o.hosts, n), append(o.days, day)
	}
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
	queries, dated := make([]*query, runtime.GOMAXPROCS(0)), make([]*dating, runtime.GOMAXPROCS(0))
	parallel(len(queries), func(w int) {
		q := x.newQuery(&f)
		d := &dating{ages: a, query: q, within: within}
		from, to := share(len(x.things), w, len(queries))
		if within == (Span{}) {
			q.makeRoom(x.things[from:to])
		}
		for ; from < to; from++ {
			d.thing(uint32(from))
		}
		queries[w], dated[w] = q, d
	})
	counts := make([]int, len(spans))
	for i, s := range spans {
		for _, d := range dated {
			counts[i] += d.in(s)
		}
	}
	return x.answer(queries), counts, nil
}

// dating finds the days on which the breaches of things opened. It is for one goroutine.
type dating struct {
	ages   *Ages
	query  *query
	within Span
	// byDay counts installations by the day on which they opened, from first on; older are those that opened longer
	// ago than is known.
	byDay []int
	first int32
	older int

	known []opened // of the outcome at hand
	days  []int32  // of the hosts at hand
	taken []uint32
}

// in is how many opened in a span.
func (d *dating) in(s Span) (n int) {
	if s.has(0) {
		n = d.older
	}
	for i, opened := range d.byDay {
		if s.has(d.first + int32(i)) {
			n += opened
		}
	}
	return n
}

// mostDays bounds what is counted by day. Further back than this from the first day that is met, days are counted
// as older: nothing is known of them for so long.
const mostDays = 1 << 12

// count counts an installation that opened on a day; 0 is longer ago than is known.
func (d *dating) count(day int32) {
	if i := int(day - d.first); day > 0 && i >= 0 && i < len(d.byDay) {
		d.byDay[i]++
		return
	}
	d.widen(day)
}

func (d *dating) widen(day int32) {
	switch {
	case day <= 0:
		d.older++
		return
	case d.byDay == nil:
		d.first = max(1, day-mostDays/2)
		d.byDay = make([]int, mostDays)
	case day < d.first || int(day-d.first) >= len(d.byDay):
		d.older++
		return
	}
	d.byDay[day-d.first]++
}

// thing takes the breaches of a thing.
func (d *dating) thing(t uint32) {
	x, q, opened := d.ages.index, d.query, d.ages.at(t)
	breaches := x.things[t].breaches
	for i := range breaches {
		b := &breaches[i]
		if !q.passes[b.outcome] {
			continue
		}
		dates := d.dates(opened, x.outcomes.at(b.outcome))
		b.hosts.each(q.buffer[:], func(hosts []uint32) { d.take(t, b.outcome, q.keep(hosts), dates) })
	}
}

// dates are what is known of the causes of an outcome that pass; no entry where nothing is known of one of them,
// for then the outcome is older than all that is known. Each begins at its first host.
func (d *dating) dates(all []opened, o *outcome) []opened {
	if len(all) == 0 {
		return nil
	}
	known := d.known[:0]
	for _, c := range o.causes {
		if !d.query.filter.letsCause(c) {
			continue
		}
		i := slices.IndexFunc(all, func(o opened) bool { return o.cause == c })
		if i < 0 {
			return nil
		}
		known = append(known, all[i])
	}
	d.known = known
	return known
}

// take takes hosts, ascending, on which a thing came to an outcome, those that opened within the span. Dates goes on
// from call to call.
func (d *dating) take(t, outcome uint32, hosts []uint32, dates []opened) {
	all := d.within == (Span{})
	if len(dates) == 0 {
		d.older += len(hosts)
		if d.within.has(0) {
			d.query.take(t, outcome, hosts)
		}
		return
	}
	d.days = slices.Grow(d.days[:0], len(hosts))[:len(hosts)]
	for i := range dates {
		dates[i].date(hosts, d.days, i == 0)
	}
	for _, day := range d.days {
		d.count(day)
	}
	if all {
		d.query.take(t, outcome, hosts)
		return
	}
	d.taken = d.taken[:0]
	for i, n := range hosts {
		if d.within.has(d.days[i]) {
			d.taken = append(d.taken, n)
		}
	}
	if len(d.taken) > 0 {
		d.query.take(t, outcome, d.taken)
	}
}

// date writes the days of hosts, both ascending: 0 where it is not known. Unless it is the first of several causes,
// the earlier day counts. It leaves out what it has gone past.
func (o *opened) date(hosts []uint32, days []int32, first bool) {
	known, on := o.hosts, o.days
	at := 0
	for i, n := range hosts {
		for at < len(known) && known[at] < n {
			at++
		}
		day := int32(0)
		if at < len(known) && known[at] == n {
			day = on[at]
		}
		if first || day < days[i] {
			days[i] = day
		}
	}
	o.hosts, o.days = known[at:], on[at:]
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
