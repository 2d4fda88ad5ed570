package policytest

import (
	"fmt"

	"portcullis/policy"
)

// The offices that clear exemptions, and what can be demanded besides.
var (
	offices     = []string{"minister", "permanent-secretary", "security-officer"}
	mitigations = []string{"dedicated-device", "no-contacts", "separate-network"}
)

// maxFloor is above every floor and window of the world, so that a version from there on meets all.
const maxFloor = 60

func (b *builder) rules() {
	for i := range allows {
		b.w.Rules = append(b.w.Rules, b.allow(i))
	}
	for i := range bans {
		b.w.Rules = append(b.w.Rules, b.ban(i))
	}
	for i := range phaseOuts {
		b.w.Rules = append(b.w.Rules, b.phaseOut(i))
	}
}

// scope is the government two times in five, another root one time in ten, else any body.
func (b *builder) scope() string {
	switch n := b.IntN(10); {
	case n < 4:
		return organisationID(0)
	case n < 5:
		return organisationID(1 + b.IntN(roots-1))
	}
	return organisationID(b.IntN(organisations))
}

// allow is for an app that is not watched, the earlier ones more often, or for a supplier.
func (b *builder) allow(i int) policy.Rule {
	r := policy.Rule{ID: fmt.Sprintf("allow-%04d", i), Effect: policy.Allow, Scope: b.scope(), Period: b.period(), Reason: "assessed"}
	if b.chance(5) {
		r.Target.Supplier = b.supplier(false)
		return r
	}
	r.Target.Product = appID(watchedApps + int(float64(apps-watchedApps)*b.Float64()*b.Float64()))
	if b.chance(50) {
		r.MinVersion = version(1 + b.IntN(maxFloor-1))
	}
	if b.chance(20) {
		r.MinVersionCode = map[policy.Platform]int64{policy.Android: int64(1+b.IntN(maxFloor-1)) * 1000}
	}
	if b.chance(15) {
		r.Platforms = []policy.Platform{policy.Android, policy.IOS, policy.Chrome}
	}
	return r
}

// ban is of a watched app, a watched kit in whatever contains it, or a watched supplier.
func (b *builder) ban(i int) policy.Rule {
	r := policy.Rule{ID: fmt.Sprintf("ban-%03d", i), Effect: policy.Ban, Scope: b.scope(), Period: b.period(), Reason: "a risk to security"}
	switch {
	case i < 100:
		r.Target.Product = appID(b.IntN(watchedApps))
	case i < 140:
		r.Target.Product, r.Components = kitID(i-100), true
	default:
		r.Target.Supplier, r.Components = b.supplier(true), b.chance(50)
	}
	if b.chance(15) {
		r.Versions.Until = version(30 + b.IntN(20))
	}
	if b.chance(15) {
		r.Platforms = []policy.Platform{policy.Android, policy.Windows}
	}
	b.demand(&r)
	return r
}

// phaseOut is mostly of a watched supplier's equipment; its deadline has come one time in two.
func (b *builder) phaseOut(i int) policy.Rule {
	r := policy.Rule{ID: fmt.Sprintf("phase-out-%02d", i), Effect: policy.PhaseOut, Scope: b.scope(), Reason: "to be replaced",
		Period: policy.Period{From: days(-700)}, Deadline: days(-300 + b.IntN(600))}
	switch {
	case i < 50:
		r.Target.Supplier, r.Components, r.Kinds = b.supplier(true), true, []policy.Kind{policy.Equipment}
		if b.chance(50) {
			r.SiteClass = []string{"sensitive"}
		}
	case i < 80:
		r.Target.Product = equipmentID(b.IntN(watchedEquipment))
	default:
		r.Target.Product = appID(b.IntN(watchedApps))
	}
	b.demand(&r)
	return r
}

// demand says what an exemption from r must have.
func (b *builder) demand(r *policy.Rule) {
	r.Clearance = policy.ClearanceNone
	if b.chance(80) {
		r.Clearance = offices[b.IntN(len(offices))]
	}
	if b.chance(30) {
		r.Mitigations = []string{mitigations[b.IntN(len(mitigations))]}
	}
}

// exemptions lift a ban of a product four times in five, and list one otherwise.
func (b *builder) exemptions() {
	for i := range exemptions {
		e := policy.Exemption{ID: fmt.Sprintf("exemption-%05d", i), Purpose: "law-enforcement", Scope: organisationID(b.IntN(organisations))}
		e.Period = policy.Period{From: days(-b.IntN(300) - 10), Until: days(1 + b.IntN(200))}
		if b.chance(10) {
			e.Until = days(-b.IntN(9))
		}
		b.subject(&e)
		if b.chance(20) {
			e.Product = appID(watchedApps + b.IntN(apps-watchedApps))
			e.AnyVersion = b.chance(50)
		} else {
			b.lift(&e, &b.w.Rules[allows+b.IntN(100)])
		}
		b.w.Exemptions = append(b.w.Exemptions, e)
	}
}

func (b *builder) subject(e *policy.Exemption) {
	switch n := b.IntN(20); {
	case n < 12:
		e.Subject.Person = person(b.IntN(persons))
	case n < 16:
		e.Subject.Group = group(b.IntN(groups))
	case n < 18:
		e.Subject.Host = DeviceID(b.IntN(devices))
	case n < 19:
		e.Subject.Everyone = true
	default:
		e.Subject.Site = b.w.Sites[b.IntN(sites)].ID
	}
}

// DeviceID is the id of the i-th of Hosts. The ids are in order. Exemptions name any of the first
// 100,000, whether they are made or not.
func DeviceID(i int) string { return fmt.Sprintf("device-%06d", i) }

func person(i int) string { return fmt.Sprintf("person-%05d", i) }
func group(i int) string  { return fmt.Sprintf("group-%03d", i) }

// lift has e lift a ban of a product, and one time in twenty fall short of it.
func (b *builder) lift(e *policy.Exemption, ban *policy.Rule) {
	e.Product, e.Lifts, e.Mitigations = ban.Target.Product, []string{ban.ID}, ban.Mitigations
	if ban.Clearance != policy.ClearanceNone && !b.chance(5) {
		e.Clearance = &policy.Clearance{Office: ban.Clearance, By: "the head of the office", Ref: "PO/24/7", At: e.From}
	}
}
