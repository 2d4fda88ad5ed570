package index

import "portcullis/policy"

// graph tells which products a rule may reach, whatever the time: every edge counts as if it held.
// So it names too many at times and never too few. What is really reached, the decision alone says.
type graph struct {
	world               *policy.World
	products, suppliers map[string]int32
	named               map[string][]int32 // by an identifier, on any platform: the products that have it
	owned               map[string][]string
	made                map[string][]int32 // by a supplier: the products of which it is supplier or maker
	holders             [][]int32          // by product: those that contain it
}

func newGraph(w *policy.World) *graph {
	g := &graph{world: w, products: make(map[string]int32, len(w.Products)),
		suppliers: make(map[string]int32, len(w.Suppliers)), named: make(map[string][]int32, 2*len(w.Products)),
		owned: map[string][]string{}, made: make(map[string][]int32, len(w.Suppliers)), holders: make([][]int32, len(w.Products))}
	for i := range w.Products {
		g.products[w.Products[i].ID] = int32(i)
	}
	for i := range w.Suppliers {
		g.suppliers[w.Suppliers[i].ID] = int32(i)
		for _, e := range w.Suppliers[i].OwnedBy {
			g.owned[e.Supplier] = append(g.owned[e.Supplier], w.Suppliers[i].ID)
		}
	}
	one := make([]int32, len(w.Products)) // most names have one product: they share this memory
	for i := range w.Products {
		one[i] = int32(i)
		g.addProduct(int32(i), one[i:i+1:i+1])
	}
	return g
}

func (g *graph) addProduct(i int32, itself []int32) {
	p := &g.world.Products[i]
	if p.Supplier != "" {
		g.made[p.Supplier] = append(g.made[p.Supplier], i)
	}
	for _, e := range p.MadeBy {
		g.made[e.Supplier] = append(g.made[e.Supplier], i)
	}
	for _, c := range p.Contains {
		if held, ok := g.products[c.Product]; ok {
			g.holders[held] = append(g.holders[held], i)
		}
	}
	for _, identifiers := range p.Identifiers {
		for _, id := range identifiers {
			switch known := g.named[id.ID]; {
			case known == nil:
				g.named[id.ID] = itself
			case known[len(known)-1] != i:
				g.named[id.ID] = append(known, i)
			}
		}
	}
}

// reach is a set of products, or all things, those that are no known product's too.
type reach struct {
	all      bool
	products map[int32]bool
}

// addRule adds what a rule may reach.
func (r *reach) addRule(g *graph, rule *policy.Rule) {
	switch {
	case r.all:
		return
	case rule.Target.Any:
		r.all = true
		return
	}
	seen := r.products
	if rule.Components {
		// A product that is reached already need not have had its holders followed.
		seen = map[int32]bool{}
	}
	if rule.Target.Supplier != "" {
		g.addSupplier(seen, rule.Target.Supplier, rule.Components)
	} else if i, ok := g.products[rule.Target.Product]; ok {
		g.addProductTo(seen, i, rule.Components)
	}
	if rule.Components {
		for i := range seen {
			r.products[i] = true
		}
	}
}

// addSupplier adds what a company and all that it owns supplies or makes.
func (g *graph) addSupplier(to map[int32]bool, supplier string, holders bool) {
	seen := map[string]bool{supplier: true}
	for todo := []string{supplier}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, i := range g.made[s] {
			g.addProductTo(to, i, holders)
		}
		for _, below := range g.owned[s] {
			if !seen[below] {
				seen[below] = true
				todo = append(todo, below)
			}
		}
	}
}

// addProductTo adds a product and, where asked to, all that hold it at any depth.
func (g *graph) addProductTo(to map[int32]bool, i int32, holders bool) {
	if to[i] {
		return
	}
	to[i] = true
	for todo := []int32{i}; holders && len(todo) > 0; {
		held := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, holder := range g.holders[held] {
			if !to[holder] {
				to[holder] = true
				todo = append(todo, holder)
			}
		}
	}
}

// of returns the products that a name may stand for.
func (g *graph) of(n name) []int32 {
	if !n.product {
		return g.named[n.text]
	}
	if i, ok := g.products[n.text]; ok {
		return []int32{i}
	}
	return nil
}

// names returns the names that may stand for a product.
func (g *graph) names(i int32) []name {
	p := &g.world.Products[i]
	names := []name{{p.ID, true}}
	for _, identifiers := range p.Identifiers {
		for _, id := range identifiers {
			names = append(names, name{id.ID, false})
		}
	}
	return names
}

// companies returns the suppliers of the ids, and all that own one of them.
func (g *graph) companies(ids map[string]bool) (suppliers []policy.Supplier) {
	todo := make([]string, 0, len(ids))
	for id := range ids {
		todo = append(todo, id)
	}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		i, ok := g.suppliers[id]
		if !ok {
			continue
		}
		suppliers = append(suppliers, g.world.Suppliers[i])
		for _, e := range g.world.Suppliers[i].OwnedBy {
			if !ids[e.Supplier] {
				ids[e.Supplier] = true
				todo = append(todo, e.Supplier)
			}
		}
	}
	return suppliers
}
