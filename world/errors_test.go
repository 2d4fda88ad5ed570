package world

import (
	"fmt"
	"strings"
	"testing"
)

// sections is a valid world; each row of TestErrors adds to it or takes its place.
const sections = `organisations:
  - {id: gov}
  - {id: dept, parent: gov}
sites:
  - {id: s1, organisation: dept}
suppliers:
  - {id: maker}
products:
  - {id: app, kind: app, identifiers: {android: [org.app]}}
  - {id: cam, kind: equipment}
rules:
  - {id: ban, effect: ban, target: {product: app}, components: true, clearance: none, scope: gov, from: 2023-01-01}
  - {id: allow, effect: allow, target: {product: app}, scope: gov, from: 2023-01-01}
exemptions:
  - {id: ex, lifts: [ban], product: app, scope: gov, subject: {host: d1}, from: 2023-01-01, until: 2024-01-01}
hosts:
  - {id: d1, kind: device, organisation: dept, platform: android, installed: [{identifier: org.app, version: "1"}]}
  - {id: e1, kind: equipment, organisation: dept, site: s1, installed: [{product: cam}]}
`

// with puts an item at the head of a section, at the end where that has no name, and returns the
// line at which it begins.
func with(section, item string) (text string, line int) {
	head, tail, found := strings.Cut(sections, section+":\n")
	if section == "" || !found {
		return sections + item, strings.Count(sections, "\n") + 1
	}
	head += section + ":\n"
	return head + item + tail, strings.Count(head, "\n") + 1
}

const (
	ruleStart   = "  - id: r\n    effect: %s\n    target: {product: app}\n    scope: gov\n    from: 2023-01-01\n"
	deviceStart = "  - id: d2\n    kind: device\n    organisation: dept\n    platform: ios\n"
	equipStart  = "  - id: e2\n    kind: equipment\n    organisation: dept\n"
	exStart     = "  - id: x\n    scope: gov\n    from: 2023-01-01\n    until: 2024-01-01\n"
)

func rule(effect, more string) string {
	head := fmt.Sprintf(ruleStart, effect)
	switch effect {
	case "ban":
		head += "    components: true\n    clearance: none\n"
	case "phase-out":
		head += "    components: true\n    clearance: none\n    deadline: 2025-01-01\n"
	}
	return head + more
}

