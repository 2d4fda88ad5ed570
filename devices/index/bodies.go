package index

import (
	"slices"

	"portcullis/policy"
)

// OrganisationHosts counts hosts of one organisation.
type OrganisationHosts struct {
	Organisation string
	Hosts        int
}

// Bodies counts the hosts that have an identifier on a platform, by their own organisation, in order of
// the organisations' ids: of some organisations, these themselves, or of all where none is named.
func (x *Index) Bodies(identifier string, p policy.Platform, organisations []string) (bodies []OrganisationHosts) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := x.newCounter(x.newSorter(organisations))
	hosts := c.union.of(c.having(name{identifier, false}, func(on policy.Platform) bool { return on == p }))
	counts := x.newCounts()
	counts.count(hosts)
	for _, o := range x.hosts.inOrder {
		if counts.of[o] > 0 {
			bodies = append(bodies, OrganisationHosts{x.hosts.organisations.items[o], counts.of[o]})
		}
	}
	return bodies
}

// Spread is on how many hosts something is, and of how many organisations, each by itself.
type Spread struct {
	Count
	Bodies int
}

// Installed counts the hosts that have each of some products: of some organisations, these themselves, or of
// all where none is named. What the world does not have is on none.
func (x *Index) Installed(products, organisations []string) ([]Spread, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.basis == nil {
		return nil, errNoBasis
	}
	c, all := x.newCounter(x.newSorter(organisations)), make([]Spread, len(products))
	for i, id := range products {
		product, known := x.basis.graph.products[id]
		if !known {
			continue
		}
		var hosts tally
		for _, n := range x.basis.graph.names(product) {
			hosts = append(hosts, c.having(n, func(p policy.Platform) bool { return x.is(n, p, id) })...)
		}
		once, in := c.union.of(hosts), x.newCounts()
		in.count(once)
		all[i].Count = c.once(once)
		for _, hosts := range in.of {
			if hosts > 0 {
				all[i].Bodies++
			}
		}
	}
	return all, nil
}

// having are the wanted hosts that have a name on one of the platforms that are let through.
func (c *counter) having(n name, lets func(policy.Platform) bool) (hosts tally) {
	at, known := c.index.names.numbers[n]
	if !known {
		return nil
	}
	for _, t := range c.index.named[at] {
		c.thing(t, func(p policy.Platform, some []uint32) {
			if lets(p) {
				hosts = append(hosts, slices.Clone(some))
			}
		})
	}
	return hosts
}
