package policy

import (
	"maps"
	"reflect"
	"slices"
)

// change is an item of a section that was added, taken away or made another.
type change[T any] struct {
	was *T // nil where it was added
	is  *T // nil where it was taken away
}

// itemsOf tells of the items of a section what comparing two of them needs.
type itemsOf[T any] struct {
	id   func(*T) string
	same func(a, b *T) bool // in all that a decision, or whether the world is valid, rests on
}

var (
	allSuppliers  = itemsOf[Supplier]{func(s *Supplier) string { return s.ID }, sameSupplier}
	allProducts   = itemsOf[Product]{func(p *Product) string { return p.ID }, sameProduct}
	allRules      = itemsOf[Rule]{func(r *Rule) string { return r.ID }, sameRule}
	allExemptions = itemsOf[Exemption]{func(e *Exemption) string { return e.ID }, sameExemption}
)

// unchanged tells whether two sections are the same memory, which nobody changes.
func unchanged[T any](was, is []T) bool {
	return len(was) == len(is) && (len(is) == 0 || &was[0] == &is[0])
}

// changes returns in what a section differs from the one that it was, whose ids are each there once.
func (of itemsOf[T]) changes(was, is []T) (found []change[T]) {
	if unchanged(was, is) {
		return nil
	}
	for len(was) > 0 && len(is) > 0 && of.same(&was[0], &is[0]) {
		was, is = was[1:], is[1:]
	}
	for len(was) > 0 && len(is) > 0 && of.same(&was[len(was)-1], &is[len(is)-1]) {
		was, is = was[:len(was)-1], is[:len(is)-1]
	}
	before := make(map[string]*T, len(was))
	for i := range was {
		before[of.id(&was[i])] = &was[i]
	}
	for i := range is {
		id := of.id(&is[i])
		if b := before[id]; b == nil || !of.same(b, &is[i]) {
			found = append(found, change[T]{b, &is[i]})
		}
		delete(before, id)
	}
	for _, b := range before {
		found = append(found, change[T]{was: b})
	}
	return found
}

// declaredOnce tells whether each item that was added has an id, and one that no other item of its
// section has.
func (of itemsOf[T]) declaredOnce(section []T, found []change[T]) bool {
	added := of.added(found)
	if len(added) == 0 {
		return true
	}
	n := 0
	for i := range section {
		if added[of.id(&section[i])] {
			n++
		}
	}
	return n == len(added) && !added[""]
}

// added returns the ids of the items that were.
func (of itemsOf[T]) added(found []change[T]) map[string]bool {
	added := map[string]bool{}
	for _, c := range found {
		if c.was == nil {
			added[of.id(c.is)] = true
		}
	}
	return added
}

// number gives what was added the next numbers after those that are known.
func (of itemsOf[T]) number(known ids, found []change[T]) ids {
	added := of.added(found)
	if len(added) == 0 {
		return known
	}
	known = maps.Clone(known)
	for id := range added {
		known[id] = int32(len(known))
	}
	return known
}

// kept tells whether nothing was taken away.
func kept[T any](found []change[T]) bool {
	return !slices.ContainsFunc(found, func(c change[T]) bool { return c.is == nil })
}

// declare declares what the worlds differ in; false where the world may not be valid, or numbers
// would be left over.
func (c *compiler) declare() bool {
	w := c.world
	if !kept(c.newSuppliers) || !kept(c.newProducts) ||
		!allSuppliers.declaredOnce(w.Suppliers, c.newSuppliers) || !allProducts.declaredOnce(w.Products, c.newProducts) ||
		!allRules.declaredOnce(w.Rules, c.newRules) || !allExemptions.declaredOnce(w.Exemptions, c.newExemptions) {
		return false
	}
	c.suppliers = allSuppliers.number(c.suppliers, c.newSuppliers)
	c.products = allProducts.number(c.products, c.newProducts)
	if !unchanged(c.was.world.Rules, w.Rules) {
		c.ruleNumbers = make(ids, len(w.Rules))
		for i := range w.Rules {
			c.ruleNumbers[w.Rules[i].ID] = int32(i)
		}
	}
	return !c.placesChanged || c.declarePlaces()
}

