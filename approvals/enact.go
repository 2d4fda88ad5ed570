package approvals

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// checkContent returns what is wrong with what is proposed, as it would be made now.
func checkContent(tx *people.Tx, d *Draft) error {
	if err := d.one(); err != nil {
		return err
	}
	switch d.Kind {
	case Ban, Allow:
		return d.checkRule(tx)
	case Withdrawal:
		_, err := register.CheckEnd(tx, d.Ends.Rule, d.Ends.Until)
		return err
	case Exemption:
		return d.checkExemption(tx)
	case Monitor:
		return d.checkMonitor(tx)
	case Supplier:
		return register.CheckSupplier(tx, *d.Supplier)
	case Product:
		return register.CheckProduct(tx, *d.Product)
	case Belonging:
		return d.checkMove(tx)
	}
	return errors.Join(d.Process.check(), officesExist(tx, d.Process))
}

// one returns a fault unless the content is what the kind is about.
func (d *Draft) one() error {
	is := map[Kind]bool{
		Ban: d.Rule != nil && (d.Rule.Effect == policy.Ban || d.Rule.Effect == policy.PhaseOut), Allow: d.Rule != nil && d.Rule.Effect == policy.Allow,
		Withdrawal: d.Ends != nil, Exemption: d.Exemption != nil, Monitor: d.Monitor != nil, Supplier: d.Supplier != nil, Product: d.Product != nil, Change: d.Process != nil, Belonging: d.Move != nil,
	}
	n := 0
	for _, there := range []bool{d.Rule != nil, d.Ends != nil, d.Exemption != nil, d.Monitor != nil, d.Supplier != nil, d.Product != nil, d.Process != nil, d.Move != nil} {
		if there {
			n++
		}
	}
	if d.Found != nil && d.Kind != Allow {
		return fault.In("found", "Only an app that is to be allowed can be named by what was found")
	}
	if !is[d.Kind] || n != 1 {
		return fault.In("kind", "Say what is to be decided: what a proposal of the kind %q is about, and nothing else", d.Kind)
	}
	return nil
}

// notPast returns a fault where a time has passed.
func notPast(field string, t time.Time, now store.Time, zero string) error {
	switch {
	case t.IsZero():
		if zero == "" {
			return nil
		}
		return fault.In(field, "%s", zero)
	case store.TimeOf(t).Before(now):
		return fault.In(field, "This has passed: a decision holds from when it is made, and not before")
	}
	return nil
}

func (d *Draft) checkRule(tx *people.Tx) error {
	rule := *d.Rule
	if err := errors.Join(notPast("from", rule.From, tx.Now(), ""), notPast("until", rule.Until, tx.Now(), "")); err != nil {
		return err
	}
	if d.Emergency && !rule.Until.IsZero() && rule.Until.Sub(tx.Now().Time()) < reviewed {
		return fault.In("until", "A ban in an emergency ends within a day by itself unless it is reviewed: leave the end out")
	}
	if d.Found != nil {
		if err := register.CheckAsked(*d.Found); err != nil {
			return err
		}
		rule.Target = policy.Target{Any: true} // until there is a product
	}
	rule.Reason = cmp.Or(rule.Reason, d.Reason)
	if d.Adopts != "" {
		if _, there, err := register.FindRule(tx.Tx, d.Adopts); err != nil {
			return err
		} else if !there {
			return fault.In("adopts", "There is no rule %s", shown(d.Adopts))
		}
	}
	return register.CheckRule(tx, rule)
}

// demanded is what the rules that an exemption names demand of it.
type demanded struct {
	offices     []string          // one, where it can be made
	where       map[string]string // by office, whose it is where the body that made the rule has said so
	mitigations []string
	longest     int // days; 0 where none says
}

// demandedBy reads what the rules demand that an exemption names, which all must be there.
func demandedBy(tx *people.Tx, e *policy.Exemption) (d demanded, err error) {
	rd := read(tx)
	if d, err = rd.demands(e); err != nil {
		return d, err
	}
	if len(d.offices) > 1 {
		return d, fault.In("lifts", "These rules are cleared by different offices, %s and %s: ask for an exemption from each", d.offices[0], d.offices[1])
	}
	for _, id := range e.Lifts {
		if rd.rules[id] == nil {
			return d, fault.In("lifts", "There is no rule %s", shown(id))
		}
		longest, err := longestFrom(tx, id)
		if err != nil {
			return d, err
		}
		if longest > 0 && (d.longest == 0 || longest < d.longest) {
			d.longest = longest
		}
	}
	return d, nil
}

// longestFrom is for how many days an exemption from a rule may hold at most, as the proposal says that it came of; 0
// where that leaves it to the bodies, or there is none.
func longestFrom(tx *people.Tx, rule string) (int, error) {
	made, err := selectProposals(tx.Tx, where{made: rule, kind: Ban, limit: 1, noSteps: true})
	if err != nil || len(made) == 0 {
		return 0, err
	}
	return made[0].LongestDays, nil
}

