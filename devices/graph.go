package devices

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
)

// Graph is companies and products, and what they have to do with each other. There is one node for each; edges may
// go round in circles, as what was said of companies may.
type Graph struct {
	Nodes []GraphNode
	Edges []GraphEdge
}

// GraphNode is a company, a product, or how many more of these there are than are shown.
type GraphNode struct {
	Supplier *policy.Supplier // nil where it is no company
	Product  *policy.Product  // nil where it is no product
	// More is how many companies or products are not shown; Of is the id of the company or product that they
	// belong to.
	More int
	Of   string
	// Banning are the bans and phase-outs that name it and have not ended.
	Banning []*policy.Rule
}

// GraphEdge leads from a node to another, by their places.
type GraphEdge struct {
	From, To int
	Means    Meaning
	policy.Period
	Holds    bool          // now
	Versions policy.Window // of what contains something
}

// Meaning is what the upper end of an edge has to do with the lower.
type Meaning int

// The meanings.
const (
	Owns     Meaning = iota // a company another
	Supplies                // a company a product
	Makes                   // a company a product that is sold by another
	IsMadeBy                // a product the company that makes it, where another sells it
	IsSoldBy                // a product the company that sells it, where another makes it
	Contains                // a product another
	IsInside                // a product another
)

// How much is shown before the rest is counted.
const (
	mostNodes    = 80
	mostProducts = 6 // of the company that is asked about
	mostTheirs   = 3 // products of a company below it
	mostParts    = 3 // of what contains a product, and of what it contains
	mostInside   = 2 // steps from a product to what contains what contains it
)

// mostOwned is how many companies are shown that one owns, by how far it is from the one that is asked about.
var mostOwned = [...]int{8, 4, 3, 2}

// SupplierGraph returns what hangs together with a supplier: who owns it and who owns these, whom it owns, what it
// makes, and what contains that. It needs people.SeeDevices somewhere.
func (r *Room) SupplierGraph(ctx context.Context, actor people.Actor, id string) (Graph, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (none Graph, err error) {
		if _, err := tx.Reach(people.SeeDevices); err != nil {
			return none, err
		}
		g := newGraph(r.Fleet.View().World, tx.Now().Time())
		g.opens = true
		s := g.suppliers[id]
		if s == nil {
			return none, fault.New(fault.NotFound, "There is no supplier %s", id)
		}
		g.above(s)
		g.making(s, mostProducts)
		g.below(s, 0)
		g.beside()
		return g.Graph, nil
	})
}

// SuppliersGraph returns how suppliers hang together with those that own them and whom they own; one that does
// neither is left out. It needs people.SeeDevices somewhere.
func (r *Room) SuppliersGraph(ctx context.Context, actor people.Actor, ids []string) (Graph, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (none Graph, err error) {
		if _, err := tx.Reach(people.SeeDevices); err != nil {
			return none, err
		}
		g := newGraph(r.Fleet.View().World, tx.Now().Time())
		for _, id := range ids {
			if s := g.suppliers[id]; s != nil && len(g.Nodes) < mostNodes && (len(s.OwnedBy) > 0 || len(g.owned[id]) > 0) {
				g.above(s)
				g.below(s, 0)
			}
		}
		g.beside()
		return g.Graph, nil
	})
}

// ownership is that a company is owned, in one period.
type ownership struct {
	supplier *policy.Supplier
	edge     *policy.Edge
}

// inside is what contains a product, and in which versions.
type inside struct {
	product *policy.Product
	part    *policy.Component
}

// grapher makes a graph of a world.
type grapher struct {
	Graph
	*book
	now   time.Time
	opens bool                         // products are shown with what they are in, and not counted alone
	owned map[string][]ownership       // by the owner
	made  map[string][]*policy.Product // that a company supplies, or has made
	in    map[string][]inside          // by the component
	bans  map[policy.Target][]*policy.Rule
	at    map[string]int // where the nodes of companies ("s" and the id) and products ("p") are
	drawn map[GraphEdge]bool
	// opened are the companies of which is shown whom they own.
	opened map[string]bool
}

func newGraph(w *policy.World, now time.Time) *grapher {
	g := &grapher{book: newBook(w), now: now, owned: map[string][]ownership{}, made: map[string][]*policy.Product{}, in: map[string][]inside{},
		bans: map[policy.Target][]*policy.Rule{}, at: map[string]int{}, drawn: map[GraphEdge]bool{}, opened: map[string]bool{}}
	for i := range w.Rules {
		if r := &w.Rules[i]; r.Effect != policy.Allow && (r.Until.IsZero() || now.Before(r.Until)) {
			g.bans[r.Target] = append(g.bans[r.Target], r)
		}
	}
	for i := range w.Suppliers {
		s := &w.Suppliers[i]
		for k := range s.OwnedBy {
			g.owned[s.OwnedBy[k].Supplier] = append(g.owned[s.OwnedBy[k].Supplier], ownership{s, &s.OwnedBy[k]})
		}
	}
	for i := range w.Products {
		p := &w.Products[i]
		for _, id := range behind(p) {
			g.made[id] = append(g.made[id], p)
		}
		for k := range p.Contains {
			g.in[p.Contains[k].Product] = append(g.in[p.Contains[k].Product], inside{p, &p.Contains[k]})
		}
	}
	return g
}

