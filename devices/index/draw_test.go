package index

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"portcullis/policy"
)

// Worlds and hosts are drawn from a handful of ids, dates and versions, so that rules, exemptions and
// installations meet often, and so that two worlds are alike in much and differ in something.
var (
	drawnOrganisations = []string{"o0", "o1", "o2", "o3"}
	drawnSuppliers     = []string{"s0", "s1", "s2"}
	drawnProducts      = []string{"p0", "p1", "p2", "p3", "p4"}
	drawnIdentifiers   = []string{"a", "b", "c", "p0", "unheard"}
	drawnPlatforms     = []policy.Platform{policy.Android, policy.Windows, policy.Chrome}
	drawnVersions      = []string{"", "1", "2", "2.0-rc1", "2.1", "3", "x"}
	drawnHosts         = []string{"h0", "h1", "h2", "h3", "h4", "h5"}
	drawnPersons       = []string{"", "n0", "n1"}
	drawnGroups        = []string{"g0", "g1"}
	drawnSites         = []string{"site0", "site1"}
	drawnSigners       = []string{"", "k0", "k1"}
)

func day(n int) time.Time { return time.Date(2025, 1, 1+n, 0, 0, 0, 0, time.UTC) }

type drawing struct{ *rapid.T }

func (d drawing) upTo(n int) int   { return rapid.IntRange(0, n).Draw(d.T, "") }
func (d drawing) oneIn(n int) bool { return d.upTo(n-1) == 0 }
func from[T any](d drawing, items []T) T {
	return items[d.upTo(len(items)-1)]
}

func (d drawing) period(ends bool) policy.Period {
	p := policy.Period{From: day(d.upTo(3))}
	if ends || d.oneIn(3) {
		p.Until = p.From.AddDate(0, 0, 1+d.upTo(4))
	}
	return p
}

func (d drawing) world() *policy.World {
	w := &policy.World{}
	for i, id := range drawnOrganisations {
		o := policy.Organisation{ID: id, OwnList: d.oneIn(4)}
		if i > 0 && !d.oneIn(4) {
			o.Parent = from(d, drawnOrganisations[:i])
		}
		if d.oneIn(4) {
			o.Monitor = &policy.Monitor{Period: d.period(true), Reason: "rolling out"}
		}
		w.Organisations = append(w.Organisations, o)
	}
	for i, id := range drawnSites {
		w.Sites = append(w.Sites, policy.Site{ID: id, Organisation: drawnOrganisations[i], Class: from(d, []string{"", "sensitive", "open"})})
	}
	for _, id := range drawnSuppliers {
		w.Suppliers = append(w.Suppliers, policy.Supplier{ID: id, OwnedBy: d.edges()})
	}
	taken := map[string]bool{}
	for _, id := range drawnProducts {
		w.Products = append(w.Products, d.product(id, taken))
	}
	for i := range d.upTo(7) {
		w.Rules = append(w.Rules, d.rule(fmt.Sprintf("r%d", i)))
	}
	for i := range d.upTo(6) {
		if e, ok := d.exemption(fmt.Sprintf("x%d", i), w); ok {
			w.Exemptions = append(w.Exemptions, e)
		}
	}
	return w
}

func (d drawing) edges() (edges []policy.Edge) {
	for d.oneIn(3) {
		edges = append(edges, policy.Edge{Supplier: from(d, drawnSuppliers), Period: d.period(false)})
	}
	return edges
}

func (d drawing) window() policy.Window {
	if !d.oneIn(4) {
		return policy.Window{}
	}
	return from(d, []policy.Window{{Since: "2"}, {Until: "2"}, {Since: "2", Until: "3"}})
}

func (d drawing) product(id string, taken map[string]bool) policy.Product {
	p := policy.Product{ID: id, Kind: from(d, []policy.Kind{policy.App, policy.App, policy.Equipment}), MadeBy: d.edges(),
		Identifiers: map[policy.Platform][]policy.Identifier{}}
	if !d.oneIn(4) {
		p.Supplier = from(d, drawnSuppliers)
	}
	for _, platform := range drawnPlatforms {
		for _, identifier := range drawnIdentifiers[:4] {
			key := platform.String() + identifier
			if !d.oneIn(4) || taken[key] {
				continue
			}
			taken[key] = true
			entry := policy.Identifier{ID: identifier}
			if d.oneIn(3) {
				entry.Signers = []string{"k0"}
			}
			p.Identifiers[platform] = append(p.Identifiers[platform], entry)
		}
	}
	for d.oneIn(3) {
		p.Contains = append(p.Contains, policy.Component{Product: from(d, drawnProducts), Versions: d.window()})
	}
	if d.oneIn(4) {
		p.BuiltinOn = []policy.Platform{from(d, drawnPlatforms)}
	}
	return p
}

