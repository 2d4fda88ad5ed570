package policy

import (
	"fmt"
	"slices"
	"time"
)

// Policy is a world compiled for one time. It answers as the world does from ValidFrom to
// ValidUntil, and is safe for concurrent use.
//
// Everything that time decides is decided at compilation: rules, exemptions, edges and clearances
// that do not hold are left out. Rules and exemptions become indices in the order of their ids, so
// that sorting indices sorts ids; organisations, suppliers and products keep the number that they
// were first given.
//
// Nothing in it is written once it is made: a policy made from another shares with it all that is
// the same.
type Policy struct {
	world *World
	at    time.Time
	near  [spans]near // by part of the world

	declared
	places
	things
	routes
	ruling
	exempting
}

// declared is the ids of each section.
type declared struct {
	organisations, sites, suppliers, products ids
	ruleNumbers                               ids // by index in the world, in force or not
}

// none stands for no index: no product found, no parent, no supplier known.
const none = int32(-1)

// places are the organisations, by their numbers, and the sites.
type places struct {
	organisation []organisation
	siteClass    map[string]string
}

// organisation is a place in the forest of organisations: it is within another where its number
// lies in the other's interval [number, end).
type organisation struct {
	parent      int32
	number, end int32
	ownList     bool
	monitored   bool
}

// extent is a stretch of a list.
type extent struct{ from, to int32 }

// grouped is lists of many items, one after the other.
type grouped[T any] struct {
	items []T
	at    []extent
}

// of returns list i.
func (g *grouped[T]) of(i int32) []T { return g.items[g.at[i].from:g.at[i].to] }

// entry is an item of a list yet to be made.
type entry[T any] struct {
	list int32
	item T
}

// group makes n lists of entries, whose order within a list stays what it was.
func group[T any](n int, entries []entry[T]) grouped[T] {
	g := grouped[T]{make([]T, len(entries)), make([]extent, n)}
	for i := range entries {
		g.at[entries[i].list].to++
	}
	from := int32(0)
	for i := range g.at {
		n := g.at[i].to
		g.at[i] = extent{from, from}
		from += n
	}
	for i := range entries {
		at := &g.at[entries[i].list]
		g.items[at.to] = entries[i].item
		at.to++
	}
	return g
}

func bit(i uint8) uint16 { return 1 << i }

// Compile makes the form of w that answers at t. The world is kept and must not change as long as
// the policy, or one made from it, is in use. A world that Validate finds fault with does not compile.
func Compile(w *World, t time.Time) (*Policy, error) {
	v := validate(w)
	if problems := v.problems; len(problems) > 0 {
		return nil, fmt.Errorf("the world cannot be relied on (%d problems): %s: %s", len(problems), problems[0].Key, problems[0].Message)
	}
	c := newCompiler(&Policy{world: &World{}}, w, t)
	c.declared = v.declared
	c.compile()
	return c.Policy, nil
}

// Recompile returns what Compile(w, t) does, made from p: what differs between p's world and w, and
// what comes or goes between p's time and t, is compiled; all else is p's. A section of w that is
// the same memory as in p's world is not even looked at, so that a world in which one item changed
// is compiled in a fraction of the time. p stays as it is.
func (p *Policy) Recompile(w *World, t time.Time) (*Policy, error) {
	c := newCompiler(p, w, t)
	if c.declare() && c.valid() && c.compile() {
		return c.Policy, nil
	}
	return Compile(w, t)
}

// ValidFrom is the last date of the world that is not after the time of compilation; zero where
// there is none.
func (p *Policy) ValidFrom() time.Time { return p.nearest().From }

// ValidUntil is the first date of the world after the time of compilation: from then on another
// compilation answers. It is zero where there is none.
func (p *Policy) ValidUntil() time.Time { return p.nearest().Until }

func (p *Policy) nearest() near {
	n := near{at: p.at}
	for i := range p.near {
		n.add(p.near[i].From)
		n.add(p.near[i].Until)
	}
	return n
}

// compiler makes a policy from one that was, which may be empty.
type compiler struct {
	*Policy
	was *Policy

	// In what the worlds differ.
	placesChanged bool
	newSuppliers  []change[Supplier]
	newProducts   []change[Product]
	newRules      []change[Rule]
	newExemptions []change[Exemption]
	// Whether time alone may change something, by part of the world.
	passed [spans]bool

	routesChanged bool
	altered       map[string]bool // rules that are or demand something else than they did, or came or went
	moved         []int32         // by the rules' indices before: theirs now, or none; nil where they have not moved
}

func newCompiler(was *Policy, w *World, t time.Time) *compiler {
	next := *was
	next.world, next.at = w, t
	c := &compiler{Policy: &next, was: was}
	c.placesChanged = !unchanged(was.world.Organisations, w.Organisations) || !unchanged(was.world.Sites, w.Sites)
	c.newSuppliers = allSuppliers.changes(was.world.Suppliers, w.Suppliers)
	c.newProducts = allProducts.changes(was.world.Products, w.Products)
	c.newRules = allRules.changes(was.world.Rules, w.Rules)
	c.newExemptions = allExemptions.changes(was.world.Exemptions, w.Exemptions)
	c.measure([spans]bool{
		placesSpan:     c.placesChanged,
		thingsSpan:     len(c.newSuppliers)+len(c.newProducts) > 0,
		rulesSpan:      len(c.newRules) > 0,
		exemptionsSpan: len(c.newExemptions) > 0,
	})
	return c
}

// measure finds the dates next to the time of compilation in those parts of the world that changed,
// or whose dates time has passed.
func (c *compiler) measure(changed [spans]bool) {
	for i := range c.near {
		c.passed[i] = !c.near[i].Contains(c.at)
		if c.passed[i] || changed[i] {
			c.near[i] = near{at: c.at}
			datesOf[i](c.world, c.near[i].add)
		}
	}
}

// compile is false where the world is not valid after all.
func (c *compiler) compile() bool {
	if c.placesChanged || c.passed[placesSpan] {
		c.compilePlaces()
	}
	c.compileThings()
	if !c.identify() {
		return false
	}
	if c.routesChanged {
		c.compileRoutes()
	}
	if c.routesChanged || len(c.newRules) > 0 || c.passed[rulesSpan] {
		c.compileRules()
	}
	c.compileExemptions()
	return true
}

func (c *compiler) compilePlaces() {
	w := c.world
	c.organisation = make([]organisation, len(w.Organisations))
	children := make([][]int32, len(w.Organisations))
	var roots []int32
	for i := range w.Organisations {
		o := &w.Organisations[i]
		compiled := organisation{parent: none, ownList: o.OwnList, monitored: o.Monitor != nil && o.Monitor.Contains(c.at)}
		if o.Parent == "" {
			roots = append(roots, int32(i))
		} else {
			compiled.parent = c.organisations[o.Parent]
			children[compiled.parent] = append(children[compiled.parent], int32(i))
		}
		c.organisation[i] = compiled
	}
	c.number(roots, children)
	c.siteClass = make(map[string]string, len(w.Sites))
	for i := range w.Sites {
		c.siteClass[w.Sites[i].ID] = w.Sites[i].Class
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
