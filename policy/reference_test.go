package policy_test

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"portcullis/policy"
)

// reference is the contract's section on the decision put into loops, sentence by sentence, for one
// installation on one host at one time. It has no index and keeps nothing between questions: it is
// slow so that it can be compared with the text by eye, and the compiled form is compared with it.
type reference struct {
	w  *policy.World
	h  *policy.Host
	in *policy.Installation
	t  time.Time
}

// referenceDecide returns the decision and, for every rule named in one of its findings, the chain
// of ids that leads from the product that was tested to the rule's target.
func referenceDecide(w *policy.World, h *policy.Host, in *policy.Installation, t time.Time) (policy.Decision, map[string][]string) {
	r := reference{w, h, in, t}
	d := policy.Decision{Identifier: r.identifier(), Platform: r.platform(), Version: in.Version}
	if p := r.found(); p != nil {
		d.Product = p.ID
	}
	// Three findings are made independently; none hides another.
	for _, question := range []func() (policy.Finding, bool){r.ban, r.phaseOut, r.listing} {
		if f, applies := question(); applies {
			d.Findings = append(d.Findings, f)
		}
	}
	d.Breach = r.breach(d.Findings)
	d.Verdict = r.verdict(d.Findings)
	return d, r.paths(d.Findings)
}

// Findings.

// ban: if bans cover, `banned` with those not lifted; else `lifted` with all.
func (r reference) ban() (policy.Finding, bool) {
	covering := r.covering(policy.Ban)
	kept := r.notLifted(covering)
	switch {
	case len(covering) == 0:
		return policy.Finding{}, false
	case len(kept) > 0:
		return finding(policy.BanQuestion, policy.Banned, kept, nil), true
	}
	return finding(policy.BanQuestion, policy.Lifted, covering, r.lifting(covering)), true
}

// phase-out: if phase-outs cover, `overdue` with those not lifted whose deadline is at or before t;
// else `phase-out` with those not lifted; else `lifted` with all.
func (r reference) phaseOut() (policy.Finding, bool) {
	covering := r.covering(policy.PhaseOut)
	kept := r.notLifted(covering)
	overdue := only(kept, func(rule *policy.Rule) bool { return !rule.Deadline.After(r.t) })
	switch {
	case len(covering) == 0:
		return policy.Finding{}, false
	case len(overdue) > 0:
		return finding(policy.PhaseOutQuestion, policy.Overdue, overdue, nil), true
	case len(kept) > 0:
		return finding(policy.PhaseOutQuestion, policy.PhasingOut, kept, nil), true
	}
	return finding(policy.PhaseOutQuestion, policy.Lifted, covering, r.lifting(covering)), true
}

// listing: for apps one of six; for equipment one of two.
func (r reference) listing() (policy.Finding, bool) {
	p := r.found()
	switch {
	case p != nil && p.Kind == policy.App:
		return r.appListing(p), true
	case p != nil && p.Supplier != "":
		return finding(policy.ListingQuestion, policy.Permitted, nil, nil), true
	case p != nil:
		return finding(policy.ListingQuestion, policy.Unidentified, nil, nil), true
	case len(r.candidates()) == 0 && r.h.Kind == policy.EquipmentHost:
		return finding(policy.ListingQuestion, policy.Unidentified, nil, nil), true
	}
	return finding(policy.ListingQuestion, policy.Unknown, nil, nil), true
}

// appListing: `impostor`; else `allowed` (a deciding allow rule is met, or none covers and the
// product is built in); else `exempt`; else `outdated` (allow rules cover); else `unlisted`.
func (r reference) appListing(p *policy.Product) policy.Finding {
	deciding := r.deciding()
	met := only(deciding, r.floorReached)
	listing := r.listingExemptions(p, len(deciding) > 0)
	switch {
	case r.impostor(p):
		return finding(policy.ListingQuestion, policy.Impostor, nil, nil)
	case len(met) > 0:
		return finding(policy.ListingQuestion, policy.Allowed, met, nil)
	case len(deciding) == 0 && slices.Contains(p.BuiltinOn, r.platform()):
		return finding(policy.ListingQuestion, policy.Allowed, nil, nil)
	case len(listing) > 0:
		return finding(policy.ListingQuestion, policy.Exempt, nil, listing)
	case len(deciding) > 0:
		return finding(policy.ListingQuestion, policy.Outdated, deciding, nil)
	}
	return finding(policy.ListingQuestion, policy.Unlisted, nil, nil)
}

