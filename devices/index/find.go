package index

import (
	"slices"
	"strings"

	"portcullis/policy"
)

// Query is which hosts are sought, and which page of them. What is empty or false narrows nothing.
type Query struct {
	Organisations []string // these themselves, not what is below them
	Kind          policy.HostKind
	Platform      policy.Platform  // the host's own
	Ownership     policy.Ownership // of devices; corporate are also those of which it is not said
	Holders       []string         // who has it, spelt in one of these ways

	// Silent finds the devices that were last heard from before the minute SilentBefore, in minutes
	// since the Unix epoch, or never.
	Silent       bool
	SilentBefore uint32

	// What follows is sought in one installation: it is in breach, and for a cause with this result and
	// this rule; it is of this product, which the decision finds; it has this identifier, on whatever
	// platform. A result or rule of which nothing is in breach finds no host.
	InBreach   bool
	Result     policy.Result
	Rule       string
	Product    string
	Identifier string

	// The page: at most Limit hosts whose ids come after After. Limit 0 asks for the total alone.
	After string
	Limit int
}

// Found is one host of a page.
type Found struct {
	ID            string
	Organisation  string
	Kind          policy.HostKind
	Platform      policy.Platform
	Ownership     policy.Ownership
	Heard         uint32 // minutes since the Unix epoch; 0 for never
	Installations int
	Breaches      int // installations in breach
}

// Find returns a page of the hosts that are sought, in the order of the bytes of their ids, and how many
// are sought in all, on this page and on others. Asking about breaches or a product needs a basis.
func (x *Index) Find(q Query) (page []Found, total int, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	having, err := x.having(&q)
	if err != nil {
		return nil, 0, err
	}
	wanted, held := x.classesSought(&q), x.heldBy(q.Holders)
	first := firstIDs{ids: x.hosts.ids.items, after: q.After, limit: q.Limit}
	for n, c := range x.hosts.class {
		switch {
		case c == gone || !wanted[c]:
		case held != nil && !slices.Contains(held, x.hosts.holder[n]):
		case having != nil && !having.has(uint32(n)):
		case q.Silent && !silent(x.hosts.classes.items[c].kind, x.hosts.contact(uint32(n)).Heard, q.SilentBefore):
		default:
			total++
			first.offer(uint32(n))
		}
	}
	for _, n := range first.sorted() {
		page = append(page, x.found(n))
	}
	return page, total, nil
}

// heldBy are the numbers of persons, each by one of its spellings; nil where none is sought.
func (x *Index) heldBy(spelt []string) (held []uint32) {
	if len(spelt) == 0 {
		return nil
	}
	held = []uint32{}
	for _, text := range spelt {
		if n, known := x.hosts.persons.find(text); known && text != "" {
			held = append(held, n)
		}
	}
	return held
}

func (x *Index) found(n uint32) Found {
	c := &x.hosts.classes.items[x.hosts.class[n]]
	f := Found{ID: x.hosts.ids.items[n], Organisation: c.organisation, Kind: c.kind, Platform: c.platform, Ownership: c.ownership, Heard: x.hosts.contact(n).Heard}
	f.Installations, f.Breaches = countThings(x.hosts.packed.at(n)), countFindings(x.inBreach().row(n))
	return f
}

// classesSought tells of each class whether its hosts may be sought.
func (x *Index) classesSought(q *Query) []bool {
	of := x.classesOf(q.Organisations)
	sought := make([]bool, len(x.hosts.classes.items))
	for i := range sought {
		c := &x.hosts.classes.items[i]
		sought[i] = (of == nil || of[i]) && (q.Kind == 0 || q.Kind == c.kind) && (q.Platform == 0 || q.Platform == c.platform) &&
			(q.Ownership == 0 || c.kind != policy.EquipmentHost && q.Ownership == max(c.ownership, policy.Corporate))
	}
	return sought
}

