package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Policy is a world compiled for one time. It answers as the world does from ValidFrom to
// ValidUntil, and is safe for concurrent use.
//
// Everything that time decides is decided at compilation: rules, exemptions, edges and clearances
// that do not hold are left out. Ids become indices in the order of the ids, so that sorting indices
// sorts ids.
type Policy struct {
	validFrom, validUntil time.Time

	organisations map[string]int32
	organisation  []organisation
	siteClass     map[string]string
	identified    [len(PlatformWords)]map[string]identified
	products      map[string]int32
	product       []product
	productIDs    []string
	inside        []inside // by product
	signers       [][]string
	supplier      []supplier

	rules     []rule   // in force, ordered by id
	ruleIDs   []string // theirs, close together
	ruleIndex map[string]int32
	always    []int32       // bans and phase-outs with the target any
	restricts []restriction // bans and phase-outs with another target, by product
	allows    []scoped      // allow rules with the target product, by product
	allowAny  []scoped      // allow rules with the target any
	floors    []floor

	exemptions []exemption // in force, ordered by id
	exempt     subjects
}

// none stands for no index: no product found, no parent, no supplier known.
const none = int32(-1)

// organisation is a place in the forest of organisations: it is within another where its number
// lies in the other's interval [number, end).
type organisation struct {
	parent      int32
	number, end int32
	ownList     bool
	monitored   bool
}

// identified is what an identifier leads to: a product, and the signers in Policy.signers or none.
type identified struct{ product, signers int32 }

// product is what every decision asks of a product: small, so that those of a large world stay in
// the processor's cache.
type product struct {
	kind      Kind
	builtin   uint16 // a bit for each platform
	supplier  int32
	restricts extent // of Policy.restricts: the bans and phase-outs that match it, ascending
	allows    extent // of Policy.allows: those with this target
}

// inside is what leads on from a product to companies and components.
type inside struct {
	makers   []int32 // made_by in force
	contains []component
}

// extent is a stretch of a list.
type extent struct{ from, to int32 }

type component struct {
	product  int32
	versions Window
}

type supplier struct {
	id     string
	allows []scoped // allow rules with this target
	owners []int32  // owned_by in force
}

// restriction is a ban or phase-out whose target matches a product. Where windows is not nil it
// matches by components alone, and only for versions in one of the windows.
type restriction struct {
	rule    int32
	windows []Window
}

// scoped is an allow rule at its scope, with as much of it as most decisions need.
type scoped struct {
	scope, rule int32
	filter
	sites bool  // it has a filter on the site's class
	floor int32 // or none
}

// floor is what an allow rule demands of a version.
type floor struct {
	version string // empty where it demands none
	code    codeFloor
	more    []codeFloor // those of further platforms
}

type codeFloor struct {
	platform Platform
	code     int64
}

// filter is on platforms and kinds, a bit for each; 0 is no filter.
type filter struct {
	platforms uint16
	kinds     uint8
}

type rule struct {
	*Rule
	filter
	scope    int32
	product  int32 // the target, or none
	supplier int32 // the target, or none
	overdue  bool  // a phase-out whose deadline has come
}

type exemption struct {
	*Exemption
	scope   int32
	product int32   // none for any product
	lifts   []int32 // the rules in force that it names and meets, ascending
	lists   bool    // it names a product and meets every rule it names
}

// subjects finds exemptions by whom they are for. Everyone is by the exemption's scope.
type subjects struct {
	host, site, person, group map[string][]int32
	everyone                  map[int32][]int32
}

func bit(i uint8) uint16 { return 1 << i }