// finding names its rules and exemptions by id, sorted.
func finding(q policy.Question, result policy.Result, rules []*policy.Rule, exemptions []*policy.Exemption) policy.Finding {
	f := policy.Finding{Question: q, Result: result}
	for _, rule := range rules {
		f.Rules = append(f.Rules, rule.ID)
	}
	for _, e := range exemptions {
		f.Exemptions = append(f.Exemptions, e.ID)
	}
	slices.Sort(f.Rules)
	slices.Sort(f.Exemptions)
	return f
}

func only[T any](all []T, keep func(T) bool) []T {
	var kept []T
	for _, x := range all {
		if keep(x) {
			kept = append(kept, x)
		}
	}
	return kept
}

// Breach and verdict.

// On a personal device nothing is a breach; on a managed-personal one what says `managed: false`
// is judged as personal and all else as corporate.
func (r reference) personal() bool {
	unmanaged := r.in.Managed != nil && !*r.in.Managed
	return r.h.Ownership == policy.Personal || r.h.Ownership == policy.ManagedPersonal && unmanaged
}

func (r reference) breach(findings []policy.Finding) bool {
	for _, f := range findings {
		if !r.personal() && r.breaches(f.Result) {
			return true
		}
	}
	return false
}

// Breach: `banned`, `overdue`, `impostor`; and `outdated`, `unlisted`, `unknown`, which are only
// watched while the organisation itself is in monitor.
func (r reference) breaches(result policy.Result) bool {
	switch result {
	case policy.Banned, policy.Overdue, policy.Impostor:
		return true
	case policy.Outdated, policy.Unlisted, policy.Unknown:
		monitor := r.organisation(r.h.Organisation).Monitor
		return monitor == nil || !r.holds(monitor.Period)
	}
	return false
}

// verdict is the first that holds of the contract's list.
func (r reference) verdict(findings []policy.Finding) policy.Result {
	has := func(result policy.Result) bool {
		return slices.ContainsFunc(findings, func(f policy.Finding) bool { return f.Result == result })
	}
	list := []struct {
		holds   bool
		verdict policy.Result
	}{
		{r.personal(), policy.Advised},
		{has(policy.Banned), policy.Banned},
		{has(policy.Overdue), policy.Overdue},
		{has(policy.Impostor), policy.Impostor},
		{has(policy.Outdated) && r.breaches(policy.Outdated), policy.Outdated},
		{has(policy.Unlisted) && r.breaches(policy.Unlisted), policy.Unlisted},
		{has(policy.Unknown) && r.breaches(policy.Unknown), policy.Unknown},
		{has(policy.Lifted) || has(policy.Exempt), policy.Exempt},
		{has(policy.PhasingOut), policy.PhasingOut},
		{has(policy.Outdated), policy.Outdated},
		{has(policy.Unlisted), policy.Unlisted},
		{has(policy.Unknown), policy.Unknown},
		{has(policy.Unidentified), policy.Unidentified},
		{has(policy.Allowed), policy.Allowed},
		{has(policy.Permitted), policy.Permitted},
	}
	for _, choice := range list {
		if choice.holds {
			return choice.verdict
		}
	}
	return 0
}

// Which product it is.

// identifier: where an installation gives a product, the product's id stands as its identifier.
func (r reference) identifier() string {
	if r.in.Product != "" {
		return r.in.Product
	}
	return r.in.Identifier
}

// platform: an installation's own platform stands for the host's in look-up and floors.
func (r reference) platform() policy.Platform {
	if r.in.Platform != 0 {
		return r.in.Platform
	}
	return r.h.Platform
}