// LongestFrom returns for how many days an exemption from a rule may hold at most, as whoever made the rule has said; 0
// where they leave it to the bodies, or there is no such rule. Whoever has signed in may know what a rule demands.
func (r *Room) LongestFrom(ctx context.Context, actor people.Actor, rule string) (int, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (int, error) {
		tx.Asked("what a rule demands of exemptions is for everybody who might ask for one")
		return longestFrom(tx, rule)
	})
}

func union(a, b []string) []string {
	for _, text := range b {
		if !slices.Contains(a, text) {
			a = append(slices.Clip(a), text)
		}
	}
	return a
}

// full is an exemption with all that is demanded of it; or what is wrong with it. Days count from its
// beginning, which is now where it has passed.
func (d *Draft) full(tx *people.Tx) (policy.Exemption, error) {
	e := *d.Exemption
	process, _, err := processAt(tx.Tx, e.Scope, tx.Now(), tx.Now())
	if err != nil {
		return e, err
	}
	demands, err := demandedBy(tx, &e)
	if err != nil {
		return e, err
	}
	e.Mitigations = union(union(e.Mitigations, demands.mitigations), process.Exemption.Mitigations)
	if e.From.Before(tx.Now().Time()) {
		e.From = tx.Now().Time()
	}
	if len(demands.offices) > 0 && e.Clearance == nil {
		// It is judged as it will be once the office has cleared it.
		e.Clearance = &policy.Clearance{Office: demands.offices[0], At: tx.Now().Time()}
	}
	days := process.Exemption.LongestDays
	if demands.longest > 0 {
		days = min(days, demands.longest)
	}
	if most := e.From.AddDate(0, 0, days); most.Before(e.Until) {
		return e, fault.In("until", "This holds for too long: here an exemption holds for %d days at most, until %s. It can be renewed then", days, most.Format("2 January 2006"))
	}
	return e, nil
}

func (d *Draft) checkExemption(tx *people.Tx) error {
	if err := errors.Join(notPast("until", d.Exemption.Until, tx.Now(), "Say until when: an exemption always ends"),
		notPast("from", d.Exemption.From, tx.Now(), ""), checkText("purpose", d.Exemption.Purpose, "Say what it is needed for")); err != nil {
		return err
	}
	e, err := d.full(tx)
	if err != nil {
		return err
	}
	return register.CheckExemption(tx, e)
}

func (d *Draft) checkMonitor(tx *people.Tx) error {
	m := d.Monitor
	if err := errors.Join(notPast("from", m.From.Time(), tx.Now(), ""), notPast("until", m.Until.Time(), tx.Now(), "Say until when: watching instead of enforcing always ends")); err != nil {
		return err
	}
	process, _, err := processAt(tx.Tx, d.Organisation, tx.Now(), tx.Now())
	if err != nil {
		return err
	}
	from := cmp.Or(m.From, tx.Now())
	switch most := from.Time().AddDate(0, 0, process.Monitor.LongestDays); {
	case !from.Before(m.Until):
		return fault.In("until", "The end must be later than the beginning")
	case most.Before(m.Until.Time()):
		return fault.In("until", "This is too long: here a body watches for %d days at most, until %s", process.Monitor.LongestDays, most.Format("2 January 2006"))
	}
	return nil
}

func officesExist(tx *people.Tx, p *Process) error {
	var faults []error
	for office, organisation := range p.Offices {
		faults = append(faults, checkLine("offices", office), tx.Exists("offices."+office, organisation))
	}
	return errors.Join(faults...)
}

// standing is the supplier, the product or the position that a draft changes as it is now; nothing of other drafts.
func (d *Draft) standing(tx *people.Tx) (string, error) {
	switch d.Kind {
	case Supplier:
		return register.Standing(tx.Tx, register.Suppliers, d.Supplier.ID)
	case Product:
		return register.Standing(tx.Tx, register.Products, d.Product.ID)
	case Belonging:
		return position(tx, d.Move.Body)
	}
	return "", nil
}

// unchanged returns a fault where what is to be changed is not what it was when that was proposed: the whole of it
// would be written, and what was decided meanwhile be lost.
func (p *Proposal) unchanged(tx *people.Tx) error {
	is, err := p.standing(tx)
	if err == nil && is != p.was {
		err = fault.New(fault.Conflict, "It has been changed since this was proposed: look at it as it is now")
	}
	return err
}