// errorRows has a row for every error of the contract. Each want is a line within the item, counted
// from 1, the key and a part of the message.
var errorRows = []struct{ name, section, item, want string }{
	{"unknown section", "", "orgs: []\n", `1 orgs: unknown key "orgs"`},
	{"unknown key", "organisations", "  - {id: x, nam: X}\n", `1 organisations[0].nam: unknown key "nam"; did you mean "name"?`},
	{"unknown key, deep", "products", "  - id: p\n    kind: app\n    identifiers:\n      ios:\n        - {id: a, signer: []}\n", `5 products[0].identifiers.ios[0].signer: unknown key "signer"`},
	{"unknown key in a target", "rules", "  - {id: r, effect: allow, target: {product: app, prodct: app}, scope: gov, from: 2023-01-01}\n", `1 rules[0].target.prodct: unknown key`},
	{"unknown key in an installation", "hosts", deviceStart + "    installed:\n      - identifier: a\n        versoin: 1\n", `7 hosts[0].installed[0].versoin: unknown key`},
	{"merge key", "organisations", "  - {id: x, <<: {name: X}}\n", `1 organisations[0]."<<": unknown key`},
	{"key that is no word", "organisations", "  - {id: x, [a]: b}\n", `1 organisations[0]: a list as a key`},
	{"doubled key", "organisations", "  - id: x\n    name: X\n    name: Y\n", `3 organisations[0].name: given twice, first on line`},
	{"doubled section", "", "sites: []\n", `1 sites: given twice`},
	{"doubled platform", "products", "  - {id: p, kind: app, identifiers: {ios: [a], ios: [b]}}\n", `1 products[0].identifiers.ios: given twice`},

	{"undeclared parent", "organisations", "  - {id: x, parent: gvo}\n", `1 organisations[0].parent: no organisation "gvo" is declared; did you mean "gov"?`},
	{"undeclared organisation of a site", "sites", "  - {id: x, organisation: none}\n", `1 sites[0].organisation: no organisation "none"`},
	{"undeclared owner", "suppliers", "  - id: x\n    owned_by:\n      - supplier: nobody\n", `3 suppliers[0].owned_by[0].supplier: no supplier "nobody"`},
	{"undeclared supplier", "products", "  - {id: p, kind: app, supplier: nobody}\n", `1 products[0].supplier: no supplier "nobody"`},
	{"undeclared maker", "products", "  - {id: p, kind: app, made_by: [{supplier: nobody}]}\n", `1 products[0].made_by[0].supplier: no supplier "nobody"`},
	{"undeclared component", "products", "  - id: p\n    kind: app\n    contains:\n      - nothing\n", `4 products[0].contains[0].product: no product "nothing"`},
	{"undeclared product of a target", "rules", "  - id: r\n    effect: allow\n    target:\n      product: ap\n    scope: gov\n    from: 2023-01-01\n", `4 rules[0].target.product: no product "ap" is declared; did you mean "app"?`},
	{"undeclared supplier of a target", "rules", "  - {id: r, effect: allow, target: {supplier: ap}, scope: gov, from: 2023-01-01}\n", `1 rules[0].target.supplier: no supplier "ap"`},
	{"undeclared scope", "rules", "  - {id: r, effect: allow, target: {any: true}, scope: nowhere, from: 2023-01-01}\n", `1 rules[0].scope: no organisation "nowhere"`},
	{"undeclared rule", "exemptions", exStart + "    product: app\n    subject: {person: p}\n    lifts: [none]\n", `7 exemptions[0].lifts[0]: no rule "none"`},
	{"undeclared product of an exemption", "exemptions", exStart + "    product: none\n    subject: {person: p}\n", `5 exemptions[0].product: no product "none"`},
	{"undeclared scope of an exemption", "exemptions", "  - {id: x, scope: none, from: 2023-01-01, until: 2024-01-01, product: app, subject: {person: p}}\n", `1 exemptions[0].scope: no organisation "none"`},
	{"undeclared site of a subject", "exemptions", exStart + "    product: app\n    subject:\n      site: none\n", `7 exemptions[0].subject.site: no site "none"`},
	{"undeclared host of a subject", "exemptions", exStart + "    product: app\n    subject:\n      host: none\n", `7 exemptions[0].subject.host: no host "none" is declared`},
	{"undeclared organisation of a host", "hosts", "  - id: d2\n    kind: device\n    organisation: none\n    platform: ios\n", `3 hosts[0].organisation: no organisation "none"`},
	{"undeclared site of a host", "hosts", equipStart + "    site: none\n", `4 hosts[0].site: no site "none"`},
	{"undeclared product on a host", "hosts", equipStart + "    installed:\n      - product: none\n", `5 hosts[0].installed[0].product: no product "none"`},

	{"doubled organisation", "organisations", "  - id: z\n  - id: z\n", `2 organisations[1].id: "z" is declared twice`},
	{"doubled site", "sites", "  - {id: s2, organisation: gov}\n  - {id: s2, organisation: gov}\n", `2 sites[1].id: "s2" is declared twice`},
	{"doubled supplier", "suppliers", "  - id: m\n  - id: m\n", `2 suppliers[1].id: "m" is declared twice`},
	{"doubled product", "products", "  - {id: p, kind: app}\n  - {id: p, kind: app}\n", `2 products[1].id: "p" is declared twice`},
	{"doubled rule", "rules", rule("ban", "") + rule("ban", ""), `8 rules[1].id: "r" is declared twice`},
	{"doubled exemption", "exemptions", exStart + "    product: app\n    subject: {person: p}\n" + exStart + "    product: app\n    subject: {person: p}\n", `7 exemptions[1].id: "x" is declared twice`},
	{"doubled host", "hosts", deviceStart + "  - kind: device\n    id: d2\n    organisation: dept\n    platform: ios\n", `6 hosts[1].id: "d2" is already declared at `},
	{"empty id", "organisations", "  - id: \"\"\n", `1 organisations[0].id: missing`},
	{"no id", "organisations", "  - name: x\n", `1 organisations[0].id: missing`},
	{"host without id", "hosts", "  - kind: device\n    organisation: dept\n    platform: ios\n", `1 hosts[0].id: missing`},

	{"effect off its list", "rules", rule("forbid", ""), `2 rules[0].effect: "forbid" is not possible here: choose allow, ban or phase-out`},
	{"effect in another case", "rules", rule("Ban", ""), `2 rules[0].effect: "Ban" is not possible here`},
	{"kind off its list", "products", "  - id: p\n    kind: ap\n", `2 products[0].kind: "ap" is not possible here: choose app or equipment; did you mean "app"?`},
	{"kind of a host off its list", "hosts", "  - id: d2\n    kind: phone\n    organisation: dept\n", `2 hosts[0].kind: "phone" is not possible here: choose device or equipment`},
	{"kind of a filter off its list", "rules", rule("ban", "    kinds: [device]\n"), `8 rules[0].kinds[0]: "device" is not possible here`},
	{"platform off its list", "hosts", "  - id: d2\n    kind: device\n    organisation: dept\n    platform: andriod\n", `4 hosts[0].platform: "andriod" is not possible here: choose android, ios, macos, windows, linux, chromeos, chrome, edge or firefox`},
	{"platform of an installation off its list", "hosts", deviceStart + "    installed:\n      - {identifier: a, platform: safari}\n", `6 hosts[0].installed[0].platform: "safari" is not`},
	{"platform of a filter off its list", "rules", rule("ban", "    platforms:\n      - ios\n      - ipados\n"), `10 rules[0].platforms[1]: "ipados" is not`},
	{"platform of identifiers off its list", "products", "  - id: p\n    kind: app\n    identifiers:\n      iOS: [a]\n", `4 products[0].identifiers.iOS: unknown key "iOS"; did you mean "ios"?`},
	{"platform of a floor off its list", "rules", rule("allow", "    min_version_code: {droid: 1}\n"), `6 rules[0].min_version_code.droid: unknown key`},
	{"builtin platform off its list", "products", "  - {id: p, kind: app, builtin_on: [ios, symbian]}\n", `1 products[0].builtin_on[1]: "symbian" is not`},
	{"ownership off its list", "hosts", deviceStart + "    ownership: private\n", `5 hosts[0].ownership: "private" is not possible here: choose corporate, personal or managed-personal`},
	{"list off its list", "organisations", "  - id: x\n    list: theirs\n", `2 organisations[0].list: "theirs" is not possible here: choose inherit or own`},

	{"no such day", "rules", "  - id: r\n    effect: allow\n    target: {any: true}\n    scope: gov\n    from: 2023-02-29\n", `5 rules[0].from: "2023-02-29" is no such time`},
	{"no such hour", "rules", rule("ban", "    until: 2023-02-28T24:00:00Z\n"), `8 rules[0].until: "2023-02-28T24:00:00Z" is no such time`},
	{"time without zone", "rules", rule("ban", "    until: 2023-02-28 12:00:00\n"), `8 rules[0].until: "2023-02-28 12:00:00" has no time zone: add Z`},
	{"time that is none", "rules", rule("ban", "    until: tomorrow\n"), `8 rules[0].until: "tomorrow" is not a time`},
	{"time that is a list", "rules", rule("ban", "    until: [2024-01-01]\n"), `8 rules[0].until: a list where a time is expected`},

	{"rule that ends before it begins", "rules", rule("ban", "    until: 2022-01-01\n"), `8 rules[0].until: the period ends before it begins`},
	{"rule that ends as it begins", "rules", rule("ban", "    until: 2023-01-01\n"), `8 rules[0].until: the period ends before`},
	{"exemption that ends before it begins", "exemptions", "  - id: x\n    scope: gov\n    from: 2023-01-01\n    until: 2022-01-01\n    product: app\n    subject: {person: p}\n", `4 exemptions[0].until: the period ends before`},
	{"monitor that ends before it begins", "organisations", "  - id: x\n    monitor:\n      from: 2023-01-01\n      until: 2022-01-01\n", `4 organisations[0].monitor.until: the period ends before`},
	{"ownership that ends before it begins", "suppliers", "  - {id: x, owned_by: [{supplier: maker, from: 2023-01-01, until: 2022-01-01}]}\n", `1 suppliers[0].owned_by[0].until: the period ends before`},
	{"making that ends before it begins", "products", "  - {id: x, kind: app, made_by: [{supplier: maker, from: 2023-01-01, until: 2022-01-01}]}\n", `1 products[0].made_by[0].until: the period ends before`},
	{"window of a rule", "rules", rule("ban", "    versions: {since: 4.10, until: 4.9}\n"), `8 rules[0].versions.until: no version lies in`},
	{"window of a component", "products", "  - {id: p, kind: app, contains: [{product: app, since: 2.0, until: \"2\"}]}\n", `1 products[0].contains[0].until: no version lies in`},

	{"components on an allow rule", "rules", rule("allow", "    components: false\n"), `6 rules[0].components: components cannot be said on a rule whose effect is allow`},
	{"components on an allow rule, null", "rules", rule("allow", "    components: null\n"), `6 rules[0].components: components cannot`},
	{"versions on an allow rule", "rules", rule("allow", "    versions: {since: 1}\n"), `6 rules[0].versions: versions cannot`},
	{"clearance on an allow rule", "rules", rule("allow", "    clearance: none\n"), `6 rules[0].clearance: clearance cannot`},
	{"mitigations on an allow rule", "rules", rule("allow", "    mitigations: []\n"), `6 rules[0].mitigations: mitigations cannot`},
	{"deadline on an allow rule", "rules", rule("allow", "    deadline: ~\n"), `6 rules[0].deadline: deadline cannot`},
	{"deadline on a ban", "rules", rule("ban", "    deadline: 2025-01-01\n"), `8 rules[0].deadline: deadline cannot be said on a rule whose effect is ban`},
	{"floor on a ban", "rules", rule("ban", "    min_version: 1\n"), `8 rules[0].min_version: min_version cannot`},
	{"empty floor", "rules", rule("allow", "    min_version:\n"), `6 rules[0].min_version: an empty floor`},
	{"floor of codes on a ban", "rules", rule("ban", "    min_version_code: {android: 1}\n"), `8 rules[0].min_version_code: min_version_code cannot`},
	{"floor on a phase-out", "rules", rule("phase-out", "    min_version: 1\n"), `9 rules[0].min_version: min_version cannot be said on a rule whose effect is phase-out`},
	{"floor of codes on a phase-out", "rules", rule("phase-out", "    min_version_code: {android: 1}\n"), `9 rules[0].min_version_code: min_version_code cannot`},
	{"ownership of equipment", "hosts", equipStart + "    ownership: corporate\n", `4 hosts[0].ownership: ownership cannot be said on a host whose kind is equipment`},
	{"platform of equipment", "hosts", equipStart + "    platform: linux\n", `4 hosts[0].platform: platform cannot`},
	{"holder of equipment", "hosts", equipStart + "    holder: p\n", `4 hosts[0].holder: holder cannot`},
	{"groups of equipment", "hosts", equipStart + "    groups: []\n", `4 hosts[0].groups: groups cannot`},
	{"groups of equipment, null", "hosts", equipStart + "    groups:\n", `4 hosts[0].groups: groups cannot`},
	{"platform of what equipment has", "hosts", equipStart + "    installed:\n      - product: app\n      - {product: cam, platform: linux}\n", `6 hosts[0].installed[1].platform: platform cannot`},
	{"platform of what equipment has, null", "hosts", equipStart + "    installed:\n      - {product: cam, platform: null}\n", `5 hosts[0].installed[0].platform: platform cannot`},
	{"site of a device", "hosts", deviceStart + "    site: s1\n", `5 hosts[0].site: site cannot be said on a host whose kind is device`},
	{"site of a device, null", "hosts", deviceStart + "    site: null\n", `5 hosts[0].site: site cannot`},

	{"ban without components", "rules", fmt.Sprintf(ruleStart, "ban") + "    clearance: none\n", `1 rules[0].components: missing`},
	{"ban without clearance", "rules", fmt.Sprintf(ruleStart, "ban") + "    components: true\n", `1 rules[0].clearance: missing`},
	{"ban with clearance null", "rules", fmt.Sprintf(ruleStart, "ban") + "    components: true\n    clearance: null\n", `7 rules[0].clearance: missing`},
	{"ban with components null", "rules", fmt.Sprintf(ruleStart, "ban") + "    components:\n    clearance: none\n", `6 rules[0].components: missing`},
	{"phase-out without components", "rules", fmt.Sprintf(ruleStart, "phase-out") + "    clearance: none\n    deadline: 2025-01-01\n", `1 rules[0].components: missing`},
	{"phase-out without clearance", "rules", fmt.Sprintf(ruleStart, "phase-out") + "    components: true\n    deadline: 2025-01-01\n", `1 rules[0].clearance: missing`},
	{"rule without from", "rules", "  - {id: r, effect: allow, target: {any: true}, scope: gov}\n", `1 rules[0].from: missing`},
	{"rule with from null", "rules", "  - id: r\n    from: ~\n    effect: allow\n    target: {any: true}\n    scope: gov\n", `2 rules[0].from: missing`},
	{"rule without effect", "rules", "  - {id: r, target: {any: true}, scope: gov, from: 2023-01-01}\n", `1 rules[0].effect: missing`},
	{"rule without target", "rules", "  - {id: r, effect: allow, scope: gov, from: 2023-01-01}\n", `1 rules[0].target: missing`},
	{"rule without scope", "rules", "  - {id: r, effect: allow, target: {any: true}, from: 2023-01-01}\n", `1 rules[0].scope: missing`},
	{"exemption without from", "exemptions", "  - {id: x, scope: gov, until: 2024-01-01, product: app, subject: {person: p}}\n", `1 exemptions[0].from: missing`},
	{"exemption without scope", "exemptions", "  - {id: x, from: 2023-01-01, until: 2024-01-01, product: app, subject: {person: p}}\n", `1 exemptions[0].scope: missing`},
	{"phase-out without deadline", "rules", fmt.Sprintf(ruleStart, "phase-out") + "    components: true\n    clearance: none\n", `1 rules[0].deadline: missing`},
	{"deadline before from", "rules", fmt.Sprintf(ruleStart, "phase-out") + "    components: true\n    clearance: none\n    deadline: 2022-12-31\n", `8 rules[0].deadline: the deadline is before`},
	{"exemption without until", "exemptions", "  - {id: x, scope: gov, from: 2023-01-01, product: app, subject: {person: p}}\n", `1 exemptions[0].until: missing`},
	{"monitor without until", "organisations", "  - id: x\n    monitor: {from: 2023-01-01}\n", `2 organisations[0].monitor.until: missing`},
	{"monitor with nothing", "organisations", "  - id: x\n    monitor: {}\n", `2 organisations[0].monitor.until: missing`},
	{"clearance without office", "exemptions", exStart + "    product: app\n    subject: {person: p}\n    clearance:\n      at: 2023-01-01\n", `8 exemptions[0].clearance.office: missing`},
	{"clearance without time", "exemptions", exStart + "    product: app\n    subject: {person: p}\n    clearance: {office: o}\n", `7 exemptions[0].clearance.at: missing`},

	{"target with nothing", "rules", "  - id: r\n    effect: allow\n    target: {}\n    scope: gov\n    from: 2023-01-01\n", `3 rules[0].target: give exactly one of product, supplier or any`},
	{"target with two keys", "rules", "  - id: r\n    effect: allow\n    target: {product: app, supplier: maker}\n    scope: gov\n    from: 2023-01-01\n", `3 rules[0].target: give exactly one`},
	{"target with a null beside", "rules", "  - {id: r, effect: allow, target: {product: app, supplier: null}, scope: gov, from: 2023-01-01}\n", "1 rules[0].target.supplier: empty\n1 rules[0].target: give exactly one"},
	{"target with null", "rules", "  - {id: r, effect: allow, target: {product: null}, scope: gov, from: 2023-01-01}\n", `1 rules[0].target.product: empty`},
	{"any that is false", "rules", "  - {id: r, effect: allow, target: {any: false}, scope: gov, from: 2023-01-01}\n", `1 rules[0].target.any: "false" where only true is possible`},
	{"any in quotes", "rules", "  - {id: r, effect: allow, target: {any: \"true\"}, scope: gov, from: 2023-01-01}\n", `1 rules[0].target.any: "true" where only true`},
	{"subject with nothing", "exemptions", exStart + "    product: app\n    subject: {}\n", `6 exemptions[0].subject: give exactly one of host, site, person, group or everyone`},
	{"subject with two keys", "exemptions", exStart + "    product: app\n    subject: {host: d1, group: g}\n", `6 exemptions[0].subject: give exactly one`},
	{"subject that is missing", "exemptions", exStart + "    product: app\n", `1 exemptions[0].subject: missing`},
	{"everyone that is false", "exemptions", exStart + "    product: app\n    subject: {everyone: false}\n", `6 exemptions[0].subject.everyone: "false" where only true`},
	{"neither product nor any_product", "exemptions", exStart + "    subject: {person: p}\n    lifts: [ban]\n", `1 exemptions[0]: an exemption is for exactly one`},
	{"product and any_product", "exemptions", exStart + "    product: app\n    any_product: true\n    subject: {person: p}\n    lifts: [ban]\n", `1 exemptions[0]: an exemption is for exactly one`},
	{"any_product without rules", "exemptions", exStart + "    any_product: true\n    subject: {person: p}\n", `1 exemptions[0].lifts: an exemption for any product must name`},
	{"lifts an allow rule", "exemptions", exStart + "    product: app\n    subject: {person: p}\n    lifts: [ban, allow]\n", `7 exemptions[0].lifts[1]: "allow" is an allow rule`},

	{"empty platforms", "rules", rule("ban", "    platforms: []\n"), `8 rules[0].platforms: an empty filter`},
	{"null platforms", "rules", rule("ban", "    platforms:\n"), `8 rules[0].platforms: an empty filter`},
	{"empty kinds", "rules", rule("ban", "    kinds: []\n"), `8 rules[0].kinds: an empty filter`},
	{"empty site_class", "rules", rule("ban", "    site_class: []\n"), `8 rules[0].site_class: an empty filter`},
	{"empty class in site_class", "rules", rule("ban", "    site_class: [\"\"]\n"), `8 rules[0].site_class[0]: an empty text`},
	{"empty versions", "rules", rule("ban", "    versions: {}\n"), `8 rules[0].versions: an empty filter`},
	{"versions with nulls", "rules", rule("ban", "    versions: {since: null, until: \"\"}\n"), `8 rules[0].versions: an empty filter`},
	{"empty min_version_code", "rules", rule("allow", "    min_version_code: {}\n"), `6 rules[0].min_version_code: an empty floor`},

	{"device without platform", "hosts", "  - {id: d2, kind: device, organisation: dept}\n", `1 hosts[0].platform: a device has a platform`},
	{"installation of nothing", "hosts", deviceStart + "    installed:\n      - {version: 1}\n", `6 hosts[0].installed[0]: an installation gives exactly one`},
	{"installation of both", "hosts", deviceStart + "    installed:\n      - {identifier: a, product: app}\n", `6 hosts[0].installed[0]: an installation gives exactly one`},
	{"identifier twice on a host", "hosts", deviceStart + "    installed:\n      - identifier: a\n      - identifier: b\n      - identifier: a\n", `8 hosts[0].installed[2]: "a" is on this host twice on ios`},
	{"identifier twice on an own platform", "hosts", deviceStart + "    installed: [{identifier: a, platform: chrome}, {identifier: a}, {identifier: a, platform: chrome}]\n", `5 hosts[0].installed[2]: "a" is on this host twice on chrome`},
	{"identifier for two products", "products", "  - id: p\n    kind: app\n    identifiers:\n      android: [org.b, org.app]\n", `5 products[1].identifiers.android[0]: "org.app" on android is already an identifier of product "p"`},
	{"equipment of another organisation", "hosts", "  - id: e2\n    kind: equipment\n    organisation: gov\n    site: s1\n", `3 hosts[0].organisation: site "s1" belongs to "dept"`},
	{"circle of organisations", "organisations", "  - {id: a, parent: b}\n  - {id: b, parent: a}\n", `1 organisations[0].parent: "a" is its own ancestor`},
	{"organisation that is its own parent", "organisations", "  - {id: a, parent: a}\n", `1 organisations[0].parent: "a" is its own ancestor`},

	{"product without kind", "products", "  - id: p\n", `1 products[0].kind: missing`},
	{"site without organisation", "sites", "  - id: s2\n", `1 sites[0].organisation: missing`},
	{"edge without supplier", "suppliers", "  - {id: x, owned_by: [{from: 2023-01-01}]}\n", `1 suppliers[0].owned_by[0].supplier: missing`},
	{"component without product", "products", "  - {id: p, kind: app, contains: [{since: 1}]}\n", `1 products[0].contains[0].product: missing`},
	{"identifier without id", "products", "  - {id: p, kind: app, identifiers: {ios: [{signers: [a]}]}}\n", `1 products[0].identifiers.ios[0].id: missing`},
	{"host without kind", "hosts", "  - {id: d2, organisation: dept}\n", `1 hosts[0].kind: missing`},
	{"host without organisation", "hosts", "  - {id: d2, kind: device, platform: ios}\n", `1 hosts[0].organisation: missing`},
	{"item that is no mapping", "organisations", "  - gov2\n", `1 organisations[0]: "gov2" where keys and values are expected, such as {id: …, name: …}`},
	{"item that is nothing", "organisations", "  -\n", `1 organisations[0]: nothing where keys and values`},
	{"host that is no mapping", "hosts", "  - d2\n", `1 hosts[0]: "d2" where keys and values`},
	{"text that is a list", "organisations", "  - {id: x, name: [a]}\n", `1 organisations[0].name: a list where a text is expected`},
	{"text that is an empty list", "organisations", "  - {id: x, name: []}\n", `1 organisations[0].name: a list where a text is expected`},
	{"list that is a text", "rules", rule("ban", "    mitigations: m\n"), `8 rules[0].mitigations: "m" where a list is expected`},
	{"list with nothing in it", "rules", rule("ban", "    mitigations: [a, ~]\n"), `8 rules[0].mitigations[1]: an empty text`},
	{"boolean of YAML 1.1", "rules", fmt.Sprintf(ruleStart, "ban") + "    components: yes\n    clearance: none\n", `6 rules[0].components: "yes" where true or false is expected`},
	{"boolean in quotes", "rules", fmt.Sprintf(ruleStart, "ban") + "    components: \"true\"\n    clearance: none\n", `6 rules[0].components: "true" where true or false`},
	{"boolean in capitals", "hosts", deviceStart + "    installed: [{identifier: a, managed: True}]\n", `5 hosts[0].installed[0].managed: "True" where true or false`},
	{"code that is no number", "hosts", deviceStart + "    installed: [{identifier: a, version_code: 0x10}]\n", `5 hosts[0].installed[0].version_code: "0x10" where a whole number`},
	{"code that is a fraction", "rules", rule("allow", "    min_version_code: {android: 1.5}\n"), `6 rules[0].min_version_code.android: "1.5" where a whole number`},
	{"code in quotes", "hosts", deviceStart + "    installed: [{identifier: a, version_code: \"1\"}]\n", `5 hosts[0].installed[0].version_code: "1" where a whole number`},
	{"code with a zero before", "hosts", deviceStart + "    installed: [{identifier: a, version_code: 007}]\n", `5 hosts[0].installed[0].version_code: "007" where a whole number`},
	{"code with a plus", "hosts", deviceStart + "    installed: [{identifier: a, version_code: +7}]\n", `5 hosts[0].installed[0].version_code: "+7" where a whole number`},
	{"code that is no zero", "hosts", deviceStart + "    installed: [{identifier: a, version_code: -0}]\n", `5 hosts[0].installed[0].version_code: "-0" where a whole number`},
	{"code that is null", "rules", rule("allow", "    min_version_code: {android: }\n"), `6 rules[0].min_version_code.android: nothing where a whole number`},
	{"code that is too large", "rules", rule("allow", "    min_version_code: {android: 9223372036854775808}\n"), `6 rules[0].min_version_code.android: "9223372036854775808" where`},
	{"tag", "organisations", "  - {id: x, name: !!binary aGk=}\n", `1 organisations[0].name: the tag "!!binary", which world files do not use, where a text`},
}

