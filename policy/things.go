package policy

import (
	"maps"
	"slices"
)

// things are the suppliers and products, by their numbers.
type things struct {
	identified [len(PlatformWords)]map[string]identified
	signers    [][]string
	product    []product
	productIDs []string
	inside     []inside // by product
	supplier   []supplier
}

// identified is what an identifier leads to: a product, and the signers in things.signers or none.
type identified struct{ product, signers int32 }

// product is what every decision asks of a product: small, so that those of a large world stay in
// the processor's cache.
type product struct {
	kind      Kind
	builtin   uint16 // a bit for each platform
	supplier  int32
	restricts extent // of ruling.restricts: the bans and phase-outs that match it, ascending
	allows    extent // of ruling.allows: those with this target
}

// inside is what leads on from a product to companies and components.
type inside struct {
	makers   []int32 // made_by in force
	contains []component
}

type component struct {
	product  int32
	versions Window
}

type supplier struct {
	id     string
	owners []int32 // owned_by in force
}

// compileThings compiles the suppliers and products that changed or, where time has passed one of
// their dates, all of them.
func (c *compiler) compileThings() {
	if len(c.newSuppliers)+len(c.newProducts) == 0 && !c.passed[thingsSpan] {
		return
	}
	c.supplier = grown(c.supplier, len(c.suppliers))
	c.product = grown(c.product, len(c.products))
	c.productIDs = grown(c.productIDs, len(c.products))
	c.inside = grown(c.inside, len(c.products))
	c.routesChanged = len(c.supplier) > len(c.was.supplier) || len(c.product) > len(c.was.product)
	if c.passed[thingsSpan] {
		for i := range c.world.Suppliers {
			c.compileSupplier(&c.world.Suppliers[i])
		}
		for i := range c.world.Products {
			c.compileProduct(&c.world.Products[i])
		}
		return
	}
	for _, s := range c.newSuppliers {
		c.compileSupplier(s.is)
	}
	for _, p := range c.newProducts {
		c.compileProduct(p.is)
	}
}

// grown returns a copy of a list that has n items.
func grown[T any](list []T, n int) []T {
	larger := make([]T, n)
	copy(larger, list)
	return larger
}

func (c *compiler) compileSupplier(s *Supplier) {
	i := c.suppliers[s.ID]
	compiled := supplier{s.ID, c.inForce(s.OwnedBy)}
	c.routesChanged = c.routesChanged || !slices.Equal(compiled.owners, c.supplier[i].owners)
	c.supplier[i] = compiled
}

func (c *compiler) compileProduct(p *Product) {
	i := c.products[p.ID]
	was := c.product[i]
	compiled := product{kind: p.Kind, supplier: none, restricts: was.restricts, allows: was.allows}
	if p.Supplier != "" {
		compiled.supplier = c.suppliers[p.Supplier]
	}
	for _, platform := range p.BuiltinOn {
		compiled.builtin |= bit(uint8(platform))
	}
	within := inside{makers: c.inForce(p.MadeBy)}
	for _, held := range p.Contains {
		within.contains = append(within.contains, component{c.products[held.Product], held.Versions})
	}
	c.routesChanged = c.routesChanged || compiled.supplier != was.supplier ||
		!slices.Equal(within.makers, c.inside[i].makers) || !slices.Equal(within.contains, c.inside[i].contains)
	c.product[i], c.productIDs[i], c.inside[i] = compiled, p.ID, within
}

func (c *compiler) inForce(edges []Edge) (to []int32) {
	for _, e := range edges {
		if e.Contains(c.at) {
			to = append(to, c.suppliers[e.Supplier])
		}
	}
	return to
}

// identify enters the identifiers of the products that changed; false where one would be two
// products' on a platform.
func (c *compiler) identify() bool {
	var own [len(PlatformWords)]bool
	on := func(platform Platform) map[string]identified {
		if !own[platform] {
			own[platform] = true
			if c.identified[platform] = maps.Clone(c.identified[platform]); c.identified[platform] == nil {
				c.identified[platform] = make(map[string]identified)
			}
		}
		return c.identified[platform]
	}
	changed := slices.DeleteFunc(slices.Clone(c.newProducts), func(p change[Product]) bool {
		return p.was != nil && sameIdentifiers(p.was.Identifiers, p.is.Identifiers)
	})
	for _, p := range changed {
		if p.was == nil {
			continue
		}
		for platform, identifiers := range p.was.Identifiers {
			for _, id := range identifiers {
				delete(on(platform), id.ID)
			}
		}
	}
	c.signers = slices.Clip(c.signers)
	for _, p := range changed {
		for platform, identifiers := range p.is.Identifiers {
			for _, id := range identifiers {
				if _, taken := on(platform)[id.ID]; taken {
					return false
				}
				found := identified{c.products[p.is.ID], none}
				if len(id.Signers) > 0 {
					found.signers = int32(len(c.signers))
					c.signers = append(c.signers, id.Signers)
				}
				on(platform)[id.ID] = found
			}
		}
	}
	return true
}

// routes are the edges in force turned round, so that a rule finds what it reaches.
type routes struct {
	owned   grouped[int32] // by supplier: those it owns
	made    grouped[int32] // by supplier: the products of which it is supplier or maker
	holders grouped[int32] // by product: those that contain it
}

func (c *compiler) compileRoutes() {
	var owned, made, holders []entry[int32]
	for i := range c.supplier {
		for _, owner := range c.supplier[i].owners {
			owned = append(owned, entry[int32]{owner, int32(i)})
		}
	}
	for i := range c.product {
		for _, maker := range c.inside[i].makers {
			made = append(made, entry[int32]{maker, int32(i)})
		}
		if supplier := c.product[i].supplier; supplier != none {
			made = append(made, entry[int32]{supplier, int32(i)})
		}
		for _, held := range c.inside[i].contains {
			holders = append(holders, entry[int32]{held.product, int32(i)})
		}
	}
	c.routes = routes{group(len(c.supplier), owned), group(len(c.supplier), made), group(len(c.product), holders)}
}

// reach is a set of what can be reached.
type reach map[int32]bool

// add puts in what can be reached from the given along edges, the given included.
func (r reach) add(from []int32, edges *grouped[int32]) {
	for len(from) > 0 {
		i := from[len(from)-1]
		from = from[:len(from)-1]
		if r[i] {
			continue
		}
		r[i] = true
		from = append(from, edges.of(i)...)
	}
}
