// Package drawn draws random worlds, and hosts in them, for tests that hold something to the single
// decision: from a handful of ids, dates and versions, so that rules, exemptions and installations meet
// often, and so that two worlds are alike in much and differ in something.
package drawn

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"portcullis/policy"
)

// What worlds and hosts are drawn from.
var (
	Organisations = []string{"o0", "o1", "o2", "o3"}
	Suppliers     = []string{"s0", "s1", "s2"}
	Products      = []string{"p0", "p1", "p2", "p3", "p4"}
	Identifiers   = []string{"a", "b", "c", "p0", "unheard"}
	Platforms     = []policy.Platform{policy.Android, policy.Windows, policy.Chrome}
	Versions      = []string{"", "1", "2", "2.0-rc1", "2.1", "3", "x"}
	Hosts         = []string{"h0", "h1", "h2", "h3", "h4", "h5"}
	persons       = []string{"", "n0", "n1"}
	groups        = []string{"g0", "g1"}
	sites         = []string{"site0", "site1"}
	signers       = []string{"", "k0", "k1"}
)

// Day is the n-th day of the drawn times, at midnight.
func Day(n int) time.Time { return time.Date(2025, 1, 1+n, 0, 0, 0, 0, time.UTC) }

// Drawing draws from a test's run.
type Drawing struct{ *rapid.T }

// UpTo is a number from 0 to n.
func (d Drawing) UpTo(n int) int { return rapid.IntRange(0, n).Draw(d.T, "") }

// OneIn is true about once in n.
func (d Drawing) OneIn(n int) bool { return d.UpTo(n-1) == 0 }

// From is one of items.
func From[T any](d Drawing, items []T) T {
	return items[d.UpTo(len(items)-1)]
}

func (d Drawing) period(ends bool) policy.Period {
	p := policy.Period{From: Day(d.UpTo(3))}
	if ends || d.OneIn(3) {
		p.Until = p.From.AddDate(0, 0, 1+d.UpTo(4))
	}
	return p
}

// World is valid, and has something of every kind.
func (d Drawing) World() *policy.World {
	w := &policy.World{}
	for i, id := range Organisations {
		o := policy.Organisation{ID: id, OwnList: d.OneIn(4)}
		if i > 0 && !d.OneIn(4) {
			o.Parent = From(d, Organisations[:i])
		}
		if d.OneIn(4) {
			o.Monitor = &policy.Monitor{Period: d.period(true), Reason: "rolling out"}
		}
		w.Organisations = append(w.Organisations, o)
	}
	for i, id := range sites {
		w.Sites = append(w.Sites, policy.Site{ID: id, Organisation: Organisations[i], Class: From(d, []string{"", "sensitive", "open"})})
	}
	for _, id := range Suppliers {
		w.Suppliers = append(w.Suppliers, policy.Supplier{ID: id, OwnedBy: d.edges()})
	}
	taken := map[string]bool{}
	for _, id := range Products {
		w.Products = append(w.Products, d.product(id, taken))
	}
	for i := range d.UpTo(7) {
		w.Rules = append(w.Rules, d.Rule(fmt.Sprintf("r%d", i)))
	}
	for i := range d.UpTo(6) {
		if e, ok := d.exemption(fmt.Sprintf("x%d", i), w); ok {
			w.Exemptions = append(w.Exemptions, e)
		}
	}
	return w
}

func (d Drawing) edges() (edges []policy.Edge) {
	for d.OneIn(3) {
		edges = append(edges, policy.Edge{Supplier: From(d, Suppliers), Period: d.period(false)})
	}
	return edges
}

func (d Drawing) window() policy.Window {
	if !d.OneIn(4) {
		return policy.Window{}
	}
	return From(d, []policy.Window{{Since: "2"}, {Until: "2"}, {Since: "2", Until: "3"}})
}

func (d Drawing) product(id string, taken map[string]bool) policy.Product {
	p := policy.Product{ID: id, Kind: From(d, []policy.Kind{policy.App, policy.App, policy.Equipment}), MadeBy: d.edges(),
		Identifiers: map[policy.Platform][]policy.Identifier{}}
	if !d.OneIn(4) {
		p.Supplier = From(d, Suppliers)
	}
	for _, platform := range Platforms {
		for _, identifier := range Identifiers[:4] {
			key := platform.String() + identifier
			if !d.OneIn(4) || taken[key] {
				continue
			}
			taken[key] = true
			entry := policy.Identifier{ID: identifier}
			if d.OneIn(3) {
				entry.Signers = []string{"k0"}
			}
			p.Identifiers[platform] = append(p.Identifiers[platform], entry)
		}
	}
	for d.OneIn(3) {
		p.Contains = append(p.Contains, policy.Component{Product: From(d, Products), Versions: d.window()})
	}
	if d.OneIn(4) {
		p.BuiltinOn = []policy.Platform{From(d, Platforms)}
	}
	return p
}

// Rule is one of an id.
func (d Drawing) Rule(id string) policy.Rule {
	r := policy.Rule{ID: id, Effect: From(d, []policy.Effect{policy.Allow, policy.Allow, policy.Ban, policy.PhaseOut}),
		Scope: From(d, Organisations), Period: d.period(false), Reason: "drawn"}
	switch d.UpTo(5) {
	case 0:
		r.Target.Any = true
	case 1, 2:
		r.Target.Supplier = From(d, Suppliers)
	default:
		r.Target.Product = From(d, Products)
	}
	if d.OneIn(5) {
		r.Platforms = []policy.Platform{From(d, Platforms)}
	}
	if d.OneIn(5) {
		r.Kinds = []policy.Kind{From(d, []policy.Kind{policy.App, policy.Equipment})}
	}
	if d.OneIn(6) {
		r.SiteClass = []string{"sensitive"}
	}
	if r.Effect == policy.Allow {
		if d.OneIn(2) {
			r.MinVersion = From(d, []string{"2", "2.0-rc1", "3"})
		}
		if d.OneIn(3) {
			r.MinVersionCode = map[policy.Platform]int64{From(d, Platforms): int64(d.UpTo(3))}
		}
		return r
	}
	r.Versions, r.Components = d.window(), d.OneIn(2)
	r.Clearance = From(d, []string{policy.ClearanceNone, "minister", "board"})
	if d.OneIn(3) {
		r.Mitigations = []string{"dedicated"}
	}
	if r.Effect == policy.PhaseOut {
		r.Deadline = r.From.AddDate(0, 0, d.UpTo(3))
	}
	return r
}

