package world

import (
	"slices"

	"portcullis/policy"
)

// This file reads what may be said only together with something else: rules by their effect,
// exemptions, and hosts by their kind.

var ruleFields = []field[policy.Rule]{
	{key: "id", read: func(d *decoder, i int, v *policy.Rule) { readText(d, i, &v.ID) }, need: needID},
	{key: "effect", read: func(d *decoder, i int, v *policy.Rule) { readEffect(d, i, &v.Effect) }, need: "allow, ban or phase-out"},
	{key: "target", read: func(d *decoder, i int, v *policy.Rule) { readTarget(d, i, &v.Target) },
		need: "what the rule is about, such as {product: …}"},
	{key: "scope", read: func(d *decoder, i int, v *policy.Rule) { readText(d, i, &v.Scope) },
		need: "the organisation for which, and for all below which, the rule holds"},
	{key: "from", read: func(d *decoder, i int, v *policy.Rule) { readTime(d, i, &v.From) }, need: "the time from which the rule holds"},
	{key: "until", read: func(d *decoder, i int, v *policy.Rule) { readTime(d, i, &v.Until) }},
	{key: "reason", read: func(d *decoder, i int, v *policy.Rule) { readText(d, i, &v.Reason) }},
	{key: "platforms", read: func(d *decoder, i int, v *policy.Rule) { readList(d, i, &v.Platforms, readPlatform) }, filled: emptyFilter},
	{key: "kinds", read: func(d *decoder, i int, v *policy.Rule) { readList(d, i, &v.Kinds, readKind) }, filled: emptyFilter},
	{key: "site_class", read: func(d *decoder, i int, v *policy.Rule) { readTexts(d, i, &v.SiteClass) }, filled: emptyFilter},
	{key: "versions", read: func(d *decoder, i int, v *policy.Rule) { readFilterWindow(d, i, &v.Versions) }, filled: emptyFilter},
	{key: "components", read: func(d *decoder, i int, v *policy.Rule) { readBool(d, i, &v.Components) }},
	{key: "clearance", read: func(d *decoder, i int, v *policy.Rule) { readText(d, i, &v.Clearance) }},
	{key: "mitigations", read: func(d *decoder, i int, v *policy.Rule) { readTexts(d, i, &v.Mitigations) }},
	{key: "deadline", read: func(d *decoder, i int, v *policy.Rule) { readTime(d, i, &v.Deadline) }},
	{key: "min_version", read: func(d *decoder, i int, v *policy.Rule) { readText(d, i, &v.MinVersion) },
		filled: "an empty floor holds nothing back: leave the key out, or give a version"},
	{key: "min_version_code", read: func(d *decoder, i int, v *policy.Rule) {
		v.MinVersionCode = readByPlatform(d, i, readCode)
	}, filled: "an empty floor holds nothing back: leave the key out, or give a code for a platform"},
}

// notOn are the keys that rules of an effect do not have, and needed those that they must have.
var (
	notOn = map[policy.Effect][]string{
		policy.Allow:    {"components", "versions", "clearance", "mitigations", "deadline"},
		policy.Ban:      {"deadline", "min_version", "min_version_code"},
		policy.PhaseOut: {"min_version", "min_version_code"},
	}
	needed = map[policy.Effect][]struct{ key, need string }{
		policy.Ban: {
			{"components", "true if the ban reaches what contains the target, otherwise false"},
			{"clearance", "the office that must clear an exemption, or none"},
		},
		policy.PhaseOut: {
			{"components", "true if the phase-out reaches what contains the target, otherwise false"},
			{"clearance", "the office that must clear an exemption, or none"},
			{"deadline", "the time at which what is still there is overdue"},
		},
	}
)

func readRule(d *decoder, i int, v *policy.Rule) {
	if _, ok := readMapping(d, i, v, ruleFields); !ok || v.Effect == 0 {
		return
	}
	d.without(i, notOn[v.Effect], "a rule whose effect is "+v.Effect.String())
	for _, n := range needed[v.Effect] {
		val, k := d.tree.find(i, n.key)
		if val >= 0 && !d.nothing(val) {
			continue
		}
		line := d.line(i)
		if k >= 0 {
			line = d.line(k)
		}
		d.failKey(line, n.key, "missing: give %s", n.need)
	}
}

