package devices

import (
	"context"
	"slices"
	"strings"
	"time"

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
	// Explained asks as well what would end each breach, of as many as One explains: that takes milliseconds for each host.
	Explained bool
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
	Since        store.Time // since when it is in breach for a cause that passes; zero where that is not written yet
	// What is in breach on it for a cause that passes, whatever its age.
	Breaches []BreachedThing
}

// BreachedThing is something in breach, by what it is or, where that is not known, by its identifier.
type BreachedThing struct {
	Product, Identifier, Version string
	Verdict                      policy.Result
	Rules                        []string   // see BreakingRules
	Reason                       string     // View.Reasons of these
	Since                        store.Time // since when it is what its verdict says; zero where that is not written yet
	Ways                         []string   // what would end it; empty where that was not asked for
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
		b.Page, err = r.breached(tx.Tx, ids, f, q.Explained)
		return b, err
	})
}

// ask asks the index, for the breaches and for the ages of all that passes the filter at once.
func (b *Breaches) ask(f *Fleet, filter index.Filter, age Age) error {
	today := day(b.At)
	within := index.Span{}
	switch age {
	case "":
	case OpenedToday, OpenedWeek, OpenedMonth, OpenedOlder:
		within = age.span(today)
	default:
		return fault.In("age", "%q is none of the ages: choose today, week, month or older", string(age))
	}
	var spans []index.Span
	for _, a := range Ages {
		spans = append(spans, a.span(today))
	}
	found, counts, err := f.ages.Breaches(filter, within, spans...)
	b.Breaches = found
	for i, n := range counts {
		b.Ages = append(b.Ages, AgeBreaches{Ages[i], n})
	}
	return err
}

// breached describes hosts. What has gone since the index was asked is left out.
func (r *Room) breached(tx *store.Tx, ids []string, f index.Filter, explained bool) (page []BreachedHost, err error) {
	hosts, err := selectHosts(tx, ids)
	if err != nil {
		return nil, err
	}
	open, err := selectOpenings(tx, ids)
	if err != nil {
		return nil, err
	}
	thing, err := r.things(tx)
	if err != nil {
		return nil, err
	}
	view := r.Fleet.View()
	for _, id := range ids {
		h, known := hosts[id]
		if !known || !h.State.judged() || view.Organisation(h.Row.Organisation) == nil {
			continue
		}
		j := judging{fleet: r.Fleet, world: view.World, host: &h, at: tx.Now(), thing: thing, explained: maxExplained}
		ask := j.swiftly
		if explained {
			ask = j.judged
		}
		installed, err := ask(view.Basis.Policy())
		if err != nil {
			return nil, err
		}
		_, contact, _ := r.Fleet.contact(id)
		b := BreachedHost{ID: id, Name: h.Name, Kind: h.Row.Kind, Organisation: h.Row.Organisation, Heard: contact.Heard}
		for i := range installed {
			in := &installed[i]
			d := &in.Decision
			if !d.Breach || !passes(d, f) {
				continue
			}
			if first := open[id].first(in.Thing, lets(&f)).At; b.Since.IsZero() || !first.IsZero() && first.Before(b.Since) {
				b.Since = first
			}
			t := BreachedThing{Product: d.Product, Identifier: in.Installation.Identifier, Version: in.Installation.Version, Verdict: d.Verdict, Rules: BreakingRules(d), Since: open[id].verdict(in.Thing, d).At}
			t.Reason = view.Reasons(t.Rules)
			if in.Why != nil {
				t.Ways = in.Why.Ways
			}
			b.Breaches = append(b.Breaches, t)
		}
		if len(b.Breaches) > 0 {
			page = append(page, b)
		}
	}
	return page, nil
}

// judged judges what is on the host, with why.
func (j *judging) judged(*policy.Policy) ([]Installed, error) {
	installed, _, err := j.judge(j.host.ID, &j.host.Row)
	return installed, err
}

// swiftly judges what is on the host by a policy that is compiled already, and says no more than the decision.
func (j *judging) swiftly(compiled *policy.Policy) (all []Installed, err error) {
	host := policyHost(j.host.ID, &j.host.Row)
	subject, err := compiled.Subject(&host)
	if err != nil {
		return nil, err
	}
	all = make([]Installed, len(j.host.Row.Things))
	for i, n := range j.host.Row.Things {
		all[i] = Installed{Thing: n, Installation: j.thing(n).Installation()}
		subject.Decide(&all[i].Installation, &all[i].Decision)
	}
	return all, nil
}

// Reasons are why rules are so, each once.
func (v View) Reasons(rules []string) string {
	var all []string
	for _, id := range rules {
		if rule := v.Rule(id); rule != nil && rule.Reason != "" && !slices.Contains(all, rule.Reason) {
			all = append(all, rule.Reason)
		}
	}
	return strings.Join(all, "; ")
}

// BreakingRules are the rules for which something is in breach, by their ids, each once: those of bans and phase-outs,
// and those that allow later versions alone.
func BreakingRules(d *policy.Decision) (ids []string) {
	ids = []string{}
	for i := range d.Findings {
		switch f := &d.Findings[i]; f.Result {
		case policy.Banned, policy.Overdue, policy.Outdated:
			for _, id := range f.Rules {
				if !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
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

// DateBack writes down that what is in breach opened when, and for what reason, opened says: for a database that begins
// with a history, before its keeper begins, which then finds that written. What opened dates to no time, or to one that
// has not come, is left to the keeper.
func (f *Fleet) DateBack(ctx context.Context, opened func(host string, o index.Open) (time.Time, Trigger)) error {
	var turns []turn
	generation, now := f.View().Generation, f.now()
	for id, open := range f.Index().Standing().Hosts() {
		for _, o := range open {
			if at, by := opened(id, o); !at.IsZero() && !at.After(now) {
				turns = append(turns, turn{breach{id, o}, true, Turn{store.TimeOf(at), generation, by}})
			}
		}
	}
	for chunk := range slices.Chunk(turns, breachChunk) {
		if err := f.db.Write(ctx, func(tx *store.Tx) error { return openBreaches(tx, chunk) }); err != nil {
			return err
		}
		for _, t := range chunk {
			f.ages.Recall(t.host, t.Open, day(t.At))
		}
	}
	return nil
}
