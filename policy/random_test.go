package policy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portcullis/policy"
)

// Random worlds are small and dense: everything is drawn from a handful of ids, dates and versions,
// so that rules, exemptions, edges and identifiers meet far more often than in any real world.
// Suppliers, products and identifiers share their ids on purpose.
var (
	organisationIDs = []string{"o1", "o2", "o3", "o4", "o5", "o6"}
	siteIDs         = []string{"s1", "s2", "s3", "s4"}
	supplierIDs     = []string{"a", "b", "c", "d", "e", "f"}
	productIDs      = []string{"a", "b", "c", "d", "e", "g", "B"}
	identifiers     = []string{"a", "m", "n"}
	ruleIDs         = []string{"r1", "r2", "r10", "R", "r", "é", "r1-", "q"}
	exemptionIDs    = []string{"x1", "x2", "x10", "X", "r1", "w"}

	platforms   = []policy.Platform{policy.Android, policy.Windows, policy.Firefox}
	kinds       = []policy.Kind{policy.App, policy.Equipment}
	classes     = []string{"sensitive", "open"}
	persons     = []string{"p1", "p2"}
	groups      = []string{"g1", "g2"}
	hostIDs     = []string{"h1", "h2", "h3"}
	offices     = []string{"minister", "board"}
	mitigations = []string{"dedicated", "offline"}
	signers     = []string{"k1", "k2"}
	codes       = []int64{0, 5, 9}

	// dates are the only ones in a world; instants are asked about, before, at and between them.
	dates    = []time.Time{date(1), date(2), date(3), date(4), date(5)}
	instants = append([]time.Time{date(1).Add(-time.Hour), date(3).Add(-1), date(4).Add(time.Microsecond), date(5).Add(time.Hour)}, dates...)

	// bounds are in ascending order as windows see them.
	bounds   = []string{"1", "2-rc1", "2.0.1", "10"}
	versions = []string{"2", "2.0.0", "1", "9.9", "10", "", "2-rc1", "2.0-RC1", "2b", "2.0.1~x", "2..1", "2.", "x", "v2", "1:2", "٣",
		"02.0", "2.0.00000000000000000000001", "18446744073709551617", "10.0esr", "2 alpha", "2.0.1.dev", ".2", "-2"}
	floors = []string{"2", "2.0", "2-rc1", "2.0-rc.1", "2b", "10", "2.0.1", "00000000000000000000002", "18446744073709551616"}
)

func date(month time.Month) time.Time { return time.Date(2023, month, 1, 0, 0, 0, 0, time.UTC) }

// Draws.

func pick[T any](t *rapid.T, label string, from []T) T { return rapid.SampledFrom(from).Draw(t, label) }

// oneIn is true about once in n draws.
func oneIn(t *rapid.T, label string, n int) bool {
	return rapid.IntRange(0, n-1).Draw(t, label) == n-1
}

func coin(t *rapid.T, label string) bool { return rapid.Bool().Draw(t, label) }

// some is a subset, often empty, in which a thing may be named twice.
func some[T any](t *rapid.T, label string, from []T) []T {
	if coin(t, label) {
		return nil
	}
	var subset []T
	for _, x := range from {
		for range pick(t, label, []int{0, 1, 0, 1, 2}) {
			subset = append(subset, x)
		}
	}
	return subset
}

// several are at least n of the ids, and rather many, in any order.
func several(t *rapid.T, label string, n int, from []string) []string {
	more := rapid.IntRange(0, len(from)-n)
	count := n + max(more.Draw(t, label), more.Draw(t, label))
	return rapid.Permutation(from).Draw(t, label)[:count]
}

// maybe is one of the choices or the zero value.
func maybe[T any](t *rapid.T, label string, from []T) (one T) {
	if coin(t, label) {
		one = pick(t, label, from)
	}
	return one
}

// period begins and ends at dates; an end that is not needed is often open.
func period(t *rapid.T, label string, needFrom, needUntil bool) policy.Period {
	from := rapid.IntRange(0, len(dates)-2).Draw(t, label)
	p := policy.Period{From: dates[from]}
	if needUntil || oneIn(t, label, 3) {
		p.Until = pick(t, label, dates[from+1:])
	}
	if !needFrom && coin(t, label) {
		p.From = time.Time{}
	}
	return p
}

