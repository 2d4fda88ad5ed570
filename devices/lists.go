package devices

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
)

// Admission is what a body's list says of an app on a platform.
type Admission struct {
	Platform policy.Platform
	// From and Code are the least version and the least version code that are taken; empty and 0 where any is,
	// or the other alone counts.
	From string
	Code int64
	// Until is when the last of the rules ends; zero where one does not.
	Until time.Time
	// Rules are those that admit it, by their ids: a body's own, or those that it has from above.
	Rules []string
}

// same tells whether two bodies admit something alike, by whatever rules.
func (a Admission) same(b Admission) bool {
	return a.Platform == b.Platform && a.Code == b.Code && a.Until.Equal(b.Until) && (a.From == b.From || a.From != "" && b.From != "" && policy.CompareVersions(a.From, b.From) == 0)
}

// Side says on which of two lists something is.
type Side string

// The sides.
const (
	OnlyFirst   Side = "first"     // on the first body's list alone
	OnlySecond  Side = "second"    // on the second body's alone
	Differently Side = "different" // on both, with other versions, platforms or ends
)

// ListLine is an app that two lists do not have alike.
type ListLine struct {
	Product       string
	Side          Side
	First, Second []Admission // by platform
}

// ListsQuery is which lists are compared.
type ListsQuery struct {
	First, Second string // bodies
	Side          Side   // all where it is empty
	Words         string // of an app's name, identifiers or maker
	After         string // the app that the page before ended with
	Limit         int
}

// Lists is how two bodies' lists differ.
type Lists struct {
	At                                        people.Time
	OnlyFirst, OnlySecond, Differently, Alike int        // how many apps
	Lines                                     []ListLine // a page of those wanted, by name
	Total                                     int        // of those wanted
	Next                                      string     // what to ask for after this page; empty where it is the last
}

// Lists compares what two bodies' lists allow now: their own allow rules, and those that they have from above. It
// needs people.SeeRegister in each of the two, or below it: whoever follows a list may see it.
func (e *Enquiries) Lists(ctx context.Context, actor people.Actor, q ListsQuery) (Lists, error) {
	return people.See(ctx, e.People, actor, func(tx *people.Tx) (found Lists, err error) {
		view := e.Fleet.View()
		bodies, err := comparable(tx, view.World)
		if err != nil {
			return found, err
		}
		for i, id := range []string{q.First, q.Second} {
			if !slices.Contains(bodies, id) {
				return found, unseenBody(tx, []string{"a", "b"}[i], id)
			}
		}
		lines, alike, err := differ(view.World, q.First, q.Second, tx.Now().Time())
		if err != nil {
			return found, err
		}
		found = Lists{At: tx.Now(), Alike: alike}
		for i := range lines {
			switch lines[i].Side {
			case OnlyFirst:
				found.OnlyFirst++
			case OnlySecond:
				found.OnlySecond++
			default:
				found.Differently++
			}
		}
		lines = e.wanted(view, lines, &q)
		found.Total = len(lines)
		page, more := after(lines, q.Limit, func(l ListLine) bool { return l.Product == q.After })
		if found.Lines = page; more {
			found.Next = page[len(page)-1].Product
		}
		return found, nil
	})
}

// unseenBody refuses a body that the actor may not see; whoever may see all is told that it is not there.
func unseenBody(tx *people.Tx, field, id string) error {
	if id == "" {
		return fault.In(field, "Choose a body: two lists are compared")
	}
	if err := tx.Require(people.SeeRegister, id); err != nil {
		return err
	}
	return fault.New(fault.NotFound, "There is no organisation %s", id)
}

// Bodies are the organisations whose lists the actor may compare, in the order of the world. It needs
// people.SeeRegister somewhere.
func (e *Enquiries) Bodies(ctx context.Context, actor people.Actor) ([]policy.Organisation, error) {
	return people.See(ctx, e.People, actor, func(tx *people.Tx) ([]policy.Organisation, error) {
		view := e.Fleet.View()
		ids, err := comparable(tx, view.World)
		if err != nil {
			return nil, err
		}
		var bodies []policy.Organisation
		for _, id := range ids {
			bodies = append(bodies, *view.Organisation(id))
		}
		return bodies, nil
	})
}

