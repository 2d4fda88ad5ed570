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
	of map[uint32][]opened // by thing
}

// opened is hosts, ascending, on which a thing came into breach for a cause, and on which days.
type opened struct {
	cause Cause
	hosts []uint32
	days  []int32
}

// NewAges makes ages of an index that know nothing as yet.
func NewAges(x *Index) *Ages { return &Ages{index: x, of: map[uint32][]opened{}} }

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
		a.tidy(t, all)
	}
}

// tidy leaves out what is on no host any more.
func (a *Ages) tidy(t uint32, all []opened) {
	if all = slices.DeleteFunc(all, func(o opened) bool { return len(o.hosts) == 0 }); len(all) == 0 {
		delete(a.of, t)
		return
	}
	a.of[t] = all
}

func (a *Ages) close(t uint32, c Cause, hosts []uint32) {
	all := a.of[t]
	i := slices.IndexFunc(all, func(o opened) bool { return o.cause == c })
	if i < 0 {
		return
	}
	all[i].remove(hosts)
	a.tidy(t, all)
}

func (a *Ages) open(t uint32, c Cause, hosts []uint32, day int32) {
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

// Opened returns what is in breach, passes the filter and opened in the span, as Breaches does. What is in
// breach for several causes that pass has opened when the first of them did.
func (a *Ages) Opened(f Filter, s Span) (Breaches, error) {
	queries, err := a.each(f, s.Since == 0, func(q *query) func(t, outcome uint32, hosts []uint32, days []int32) {
		return func(t, outcome uint32, hosts []uint32, days []int32) {
			within := hosts[:0] // the memory is for this
			for i, n := range hosts {
				if s.has(days[i]) {
					within = append(within, n)
				}
			}
			if len(within) > 0 {
				q.take(t, outcome, within)
			}
		}
	})
	if err != nil {
		return Breaches{}, err
	}
	a.index.mu.RLock()
	defer a.index.mu.RUnlock()
	return a.index.answer(queries), nil
}

// Count counts the installations in breach that pass the filter, by the spans in which they opened.
func (a *Ages) Count(f Filter, spans ...Span) ([]int, error) {
	all := slices.ContainsFunc(spans, func(s Span) bool { return s.Since == 0 })
	of := map[*query][]int{}
	var mu sync.Mutex
	queries, err := a.each(f, all, func(q *query) func(t, outcome uint32, hosts []uint32, days []int32) {
		counts := make([]int, len(spans))
		mu.Lock()
		defer mu.Unlock()
		of[q] = counts
		return func(_, _ uint32, _ []uint32, days []int32) {
			for _, d := range days {
				for i, s := range spans {
					if s.has(d) {
						counts[i]++
					}
				}
			}
		}
	})
	counts := make([]int, len(spans))
	for _, q := range queries {
		for i, n := range of[q] {
			counts[i] += n
		}
	}
	return counts, err
}

// each asks begin for an f on each processor and calls it with what each thing came to that passes a
// filter, the hosts on which it did, and the days on which that opened: 0 where it is longer ago than is known. Unless all are asked
// for, things are left out on which nothing has opened lately.
func (a *Ages) each(f Filter, all bool, begin func(q *query) func(t, outcome uint32, hosts []uint32, days []int32)) ([]*query, error) {
	x := a.index
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.basis == nil {
		return nil, errNoBasis
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	queries := make([]*query, runtime.GOMAXPROCS(0))
	parallel(len(queries), func(w int) {
		d := dating{ages: a, query: x.newQuery(&f)}
		queries[w] = d.query
		each := begin(d.query)
		do := func(t uint32) {
			d.thing(t, func(outcome uint32, hosts []uint32, days []int32) { each(t, outcome, hosts, days) })
		}
		if all {
			for from, to := share(len(x.things), w, len(queries)); from < to; from++ {
				do(uint32(from))
			}
			return
		}
		for t := range a.of {
			if int(t)%len(queries) == w && int(t) < len(x.things) {
				do(t)
			}
		}
	})
	return queries, nil
}

// dating finds the days on which the breaches of things opened. It is for one goroutine.
type dating struct {
	ages  *Ages
	query *query
	hosts []uint32
	days  []int32
}

// thing calls f with the outcomes of a thing; hosts and days are in memory that is used again.
func (d *dating) thing(t uint32, f func(outcome uint32, hosts []uint32, days []int32)) {
	opened, q := d.ages.of[t], d.query
	d.ages.index.eachBreach(t, q.passes, func(outcome uint32, hosts []uint32) {
		d.hosts = append(d.hosts[:0], q.keep(hosts)...)
		if len(d.hosts) == 0 {
			return
		}
		d.days = slices.Grow(d.days[:0], len(d.hosts))[:len(d.hosts)]
		d.date(opened, d.ages.index.outcomes.at(outcome))
		f(outcome, d.hosts, d.days)
	})
}

// date finds the days on which the first cause of an outcome opened on the hosts at hand.
func (d *dating) date(all []opened, o *outcome) {
	first := true
	for _, c := range o.causes {
		if !d.query.filter.letsCause(c) {
			continue
		}
		var of opened
		if i := slices.IndexFunc(all, func(o opened) bool { return o.cause == c }); i >= 0 {
			of = all[i]
		}
		at := 0
		for i, n := range d.hosts {
			for at < len(of.hosts) && of.hosts[at] < n {
				at++
			}
			day := int32(0)
			if at < len(of.hosts) && of.hosts[at] == n {
				day = of.days[at]
			}
			if first || day < d.days[i] {
				d.days[i] = day
			}
		}
		first = false
	}
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
