package policytest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"portcullis/policy"
)

// At is when questions about the world are asked. Most of it holds then; some of it has ended and
// some has not begun.
var At = time.Date(2024, 3, 15, 12, 0, 0, 0, time.UTC)

// What the world consists of.
const (
	organisations = 400
	sites         = 600
	suppliers     = 3_000
	kits          = 300 // what apps contain
	apps          = 18_700
	equipment     = 1_000
	allows        = 5_000
	bans          = 200
	phaseOuts     = 100
	exemptions    = 20_000
)

// What comes first in each list is watched.
const (
	watchedSuppliers = 150
	watchedKits      = 40
	watchedApps      = 1_900
	watchedEquipment = 400
)

// Persons, groups and the devices that exemptions name stand in no list of the world.
const (
	devices = 100_000
	persons = 40_000
	groups  = 800
)

// The first organisations are roots, the government before all, and the next its departments; every
// other stands below an earlier one.
const (
	roots       = 6
	departments = 30
)

// World returns the government of a seed.
func World(seed uint64) *policy.World {
	b := &builder{Rand: rand.New(rand.NewPCG(seed, 1)), w: &policy.World{}}
	b.organisations()
	b.suppliers()
	b.kits()
	b.apps()
	b.equipment()
	b.rules()
	b.exemptions()
	return b.w
}

// builder draws the parts of a world, each from those before it.
type builder struct {
	*rand.Rand
	w *policy.World
}

// chance is true n times in a hundred.
func (b *builder) chance(n int) bool { return b.IntN(100) < n }

// days is a time that many days from At; whole days, as people write them.
func days(n int) time.Time { return At.Truncate(24*time.Hour).AddDate(0, 0, n) }

// period is one that holds at At, or one in twenty times has ended or not begun.
func (b *builder) period() policy.Period {
	switch b.IntN(40) {
	case 0:
		return policy.Period{From: days(-900 + b.IntN(300)), Until: days(-b.IntN(500))}
	case 1:
		return policy.Period{From: days(1 + b.IntN(300))}
	}
	return policy.Period{From: days(-b.IntN(900))}
}

func (b *builder) organisations() {
	for i := range organisations {
		o := policy.Organisation{ID: organisationID(i), Name: fmt.Sprintf("Body number %d", i)}
		switch {
		case i < roots:
		case i < departments:
			o.Parent = organisationID(0)
		default:
			o.Parent = organisationID(b.IntN(i))
		}
		o.OwnList = i >= roots && b.chance(20)
		if b.chance(4) {
			o.Monitor = &policy.Monitor{Period: policy.Period{From: days(-30), Until: days(60)}, Reason: "rolling out"}
		}
		b.w.Organisations = append(b.w.Organisations, o)
	}
	classes := []string{"sensitive", "ordinary", "public", ""}
	for i := range sites {
		b.w.Sites = append(b.w.Sites, policy.Site{ID: fmt.Sprintf("site-%03d", i),
			Organisation: organisationID(b.IntN(organisations)), Class: classes[b.IntN(len(classes))]})
	}
}

func organisationID(i int) string { return fmt.Sprintf("org-%03d", i) }

// suppliers own only later ones of their own sort.
func (b *builder) suppliers() {
	for i := range suppliers {
		s := policy.Supplier{ID: supplierID(i), Name: fmt.Sprintf("Supplier number %d Ltd", i)}
		first := 0
		if i >= watchedSuppliers {
			first = watchedSuppliers
		}
		if i > first && b.chance(40) {
			s.OwnedBy = append(s.OwnedBy, policy.Edge{Supplier: supplierID(first + b.IntN(i-first)), Period: b.period()})
		}
		b.w.Suppliers = append(b.w.Suppliers, s)
	}
}

func supplierID(i int) string { return fmt.Sprintf("sup-%04d", i) }

// supplier is one of those that are watched, or one of the others.
func (b *builder) supplier(watched bool) string {
	if watched {
		return supplierID(b.IntN(watchedSuppliers))
	}
	return supplierID(watchedSuppliers + b.IntN(suppliers-watchedSuppliers))
}