// comparable are the organisations where the actor has people.SeeRegister, and those above them.
func comparable(tx *people.Tx, w *policy.World) (ids []string, err error) {
	roots, err := tx.Reach(people.SeeRegister)
	if err != nil {
		return nil, err
	}
	parents, shown := map[string]string{}, map[string]bool{}
	for i := range w.Organisations {
		parents[w.Organisations[i].ID] = w.Organisations[i].Parent
	}
	for id := range parents {
		if slices.Contains(roots, people.Everywhere) || slices.Contains(roots, id) {
			for at := id; at != ""; at = parents[at] {
				shown[at] = true
			}
		}
	}
	below := func(id string) bool {
		for at := id; at != ""; at = parents[at] {
			if slices.Contains(roots, at) {
				return true
			}
		}
		return false
	}
	for i := range w.Organisations {
		if id := w.Organisations[i].ID; shown[id] || below(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// wanted are the lines that a query is about, in the order of their names.
func (e *Enquiries) wanted(view View, lines []ListLine, q *ListsQuery) []ListLine {
	var fits map[string]bool
	if words := clean(q.Words); words != "" {
		fits = map[string]bool{}
		for _, h := range e.indexOf(view.World).Products(words, policy.App, len(view.World.Products)) {
			fits[h.Product] = !h.Near
		}
	}
	lines = slices.DeleteFunc(lines, func(l ListLine) bool { return q.Side != "" && l.Side != q.Side || fits != nil && !fits[l.Product] })
	names := make(map[string]string, len(lines))
	for _, l := range lines {
		p := view.Product(l.Product)
		names[l.Product] = strings.ToLower(cmp.Or(p.Name, p.ID))
	}
	slices.SortFunc(lines, func(a, b ListLine) int {
		return cmp.Or(strings.Compare(names[a.Product], names[b.Product]), strings.Compare(a.Product, b.Product))
	})
	return lines
}

// differ compares two bodies' lists at a time, and counts what they have alike.
func differ(w *policy.World, first, second string, at time.Time) (lines []ListLine, alike int, err error) {
	lists := [2]*list{}
	alone := listsOf(w, at)
	compiled, err := policy.Compile(alone, at)
	if err != nil {
		return nil, 0, err
	}
	for i, body := range []string{first, second} {
		if lists[i], err = newList(alone, compiled, body); err != nil {
			return nil, 0, err
		}
	}
	for i := range alone.Products {
		p := &alone.Products[i]
		if p.Kind != policy.App {
			continue // no list is about equipment
		}
		a, b := lists[0].admissions(p), lists[1].admissions(p)
		line := ListLine{p.ID, Differently, a, b}
		switch {
		case len(a) == 0 && len(b) == 0:
			continue
		case len(b) == 0:
			line.Side = OnlyFirst
		case len(a) == 0:
			line.Side = OnlySecond
		case slices.EqualFunc(a, b, Admission.same):
			alike++
			continue
		}
		lines = append(lines, line)
	}
	return lines, alike, nil
}

// listsOf is a world with what allow rules rest on at a time and nothing else: what a list allows does not
// depend on what is banned besides, or on who is exempt.
func listsOf(w *policy.World, at time.Time) *policy.World {
	alone := &policy.World{Organisations: w.Organisations, Suppliers: w.Suppliers}
	products, suppliers, anything := map[string]bool{}, map[string]bool{}, false
	for i := range w.Rules {
		if r := &w.Rules[i]; r.Effect == policy.Allow && r.Contains(at) {
			alone.Rules = append(alone.Rules, *r)
			products[r.Target.Product], suppliers[r.Target.Supplier], anything = true, true, anything || r.Target.Any
		}
	}
	for i := range w.Products {
		p := w.Products[i]
		if anything || products[p.ID] || p.Supplier != "" && suppliers[p.Supplier] {
			p.Contains, p.MadeBy = nil, nil
			alone.Products = append(alone.Products, p)
		}
	}
	return alone
}

// list is one body's, ready to be asked.
type list struct {
	host    policy.Host
	subject policy.Subject
	rules   map[string]*policy.Rule
	d       policy.Decision
}

func newList(w *policy.World, compiled *policy.Policy, body string) (l *list, err error) {
	l = &list{host: policy.Host{ID: body, Kind: policy.Device, Organisation: body, Platform: policy.Android}, rules: map[string]*policy.Rule{}}
	for i := range w.Rules {
		l.rules[w.Rules[i].ID] = &w.Rules[i]
	}
	l.subject, err = compiled.Subject(&l.host)
	return l, err
}

// admissions asks the decision itself for each platform on which an app is known: of a version that is not known,
// it tells the rules that admit any, or else all that admit some.
func (l *list) admissions(p *policy.Product) (all []Admission) {
	for _, platform := range knownOn(p) {
		l.subject.Decide(&policy.Installation{Product: p.ID, Platform: platform}, &l.d)
		f := l.d.Findings[slices.IndexFunc(l.d.Findings, func(f policy.Finding) bool { return f.Question == policy.ListingQuestion })]
		if len(f.Rules) == 0 || f.Result != policy.Allowed && f.Result != policy.Outdated {
			continue
		}
		a := Admission{Platform: platform, Rules: slices.Clone(f.Rules)}
		for i, id := range f.Rules {
			a.add(l.rules[id], i == 0, f.Result == policy.Outdated)
		}
		all = append(all, a)
	}
	return all
}

// add adds what a rule says to an admission: of several, the least version counts, and the latest end.
func (a *Admission) add(r *policy.Rule, first, floors bool) {
	if first || !a.Until.IsZero() && (r.Until.IsZero() || r.Until.After(a.Until)) {
		a.Until = r.Until
	}
	if !floors {
		return
	}
	if r.MinVersion != "" && (a.From == "" || policy.CompareVersions(r.MinVersion, a.From) < 0) {
		a.From = r.MinVersion
	}
	if code, is := r.MinVersionCode[a.Platform]; is && (a.Code == 0 || code < a.Code) {
		a.Code = code
	}
}
