package index

import (
	"cmp"
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"strings"

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
	Hosts, Installations int
}

// ProductBreaches is the breaches of one product or, where none was found, of one identifier.
type ProductBreaches struct {
	Product, Identifier  string
	Hosts, Installations int
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
	queries := x.newQueries(&f)
	x.ask(queries)
	return x.answer(queries), nil
}

// query counts what is in breach, host by host. It is for one goroutine.
type query struct {
	index    *Index
	wanted   []bool // by class; nil for all
	passes   []bool // by outcome
	lets     []bool // by cause
	outcomes []outcome
	briefs   []brief
	dating   *dating // nil for all, whenever it opened

	hosts         []uint32
	causes        []headcount // by the causes' numbers
	products      []headcount // by the products' numbers
	strangers     []headcount // by name: what is no known product
	organisations []headcount // by organisation
}

// headcount counts hosts, which come one after another, and the installations on them.
type headcount struct {
	last                 uint32 // the host and 1
	hosts, installations uint32
}

func (t *headcount) count(n uint32) {
	t.installations++
	if t.last != n+1 {
		t.last = n + 1
		t.hosts++
	}
}

func (t *headcount) add(o *headcount) {
	t.hosts += o.hosts
	t.installations += o.installations
}

// newQueries makes a query for each processor.
func (x *Index) newQueries(f *Filter) []*query {
	alike := query{index: x, wanted: x.classesOf(f.Organisations), passes: x.outcomesWhere(f.lets), outcomes: x.outcomes.all(), briefs: x.outcomes.brief()}
	causes, products, _ := x.outcomes.groups()
	for _, c := range causes {
		alike.lets = append(alike.lets, f.letsCause(c))
	}
	queries := make([]*query, runtime.GOMAXPROCS(0))
	for i := range queries {
		q := alike
		q.causes, q.products = make([]headcount, len(causes)), make([]headcount, len(products))
		q.strangers, q.organisations = make([]headcount, len(x.names.items)), make([]headcount, len(x.hosts.organisations.items))
		queries[i] = &q
	}
	return queries
}

// ask has queries walk over all hosts, a share each.
func (x *Index) ask(queries []*query) {
	rows := x.inBreach()
	parallel(len(queries), func(w int) {
		for from, to := share(x.hosts.len(), w, len(queries)); from < to; from++ {
			if row := rows.row(uint32(from)); len(row) > 0 {
				queries[w].host(uint32(from), row)
			}
		}
	})
}

// host takes what is in breach on a host.
func (q *query) host(n uint32, row []byte) {
	h := &q.index.hosts
	class := h.class[n]
	if q.wanted != nil && !q.wanted[class] {
		return
	}
	own := &q.organisations[h.organisation[class]]
	if q.dating != nil {
		q.dating.host(n)
	}
	eachFinding(row, func(f finding) {
		if q.passes[f.outcome] && (q.dating == nil || q.dating.lets(q, f)) {
			own.count(n)
			q.take(n, f)
		}
	})
	if own.last == n+1 {
		q.hosts = append(q.hosts, n)
	}
}

// take counts an installation.
func (q *query) take(n uint32, f finding) {
	b := q.briefs[f.outcome]
	if b.cause != severalCauses {
		q.causes[b.cause].count(n) // it passes, for the outcome does
	} else {
		for _, c := range q.outcomes[f.outcome].ofCauses {
			if q.lets[c] {
				q.causes[c].count(n)
			}
		}
	}
	if b.product != noProduct {
		q.products[b.product].count(n)
		return
	}
	q.strangers[q.index.stranger(f.thing)].count(n)
}

// stranger is the number of what a thing is called. An identifier and a product's id that are written alike are one,
// where neither is known.
func (x *Index) stranger(t uint32) uint32 {
	n := x.things[t].name
	if is := &x.names.items[n]; is.product {
		if other, known := x.names.numbers[name{is.text, false}]; known {
			return other
		}
	}
	return n
}

// sum adds up what queries counted.
func sum(queries []*query, of func(q *query) []headcount) []headcount {
	all := of(queries[0])
	for _, q := range queries[1:] {
		for i, t := range of(q) {
			all[i].add(&t)
		}
	}
	return all
}

