package policy

import "slices"

// Turns returns the versions, ascending and each once, at which a ban or a phase-out may begin or cease
// to match an identifier: the ends of their windows. Between two of them, below the first and from the
// last on, they match every version alike, as windows see versions.
func (s *Subject) Turns(in Installation) (versions []string) {
	var c cause
	s.identify(&in, &c)
	turn := func(w Window) {
		for _, v := range [...]string{w.Since, w.Until} {
			if v != "" {
				versions = append(versions, v)
			}
		}
	}
	for _, i := range s.policy.always {
		turn(s.policy.rules[i].Versions)
	}
	products := c.candidates
	if c.product != none {
		products = []int32{c.product}
	}
	for _, product := range products {
		p := &s.policy.product[product]
		for i := p.restricts.from; i < p.restricts.to; i++ {
			entry := &s.policy.restricts[i]
			turn(s.policy.rules[entry.rule].Versions)
			for _, w := range entry.windows {
				turn(w)
			}
		}
	}
	order := func(a, b string) int { return compareVersions(a, b, false) }
	slices.SortFunc(versions, order)
	return slices.CompactFunc(versions, func(a, b string) bool { return order(a, b) == 0 })
}

// Restricted tells whether any ban or phase-out in force may match a product, in whichever body: where it is false, none
// does.
func (p *Policy) Restricted(product string) bool {
	if len(p.always) > 0 {
		return true
	}
	i, known := p.products[product]
	return known && p.product[i].restricts.from < p.product[i].restricts.to
}

// Singled returns the ids, ascending, of the exemptions in force that single the host out: those that
// are for it, its site, its holder or one of its groups, and not for everyone where it belongs.
func (s *Subject) Singled() (ids []string) {
	p := s.policy
	for _, i := range s.exemptions() {
		e := &p.exemptions[i]
		if !slices.Contains(p.exempt.everyone[e.scope], e.slot) {
			ids = append(ids, e.id)
		}
	}
	return ids
}

// Watched tells whether what is not listed is only watched where the host belongs, and no breach.
func (s *Subject) Watched() bool { return s.policy.organisation[s.organisation].monitored }
