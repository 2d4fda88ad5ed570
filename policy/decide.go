package policy

import (
	"fmt"
	"slices"
	"time"
)

// Decide compiles w for t and judges one installation of a host. To judge more than one, Compile once.
func Decide(w *World, h *Host, in *Installation, t time.Time) (Decision, error) {
	var d Decision
	p, err := Compile(w, t)
	if err != nil {
		return d, err
	}
	s, err := p.Subject(h)
	if err != nil {
		return d, err
	}
	s.Decide(in, &d)
	return d, nil
}

// Subject is one host, ready to have its installations judged. It is for one goroutine at a time.
type Subject struct {
	policy       *Policy
	host         *Host
	organisation int32

	applying []int32 // exemptions for this host, ascending; found when first needed
	searched bool
}

// Subject prepares h, which must not change while the subject is in use. An organisation that is
// not declared is an error.
func (p *Policy) Subject(h *Host) (Subject, error) {
	o, ok := p.organisations[h.Organisation]
	if !ok {
		return Subject{}, fmt.Errorf("host %q: no organisation %q is declared", h.ID, h.Organisation)
	}
	return Subject{policy: p, host: h, organisation: o}, nil
}

// DecideAll judges many installations of the host, in their order, into ds, whose memory it uses again.
func (s *Subject) DecideAll(ins []Installation, ds []Decision) []Decision {
	ds = slices.Grow(ds[:0], len(ins))[:len(ins)]
	for i := range ins {
		s.Decide(&ins[i], &ds[i])
	}
	return ds
}

// Decide judges one installation into d, whose memory it uses again.
func (s *Subject) Decide(in *Installation, d *Decision) {
	var c cause
	s.identify(in, &c)
	d.Identifier, d.Platform, d.Product, d.Version = in.Identifier, c.platform, "", in.Version
	d.Findings, d.ids = d.Findings[:0], d.ids[:0]
	if in.Product != "" {
		d.Identifier = in.Product
	}
	if d.product, d.candidates = c.product, c.candidates; c.product != none {
		d.Product = s.policy.productIDs[c.product]
	}
	s.restrictions(&c, d)
	s.listing(&c, d)
	s.conclude(&c, d)
}

// cause is an installation with what has been found out about it.
type cause struct {
	in         *Installation
	platform   Platform
	product    int32
	candidates []int32 // by product, ascending ids; only where no product was found
	impostor   bool
	kind       Kind // of the product; zero where only candidates were found
	covering   [8]int32
}

// identify finds out what an installation is, into c, which is empty.
func (s *Subject) identify(in *Installation, c *cause) {
	c.in, c.platform, c.product = in, in.Platform, none
	p := s.policy
	if c.platform == 0 {
		c.platform = s.host.Platform
	}
	if in.Product != "" {
		if i, ok := p.products[in.Product]; ok {
			c.product = i
		}
	} else if found, ok := p.identified[c.platform][in.Identifier]; ok {
		c.product = found.product
		c.impostor = found.signers != none && in.Signer != "" && !slices.Contains(p.signers[found.signers], in.Signer)
	} else {
		c.candidates = p.candidates(in.Identifier)
	}
	switch {
	case c.product != none:
		c.kind = p.product[c.product].kind
	case len(c.candidates) > 0:
	case s.host.Kind == EquipmentHost:
		c.kind = Equipment
	default:
		c.kind = App
	}
}

// candidates returns the products that have an identifier on any platform, each once.
func (p *Policy) candidates(identifier string) (found []int32) {
	for _, identified := range p.identified {
		if i, ok := identified[identifier]; ok && !slices.Contains(found, i.product) {
			found = append(found, i.product)
		}
	}
	return found
}

// restrictions makes the findings on bans and on phase-outs.
func (s *Subject) restrictions(c *cause, d *Decision) {
	covering := s.covering(c)
	if len(covering) == 0 {
		return
	}
	for question, effect := range [...]Effect{BanQuestion: Ban, PhaseOutQuestion: PhaseOut} {
		if effect != 0 {
			s.restriction(c, d, Question(question), effect, covering)
		}
	}
}

