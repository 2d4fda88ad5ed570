package devices

import (
	"cmp"
	"context"
	"strings"
	"sync"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register/search"
)

// Enquiries answers what people ask of the register in their own words. There is one for each process; it is
// safe for concurrent use. Nothing that is asked is written down anywhere.
type Enquiries struct {
	*Room

	mu    sync.Mutex
	index *search.Index
	of    *policy.World // whose things are in the index
}

// NewEnquiries makes enquiries of a room. The index that they are answered by is made when it is first needed,
// and again once products or suppliers have changed.
func NewEnquiries(r *Room) *Enquiries { return &Enquiries{Room: r} }

// things is the index of a world's products and suppliers.
func (e *Enquiries) indexOf(w *policy.World) *search.Index {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.of == nil || !same(e.of.Products, w.Products) || !same(e.of.Suppliers, w.Suppliers) {
		e.index = search.New(w)
	}
	e.of = w
	return e.index
}

// same tells whether two lists are the same memory: what no decision has changed, a world has from the one
// before it.
func same[T any](a, b []T) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

const (
	// maxSought is how many bytes are looked for, maxFound how many things are found at once.
	maxSought = 200
	maxFound  = 100
)

// Found is a product or a supplier that was found.
type Found struct {
	search.Hit
	Name  string
	Kind  policy.Kind // of a product
	Maker string      // the id of a product's supplier; empty where it is not known
}

// Search finds at most limit products and suppliers by a name, a former name, an identifier or a maker, the
// likeliest first. It needs people.SeeRegister somewhere: what there is holds for all.
func (e *Enquiries) Search(ctx context.Context, actor people.Actor, query string, limit int) ([]Found, error) {
	return people.See(ctx, e.People, actor, func(tx *people.Tx) ([]Found, error) {
		if _, err := tx.Reach(people.SeeRegister); err != nil {
			return nil, err
		}
		if err := checkSought(query); err != nil {
			return nil, err
		}
		view := e.Fleet.View()
		return view.found(e.indexOf(view.World).Find(query, min(limit, maxFound))), nil
	})
}

func checkSought(query string) error {
	if len(query) > maxSought {
		return fault.In("q", "This is too long: %d characters are enough to find something by", maxSought)
	}
	return nil
}

// found is hits with what is known of them.
func (v View) found(hits []search.Hit) []Found {
	all := make([]Found, 0, len(hits))
	for _, h := range hits {
		f := Found{Hit: h}
		switch product, supplier := v.Product(h.Product), v.Supplier(h.Supplier); {
		case product != nil:
			f.Name, f.Kind, f.Maker = cmp.Or(product.Name, product.ID), product.Kind, product.Supplier
		case supplier != nil:
			f.Name = cmp.Or(supplier.Name, supplier.ID)
		}
		all = append(all, f)
	}
	return all
}

// clean is a query as it was meant: without blanks around it.
func clean(query string) string { return strings.TrimSpace(query) }
