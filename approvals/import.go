package approvals

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// Brought is a world file that is brought to a register in use. Package world has found it valid.
type Brought struct {
	World *policy.World
	// Reason is why, for what the file gives no reason of; Narrower is why nothing narrower would do than its bans.
	Reason, Narrower string
	// Hosts are those of the file that are not here yet: what is for one of them is for later.
	Hosts map[string]bool
	// Dry is that nothing is kept: what would become of it is told alone.
	Dry bool
}

// Fate is what becomes of one thing of a world file.
type Fate string

// The fates. What is as it is already is only counted.
const (
	FateProposed Fate = "proposed"
	FateAdded    Fate = "added" // at once, as whoever brings it may add it by themselves
	FateOpen     Fate = "open"  // it is proposed already
	FateLater    Fate = "later" // it rests on what is only proposed
	FateOver     Fate = "over"  // its time has passed
	FateLeft     Fate = "left"  // it is otherwise here, and is left so
)

// Became is what became of one thing.
type Became struct {
	Key      string `json:"key" doc:"Where it stands in the file" example:"rules[3]"`
	ID       string `json:"id"`
	Fate     Fate   `json:"fate" enum:"proposed,added,open,later,over,left"`
	Kind     Kind   `json:"kind,omitempty" doc:"Of the proposal"`
	Proposal string `json:"proposal,omitempty"`
	Note     string `json:"note,omitempty"`
}

// Bringing is what became of a world file: what is new or otherwise in it, in the order in which it was dealt with,
// and how much is as it is already.
type Bringing struct {
	Things []Became `json:"things"`
	Same   int      `json:"same"`
	Dry    bool     `json:"dryRun,omitempty"`
}

const (
	// MostProposed is how many proposals one file may make: somebody reads each.
	MostProposed = 200
	mostFaults   = 50
)

var errDry = errors.New("a dry run is not kept")

// Bring proposes what is new or otherwise in a world file, beside a register in use; all or nothing, and what is
// missing in the file stays. Organisations, suppliers, products and identifiers that are not here are added, which needs
// what adding one needs; all else is proposed, which needs what proposing each needs. So a rule on a new product can be
// signed at once. An exemption from a rule that is itself only proposed is left for later: the file can be brought again,
// and nothing is proposed twice. What has begun already holds from when it is decided. It needs people.SeeRegister
// Everywhere besides. What is wrong is a fault whose field is the key in the file, or reason or narrower where these are
// missing.
func (r *Room) Bring(ctx context.Context, actor people.Actor, b Brought) (Bringing, error) {
	var dry Bringing
	done, err := people.Act(ctx, r.People, actor, func(tx *people.Tx) (none Bringing, err error) {
		if err := tx.Require(people.SeeRegister, people.Everywhere); err != nil {
			return none, err
		}
		in := bringing{Room: r, tx: tx, b: b, lifted: map[string]Fate{}}
		in.Things = []Became{}
		if err := in.all(); err != nil {
			return none, err
		}
		if in.Dry = b.Dry; b.Dry {
			dry = in.Bringing
			return none, errDry
		}
		if !in.wrote {
			tx.NoEntry("everything is as it was")
		}
		return in.Bringing, nil
	})
	if errors.Is(err, errDry) {
		return dry, nil
	}
	return done, err
}

// bringing is a file that is being brought.
type bringing struct {
	*Room
	Bringing
	tx       *people.Tx
	b        Brought
	here     policy.World // the register
	open     []Proposal
	lifted   map[string]Fate // of the file's rules that are not in the register
	proposed int
	wrote    bool
	faults   []error
}

func (in *bringing) all() (err error) {
	if in.here, err = register.World(in.tx.Tx, in.tx.Now(), in.tx.Now()); err != nil {
		return err
	}
	open, err := selectProposals(in.tx.Tx, where{states: []State{Waiting, Interim}, noSteps: true})
	if err != nil {
		return err
	}
	in.open = slices.DeleteFunc(open, func(p Proposal) bool { return p.Marked }) // of which nobody is told
	for _, section := range []func() error{in.organisations, in.sites, in.things, in.monitors, in.suppliers, in.products, in.rules, in.exemptions} {
		if err := section(); err != nil {
			return err
		}
	}
	if more := len(in.faults) - mostFaults; more > 0 {
		in.faults = append(in.faults[:mostFaults], fault.New(fault.Invalid, "And %d more", more))
	}
	if len(in.faults) == 0 && in.proposed > MostProposed {
		return fault.New(fault.Invalid, "This would be %d proposals, and one file makes %d at most, for somebody reads each: "+
			"bring a file with a part of what is new, and the rest when that is decided. A whole world goes into a new, empty database", in.proposed, MostProposed)
	}
	return errors.Join(in.faults...)
}

