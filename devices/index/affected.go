package index

import (
	"fmt"
	"slices"

	"portcullis/policy"
)

// Affected is whom a rule that is not yet made would cover, if it were in force.
type Affected struct {
	Direct    Set // hosts on which it covers something for what that is itself
	Component Set // hosts on which it covers something only for what that contains
	Either    int // hosts that are in one of these or in both
	// By the host's own organisation, in order of their ids.
	Organisations []OrganisationAffected
	// Exemptions are the ids of those in force that name a product which the rule may reach, where
	// their scope and the rule's meet; they do not lift the rule unless they come to name it. Ascending.
	Exemptions []string
}

// OrganisationAffected counts the hosts of one organisation; one may be in both.
type OrganisationAffected struct {
	Organisation      string
	Direct, Component int
	// Perhaps counts those of them on which it covers nothing of a known product, but only what has a name that leads
	// to one on another platform.
	Perhaps int
}

// The outcomes of asking whether a draft covers.
const (
	coversNot uint32 = iota
	coversDirectly
	coversComponent
	// The same of what is no known product, and has a name that leads to one on another platform.
	perhapsDirectly
	perhapsComponent
	coverings // how many there are
)

// Affected tries a draft on every thing that it may reach: for a ban or phase-out, whatever it covers;
// for an allow rule, what it admits where no other rule does. The draft's period and deadline do not
// matter, and its id may be empty. A draft that the decision does not take is an error.
func (x *Index) Affected(draft policy.Rule) (Affected, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.basis == nil {
		return Affected{}, errNoBasis
	}
	g := x.basis.graph
	to := reach{products: map[int32]bool{}}
	to.addRule(g, &draft)
	b, err := x.newDraftBasis(&draft, &to)
	if err != nil {
		return Affected{}, err
	}
	tried := x.try(b, x.reached(&to))
	perhaps := tried.perhaps()
	found := Affected{Exemptions: x.exemptions(&draft, &to)}
	var directly, inside []int
	found.Direct, directly = tried[coversDirectly].take()
	found.Component, inside = tried[coversComponent].take()
	found.Either = either(found.Direct.numbers, found.Component.numbers)
	for _, o := range x.hosts.inOrder {
		if directly[o]+inside[o] > 0 {
			found.Organisations = append(found.Organisations, OrganisationAffected{x.hosts.organisations.items[o], directly[o], inside[o], perhaps[o]})
		}
	}
	return found, nil
}

// either counts the hosts that are in one of two lists, both ascending, or in both.
func either(a, b []uint32) int {
	n := len(a) + len(b)
	for len(a) > 0 && len(b) > 0 {
		switch is, other := a[0], b[0]; {
		case is < other:
			a = a[1:]
		case is > other:
			b = b[1:]
		default:
			n--
			a, b = a[1:], b[1:]
		}
	}
	return n
}

// reached returns the names that stand for what a draft may reach.
func (x *Index) reached(to *reach) (names []uint32) {
	if to.all {
		for n := range x.names.items {
			names = append(names, uint32(n))
		}
		return names
	}
	for product := range to.products {
		for _, n := range x.basis.graph.names(product) {
			if i, ok := x.names.numbers[n]; ok {
				names = append(names, i)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// The ids of a draft while it is tried: as it is, and without what it seeks in components.
const (
	draftID  = "draft"
	directID = "direct"
)

// newDraftBasis makes a basis of the draft alone, with all else that bears on whether it covers: the
// decision itself is asked, for here nothing is said of what a rule covers.
func (x *Index) newDraftBasis(draft *policy.Rule, to *reach) (*Basis, error) {
	rule := *draft
	rule.ID, rule.Period = draftID, policy.Period{From: x.basis.at}
	if rule.Effect == policy.PhaseOut {
		rule.Deadline = x.basis.at
	}
	direct := rule
	direct.ID, direct.Components = directID, false
	w := x.basis.excerpt(draft, to)
	w.Rules = []policy.Rule{rule, direct}
	compiled, err := policy.Compile(w, x.basis.at)
	if err != nil {
		return nil, fmt.Errorf("trying the rule: %w", err)
	}
	b := &Basis{world: w, at: x.basis.at, compiled: compiled} // who is in monitor does not matter
	b.prepare(nil)
	return b, nil
}

// excerpt is the world with only those products and suppliers that bear on what is reached: the
// products themselves, those that share a name with one, and all that these refer to.
func (b *Basis) excerpt(draft *policy.Rule, to *reach) *policy.World {
	w := &policy.World{Organisations: b.world.Organisations}
	if len(draft.SiteClass) > 0 {
		w.Sites = b.world.Sites
	}
	if to.all {
		w.Products, w.Suppliers = b.world.Products, b.world.Suppliers
		return w
	}
	products, suppliers := map[int32]bool{}, map[string]bool{draft.Target.Supplier: true}
	var add func(i int32)
	add = func(i int32) {
		if products[i] {
			return
		}
		products[i] = true
		p := &b.world.Products[i]
		suppliers[p.Supplier] = true
		for _, e := range p.MadeBy {
			suppliers[e.Supplier] = true
		}
		for _, c := range p.Contains {
			add(b.graph.products[c.Product])
		}
	}
	for i := range to.products {
		for _, n := range b.graph.names(i) {
			for _, other := range b.graph.of(n) {
				add(other)
			}
		}
	}
	for i := range products {
		w.Products = append(w.Products, b.world.Products[i])
	}
	w.Suppliers = b.graph.companies(suppliers)
	return w
}

// exemptions returns the ids of those that name a product which a draft may reach.
func (x *Index) exemptions(draft *policy.Rule, to *reach) (ids []string) {
	w := x.basis.world
	var parents map[string]string
	below := func(o, scope string) bool {
		for ; o != ""; o = parents[o] {
			if o == scope {
				return true
			}
		}
		return false
	}
	add := func(named []int32) {
		if len(named) > 0 && parents == nil {
			parents = x.basis.parents()
		}
		for _, i := range named {
			if e := &w.Exemptions[i]; below(e.Scope, draft.Scope) || below(draft.Scope, e.Scope) {
				ids = append(ids, e.ID)
			}
		}
	}
	if to.all {
		for _, named := range x.basis.named {
			add(named)
		}
	}
	for product := range to.products {
		add(x.basis.named[product])
	}
	slices.Sort(ids)
	return ids
}