// found is the product that the installation gives, or that its identifier has on its platform.
func (r reference) found() *policy.Product {
	if r.in.Product != "" {
		return r.product(r.in.Product)
	}
	for i := range r.w.Products {
		if entry(&r.w.Products[i], r.platform(), r.in.Identifier) != nil {
			return &r.w.Products[i]
		}
	}
	return nil
}

// candidates: if it is not there, every product that has it under another platform.
func (r reference) candidates() []*policy.Product {
	if r.found() != nil {
		return nil
	}
	var candidates []*policy.Product
	for i := range r.w.Products {
		for platform := policy.Android; platform <= policy.Firefox; platform++ {
			p := &r.w.Products[i]
			if entry(p, platform, r.in.Identifier) != nil && !slices.Contains(candidates, p) {
				candidates = append(candidates, p)
			}
		}
	}
	return candidates
}

// entry is the product's entry of that identifier on that platform, or nil. Nothing has an
// identifier on the platform zero, which is that of equipment.
func entry(p *policy.Product, platform policy.Platform, identifier string) *policy.Identifier {
	for i := range p.Identifiers[platform] {
		if p.Identifiers[platform][i].ID == identifier {
			return &p.Identifiers[platform][i]
		}
	}
	return nil
}

// impostor: the identifier lists signers, and the installation names one outside the list.
func (r reference) impostor(p *policy.Product) bool {
	if r.in.Product != "" || r.in.Signer == "" {
		return false
	}
	e := entry(p, r.platform(), r.in.Identifier)
	return len(e.Signers) > 0 && !slices.Contains(e.Signers, r.in.Signer)
}

// What a rule covers.

func (r reference) covering(effect policy.Effect) []*policy.Rule {
	var covering []*policy.Rule
	for i := range r.w.Rules {
		rule := &r.w.Rules[i]
		if _, covers := r.covers(rule); covers && rule.Effect == effect {
			covering = append(covering, rule)
		}
	}
	return covering
}

// covers: in force, scope, filters and target; the path is the target's.
func (r reference) covers(rule *policy.Rule) (path []string, covers bool) {
	if !r.holds(rule.Period) || !r.scopeReaches(rule) || !r.platformMatches(rule) || !r.siteMatches(rule) || !r.versionMatches(rule) {
		return nil, false
	}
	if rule.Effect == policy.Allow {
		return r.allowTarget(rule)
	}
	return r.restrictionTarget(rule)
}

// holds: every period is half-open, [from, until), and either end may be open.
func (r reference) holds(p policy.Period) bool {
	begun := p.From.IsZero() || p.From.Equal(r.t) || p.From.Before(r.t)
	over := !p.Until.IsZero() && (p.Until.Equal(r.t) || p.Until.Before(r.t))
	return begun && !over
}

// lineage is the host's organisation, its parent, and so on up to a root.
func (r reference) lineage() []string {
	var line []string
	for id := r.h.Organisation; id != ""; id = r.organisation(id).Parent {
		line = append(line, id)
	}
	return line
}

// scopeReaches: the scope is the host's organisation or an ancestor of it. An allow rule reaches
// only through organisations with `list: inherit`, from the host's up to just below the scope.
func (r reference) scopeReaches(rule *policy.Rule) bool {
	for _, id := range r.lineage() {
		if id == rule.Scope {
			return true
		}
		if rule.Effect == policy.Allow && r.organisation(id).OwnList {
			return false
		}
	}
	return false
}

// platformMatches: an add-on's own platform and its host's both match bans and phase-outs; only its
// own matches allows. On equipment a platform does not apply and so does not match.
func (r reference) platformMatches(rule *policy.Rule) bool {
	switch {
	case len(rule.Platforms) == 0:
		return true
	case r.h.Kind == policy.EquipmentHost:
		return false
	case rule.Effect == policy.Allow:
		return slices.Contains(rule.Platforms, r.platform())
	}
	return slices.Contains(rule.Platforms, r.platform()) || slices.Contains(rule.Platforms, r.h.Platform)
}