func (d drawing) rule(id string) policy.Rule {
	r := policy.Rule{ID: id, Effect: from(d, []policy.Effect{policy.Allow, policy.Allow, policy.Ban, policy.PhaseOut}),
		Scope: from(d, drawnOrganisations), Period: d.period(false), Reason: "drawn"}
	switch d.upTo(5) {
	case 0:
		r.Target.Any = true
	case 1, 2:
		r.Target.Supplier = from(d, drawnSuppliers)
	default:
		r.Target.Product = from(d, drawnProducts)
	}
	if d.oneIn(5) {
		r.Platforms = []policy.Platform{from(d, drawnPlatforms)}
	}
	if d.oneIn(5) {
		r.Kinds = []policy.Kind{from(d, []policy.Kind{policy.App, policy.Equipment})}
	}
	if d.oneIn(6) {
		r.SiteClass = []string{"sensitive"}
	}
	if r.Effect == policy.Allow {
		if d.oneIn(2) {
			r.MinVersion = from(d, []string{"2", "2.0-rc1", "3"})
		}
		if d.oneIn(3) {
			r.MinVersionCode = map[policy.Platform]int64{from(d, drawnPlatforms): int64(d.upTo(3))}
		}
		return r
	}
	r.Versions, r.Components = d.window(), d.oneIn(2)
	r.Clearance = from(d, []string{policy.ClearanceNone, "minister", "board"})
	if d.oneIn(3) {
		r.Mitigations = []string{"dedicated"}
	}
	if r.Effect == policy.PhaseOut {
		r.Deadline = r.From.AddDate(0, 0, d.upTo(3))
	}
	return r
}

func (d drawing) exemption(id string, w *policy.World) (policy.Exemption, bool) {
	e := policy.Exemption{ID: id, Scope: from(d, drawnOrganisations[:2]), Period: d.period(true), Purpose: "drawn"}
	for i := range w.Rules {
		if r := &w.Rules[i]; r.Effect != policy.Allow && d.oneIn(2) {
			e.Lifts = append(e.Lifts, r.ID)
			e.Scope = r.Scope
		}
	}
	switch d.upTo(4) {
	case 0:
		e.Subject.Everyone = true
	case 1:
		e.Subject.Site = from(d, drawnSites)
	case 2:
		e.Subject.Host = from(d, drawnHosts)
	case 3:
		e.Subject.Person = from(d, drawnPersons[1:])
	default:
		e.Subject.Group = from(d, drawnGroups)
	}
	if e.AnyProduct = d.oneIn(3); !e.AnyProduct {
		e.Product, e.AnyVersion = from(d, drawnProducts), d.oneIn(3)
	}
	if !d.oneIn(4) {
		e.Mitigations = []string{"dedicated"}
	}
	if !d.oneIn(4) {
		e.Clearance = &policy.Clearance{Office: from(d, []string{"minister", "board"}), At: day(d.upTo(4))}
	}
	return e, !e.AnyProduct || len(e.Lifts) > 0
}

// changed is w with something else in it, and with the rest as it was.
func (d drawing) changed(w *policy.World) *policy.World {
	next, other := *w, d.world()
	switch d.upTo(8) {
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
		next.Rules = append([]policy.Rule{d.rule("added")}, slices.DeleteFunc(slices.Clone(w.Rules), func(r policy.Rule) bool { return r.ID == "added" })...)
		dropLost(&next)
	case 6:
		if len(w.Rules) > 0 {
			next.Rules = slices.Clone(w.Rules)
			i := d.upTo(len(w.Rules) - 1)
			next.Rules[i] = d.rule(w.Rules[i].ID)
			dropLost(&next)
		}
	case 7:
		if len(w.Rules) > 0 {
			i := d.upTo(len(w.Rules) - 1)
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

func (d drawing) host() policy.Host {
	h := policy.Host{ID: from(d, drawnHosts), Kind: policy.Device, Organisation: from(d, drawnOrganisations)}
	if d.oneIn(4) {
		h.Kind = policy.EquipmentHost
		if i := d.upTo(2); i < 2 {
			h.Site, h.Organisation = drawnSites[i], drawnOrganisations[i]
		}
	} else {
		h.Platform = from(d, drawnPlatforms[:2])
		h.Ownership = from(d, []policy.Ownership{0, policy.Corporate, policy.Personal, policy.ManagedPersonal})
		h.Holder = from(d, drawnPersons)
		for _, g := range drawnGroups {
			if d.oneIn(3) {
				h.Groups = append(h.Groups, g)
			}
		}
	}
	for range d.upTo(4) {
		h.Installed = append(h.Installed, d.installation(h.Kind))
	}
	return h
}

func (d drawing) installation(kind policy.HostKind) policy.Installation {
	in := policy.Installation{Version: from(d, drawnVersions), Signer: from(d, drawnSigners)}
	if d.oneIn(4) {
		in.Product = from(d, drawnProducts)
	} else {
		in.Identifier = from(d, drawnIdentifiers)
	}
	if d.oneIn(2) {
		code := int64(d.upTo(3))
		in.VersionCode = &code
	}
	in.Managed = from(d, []*bool{nil, new(true), new(false)})
	if kind == policy.Device && d.oneIn(4) {
		in.Platform = from(d, drawnPlatforms)
	}
	return in
}