// answer brings together what the queries counted. They are used up.
func (x *Index) answer(queries []*query) (found Breaches) {
	var hosts [][]uint32
	for _, q := range queries {
		hosts = append(hosts, q.hosts)
	}
	found.Hosts = x.set(slices.Concat(hosts...))
	causes, products, inOrder := x.outcomes.groups()
	for n, t := range sum(queries, func(q *query) []headcount { return q.causes }) {
		if t.hosts > 0 {
			found.Causes = append(found.Causes, CauseBreaches{causes[n], int(t.hosts), int(t.installations)})
		}
	}
	slices.SortFunc(found.Causes, func(a, b CauseBreaches) int { return compareCauses(a.Cause, b.Cause) })
	ofProducts := sum(queries, func(q *query) []headcount { return q.products })
	for _, n := range inOrder {
		if int(n) < len(ofProducts) && ofProducts[n].hosts > 0 {
			found.Products = append(found.Products, ProductBreaches{products[n], "", int(ofProducts[n].hosts), int(ofProducts[n].installations)})
		}
	}
	known := len(found.Products)
	for n, t := range sum(queries, func(q *query) []headcount { return q.strangers }) {
		if t.hosts > 0 {
			found.Products = append(found.Products, ProductBreaches{"", x.names.items[n].text, int(t.hosts), int(t.installations)})
		}
	}
	slices.SortFunc(found.Products[known:], func(a, b ProductBreaches) int { return strings.Compare(a.Identifier, b.Identifier) })
	of := sum(queries, func(q *query) []headcount { return q.organisations })
	for _, o := range x.hosts.inOrder {
		if t := &of[o]; t.hosts > 0 {
			found.Organisations = append(found.Organisations, OrganisationBreaches{x.hosts.organisations.items[o], int(t.hosts), int(t.installations)})
			found.Installations += int(t.installations)
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

// Coverage is how much of one organisation's own hosts is judged, and what came of it.
type Coverage struct {
	Organisation string
	Hosts        int
	Devices      int // hosts that are devices; the rest are equipment
	Equipment    int
	Silent       int // devices not heard from since the minute asked about, those of Never among them
	Never        int // devices never heard from; equipment does not report, and is neither
	Empty        int // hosts of which nothing is known to be installed
	Unjudged     int // hosts that cannot be judged: the world does not know the organisation
	InBreach     int // hosts with a breach
	Breaches     int // installations in breach
}

// Coverage returns it for every organisation that has hosts, by id. A device is silent that was last
// heard from before the minute silentBefore, in minutes since the Unix epoch, or never.
func (x *Index) Coverage(silentBefore uint32) ([]Coverage, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.basis == nil {
		return nil, errNoBasis
	}
	rows, parts := x.inBreach(), make([][]Coverage, runtime.GOMAXPROCS(0))
	parallel(len(parts), func(w int) {
		of := make([]Coverage, len(x.hosts.organisations.items))
		for from, to := share(x.hosts.len(), w, len(parts)); from < to; from++ {
			if c := x.hosts.class[from]; c != gone {
				of[x.hosts.organisation[c]].host(&x.hosts, uint32(from), countFindings(rows.row(uint32(from))), silentBefore)
			}
		}
		parts[w] = of
	})
	var covered []Coverage
	for _, n := range x.hosts.inOrder {
		c := Coverage{Organisation: x.hosts.organisations.items[n]}
		for _, of := range parts {
			c.add(&of[n])
		}
		if _, known := x.basis.enforced[c.Organisation]; !known {
			c.Unjudged = c.Hosts
		}
		if c.Hosts > 0 {
			covered = append(covered, c)
		}
	}
	return covered, nil
}

// host counts a host with so many installations in breach.
func (c *Coverage) host(h *hosts, n uint32, breaches int, silentBefore uint32) {
	c.Hosts++
	c.hear(h.classes.items[h.class[n]].kind, h.contact(n).Heard, silentBefore)
	if len(h.packed.at(n)) == 0 {
		c.Empty++
	}
	if breaches > 0 {
		c.InBreach++
		c.Breaches += breaches
	}
}

func (c *Coverage) add(o *Coverage) {
	c.Hosts += o.Hosts
	c.Devices += o.Devices
	c.Equipment += o.Equipment
	c.Silent += o.Silent
	c.Never += o.Never
	c.Empty += o.Empty
	c.InBreach += o.InBreach
	c.Breaches += o.Breaches
}

// Host returns a host as it is judged, but for what is installed on it; false where it is not known.
func (x *Index) Host(id string) (h policy.Host, known bool) {
	x.mu.RLock()
	n, known := x.hosts.number(id)
	if !known {
		x.mu.RUnlock()
		return h, false
	}
	row := x.hosts.row(n)
	x.mu.RUnlock()
	row.Things = nil
	return x.dictionary.Host(id, &row), true
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