// without reports the keys that the mapping at i has though it must not; their values do not matter.
func (d *decoder) without(i int, keys []string, where string) {
	for _, key := range keys {
		if _, k := d.tree.find(i, key); k >= 0 {
			d.failKey(d.line(k), key, onlyTogether, key, where)
		}
	}
}

func readCode(d *decoder, i int, v *int64) { readInt(d, i, v) }

var targetFields = []field[policy.Target]{
	{key: "product", read: func(d *decoder, i int, v *policy.Target) { readText(d, i, &v.Product) }, filled: emptyTarget},
	{key: "supplier", read: func(d *decoder, i int, v *policy.Target) { readText(d, i, &v.Supplier) }, filled: emptyTarget},
	{key: "any", read: func(d *decoder, i int, v *policy.Target) { readTrue(d, i, &v.Any) }, filled: emptyTarget},
}

func readTarget(d *decoder, i int, v *policy.Target) { readOne(d, i, v, targetFields) }

// readOne reads a mapping that has exactly one of its keys.
func readOne[T any](d *decoder, i int, v *T, fields []field[T]) {
	seen, ok := readMapping(d, i, v, fields)
	if ok && (seen == 0 || seen&(seen-1) != 0) {
		d.fail(i, "give exactly one of %s", choices(fieldKeys(fields)))
	}
}

var exemptionFields = []field[policy.Exemption]{
	{key: "id", read: func(d *decoder, i int, v *policy.Exemption) { readText(d, i, &v.ID) }, need: needID},
	{key: "lifts", read: func(d *decoder, i int, v *policy.Exemption) { readTexts(d, i, &v.Lifts) }},
	{key: "product", read: func(d *decoder, i int, v *policy.Exemption) { readText(d, i, &v.Product) }},
	{key: "any_product", read: func(d *decoder, i int, v *policy.Exemption) { readBool(d, i, &v.AnyProduct) }},
	{key: "any_version", read: func(d *decoder, i int, v *policy.Exemption) { readBool(d, i, &v.AnyVersion) }},
	{key: "scope", read: func(d *decoder, i int, v *policy.Exemption) { readText(d, i, &v.Scope) },
		need: "the organisation in which, with all below it, the exemption holds"},
	{key: "subject", read: func(d *decoder, i int, v *policy.Exemption) { readOne(d, i, &v.Subject, subjectFields) },
		need: "whom it is for, such as {host: …}, or {everyone: true}"},
	{key: "from", read: func(d *decoder, i int, v *policy.Exemption) { readTime(d, i, &v.From) }, need: "the time from which it holds"},
	{key: "until", read: func(d *decoder, i int, v *policy.Exemption) { readTime(d, i, &v.Until) },
		need: "the time at which it ends: every exemption does"},
	{key: "purpose", read: func(d *decoder, i int, v *policy.Exemption) { readText(d, i, &v.Purpose) }},
	{key: "mitigations", read: func(d *decoder, i int, v *policy.Exemption) { readTexts(d, i, &v.Mitigations) }},
	{key: "clearance", read: readClearance},
}

func readExemption(d *decoder, i int, v *policy.Exemption) { readMapping(d, i, v, exemptionFields) }

var subjectFields = []field[policy.ExemptionSubject]{
	{key: "host", read: func(d *decoder, i int, v *policy.ExemptionSubject) { readText(d, i, &v.Host) }, filled: emptyTarget},
	{key: "site", read: func(d *decoder, i int, v *policy.ExemptionSubject) { readText(d, i, &v.Site) }, filled: emptyTarget},
	{key: "person", read: func(d *decoder, i int, v *policy.ExemptionSubject) { readText(d, i, &v.Person) }, filled: emptyTarget},
	{key: "group", read: func(d *decoder, i int, v *policy.ExemptionSubject) { readText(d, i, &v.Group) }, filled: emptyTarget},
	{key: "everyone", read: func(d *decoder, i int, v *policy.ExemptionSubject) { readTrue(d, i, &v.Everyone) }, filled: emptyTarget},
}

var clearanceFields = []field[policy.Clearance]{
	{key: "office", read: func(d *decoder, i int, v *policy.Clearance) { readText(d, i, &v.Office) }, need: "the office that said yes"},
	{key: "by", read: func(d *decoder, i int, v *policy.Clearance) { readText(d, i, &v.By) }},
	{key: "ref", read: func(d *decoder, i int, v *policy.Clearance) { readText(d, i, &v.Ref) }},
	{key: "at", read: func(d *decoder, i int, v *policy.Clearance) { readTime(d, i, &v.At) }, need: "the time at which it said so"},
}

