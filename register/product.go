package register

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// productEntry is the payload of productAdded.
type productEntry struct {
	Product any `json:"product"` // its document
	// Publisher is who the platform says made it, where the product was made of what was found on devices.
	// It is what somebody wrote about themselves, and no decision rests on it.
	Publisher string `json:"publisher,omitempty"`
}

// identifierEntry is the payload of identifierLinked.
type identifierEntry struct {
	Platform   string   `json:"platform"`
	Identifier string   `json:"identifier"`
	Signers    []string `json:"signers,omitempty"`
}

// AddSupplier adds a supplier and returns it. It needs people.LinkIdentifiers Everywhere. Where no id is
// given one is made from the name.
func (r *Room) AddSupplier(ctx context.Context, actor people.Actor, supplier policy.Supplier) (policy.Supplier, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none policy.Supplier, err error) {
		if err := tx.Require(people.LinkIdentifiers, people.Everywhere); err != nil {
			return none, err
		}
		supplier := supplier
		if supplier.ID, err = named(tx.Tx, Suppliers, supplier.ID, numbered(cmp.Or(slug(supplier.Name), "supplier"))); err != nil {
			return none, err
		}
		w, err := stored(Suppliers, supplierOf(&supplier))
		if err != nil {
			return none, err
		}
		supplier = w.Suppliers[0]
		if err := known(tx.Tx, &w, each(supplier.OwnedBy, owner), nil); err != nil {
			return none, err
		}
		if err := errors.Join(valid(&w, "suppliers"), noBlanks("aliases", supplier.Aliases)); err != nil {
			return none, err
		}
		p := part{id: supplier.ID, document: supplierOf(&supplier), kind: &supplierAdded, organisation: people.Everywhere}
		return supplier, write(tx).add(Suppliers, []part{p}, alone)
	})
}

func owner(e policy.Edge) string { return e.Supplier }

// AddProduct adds a product and returns it. It needs people.LinkIdentifiers Everywhere. Where no id is
// given one is made from the name. An identifier that another product has on that platform is a fault of
// the kind Conflict that names it.
func (r *Room) AddProduct(ctx context.Context, actor people.Actor, product policy.Product) (policy.Product, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none policy.Product, err error) {
		if err := tx.Require(people.LinkIdentifiers, people.Everywhere); err != nil {
			return none, err
		}
		product := product
		if product.ID, err = named(tx.Tx, Products, product.ID, numbered(cmp.Or(slug(product.Name), "product"))); err != nil {
			return none, err
		}
		if product, err = validProduct(tx.Tx, product); err != nil {
			return none, err
		}
		if err := unlinked(tx.Tx, product); err != nil {
			return none, err
		}
		return product, write(tx).addProducts([]policy.Product{product}, []string{""}, alone)
	})
}

// addProducts writes new products with their identifiers and entries; publishers are as many.
func (w *writing) addProducts(products []policy.Product, publishers []string, place func(int) string) error {
	var parts []part
	for i := range products {
		document := productOf(&products[i])
		parts = append(parts, part{id: products[i].ID, document: document, kind: &productAdded, organisation: people.Everywhere,
			payload: productEntry{document, publishers[i]}})
	}
	if err := w.add(Products, parts, place); err != nil {
		return err
	}
	return w.link(products)
}

// ChangeSupplier has a supplier be another, by the same id, and returns it as it is stored: who owns it, above
// all. It asks for no permission.
func ChangeSupplier(tx *people.Tx, supplier policy.Supplier) (policy.Supplier, error) {
	supplier, row, err := changedSupplier(tx, supplier)
	if err != nil {
		return supplier, err
	}
	return supplier, write(tx).change(Suppliers, row, supplierOf(&supplier), supplierChanged)
}

// CheckSupplier returns what is wrong with a supplier that ChangeSupplier is to change later.
func CheckSupplier(tx *people.Tx, supplier policy.Supplier) error {
	_, _, err := changedSupplier(tx, supplier)
	return err
}

