package policy

import (
	"fmt"
	"strings"
)

// Problem is one thing in a world, or on a host, that cannot be relied on. Key is its place as keys
// of a world file, such as `rules[3].target.product` or `installed[0].identifier`; Message says what
// is wrong and the way out.
type Problem struct {
	Key, Message string
}

// Validate returns everything in w that the contract calls an input error and that can be seen in
// the typed world: ids that are doubled or not declared, periods and windows that do not end after
// they begin, targets and subjects without exactly one key, a circle of organisations and the like.
// It is empty for a world that compiles. Whether the host that an exemption names exists is for
// whoever holds the hosts.
func Validate(w *World) []Problem { return validate(w).problems }

// ids maps each declared id of a section to its index.
type ids map[string]int32

type validator struct {
	declared
	rules       []Rule
	identifiers map[platformID]string
	problems    []Problem
}

// validate declares and checks all of a world.
func validate(w *World) *validator {
	v := &validator{rules: w.Rules, identifiers: make(map[platformID]string, len(w.Products))}
	v.declarePlaces(w)
	v.suppliers = declare(v, "suppliers", w.Suppliers, allSuppliers.id)
	v.products = declare(v, "products", w.Products, allProducts.id)
	v.ruleNumbers = declare(v, "rules", w.Rules, allRules.id)
	declare(v, "exemptions", w.Exemptions, allExemptions.id)
	v.places(w)
	for i := range w.Suppliers {
		v.supplier(i, &w.Suppliers[i])
	}
	for i := range w.Products {
		v.product(section("products", i), &w.Products[i])
	}
	for i := range w.Rules {
		v.rule(section("rules", i), &w.Rules[i])
	}
	for i := range w.Exemptions {
		v.exemption(section("exemptions", i), &w.Exemptions[i])
	}
	return v
}

type platformID struct {
	platform Platform
	id       string
}

func (v *validator) problem(at place, format string, args ...any) {
	v.problems = append(v.problems, Problem{at.String(), fmt.Sprintf(format, args...)})
}

func (v *validator) declarePlaces(w *World) {
	v.organisations = declare(v, "organisations", w.Organisations, func(o *Organisation) string { return o.ID })
	v.sites = declare(v, "sites", w.Sites, func(s *Site) string { return s.ID })
}

// places checks the organisations and sites, which are declared.
func (v *validator) places(w *World) {
	for i := range w.Organisations {
		v.organisation(section("organisations", i), &w.Organisations[i])
	}
	v.circles(w.Organisations)
	for i, s := range w.Sites {
		v.refer(section("sites", i).key("organisation"), "organisation", v.organisations, s.Organisation)
	}
}

func declare[T any](v *validator, name string, items []T, id func(*T) string) ids {
	declared := make(ids, len(items))
	for i := range items {
		switch id := id(&items[i]); {
		case id == "":
			v.problem(section(name, i).key("id"), "an id is needed")
		default:
			if first, ok := declared[id]; ok {
				v.problem(section(name, i).key("id"), "%q is declared twice in %s: it is %s[%d] too; give one of them another id", id, name, name, first)
				continue
			}
			declared[id] = int32(i)
		}
	}
	return declared
}

// refer checks that id is declared. An empty one is a problem too: where a reference is optional,
// the caller asks only if it is there.
func (v *validator) refer(at place, noun string, declared ids, id string) {
	if id == "" {
		v.problem(at, "%s %s is needed", article(noun), noun)
		return
	}
	if _, ok := declared[id]; !ok {
		v.problem(at, "no %s %q is declared%s", noun, id, suggest(id, declared))
	}
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an"
	}
	return "a"
}

