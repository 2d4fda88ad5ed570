package index

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"portcullis/policy"
)

// Filter narrows Breaches. What is empty is not a filter.
type Filter struct {
	Organisations []string // these themselves, not what is below them
	Result        policy.Result
	Rule          string
	Product       string // the id of the product found
}

func (f *Filter) lets(o *outcome) bool {
	return (f.Product == "" || f.Product == o.product) && slices.ContainsFunc(o.causes, f.letsCause)
}

func (f *Filter) letsCause(c Cause) bool {
	return (f.Result == 0 || f.Result == c.Result) && (f.Rule == "" || f.Rule == c.Rule)
}

// Breaches is everything in breach now. Hosts is who is; each is counted once in every group that it
// is in. Installations counts things on hosts.
type Breaches struct {
	Hosts         Set
	Installations int
	// By cause, by result and rule; an installation may have several.
	Causes []CauseBreaches
	// By what was installed: product ids, then the names that are no known product's.
	Products []ProductBreaches
	// By the host's own organisation.
	Organisations []OrganisationBreaches
}

// CauseBreaches is what is in breach for one cause.
type CauseBreaches struct {
	Cause
	Hosts         Set
	Installations int
}

// ProductBreaches is the breaches of one product or, where none was found, of one identifier.
type ProductBreaches struct {
	Product, Identifier string
	Hosts               Set
	Installations       int
}

// OrganisationBreaches is the breaches on the hosts of one organisation.
type OrganisationBreaches struct {
	Organisation         string
	Hosts, Installations int
}

// errNoBasis is a question that cannot be answered before SetBasis.
var errNoBasis = errors.New("the index has no basis as yet")

// Breaches returns all that is in breach and passes the filter.
func (x *Index) Breaches(f Filter) (Breaches, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.basis == nil {
		return Breaches{}, errNoBasis
	}
	queries := make([]*query, runtime.GOMAXPROCS(0))
	parallel(len(queries), func(w int) {
		q := x.newQuery(&f)
		from, to := share(len(x.things), w, len(queries))
		q.makeRoom(x.things[from:to])
		for ; from < to; from++ {
			q.thing(uint32(from))
		}
		queries[w] = q
	})
	return x.answer(queries), nil
}

// query gathers breaches, by outcome first: there are far fewer outcomes than things. It is for one
// goroutine.
type query struct {
	index     *Index
	filter    *Filter
	wanted    []bool // by class; nil for all
	passes    []bool // by outcome
	products  []string
	outcomes  [][]uint32          // by outcome: a host for each installation
	strangers map[uint32][]uint32 // the same by name, of what is no known product
	counts    *counts
	kept      []uint32
	buffer    [1024]uint32
}

func (x *Index) newQuery(f *Filter) *query {
	q := &query{index: x, filter: f, wanted: x.classesOf(f.Organisations), strangers: map[uint32][]uint32{}, counts: x.newCounts()}
	for _, o := range x.outcomes.all() {
		q.passes, q.products = append(q.passes, f.lets(&o)), append(q.products, o.product)
	}
	q.outcomes = make([][]uint32, len(q.passes))
	return q
}

// makeRoom makes room for the hosts of all outcomes of things at once: to grow each by itself takes longer
// than all else.
func (q *query) makeRoom(things []thing) {
	sizes, all := make([]int, len(q.outcomes)), 0
	for i := range things {
		breaches := things[i].breaches
		for j := range breaches {
			if b := &breaches[j]; q.passes[b.outcome] {
				n := b.hosts.len()
				sizes[b.outcome] += n
				all += n
			}
		}
	}
	room := make([]uint32, all)
	for o, n := range sizes {
		q.outcomes[o], room = room[:0:n], room[n:]
	}
}

func (q *query) thing(t uint32) {
	breaches := q.index.things[t].breaches
	for i := range breaches {
		if b := &breaches[i]; q.passes[b.outcome] {
			b.hosts.each(q.buffer[:], func(hosts []uint32) { q.take(t, b.outcome, q.keep(hosts)) })
		}
	}
}

// take adds hosts on which a thing came to an outcome.
func (q *query) take(t, outcome uint32, hosts []uint32) {
	q.counts.count(hosts)
	q.outcomes[outcome] = append(q.outcomes[outcome], hosts...)
	if q.products[outcome] == "" {
		name := q.index.things[t].name
		q.strangers[name] = append(q.strangers[name], hosts...)
	}
}

// keep leaves out hosts that are not wanted.
func (q *query) keep(hosts []uint32) []uint32 {
	if q.wanted == nil {
		return hosts
	}
	q.kept = q.kept[:0]
	for _, n := range hosts {
		if q.wanted[q.index.hosts.class[n]] {
			q.kept = append(q.kept, n)
		}
	}
	return q.kept
}

// groups are the tallies of an answer.
type groups struct {
	all                 tally
	causes              map[Cause]tally
	products, strangers map[string]tally
}

