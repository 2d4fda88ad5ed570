package index

import (
	"fmt"

	"portcullis/policy"
)

// SupplierWhere is the presence of everything that is a supplier's: what it, or a company that it owns,
// supplies or makes, by the edges in force.
type SupplierWhere struct {
	Supplier string
	Presence
	// Products are all that are the supplier's, those on no host too; most hosts first, then by id.
	Products []ProductCount
}

// Supplier tells where the things of a supplier are, and the products of others that contain one: on the
// hosts of some organisations, these themselves, or on all where none is named. What a ban of the supplier
// would cover is the supplier's. One that the world does not have is ErrNotDeclared.
func (x *Index) Supplier(id string, organisations []string) (SupplierWhere, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.basis == nil {
		return SupplierWhere{}, errNoBasis
	}
	if _, ok := x.basis.graph.suppliers[id]; !ok {
		return SupplierWhere{}, fmt.Errorf("supplier %q: %w", id, ErrNotDeclared)
	}
	s, err := x.newSearch(policy.Target{Supplier: id}, organisations)
	if err != nil {
		return SupplierWhere{}, err
	}
	s.run(func(uint32, policy.Platform, []uint32) {})
	return SupplierWhere{Supplier: id, Presence: s.presence(), Products: s.products(coversDirectly, s.itself)}, nil
}
