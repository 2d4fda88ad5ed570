package bench

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"portcullis/policy"
	"portcullis/policy/policytest"
)

// outcome is what all engines are compared by.
type outcome uint8

const (
	neither outcome = iota
	listed
	stopped
)

var outcomeWords = map[string]outcome{"neither": neither, "listed": listed, "stopped": stopped}

// plain is the world as it stands at one time, in the form that the other engines are made from.
type plain struct {
	at           time.Time
	organisation map[string]*policy.Organisation
	supplier     map[string]*policy.Supplier
	product      map[string]*policy.Product
	siteClass    map[string]string
	identified   map[identified]found
	elsewhere    map[string]string // identifier → product, on whichever platform
	rule         map[string]*policy.Rule
	stops        []*policy.Rule // bans, and phase-outs whose deadline has come
	allows       []*policy.Rule
	exemptions   map[string][]*policy.Exemption // by product
	companies    map[string][]string            // by product: who makes, supplies or owns
	contents     map[string][]string            // by product: what it contains at any depth
	stopsOf      map[string][]stop              // by product
	allowsOf     map[string][]*policy.Rule      // by product
}

type identified struct {
	platform   policy.Platform
	identifier string
}

type found struct {
	product string
	signers []string
}

// stop is a rule that stops a product: by itself, or where windows is not nil by what it contains,
// in any of these versions.
type stop struct {
	*policy.Rule
	windows []policy.Window
}

func newPlain(w *policy.World, at time.Time) *plain {
	p := &plain{at: at, organisation: map[string]*policy.Organisation{}, supplier: map[string]*policy.Supplier{},
		product: map[string]*policy.Product{}, siteClass: map[string]string{}, identified: map[identified]found{},
		elsewhere: map[string]string{}, rule: map[string]*policy.Rule{}, exemptions: map[string][]*policy.Exemption{}, companies: map[string][]string{},
		contents: map[string][]string{}, stopsOf: map[string][]stop{}, allowsOf: map[string][]*policy.Rule{}}
	for i := range w.Organisations {
		p.organisation[w.Organisations[i].ID] = &w.Organisations[i]
	}
	for _, s := range w.Sites {
		p.siteClass[s.ID] = s.Class
	}
	for i := range w.Suppliers {
		p.supplier[w.Suppliers[i].ID] = &w.Suppliers[i]
	}
	for i := range w.Products {
		p.addProduct(&w.Products[i])
	}
	for i := range w.Rules {
		p.addRule(&w.Rules[i])
	}
	for i := range w.Exemptions {
		if e := &w.Exemptions[i]; e.Contains(at) {
			p.exemptions[e.Product] = append(p.exemptions[e.Product], e)
		}
	}
	for id, product := range p.product {
		p.companies[id] = p.makers(product)
		p.contents[id] = p.inside(product)
	}
	for id, product := range p.product {
		p.stopsOf[id] = p.findStops(product)
	}
	p.findAllows()
	return p
}

func (p *plain) addProduct(product *policy.Product) {
	p.product[product.ID] = product
	for platform, ids := range product.Identifiers {
		for _, id := range ids {
			p.identified[identified{platform, id.ID}] = found{product.ID, id.Signers}
			p.elsewhere[id.ID] = product.ID
		}
	}
}

func (p *plain) addRule(r *policy.Rule) {
	p.rule[r.ID] = r
	switch {
	case !r.Contains(p.at):
	case r.Effect == policy.Allow:
		p.allows = append(p.allows, r)
	case r.Effect == policy.Ban, !p.at.Before(r.Deadline):
		p.stops = append(p.stops, r)
	}
}

// makers are the companies that edges in force lead to from a product or its supplier.
func (p *plain) makers(product *policy.Product) []string {
	var companies []string
	if product.Supplier != "" {
		companies = append(companies, product.Supplier)
	}
	follow := func(edges []policy.Edge) {
		for _, e := range edges {
			if e.Contains(p.at) && !slices.Contains(companies, e.Supplier) {
				companies = append(companies, e.Supplier)
			}
		}
	}
	follow(product.MadeBy)
	for i := 0; i < len(companies); i++ {
		follow(p.supplier[companies[i]].OwnedBy)
	}
	return companies
}

// inside is everything that a product contains, without its own self.
func (p *plain) inside(product *policy.Product) []string {
	all := []string{product.ID}
	for i := 0; i < len(all); i++ {
		for _, c := range p.product[all[i]].Contains {
			if !slices.Contains(all, c.Product) {
				all = append(all, c.Product)
			}
		}
	}
	return all[1:]
}

func (p *plain) targets(r *policy.Rule, product string) bool {
	return r.Target.Product == product || slices.Contains(p.companies[product], r.Target.Supplier)
}

func (p *plain) findStops(product *policy.Product) []stop {
	var stops []stop
	for _, r := range p.stops {
		if p.targets(r, product.ID) {
			stops = append(stops, stop{Rule: r})
			continue
		}
		s := stop{Rule: r}
		for _, c := range product.Contains {
			within := append([]string{c.Product}, p.contents[c.Product]...)
			if r.Components && slices.ContainsFunc(within, func(id string) bool { return p.targets(r, id) }) {
				s.windows = append(s.windows, c.Versions)
			}
		}
		if s.windows != nil {
			stops = append(stops, s)
		}
	}
	return stops
}