// group brings together what the queries gathered of shares of the things.
func (x *Index) group(queries []*query) *groups {
	g := &groups{causes: map[Cause]tally{}, products: map[string]tally{}, strangers: map[string]tally{}}
	for _, q := range queries {
		for i, hosts := range q.outcomes {
			if len(hosts) == 0 {
				continue
			}
			g.all = append(g.all, hosts)
			o := x.outcomes.at(uint32(i))
			if o.product != "" {
				g.products[o.product] = append(g.products[o.product], hosts)
			}
			for _, c := range o.causes {
				if q.filter.letsCause(c) {
					g.causes[c] = append(g.causes[c], hosts)
				}
			}
		}
		for n, hosts := range q.strangers {
			if len(hosts) > 0 {
				text := x.names.items[n].text
				g.strangers[text] = append(g.strangers[text], hosts)
			}
		}
	}
	return g
}

func (x *Index) answer(queries []*query) (found Breaches) {
	g := x.group(queries)
	var r reckoning
	r.add(g.all, &found.Hosts, &found.Installations)
	found.Causes = make([]CauseBreaches, len(g.causes))
	for i, c := range slices.SortedFunc(maps.Keys(g.causes), compareCauses) {
		f := &found.Causes[i]
		f.Cause = c
		r.add(g.causes[c], &f.Hosts, &f.Installations)
	}
	found.Products = make([]ProductBreaches, len(g.products)+len(g.strangers))
	for i, id := range slices.Sorted(maps.Keys(g.products)) {
		f := &found.Products[i]
		f.Product = id
		r.add(g.products[id], &f.Hosts, &f.Installations)
	}
	for i, id := range slices.Sorted(maps.Keys(g.strangers)) {
		f := &found.Products[len(g.products)+i]
		f.Identifier = id
		r.add(g.strangers[id], &f.Hosts, &f.Installations)
	}
	r.run(x)
	hosts := x.newCounts()
	hosts.count(found.Hosts.numbers)
	for _, o := range x.hosts.inOrder {
		if n := hosts.of[o]; n > 0 {
			installations := 0
			for _, q := range queries {
				installations += q.counts.of[o]
			}
			found.Organisations = append(found.Organisations, OrganisationBreaches{x.hosts.organisations.items[o], n, installations})
		}
	}
	return found
}

func compareCauses(a, b Cause) int {
	return cmp.Or(cmp.Compare(a.Result, b.Result), cmp.Compare(a.Rule, b.Rule))
}

// reckoning is tallies whose hosts are to be found.
type reckoning []struct {
	tally tally
	hosts *Set
}

func (r *reckoning) add(t tally, hosts *Set, installations *int) {
	*installations = t.installations()
	*r = append(*r, struct {
		tally tally
		hosts *Set
	}{t, hosts})
}

// run finds them on all processors.
func (r reckoning) run(x *Index) {
	var next atomic.Int64
	parallel(runtime.GOMAXPROCS(0), func(int) {
		u := x.borrow()
		defer x.unions.Put(u)
		for i := int(next.Add(1)) - 1; i < len(r); i = int(next.Add(1)) - 1 {
			*r[i].hosts = x.set(u.of(r[i].tally))
		}
	})
}

// tally is the hosts of one group, one for each installation, in lists that each ascend by themselves
// or not.
type tally [][]uint32

func (t tally) installations() (n int) {
	for _, hosts := range t {
		n += len(hosts)
	}
	return n
}

// union finds the hosts of a group, each once: with a bit for each host, and above them a bit for each
// word of those that is not empty, so that few hosts are found again without looking at all.
type union struct{ words, above []uint64 }

func newUnion(hosts int) *union {
	return &union{words: make([]uint64, hosts/64+1), above: make([]uint64, hosts/64/64+1)}
}

// borrow returns an empty union, to be put back as empty: a question then needs no new memory of this size.
func (x *Index) borrow() *union {
	if u, ok := x.unions.Get().(*union); ok && len(u.words) > x.hosts.len()/64 {
		return u
	}
	return newUnion(x.hosts.len())
}

// fewHosts is up to how many are sorted sooner than marked and looked for.
const fewHosts = 32

// of returns the hosts of a tally, ascending.
func (u *union) of(t tally) []uint32 {
	if t.installations() <= fewHosts {
		all := slices.Concat(t...)
		slices.Sort(all)
		return slices.Compact(all)
	}
	for _, hosts := range t {
		u.add(hosts)
	}
	return u.take()
}

func (u *union) add(hosts []uint32) {
	for _, h := range hosts {
		u.words[h/64] |= 1 << (h % 64)
		u.above[h/64/64] |= 1 << (h / 64 % 64)
	}
}

// merge takes the hosts of another.
func (u *union) merge(other *union) {
	for i, above := range other.above {
		u.above[i] |= above
		for ; above != 0; above &= above - 1 {
			w := i*64 + bits.TrailingZeros64(above)
			u.words[w] |= other.words[w]
			other.words[w] = 0
		}
		other.above[i] = 0
	}
}

// take returns the hosts that were added, ascending, and begins anew.
func (u *union) take() []uint32 {
	n := 0
	for i, above := range u.above {
		for ; above != 0; above &= above - 1 {
			n += bits.OnesCount64(u.words[i*64+bits.TrailingZeros64(above)])
		}
	}
	return u.moveTo(make([]uint32, 0, n))
}