func (in *bringing) now() time.Time { return in.tx.Now().Time() }

func (in *bringing) over(until time.Time) bool { return !until.IsZero() && !in.now().Before(until) }

// ahead is a time that is still to come; the zero time stands for those that have passed.
func (in *bringing) ahead(t time.Time) time.Time {
	if in.now().Before(t) {
		return t
	}
	return time.Time{}
}

func (in *bringing) note(b Became) { in.Things = append(in.Things, b) }

// wrong keeps what is wrong with a thing, and goes on; what nobody at the file can mend is returned. The fields that are
// named are not the file's: what is wrong with one is said once.
func (in *bringing) wrong(key string, err error, besides ...string) error {
	faults := fault.Fields(err)
	switch {
	case len(faults) == 0:
		return err
	case fault.Is(err, fault.Refused):
		return errors.Join(err, fault.In(key, "This is what needs it"))
	}
	for _, f := range faults {
		at := key + "." + f.Field
		switch {
		case f.Field == "", f.Field == "organisation", f.Field == "kind" && len(besides) > 0, f.Field == "rule":
			at = key // the thing itself
		case !slices.Contains(besides, f.Field):
		case slices.ContainsFunc(in.faults, func(other error) bool { return fault.Fields(other)[0].Field == f.Field }):
			continue
		default:
			at = f.Field
		}
		in.faults = append(in.faults, &fault.Error{Kind: f.Kind, Field: at, Message: f.Message})
	}
	return nil
}

// propose proposes one thing.
func (in *bringing) propose(key, id string, d Draft, note string) error {
	if in.proposed++; in.proposed > MostProposed {
		return nil // they are only counted: see all
	}
	besides := []string{"narrower"}
	if strings.TrimSpace(d.Reason) == "" {
		d.Reason, besides = in.b.Reason, append(besides, "reason")
	}
	if d.Kind == Ban {
		d.Narrower = in.b.Narrower
	}
	p, err := in.Room.propose(in.tx, d)
	if err != nil {
		return in.wrong(key, err, besides...)
	}
	in.wrote = true
	became := Became{Key: key, ID: id, Fate: FateProposed, Kind: d.Kind, Proposal: p.ID, Note: note}
	if in.b.Dry {
		became.Proposal = "" // there will be another
	}
	in.note(became)
	return nil
}

// already finds what is proposed already, and notes it.
func (in *bringing) already(key, id string, is func(p *Proposal) bool) bool {
	for i := range in.open {
		if p := &in.open[i]; is(p) {
			in.note(Became{Key: key, ID: id, Fate: FateOpen, Kind: p.Kind, Proposal: p.ID})
			return true
		}
	}
	return false
}

// byID is the places of things in a section of the register.
func byID[T any](things []T, id func(*T) string) map[string]*T {
	found := make(map[string]*T, len(things))
	for i := range things {
		found[id(&things[i])] = &things[i]
	}
	return found
}

func place(section string, i int) string { return fmt.Sprintf("%s[%d]", section, i) }

// organisations adds those that are not here, each after its parent.
func (in *bringing) organisations() error {
	here := byID(in.here.Organisations, func(o *policy.Organisation) string { return o.ID })
	file := in.b.World.Organisations
	at := make(map[string]int, len(file))
	for i := range file {
		at[file[i].ID] = i
	}
	done := map[string]bool{}
	var add func(i int) error
	add = func(i int) error {
		o := &file[i]
		if done[o.ID] {
			return nil
		}
		done[o.ID] = true
		if above, known := at[o.Parent]; known {
			if err := add(above); err != nil {
				return err
			}
		}
		if there := here[o.ID]; there != nil {
			return in.organisation(place("organisations", i), o, there)
		}
		_, err := in.tx.AddOrganisation(people.NewOrganisation{ID: o.ID, Name: o.Name, Parent: o.Parent, OwnList: o.OwnList})
		if err != nil {
			return in.wrong(place("organisations", i), err)
		}
		in.wrote = true
		in.note(Became{Key: place("organisations", i), ID: o.ID, Fate: FateAdded})
		return nil
	}
	for i := range file {
		if err := add(i); err != nil {
			return err
		}
	}
	return nil
}

