package index

import (
	"maps"
	"slices"
	"time"

	"portcullis/policy"
)

// difference is the names of which things may be judged differently on two bases.
type difference struct {
	all   bool
	names map[name]bool
}

// differ compares two bases. What differs in the organisations or sites may change any verdict; all
// else, those of the products that it reaches in the one world or the other.
func differ(before, after *Basis) difference {
	d := difference{names: map[name]bool{}}
	if before == nil || !sameBodies(before, after) {
		d.all = true
		return d
	}
	c := comparison{before: before, after: after, was: reach{products: map[int32]bool{}}, is: reach{products: map[int32]bool{}}}
	products, suppliers := c.products(), c.suppliers()
	before.prepare(nil)
	if len(products)+len(suppliers) == 0 {
		after.prepare(before.graph)
	} else {
		after.prepare(nil)
	}
	for _, id := range products {
		c.each(func(r *reach, g *graph) {
			if i, ok := g.products[id]; ok {
				g.addProductTo(r.products, i, true)
			}
		})
	}
	for _, id := range suppliers {
		c.each(func(r *reach, g *graph) { g.addSupplier(r.products, id, true) })
	}
	c.exemptions(c.rules())
	d.all = c.was.all || c.is.all
	c.each(func(r *reach, g *graph) {
		for i := range r.products {
			for _, n := range g.names(i) {
				d.names[n] = true
			}
		}
	})
	return d
}

// comparison gathers what differs, by the products of each world.
type comparison struct {
	before, after *Basis
	was, is       reach
}

func (c *comparison) each(f func(*reach, *graph)) {
	f(&c.was, c.before.graph)
	f(&c.is, c.after.graph)
}

func sameBodies(before, after *Basis) bool {
	return maps.Equal(before.enforced, after.enforced) &&
		slices.EqualFunc(before.world.Organisations, after.world.Organisations, func(a, b policy.Organisation) bool {
			return a.ID == b.ID && a.Parent == b.Parent && a.OwnList == b.OwnList
		}) &&
		slices.Equal(before.world.Sites, after.world.Sites)
}

// products returns the ids of those that differ.
func (c *comparison) products() (ids []string) {
	pairs(c.before.world.Products, c.after.world.Products, func(p *policy.Product) string { return p.ID }, func(a, b *policy.Product) {
		if id, known := one(a, b); !known || !sameProduct(a, b, c.before.at, c.after.at) {
			ids = append(ids, id.ID)
		}
	})
	return ids
}

func (c *comparison) suppliers() (ids []string) {
	pairs(c.before.world.Suppliers, c.after.world.Suppliers, func(s *policy.Supplier) string { return s.ID }, func(a, b *policy.Supplier) {
		if id, known := one(a, b); !known || !sameEdges(a.OwnedBy, b.OwnedBy, c.before.at, c.after.at) {
			ids = append(ids, id.ID)
		}
	})
	return ids
}

// rules adds what the rules reach that differ, and returns those that demand something else of an
// exemption: such a rule matters to its exemptions even while it is not in force.
func (c *comparison) rules() (demands map[string]bool) {
	demands = map[string]bool{}
	pairs(c.before.world.Rules, c.after.world.Rules, func(r *policy.Rule) string { return r.ID }, func(a, b *policy.Rule) {
		id, known := one(a, b)
		same := known && (a == b || sameRule(a, b))
		if !same {
			demands[id.ID] = true
		}
		was, is := standing(a, c.before.at), standing(b, c.after.at)
		if same && was == is {
			return
		}
		if was.inForce {
			c.was.addRule(c.before.graph, a)
		}
		if is.inForce {
			c.is.addRule(c.after.graph, b)
		}
	})
	return demands
}

// state is what time alone makes of a rule or an exemption.
type state struct{ inForce, due bool }

func standing(r *policy.Rule, at time.Time) state {
	if r == nil || !r.Contains(at) {
		return state{}
	}
	return state{true, r.Effect == policy.PhaseOut && !at.Before(r.Deadline)}
}

