package devices

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"portcullis/policy"
)

// Reaching is a rule that reaches a product or a supplier, if only within its scope, and on the platforms,
// versions and places that it names.
type Reaching struct {
	Rule  policy.Rule
	Holds bool // now; if not, it is yet to come
	// Path leads from what was asked about to the rule's target, by the ids on the way, as policy.Policy.Path
	// has it.
	Path []string
}

// anyone is the organisation of the world in which it is asked what a rule reaches.
const anyone = "anyone"

// reaching returns the rules that have not ended and reach a product, by what is known of it now: bans first,
// then phase-outs, then allow rules. It asks the decision itself, in a world that has the product, all that
// it leads to, and the rules without what narrows them down.
func (b *book) reaching(p *policy.Product, now time.Time) ([]Reaching, error) {
	w := b.excerpt(p)
	w.Organisations = []policy.Organisation{{ID: anyone}}
	rules := b.leadingInto(w, now)
	for _, r := range rules {
		w.Rules = append(w.Rules, plain(*r, now))
	}
	compiled, err := policy.Compile(w, now)
	if err != nil {
		return nil, fmt.Errorf("asking which rules reach %s: %w", p.ID, err)
	}
	host := policy.Host{ID: anyone, Kind: policy.Device, Organisation: anyone, Platform: policy.Android}
	if p.Kind == policy.Equipment {
		host.Kind, host.Platform = policy.EquipmentHost, 0
	}
	s, err := compiled.Subject(&host)
	if err != nil {
		return nil, err
	}
	var d policy.Decision
	s.Decide(&policy.Installation{Product: p.ID}, &d)
	var found []Reaching
	for _, f := range d.Findings {
		for _, id := range f.Rules {
			rule := rules[slices.IndexFunc(rules, func(r *policy.Rule) bool { return r.ID == id })]
			found = append(found, Reaching{*rule, rule.Contains(now), compiled.Path(&d, id)})
		}
	}
	sortReaching(found)
	return found, nil
}

func sortReaching(found []Reaching) {
	order := [...]int{policy.Ban: 0, policy.PhaseOut: 1, policy.Allow: 2}
	slices.SortFunc(found, func(x, y Reaching) int {
		return cmp.Or(cmp.Compare(order[x.Rule.Effect], order[y.Rule.Effect]), strings.Compare(x.Rule.ID, y.Rule.ID))
	})
}

// leadingInto are the rules that have not ended and whose target a world has.
func (b *book) leadingInto(w *policy.World, now time.Time) (rules []*policy.Rule) {
	has := map[policy.Target]bool{{Any: true}: true}
	for i := range w.Products {
		has[policy.Target{Product: w.Products[i].ID}] = true
	}
	for i := range w.Suppliers {
		has[policy.Target{Supplier: w.Suppliers[i].ID}] = true
	}
	for i := range b.world.Rules {
		r := &b.world.Rules[i]
		if has[r.Target] && (r.Until.IsZero() || now.Before(r.Until)) {
			rules = append(rules, r)
		}
	}
	return rules
}

// plain is a rule for anyone, now, without what narrows it down but the kinds of what it is about. A phase-out
// covers what a ban does.
func plain(r policy.Rule, now time.Time) policy.Rule {
	r.Scope, r.Period = anyone, policy.Period{From: now}
	r.Platforms, r.SiteClass, r.Versions = nil, nil, policy.Window{}
	r.MinVersion, r.MinVersionCode = "", nil
	if r.Effect == policy.PhaseOut {
		r.Effect, r.Deadline = policy.Ban, time.Time{}
	}
	return r
}

// excerpt is a world of a product and everything that it leads to, without rules.
func (b *book) excerpt(p *policy.Product) *policy.World {
	w := &policy.World{}
	products, suppliers := map[string]bool{}, map[string]bool{"": true}
	var company func(id string)
	company = func(id string) {
		if s := b.suppliers[id]; s != nil && !suppliers[id] {
			suppliers[id] = true
			w.Suppliers = append(w.Suppliers, *s)
			for _, e := range s.OwnedBy {
				company(e.Supplier)
			}
		}
	}
	var product func(p *policy.Product)
	product = func(p *policy.Product) {
		if p == nil || products[p.ID] {
			return
		}
		products[p.ID] = true
		w.Products = append(w.Products, *p)
		company(p.Supplier)
		for _, e := range p.MadeBy {
			company(e.Supplier)
		}
		for _, c := range p.Contains {
			product(b.products[c.Product])
		}
	}
	product(p)
	return w
}

// naming returns the rules that have not ended and reach everything of a supplier, of one kind or the
// other, because they name it or a company that owns it.
func (b *book) naming(supplier string, now time.Time) (found []Reaching, err error) {
	id := "of"
	for b.products[id] != nil {
		id += "-"
	}
	for _, kind := range []policy.Kind{policy.App, policy.Equipment} {
		reached, err := b.reaching(&policy.Product{ID: id, Kind: kind, Supplier: supplier}, now)
		if err != nil {
			return nil, err
		}
		for _, r := range reached {
			known := slices.ContainsFunc(found, func(f Reaching) bool { return f.Rule.ID == r.Rule.ID })
			if !known && r.Rule.Target.Supplier != "" {
				r.Path = r.Path[1:]
				found = append(found, r)
			}
		}
	}
	sortReaching(found)
	return found, nil
}