// organisation compares one that is here.
func (in *bringing) organisation(key string, file, here *policy.Organisation) error {
	name, same := cmp.Or(here.Name, here.ID), true
	if strings.TrimSpace(cmp.Or(file.Name, file.ID)) != name {
		same = false
		in.note(Became{Key: key, ID: file.ID, Fate: FateLeft, Note: "here it is called " + name})
	}
	m := Move{Body: file.ID, Position: people.Position{Parent: file.Parent, OwnList: file.OwnList}}
	switch {
	case m.Position == people.Position{Parent: here.Parent, OwnList: here.OwnList}:
		if same {
			in.Same++
		}
		return nil
	case in.already(key, file.ID, func(p *Proposal) bool { return p.Move != nil && *p.Move == m }):
		return nil
	}
	note := "whose list it follows"
	if file.Parent != here.Parent {
		note = "where it belongs"
	}
	return in.propose(key, file.ID, Draft{Kind: Belonging, Content: Content{Move: &m}}, note)
}

func (in *bringing) sites() error {
	here := byID(in.here.Sites, func(s *policy.Site) string { return s.ID })
	for i := range in.b.World.Sites {
		s := &in.b.World.Sites[i]
		switch there := here[s.ID]; {
		case there == nil:
			in.faults = append(in.faults, fault.In(place("sites", i), "The site %s is not in the register, and sites come in with a first import alone: take it out of the file", s.ID))
		case *there != *s:
			in.faults = append(in.faults, fault.In(place("sites", i), "The site %s is otherwise in the register, and sites come in with a first import alone: take it out of the file", s.ID))
		default:
			in.Same++
		}
	}
	return nil
}

// things adds the suppliers and products that are not here, and the identifiers of products that are.
func (in *bringing) things() error {
	suppliers, products := byID(in.here.Suppliers, supplierID), byID(in.here.Products, productID)
	var newSuppliers []policy.Supplier
	var newProducts []policy.Product
	var supplierAt, productAt []string
	for i := range in.b.World.Suppliers {
		if s := &in.b.World.Suppliers[i]; suppliers[s.ID] == nil {
			newSuppliers, supplierAt = append(newSuppliers, *s), append(supplierAt, place("suppliers", i))
			in.note(Became{Key: place("suppliers", i), ID: s.ID, Fate: FateAdded})
		}
	}
	for i := range in.b.World.Products {
		p, key := &in.b.World.Products[i], place("products", i)
		if there := products[p.ID]; there != nil {
			if err := in.identifiers(key, p, there); err != nil {
				return err
			}
			continue
		}
		newProducts, productAt = append(newProducts, *p), append(productAt, key)
		in.note(Became{Key: key, ID: p.ID, Fate: FateAdded})
	}
	if len(newSuppliers)+len(newProducts) == 0 {
		return nil
	}
	in.wrote = true
	err := register.AddTogether(in.tx, newSuppliers, newProducts, func(n int) string { return supplierAt[n] }, func(n int) string { return productAt[n] })
	if faults := fault.Fields(err); len(faults) > 0 && !fault.Is(err, fault.Refused) {
		in.faults = append(in.faults, err) // its fields are keys already
		return nil
	}
	return in.wrong(append(supplierAt, productAt...)[0], err)
}

func supplierID(s *policy.Supplier) string { return s.ID }

func productID(p *policy.Product) string { return p.ID }

// identifiers gives a product that is here those that the file has besides.
func (in *bringing) identifiers(key string, file, here *policy.Product) error {
	var links []register.Linking
	for _, platform := range slices.Sorted(maps.Keys(file.Identifiers)) {
		for i, id := range file.Identifiers[platform] {
			is := func(other policy.Identifier) bool {
				return other.ID == id.ID && (len(id.Signers) == 0 || slices.Equal(other.Signers, id.Signers))
			}
			if !slices.ContainsFunc(here.Identifiers[platform], is) {
				links = append(links, register.Linking{Platform: platform, Identifier: id, Field: fmt.Sprintf("identifiers.%s[%d]", platform, i)})
			}
		}
	}
	if len(links) == 0 {
		return nil
	}
	linked, _, err := register.Link(in.tx, file.ID, links)
	if err != nil {
		return in.wrong(key, err)
	}
	in.wrote, here.Identifiers = true, linked.Identifiers
	for _, l := range links {
		in.note(Became{Key: key + "." + l.Field, ID: file.ID, Fate: FateAdded, Note: l.ID})
	}
	return nil
}