func window(t *rapid.T, label string) policy.Window {
	since := rapid.IntRange(-1, len(bounds)-1).Draw(t, label)
	until := rapid.IntRange(since+1, len(bounds)).Draw(t, label)
	var w policy.Window
	if since >= 0 {
		w.Since = bounds[since]
	}
	if until < len(bounds) {
		w.Until = bounds[until]
	}
	return w
}

// The world.

// worldOf keeps the ids that the rest of a world may refer to.
type worldOf struct {
	t *rapid.T
	w *policy.World
}

func drawWorld(t *rapid.T) *policy.World {
	d := worldOf{t, &policy.World{}}
	d.organisations()
	d.sites()
	d.suppliers()
	d.products()
	for _, id := range several(t, "rules", 0, ruleIDs) {
		d.w.Rules = append(d.w.Rules, d.rule(id, pick(t, "effect", []policy.Effect{policy.Ban, policy.Allow, policy.PhaseOut, policy.Allow})))
	}
	if oneIn(t, "crowded", 16) {
		d.crowd()
	}
	for _, id := range several(t, "exemptions", 0, exemptionIDs) {
		if e, ok := d.exemption(id); ok {
			d.w.Exemptions = append(d.w.Exemptions, e)
		}
	}
	return d.w
}

// organisations are trees with several roots: a parent always comes earlier.
func (d worldOf) organisations() {
	for i := range rapid.IntRange(1, 6).Draw(d.t, "organisations") {
		o := policy.Organisation{ID: organisationIDs[i], OwnList: oneIn(d.t, "own list", 3)}
		if i > 0 && !oneIn(d.t, "root", 4) {
			o.Parent = pick(d.t, "parent", organisationIDs[:i])
		}
		if oneIn(d.t, "monitor", 3) {
			o.Monitor = &policy.Monitor{Period: period(d.t, "monitor period", false, true), Reason: "rolling out"}
		}
		d.w.Organisations = append(d.w.Organisations, o)
	}
}

func (d worldOf) organisation(label string) string {
	return pick(d.t, label, d.w.Organisations).ID
}

func (d worldOf) sites() {
	for i := range rapid.IntRange(1, 4).Draw(d.t, "sites") {
		d.w.Sites = append(d.w.Sites, policy.Site{ID: siteIDs[i], Organisation: d.organisation("site of"), Class: maybe(d.t, "class", classes)})
	}
}

// suppliers may own each other in circles, and themselves.
func (d worldOf) suppliers() {
	ids := several(d.t, "suppliers", 2, supplierIDs)
	for _, id := range ids {
		d.w.Suppliers = append(d.w.Suppliers, policy.Supplier{ID: id, OwnedBy: d.edges("owned by", ids)})
	}
}

func (d worldOf) edges(label string, to []string) []policy.Edge {
	var edges []policy.Edge
	for range rapid.IntRange(0, 2).Draw(d.t, label) {
		edges = append(edges, policy.Edge{Supplier: pick(d.t, label, to), Period: period(d.t, label, false, false)})
	}
	return edges
}

// products may contain each other in circles, and themselves, through several windows.
func (d worldOf) products() {
	var makers []string
	for _, s := range d.w.Suppliers {
		makers = append(makers, s.ID)
	}
	ids := several(d.t, "products", 2, productIDs)
	for _, id := range ids {
		p := policy.Product{ID: id, Kind: pick(d.t, "kind", []policy.Kind{policy.App, policy.App, policy.Equipment}), Supplier: maybe(d.t, "supplier", makers)}
		if oneIn(d.t, "rebranded", 3) {
			p.MadeBy = d.edges("made by", makers)
		}
		for range rapid.IntRange(0, 2).Draw(d.t, "contains") {
			p.Contains = append(p.Contains, d.component(ids))
		}
		if oneIn(d.t, "built in", 3) {
			p.BuiltinOn = some(d.t, "built in on", platforms)
		}
		d.w.Products = append(d.w.Products, p)
	}
	d.identifiers()
}