func kitID(i int) string       { return fmt.Sprintf("kit-%03d", i) }
func appID(i int) string       { return fmt.Sprintf("app-%05d", i) }
func equipmentID(i int) string { return fmt.Sprintf("equipment-%04d", i) }

func (b *builder) kits() {
	for i := range kits {
		p := policy.Product{ID: kitID(i), Kind: policy.App, Name: fmt.Sprintf("Kit number %d", i), Supplier: b.supplier(i < watchedKits)}
		if i >= watchedKits && b.chance(20) {
			p.Contains = []policy.Component{{Product: kitID(watchedKits + b.IntN(kits-watchedKits))}}
		}
		b.w.Products = append(b.w.Products, p)
	}
}

// apps that are watched have a watched supplier or contain a watched kit.
func (b *builder) apps() {
	for i := range apps {
		watched := i < watchedApps
		bySupplier := watched && b.chance(50)
		p := policy.Product{ID: appID(i), Kind: policy.App, Name: fmt.Sprintf("App number %d", i), Supplier: b.supplier(bySupplier)}
		for range b.IntN(5) {
			p.Contains = append(p.Contains, policy.Component{Product: kitID(watchedKits + b.IntN(kits-watchedKits))})
		}
		if watched && !bySupplier {
			c := policy.Component{Product: kitID(b.IntN(watchedKits))}
			if b.chance(30) {
				c.Versions = policy.Window{Since: version(10 + b.IntN(10)), Until: version(60 + b.IntN(10))}
			}
			p.Contains = append(p.Contains, c)
		}
		p.Identifiers = b.identifiers(i)
		b.w.Products = append(b.w.Products, p)
	}
}

// identifiers are an app's on the platforms that it exists for: one in thirty is a browser add-on.
func (b *builder) identifiers(i int) map[policy.Platform][]policy.Identifier {
	bundle := policy.Identifier{ID: fmt.Sprintf("com.supplier%04d.app%05d", i%suppliers, i)}
	ids := map[policy.Platform][]policy.Identifier{}
	if i%30 == 0 {
		for _, browser := range []policy.Platform{policy.Chrome, policy.MSEdge, policy.Firefox} {
			ids[browser] = []policy.Identifier{{ID: fmt.Sprintf("addon%05d@%s.example", i, browser)}}
		}
		return ids
	}
	platforms := []policy.Platform{policy.Android, policy.IOS, policy.MacOS, policy.Windows, policy.Linux}
	first := b.IntN(len(platforms))
	for n := range 1 + b.IntN(3) {
		switch platform := platforms[(first+n)%len(platforms)]; platform {
		case policy.Windows:
			ids[platform] = []policy.Identifier{{ID: fmt.Sprintf("Supplier%04d.App%05d", i%suppliers, i)}}
		case policy.Linux:
			ids[platform] = []policy.Identifier{{ID: fmt.Sprintf("app%05d", i)}}
		case policy.Android:
			signed := bundle
			if b.chance(10) {
				signed.Signers = []string{signer(i), signer(i + apps)}
			}
			ids[platform] = []policy.Identifier{signed}
		default:
			ids[platform] = []policy.Identifier{bundle}
		}
	}
	return ids
}

// signer looks like the SHA-256 of a certificate.
func signer(i int) string { return fmt.Sprintf("%064x", i) }

// equipment has a maker behind its brand one time in three, and modules inside.
func (b *builder) equipment() {
	for i := range equipment {
		watched := i < watchedEquipment
		p := policy.Product{ID: equipmentID(i), Kind: policy.Equipment, Name: fmt.Sprintf("Camera number %d", i), Supplier: b.supplier(watched)}
		if b.chance(33) {
			p.Supplier = b.supplier(false)
			p.MadeBy = []policy.Edge{{Supplier: b.supplier(watched), Period: policy.Period{From: days(-800)}}}
		}
		if !watched && i > watchedEquipment && b.chance(30) {
			p.Contains = []policy.Component{{Product: equipmentID(watchedEquipment + b.IntN(i-watchedEquipment))}}
		}
		b.w.Products = append(b.w.Products, p)
	}
}

// version is a version of a major number. Its parts stay below 1,000.
func version(major int) string { return fmt.Sprintf("%d.%d", major, major%7) }