// moveTo appends the hosts that were added, ascending, and begins anew.
func (u *union) moveTo(hosts []uint32) []uint32 {
	for i, above := range u.above {
		for ; above != 0; above &= above - 1 {
			w := i*64 + bits.TrailingZeros64(above)
			for word := u.words[w]; word != 0; word &= word - 1 {
				hosts = append(hosts, uint32(w*64+bits.TrailingZeros64(word)))
			}
			u.words[w] = 0
		}
		u.above[i] = 0
	}
	return hosts
}

// counts counts hosts by their organisations' numbers.
type counts struct {
	class, organisation []uint32
	of                  []int
}

func (x *Index) newCounts() *counts {
	return &counts{class: x.hosts.class, organisation: x.hosts.organisation, of: make([]int, len(x.hosts.organisations.items))}
}

func (c *counts) count(hosts []uint32) {
	for _, h := range hosts {
		c.of[c.organisation[c.class[h]]]++
	}
}

func (c *counts) merge(other *counts) {
	for i, n := range other.of {
		c.of[i] += n
	}
}

// Coverage is how much of one organisation's own hosts is judged, and what came of it.
type Coverage struct {
	Organisation  string
	Hosts         int
	Devices       int // hosts that are devices; the rest are equipment
	Equipment     int
	Silent        int // devices not heard from since the minute asked about, those of Never among them
	Never         int // devices never heard from; equipment does not report, and is neither
	Empty         int // hosts of which nothing is known to be installed
	Unjudged      int // hosts that cannot be judged: the world does not know the organisation
	Installations int
	InBreach      int // hosts with a breach
	Breaches      int // installations in breach
}

// Coverage returns it for every organisation that has hosts, by id. A device is silent that was last
// heard from before the minute silentBefore, in minutes since the Unix epoch, or never.
func (x *Index) Coverage(silentBefore uint32) ([]Coverage, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.basis == nil {
		return nil, errNoBasis
	}
	of := make([]Coverage, len(x.hosts.organisations.items))
	for n, c := range x.hosts.class {
		if c != gone {
			o := &of[x.hosts.organisation[c]]
			o.Hosts++
			o.hear(x.hosts.classes.items[c].kind, x.hosts.contact(uint32(n)).Heard, silentBefore)
			if len(x.hosts.packed.at(uint32(n))) == 0 {
				o.Empty++
			}
		}
	}
	installed, breaches, inBreach := x.census()
	var covered []Coverage
	for _, n := range x.hosts.inOrder {
		c := of[n]
		c.Organisation, c.Installations, c.Breaches, c.InBreach = x.hosts.organisations.items[n], installed.of[n], breaches.of[n], inBreach.of[n]
		if _, known := x.basis.enforced[c.Organisation]; !known {
			c.Unjudged = c.Hosts
		}
		if c.Hosts > 0 {
			covered = append(covered, c)
		}
	}
	return covered, nil
}

// census counts installations, those in breach, and hosts with one of these.
func (x *Index) census() (installed, breaches, inBreach *counts) {
	installed, breaches, inBreach = x.newCounts(), x.newCounts(), x.newCounts()
	all, outcomes := newUnion(x.hosts.len()), x.outcomes.all()
	var mu sync.Mutex
	workers := runtime.GOMAXPROCS(0)
	parallel(workers, func(w int) {
		i, b, u := x.newCounts(), x.newCounts(), newUnion(x.hosts.len())
		var buffer [1024]uint32
		for from, to := share(x.hosts.len(), w, workers); from < to; from++ {
			if c := x.hosts.class[from]; c != gone {
				i.of[i.organisation[c]] += countThings(x.hosts.packed.at(uint32(from)))
			}
		}
		for from, to := share(len(x.things), w, workers); from < to; from++ {
			breaches := x.things[from].breaches
			for n := range breaches {
				if breach := &breaches[n]; outcomes[breach.outcome].breach() { // not only watched
					breach.hosts.each(buffer[:], func(hosts []uint32) {
						b.count(hosts)
						u.add(hosts)
					})
				}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		installed.merge(i)
		breaches.merge(b)
		all.merge(u)
	})
	inBreach.count(all.take())
	return installed, breaches, inBreach
}

// Verdicts judges all that is on one host, and returns the host with it, in one order. A host that the
// index does not know, or whose organisation the world does not know, is an error.
func (x *Index) Verdicts(id string) (policy.Host, []policy.Decision, error) {
	x.mu.RLock()
	n, known := x.hosts.number(id)
	if !known || x.basis == nil {
		x.mu.RUnlock()
		if x.basis == nil {
			return policy.Host{}, nil, errNoBasis
		}
		return policy.Host{}, nil, fmt.Errorf("the index knows no host %q", id)
	}
	row, compiled := x.hosts.row(n), x.basis.compiled
	x.mu.RUnlock()
	h := x.dictionary.Host(id, &row)
	s, err := compiled.Subject(&h)
	if err != nil {
		return h, nil, err
	}
	return h, s.DecideAll(h.Installed, nil), nil
}
