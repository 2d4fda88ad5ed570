package devices

import (
	"cmp"
	"context"
	"slices"
	"time"

	"portcullis/devices/index"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Coverage is how much of what bodies have is judged: each organisation by its own hosts, in the order of
// the tree, and all together.
type Coverage struct {
	At         store.Time
	Generation store.Generation
	Bodies     []BodyCoverage
	Total      BodyCoverage
}

// BodyCoverage is one organisation's, without what is below it.
type BodyCoverage struct {
	Organisation string
	Depth        int  // below the organisations that are shown on top
	Watched      bool // what is on no list is only watched here as yet

	Devices   int
	Equipment int // does not report
	Reporting int // devices heard from within SilentAfter
	Silent    int // devices heard from before, and not since
	Never     int // devices never heard from
	Empty     int // hosts of which nothing is known to be installed, the personal ones apart
	Personal  int // devices of which nothing is stored
	Unjudged  int // hosts whose organisation the register does not know
	InBreach  int // hosts with something in breach
	Breaches  int // installations in breach
}

// Mute tells whether a body has devices that are to report, and none does.
func (b *BodyCoverage) Mute() bool { return b.Devices > b.Personal && b.Reporting == 0 }

// Nothing tells whether nothing of a body is known at all.
func (b *BodyCoverage) Nothing() bool { return b.Devices+b.Equipment == 0 }

func (b *BodyCoverage) add(o *BodyCoverage) {
	b.Devices += o.Devices
	b.Equipment += o.Equipment
	b.Reporting += o.Reporting
	b.Silent += o.Silent
	b.Never += o.Never
	b.Empty += o.Empty
	b.Personal += o.Personal
	b.Unjudged += o.Unjudged
	b.InBreach += o.InBreach
	b.Breaches += o.Breaches
}

// Coverage returns it of an organisation and all below it, or of all that the actor may see. It needs
// people.SeeDevices there.
func (r *Room) Coverage(ctx context.Context, actor people.Actor, organisation string) (Coverage, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (c Coverage, err error) {
		scope, err := r.scope(tx, organisation)
		if err != nil {
			return c, err
		}
		view := r.Fleet.View()
		c.At, c.Generation = tx.Now(), view.Generation
		found, err := r.Fleet.Index().Coverage(Minute(tx.Now().Add(-SilentAfter).Time()))
		if err != nil {
			return c, err
		}
		c.fill(view.World, scope, found, r.Fleet.Index().Personal(), tx.Now().Time())
		return c, nil
	})
}

// fill makes the bodies of what the index found; those of which it knows nothing are there as well.
func (c *Coverage) fill(w *policy.World, scope []string, found []index.Coverage, personal map[string]int, at time.Time) {
	of := map[string]*index.Coverage{}
	for i := range found {
		of[found[i].Organisation] = &found[i]
	}
	for _, b := range bodies(w, scope, at) {
		if o := of[b.Organisation]; o != nil {
			b.fill(o, personal[b.Organisation])
			delete(of, b.Organisation)
		}
		c.Bodies = append(c.Bodies, b)
	}
	for i := range found { // of organisations that the register does not know
		if id := found[i].Organisation; of[id] != nil && seen(scope, id) {
			b := BodyCoverage{Organisation: id}
			b.fill(of[id], personal[id])
			c.Bodies = append(c.Bodies, b)
		}
	}
	for i := range c.Bodies {
		c.Total.add(&c.Bodies[i])
	}
}

func (b *BodyCoverage) fill(o *index.Coverage, personal int) {
	b.Devices, b.Equipment = o.Devices, o.Equipment
	b.Reporting, b.Silent, b.Never = o.Devices-o.Silent, o.Silent-o.Never, o.Never
	b.Empty, b.Personal, b.Unjudged = max(0, o.Empty-personal), personal, o.Unjudged
	b.InBreach, b.Breaches = o.InBreach, o.Breaches
}

// bodies are the organisations of a scope in the order of the tree, those beside each other by their names.
func bodies(w *policy.World, scope []string, at time.Time) (all []BodyCoverage) {
	known, below := map[string]bool{}, map[string][]*policy.Organisation{}
	shown := map[string]bool{}
	for _, id := range scope {
		shown[id] = true
	}
	for i := range w.Organisations {
		known[w.Organisations[i].ID] = scope == nil || shown[w.Organisations[i].ID]
	}
	for i := range w.Organisations {
		o := &w.Organisations[i]
		if !known[o.ID] {
			continue
		}
		parent := o.Parent
		if !known[parent] {
			parent = ""
		}
		below[parent] = append(below[parent], o)
	}
	var grow func(parent string, depth int)
	grow = func(parent string, depth int) {
		slices.SortFunc(below[parent], func(a, b *policy.Organisation) int {
			return cmp.Or(cmp.Compare(cmp.Or(a.Name, a.ID), cmp.Or(b.Name, b.ID)), cmp.Compare(a.ID, b.ID))
		})
		for _, o := range below[parent] {
			all = append(all, BodyCoverage{Organisation: o.ID, Depth: depth, Watched: o.Monitor != nil && o.Monitor.Contains(at)})
			grow(o.ID, depth+1)
		}
	}
	grow("", 0)
	return all
}