func (d worldOf) component(ids []string) policy.Component {
	c := policy.Component{Product: pick(d.t, "component", ids)}
	if coin(d.t, "component window") {
		c.Versions = window(d.t, "component versions")
	}
	return c
}

// identifiers gives each identifier on each platform to one product at most, so that the same one
// often is another product's elsewhere.
func (d worldOf) identifiers() {
	for _, platform := range platforms {
		for _, id := range identifiers {
			if oneIn(d.t, "nobody's", 3) {
				continue
			}
			p := &d.w.Products[rapid.IntRange(0, len(d.w.Products)-1).Draw(d.t, "owner")]
			if p.Identifiers == nil {
				p.Identifiers = map[policy.Platform][]policy.Identifier{}
			}
			p.Identifiers[platform] = append(p.Identifiers[platform], policy.Identifier{ID: id, Signers: some(d.t, "signers", signers)})
		}
	}
}

// Rules and exemptions.

func (d worldOf) rule(id string, effect policy.Effect) policy.Rule {
	rule := policy.Rule{ID: id, Effect: effect, Target: d.target(), Scope: d.organisation("scope"), Period: period(d.t, "rule period", true, false)}
	if oneIn(d.t, "filtered", 2) {
		rule.Platforms = some(d.t, "platforms", platforms)
		rule.Kinds = some(d.t, "kinds", kinds)
		rule.SiteClass = some(d.t, "site class", classes)
	}
	if effect == policy.Allow {
		d.floor(&rule)
		return rule
	}
	if oneIn(d.t, "versions", 3) {
		rule.Versions = window(d.t, "versions")
	}
	rule.Components = coin(d.t, "components")
	rule.Clearance = pick(d.t, "clearance", append([]string{policy.ClearanceNone}, offices...))
	rule.Mitigations = some(d.t, "mitigations", mitigations)
	if effect == policy.PhaseOut {
		rule.Deadline = pick(d.t, "deadline", only(dates, func(at time.Time) bool { return !at.Before(rule.From) }))
	}
	return rule
}

// crowd adds many allow rules for one target: where many are, they may be searched in another way.
func (d worldOf) crowd() {
	target := d.target()
	for i := range 24 {
		rule := d.rule(fmt.Sprint("c", i), policy.Allow)
		rule.Target = target
		d.w.Rules = append(d.w.Rules, rule)
	}
}

func (d worldOf) target() policy.Target {
	switch pick(d.t, "target", []string{"product", "supplier", "any", "product", "supplier"}) {
	case "product":
		return policy.Target{Product: pick(d.t, "target product", d.w.Products).ID}
	case "supplier":
		return policy.Target{Supplier: pick(d.t, "target supplier", d.w.Suppliers).ID}
	}
	return policy.Target{Any: true}
}

func (d worldOf) floor(rule *policy.Rule) {
	rule.MinVersion = maybe(d.t, "min version", floors)
	if oneIn(d.t, "min version code", 3) {
		rule.MinVersionCode = map[policy.Platform]int64{pick(d.t, "code platform", platforms): pick(d.t, "code", codes)}
	}
}

// exemption is false where one for any product was drawn and there is nothing to lift. Half of them
// are made for one rule, and spoilt in something as often as not.
func (d worldOf) exemption(id string) (policy.Exemption, bool) {
	e := policy.Exemption{
		ID: id, Lifts: d.lifts(), Scope: d.organisation("exemption scope"), Subject: d.subject(),
		Period: period(d.t, "exemption period", true, true), Purpose: "work",
		Mitigations: pick(d.t, "exemption mitigations", [][]string{mitigations, mitigations[:1], mitigations[1:], nil}),
	}
	if !oneIn(d.t, "no clearance", 4) {
		e.Clearance = &policy.Clearance{Office: pick(d.t, "office", offices), At: pick(d.t, "cleared at", dates)}
	}
	if coin(d.t, "any product") {
		e.AnyProduct = true
	} else {
		e.Product = pick(d.t, "exemption product", d.w.Products).ID
		e.AnyVersion = oneIn(d.t, "any version", 3)
	}
	if len(e.Lifts) > 0 && coin(d.t, "made to fit") {
		d.fit(&e, reference{w: d.w}.rule(pick(d.t, "fitting", e.Lifts)))
	}
	return e, !e.AnyProduct || len(e.Lifts) > 0
}