// Compile makes the form of w that answers at t. The world is kept and must not change as long as
// the policy is in use. A world that Validate finds fault with does not compile.
func Compile(w *World, t time.Time) (*Policy, error) {
	if problems := Validate(w); len(problems) > 0 {
		return nil, fmt.Errorf("the world cannot be relied on (%d problems): %s: %s", len(problems), problems[0].Key, problems[0].Message)
	}
	p := &Policy{}
	p.validFrom, p.validUntil = between(Dates(w), t)
	p.compileOrganisations(w, t)
	p.compileThings(w, t)
	c := &compiler{Policy: p, world: w, at: t}
	c.rules()
	c.exemptionsInForce()
	return p, nil
}

// ValidFrom is the last date of the world that is not after the time of compilation; zero where
// there is none.
func (p *Policy) ValidFrom() time.Time { return p.validFrom }

// ValidUntil is the first date of the world after the time of compilation: from then on another
// compilation answers. It is zero where there is none.
func (p *Policy) ValidUntil() time.Time { return p.validUntil }

// Dates returns every time at which something in w begins, ends or falls due, ascending and each once.
func Dates(w *World) []time.Time {
	var dates []time.Time
	add := func(times ...time.Time) {
		for _, t := range times {
			if !t.IsZero() {
				dates = append(dates, t)
			}
		}
	}
	for i := range w.Organisations {
		if m := w.Organisations[i].Monitor; m != nil {
			add(m.From, m.Until)
		}
	}
	for i := range w.Suppliers {
		for _, e := range w.Suppliers[i].OwnedBy {
			add(e.From, e.Until)
		}
	}
	for i := range w.Products {
		for _, e := range w.Products[i].MadeBy {
			add(e.From, e.Until)
		}
	}
	for i := range w.Rules {
		add(w.Rules[i].From, w.Rules[i].Until, w.Rules[i].Deadline)
	}
	for i := range w.Exemptions {
		e := &w.Exemptions[i]
		add(e.From, e.Until)
		if e.Clearance != nil {
			add(e.Clearance.At)
		}
	}
	slices.SortFunc(dates, time.Time.Compare)
	return slices.CompactFunc(dates, time.Time.Equal)
}

// between returns the dates next to t: the last that is not after it and the first that is.
func between(dates []time.Time, t time.Time) (from, until time.Time) {
	i, found := slices.BinarySearchFunc(dates, t, time.Time.Compare)
	if found {
		i++
	}
	if i > 0 {
		from = dates[i-1]
	}
	if i < len(dates) {
		until = dates[i]
	}
	return from, until
}

func (p *Policy) compileOrganisations(w *World, t time.Time) {
	p.organisations = indices(w.Organisations, func(o *Organisation) string { return o.ID })
	p.organisation = make([]organisation, len(w.Organisations))
	children := make([][]int32, len(w.Organisations))
	var roots []int32
	for i := range w.Organisations {
		o := &w.Organisations[i]
		compiled := organisation{parent: none, ownList: o.OwnList, monitored: o.Monitor != nil && o.Monitor.Contains(t)}
		if o.Parent == "" {
			roots = append(roots, int32(i))
		} else {
			compiled.parent = p.organisations[o.Parent]
			children[compiled.parent] = append(children[compiled.parent], int32(i))
		}
		p.organisation[i] = compiled
	}
	p.number(roots, children)
	p.siteClass = make(map[string]string, len(w.Sites))
	for i := range w.Sites {
		p.siteClass[w.Sites[i].ID] = w.Sites[i].Class
	}
}

// number gives each organisation its place in a walk of the forest, parents first, and then, from
// the leaves up, the end of its descendants.
func (p *Policy) number(roots []int32, children [][]int32) {
	order := make([]int32, 0, len(p.organisation))
	for stack := slices.Clone(roots); len(stack) > 0; {
		i := stack[len(stack)-1]
		stack = append(stack[:len(stack)-1], children[i]...)
		p.organisation[i].number = int32(len(order))
		order = append(order, i)
	}
	for _, i := range slices.Backward(order) {
		o := &p.organisation[i]
		o.end = max(o.end, o.number+1)
		if o.parent != none {
			parent := &p.organisation[o.parent]
			parent.end = max(parent.end, o.end)
		}
	}
}

