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

	"github.com/RoaringBitmap/roaring/v2"

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
	var done sync.WaitGroup
	for i := range queries {
		q := x.newQuery(&f)
		queries[i] = q
		done.Go(func() {
			for t := i * len(x.things) / len(queries); t < (i+1)*len(x.things)/len(queries); t++ {
				for _, b := range x.things[t].breaches {
					q.add(uint32(t), b)
				}
			}
		})
	}
	done.Wait()
	return x.answer(queries), nil
}

// query gathers breaches, by outcome first: there are far fewer outcomes than things.
type query struct {
	index     *Index
	filter    *Filter
	within    *roaring.Bitmap     // nil for all hosts
	passes    []bool              // by outcome
	products  []string            // by outcome
	outcomes  [][]uint32          // by outcome: a host for each installation
	strangers map[string][]uint32 // the same by identifier, for those of no product
	counts    *counts
	buffer    []uint32
}

func (x *Index) newQuery(f *Filter) *query {
	q := &query{index: x, filter: f, within: x.within(f.Organisations), strangers: map[string][]uint32{}, counts: x.newCounts()}
	for _, o := range x.outcomes.all() {
		q.passes, q.products = append(q.passes, f.lets(&o)), append(q.products, o.product)
	}
	q.outcomes = make([][]uint32, len(q.passes))
	return q
}

func (q *query) add(t uint32, b breach) {
	if !q.passes[b.outcome] {
		return
	}
	hosts := b.hosts
	if q.within != nil {
		hosts = roaring.And(hosts, q.within)
	}
	n := int(hosts.GetCardinality())
	q.buffer = slices.Grow(q.buffer[:0], n)[:n]
	hosts.ToExistingArray(&q.buffer)
	q.counts.count(q.buffer)
	q.outcomes[b.outcome] = append(q.outcomes[b.outcome], q.buffer...)
	if q.products[b.outcome] == "" {
		name := q.index.dictionary.At(t).Name
		q.strangers[name] = append(q.strangers[name], q.buffer...)
	}
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
		for name, hosts := range q.strangers {
			g.strangers[name] = append(g.strangers[name], hosts)
		}
	}
	return g
}

func (x *Index) answer(queries []*query) (found Breaches) {
	g := x.group(queries)
	u := newUnion(len(x.hosts.ids))
	set := func(t tally) Set { return Set{u.of(t), x.hosts.ids} }
	found.Hosts, found.Installations = set(g.all), g.all.installations()
	for _, c := range slices.SortedFunc(maps.Keys(g.causes), compareCauses) {
		found.Causes = append(found.Causes, CauseBreaches{c, set(g.causes[c]), g.causes[c].installations()})
	}
	for _, id := range slices.Sorted(maps.Keys(g.products)) {
		found.Products = append(found.Products, ProductBreaches{id, "", set(g.products[id]), g.products[id].installations()})
	}
	for _, id := range slices.Sorted(maps.Keys(g.strangers)) {
		found.Products = append(found.Products, ProductBreaches{"", id, set(g.strangers[id]), g.strangers[id].installations()})
	}
	hosts := x.newCounts()
	hosts.count(found.Hosts.numbers)
	for _, o := range x.organisationsInOrder() {
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

// of returns the hosts of a tally, ascending.
func (u *union) of(t tally) []uint32 {
	for _, hosts := range t {
		for _, h := range hosts {
			u.words[h/64] |= 1 << (h % 64)
			u.above[h/64/64] |= 1 << (h / 64 % 64)
		}
	}
	hosts := make([]uint32, 0, min(t.installations(), 64*len(u.words)))
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
	buffer              [1024]uint32
}

func (x *Index) newCounts() *counts {
	return &counts{class: x.hosts.class, organisation: x.hosts.organisation, of: make([]int, len(x.hosts.organisations.items))}
}

func (c *counts) add(hosts *roaring.Bitmap) {
	for it := hosts.ManyIterator(); ; {
		n := it.NextMany(c.buffer[:])
		if n == 0 {
			return
		}
		c.count(c.buffer[:n])
	}
}

func (c *counts) count(hosts []uint32) {
	for _, h := range hosts {
		c.of[c.organisation[c.class[h]]]++
	}
}

func (x *Index) organisationsInOrder() []uint32 {
	order := make([]uint32, 0, len(x.hosts.organisations.items))
	for _, id := range slices.Sorted(maps.Keys(x.hosts.organisations.numbers)) {
		order = append(order, x.hosts.organisations.numbers[id])
	}
	return order
}

// within is the hosts of some organisations; nil for those of all.
func (x *Index) within(organisations []string) *roaring.Bitmap {
	if len(organisations) == 0 {
		return nil
	}
	wanted := make([]bool, len(x.hosts.organisations.items))
	for _, id := range organisations {
		if n, ok := x.hosts.organisations.numbers[id]; ok {
			wanted[n] = true
		}
	}
	bits := roaring.New()
	for n, c := range x.hosts.class {
		if c != gone && wanted[x.hosts.organisation[c]] {
			bits.Add(uint32(n))
		}
	}
	return bits
}

// Coverage is how much of one organisation's own hosts is judged, and what came of it.
type Coverage struct {
	Organisation  string
	Hosts         int
	Empty         int // hosts of which nothing is known to be installed
	Unjudged      int // hosts that cannot be judged: the world does not know the organisation
	Installations int
	InBreach      int // hosts with a breach
	Breaches      int // installations in breach
}

// Coverage returns it for every organisation that has hosts, by id.
func (x *Index) Coverage() ([]Coverage, error) {
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
			if x.hosts.packed[n] == "" {
				o.Empty++
			}
		}
	}
	installed, breaches, inBreach := x.newCounts(), x.newCounts(), x.newCounts()
	var all tally
	for t := range x.things {
		installed.add(x.things[t].hosts)
		for _, b := range x.things[t].breaches {
			breaches.add(b.hosts)
			all = append(all, b.hosts.ToArray())
		}
	}
	inBreach.count(newUnion(len(x.hosts.ids)).of(all))
	var covered []Coverage
	for _, n := range x.organisationsInOrder() {
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

// Verdicts judges all that is on one host, and returns the host with it, in one order. A host that the
// index does not know, or whose organisation the world does not know, is an error.
func (x *Index) Verdicts(id string) (policy.Host, []policy.Decision, error) {
	x.mu.RLock()
	n, known := x.hosts.numbers[id]
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