// behind are the companies that supply or make a product, each once.
func behind(p *policy.Product) (ids []string) {
	if p.Supplier != "" {
		ids = append(ids, p.Supplier)
	}
	for _, e := range p.MadeBy {
		if !slices.Contains(ids, e.Supplier) {
			ids = append(ids, e.Supplier)
		}
	}
	return ids
}

// company is the place of a company's node, and whether it is new.
func (g *grapher) company(s *policy.Supplier) (at int, added bool) {
	return g.node("s"+s.ID, GraphNode{Supplier: s, Banning: g.bans[policy.Target{Supplier: s.ID}]})
}

// product is the place of a product's node, and whether it is new.
func (g *grapher) product(p *policy.Product) (at int, added bool) {
	return g.node("p"+p.ID, GraphNode{Product: p, Banning: g.bans[policy.Target{Product: p.ID}]})
}

func (g *grapher) node(key string, n GraphNode) (at int, added bool) {
	if at, is := g.at[key]; is {
		return at, false
	}
	g.at[key] = len(g.Nodes)
	g.Nodes = append(g.Nodes, n)
	return len(g.Nodes) - 1, true
}

// edge adds an edge, once. What has no period holds.
func (g *grapher) edge(from, to int, m Meaning, p policy.Period, versions policy.Window) {
	e := GraphEdge{From: from, To: to, Means: m, Period: p, Holds: p.Contains(g.now), Versions: versions}
	if !g.drawn[e] {
		g.drawn[e] = true
		g.Edges = append(g.Edges, e)
	}
}

// more counts what is not shown below a node.
func (g *grapher) more(below int, m Meaning, of string, n int) {
	if n > 0 {
		g.Nodes = append(g.Nodes, GraphNode{More: n, Of: of})
		g.edge(below, len(g.Nodes)-1, m, policy.Period{}, policy.Window{})
	}
}

// above adds who owns a company, and who owns these; a circle ends where it began.
func (g *grapher) above(s *policy.Supplier) {
	at, added := g.company(s)
	if !added {
		return
	}
	for i := range s.OwnedBy {
		if o := g.suppliers[s.OwnedBy[i].Supplier]; o != nil {
			g.above(o)
			owner, _ := g.company(o)
			g.edge(owner, at, Owns, s.OwnedBy[i].Period, policy.Window{})
		}
	}
}

// below adds whom a company owns, and whom these own: those first that a rule names, then those that it owns now.
func (g *grapher) below(s *policy.Supplier, depth int) {
	if g.opened[s.ID] {
		return
	}
	g.opened[s.ID] = true
	at, _ := g.company(s)
	all := slices.Clone(g.owned[s.ID])
	slices.SortStableFunc(all, func(x, y ownership) int {
		return cmp.Or(g.first(x.supplier.ID, y.supplier.ID), yes(x.edge.Contains(g.now), y.edge.Contains(g.now)), byName(x.supplier.Name, y.supplier.Name, x.supplier.ID, y.supplier.ID))
	})
	left, most := map[string]bool{}, mostOwned[min(depth, len(mostOwned)-1)]
	shown := map[string]bool{}
	for _, o := range all {
		_, known := g.at["s"+o.supplier.ID]
		if !known && !shown[o.supplier.ID] && (len(shown) >= most || len(g.Nodes) >= mostNodes) {
			left[o.supplier.ID] = true
			continue
		}
		shown[o.supplier.ID] = true
		to, added := g.company(o.supplier)
		g.edge(at, to, Owns, o.edge.Period, policy.Window{})
		if added {
			g.below(o.supplier, depth+1)
		}
	}
	g.more(at, Owns, s.ID, len(left))
	if depth > 0 {
		g.making(s, mostTheirs)
	}
}

// makes adds a product of a company, and how it is its.
func (g *grapher) makes(s *policy.Supplier, p *policy.Product, at int) (to int, added bool) {
	to, added = g.product(p)
	if p.Supplier == s.ID {
		g.edge(at, to, Supplies, policy.Period{}, policy.Window{})
	}
	for i := range p.MadeBy {
		if e := &p.MadeBy[i]; e.Supplier == s.ID {
			g.edge(at, to, Makes, e.Period, policy.Window{})
		}
	}
	return to, added
}