func (d Drawing) exemption(id string, w *policy.World) (policy.Exemption, bool) {
	e := policy.Exemption{ID: id, Scope: From(d, Organisations[:2]), Period: d.period(true), Purpose: "drawn"}
	for i := range w.Rules {
		if r := &w.Rules[i]; r.Effect != policy.Allow && d.OneIn(2) {
			e.Lifts = append(e.Lifts, r.ID)
			e.Scope = r.Scope
		}
	}
	switch d.UpTo(4) {
	case 0:
		e.Subject.Everyone = true
	case 1:
		e.Subject.Site = From(d, sites)
	case 2:
		e.Subject.Host = From(d, Hosts)
	case 3:
		e.Subject.Person = From(d, persons[1:])
	default:
		e.Subject.Group = From(d, groups)
	}
	if e.AnyProduct = d.OneIn(3); !e.AnyProduct {
		e.Product, e.AnyVersion = From(d, Products), d.OneIn(3)
	}
	if !d.OneIn(4) {
		e.Mitigations = []string{"dedicated"}
	}
	if !d.OneIn(4) {
		e.Clearance = &policy.Clearance{Office: From(d, []string{"minister", "board"}), At: Day(d.UpTo(4))}
	}
	return e, !e.AnyProduct || len(e.Lifts) > 0
}

// Changed is w with something else in it, and with the rest as it was.
func (d Drawing) Changed(w *policy.World) *policy.World {
	next, other := *w, d.World()
	switch d.UpTo(8) {
	case 0:
		next.Organisations = other.Organisations
	case 1:
		next.Sites = other.Sites
	case 2:
		next.Suppliers = slices.Clone(w.Suppliers)
		next.Suppliers[0] = other.Suppliers[0]
	case 3:
		next.Products = other.Products
	case 4:
		next.Exemptions = nil
		for _, e := range other.Exemptions {
			e.Lifts = slices.DeleteFunc(slices.Clone(e.Lifts), func(id string) bool { return !restricts(w, id) })
			if !e.AnyProduct || len(e.Lifts) > 0 {
				next.Exemptions = append(next.Exemptions, e)
			}
		}
	case 5:
		next.Rules = append([]policy.Rule{d.Rule("added")}, slices.DeleteFunc(slices.Clone(w.Rules), func(r policy.Rule) bool { return r.ID == "added" })...)
		dropLost(&next)
	case 6:
		if len(w.Rules) > 0 {
			next.Rules = slices.Clone(w.Rules)
			i := d.UpTo(len(w.Rules) - 1)
			next.Rules[i] = d.Rule(w.Rules[i].ID)
			dropLost(&next)
		}
	case 7:
		if len(w.Rules) > 0 {
			i := d.UpTo(len(w.Rules) - 1)
			next.Rules = slices.Delete(slices.Clone(w.Rules), i, i+1)
			dropLost(&next)
		}
	default:
		return other
	}
	return &next
}

func restricts(w *policy.World, id string) bool {
	return slices.ContainsFunc(w.Rules, func(r policy.Rule) bool { return r.ID == id && r.Effect != policy.Allow })
}

// dropLost takes away exemptions that lift what is no rule any more.
func dropLost(w *policy.World) {
	w.Exemptions = slices.DeleteFunc(slices.Clone(w.Exemptions), func(e policy.Exemption) bool {
		return slices.ContainsFunc(e.Lifts, func(id string) bool { return !restricts(w, id) })
	})
}

// Host is a device or a piece of equipment, with installations of which several may be one.
func (d Drawing) Host() policy.Host {
	h := policy.Host{ID: From(d, Hosts), Kind: policy.Device, Organisation: From(d, Organisations)}
	if d.OneIn(4) {
		h.Kind = policy.EquipmentHost
		if i := d.UpTo(2); i < 2 {
			h.Site, h.Organisation = sites[i], Organisations[i]
		}
	} else {
		h.Platform = From(d, Platforms[:2])
		h.Ownership = From(d, []policy.Ownership{0, policy.Corporate, policy.Personal, policy.ManagedPersonal})
		h.Holder = From(d, persons)
		for _, g := range groups {
			if d.OneIn(3) {
				h.Groups = append(h.Groups, g)
			}
		}
	}
	for range d.UpTo(4) {
		h.Installed = append(h.Installed, d.Installation(h.Kind))
	}
	return h
}

// Installation is one on a host of a kind.
func (d Drawing) Installation(kind policy.HostKind) policy.Installation {
	in := policy.Installation{Version: From(d, Versions), Signer: From(d, signers)}
	if d.OneIn(4) {
		in.Product = From(d, Products)
	} else {
		in.Identifier = From(d, Identifiers)
	}
	if d.OneIn(2) {
		code := int64(d.UpTo(3))
		in.VersionCode = &code
	}
	in.Managed = From(d, []*bool{nil, new(true), new(false)})
	if kind == policy.Device && d.OneIn(4) {
		in.Platform = From(d, Platforms)
	}
	return in
}