// having returns the hosts with an installation as the query wants one; nil where it wants none.
func (x *Index) having(q *Query) (hostBits, error) {
	inBreach := q.InBreach || q.Result != 0 || q.Rule != ""
	switch {
	case !inBreach && q.Product == "" && q.Identifier == "":
		return nil, nil
	case x.basis == nil && (inBreach || q.Product != ""):
		return nil, errNoBasis
	}
	having := make(hostBits, len(x.hosts.ids.items)/64+1)
	if inBreach {
		x.addBreaching(having, q)
		return having, nil
	}
	s := x.newSorter(q.Organisations)
	x.eachThingSought(q, func(t uint32, n name) {
		s.thing(t, func(p policy.Platform, hosts []uint32) {
			if q.Product == "" || x.is(n, p, q.Product) {
				having.add(hosts)
			}
		})
	})
	return having, nil
}

// is tells whether a name stands for a product on a platform.
func (x *Index) is(n name, p policy.Platform, product string) bool {
	i, found := x.basis.graph.on(n, p)
	return found && x.basis.world.Products[i].ID == product
}

// addBreaching adds the hosts with an installation in breach as the query wants one.
func (x *Index) addBreaching(having hostBits, q *Query) {
	filter := Filter{Result: q.Result, Rule: q.Rule, Product: q.Product}
	lets, buffer := x.outcomesWhere(filter.lets), make([]uint32, 1024)
	if q.Identifier == "" && q.Product == "" {
		for n, rows := 0, x.inBreach(); n < x.hosts.len(); n++ {
			eachFinding(rows.row(uint32(n)), func(f finding) {
				if lets[f.outcome] {
					having.add([]uint32{uint32(n)})
				}
			})
		}
		return
	}
	x.eachThingSought(q, func(t uint32, _ name) {
		x.eachOutcome(t, lets, buffer, func(_ *outcome, hosts []uint32) { having.add(hosts) })
	})
}

// eachThingSought calls f with the things that may be of the query's product and identifier, and their
// names.
func (x *Index) eachThingSought(q *Query, f func(t uint32, n name)) {
	var names []name
	switch {
	case q.Identifier != "":
		names = []name{{q.Identifier, false}}
	case q.Product != "":
		if i, ok := x.basis.graph.products[q.Product]; ok {
			names = x.basis.graph.names(i)
		}
	}
	for _, n := range names {
		if i, ok := x.names.numbers[n]; ok {
			for _, t := range x.named[i] {
				f(t, n)
			}
		}
	}
}

// firstIDs picks the first ids behind one, out of many in any order: a heap of as many as are wanted, the
// last of them on top.
type firstIDs struct {
	ids   []string
	after string
	limit int
	heap  []uint32
}

func (f *firstIDs) offer(n uint32) {
	id := f.ids[n]
	switch {
	case id <= f.after && f.after != "":
	case len(f.heap) < f.limit:
		f.heap = append(f.heap, n)
		f.up(len(f.heap) - 1)
	case f.limit > 0 && id < f.ids[f.heap[0]]:
		f.heap[0] = n
		f.down()
	}
}

func (f *firstIDs) later(i, j int) bool { return f.ids[f.heap[i]] > f.ids[f.heap[j]] }

func (f *firstIDs) up(i int) {
	for ; i > 0 && f.later(i, (i-1)/2); i = (i - 1) / 2 {
		f.heap[i], f.heap[(i-1)/2] = f.heap[(i-1)/2], f.heap[i]
	}
}

func (f *firstIDs) down() {
	for i := 0; 2*i+1 < len(f.heap); {
		child := 2*i + 1
		if child+1 < len(f.heap) && f.later(child+1, child) {
			child++
		}
		if !f.later(child, i) {
			return
		}
		f.heap[i], f.heap[child] = f.heap[child], f.heap[i]
		i = child
	}
}

func (f *firstIDs) sorted() []uint32 {
	slices.SortFunc(f.heap, func(a, b uint32) int { return strings.Compare(f.ids[a], f.ids[b]) })
	return f.heap
}