// making adds products of a company, with what contains them and what they contain, and counts the others: those come
// first that a rule names, then those whose code goes furthest.
func (g *grapher) making(s *policy.Supplier, most int) {
	at, _ := g.company(s)
	all, shown := slices.Clone(g.made[s.ID]), 0
	slices.SortStableFunc(all, func(x, y *policy.Product) int {
		return cmp.Or(yes(g.named(x), g.named(y)), cmp.Compare(len(g.in[y.ID]), len(g.in[x.ID])), cmp.Compare(len(y.MadeBy), len(x.MadeBy)), byName(x.Name, y.Name, x.ID, y.ID))
	})
	for _, p := range all {
		room := g.opens && len(g.Nodes) < mostNodes
		if shown == most || !room && !g.named(p) {
			break
		}
		shown++
		to, added := g.makes(s, p, at)
		if added && room {
			g.elsewhere(s, p, to)
			g.carriers(p, to, 0)
			g.contents(p, to)
		}
	}
	g.more(at, Supplies, s.ID, len(all)-shown)
}

// elsewhere adds the other companies behind a product: who sells what this one makes, or makes what it sells.
func (g *grapher) elsewhere(s *policy.Supplier, p *policy.Product, at int) {
	if seller := g.suppliers[p.Supplier]; seller != nil && seller.ID != s.ID {
		to, _ := g.company(seller)
		g.edge(at, to, IsSoldBy, policy.Period{}, policy.Window{})
	}
	for _, e := range p.MadeBy {
		if maker := g.suppliers[e.Supplier]; maker != nil && maker.ID != s.ID {
			to, _ := g.company(maker)
			g.edge(at, to, IsMadeBy, e.Period, policy.Window{})
		}
	}
}

// carriers adds what contains a product, and what contains that.
func (g *grapher) carriers(p *policy.Product, at, depth int) {
	all := slices.Clone(g.in[p.ID])
	slices.SortStableFunc(all, func(x, y inside) int {
		return cmp.Or(yes(g.named(x.product), g.named(y.product)), byName(x.product.Name, y.product.Name, x.product.ID, y.product.ID))
	})
	most := mostParts
	if depth == mostInside || len(g.Nodes) >= mostNodes {
		most = 0
	}
	most = min(most, len(all))
	for _, c := range all[:most] {
		to, added := g.product(c.product)
		g.edge(at, to, IsInside, policy.Period{}, c.part.Versions)
		if added {
			g.carriers(c.product, to, depth+1)
		}
	}
	g.more(at, IsInside, p.ID, len(all)-most)
}

// contents adds what a product contains. What was said the other way round is not said again.
func (g *grapher) contents(p *policy.Product, at int) {
	shown, left := 0, 0
	for _, c := range p.Contains {
		part := g.products[c.Product]
		switch {
		case part == nil:
		case shown == mostParts || len(g.Nodes) >= mostNodes:
			left++
		default:
			shown++
			to, _ := g.product(part)
			if !slices.ContainsFunc(g.Edges, func(e GraphEdge) bool { return e.From == to && e.To == at && e.Means == IsInside }) {
				g.edge(at, to, Contains, policy.Period{}, c.Versions)
			}
		}
	}
	g.more(at, Contains, p.ID, left)
}

// beside counts, for each company that stands above others only, whom else it owns.
func (g *grapher) beside() {
	for at := range g.Nodes {
		s := g.Nodes[at].Supplier
		if s == nil || g.opened[s.ID] {
			continue
		}
		above, left := false, map[string]bool{}
		for _, o := range g.owned[s.ID] {
			to, known := g.at["s"+o.supplier.ID]
			if above = above || known; known {
				g.edge(at, to, Owns, o.edge.Period, policy.Window{})
			} else {
				left[o.supplier.ID] = true
			}
		}
		if above {
			g.more(at, Owns, s.ID, len(left))
		}
	}
}

// named tells whether a rule bans a product, or phases it out.
func (g *grapher) named(p *policy.Product) bool {
	return len(g.bans[policy.Target{Product: p.ID}]) > 0
}

// first orders companies: those that a rule names before the others.
func (g *grapher) first(x, y string) int {
	return yes(len(g.bans[policy.Target{Supplier: x}]) > 0, len(g.bans[policy.Target{Supplier: y}]) > 0)
}

// yes orders what is so before what is not.
func yes(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}

// byName orders by names, and ids where these are the same.
func byName(x, y, idX, idY string) int {
	return cmp.Or(strings.Compare(strings.ToLower(cmp.Or(x, idX)), strings.ToLower(cmp.Or(y, idY))), strings.Compare(idX, idY))
}