func readClearance(d *decoder, i int, v *policy.Exemption) {
	v.Clearance = new(policy.Clearance)
	readMapping(d, i, v.Clearance, clearanceFields)
}

var hostFields = []field[policy.Host]{
	{key: "id", read: func(d *decoder, i int, v *policy.Host) { readName(d, i, &v.ID) }, need: needID},
	{key: "kind", read: func(d *decoder, i int, v *policy.Host) { readHostKind(d, i, &v.Kind) }, need: "device or equipment"},
	{key: "organisation", read: func(d *decoder, i int, v *policy.Host) { readText(d, i, &v.Organisation) },
		need: "the organisation whose it is"},
	{key: "ownership", read: func(d *decoder, i int, v *policy.Host) { readOwnership(d, i, &v.Ownership) }},
	{key: "platform", read: func(d *decoder, i int, v *policy.Host) { readPlatform(d, i, &v.Platform) }},
	{key: "holder", read: func(d *decoder, i int, v *policy.Host) { readName(d, i, &v.Holder) }},
	{key: "groups", read: func(d *decoder, i int, v *policy.Host) { readTexts(d, i, &v.Groups) }},
	{key: "site", read: func(d *decoder, i int, v *policy.Host) { readText(d, i, &v.Site) }},
	{key: "installed", read: func(d *decoder, i int, v *policy.Host) { readList(d, i, &v.Installed, readInstallation) }},
}

// readHost reads a host into v, whose lists it reuses.
func readHost(d *decoder, i int, v *policy.Host) {
	*v = policy.Host{Groups: v.Groups[:0], Installed: v.Installed[:0]}
	d.codes = nil
	if _, ok := readMapping(d, i, v, hostFields); !ok {
		return
	}
	switch v.Kind {
	case policy.Device:
		d.without(i, []string{"site"}, "a host whose kind is device")
	case policy.EquipmentHost:
		const where = "a host whose kind is equipment"
		d.without(i, []string{"ownership", "platform", "holder", "groups"}, where)
		// What must not be said is not kept, so that nothing more is found to be wrong with it.
		v.Ownership, v.Platform, v.Holder, v.Groups = 0, 0, "", v.Groups[:0]
		if list, _ := d.tree.find(i, "installed"); list >= 0 {
			d.withoutPlatforms(list, where)
		}
	}
}

// withoutPlatforms reports the installations in a list that name a platform.
func (d *decoder) withoutPlatforms(list int, where string) {
	if d.kind(list) != sequence {
		return
	}
	d.push("installed")
	for n, e := range d.tree.elements(list) {
		d.pushIndex(n)
		d.without(e, []string{"platform"}, where)
		d.pop()
	}
	d.pop()
}

var installationFields = []field[policy.Installation]{
	{key: "identifier", read: func(d *decoder, i int, v *policy.Installation) { readText(d, i, &v.Identifier) }},
	{key: "product", read: func(d *decoder, i int, v *policy.Installation) { readText(d, i, &v.Product) }},
	{key: "platform", read: func(d *decoder, i int, v *policy.Installation) { readPlatform(d, i, &v.Platform) }},
	{key: "version", read: func(d *decoder, i int, v *policy.Installation) { readText(d, i, &v.Version) }},
	{key: "version_code", read: readVersionCode},
	{key: "signer", read: func(d *decoder, i int, v *policy.Installation) { readText(d, i, &v.Signer) }},
	{key: "managed", read: readManaged},
}

func readInstallation(d *decoder, i int, v *policy.Installation) {
	readMapping(d, i, v, installationFields)
}

// readVersionCode puts the codes of one host side by side, which is one allocation and not sixty.
func readVersionCode(d *decoder, i int, v *policy.Installation) {
	var code int64
	readInt(d, i, &code)
	if len(d.codes) == cap(d.codes) {
		d.codes = slices.Grow([]int64(nil), 64)
	}
	d.codes = append(d.codes, code)
	v.VersionCode = &d.codes[len(d.codes)-1]
}

func readManaged(d *decoder, i int, v *policy.Installation) {
	v.Managed = new(bool)
	readBool(d, i, v.Managed)
}
