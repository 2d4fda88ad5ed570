package devices

import (
	"cmp"
	"slices"
	"time"

	"portcullis/policy"
)

// book finds the things of a world by their ids and by what people call them.
type book struct {
	world     *policy.World
	products  map[string]*policy.Product
	suppliers map[string]*policy.Supplier
}

func newBook(w *policy.World) *book {
	b := &book{w, make(map[string]*policy.Product, len(w.Products)), make(map[string]*policy.Supplier, len(w.Suppliers))}
	for i := range w.Products {
		b.products[w.Products[i].ID] = &w.Products[i]
	}
	for i := range w.Suppliers {
		b.suppliers[w.Suppliers[i].ID] = &w.Suppliers[i]
	}
	return b
}

// name is what people call a product.
func (b *book) name(p *policy.Product) string { return cmp.Or(p.Name, p.ID) }

// called is what people call the product of an id. What came with a decision of this moment may not be known yet.
func (b *book) called(id string) string {
	if p := b.products[id]; p != nil {
		return b.name(p)
	}
	return id
}

// Relation is how a company stands behind something.
type Relation string

// The relations.
const (
	SuppliedBy Relation = "supplied by"
	MadeBy     Relation = "made by"
	OwnedBy    Relation = "owned by"
)

// Maker is one step from something to a company behind it.
type Maker struct {
	Of       string // the product or, where the relation is OwnedBy, the company from which the step leads
	Relation Relation
	Supplier string
	policy.Period
	Holds bool // now
	Depth int  // how many steps stand before it
}

// makers are the companies behind a product, each before those that own it.
func (b *book) makers(p *policy.Product, now time.Time) (all []Maker) {
	if p.Supplier != "" {
		all = append(all, Maker{p.ID, SuppliedBy, p.Supplier, policy.Period{}, true, 0})
		all = b.owners(all, p.Supplier, 1, now, nil)
	}
	for _, e := range p.MadeBy {
		all = append(all, Maker{p.ID, MadeBy, e.Supplier, e.Period, e.Contains(now), 0})
		all = b.owners(all, e.Supplier, 1, now, nil)
	}
	return all
}

// owners adds who owns a company, and who owns these; seen are the companies on the way there.
func (b *book) owners(all []Maker, id string, depth int, now time.Time, seen []string) []Maker {
	s := b.suppliers[id]
	if s == nil || slices.Contains(seen, id) {
		return all
	}
	seen = append(slices.Clone(seen), id)
	for _, e := range s.OwnedBy {
		all = append(all, Maker{id, OwnedBy, e.Supplier, e.Period, e.Contains(now), depth})
		all = b.owners(all, e.Supplier, depth+1, now, seen)
	}
	return all
}

// owned adds the companies that a company owns, each before those that it owns itself.
func (b *book) owned(all []Maker, id string, depth int, now time.Time, seen []string) []Maker {
	if slices.Contains(seen, id) {
		return all
	}
	seen = append(slices.Clone(seen), id)
	for i := range b.world.Suppliers {
		s := &b.world.Suppliers[i]
		for _, e := range s.OwnedBy {
			if e.Supplier == id {
				all = append(all, Maker{s.ID, OwnedBy, id, e.Period, e.Contains(now), depth})
				all = b.owned(all, s.ID, depth+1, now, seen)
			}
		}
	}
	return all
}

// Part is a component of something.
type Part struct {
	In, Product string
	Versions    policy.Window // of what holds it
	Depth       int
}

// parts are the components of a product at any depth; what was named already is not opened again.
func (b *book) parts(p *policy.Product) (all []Part) {
	seen := map[string]bool{}
	var open func(p *policy.Product, depth int)
	open = func(p *policy.Product, depth int) {
		if p == nil || seen[p.ID] {
			return
		}
		seen[p.ID] = true
		for _, c := range p.Contains {
			all = append(all, Part{p.ID, c.Product, c.Versions, depth})
			open(b.products[c.Product], depth+1)
		}
	}
	open(p, 0)
	return all
}
