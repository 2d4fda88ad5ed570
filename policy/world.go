package policy

import "time"

// World is everything that decisions are made from, with the periods in which each part of it
// holds. Ids are unique within their slice. A zero time in a period means "not given": a From that
// is not given has always held, an Until that is not given never ends.
type World struct {
	Organisations []Organisation
	Sites         []Site
	Suppliers     []Supplier
	Products      []Product
	Rules         []Rule
	Exemptions    []Exemption
}

// Period is half-open, [From, Until), in UTC.
type Period struct {
	From, Until time.Time
}

// Contains tells whether the period holds at t.
func (p Period) Contains(t time.Time) bool {
	return !t.Before(p.From) && (p.Until.IsZero() || t.Before(p.Until))
}

// Organisation is a department, agency, police force, House, party or office. Parent is empty at a root.
type Organisation struct {
	ID, Name, Parent string
	// OwnList is `list: own`: the ancestors' allow rules do not reach this organisation.
	OwnList bool
	// Monitor, where it is not nil and holds, watches what is not listed instead of enforcing it.
	Monitor *Monitor
}

// Monitor is a dated, reasoned decision to watch rather than enforce. It always ends.
type Monitor struct {
	Period
	Reason string
}

// Site is a place where equipment stands. Class is free text such as "sensitive"; empty is not known.
type Site struct {
	ID, Organisation, Class string
}

// Supplier is a company. Aliases are former and other names, used for search alone.
type Supplier struct {
	ID, Name string
	Aliases  []string
	OwnedBy  []Edge
}

// Edge leads to a supplier for as long as its period holds.
type Edge struct {
	Supplier string
	Period
}

// Product is a kind of thing that can be installed. Supplier is empty where it is not known.
// Aliases are former and other names, used for search alone: no decision rests on them.
type Product struct {
	ID          string
	Kind        Kind
	Name        string
	Aliases     []string
	Supplier    string
	MadeBy      []Edge
	Identifiers map[Platform][]Identifier
	Domains     []string
	Contains    []Component
	BuiltinOn   []Platform
}

// Identifier is what a platform calls a product. Signers, where there are any, are the only ones
// that may sign what an allow rule admits.
type Identifier struct {
	ID      string
	Signers []string
}

// Component is a product inside another; Versions are those of the product that holds it.
type Component struct {
	Product  string
	Versions Window
}

// Window is a half-open range of versions, [Since, Until). An empty end is open. Tails are ignored
// in windows: 4.2-rc1 stands where 4.2 stands.
type Window struct {
	Since, Until string
}

// Rule allows, bans or phases out what its target matches, for Scope and every organisation below.
type Rule struct {
	ID     string
	Effect Effect
	Target Target
	Scope  string
	Period
	Reason string

	// Filters; an empty one is not a filter.
	Platforms []Platform
	Kinds     []Kind
	SiteClass []string
	Versions  Window // bans and phase-outs

	// Bans and phase-outs.
	Components  bool      // the target is also sought in what a product contains
	Clearance   string    // the office that must clear an exemption, or ClearanceNone; never empty
	Mitigations []string  // what an exemption must have in place
	Deadline    time.Time // phase-outs

	// Allow rules.
	MinVersion     string
	MinVersionCode map[Platform]int64
}

// ClearanceNone is the Clearance of a rule that needs nobody's.
const ClearanceNone = "none"

// Target says what a rule is about: exactly one of the three.
type Target struct {
	Product, Supplier string
	Any               bool
}

// Exemption lifts named rules, or lists one product, for a subject within Scope. It always ends.
type Exemption struct {
	ID    string
	Lifts []string // ids of bans and phase-outs
	// Exactly one of the two.
	Product    string
	AnyProduct bool

	Scope   string
	Subject ExemptionSubject
	Period
	Purpose     string
	Mitigations []string
	Clearance   *Clearance // nil where none was given
	// AnyVersion lists the product even where allow rules cover it and are not met.
	AnyVersion bool
	// Marked is that only those know of it who are assigned to it. No decision rests on it, and a world file
	// does not say it.
	Marked bool
}

// ExemptionSubject is whom an exemption is for: exactly one of the five.
type ExemptionSubject struct {
	Host, Site, Person, Group string
	Everyone                  bool
}

// Clearance is an office's yes, and holds from At on.
type Clearance struct {
	Office, By, Ref string
	At              time.Time
}

// Host is a thing that is judged: a device, or one piece of equipment.
type Host struct {
	ID           string
	Kind         HostKind
	Organisation string

	// Devices.
	Ownership Ownership
	Platform  Platform
	Holder    string
	Groups    []string

	// Equipment; empty where it is not known.
	Site string

	Installed []Installation
}

// Installation is a product on a host: an identifier as the platform gives it, or a product's id,
// never both. Platform is set where it is not the host's own (an add-on in a browser).
type Installation struct {
	Identifier, Product string
	Platform            Platform
	Version             string // empty where not known
	VersionCode         *int64 // nil where not known
	Signer              string // empty where not known
	Managed             *bool  // nil where not said; only `false`, on a managed-personal device, matters
}