// fit makes e what the rule demands, but for one thing in about every second.
func (d worldOf) fit(e *policy.Exemption, rule *policy.Rule) {
	fits := func(what string) bool { return !oneIn(d.t, what+" is spoilt", 8) }
	if fits("scope") {
		e.Scope = rule.Scope
	}
	if fits("subject") {
		e.Subject = policy.ExemptionSubject{Everyone: true}
	}
	if fits("period") {
		e.Period = policy.Period{From: dates[0], Until: dates[len(dates)-1]}
	}
	if fits("mitigations") {
		e.Mitigations = mitigations
	}
	if fits("clearance") && rule.Clearance != policy.ClearanceNone {
		e.Clearance = &policy.Clearance{Office: rule.Clearance, At: dates[0]}
	}
	if e.Product != "" && fits("product") && rule.Target.Product != "" {
		e.Product = rule.Target.Product
	}
}

func (d worldOf) lifts() []string {
	var restrictions []string
	for _, rule := range d.w.Rules {
		if rule.Effect != policy.Allow {
			restrictions = append(restrictions, rule.ID)
		}
	}
	return some(d.t, "lifts", restrictions)
}

func (d worldOf) subject() policy.ExemptionSubject {
	switch pick(d.t, "subject", []string{"everyone", "host", "site", "person", "group", "everyone", "everyone"}) {
	case "host":
		return policy.ExemptionSubject{Host: pick(d.t, "subject host", hostIDs)}
	case "site":
		return policy.ExemptionSubject{Site: pick(d.t, "subject site", d.w.Sites).ID}
	case "person":
		return policy.ExemptionSubject{Person: pick(d.t, "subject person", persons)}
	case "group":
		return policy.ExemptionSubject{Group: pick(d.t, "subject group", groups)}
	}
	return policy.ExemptionSubject{Everyone: true}
}

// Hosts.

func (d worldOf) host() *policy.Host {
	h := &policy.Host{ID: pick(d.t, "host", hostIDs), Kind: policy.Device, Organisation: d.organisation("host of")}
	if oneIn(d.t, "equipment", 3) {
		d.equipment(h)
	} else {
		h.Ownership = pick(d.t, "ownership", []policy.Ownership{0, policy.Corporate, 0, policy.Corporate, policy.ManagedPersonal, policy.Personal})
		h.Platform = pick(d.t, "platform", platforms)
		h.Holder = maybe(d.t, "holder", persons)
		h.Groups = some(d.t, "groups", groups)
	}
	for range rapid.IntRange(1, 5).Draw(d.t, "installed") {
		if in := d.installation(h.Kind); !installed(h, &in) {
			h.Installed = append(h.Installed, in)
		}
	}
	return h
}

// equipment at a site belongs to the site's organisation; the site may not be known.
func (d worldOf) equipment(h *policy.Host) {
	h.Kind = policy.EquipmentHost
	if !oneIn(d.t, "no site", 3) {
		s := pick(d.t, "site", d.w.Sites)
		h.Site, h.Organisation = s.ID, s.Organisation
	}
}

func (d worldOf) installation(kind policy.HostKind) policy.Installation {
	in := policy.Installation{Version: pick(d.t, "version", versions)}
	if oneIn(d.t, "product given", 4) || kind == policy.EquipmentHost && coin(d.t, "product known") {
		in.Product = pick(d.t, "given", d.w.Products).ID
	} else {
		in.Identifier = pick(d.t, "identifier", append(slices.Clone(identifiers), "unheard of"))
	}
	if coin(d.t, "code known") {
		code := pick(d.t, "version code", codes)
		in.VersionCode = &code
	}
	in.Signer = maybe(d.t, "signer", append(slices.Clone(signers), "k9"))
	in.Managed = pick(d.t, "managed", []*bool{nil, new(false), new(true)})
	if kind == policy.Device && oneIn(d.t, "add-on", 3) {
		in.Platform = pick(d.t, "own platform", platforms)
	}
	return in
}

