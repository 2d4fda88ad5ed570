package devices

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"portcullis/devices/index"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/policy/explain"
	"portcullis/store"
)

const (
	// maxExplained is how many installations of a host are explained where none was asked for: those in
	// breach, and of them the first.
	maxExplained = 10
	// maxHistory is how many changes and proposals of a host are shown.
	maxHistory = 50
)

// WorldSource is the source of what a world file says is installed.
const WorldSource = worldSource

// One is one host: what it is, what is on it, what the rules say of that, and how all that came about.
type One struct {
	ListedHost
	// Unjudged is that the world does not know the host's organisation, as yet: nothing says anything of it.
	Unjudged  bool
	Installed []Installed // what is in breach comes first
	Releases  []Release   // the newest first
	Standings []Standing  // what it was, the newest record first
	Changes   []Changed   // what came and went, the newest first
	// More is how many changes are older than those.
	More int
}

// Installed is something on a host, and what is said of it.
type Installed struct {
	Thing        uint32 // its number
	Installation policy.Installation
	Called       Called
	Decision     policy.Decision
	Since        Opening              // of the breach for what its verdict says
	Before       Opening              // of one that opened before that, for something else, and still holds; zero where none did
	Sources      []string             // whose inventories name it
	Why          *explain.Explanation // nil where it was not asked for
}

// Called is how people know something that is installed.
type Called struct {
	Name       string // of the product, or as a report has called it; empty where nobody has
	Product    string // the id of the product that the name leads to
	Identifier string // what was given: an identifier, or a product's id
	Version    string
}

// Standing is what a host was, for a time, and when that was known.
type Standing struct {
	Attributes
	store.Period
	Recorded, Replaced store.Time // Replaced is zero while it counts
}

// Changed is a change of what is on a host.
type Changed struct {
	Change
	Came, Went []Called
}

// One returns one host. The actor needs people.SeeDevices where it belongs.
func (r *Room) One(ctx context.Context, actor people.Actor, id string) (One, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (one One, err error) {
		h, err := visible(tx, id, noDevice(id))
		if err != nil {
			return one, err
		}
		if one.ListedHost, err = r.contacted(tx.Tx, &h); err != nil {
			return one, err
		}
		thing, err := r.things(tx.Tx)
		if err != nil {
			return one, err
		}
		w := r.Fleet.View().World
		j := judging{fleet: r.Fleet, world: w, host: &h, at: tx.Now(), thing: thing, explained: maxExplained}
		if h.State.judged() {
			if one.Installed, one.Unjudged, err = j.judge(h.ID, &h.Row); err != nil {
				return one, err
			}
			if err := one.open(tx.Tx, &h); err != nil {
				return one, err
			}
		}
		if one.Releases, err = selectReleases(tx.Tx, id, nil, false, "", maxHistory); err != nil {
			return one, err
		}
		return one, one.past(tx.Tx, &j)
	})
}

// visible reads a host that the actor may see; missing is what is said where there is none.
func visible(tx *people.Tx, id, missing string) (Host, error) {
	h, err := selectHost(tx.Tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return h, require(tx, people.SeeDevices, nil, missing)
	} else if err != nil {
		return h, err
	}
	if err := require(tx, people.SeeDevices, &h, missing); err != nil {
		return Host{}, err
	}
	return h, nil
}

// open adds since when installations are in breach, and whose inventories name them.
func (o *One) open(tx *store.Tx, h *Host) error {
	open, err := selectOpenings(tx, []string{h.ID})
	if err != nil {
		return err
	}
	for i := range o.Installed {
		in := &o.Installed[i]
		if !in.Decision.Breach {
			continue
		}
		o.Breaches++
		in.Since = open[h.ID].verdict(in.Thing, &in.Decision)
		if first := open[h.ID].first(in.Thing, anything); in.Since.At.IsZero() || first.At.Before(in.Since.At) {
			in.Before = first
		}
	}
	for i := range h.Sources {
		s := &h.Sources[i]
		things, err := h.things(s)
		if err != nil {
			return fmt.Errorf("the inventory of %s from %s: %w", h.ID, s.Name, err)
		}
		for k := range o.Installed {
			if _, named := slices.BinarySearch(things, o.Installed[k].Thing); named {
				o.Installed[k].Sources = append(o.Installed[k].Sources, s.Name)
			}
		}
	}
	return nil
}

// past adds what the host was, and what came and went on it.
func (o *One) past(tx *store.Tx, j *judging) error {
	record, err := attributes.Record(tx, o.ID)
	if err != nil {
		return err
	}
	for _, k := range record {
		a, err := decodeAttributes(k.Object)
		if err != nil {
			return err
		}
		o.Standings = append(o.Standings, Standing{a, k.Period, k.Recorded, k.Replaced})
	}
	slices.Reverse(o.Standings)
	changes, err := selectChanges(tx, o.ID)
	if err != nil {
		return err
	}
	slices.Reverse(changes)
	if len(changes) > maxHistory {
		o.More, changes = len(changes)-maxHistory, changes[:maxHistory]
	}
	call := j.call(changes)
	for _, c := range changes {
		shown := Changed{Change: c}
		for _, n := range c.Added {
			shown.Came = append(shown.Came, call(n))
		}
		for _, n := range c.Removed {
			shown.Went = append(shown.Went, call(n))
		}
		o.Changes = append(o.Changes, shown)
	}
	return nil
}

