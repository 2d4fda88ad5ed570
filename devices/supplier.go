package devices

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
)

// SuppliersQuery is what is looked for among the suppliers of the world.
type SuppliersQuery struct {
	Words string // of a name or a former name; without any, all are wanted
	After string // the supplier that the page before ended with
	Limit int
}

// Suppliers is a page of suppliers, the likeliest first, then by name.
type Suppliers struct {
	Suppliers []SupplierFound
	Total     int
	Next      string // what to ask for after this page; empty where it is the last
}

// SupplierFound is a supplier that was found.
type SupplierFound struct {
	Supplier *policy.Supplier
	Products int // that are supplied by it, or have been made by it
	Owners   []Maker
}

// Suppliers finds suppliers by name. It needs people.SeeDevices somewhere.
func (r *Room) Suppliers(ctx context.Context, actor people.Actor, q SuppliersQuery) (Suppliers, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found Suppliers, err error) {
		if _, err := tx.Reach(people.SeeDevices); err != nil {
			return found, err
		}
		b := newBook(r.Fleet.View().World)
		all := b.findSuppliers(q.Words)
		found.Total = len(all)
		page, more := after(all, q.Limit, func(s *policy.Supplier) bool { return s.ID == q.After })
		for _, s := range page {
			owners := slices.DeleteFunc(b.owners(nil, s.ID, 0, tx.Now().Time(), nil), func(m Maker) bool { return m.Depth > 0 || !m.Holds })
			found.Suppliers = append(found.Suppliers, SupplierFound{s, b.supplies(s.ID), owners})
		}
		if more {
			found.Next = page[len(page)-1].ID
		}
		return found, nil
	})
}

// supplies counts the products of a supplier by themselves, without those of companies that it owns.
func (b *book) supplies(supplier string) (n int) {
	for i := range b.world.Products {
		p := &b.world.Products[i]
		if p.Supplier == supplier || slices.ContainsFunc(p.MadeBy, func(e policy.Edge) bool { return e.Supplier == supplier }) {
			n++
		}
	}
	return n
}

// findSuppliers returns the suppliers that have all of some words in a name, the likeliest first.
func (b *book) findSuppliers(words string) (found []*policy.Supplier) {
	q, rank := newWanted(words), map[string]int{}
	for i := range b.world.Suppliers {
		s := &b.world.Suppliers[i]
		if q.text != "" {
			if rank[s.ID] = fitsSupplier(s, q); rank[s.ID] == notFound {
				continue
			}
		}
		found = append(found, s)
	}
	slices.SortFunc(found, func(x, y *policy.Supplier) int {
		return cmp.Or(cmp.Compare(rank[x.ID], rank[y.ID]), strings.Compare(strings.ToLower(cmp.Or(x.Name, x.ID)), strings.ToLower(cmp.Or(y.Name, y.ID))),
			strings.Compare(x.ID, y.ID))
	})
	return found
}

// Supplier is everything of a supplier's.
type Supplier struct {
	Supplier policy.Supplier
	Where    index.SupplierWhere
	// Kinds are those of the products in Where.
	Kinds map[string]policy.Kind
	// Owners are the companies that own it, and those that own these; Owned those that it owns, and they own.
	Owners, Owned []Maker
	Rules         []Reaching // that name it, or a company that owns it
}

// Supplier returns everything of a supplier's. It needs people.SeeDevices; hosts of organisations where the
// actor does not have it are not counted. An organisation narrows that down to its hosts and those of all
// below it.
func (r *Room) Supplier(ctx context.Context, actor people.Actor, id, organisation string) (Supplier, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found Supplier, err error) {
		scope, err := r.scope(tx, organisation)
		if err != nil {
			return found, err
		}
		b, now := newBook(r.Fleet.View().World), tx.Now().Time()
		s := b.suppliers[id]
		if s == nil {
			return found, fault.New(fault.NotFound, "There is no supplier %s", id)
		}
		found = Supplier{Supplier: *s, Kinds: map[string]policy.Kind{}, Owners: b.owners(nil, id, 0, now, nil), Owned: b.owned(nil, id, 0, now, nil)}
		if found.Where, err = r.Fleet.Index().Supplier(id, scope); err != nil {
			return found, declared(err, "supplier", id)
		}
		for _, p := range slices.Concat(found.Where.Products, found.Where.Carriers) {
			if of := b.products[p.Product]; of != nil {
				found.Kinds[p.Product] = of.Kind
			}
		}
		found.Rules, err = b.naming(id, now)
		return found, err
	})
}