// declarePlaces declares the organisations, where those that were keep their numbers, and the sites.
func (c *compiler) declarePlaces() bool {
	v := &validator{}
	v.declarePlaces(c.world)
	v.places(c.world)
	for id, i := range c.organisations {
		if n, ok := v.organisations[id]; !ok || n != i {
			return false
		}
	}
	for id := range c.sites {
		if _, ok := v.sites[id]; !ok {
			return false
		}
	}
	c.organisations, c.sites = v.organisations, v.sites
	return len(v.problems) == 0
}

// valid checks what changed, and what may rest on what was taken away. Whether an identifier is two
// products' shows only when they are entered.
func (c *compiler) valid() bool {
	v := &validator{declared: c.declared, rules: c.world.Rules, identifiers: map[platformID]string{}}
	for i, s := range c.newSuppliers {
		v.supplier(i, s.is)
	}
	for i, p := range c.newProducts {
		v.product(section("products", i), p.is)
	}
	for i, r := range c.newRules {
		if r.is != nil {
			v.rule(section("rules", i), r.is)
		}
	}
	for i, e := range c.newExemptions {
		if e.is != nil {
			v.exemption(section("exemptions", i), e.is)
		}
	}
	return len(v.problems) == 0 && !c.lost()
}

// lost tells whether an exemption names a rule that was taken away, or allows now.
func (c *compiler) lost() bool {
	gone := map[string]bool{}
	for _, r := range c.newRules {
		if r.was != nil && r.was.Effect != Allow && (r.is == nil || r.is.Effect == Allow) {
			gone[r.was.ID] = true
		}
	}
	if len(gone) == 0 {
		return false
	}
	for i := range c.world.Exemptions {
		if slices.ContainsFunc(c.world.Exemptions[i].Lifts, func(id string) bool { return gone[id] }) {
			return true
		}
	}
	return false
}

// What follows leaves out names, aliases, domains, reasons and purposes: nothing rests on them.
// Two times in different zones count as different, which costs a little work and no more.

func sameSupplier(a, b *Supplier) bool { return a.ID == b.ID && slices.Equal(a.OwnedBy, b.OwnedBy) }

func sameProduct(a, b *Product) bool {
	return a.ID == b.ID && a.Kind == b.Kind && a.Supplier == b.Supplier && slices.Equal(a.MadeBy, b.MadeBy) &&
		slices.Equal(a.Contains, b.Contains) && slices.Equal(a.BuiltinOn, b.BuiltinOn) && sameIdentifiers(a.Identifiers, b.Identifiers)
}

// sameIdentifiers looks into the maps only where they are two: most products are copied with theirs.
func sameIdentifiers(a, b map[Platform][]Identifier) bool {
	return reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer() ||
		maps.EqualFunc(a, b, func(a, b []Identifier) bool {
			return slices.EqualFunc(a, b, func(a, b Identifier) bool { return a.ID == b.ID && slices.Equal(a.Signers, b.Signers) })
		})
}

func sameRule(a, b *Rule) bool {
	return a.ID == b.ID && a.Effect == b.Effect && a.Target == b.Target && a.Scope == b.Scope && a.Period == b.Period &&
		slices.Equal(a.Platforms, b.Platforms) && slices.Equal(a.Kinds, b.Kinds) && slices.Equal(a.SiteClass, b.SiteClass) &&
		a.Versions == b.Versions && a.Components == b.Components && a.Clearance == b.Clearance &&
		slices.Equal(a.Mitigations, b.Mitigations) && a.Deadline == b.Deadline &&
		a.MinVersion == b.MinVersion && maps.Equal(a.MinVersionCode, b.MinVersionCode)
}

func sameExemption(a, b *Exemption) bool {
	return a.ID == b.ID && slices.Equal(a.Lifts, b.Lifts) && a.Product == b.Product && a.AnyProduct == b.AnyProduct &&
		a.Scope == b.Scope && a.Subject == b.Subject && a.Period == b.Period && slices.Equal(a.Mitigations, b.Mitigations) &&
		sameClearance(a.Clearance, b.Clearance) && a.AnyVersion == b.AnyVersion
}

func sameClearance(a, b *Clearance) bool {
	return a == b || a != nil && b != nil && a.Office == b.Office && a.At == b.At
}