func (p *plain) findAllows() {
	supplied := map[string][]string{}
	for id, product := range p.product {
		supplied[product.Supplier] = append(supplied[product.Supplier], id)
	}
	for _, r := range p.allows {
		products := supplied[r.Target.Supplier]
		if r.Target.Product != "" {
			products = []string{r.Target.Product}
		}
		for _, id := range products {
			p.allowsOf[id] = append(p.allowsOf[id], r)
		}
	}
}

// ancestors are an organisation and those above it, the nearest first; reach is how many of them
// have allow rules that count for it.
func (p *plain) ancestors(organisation string) (ids []string, reach int) {
	inherits := true
	for o := p.organisation[organisation]; o != nil; o = p.organisation[o.Parent] {
		ids = append(ids, o.ID)
		if inherits {
			reach++
		}
		inherits = inherits && !o.OwnList
	}
	return ids, reach
}

// meets tells whether an exemption has what a rule demands.
func (p *plain) meets(e *policy.Exemption, r *policy.Rule) bool {
	for _, m := range r.Mitigations {
		if !slices.Contains(e.Mitigations, m) {
			return false
		}
	}
	return r.Clearance == policy.ClearanceNone ||
		e.Clearance != nil && e.Clearance.Office == r.Clearance && !e.Clearance.At.After(p.at)
}

// shelf is what can concern one product, on one organisation's hosts, on one platform.
type shelf struct {
	stops []lifting
	// permits are the allow rules that decide. On equipment there are none: a product whose
	// supplier is known is permitted.
	permits   []*policy.Rule
	equipment bool
	listed    []policy.ExemptionSubject
}

// lifting is a stop with those whom an exemption lifts it for.
type lifting struct {
	stop
	subjects []policy.ExemptionSubject
}

// place is what a shelf is for. Where the product is not known on the platform, known is false.
type place struct {
	organisation, product string
	platform              policy.Platform
	known                 bool
}

func (p *plain) shelf(at place) shelf {
	var s shelf
	ancestors, reach := p.ancestors(at.organisation)
	for _, stop := range p.stopsOf[at.product] {
		if slices.Contains(ancestors, stop.Scope) {
			s.stops = append(s.stops, lifting{stop: stop})
		}
	}
	if !at.known {
		return s
	}
	product := p.product[at.product]
	s.equipment = product.Kind == policy.Equipment && product.Supplier != ""
	if product.Kind == policy.App {
		s.permits = p.deciding(at, ancestors[:reach])
	}
	for _, e := range p.exemptions[at.product] {
		if !slices.Contains(ancestors, e.Scope) {
			continue
		}
		lists := true
		for i := range s.stops {
			if slices.Contains(e.Lifts, s.stops[i].ID) && p.meets(e, s.stops[i].Rule) {
				s.stops[i].subjects = append(s.stops[i].subjects, e.Subject)
			}
		}
		for _, id := range e.Lifts {
			lists = lists && p.meets(e, p.rule[id])
		}
		if lists && (len(s.permits) == 0 || e.AnyVersion) && product.Kind == policy.App {
			s.listed = append(s.listed, e.Subject)
		}
	}
	return s
}

// deciding are the allow rules that cover, of the nearest scope that has any.
func (p *plain) deciding(at place, scopes []string) []*policy.Rule {
	for _, scope := range scopes {
		var deciding []*policy.Rule
		for _, r := range p.allowsOf[at.product] {
			if r.Scope == scope && (len(r.Platforms) == 0 || slices.Contains(r.Platforms, at.platform)) {
				deciding = append(deciding, r)
			}
		}
		if len(deciding) > 0 {
			slices.SortFunc(deciding, func(a, b *policy.Rule) int { return cmp.Compare(a.ID, b.ID) })
			return deciding
		}
	}
	return nil
}

// number is a version as a whole number: three parts below a thousand; unknown where there is none.
func number(version string) int64 {
	if version == "" {
		return unknown
	}
	n := int64(0)
	parts := strings.Split(version, ".")
	for i := range 3 {
		n *= 1000
		if i < len(parts) {
			part, _ := strconv.Atoi(parts[i]) // the world's versions are numbers
			n += int64(part)
		}
	}
	return n
}

// What stands for a version that is not known, and for the end of a window that is open.
const (
	unknown = -1
	endless = int64(1) << 40
)

// ends are a window's ends as numbers.
func ends(w policy.Window) (since, until int64) {
	since, until = max(0, number(w.Since)), number(w.Until)
	if until == unknown {
		until = endless
	}
	return since, until
}

// platformOf is the platform that an installation is looked up under.
func platformOf(q *policytest.Question) policy.Platform {
	if q.Installation.Platform != 0 {
		return q.Installation.Platform
	}
	return q.Host.Platform
}
