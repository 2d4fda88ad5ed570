package policy

import "slices"

// Path returns the ids that lead from what was judged to the target of a rule that covers it: the
// product (or the candidate for it), the products it contains that lead there, and the companies
// behind them, ending at the target. It is a shortest such path, the first by its ids where there
// are several. For a rule on anything it is the product alone, and empty where there is none. It is
// nil where no path leads there or the rule is not in force. The caller must not change it.
//
// The decision is one that p's subjects made.
func (p *Policy) Path(d *Decision, ruleID string) []string {
	i, ok := p.ruleIndex[ruleID]
	if !ok {
		return nil
	}
	walk := walk{policy: p, rule: &p.rules[i], version: d.Version}
	switch {
	case d.product != none && (walk.rule.Target.Any || walk.rule.product == d.product):
		return p.productIDs[d.product : d.product+1 : d.product+1]
	case d.product != none:
		walk.start(d.product)
	case walk.rule.Effect == Allow:
		return nil
	case walk.rule.Target.Any && len(d.candidates) == 0:
		return []string{}
	default:
		for _, candidate := range d.candidates {
			walk.start(candidate)
		}
	}
	return walk.shortest()
}

// walk is a search for the shortest path, all paths of one length at a time.
type walk struct {
	policy  *Policy
	rule    *rule
	version string
	paths   []path
	seen    map[node]bool
}

// node is what a path may come by: a company, an installed product, or a product inside another.
// The last two differ, because the installed product's version is known and a component's is not.
type node struct {
	company   bool
	component bool
	index     int32
}

type path struct {
	at  node
	ids []string
}

func (w *walk) start(product int32) {
	if w.rule.Effect == Allow || w.rule.matchesKind(w.policy.product[product].kind) {
		w.paths = append(w.paths, path{node{index: product}, []string{w.policy.productIDs[product]}})
	}
}

func (w *walk) shortest() []string {
	byIDs := func(a, b path) int { return slices.Compare(a.ids, b.ids) }
	w.seen = make(map[node]bool)
	for len(w.paths) > 0 {
		slices.SortStableFunc(w.paths, byIDs)
		for _, p := range w.paths {
			if w.arrived(p.at) {
				return p.ids
			}
		}
		var longer []path
		for _, p := range w.paths {
			if !w.seen[p.at] {
				w.seen[p.at] = true
				longer = w.extend(longer, p)
			}
		}
		w.paths = longer
	}
	return nil
}

func (w *walk) arrived(n node) bool {
	switch {
	case w.rule.Target.Any:
		return true
	case n.company:
		return n.index == w.rule.supplier
	}
	return n.index == w.rule.product
}

// extend appends what is one step further than p.
func (w *walk) extend(paths []path, p path) []path {
	step := func(n node, id string) {
		paths = append(paths, path{n, append(slices.Clone(p.ids), id)})
	}
	if p.at.company {
		for _, owner := range w.policy.supplier[p.at.index].owners {
			step(node{company: true, index: owner}, w.policy.supplier[owner].id)
		}
		return paths
	}
	if w.rule.supplier != none {
		w.makers(p.at.index, step)
	}
	if w.rule.Effect != Allow && w.rule.Components {
		for _, held := range w.policy.inside[p.at.index].contains {
			if p.at.component || held.versions.contains(w.version) {
				step(node{component: true, index: held.product}, w.policy.productIDs[held.product])
			}
		}
	}
	return paths
}

// makers steps to the companies behind a product; for an allow rule its own supplier alone, which
// must then be the target.
func (w *walk) makers(product int32, step func(node, string)) {
	supplier := w.policy.product[product].supplier
	if supplier != none && (w.rule.Effect != Allow || supplier == w.rule.supplier) {
		step(node{company: true, index: supplier}, w.policy.supplier[supplier].id)
	}
	if w.rule.Effect == Allow {
		return
	}
	for _, maker := range w.policy.inside[product].makers {
		step(node{company: true, index: maker}, w.policy.supplier[maker].id)
	}
}
