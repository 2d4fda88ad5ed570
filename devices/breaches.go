package devices

import (
	"context"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Age is how long ago something came into breach, in days of UTC.
type Age string

// The ages, from the youngest on. None of them is before another: what is of one is of no other.
const (
	OpenedToday Age = "today"
	OpenedWeek  Age = "week"  // within seven days, and not today
	OpenedMonth Age = "month" // within thirty days, and not within seven
	OpenedOlder Age = "older"
)

// Ages are all of them.
var Ages = []Age{OpenedToday, OpenedWeek, OpenedMonth, OpenedOlder}

// span is an age's days.
func (a Age) span(today int32) index.Span {
	switch a {
	case OpenedToday:
		return index.Span{Since: today}
	case OpenedWeek:
		return index.Span{Since: today - 6, Before: today}
	case OpenedMonth:
		return index.Span{Since: today - 29, Before: today - 6}
	}
	return index.Span{Before: today - 29}
}

// BreachQuery narrows Breaches. What is empty narrows nothing.
type BreachQuery struct {
	Organisation string // and all below it
	Itself       bool   // the organisation alone, without what is below it
	Product      string
	Result       policy.Result
	Rule         string
	Age          Age
	// The page of hosts: at most Limit, whose ids come after After.
	After string
	Limit int
}

// Breaches is what is in breach now and passes a query.
type Breaches struct {
	At         store.Time
	Generation store.Generation
	index.Breaches
	// Ages counts installations in breach by age, whichever age is asked for.
	Ages []AgeBreaches
	// Page is some of the hosts in the order of their ids; Next is after which the next page begins,
	// empty behind the last.
	Page []BreachedHost
	Next string
}

// AgeBreaches is how many installations came into breach at an age.
type AgeBreaches struct {
	Age           Age
	Installations int
}

// BreachedHost is a host with something in breach that passes the query.
type BreachedHost struct {
	ID, Name     string
	Kind         policy.HostKind
	Organisation string
	Heard        uint32     // the minute of its last report since the Unix epoch; 0 for never
	Since        store.Time // since when it has been in breach without end; zero where that is not written yet
	// What is in breach on it for a cause that passes, whatever its age.
	Breaches []BreachedThing
}

// BreachedThing is something in breach, by what it is or, where that is not known, by its identifier.
type BreachedThing struct {
	Product, Identifier, Version string
	Verdict                      policy.Result
}

// Breaches returns what is in breach on the hosts that the actor may see. It needs people.SeeDevices.
func (r *Room) Breaches(ctx context.Context, actor people.Actor, q BreachQuery) (Breaches, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (b Breaches, err error) {
		scope, err := r.scope(tx, q.Organisation)
		if err != nil {
			return b, err
		}
		if q.Itself && q.Organisation != "" {
			scope = []string{q.Organisation}
		}
		b.At, b.Generation = tx.Now(), r.Fleet.View().Generation
		f := index.Filter{Organisations: scope, Result: q.Result, Rule: q.Rule, Product: q.Product}
		if err := b.ask(r.Fleet, f, q.Age); err != nil {
			return b, err
		}
		ids := b.Hosts.After(q.After, q.Limit+1)
		if len(ids) > q.Limit {
			ids = ids[:q.Limit]
			b.Next = ids[max(0, q.Limit-1)]
		}
		b.Page, err = r.breached(tx.Tx, ids, f)
		return b, err
	})
}

// ask asks the index.
func (b *Breaches) ask(f *Fleet, filter index.Filter, age Age) (err error) {
	today := day(b.At)
	counted := Ages[:len(Ages)-1]
	switch age {
	case "":
		b.Breaches, err = f.index.Breaches(filter)
	case OpenedToday, OpenedWeek, OpenedMonth, OpenedOlder:
		counted = Ages
		b.Breaches, err = f.ages.Opened(filter, age.span(today))
	default:
		return fault.In("age", "%q is none of the ages: choose today, week, month or older", string(age))
	}
	if err != nil {
		return err
	}
	var spans []index.Span
	for _, a := range counted {
		spans = append(spans, a.span(today))
	}
	counts, err := f.ages.Count(filter, spans...)
	if err != nil {
		return err
	}
	rest := b.Installations
	for i, a := range counted {
		b.Ages = append(b.Ages, AgeBreaches{a, counts[i]})
		rest -= counts[i]
	}
	if age == "" { // what is left opened longer ago
		b.Ages = append(b.Ages, AgeBreaches{OpenedOlder, max(0, rest)})
	}
	return nil
}

// breached describes hosts. What has gone since the index was asked is left out.
func (r *Room) breached(tx *store.Tx, ids []string, f index.Filter) (page []BreachedHost, err error) {
	hosts, err := selectHosts(tx, ids)
	if err != nil {
		return nil, err
	}
	since, err := selectSince(tx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		h, decisions, err := r.Fleet.index.Verdicts(id)
		if err != nil {
			continue
		}
		_, contact, _ := r.Fleet.contact(id)
		b := BreachedHost{ID: id, Name: hosts[id].Name, Kind: h.Kind, Organisation: h.Organisation, Heard: contact.Heard, Since: since[id]}
		for i := range decisions {
			if d := &decisions[i]; d.Breach && passes(d, f) {
				b.Breaches = append(b.Breaches, BreachedThing{d.Product, h.Installed[i].Identifier, h.Installed[i].Version, d.Verdict})
			}
		}
		page = append(page, b)
	}
	return page, nil
}

// passes tells whether a decision is of the product and has a finding of the result and rule of a filter.
func passes(d *policy.Decision, f index.Filter) bool {
	if f.Product != "" && d.Product != f.Product {
		return false
	}
	if f.Result == 0 && f.Rule == "" {
		return true
	}
	for i := range d.Findings {
		g := &d.Findings[i]
		if f.Result != 0 && g.Result != f.Result {
			continue
		}
		if f.Rule == "" {
			return true
		}
		for _, rule := range g.Rules {
			if rule == f.Rule {
				return true
			}
		}
	}
	return false
}