// within tells whether organisation o is scope or below it.
func (p *Policy) within(o, scope int32) bool {
	n, s := p.organisation[o].number, &p.organisation[scope]
	return s.number <= n && n < s.end
}

func (p *Policy) compileThings(w *World, t time.Time) {
	suppliers := indices(w.Suppliers, func(s *Supplier) string { return s.ID })
	inForce := func(edges []Edge) (to []int32) {
		for _, e := range edges {
			if e.Contains(t) {
				to = append(to, suppliers[e.Supplier])
			}
		}
		return to
	}
	p.supplier = make([]supplier, len(w.Suppliers))
	for i := range w.Suppliers {
		p.supplier[i] = supplier{id: w.Suppliers[i].ID, owners: inForce(w.Suppliers[i].OwnedBy)}
	}
	p.products = indices(w.Products, func(p *Product) string { return p.ID })
	p.product = make([]product, len(w.Products))
	p.productIDs = make([]string, len(w.Products))
	p.inside = make([]inside, len(w.Products))
	for i := range p.identified {
		p.identified[i] = make(map[string]identified)
	}
	for i := range w.Products {
		source := &w.Products[i]
		compiled := product{kind: source.Kind, supplier: none}
		if source.Supplier != "" {
			compiled.supplier = suppliers[source.Supplier]
		}
		p.inside[i].makers = inForce(source.MadeBy)
		for _, c := range source.Contains {
			p.inside[i].contains = append(p.inside[i].contains, component{p.products[c.Product], c.Versions})
		}
		for _, platform := range source.BuiltinOn {
			compiled.builtin |= bit(uint8(platform))
		}
		for platform, identifiers := range source.Identifiers {
			for _, id := range identifiers {
				found := identified{int32(i), none}
				if len(id.Signers) > 0 {
					found.signers = int32(len(p.signers))
					p.signers = append(p.signers, id.Signers)
				}
				p.identified[platform][id.ID] = found
			}
		}
		p.product[i], p.productIDs[i] = compiled, source.ID
	}
}

// indices numbers items in their own order.
func indices[T any](items []T, id func(*T) string) map[string]int32 {
	m := make(map[string]int32, len(items))
	for i := range items {
		m[id(&items[i])] = int32(i)
	}
	return m
}

// compiler holds what only compilation needs.
type compiler struct {
	*Policy
	world *World
	at    time.Time

	suppliers map[string]int32
	owned     [][]int32 // by supplier: those it owns, at this time
	made      [][]int32 // by supplier: the products of which it is supplier or maker
	holders   [][]int32 // by product: those that contain it

	restricts [][]restriction // by product
	allows    [][]scoped      // by product
}

