package register

import (
	"errors"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"time"

	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Delta is what has changed in the register since a generation: what a server that holds a world needs
// for the next one.
type Delta struct {
	// Generation is the one that the world then has.
	Generation store.Generation
	// Organisations are all of them, as they are at the time of the transaction.
	Organisations []policy.Organisation
	// Until is the first time at which the organisations are others though nobody decides anything more,
	// because it has been planned: ask again then, with the same generation. Zero where nothing is planned.
	Until store.Time

	Sites      Changed[policy.Site]
	Suppliers  Changed[policy.Supplier]
	Products   Changed[policy.Product]
	Rules      Changed[policy.Rule]
	Exemptions Changed[policy.Exemption]
}

// Changed is what has changed in one section.
type Changed[T any] struct {
	Items []T      // those that are new, and those that are other than they were; in the order of the section
	Gone  []string // the ids of those that were taken back
}

// always is the end of the calendar, for asking what counts: whatever a clock says, it was recorded before then.
var always = store.TimeOf(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))

// Changes returns what has changed since a generation, up to what the transaction sees. It takes its time
// from the number of changes and of organisations, and not from the size of the register. Since 0 is
// everything: a server begins with that, applied to a world of nothing, and not with World, which goes by
// the clocks of servers, and these differ. Like World it asks for no permission.
func Changes(tx *store.Tx, since store.Generation) (d Delta, err error) {
	if d.Generation, err = tx.Generation(); err != nil {
		return Delta{}, err
	}
	if d.Organisations, d.Until, err = organisationsAt(tx, tx.Now(), always); err != nil {
		return Delta{}, err
	}
	found, err := selectSince(tx, since)
	if err != nil {
		return Delta{}, err
	}
	w, err := worldOf(found)
	if err != nil {
		return Delta{}, err
	}
	there := make(map[[2]string]bool, len(found))
	for _, i := range found {
		there[i.key()] = true
	}
	d.Sites.Items, d.Suppliers.Items, d.Products.Items, d.Rules.Items, d.Exemptions.Items = w.Sites, w.Suppliers, w.Products, w.Rules, w.Exemptions
	replaced, err := selectReplaced(tx, since)
	if err != nil {
		return Delta{}, err
	}
	for _, i := range replaced {
		if gone := d.gone(i.section); gone != nil && !there[i.key()] {
			*gone = append(*gone, i.id)
		}
	}
	return d, nil
}

// worldOf reads rows into a world, many of them on all processors.
func worldOf(rows []item) (w policy.World, err error) {
	const few = 2000
	pieces := slices.Collect(slices.Chunk(rows, max(few, len(rows)/runtime.GOMAXPROCS(0)+1)))
	parts, errs := make([]policy.World, len(pieces)), make([]error, len(pieces))
	var wait sync.WaitGroup
	for n, piece := range pieces {
		wait.Go(func() {
			for _, i := range piece {
				if errs[n] = i.into(&parts[n]); errs[n] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	for _, part := range parts {
		w.Sites = append(w.Sites, part.Sites...)
		w.Suppliers = append(w.Suppliers, part.Suppliers...)
		w.Products = append(w.Products, part.Products...)
		w.Rules = append(w.Rules, part.Rules...)
		w.Exemptions = append(w.Exemptions, part.Exemptions...)
	}
	return w, errors.Join(errs...)
}

func (d *Delta) gone(section Section) *[]string {
	switch section {
	case Sites:
		return &d.Sites.Gone
	case Suppliers:
		return &d.Suppliers.Gone
	case Products:
		return &d.Products.Gone
	case Rules:
		return &d.Rules.Gone
	case Exemptions:
		return &d.Exemptions.Gone
	}
	return nil
}

// Apply returns the world that w becomes, which is what World would return. w stays as it is; what has not
// changed both share, so that the sections of neither may be written to.
func (d Delta) Apply(w *policy.World) *policy.World {
	next := &policy.World{
		Organisations: w.Organisations,
		Sites:         d.Sites.apply(w.Sites, func(s *policy.Site) string { return s.ID }),
		Suppliers:     d.Suppliers.apply(w.Suppliers, func(s *policy.Supplier) string { return s.ID }),
		Products:      d.Products.apply(w.Products, func(p *policy.Product) string { return p.ID }),
		Rules:         d.Rules.apply(w.Rules, func(r *policy.Rule) string { return r.ID }),
		Exemptions:    d.Exemptions.apply(w.Exemptions, func(e *policy.Exemption) string { return e.ID }),
	}
	if d.Moves(w) {
		next.Organisations = d.Organisations
	}
	return next
}

// Moves tells whether the organisations are others than those of a world: their places, lists, watching
// or names.
func (d Delta) Moves(w *policy.World) bool {
	return !slices.EqualFunc(d.Organisations, w.Organisations, func(a, b policy.Organisation) bool { return reflect.DeepEqual(a, b) })
}

// apply returns a section as it becomes: what changes keeps its place, what is new stands at the end.
func (c Changed[T]) apply(section []T, id func(*T) string) []T {
	if len(c.Items) == 0 && len(c.Gone) == 0 {
		return section
	}
	changed, gone := make(map[string]int, len(c.Items)), make(map[string]bool, len(c.Gone))
	for i := range c.Items {
		changed[id(&c.Items[i])] = i
	}
	for _, id := range c.Gone {
		gone[id] = true
	}
	next := make([]T, 0, len(section)+len(c.Items))
	replaced := make([]bool, len(c.Items))
	for i := range section {
		at, is := changed[id(&section[i])]
		switch {
		case is:
			replaced[at] = true
			next = append(next, c.Items[at])
		case !gone[id(&section[i])]:
			next = append(next, section[i])
		}
	}
	for i := range c.Items {
		if !replaced[i] {
			next = append(next, c.Items[i])
		}
	}
	return next
}

// organisationsAt returns the organisations in the order of the world that was imported, and after them
// those that came later, by their ids; and until when they stay so unless somebody decides otherwise.
func organisationsAt(tx *store.Tx, t, known store.Time) (organisations []policy.Organisation, until store.Time, err error) {
	found, until, err := people.OrganisationsUntil(tx, t, known)
	if err != nil {
		return nil, until, err
	}
	places, err := selectPlaces(tx)
	if err != nil {
		return nil, until, err
	}
	sortByPlace(found, places)
	for _, o := range found {
		organisations = append(organisations, policy.Organisation{
			ID: o.ID, Name: unless(o.ID, o.Name), Parent: o.Parent, OwnList: o.OwnList, Monitor: monitorOf(o.Monitor),
		})
	}
	return organisations, until, nil
}