// siteMatches: a site on a device does not apply and so does not match; a site without class and
// equipment without site match bans and phase-outs and never allow.
func (r reference) siteMatches(rule *policy.Rule) bool {
	if len(rule.SiteClass) == 0 {
		return true
	}
	if r.h.Kind == policy.Device {
		return false
	}
	class := ""
	for _, s := range r.w.Sites {
		if s.ID == r.h.Site {
			class = s.Class
		}
	}
	if class == "" {
		return rule.Effect != policy.Allow
	}
	return slices.Contains(rule.SiteClass, class)
}

// versionMatches: on bans and phase-outs, a missing version is inside.
func (r reference) versionMatches(rule *policy.Rule) bool {
	return rule.Effect == policy.Allow || inside(r.in.Version, rule.Versions)
}

// kindMatches: of the installed product; where none was found, of each candidate.
func kindMatches(rule *policy.Rule, kind policy.Kind) bool {
	return len(rule.Kinds) == 0 || slices.Contains(rule.Kinds, kind)
}

// allowTarget: never a candidate; for allow rules only the product's own supplier counts; `any`
// covers known products only.
func (r reference) allowTarget(rule *policy.Rule) ([]string, bool) {
	p := r.found()
	switch {
	case p == nil || !kindMatches(rule, p.Kind):
		return nil, false
	case rule.Target.Any || rule.Target.Product == p.ID:
		return []string{p.ID}, true
	case rule.Target.Supplier != "" && rule.Target.Supplier == p.Supplier:
		return []string{p.ID, p.Supplier}, true
	}
	return nil, false
}

// restrictionTarget: every candidate is tested, each by its own kind, for the shortest path of all;
// `any` is every installation, unknown ones too.
func (r reference) restrictionTarget(rule *policy.Rule) (best []string, covers bool) {
	tested := r.candidates()
	if p := r.found(); p != nil {
		tested = []*policy.Product{p}
	}
	if len(tested) == 0 {
		return nil, rule.Target.Any && kindMatches(rule, r.presumedKind())
	}
	for _, p := range tested {
		path := r.chain(rule, p)
		if path == nil || !kindMatches(rule, p.Kind) {
			continue
		}
		if best == nil || len(path) < len(best) || len(path) == len(best) && slices.Compare(path, best) < 0 {
			best = path
		}
	}
	return best, best != nil
}

// presumedKind: without candidates, `equipment` on an equipment host, else `app`.
func (r reference) presumedKind() policy.Kind {
	if r.h.Kind == policy.EquipmentHost {
		return policy.Equipment
	}
	return policy.App
}

// Allow rules.

// deciding: of the allow rules that cover, only those with the nearest scope decide.
func (r reference) deciding() []*policy.Rule {
	covering := r.covering(policy.Allow)
	for _, id := range r.lineage() {
		nearest := only(covering, func(rule *policy.Rule) bool { return rule.Scope == id })
		if len(nearest) > 0 {
			return nearest
		}
	}
	return nil
}

// floorReached: where the rule has a code for this platform and the installation a code, the code
// decides alone; else min_version, if it has one, decides; else a rule with a code for this
// platform is not met; else there is no floor.
func (r reference) floorReached(rule *policy.Rule) bool {
	code, hasCode := rule.MinVersionCode[r.platform()]
	switch {
	case hasCode && r.in.VersionCode != nil:
		return *r.in.VersionCode >= code
	case rule.MinVersion != "":
		return !missing(r.in.Version) && versionOrder(r.in.Version, rule.MinVersion, true) >= 0
	}
	return !hasCode
}

// What an exemption lifts.

// applies: it is in force, the host's organisation is its scope or below, its product is the
// installed one (or any), and its subject is the host, its site, its holder, one of its groups, or
// its whole scope. Only any_product reaches a candidate or what nobody knows.
func (r reference) applies(e *policy.Exemption) bool {
	p := r.found()
	rightProduct := e.AnyProduct || p != nil && e.Product == p.ID
	s := e.Subject
	rightSubject := s.Everyone ||
		s.Host != "" && s.Host == r.h.ID ||
		s.Site != "" && s.Site == r.h.Site ||
		s.Person != "" && s.Person == r.h.Holder ||
		s.Group != "" && slices.Contains(r.h.Groups, s.Group)
	return r.holds(e.Period) && slices.Contains(r.lineage(), e.Scope) && rightProduct && rightSubject
}