// TestErrors loads each row as it is, with the line ends of Windows, with a byte order mark, and
// without splitting: the errors are the same.
func TestErrors(t *testing.T) {
	for _, row := range errorRows {
		t.Run(row.name, func(t *testing.T) {
			text, first := with(row.section, row.item)
			want := expect(t, row.want, first)
			for form, text := range map[string]string{"lf": text, "crlf": strings.ReplaceAll(text, "\n", "\r\n"), "bom": "\ufeff" + text} {
				for _, whole := range []bool{false, true} {
					l, err := loadWith([]string{write(t, "world.yaml", text)}, 64, whole)
					if err == nil {
						_ = l.Close()
						t.Fatalf("%s, whole %v: no error", form, whole)
					}
					got := strings.Split(strings.TrimSpace(failures(t, err)), "\n")
					if len(got) != len(want) {
						t.Fatalf("%s, whole %v:\ngot  %s\nwant %s", form, whole, strings.Join(got, "\n"), strings.Join(want, "\n"))
					}
					for i := range want {
						if !strings.HasPrefix(got[i], want[i]) {
							t.Errorf("%s, whole %v:\ngot  %s\nwant %s", form, whole, got[i], want[i])
						}
					}
				}
			}
		})
	}
}

// expect moves the lines of the wanted errors to where the item stands in the file.
func expect(t *testing.T, want string, first int) []string {
	t.Helper()
	var out []string
	for line := range strings.SplitSeq(want, "\n") {
		var n int
		number, rest, _ := strings.Cut(line, " ")
		if _, err := fmt.Sscan(number, &n); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%d %s", first+n-1, rest))
	}
	return out
}