// restriction makes the finding on the rules of one effect among those that cover.
func (s *Subject) restriction(c *cause, d *Decision, question Question, effect Effect, covering []int32) {
	rules := s.policy.rules
	covers, stands, overdue := false, false, false
	for _, i := range covering {
		if rules[i].Effect != effect {
			continue
		}
		covers = true
		if !s.lifted(c, i) {
			stands = true
			overdue = overdue || rules[i].overdue
		}
	}
	if !covers {
		return
	}
	f := Finding{Question: question, Result: Lifted}
	switch {
	case stands && effect == Ban:
		f.Result = Banned
	case stands && overdue:
		f.Result = Overdue
	case stands:
		f.Result = PhasingOut
	}
	start := len(d.ids)
	for _, i := range covering {
		r := &rules[i]
		if r.Effect == effect && (!stands || !s.lifted(c, i) && (f.Result != Overdue || r.overdue)) {
			d.ids = append(d.ids, r.ID)
		}
	}
	f.Rules = d.since(start)
	if !stands {
		f.Exemptions = s.lifting(c, d, effect, covering)
	}
	d.Findings = append(d.Findings, f)
}

// since returns the ids noted from start on.
func (d *Decision) since(start int) []string { return d.ids[start:len(d.ids):len(d.ids)] }

// covering returns the bans and phase-outs that cover, ascending and each once.
func (s *Subject) covering(c *cause) []int32 {
	p := s.policy
	covering := c.covering[:0]
	for _, i := range p.always {
		if s.alwaysCovers(c, i) {
			covering = append(covering, i)
		}
	}
	if c.product != none {
		covering = s.coveringProduct(c, c.product, covering)
	}
	for _, candidate := range c.candidates {
		covering = s.coveringProduct(c, candidate, covering)
	}
	if len(p.always) > 0 || len(c.candidates) > 1 {
		slices.Sort(covering)
		covering = slices.Compact(covering)
	}
	return covering
}

func (s *Subject) coveringProduct(c *cause, product int32, covering []int32) []int32 {
	p := &s.policy.product[product]
	for i := p.restricts.from; i < p.restricts.to; i++ {
		entry := &s.policy.restricts[i]
		r := &s.policy.rules[entry.rule]
		if s.restrictionMatches(c, r) && r.matchesKind(p.kind) && insideOne(entry.windows, c.in.Version) {
			covering = append(covering, entry.rule)
		}
	}
	return covering
}

// insideOne tells whether a version lies in one of the windows; no windows at all bound nothing.
func insideOne(windows []Window, version string) bool {
	if windows == nil {
		return true
	}
	return slices.ContainsFunc(windows, func(w Window) bool { return w.contains(version) })
}

// alwaysCovers tells whether a ban or phase-out on anything covers: where there are candidates, the
// kind of any one of them will do.
func (s *Subject) alwaysCovers(c *cause, i int32) bool {
	r := &s.policy.rules[i]
	if !s.restrictionMatches(c, r) {
		return false
	}
	if len(c.candidates) == 0 {
		return r.matchesKind(c.kind)
	}
	return slices.ContainsFunc(c.candidates, func(i int32) bool { return r.matchesKind(s.policy.product[i].kind) })
}

func (f filter) matchesKind(k Kind) bool { return f.kinds == 0 || f.kinds&uint8(bit(uint8(k))) != 0 }

// matchesPlatform tells whether the filter lets one of a set of platforms, a bit for each, through.
func (f filter) matchesPlatform(set uint16) bool { return f.platforms == 0 || f.platforms&set != 0 }

// restrictionMatches tells whether a ban's or phase-out's scope and filters, the kinds apart, match:
// what applies to the host but is not known matches.
func (s *Subject) restrictionMatches(c *cause, r *rule) bool {
	if !s.policy.within(s.organisation, r.scope) {
		return false
	}
	if !r.matchesPlatform(bit(uint8(c.platform)) | bit(uint8(s.host.Platform))) {
		return false
	}
	if len(r.SiteClass) > 0 {
		class, known, applies := s.siteClass()
		if !applies || known && !slices.Contains(r.SiteClass, class) {
			return false
		}
	}
	return r.Versions == Window{} || r.Versions.contains(c.in.Version)
}

// siteClass returns the class of the site on which the host stands: it applies to equipment, and
// may still not be known.
func (s *Subject) siteClass() (class string, known, applies bool) {
	class = s.policy.siteClass[s.host.Site]
	return class, class != "", s.host.Kind == EquipmentHost
}

