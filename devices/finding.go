package devices

import (
	"sync"

	"portcullis/platform"
	"portcullis/policy"
)

// finding finds what a world has by its id. It is made when it is first asked: most worlds stand for a moment.
type finding struct {
	once                                      sync.Once
	organisations, products, suppliers, rules map[string]int32

	likened   sync.Once
	suggester *platform.Suggester
}

func byID[T any](things []T, id func(*T) string) map[string]int32 {
	found := make(map[string]int32, len(things))
	for i := range things {
		found[id(&things[i])] = int32(i)
	}
	return found
}

func (v *View) find() *finding {
	f, w := v.finding, v.World
	f.once.Do(func() {
		f.organisations = byID(w.Organisations, func(o *policy.Organisation) string { return o.ID })
		f.products = byID(w.Products, func(p *policy.Product) string { return p.ID })
		f.suppliers = byID(w.Suppliers, func(s *policy.Supplier) string { return s.ID })
		f.rules = byID(w.Rules, func(r *policy.Rule) string { return r.ID })
	})
	return f
}

// suggester finds products of the world by what they are called. Its index of words is made when it is first asked.
func (v *View) suggester() *platform.Suggester {
	f, w := v.finding, v.World
	f.likened.Do(func() { f.suggester = platform.NewSuggester(w) })
	return f.suggester
}

func placed[T any](things []T, places map[string]int32, id string) *T {
	if i, ok := places[id]; ok {
		return &things[i]
	}
	return nil
}

// Organisation finds an organisation of the world; nil where there is none. What is found must not be changed.
func (v View) Organisation(id string) *policy.Organisation {
	return placed(v.World.Organisations, v.find().organisations, id)
}

// Product finds a product; nil where there is none.
func (v View) Product(id string) *policy.Product {
	return placed(v.World.Products, v.find().products, id)
}

// Supplier finds a supplier; nil where there is none.
func (v View) Supplier(id string) *policy.Supplier {
	return placed(v.World.Suppliers, v.find().suppliers, id)
}

// Rule finds a rule; nil where there is none.
func (v View) Rule(id string) *policy.Rule { return placed(v.World.Rules, v.find().rules, id) }