// judging is what judging what is on a host takes.
type judging struct {
	fleet *Fleet
	world *policy.World
	host  *Host
	at    store.Time
	thing func(uint32) *index.Thing
	// only is the one thing that is asked about; all where it is nil.
	only *uint32
	// explained is how many are explained, of those in breach; of the one that is asked about, that one.
	explained int
}

// judge judges what is on a host by the part of the world that concerns it; unjudged where the world
// does not know its organisation.
func (j *judging) judge(id string, row *index.Row) (all []Installed, unjudged bool, err error) {
	host := policyHost(id, row)
	if !slices.ContainsFunc(j.world.Organisations, func(o policy.Organisation) bool { return o.ID == host.Organisation }) {
		return nil, true, nil
	}
	for _, n := range row.Things {
		if j.only == nil || *j.only == n {
			host.Installed = append(host.Installed, j.thing(n).Installation())
			all = append(all, Installed{Thing: n})
		}
	}
	part := concerning(j.world, &host)
	compiled, err := policy.Compile(part, j.at.Time())
	if err != nil {
		return nil, false, err
	}
	subject, err := compiled.Subject(&host)
	if err != nil {
		return nil, false, err
	}
	for i := range all {
		in := &all[i]
		in.Installation = host.Installed[i]
		subject.Decide(&host.Installed[i], &in.Decision)
		in.Called = j.called(part, &host.Installed[i], &in.Decision)
	}
	slices.SortStableFunc(all, compareShown)
	for i := range all {
		in := &all[i]
		if j.only == nil && (!in.Decision.Breach || i >= j.explained) {
			break
		}
		alone := host
		alone.Installed = []policy.Installation{in.Installation}
		if in.Why, err = explain.Explain(concerning(part, &alone), &alone, &in.Installation, j.at.Time()); err != nil {
			return nil, false, err
		}
	}
	return all, false, nil
}

// policyHost is a host without what is on it.
func policyHost(id string, row *index.Row) policy.Host {
	return policy.Host{ID: id, Kind: row.Kind, Organisation: row.Organisation, Ownership: row.Ownership, Platform: row.Platform, Holder: row.Holder, Groups: row.Groups, Site: row.Site}
}

// compareShown puts what is in breach first, then what else asks for attention, then the rest by name.
func compareShown(a, b Installed) int {
	weight := func(in Installed) int {
		switch {
		case in.Decision.Breach:
			return 0
		case in.Decision.Verdict == policy.Allowed || in.Decision.Verdict == policy.Permitted:
			return 2
		}
		return 1
	}
	return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(cmp.Or(a.Called.Name, a.Called.Identifier), cmp.Or(b.Called.Name, b.Called.Identifier)), cmp.Compare(a.Thing, b.Thing))
}

func (j *judging) called(w *policy.World, in *policy.Installation, d *policy.Decision) Called {
	c := Called{Product: d.Product, Identifier: cmp.Or(in.Identifier, in.Product), Version: in.Version}
	if i := slices.IndexFunc(w.Products, func(p policy.Product) bool { return d.Product != "" && p.ID == d.Product }); i >= 0 {
		c.Name = w.Products[i].Name
	}
	if c.Name == "" {
		if named, ok := j.fleet.Name(in.Identifier, cmp.Or(in.Platform, d.Platform)); ok {
			c.Name = named.Name
		}
	}
	return c
}

// call returns what tells how people know the things that changes name.
func (j *judging) call(changes []Change) func(uint32) Called {
	platform := j.host.Row.Platform
	host := policy.Host{}
	for _, c := range changes {
		for _, n := range slices.Concat(c.Added, c.Removed) {
			host.Installed = append(host.Installed, j.thing(n).Installation())
		}
	}
	part := concerning(j.world, &host)
	type key struct {
		name     string
		platform policy.Platform
	}
	products := map[key]string{}
	for i := range part.Products {
		p := &part.Products[i]
		products[key{p.ID, 0}] = p.ID
		for on, identifiers := range p.Identifiers {
			for _, id := range identifiers {
				products[key{id.ID, on}] = p.ID
			}
		}
	}
	return func(n uint32) Called {
		in := j.thing(n).Installation()
		at := key{in.Identifier, cmp.Or(in.Platform, platform)}
		if in.Product != "" {
			at = key{in.Product, 0}
		}
		return j.called(part, &in, &policy.Decision{Product: products[at], Platform: at.platform})
	}
}