// exemptions adds what the exemptions may be about that differ, or one of whose rules does.
func (c *comparison) exemptions(demands map[string]bool) {
	demanded := func(id string) bool { return demands[id] }
	pairs(c.before.world.Exemptions, c.after.world.Exemptions, func(e *policy.Exemption) string { return e.ID }, func(a, b *policy.Exemption) {
		_, known := one(a, b)
		was, is := validity(a, c.before.at), validity(b, c.after.at)
		if !was.inForce && !is.inForce {
			return
		}
		if known && was == is && (a == b || sameExemption(a, b)) && !(len(demands) > 0 && slices.ContainsFunc(a.Lifts, demanded)) {
			return
		}
		if was.inForce {
			c.was.addExemption(c.before.graph, a, rulesNamed(c.before.world, a))
		}
		if is.inForce {
			c.is.addExemption(c.after.graph, b, rulesNamed(c.after.world, b))
		}
	})
}

func validity(e *policy.Exemption, at time.Time) state {
	if e == nil || !e.Contains(at) {
		return state{}
	}
	return state{true, e.Clearance != nil && !e.Clearance.At.After(at)}
}

// rulesNamed finds the rules that an exemption for any product lifts; others do not need them.
func rulesNamed(w *policy.World, e *policy.Exemption) map[string]*policy.Rule {
	if e.Product != "" {
		return nil
	}
	rules := map[string]*policy.Rule{}
	for i := range w.Rules {
		if slices.Contains(e.Lifts, w.Rules[i].ID) {
			rules[w.Rules[i].ID] = &w.Rules[i]
		}
	}
	return rules
}

// pairs calls f with the items of one id in two lists, nil where a list has none.
func pairs[T any](as, bs []T, id func(*T) string, f func(a, b *T)) {
	same := 0
	for same < len(as) && same < len(bs) && id(&as[same]) == id(&bs[same]) {
		f(&as[same], &bs[same])
		same++
	}
	as, bs = as[same:], bs[same:]
	rest := make(map[string]*T, len(bs))
	for i := range bs {
		rest[id(&bs[i])] = &bs[i]
	}
	for i := range as {
		b := rest[id(&as[i])]
		delete(rest, id(&as[i]))
		f(&as[i], b)
	}
	for _, b := range rest {
		f(nil, b)
	}
}

// one returns one of the two, and whether both are there.
func one[T any](a, b *T) (*T, bool) {
	if a == nil {
		return b, false
	}
	return a, b != nil
}

// What follows compares all on which a decision may rest; names, reasons and aliases are left out.

func sameProduct(a, b *policy.Product, was, is time.Time) bool {
	return sameEdges(a.MadeBy, b.MadeBy, was, is) && (a == b || a.Kind == b.Kind && a.Supplier == b.Supplier &&
		maps.EqualFunc(a.Identifiers, b.Identifiers, func(x, y []policy.Identifier) bool { return slices.EqualFunc(x, y, sameIdentifier) }) &&
		slices.Equal(a.Contains, b.Contains) && slices.Equal(a.BuiltinOn, b.BuiltinOn))
}

func sameIdentifier(a, b policy.Identifier) bool {
	return a.ID == b.ID && slices.Equal(a.Signers, b.Signers)
}

// sameEdges tells whether the same edges hold at the one time and the other.
func sameEdges(as, bs []policy.Edge, was, is time.Time) bool {
	if len(as)+len(bs) == 0 {
		return true
	}
	return slices.Equal(holding(as, was), holding(bs, is))
}

func holding(edges []policy.Edge, at time.Time) (to []string) {
	for _, e := range edges {
		if e.Contains(at) {
			to = append(to, e.Supplier)
		}
	}
	return to
}

func sameRule(a, b *policy.Rule) bool {
	return a.Effect == b.Effect && a.Target == b.Target && a.Scope == b.Scope &&
		slices.Equal(a.Platforms, b.Platforms) && slices.Equal(a.Kinds, b.Kinds) && slices.Equal(a.SiteClass, b.SiteClass) &&
		a.Versions == b.Versions && a.Components == b.Components && a.Clearance == b.Clearance &&
		slices.Equal(a.Mitigations, b.Mitigations) && a.MinVersion == b.MinVersion && maps.Equal(a.MinVersionCode, b.MinVersionCode)
}

func sameExemption(a, b *policy.Exemption) bool {
	return slices.Equal(a.Lifts, b.Lifts) && a.Product == b.Product && a.AnyProduct == b.AnyProduct && a.Scope == b.Scope &&
		a.Subject == b.Subject && slices.Equal(a.Mitigations, b.Mitigations) && a.AnyVersion == b.AnyVersion &&
		(a.Clearance == nil) == (b.Clearance == nil) && (a.Clearance == nil || a.Clearance.Office == b.Clearance.Office)
}