// installed tells whether h already has an installation of that identifier on that platform.
func installed(h *policy.Host, in *policy.Installation) bool {
	mine := reference{h: h, in: in}
	return slices.ContainsFunc(h.Installed, func(other policy.Installation) bool {
		theirs := reference{h: h, in: &other}
		return theirs.identifier() == mine.identifier() && theirs.platform() == mine.platform()
	})
}

// A drawn case is one world and one host in it, to be asked about at any of the instants.
type drawnCase struct {
	worldOf
	h *policy.Host
}

func drawCase(t *rapid.T) drawnCase {
	d := worldOf{t, drawWorld(t)}
	return drawnCase{d, d.host()}
}

// TestRandomWorldsAreValid holds the generator to the contract's list of input errors: a world that
// is refused would test nothing.
func TestRandomWorldsAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		problems := append(policy.Validate(c.w), policy.NewHostValidator(c.w).Validate(c.h)...)
		if len(problems) > 0 {
			t.Fatalf("a drawn world is refused: %+v\n%s", problems, show(c.w, c.h))
		}
	})
}

// TestRandomCasesReachEverything: what is never drawn is never compared. The seeds are fixed, so
// that the count is the same in every run.
func TestRandomCasesReachEverything(t *testing.T) {
	reached := map[string]int{}
	drawn := rapid.Custom(drawCase)
	for seed := range 600 {
		c := drawn.Example(seed)
		for _, at := range instants {
			for _, a := range referenceAnswers(c.w, c.h, at) {
				reached[fmt.Sprintf("verdict %s, breach %t", a.Verdict, a.Breach)]++
				for _, f := range a.Findings {
					reached[fmt.Sprintf("%s: %s", f.Question, f.Result)]++
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reached)) {
		t.Logf("%6d %s", reached[name], name)
	}
	for _, name := range everything() {
		if reached[name] == 0 {
			t.Errorf("no random case reaches %q", name)
		}
	}
}

// everything lists each result of each finding and each verdict, watched and in breach.
func everything() []string {
	var names []string
	for question, results := range map[policy.Question][]policy.Result{
		policy.BanQuestion:      {policy.Banned, policy.Lifted},
		policy.PhaseOutQuestion: {policy.Overdue, policy.PhasingOut, policy.Lifted},
		policy.ListingQuestion: {policy.Impostor, policy.Allowed, policy.Exempt, policy.Outdated, policy.Unlisted, policy.Unknown,
			policy.Permitted, policy.Unidentified},
	} {
		for _, result := range results {
			names = append(names, fmt.Sprintf("%s: %s", question, result))
		}
	}
	for breach, verdicts := range map[bool][]policy.Result{
		true: {policy.Banned, policy.Overdue, policy.Impostor, policy.Outdated, policy.Unlisted, policy.Unknown},
		false: {policy.Advised, policy.Exempt, policy.PhasingOut, policy.Outdated, policy.Unlisted, policy.Unknown, policy.Unidentified,
			policy.Allowed, policy.Permitted},
	} {
		for _, verdict := range verdicts {
			names = append(names, fmt.Sprintf("verdict %s, breach %t", verdict, breach))
		}
	}
	return names
}

// show writes a world so that a failing case can be typed in again, one item a line.
func show(w *policy.World, h *policy.Host) string {
	var b strings.Builder
	for _, section := range []any{w.Organisations, w.Sites, w.Suppliers, w.Products, w.Rules, w.Exemptions, h} {
		text, err := json.Marshal(section)
		if err != nil {
			return err.Error()
		}
		fmt.Fprintf(&b, "%T\n%s\n", section, strings.ReplaceAll(string(text), `,{"ID"`, ",\n"+`{"ID"`))
	}
	return b.String()
}