// listing makes the finding on what may be there at all.
func (s *Subject) listing(c *cause, d *Decision) {
	f := Finding{Question: ListingQuestion}
	switch {
	case c.kind == Equipment:
		f.Result = Permitted
		if c.product == none || s.policy.product[c.product].supplier == none {
			f.Result = Unidentified
		}
	case c.product == none:
		f.Result = Unknown
	case c.impostor:
		f.Result = Impostor
	default:
		s.appListing(c, d, &f)
	}
	d.Findings = append(d.Findings, f)
}

// appListing says of a known app whether allow rules admit it, an exemption lists it, or neither.
func (s *Subject) appListing(c *cause, d *Decision, f *Finding) {
	start := len(d.ids)
	covers, met := s.allows(c, d)
	builtin := s.policy.product[c.product].builtin&bit(uint8(c.platform)) != 0
	if met || !covers && builtin {
		f.Result, f.Rules = Allowed, d.since(start)
		return
	}
	deciding := d.since(start)
	start = len(d.ids)
	for _, i := range s.exemptions() {
		if e := &s.policy.exemptions[i]; e.lists && e.product == c.product && (!covers || e.anyVersion) {
			d.ids = append(d.ids, e.id)
		}
	}
	switch {
	case len(d.ids) > start:
		f.Result, f.Exemptions = Exempt, d.since(start)
	case covers:
		f.Result, f.Rules = Outdated, deciding
	default:
		f.Result = Unlisted
	}
}

// allows finds the allow rules with the nearest scope of those that cover, and notes the ids of the
// ones that are met or, where none is, of all.
func (s *Subject) allows(c *cause, d *Decision) (covers, met bool) {
	p := s.policy
	product := &p.product[c.product]
	lists := [...][]scoped{p.allows[product.allows.from:product.allows.to], nil, p.allowAny}
	if product.supplier != none {
		lists[1] = p.allowMade.of(product.supplier)
	}
	for o := s.organisation; o != none; o = p.organisation[o].parent {
		var nearest [8]scoped
		rules := nearest[:0]
		for _, list := range lists {
			if len(list) > 0 {
				rules = s.allowsAt(c, o, list, rules)
			}
		}
		if len(rules) > 0 {
			slices.SortFunc(rules, func(a, b scoped) int { return int(a.rule) - int(b.rule) })
			return true, s.noteMet(c, d, rules)
		}
		if p.organisation[o].ownList {
			break
		}
	}
	return false, false
}

// allowsAt appends the rules of a list, which is ordered by scope, that are scoped to o and match.
func (s *Subject) allowsAt(c *cause, o int32, list, rules []scoped) []scoped {
	if len(list) > few {
		first, _ := slices.BinarySearchFunc(list, o, func(e scoped, o int32) int { return int(e.scope) - int(o) })
		list = list[first:]
	}
	for i := range list {
		e := &list[i]
		if e.scope > o {
			break
		}
		if e.scope == o && s.allowMatches(c, e) {
			rules = append(rules, *e)
		}
	}
	return rules
}

// allowMatches tells whether an allow rule's filters match: what is not known never does.
func (s *Subject) allowMatches(c *cause, e *scoped) bool {
	if !e.matchesPlatform(bit(uint8(c.platform))) || !e.matchesKind(c.kind) {
		return false
	}
	if !e.sites {
		return true
	}
	class, known, applies := s.siteClass()
	return applies && known && slices.Contains(s.policy.rules[e.rule].SiteClass, class)
}

// noteMet notes the ids of the rules that are met; where none is, of all.
func (s *Subject) noteMet(c *cause, d *Decision, rules []scoped) (met bool) {
	for i := range rules {
		if e := &rules[i]; e.floor == none || s.policy.floors[e.floor].reached(c) {
			d.ids = append(d.ids, s.policy.ruleIDs[e.rule])
			met = true
		}
	}
	if !met {
		for i := range rules {
			d.ids = append(d.ids, s.policy.ruleIDs[rules[i].rule])
		}
	}
	return met
}

// reached tells whether an installation has the version that an allow rule demands.
func (f *floor) reached(c *cause) bool {
	code, ok := f.on(c.platform)
	switch {
	case ok && c.in.VersionCode != nil:
		return *c.in.VersionCode >= code
	case f.version != "":
		return !VersionMissing(c.in.Version) && CompareVersions(c.in.Version, f.version) >= 0
	}
	return !ok
}