// meets: the rule's clearance is `none` or the office of the exemption's clearance, whose `at` is
// not after t, and the rule's mitigations are all among the exemption's.
func (r reference) meets(e *policy.Exemption, rule *policy.Rule) bool {
	cleared := rule.Clearance == policy.ClearanceNone ||
		e.Clearance != nil && e.Clearance.Office == rule.Clearance && !e.Clearance.At.After(r.t)
	for _, m := range rule.Mitigations {
		if !slices.Contains(e.Mitigations, m) {
			return false
		}
	}
	return cleared
}

// lifts: it applies, and names the rule, and meets it.
func (r reference) lifts(e *policy.Exemption, rule *policy.Rule) bool {
	return r.applies(e) && slices.Contains(e.Lifts, rule.ID) && r.meets(e, rule)
}

func (r reference) notLifted(rules []*policy.Rule) []*policy.Rule {
	return only(rules, func(rule *policy.Rule) bool { return len(r.lifting([]*policy.Rule{rule})) == 0 })
}

// lifting are the exemptions that lift one of the rules.
func (r reference) lifting(rules []*policy.Rule) []*policy.Exemption {
	return r.exemptions(func(e *policy.Exemption) bool {
		return slices.ContainsFunc(rules, func(rule *policy.Rule) bool { return r.lifts(e, rule) })
	})
}

// listingExemptions: an exemption lists its product when it applies, names the product, and meets
// every rule it names; where allow rules cover, it must say any_version.
func (r reference) listingExemptions(p *policy.Product, covered bool) []*policy.Exemption {
	return r.exemptions(func(e *policy.Exemption) bool {
		for _, id := range e.Lifts {
			if !r.meets(e, r.rule(id)) {
				return false
			}
		}
		return r.applies(e) && e.Product == p.ID && (!covered || e.AnyVersion)
	})
}

func (r reference) exemptions(keep func(*policy.Exemption) bool) []*policy.Exemption {
	var kept []*policy.Exemption
	for i := range r.w.Exemptions {
		if keep(&r.w.Exemptions[i]) {
			kept = append(kept, &r.w.Exemptions[i])
		}
	}
	return kept
}

// Paths.

// paths is the chain of every rule that a finding names: from the product to the target, empty where
// an `any` rule covers what is neither a product nor a candidate.
func (r reference) paths(findings []policy.Finding) map[string][]string {
	paths := map[string][]string{}
	for _, f := range findings {
		for _, id := range f.Rules {
			path, _ := r.covers(r.rule(id))
			paths[id] = path
		}
	}
	return paths
}

// node is where a walk through suppliers and products stands. A product that is reached as a
// component is another node than the installed one, because its windows count as inside.
type node struct {
	id                  string
	supplier, component bool
}

type walk struct {
	at   node
	path []string
}

// chain is a shortest path from p to the rule's target, ties by ids, or nil. All walks of one length
// are tried in the order of their ids before any longer one.
func (r reference) chain(rule *policy.Rule, p *policy.Product) []string {
	seen := map[node]bool{}
	for walks := []walk{{node{id: p.ID}, []string{p.ID}}}; len(walks) > 0; {
		slices.SortFunc(walks, func(a, b walk) int { return slices.Compare(a.path, b.path) })
		var longer []walk
		for _, walk := range walks {
			if isTarget(rule.Target, walk.at) {
				return walk.path
			}
			if !seen[walk.at] {
				seen[walk.at] = true
				longer = append(longer, r.steps(rule, walk)...)
			}
		}
		walks = longer
	}
	return nil
}

func isTarget(target policy.Target, at node) bool {
	return target.Any ||
		target.Product == at.id && !at.supplier ||
		target.Supplier == at.id && at.supplier
}