func changedSupplier(tx *people.Tx, supplier policy.Supplier) (policy.Supplier, item, error) {
	rows, err := selectItems(tx.Tx, Suppliers, []string{supplier.ID})
	if err != nil {
		return supplier, item{}, err
	}
	row, there := rows[supplier.ID]
	if !there {
		return supplier, item{}, fault.New(fault.NotFound, "There is no supplier %s", supplier.ID)
	}
	w, err := stored(Suppliers, supplierOf(&supplier))
	if err != nil {
		return supplier, item{}, err
	}
	supplier = w.Suppliers[0]
	if err := known(tx.Tx, &w, each(supplier.OwnedBy, owner), nil); err != nil {
		return supplier, item{}, err
	}
	return supplier, row, errors.Join(valid(&w, "suppliers"), noBlanks("aliases", supplier.Aliases))
}

// ChangeProduct has a product be another, by the same id, and returns it as it is stored: who makes it and what
// it contains. Its kind and its identifiers stay; see LinkIdentifier. It asks for no permission.
func ChangeProduct(tx *people.Tx, product policy.Product) (policy.Product, error) {
	product, row, err := changedProduct(tx, product)
	if err != nil {
		return product, err
	}
	return product, write(tx).change(Products, row, productOf(&product), productChanged)
}

// CheckProduct returns what is wrong with a product that ChangeProduct is to change later.
func CheckProduct(tx *people.Tx, product policy.Product) error {
	_, _, err := changedProduct(tx, product)
	return err
}

func changedProduct(tx *people.Tx, product policy.Product) (policy.Product, item, error) {
	row, was, err := findProduct(tx.Tx, product.ID)
	if err != nil {
		return product, item{}, err
	}
	product.Kind, product.Identifiers = was.Kind, was.Identifiers
	product, err = validProduct(tx.Tx, product)
	return product, row, err
}

// validProduct returns a product as it is stored, or what is wrong with it.
func validProduct(tx *store.Tx, product policy.Product) (policy.Product, error) {
	err := errors.Join(listed("kind", policy.KindWords[:], product.Kind), listed("builtin_on", policy.PlatformWords[:], product.BuiltinOn...),
		listed("identifiers", policy.PlatformWords[:], slices.Collect(maps.Keys(product.Identifiers))...))
	if err != nil {
		return product, err
	}
	for platform, ids := range product.Identifiers {
		for i, id := range ids {
			if err := noBlanks(fmt.Sprintf("identifiers.%s[%d].signers", platform, i), id.Signers); err != nil {
				return product, err
			}
		}
	}
	w, err := stored(Products, productOf(&product))
	if err != nil {
		return product, err
	}
	product = w.Products[0]
	suppliers := append(each(product.MadeBy, owner), product.Supplier)
	if err := known(tx, &w, suppliers, each(product.Contains, func(c policy.Component) string { return c.Product })); err != nil {
		return product, err
	}
	return product, errors.Join(valid(&w, "products"), noBlanks("aliases", product.Aliases), noBlanks("domains", product.Domains))
}

// unlinked returns a Conflict where another product has one of the identifiers of a product.
func unlinked(tx *store.Tx, product policy.Product) error {
	for platform := policy.Platform(1); int(platform) < len(policy.PlatformWords); platform++ {
		for i, id := range product.Identifiers[platform] {
			digest := digestOf(platform, id.ID)
			there, err := selectLinked(tx, []string{digest})
			if err != nil {
				return err
			}
			if other := there[digest]; other != "" {
				return linkedAlready(fmt.Sprintf("identifiers.%s[%d]", platform, i), platform, id.ID, other)
			}
		}
	}
	return nil
}

func linkedAlready(field string, platform policy.Platform, identifier, product string) error {
	return &fault.Error{Kind: fault.Conflict, Field: field, Message: fmt.Sprintf(
		"%q on %s is already an identifier of the product %s: an identifier belongs to one product", identifier, platform, product)}
}

// LinkIdentifier says which product an identifier of a platform is, and who alone may sign it, where
// signers are given; and returns the product. It needs people.LinkIdentifiers Everywhere. Said again it
// changes nothing, but for the signers, where there are others. An identifier that another product has on that
// platform is a fault of the kind Conflict that names it.
func (r *Room) LinkIdentifier(ctx context.Context, actor people.Actor, product string, platform policy.Platform, identifier string, signers []string) (policy.Product, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (policy.Product, error) {
		p, news, err := Link(tx, product, []Linking{{Platform: platform, Identifier: policy.Identifier{ID: identifier, Signers: signers}}})
		if err == nil && news == 0 {
			tx.NoEntry("everything is as it was")
		}
		return p, err
	})
}