// enact makes what is decided, in the transaction of the last step.
func (r *Room) enact(tx *people.Tx, p *Proposal) (err error) {
	p.State = Made
	switch p.Kind {
	case Ban, Allow:
		err = p.enactRule(tx)
	case Withdrawal:
		until := p.Ends.Until
		if until.Before(tx.Now()) {
			until = store.Time{} // what was meant for a time that has passed holds now
		}
		_, err = register.EndRule(tx, p.Ends.Rule, until, p.Reason)
		p.Made = p.Ends.Rule
	case Exemption:
		err = p.enactExemption(tx)
	case Monitor:
		m := *p.Monitor
		m.From, m.Reason = later(m.From, tx.Now()), p.Reason
		if err = (&Draft{Organisation: p.Organisation, Content: Content{Monitor: &m}}).checkMonitor(tx); err == nil {
			_, err = tx.Watch(p.Organisation, m)
		}
		p.Made = p.Organisation
	case Supplier:
		if err = p.unchanged(tx); err == nil {
			_, err = register.ChangeSupplier(tx, *p.Supplier)
		}
		p.Made = p.Supplier.ID
	case Product:
		if err = p.unchanged(tx); err == nil {
			_, err = register.ChangeProduct(tx, *p.Product)
		}
		p.Made = p.Product.ID
	case Change:
		if err = checkContent(tx, &p.Draft); err == nil {
			err = errors.Join(insertProcess(tx.Tx, p.Organisation, p.Process), tx.Record(processSet, p.Organisation, []string{p.ID}, p.Process))
		}
		p.Made = p.Organisation
	case Belonging:
		err = p.enactMove(tx)
	}
	if err != nil {
		return asTheyStand(err)
	}
	return nil
}

// asTheyStand puts a fault of what was proposed in the words of who takes the last step: they have filled in
// nothing that they could mend.
func asTheyStand(err error) error {
	faults := fault.Fields(err)
	if len(faults) == 0 {
		return err
	}
	return fault.New(fault.Conflict, "As things stand now this cannot be decided: %s. Refuse it, or have it changed", faults[0].Message)
}

func later(t, now store.Time) store.Time {
	if t.Before(now) {
		return now
	}
	return t
}

// known returns a fault where an app that is to be allowed has no identifier yet: nobody could tell it from another.
func (p *Proposal) known() error {
	if p.Found == nil || p.Found.Identifier != "" {
		return nil
	}
	return fault.In("terms.identifier", "Say what devices call it, such as com.example.notes, or which known app it is: without that nobody can tell which app is meant")
}

func (p *Proposal) enactRule(tx *people.Tx) error {
	rule := *p.Rule
	rule.From = later(store.TimeOf(rule.From), tx.Now()).Time()
	rule.Reason = cmp.Or(rule.Reason, p.Reason)
	if p.Found != nil {
		if err := p.known(); err != nil {
			return err
		}
		product, err := register.FindOrAdd(tx, *p.Found)
		if err != nil {
			return err
		}
		rule.Target = policy.Target{Product: product}
	}
	if p.Emergency {
		p.State, p.Lapses = Interim, tx.Now().Add(reviewed)
		rule.From, rule.Until = tx.Now().Time(), p.Lapses.Time()
	}
	made, err := register.AddRule(tx, rule)
	p.Made = made.ID
	return err
}

// counting are the steps that count: those since it was last revised.
func (p *Proposal) counting() []Step { return (&Case{Steps: p.Steps}).since() }

// Conditions are what offices demand besides, of an exemption that they have cleared: each in one line.
func (p *Proposal) Conditions() (found []string) {
	for _, s := range p.counting() {
		if s.Act == Clear && s.Conditions != "" {
			found = append(found, strings.Join(strings.Fields(s.Conditions), " "))
		}
	}
	return found
}

// cleared is the clearance by an office; nil where there is none.
func (p *Proposal) cleared(office string) *Step {
	steps := p.counting()
	for i := range steps {
		if s := &steps[i]; s.Act == Clear && s.Office == office {
			return s
		}
	}
	return nil
}

func (p *Proposal) enactExemption(tx *people.Tx) error {
	e, err := p.full(tx)
	if err != nil {
		return err
	}
	if !e.From.Before(e.Until) {
		return fault.New(fault.Conflict, "It was to end on %s, and that has passed", e.Until.Format("2 January 2006"))
	}
	if e.Clearance != nil {
		s := p.cleared(e.Clearance.Office)
		if s == nil {
			return fmt.Errorf("the exemption of proposal %s is not cleared", p.ID)
		}
		e.Clearance = &policy.Clearance{Office: s.Office, By: s.Minister, Ref: s.Reference, At: s.At.Time()}
	}
	e.Mitigations = union(e.Mitigations, p.Conditions())
	e.Marked = p.Marked
	made, err := register.AddExemption(tx, e)
	p.Made = made.ID
	if err != nil {
		return err
	}
	if p.Marked {
		for _, person := range append(p.Audience, p.Principal) {
			if err := tx.Assign(register.ExemptionThing(made.ID), person); err != nil {
				return err
			}
		}
	}
	return remind(tx, made.ID, made.Until)
}