// steps: from a product to its supplier, to its makers at t and, for rules with components, into
// what it contains; from a supplier to its owners at t.
func (r reference) steps(rule *policy.Rule, from walk) []walk {
	var to []walk
	step := func(at node) { to = append(to, walk{at, append(slices.Clone(from.path), at.id)}) }
	suppliers := func(edges []policy.Edge) {
		for _, e := range edges {
			if r.holds(e.Period) {
				step(node{id: e.Supplier, supplier: true})
			}
		}
	}
	if from.at.supplier {
		suppliers(r.supplier(from.at.id).OwnedBy)
		return to
	}
	p := r.product(from.at.id)
	if p.Supplier != "" {
		step(node{id: p.Supplier, supplier: true})
	}
	suppliers(p.MadeBy)
	for _, c := range p.Contains {
		// Every window below the first level counts as inside.
		if rule.Components && (from.at.component || inside(r.in.Version, c.Versions)) {
			step(node{id: c.Product, component: true})
		}
	}
	return to
}

// Versions.

// part is a leading number, -1 where there is none, and a text tail.
type part struct {
	number *big.Int
	tail   string
}

// parts splits at dots; the digits are ASCII.
func parts(version string) []part {
	var all []part
	for text := range strings.SplitSeq(version, ".") {
		tail := strings.TrimLeft(text, "0123456789")
		number, ok := new(big.Int).SetString(text[:len(text)-len(tail)], 10)
		if !ok {
			number = big.NewInt(-1)
		}
		all = append(all, part{number, tail})
	}
	return all
}

// missing: a version whose first part has no number is a missing version.
func missing(version string) bool { return parts(version)[0].number.Sign() < 0 }

// inside: half-open, an empty end is open, tails are ignored; a missing version is in every window.
func inside(version string, w policy.Window) bool {
	return missing(version) ||
		(w.Since == "" || versionOrder(version, w.Since, false) >= 0) &&
			(w.Until == "" || versionOrder(version, w.Until, false) < 0)
}

// versionOrder compares part by part from the left, numbers first; missing parts are 0.
func versionOrder(a, b string, tails bool) int {
	as, bs := parts(a), parts(b)
	for i := range max(len(as), len(bs)) {
		x, y := part{number: new(big.Int)}, part{number: new(big.Int)}
		if i < len(as) {
			x = as[i]
		}
		if i < len(bs) {
			y = bs[i]
		}
		if order := x.number.Cmp(y.number); order != 0 {
			return order
		}
		if order := tailOrder(x.tail, y.tail); tails && order != 0 {
			return order
		}
	}
	return 0
}

// tailOrder: a pre-release tail is before no tail and any other after; two of one rank are bytes.
func tailOrder(a, b string) int {
	if order := tailRank(a) - tailRank(b); order != 0 {
		return order
	}
	return strings.Compare(a, b)
}

// tailRank: after any of -_~+ and spaces it begins, in any case, with one of five words; or it
// begins with a tilde.
func tailRank(tail string) int {
	word := strings.ToLower(strings.TrimLeft(tail, "-_~+ "))
	for _, begin := range []string{"alpha", "beta", "rc", "pre", "dev"} {
		if strings.HasPrefix(word, begin) {
			return -1
		}
	}
	switch {
	case strings.HasPrefix(tail, "~"):
		return -1
	case tail == "":
		return 0
	}
	return 1
}

// Look-ups: ids are unique within their section.

func byID[T any](all []T, id string, idOf func(*T) string) *T {
	for i := range all {
		if idOf(&all[i]) == id {
			return &all[i]
		}
	}
	return nil
}

func (r reference) organisation(id string) *policy.Organisation {
	return byID(r.w.Organisations, id, func(o *policy.Organisation) string { return o.ID })
}

func (r reference) supplier(id string) *policy.Supplier {
	return byID(r.w.Suppliers, id, func(s *policy.Supplier) string { return s.ID })
}

func (r reference) product(id string) *policy.Product {
	return byID(r.w.Products, id, func(p *policy.Product) string { return p.ID })
}

func (r reference) rule(id string) *policy.Rule {
	return byID(r.w.Rules, id, func(rule *policy.Rule) string { return rule.ID })
}