func (c *compiler) rules() {
	c.suppliers = indices(c.world.Suppliers, func(s *Supplier) string { return s.ID })
	c.reverse()
	inForce := make([]*Rule, 0, len(c.world.Rules))
	for i := range c.world.Rules {
		if r := &c.world.Rules[i]; r.Contains(c.at) {
			inForce = append(inForce, r)
		}
	}
	slices.SortFunc(inForce, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	c.Policy.rules = make([]rule, len(inForce))
	c.ruleIDs = make([]string, len(inForce))
	c.ruleIndex = make(map[string]int32, len(inForce))
	c.restricts, c.allows = make([][]restriction, len(c.product)), make([][]scoped, len(c.product))
	for i, r := range inForce {
		c.ruleIDs[i] = r.ID
		c.ruleIndex[r.ID] = int32(i)
		c.Policy.rules[i] = c.rule(r)
		if r.Effect == Allow {
			c.allow(int32(i))
		} else {
			c.restrict(int32(i))
		}
	}
	byScope := func(a, b scoped) int { return cmp.Compare(a.scope, b.scope) }
	slices.SortStableFunc(c.allowAny, byScope)
	for i := range c.supplier {
		slices.SortStableFunc(c.supplier[i].allows, byScope)
	}
	for i := range c.product {
		slices.SortStableFunc(c.allows[i], byScope)
		p := &c.product[i]
		c.Policy.restricts, p.restricts = join(c.Policy.restricts, c.restricts[i])
		c.Policy.allows, p.allows = join(c.Policy.allows, c.allows[i])
	}
}

// join appends more to list, and returns where it stands in it.
func join[T any](list, more []T) ([]T, extent) {
	at := extent{int32(len(list)), int32(len(list) + len(more))}
	return append(list, more...), at
}

func (c *compiler) rule(r *Rule) rule {
	compiled := rule{Rule: r, scope: c.organisations[r.Scope], product: none, supplier: none}
	if r.Target.Product != "" {
		compiled.product = c.products[r.Target.Product]
	}
	if r.Target.Supplier != "" {
		compiled.supplier = c.suppliers[r.Target.Supplier]
	}
	for _, platform := range r.Platforms {
		compiled.platforms |= bit(uint8(platform))
	}
	for _, kind := range r.Kinds {
		compiled.kinds |= uint8(bit(uint8(kind)))
	}
	compiled.overdue = r.Effect == PhaseOut && !c.at.Before(r.Deadline)
	return compiled
}

func (c *compiler) allow(i int32) {
	r := &c.Policy.rules[i]
	entry := scoped{r.scope, i, r.filter, len(r.SiteClass) > 0, c.floor(r.Rule)}
	switch {
	case r.product != none:
		c.allows[r.product] = append(c.allows[r.product], entry)
	case r.supplier != none:
		s := &c.supplier[r.supplier]
		s.allows = append(s.allows, entry)
	default:
		c.allowAny = append(c.allowAny, entry)
	}
}

func (c *compiler) floor(r *Rule) int32 {
	if r.MinVersion == "" && len(r.MinVersionCode) == 0 {
		return none
	}
	f := floor{version: r.MinVersion}
	for platform, code := range r.MinVersionCode {
		if f.code.platform == 0 {
			f.code = codeFloor{platform, code}
		} else {
			f.more = append(f.more, codeFloor{platform, code})
		}
	}
	c.floors = append(c.floors, f)
	return int32(len(c.floors) - 1)
}

// reverse turns the edges round, so that a rule finds what it reaches.
func (c *compiler) reverse() {
	c.owned = make([][]int32, len(c.supplier))
	for i := range c.supplier {
		for _, owner := range c.supplier[i].owners {
			c.owned[owner] = append(c.owned[owner], int32(i))
		}
	}
	c.made = make([][]int32, len(c.supplier))
	c.holders = make([][]int32, len(c.product))
	for i := range c.product {
		for _, maker := range c.inside[i].makers {
			c.made[maker] = append(c.made[maker], int32(i))
		}
		if supplier := c.product[i].supplier; supplier != none {
			c.made[supplier] = append(c.made[supplier], int32(i))
		}
		for _, held := range c.inside[i].contains {
			c.holders[held.product] = append(c.holders[held.product], int32(i))
		}
	}
}

// restrict enters a ban or phase-out at every product that its target matches, by itself or, where
// the rule says so, by what it contains.
func (c *compiler) restrict(i int32) {
	r := &c.Policy.rules[i]
	if r.Target.Any {
		c.always = append(c.always, i)
		return
	}
	direct := reach{}
	if r.product != none {
		direct[r.product] = true
	} else {
		companies := reach{}
		companies.add([]int32{r.supplier}, c.owned)
		for company := range companies {
			for _, product := range c.made[company] {
				direct[product] = true
			}
		}
	}
	for product := range direct {
		c.restricts[product] = append(c.restricts[product], restriction{rule: i})
	}
	if r.Components {
		c.restrictHolders(i, direct)
	}
}

// restrictHolders enters rule i at every product outside direct that holds one of direct, at any
// depth: with the windows of the entries through which its first level leads there.
func (c *compiler) restrictHolders(i int32, direct reach) {
	reached := reach{}
	for product := range direct {
		reached.add([]int32{product}, c.holders)
	}
	for product := range reached {
		if direct[product] {
			continue
		}
		windows := []Window{}
		for _, held := range c.inside[product].contains {
			if reached[held.product] {
				windows = append(windows, held.versions)
			}
		}
		c.restricts[product] = append(c.restricts[product], restriction{i, windows})
	}
}

// reach is a set of what can be reached.
type reach map[int32]bool

// add puts in what can be reached from the given along edges, the given included.
func (r reach) add(from []int32, edges [][]int32) {
	for len(from) > 0 {
		i := from[len(from)-1]
		from = from[:len(from)-1]
		if r[i] {
			continue
		}
		r[i] = true
		from = append(from, edges[i]...)
	}
}

func (c *compiler) exemptionsInForce() {
	all := indices(c.world.Rules, func(r *Rule) string { return r.ID })
	inForce := make([]*Exemption, 0, len(c.world.Exemptions))
	for i := range c.world.Exemptions {
		if e := &c.world.Exemptions[i]; e.Contains(c.at) {
			inForce = append(inForce, e)
		}
	}
	slices.SortFunc(inForce, func(a, b *Exemption) int { return cmp.Compare(a.ID, b.ID) })
	c.exemptions = make([]exemption, len(inForce))
	c.exempt = subjects{map[string][]int32{}, map[string][]int32{}, map[string][]int32{}, map[string][]int32{}, map[int32][]int32{}}
	for i, e := range inForce {
		compiled := exemption{Exemption: e, scope: c.organisations[e.Scope], product: none, lists: e.Product != ""}
		if e.Product != "" {
			compiled.product = c.products[e.Product]
		}
		for _, id := range e.Lifts {
			if len(Shortfall(e, &c.world.Rules[all[id]], c.at)) > 0 {
				compiled.lists = false
			} else if rule, ok := c.ruleIndex[id]; ok {
				compiled.lifts = append(compiled.lifts, rule)
			}
		}
		slices.Sort(compiled.lifts)
		c.exemptions[i] = compiled
		c.exempt.add(e.Subject, compiled.scope, int32(i))
	}
}

func (s *subjects) add(subject ExemptionSubject, scope, i int32) {
	switch {
	case subject.Host != "":
		s.host[subject.Host] = append(s.host[subject.Host], i)
	case subject.Site != "":
		s.site[subject.Site] = append(s.site[subject.Site], i)
	case subject.Person != "":
		s.person[subject.Person] = append(s.person[subject.Person], i)
	case subject.Group != "":
		s.group[subject.Group] = append(s.group[subject.Group], i)
	default:
		s.everyone[scope] = append(s.everyone[scope], i)
	}
}

// Shortfall says, in words for people, what e lacks at t to meet r; nothing where it meets it.
func Shortfall(e *Exemption, r *Rule, t time.Time) (lacks []string) {
	if r.Clearance != ClearanceNone {
		switch c := e.Clearance; {
		case c == nil:
			lacks = append(lacks, fmt.Sprintf("%s demands clearance by %q and there is none", r.ID, r.Clearance))
		case c.Office != r.Clearance:
			lacks = append(lacks, fmt.Sprintf("%s demands clearance by %q and it was cleared by %q", r.ID, r.Clearance, c.Office))
		case c.At.After(t):
			lacks = append(lacks, fmt.Sprintf("its clearance by %q is given only at %s", c.Office, c.At.UTC().Format(time.RFC3339)))
		}
	}
	for _, m := range r.Mitigations {
		if !slices.Contains(e.Mitigations, m) {
			lacks = append(lacks, fmt.Sprintf("%s demands the mitigation %q and it is not in place", r.ID, m))
		}
	}
	return lacks
}
