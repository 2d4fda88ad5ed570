package index

import (
	"cmp"
	"slices"

	"portcullis/policy"
)

// Unlisted is a product, or a name that leads to none, that is unlisted or unknown by the verdict: in
// breach or, while an organisation only watches, not.
type Unlisted struct {
	Product  string // empty where the name leads to no product on the platform
	Supplier string // the product's own; empty where it is not known
	// Name is what is installed, where it leads to no product; Given tells that it was given as a
	// product's id and not as an identifier.
	Name     string
	Given    bool
	Platform policy.Platform // on which it is installed; empty on equipment
	Hosts    int
}

// Unlisted returns what is unlisted or unknown on the hosts of some organisations, these themselves, or
// on all where none is named: by product or name, and platform. Most hosts first, then by product, name
// and platform.
func (x *Index) Unlisted(organisations []string) ([]Unlisted, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.basis == nil {
		return nil, errNoBasis
	}
	strayed := x.outcomesWhere(func(o *outcome) bool { return stray(o.verdict) })
	unlisted := x.together(byNames(x, func() func(n uint32) []strays {
		q := &unlistedQuery{sorter: x.newSorter(organisations), union: newUnion(x.hosts.len()), strays: strayed, found: map[listed]tally{}}
		return q.name
	}))
	slices.SortFunc(unlisted, func(a, b Unlisted) int {
		return cmp.Or(cmp.Compare(b.Hosts, a.Hosts), cmp.Compare(a.Product, b.Product), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Platform, b.Platform), compareBool(a.Given, b.Given))
	})
	return unlisted, nil
}

// listed is what would be put on a list: a product on a platform, none for a name that leads to no product.
type listed struct {
	product  string
	platform policy.Platform
}

// strays are the hosts on which one name is a product on a platform, and on no list: how many or, where
// the product may have other names there, which.
type strays struct {
	name uint32
	listed
	count int
	hosts []uint32
}

// unlistedQuery asks about one name after another. It is for one goroutine.
type unlistedQuery struct {
	*sorter
	union  *union
	strays []bool // by outcome
	found  map[listed]tally
}

func (q *unlistedQuery) name(n uint32) (all []strays) {
	clear(q.found)
	for _, t := range q.index.named[n] {
		q.thing(t)
	}
	for l, hosts := range q.found {
		s := strays{name: n, listed: l}
		switch {
		case !q.index.alone(l):
			s.hosts = q.union.of(hosts)
		case len(hosts) == 1:
			s.count = len(hosts[0])
		default:
			s.count = len(q.union.of(hosts))
		}
		all = append(all, s)
	}
	return all
}

// thing finds the hosts on which a thing is on no list.
func (q *unlistedQuery) thing(t uint32) {
	q.index.eachOutcome(t, q.strays, q.buffer[:], func(o *outcome, hosts []uint32) {
		q.part(q.index.dictionary.At(t), hosts)
		q.each(func(p policy.Platform, hosts []uint32) {
			l := listed{o.product, p}
			q.found[l] = append(q.found[l], slices.Clone(hosts))
		})
	})
}

// alone tells whether what is on no list can have one name only.
func (x *Index) alone(l listed) bool {
	if l.product == "" {
		return true
	}
	_, given := x.names.numbers[name{l.product, true}]
	return !given && len(x.product(l.product).Identifiers[l.platform]) == 1
}

func (x *Index) product(id string) *policy.Product {
	return &x.basis.world.Products[x.basis.graph.products[id]]
}

// together brings together what several names of a product came to.
func (x *Index) together(found []strays) (unlisted []Unlisted) {
	several := map[listed]tally{}
	for _, s := range found {
		switch {
		case s.product == "":
			n := x.names.items[s.name]
			unlisted = append(unlisted, Unlisted{Name: n.text, Given: n.product, Platform: s.platform, Hosts: s.count})
		case s.hosts == nil:
			unlisted = append(unlisted, x.unlisted(s.listed, s.count))
		default:
			several[s.listed] = append(several[s.listed], s.hosts)
		}
	}
	u := newUnion(x.hosts.len())
	for l, hosts := range several {
		unlisted = append(unlisted, x.unlisted(l, len(u.of(hosts))))
	}
	return unlisted
}

func (x *Index) unlisted(l listed, hosts int) Unlisted {
	return Unlisted{Product: l.product, Supplier: x.product(l.product).Supplier, Platform: l.platform, Hosts: hosts}
}