// suggest names the declared id that is one slip of the finger away, where there is one.
func suggest(id string, declared ids) string {
	best := ""
	for candidate := range declared {
		if slip(id, candidate) && (best == "" || candidate < best) {
			best = candidate
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// slip tells whether a becomes b by one byte changed, added or left out, or by two neighbours
// swapped, or by letter case alone.
func slip(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 1:
		return a[i:] == b[i+1:]
	case 0:
		swapped := i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		return swapped || a[i+1:] == b[i+1:]
	}
	return false
}

func (v *validator) organisation(at place, o *Organisation) {
	if o.Parent != "" {
		v.refer(at.key("parent"), "organisation", v.organisations, o.Parent)
	}
	if o.Monitor != nil {
		v.period(at.key("monitor"), o.Monitor.Period)
		if o.Monitor.Until.IsZero() {
			v.problem(at.key("monitor"), "a monitor period must end: say until")
		}
	}
}

// circles reports each organisation from which the parents lead round in a circle back to it.
func (v *validator) circles(organisations []Organisation) {
	const unseen, onPath, done = 0, 1, 2
	state := make([]uint8, len(organisations))
	for start := range organisations {
		var path []int32
		i, ok := int32(start), true
		for ok && state[i] == unseen {
			state[i] = onPath
			path = append(path, i)
			i, ok = v.organisations[organisations[i].Parent]
		}
		if ok && state[i] == onPath {
			v.problem(section("organisations", int(i)).key("parent"), "%q is its own ancestor: the parents lead round in a circle", organisations[i].ID)
		}
		for _, j := range path {
			state[j] = done
		}
	}
}

func (v *validator) period(at place, p Period) {
	if !p.Until.IsZero() && !p.From.Before(p.Until) {
		v.problem(at.key("until"), "the period ends before it begins, or as it begins: until must be after from")
	}
}

func (v *validator) window(at place, w Window) {
	since, until := v.version(at.key("since"), w.Since), v.version(at.key("until"), w.Until)
	if w.Since != "" && w.Until != "" && since && until && compareVersions(w.Since, w.Until, false) >= 0 {
		v.problem(at.key("until"), "no version lies in [%s, %s): until must be after since (tails such as -rc1 do not count)", w.Since, w.Until)
	}
}

// version reports a bound that nothing can be compared with; an empty one is no bound.
func (v *validator) version(at place, version string) bool {
	if version != "" && VersionMissing(version) {
		v.problem(at, "%q is not a version: it must begin with a digit", version)
		return false
	}
	return true
}

func (v *validator) edges(at place, edges []Edge) {
	for i, e := range edges {
		at := at.at(i)
		v.refer(at.key("supplier"), "supplier", v.suppliers, e.Supplier)
		v.period(at, e.Period)
	}
}

func (v *validator) supplier(i int, s *Supplier) {
	v.edges(section("suppliers", i).key("owned_by"), s.OwnedBy)
}

func (v *validator) product(at place, p *Product) {
	if p.Kind == 0 {
		v.problem(at.key("kind"), "a kind is needed: app or equipment")
	}
	if p.Supplier != "" {
		v.refer(at.key("supplier"), "supplier", v.suppliers, p.Supplier)
	}
	v.edges(at.key("made_by"), p.MadeBy)
	for platform := Platform(1); int(platform) < len(PlatformWords); platform++ {
		for i, id := range p.Identifiers[platform] {
			v.identifier(at.key("identifiers").key(platform.String()).at(i), platformID{platform, id.ID}, p.ID)
		}
	}
	for i, c := range p.Contains {
		at := at.key("contains").at(i)
		v.refer(at.key("product"), "product", v.products, c.Product)
		v.window(at, c.Versions)
	}
}

func (v *validator) identifier(at place, id platformID, product string) {
	if id.id == "" {
		v.problem(at, "an identifier is needed")
		return
	}
	if first, ok := v.identifiers[id]; ok {
		v.problem(at, "%q on %s is already an identifier of product %q", id.id, id.platform, first)
		return
	}
	v.identifiers[id] = product
}

func (v *validator) rule(at place, r *Rule) {
	v.target(at.key("target"), r.Target)
	v.refer(at.key("scope"), "organisation", v.organisations, r.Scope)
	if r.From.IsZero() {
		v.problem(at.key("from"), "a rule must say from when it holds")
	}
	v.period(at, r.Period)
	v.window(at.key("versions"), r.Versions)
	switch r.Effect {
	case Allow:
		v.allow(at, r)
	case Ban, PhaseOut:
		v.restriction(at, r)
	default:
		v.problem(at.key("effect"), "an effect is needed: allow, ban or phase-out")
	}
}

func (v *validator) target(at place, t Target) {
	switch {
	case t.Product != "" && t.Supplier == "" && !t.Any:
		v.refer(at.key("product"), "product", v.products, t.Product)
	case t.Supplier != "" && t.Product == "" && !t.Any:
		v.refer(at.key("supplier"), "supplier", v.suppliers, t.Supplier)
	case t.Any && t.Product == "" && t.Supplier == "":
	default:
		v.problem(at, "a target is exactly one of product, supplier and any")
	}
}

func (v *validator) allow(at place, r *Rule) {
	if r.Versions != (Window{}) || r.Components || r.Clearance != "" || len(r.Mitigations) > 0 || !r.Deadline.IsZero() {
		v.problem(at, "versions, components, clearance, mitigations and deadline are for bans and phase-outs, not for an allow rule")
	}
	v.version(at.key("min_version"), r.MinVersion)
	for platform, code := range r.MinVersionCode {
		if code < 0 {
			v.problem(at.key("min_version_code").key(platform.String()), "a version code is not negative")
		}
	}
}

func (v *validator) restriction(at place, r *Rule) {
	if r.Clearance == "" {
		v.problem(at.key("clearance"), "say which office clears an exemption from this rule, or none")
	}
	if r.MinVersion != "" || len(r.MinVersionCode) > 0 {
		v.problem(at, "min_version and min_version_code are for allow rules; a ban or phase-out has versions")
	}
	switch {
	case r.Effect == Ban && !r.Deadline.IsZero():
		v.problem(at.key("deadline"), "a deadline is for phase-outs; a ban holds from its from")
	case r.Effect == PhaseOut && r.Deadline.IsZero():
		v.problem(at.key("deadline"), "a phase-out must say by when: a deadline is needed")
	case r.Effect == PhaseOut && r.Deadline.Before(r.From):
		v.problem(at.key("deadline"), "the deadline is before the phase-out's from")
	}
}

func (v *validator) exemption(at place, e *Exemption) {
	if (e.Product != "") == e.AnyProduct {
		v.problem(at, "an exemption is for exactly one of product and any_product")
	}
	if e.AnyProduct && len(e.Lifts) == 0 {
		v.problem(at.key("lifts"), "an exemption for any product must name the rules that it lifts")
	}
	if e.Product != "" {
		v.refer(at.key("product"), "product", v.products, e.Product)
	}
	for i, id := range e.Lifts {
		at := at.key("lifts").at(i)
		v.refer(at, "rule", v.ruleNumbers, id)
		if rule, ok := v.ruleNumbers[id]; ok && v.rules[rule].Effect == Allow {
			v.problem(at, "%q is an allow rule: an exemption lifts bans and phase-outs", id)
		}
	}
	v.refer(at.key("scope"), "organisation", v.organisations, e.Scope)
	v.exemptionSubject(at.key("subject"), e.Subject)
	if e.From.IsZero() {
		v.problem(at.key("from"), "an exemption must say from when it holds")
	}
	if e.Until.IsZero() {
		v.problem(at.key("until"), "an exemption must end: say until")
	}
	v.period(at, e.Period)
	if e.Clearance != nil && (e.Clearance.Office == "" || e.Clearance.At.IsZero()) {
		v.problem(at.key("clearance"), "a clearance names its office and says when it was given (at)")
	}
}

func (v *validator) exemptionSubject(at place, s ExemptionSubject) {
	keys := 0
	for _, given := range []bool{s.Host != "", s.Site != "", s.Person != "", s.Group != "", s.Everyone} {
		if given {
			keys++
		}
	}
	if keys != 1 {
		v.problem(at, "a subject is exactly one of host, site, person, group and everyone")
	}
	if s.Site != "" {
		v.refer(at.key("site"), "site", v.sites, s.Site)
	}
}