// Linking is an identifier that is to be a product's.
type Linking struct {
	// Platform is where; Field names the identifier in faults, "identifier" where it is empty.
	Platform policy.Platform
	policy.Identifier
	Field string
}

// Link is LinkIdentifier of several in a transaction. It tells how many were news.
func Link(tx *people.Tx, product string, links []Linking) (none policy.Product, news int, err error) {
	if err := tx.Require(people.LinkIdentifiers, people.Everywhere); err != nil {
		return none, 0, err
	}
	row, p, err := findProduct(tx.Tx, product)
	if err != nil {
		return none, 0, err
	}
	var added []linked
	for _, l := range links {
		is, digest, err := l.link(tx, &p)
		switch {
		case err != nil:
			return none, 0, err
		case !is:
			continue
		case digest != "":
			added = append(added, linked{digest, product})
		}
		news++
		if err := tx.Record(identifierLinked, people.Everywhere, []string{product}, identifierEntry{l.Platform.String(), l.ID, l.Signers}); err != nil {
			return none, 0, err
		}
	}
	if news == 0 {
		return p, 0, nil
	}
	if row, err = row.with(productOf(&p), ""); err != nil {
		return none, 0, err
	}
	return p, news, errors.Join(write(tx).replace(Products, []item{row}), insertLinked(tx.Tx, added))
}

// link gives a product an identifier. It tells whether that is news and, where nothing was looked up by it yet, what it
// is looked up by from now on.
func (l *Linking) link(tx *people.Tx, p *policy.Product) (news bool, digest string, err error) {
	field := cmp.Or(l.Field, "identifier")
	if err := errors.Join(listed("platform", policy.PlatformWords[:], l.Platform), checkIdentifier(field, l.ID), noBlanks("signers", l.Signers)); err != nil {
		return false, "", err
	}
	digest = digestOf(l.Platform, l.ID)
	there, err := selectLinked(tx.Tx, []string{digest})
	if err != nil {
		return false, "", err
	}
	if other := there[digest]; other != "" && other != p.ID {
		return false, "", linkedAlready(field, l.Platform, l.ID, other)
	} else if other != "" {
		digest = ""
	}
	return withIdentifier(p, l.Platform, l.Identifier), digest, nil
}

func checkIdentifier(field, identifier string) error {
	if identifier == "" {
		return fault.In(field, "Say which identifier")
	}
	return nil
}

func findProduct(tx *store.Tx, id string) (item, policy.Product, error) {
	rows, err := selectItems(tx, Products, []string{id})
	if err != nil {
		return item{}, policy.Product{}, err
	}
	row, there := rows[id]
	if !there {
		return item{}, policy.Product{}, fault.New(fault.NotFound, "There is no product %s", id)
	}
	p, err := row.product()
	return row, p, err
}

// withIdentifier gives a product an identifier, and tells whether that was news.
func withIdentifier(p *policy.Product, platform policy.Platform, id policy.Identifier) (news bool) {
	if p.Identifiers == nil {
		p.Identifiers = map[policy.Platform][]policy.Identifier{}
	}
	ids := p.Identifiers[platform]
	at := slices.IndexFunc(ids, func(other policy.Identifier) bool { return other.ID == id.ID })
	switch {
	case at < 0:
		p.Identifiers[platform] = append(ids, id)
	case len(id.Signers) == 0 || slices.Equal(ids[at].Signers, id.Signers):
		return false
	default:
		ids[at].Signers = id.Signers
	}
	return true
}

// ProductOf returns the product that an identifier is on a platform; empty where it is none. It asks for no permission.
func ProductOf(tx *store.Tx, platform policy.Platform, identifier string) (string, error) {
	digest := digestOf(platform, identifier)
	there, err := selectLinked(tx, []string{digest})
	return there[digest], err
}
