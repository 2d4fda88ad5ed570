package devices

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// AppsQuery is what is looked for among the products of the world.
type AppsQuery struct {
	// Words are of a name, a former name, an identifier or a maker; all are wanted. Without any, all products are.
	Words        string
	Kind         policy.Kind // 0 for all
	Organisation string      // whose installs count, with all below; empty for all that the actor may see
	After        string      // the product that the page before ended with
	Limit        int
}

// Apps is a page of products, the likeliest first.
type Apps struct {
	Apps  []AppFound
	Total int
	Next  string // what to ask for after this page; empty where it is the last
	// Makers is how many of all are of each maker that is called so, by the maker's id.
	Makers map[string]int
}

// AppFound is a product that was found.
type AppFound struct {
	Product *policy.Product
	// Of is the maker that is called so and stands behind it now; nil where none is. What is of one stands together.
	Of *policy.Supplier
	// By is the name or identifier that it was found by, where that is not its name.
	By string
	index.Spread
	// Owners are the companies that own its supplier now, without those above them.
	Owners []string
	// Bans are the bans and phase-outs in force that reach it somewhere, bans first.
	Bans []policy.Rule
}

// Apps finds products by what people call them, and on how many hosts they are. It needs people.SeeDevices;
// hosts of organisations where the actor does not have it are not counted.
func (r *Room) Apps(ctx context.Context, actor people.Actor, q AppsQuery) (Apps, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found Apps, err error) {
		scope, err := r.scope(tx, q.Organisation)
		if err != nil {
			return found, err
		}
		b := newBook(r.Fleet.View().World)
		all := b.find(q.Words, q.Kind, tx.Now().Time())
		found.Total, found.Makers = len(all), map[string]int{}
		for _, h := range all {
			if h.of != nil {
				found.Makers[h.of.ID]++
			}
		}
		page, more := after(all, q.Limit, func(h hit) bool { return h.product.ID == q.After })
		var ids []string
		for _, h := range page {
			ids = append(ids, h.product.ID)
		}
		counts, err := r.Fleet.Index().Installed(ids, scope)
		if err != nil {
			return found, err
		}
		for i, h := range page {
			bans, err := b.bans(h.product, tx.Now().Time())
			if err != nil {
				return found, err
			}
			found.Apps = append(found.Apps, AppFound{h.product, h.of, h.by, counts[i], b.ownersNow(h.product.Supplier, tx.Now().Time()), bans})
		}
		if more {
			found.Next = page[len(page)-1].product.ID
		}
		return found, nil
	})
}

// bans are the bans and phase-outs in force that reach a product somewhere.
func (b *book) bans(p *policy.Product, now time.Time) (bans []policy.Rule, err error) {
	found, err := b.reaching(p, now)
	for i := range found {
		if found[i].Holds && found[i].Rule.Effect != policy.Allow {
			bans = append(bans, found[i].Rule)
		}
	}
	return bans, err
}

// ownersNow are the companies that own one now.
func (b *book) ownersNow(supplier string, now time.Time) (owners []string) {
	if s := b.suppliers[supplier]; s != nil {
		for _, e := range s.OwnedBy {
			if e.Contains(now) {
				owners = append(owners, e.Supplier)
			}
		}
	}
	return owners
}

// after is the page of at most limit rows behind the one that is last, from the beginning where none is; and
// whether more follow. A limit of 0 asks for no rows.
func after[T any](all []T, limit int, last func(T) bool) (page []T, more bool) {
	all = all[slices.IndexFunc(all, last)+1:]
	return all[:min(limit, len(all))], 0 < limit && limit < len(all)
}

// App is what is known of a product: where it is, who makes it, what it has to do with others, and what
// has been decided about it.
type App struct {
	Product policy.Product
	Where   index.Where
	// Makers are the companies behind it, those of former and coming times too.
	Makers []Maker
	// Contains are its components, each before what it contains itself.
	Contains []Part
	Rules    []Reaching
	// Exemptions are those that reach it, now or later, and that the actor may see; Others is how many
	// more there are.
	Exemptions []policy.Exemption
	Others     int
}

// App returns what is known of a product. It needs people.SeeDevices; hosts of organisations where the actor
// does not have it are not counted. An organisation narrows that down to its hosts and those of all below it.
func (r *Room) App(ctx context.Context, actor people.Actor, product, organisation string) (App, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (app App, err error) {
		scope, err := r.scope(tx, organisation)
		if err != nil {
			return app, err
		}
		b, now := newBook(r.Fleet.View().World), tx.Now().Time()
		p := b.products[product]
		if p == nil {
			return app, fault.New(fault.NotFound, "There is no product %s", product)
		}
		app = App{Product: *p, Makers: b.makers(p, now), Contains: b.parts(p)}
		if app.Where, err = r.Fleet.Index().Where(product, scope); err != nil {
			return app, declared(err, "product", product)
		}
		if app.Rules, err = b.reaching(p, now); err != nil {
			return app, err
		}
		app.Exemptions, app.Others, err = r.exemptions(tx, func(e *policy.Exemption) bool { return reaches(e, p, app.Rules) })
		return app, err
	})
}

// declared is an error of the index, in words for people where the thing is not there.
func declared(err error, what, id string) error {
	if errors.Is(err, index.ErrNotDeclared) {
		return fault.New(fault.NotFound, "There is no %s %s", what, id)
	}
	return err
}

// reaches tells whether an exemption is for a product, or lifts for any product a rule that reaches it.
func reaches(e *policy.Exemption, p *policy.Product, rules []Reaching) bool {
	return e.Product == p.ID || e.AnyProduct && slices.ContainsFunc(rules, func(r Reaching) bool { return slices.Contains(e.Lifts, r.Rule.ID) })
}

// exemptions returns those wanted that have not ended, and how many of them the actor may not see: one is the
// business of its scope, and where it is marked of those who are assigned to it.
func (r *Room) exemptions(tx *people.Tx, wanted func(*policy.Exemption) bool) (seen []policy.Exemption, others int, err error) {
	w, may := r.Fleet.View().World, map[string]bool{}
	for i := range w.Exemptions {
		e := &w.Exemptions[i]
		if !tx.Now().Time().Before(e.Until) || !wanted(e) {
			continue
		}
		is, asked := may[e.Scope]
		if !asked {
			if is, err = tx.May(people.SeeRegister, e.Scope); err != nil {
				return nil, 0, err
			}
			may[e.Scope] = is
		}
		if is {
			if is, err = register.Named(tx, e); err != nil {
				return nil, 0, err
			}
		}
		if is {
			seen = append(seen, *e)
		} else {
			others++
		}
	}
	slices.SortFunc(seen, func(a, b policy.Exemption) int { return cmp.Or(a.Until.Compare(b.Until), strings.Compare(a.ID, b.ID)) })
	return seen, others, nil
}
