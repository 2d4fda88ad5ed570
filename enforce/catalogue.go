package enforce

import (
	"cmp"
	"slices"
	"sync"

	"portcullis/policy"
)

// catalogue is what is known of products, by platform as it is asked for. It is safe for concurrent use.
type catalogue struct {
	products []policy.Product
	byID     func() map[string]*policy.Product
	domains  func() []*policy.Product
	on       [len(policy.PlatformWords)]func() []known
}

// known is an identifier that a product has; product is nil where it has it on another platform.
type known struct {
	id      string
	product *policy.Product
	signers []string
}

func newCatalogue(products []policy.Product) *catalogue {
	c := &catalogue{products: products}
	c.byID = sync.OnceValue(func() map[string]*policy.Product {
		byID := make(map[string]*policy.Product, len(products))
		for i := range products {
			byID[products[i].ID] = &products[i]
		}
		return byID
	})
	c.domains = sync.OnceValue(func() (with []*policy.Product) {
		for i := range products {
			if len(products[i].Domains) > 0 {
				with = append(with, &products[i])
			}
		}
		return with
	})
	for on := range c.on {
		c.on[on] = sync.OnceValue(func() []known { return c.lookUp(policy.Platform(on)) })
	}
	return c
}

// of tells whether the catalogue is of these products: of the same memory.
func (c *catalogue) of(products []policy.Product) bool {
	return len(products) == len(c.products) && (len(products) == 0 || &products[0] == &c.products[0])
}

func (c *catalogue) product(id string) *policy.Product { return c.byID()[id] }

// networked are the products that have domains.
func (c *catalogue) networked() []*policy.Product { return c.domains() }

// known are the identifiers of a platform, ascending.
func (c *catalogue) known(on policy.Platform) []known { return c.on[on]() }

// elsewhere are the identifiers that products have on other platforms alone, ascending; those of products that are
// asked for by their ids.
func (c *catalogue) elsewhere(on policy.Platform, wanted func(product string) bool) (all []known) {
	for i := range c.products {
		if !wanted(c.products[i].ID) {
			continue
		}
		for other, identifiers := range c.products[i].Identifiers {
			for _, identifier := range identifiers {
				if other != on && c.find(on, identifier.ID).product == nil {
					all = append(all, known{id: identifier.ID})
				}
			}
		}
	}
	return once(all)
}

func (c *catalogue) lookUp(on policy.Platform) (all []known) {
	for i := range c.products {
		product := &c.products[i]
		for _, identifier := range product.Identifiers[on] {
			all = append(all, known{identifier.ID, product, identifier.Signers})
		}
	}
	order(all)
	return all
}

// find returns what is known of an identifier on a platform.
func (c *catalogue) find(on policy.Platform, identifier string) known {
	all := c.known(on)
	i, ok := slices.BinarySearchFunc(all, identifier, func(k known, id string) int { return cmp.Compare(k.id, id) })
	if ok {
		return all[i]
	}
	return known{id: identifier}
}

func order(all []known) {
	slices.SortFunc(all, func(a, b known) int { return cmp.Compare(a.id, b.id) })
}

// once puts what is known in order, each identifier once.
func once(all []known) []known {
	order(all)
	return slices.CompactFunc(all, func(a, b known) bool { return a.id == b.id })
}
