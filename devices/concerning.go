package devices

import (
	"slices"

	"portcullis/policy"
)

// concerning is the part of a world that has a say in what is on one host: what is installed and all
// that it contains and comes from, and the rules and exemptions that may reach it. It says of the host
// what the whole world says of it, and is made in a fraction of the time: a world may have tens of thousands
// of products, and words about a decision try it at every date to come.
func concerning(w *policy.World, h *policy.Host) *policy.World {
	p := part{world: w, host: h, organisations: map[string]bool{}, products: map[string]bool{}, suppliers: map[string]bool{}, rules: map[string]bool{}}
	p.byProduct = places(w.Products, func(p *policy.Product) string { return p.ID })
	p.bySupplier = places(w.Suppliers, func(s *policy.Supplier) string { return s.ID })
	p.byOrganisation = places(w.Organisations, func(o *policy.Organisation) string { return o.ID })
	p.organisation(h.Organisation)
	above := make(map[string]bool, len(p.organisations))
	for id := range p.organisations {
		above[id] = true
	}
	p.installed()
	for i := range w.Rules {
		if r := &w.Rules[i]; above[r.Scope] && (r.Target.Any || p.products[r.Target.Product] || p.suppliers[r.Target.Supplier]) {
			p.rules[r.ID] = true
		}
	}
	var kept policy.World
	for i := range w.Exemptions {
		if x := &w.Exemptions[i]; above[x.Scope] && (x.AnyProduct || p.products[x.Product]) && p.subject(&x.Subject) {
			kept.Exemptions = append(kept.Exemptions, *x)
			for _, id := range x.Lifts {
				p.rules[id] = true
			}
		}
	}
	p.into(&kept)
	return &kept
}

// part is what of a world is kept. What is kept refers to nothing that is not.
type part struct {
	world                                     *policy.World
	host                                      *policy.Host
	byOrganisation, byProduct, bySupplier     map[string]int
	organisations, products, suppliers, rules map[string]bool
}

// places are where the items stand, by their ids.
func places[T any](items []T, id func(*T) string) map[string]int {
	m := make(map[string]int, len(items))
	for i := range items {
		m[id(&items[i])] = i
	}
	return m
}

// installed keeps what is on the host, and what else has its identifiers on another platform.
func (p *part) installed() {
	names := map[string]bool{}
	for i := range p.host.Installed {
		in := &p.host.Installed[i]
		if in.Product != "" {
			p.product(in.Product)
		} else {
			names[in.Identifier] = true
		}
	}
	for i := range p.world.Products {
		for _, identifiers := range p.world.Products[i].Identifiers {
			if slices.ContainsFunc(identifiers, func(id policy.Identifier) bool { return names[id.ID] }) {
				p.product(p.world.Products[i].ID)
			}
		}
	}
}

// product keeps a product, what it contains and whom it comes from.
func (p *part) product(id string) {
	at, known := p.byProduct[id]
	if !known || p.products[id] {
		return
	}
	p.products[id] = true
	product := &p.world.Products[at]
	p.supplier(product.Supplier)
	for _, e := range product.MadeBy {
		p.supplier(e.Supplier)
	}
	for _, c := range product.Contains {
		p.product(c.Product)
	}
}

// supplier keeps a supplier and who owns it.
func (p *part) supplier(id string) {
	at, known := p.bySupplier[id]
	if !known || p.suppliers[id] {
		return
	}
	p.suppliers[id] = true
	for _, e := range p.world.Suppliers[at].OwnedBy {
		p.supplier(e.Supplier)
	}
}

// organisation keeps one and those above it.
func (p *part) organisation(id string) {
	for at, known := p.byOrganisation[id]; known && !p.organisations[id]; at, known = p.byOrganisation[id] {
		p.organisations[id] = true
		id = p.world.Organisations[at].Parent
	}
}

// subject tells whether an exemption for that subject may be for the host.
func (p *part) subject(s *policy.ExemptionSubject) bool {
	h := p.host
	return s.Everyone || s.Host != "" && s.Host == h.ID || s.Site != "" && s.Site == h.Site || s.Person != "" && s.Person == h.Holder || s.Group != "" && slices.Contains(h.Groups, s.Group)
}

// into fills the kept world, in the order of the whole one.
func (p *part) into(kept *policy.World) {
	w := p.world
	for i := range w.Rules {
		if r := &w.Rules[i]; p.rules[r.ID] {
			p.organisation(r.Scope)
			p.product(r.Target.Product)
			p.supplier(r.Target.Supplier)
			kept.Rules = append(kept.Rules, *r)
		}
	}
	for i := range w.Sites {
		if s := &w.Sites[i]; s.ID == p.host.Site {
			p.organisation(s.Organisation)
			kept.Sites = append(kept.Sites, *s)
		}
	}
	kept.Organisations = pick(w.Organisations, func(o *policy.Organisation) bool { return p.organisations[o.ID] })
	kept.Products = pick(w.Products, func(product *policy.Product) bool { return p.products[product.ID] })
	kept.Suppliers = pick(w.Suppliers, func(s *policy.Supplier) bool { return p.suppliers[s.ID] })
}

// pick are the items that are kept.
func pick[T any](items []T, keep func(*T) bool) (kept []T) {
	for i := range items {
		if keep(&items[i]) {
			kept = append(kept, items[i])
		}
	}
	return kept
}
