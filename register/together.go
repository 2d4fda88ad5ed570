package register

import (
	"portcullis/people"
	"portcullis/policy"
)

// AddTogether adds suppliers and products that may name one another, as those of a world file do, in a transaction. It
// needs what AddSupplier and AddProduct need, and each must have an id. What they name is in the register or among
// them: package world has seen to that. supplier and product name the nth for faults.
func AddTogether(tx *people.Tx, suppliers []policy.Supplier, products []policy.Product, supplier, product func(n int) string) error {
	if err := tx.Require(people.LinkIdentifiers, people.Everywhere); err != nil {
		return err
	}
	var parts []part
	for i := range suppliers {
		if _, err := named(tx.Tx, Suppliers, suppliers[i].ID, nil); err != nil {
			return under(supplier(i), err)
		}
		parts = append(parts, part{id: suppliers[i].ID, document: supplierOf(&suppliers[i]), kind: &supplierAdded, organisation: people.Everywhere})
	}
	w := write(tx)
	if err := w.add(Suppliers, parts, supplier); err != nil {
		return err
	}
	for i := range products {
		_, err := named(tx.Tx, Products, products[i].ID, nil)
		if err == nil {
			err = unlinked(tx.Tx, products[i])
		}
		if err != nil {
			return under(product(i), err)
		}
	}
	return w.addProducts(products, make([]string, len(products)), product)
}
