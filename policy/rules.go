package policy

import (
	"cmp"
	"slices"
)

// ruling is the rules in force, ordered by id, and what they are about.
type ruling struct {
	rules     []rule
	ruleIDs   []string // theirs, close together
	ruleIndex map[string]int32
	matches   map[string][]match // by a ban's or phase-out's id: the products that its target matches
	always    []int32            // bans and phase-outs with the target any
	restricts []restriction      // bans and phase-outs with another target, by product
	allows    []scoped           // allow rules with the target product, by product
	allowMade grouped[scoped]    // allow rules with the target supplier, by supplier
	allowAny  []scoped           // allow rules with the target any
	floors    []floor
}

// match is a product that a ban or phase-out matches. Where windows is not nil it matches by
// components alone, and only for versions in one of the windows.
type match struct {
	product int32
	windows []Window
}

// restriction is a ban or phase-out whose target matches a product, as match says.
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

// compileRules compiles the rules anew, which are few. What is the same of one as before is taken
// over, and what it matches is found again only where the rule or a route changed.
func (c *compiler) compileRules() {
	c.altered = make(map[string]bool, len(c.newRules))
	for _, r := range c.newRules {
		c.altered[cmp.Or(r.is, r.was).ID] = true
	}
	was := c.was
	n := len(was.rules) + len(c.newRules)
	c.ruling = ruling{rules: make([]rule, 0, n), ruleIDs: make([]string, 0, n), ruleIndex: was.ruleIndex,
		matches: make(map[string][]match, len(was.matches)), floors: make([]floor, 0, len(was.floors)+len(c.newRules))}
	c.enterRules(c.rulesInForce())
	if c.moved != nil {
		c.ruleIndex = make(map[string]int32, len(c.rules))
		for i, id := range c.ruleIDs {
			c.ruleIndex[id] = int32(i)
		}
	}
	allows := make([]entry[scoped], 0, len(c.rules))
	for i := range c.rules {
		switch r := &c.rules[i]; {
		case r.Effect == Allow:
			allows = append(allows, c.allow(int32(i)))
		case r.Target.Any:
			c.always = append(c.always, int32(i))
		default:
			c.match(r)
		}
	}
	c.product = slices.Clone(c.product)
	c.arrangeRestrictions()
	c.arrangeAllows(group(len(c.organisation), allows).items)
}

func (c *compiler) rulesInForce() []*Rule {
	inForce := make([]*Rule, 0, len(c.world.Rules))
	for i := range c.world.Rules {
		if r := &c.world.Rules[i]; r.Contains(c.at) {
			inForce = append(inForce, r)
		}
	}
	slices.SortFunc(inForce, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	return inForce
}

// enterRules goes through the rules in force as they were and as they are, both in the order of
// their ids, and notes which came or went, and where the others have moved.
func (c *compiler) enterRules(inForce []*Rule) {
	old := c.was.ruleIDs
	moved := make([]int32, 0, len(old))
	still := true
	gone := func(before func(id string) bool) {
		for len(moved) < len(old) && before(old[len(moved)]) {
			c.altered[old[len(moved)]] = true
			moved = append(moved, none)
			still = false
		}
	}
	for i, r := range inForce {
		gone(func(id string) bool { return id < r.ID })
		var was *rule
		if n := len(moved); n < len(old) && old[n] == r.ID {
			was = &c.was.rules[n]
			moved = append(moved, int32(i))
		} else {
			c.altered[r.ID] = true
			still = false
		}
		c.ruleIDs = append(c.ruleIDs, r.ID)
		c.rules = append(c.rules, c.rule(r, was))
	}
	gone(func(string) bool { return true })
	if !still {
		c.moved = moved
	}
}

// rule compiles r, or takes it over from what it was, where it was in force.
func (c *compiler) rule(r *Rule, was *rule) rule {
	overdue := r.Effect == PhaseOut && !c.at.Before(r.Deadline)
	if was != nil && !c.altered[r.ID] {
		return rule{r, was.filter, was.scope, was.product, was.supplier, overdue}
	}
	compiled := rule{Rule: r, scope: c.organisations[r.Scope], product: none, supplier: none, overdue: overdue}
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
	return compiled
}

// allow is an allow rule's entry at its scope.
func (c *compiler) allow(i int32) entry[scoped] {
	r := &c.rules[i]
	return entry[scoped]{r.scope, scoped{r.scope, i, r.filter, len(r.SiteClass) > 0, c.floor(r.Rule)}}
}

// arrangeAllows enters allow rules, ordered by scope and then by id, at what they allow.
func (c *compiler) arrangeAllows(ordered []scoped) {
	products := make([]entry[scoped], 0, len(ordered))
	var suppliers []entry[scoped]
	for _, s := range ordered {
		switch r := &c.rules[s.rule]; {
		case r.product != none:
			products = append(products, entry[scoped]{r.product, s})
		case r.supplier != none:
			suppliers = append(suppliers, entry[scoped]{r.supplier, s})
		default:
			c.allowAny = append(c.allowAny, s)
		}
	}
	c.allowMade = group(len(c.supplier), suppliers)
	arranged := group(len(c.product), products)
	c.allows = arranged.items
	for i := range c.product {
		c.product[i].allows = arranged.at[i]
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

// arrangeRestrictions enters every ban or phase-out at the products that it matches.
func (c *compiler) arrangeRestrictions() {
	entries := make([]entry[restriction], 0, len(c.was.restricts))
	for i, id := range c.ruleIDs {
		for _, m := range c.matches[id] {
			entries = append(entries, entry[restriction]{m.product, restriction{int32(i), m.windows}})
		}
	}
	arranged := group(len(c.product), entries)
	c.restricts = arranged.items
	for i := range c.product {
		c.product[i].restricts = arranged.at[i]
	}
}

// match notes every product that a ban's or phase-out's target matches, by itself or, where the rule
// says so, by what it contains.
func (c *compiler) match(r *rule) {
	if known, ok := c.was.matches[r.ID]; ok && !c.routesChanged && !c.altered[r.ID] {
		c.matches[r.ID] = known
		return
	}
	direct := reach{}
	if r.product != none {
		direct[r.product] = true
	} else {
		companies := reach{}
		companies.add([]int32{r.supplier}, &c.owned)
		for company := range companies {
			for _, product := range c.made.of(company) {
				direct[product] = true
			}
		}
	}
	matches := make([]match, 0, len(direct))
	for product := range direct {
		matches = append(matches, match{product: product})
	}
	if r.Components {
		matches = c.matchHolders(matches, direct)
	}
	c.matches[r.ID] = matches
}

// matchHolders adds every product outside direct that holds one of direct, at any depth: with the
// windows of the entries through which its first level leads there.
func (c *compiler) matchHolders(matches []match, direct reach) []match {
	reached := reach{}
	for product := range direct {
		reached.add([]int32{product}, &c.holders)
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
		matches = append(matches, match{product, windows})
	}
	return matches
}