// on returns the version code demanded on a platform; false where none is.
func (f *floor) on(p Platform) (code int64, ok bool) {
	if f.code.platform == p {
		return f.code.code, p != 0
	}
	for _, floor := range f.more {
		if floor.platform == p {
			return floor.code, true
		}
	}
	return 0, false
}

// exemptions returns those that are for this host, whatever they are for, ascending.
func (s *Subject) exemptions() []int32 {
	if s.searched {
		return s.applying
	}
	s.searched = true
	p, h := s.policy, s.host
	for o := s.organisation; o != none; o = p.organisation[o].parent {
		s.apply(p.exempt.everyone[o])
	}
	s.apply(p.exempt.named[forHost][h.ID])
	s.apply(p.exempt.named[forSite][h.Site])
	s.apply(p.exempt.named[forPerson][h.Holder])
	for _, group := range h.Groups {
		s.apply(p.exempt.named[forGroup][group])
	}
	slices.Sort(s.applying)
	s.applying = slices.Compact(s.applying)
	return s.applying
}

func (s *Subject) apply(slots []int32) {
	for _, slot := range slots {
		i := s.policy.place[slot]
		if s.policy.within(s.organisation, s.policy.exemptions[i].scope) {
			s.applying = append(s.applying, i)
		}
	}
}

// lift tells whether exemption e, which is for this host, lifts a rule for this installation.
func (e *exemption) lift(c *cause, rule int32) bool {
	if e.product != none && e.product != c.product {
		return false
	}
	_, found := slices.BinarySearch(e.lifts, rule)
	return found
}

func (s *Subject) lifted(c *cause, rule int32) bool {
	return slices.ContainsFunc(s.exemptions(), func(i int32) bool { return s.policy.exemptions[i].lift(c, rule) })
}

// lifting notes the exemptions that lifted one or more of the covering rules of an effect.
func (s *Subject) lifting(c *cause, d *Decision, effect Effect, covering []int32) []string {
	start := len(d.ids)
	for _, i := range s.exemptions() {
		e := &s.policy.exemptions[i]
		if slices.ContainsFunc(covering, func(r int32) bool { return s.policy.rules[r].Effect == effect && e.lift(c, r) }) {
			d.ids = append(d.ids, e.id)
		}
	}
	return d.since(start)
}

// conclude makes the verdict, and says whether it is a breach.
func (s *Subject) conclude(c *cause, d *Decision) {
	if s.personal(c.in) {
		d.Verdict, d.Breach = Advised, false
		return
	}
	order := enforced
	if s.Watched() {
		order = watched
	}
	var results uint16
	for i := range d.Findings {
		results |= bit(uint8(d.Findings[i].Result))
	}
	for i := range order {
		if results&bit(uint8(order[i].result)) != 0 {
			d.Verdict, d.Breach = order[i].verdict, order[i].breach
			return
		}
	}
}

// personal tells whether the installation is judged as one on a personal device.
func (s *Subject) personal(in *Installation) bool {
	switch s.host.Ownership {
	case Personal:
		return true
	case ManagedPersonal:
		return in.Managed != nil && !*in.Managed
	}
	return false
}

// conclusion is a verdict that follows from a finding's result.
type conclusion struct {
	result, verdict Result
	breach          bool
}

// The order in which the results of findings make the verdict: where what is not listed is a
// breach, and where it is only watched.
var (
	enforced = []conclusion{
		{Banned, Banned, true}, {Overdue, Overdue, true}, {Impostor, Impostor, true},
		{Outdated, Outdated, true}, {Unlisted, Unlisted, true}, {Unknown, Unknown, true},
		{Lifted, Exempt, false}, {Exempt, Exempt, false}, {PhasingOut, PhasingOut, false},
		{Unidentified, Unidentified, false}, {Allowed, Allowed, false}, {Permitted, Permitted, false},
	}
	watched = []conclusion{
		{Banned, Banned, true}, {Overdue, Overdue, true}, {Impostor, Impostor, true},
		{Lifted, Exempt, false}, {Exempt, Exempt, false}, {PhasingOut, PhasingOut, false},
		{Outdated, Outdated, false}, {Unlisted, Unlisted, false}, {Unknown, Unknown, false},
		{Unidentified, Unidentified, false}, {Allowed, Allowed, false}, {Permitted, Permitted, false},
	}
)
