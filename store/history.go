package store

import (
	"errors"
	"fmt"
)

// Period is when something holds, half-open: [From, Until). A zero Until has no end.
type Period struct {
	From  Time `json:"from"`
	Until Time `json:"until,omitzero"`
}

// Always is the period from t on.
func Always(t Time) Period { return Period{From: t} }

func (p Period) check() error {
	switch {
	case p.From.IsZero():
		return errors.New("a period begins at a time")
	case !p.Until.IsZero() && !p.From.Before(p.Until):
		return fmt.Errorf("the period from %s until %s holds at no time", p.From, p.Until)
	}
	return nil
}

// Contains tells whether the period holds at t.
func (p Period) Contains(t Time) bool {
	return !t.Before(p.From) && (p.Until.IsZero() || t.Before(p.Until))
}

// without returns what is left of p where cut is taken out of it: nothing, one period or two.
func (p Period) without(cut Period) (left []Period) {
	if !p.meets(cut) {
		return []Period{p}
	}
	if p.From.Before(cut.From) {
		left = append(left, Period{p.From, cut.From})
	}
	if !cut.Until.IsZero() && (p.Until.IsZero() || cut.Until.Before(p.Until)) {
		left = append(left, Period{cut.Until, p.Until})
	}
	return left
}

// meets tells whether there is a time at which both hold.
func (p Period) meets(q Period) bool {
	return (p.Until.IsZero() || q.From.Before(p.Until)) && (q.Until.IsZero() || p.From.Before(q.Until))
}

// History is a table of facts with two times: of a subject, that an object was its own for a period,
// and when that was recorded and, if it no longer counts, replaced. What decisions rest on is kept
// so, and any past time can be asked as it is known now or as it was known then. Nothing recorded is
// ever lost: a correction replaces.
//
// The table belongs to the room that declares it, which may read it in its own SQL: what is known
// now are the rows whose replaced_at is NULL.
type History struct {
	// Table begins with the room's name, as in people_parents.
	Table string
}

// Fact is that Object was Subject's in the period.
type Fact struct {
	Subject, Object string
	Period
}

// Known is a fact with its second time.
type Known struct {
	Fact
	Recorded, Replaced Time // Replaced is zero while it counts
}

// Steps is the table, for a step of the room's Schema.
func (h History) Steps() string { return historySteps(h.Table) }

// Set records that in the period the subject has the object and no other: a parent, an
// organisation, a mode. An object of "" is that it has none. It tells whether that was news.
func (h History) Set(tx *Tx, subject, object string, p Period) (news bool, err error) {
	known, err := h.Of(tx, subject)
	if err != nil {
		return false, err
	}
	return h.replace(tx, known, Fact{subject, object, p}, func(f Fact) bool { return f.Object != object })
}

// Add records that in the period the subject has the object, whatever else it has: a role, a group.
func (h History) Add(tx *Tx, subject, object string, p Period) (news bool, err error) {
	known, err := h.between(tx, subject, object)
	if err != nil {
		return false, err
	}
	return h.replace(tx, known, Fact{subject, object, p}, func(Fact) bool { return false })
}

// Remove records that in the period the subject does not have the object.
func (h History) Remove(tx *Tx, subject, object string, p Period) (news bool, err error) {
	known, err := h.between(tx, subject, object)
	if err != nil {
		return false, err
	}
	return h.replace(tx, known, Fact{subject, "", p}, func(Fact) bool { return true })
}

// replace writes down fact, which takes its period from each of the known facts that gives way to
// it. An object of "" is nothing to write down.
func (h History) replace(tx *Tx, known []Fact, fact Fact, givesWay func(Fact) bool) (news bool, err error) {
	if err := fact.check(); err != nil {
		return false, err
	}
	open := []Period{fact.Period} // what of the period is not known yet
	for _, f := range known {
		if !f.meets(fact.Period) {
			continue
		}
		if !givesWay(f) {
			open = without(open, f.Period)
			continue
		}
		news = true
		if err := h.retire(tx, f); err != nil {
			return false, err
		}
		for _, left := range f.without(fact.Period) {
			if err := insertFact(tx, h.Table, Fact{f.Subject, f.Object, left}); err != nil {
				return false, err
			}
		}
	}
	if fact.Object == "" {
		return news, nil
	}
	for _, p := range open {
		news = true
		if err := insertFact(tx, h.Table, Fact{fact.Subject, fact.Object, p}); err != nil {
			return false, err
		}
	}
	return news, nil
}

// without takes one period out of all.
func without(all []Period, cut Period) (left []Period) {
	for _, p := range all {
		left = append(left, p.without(cut)...)
	}
	return left
}

// retire says that a fact no longer counts. What was recorded in this very transaction nobody has
// known, and goes.
func (h History) retire(tx *Tx, f Fact) error {
	if err := deleteFact(tx, h.Table, f); err != nil {
		return err
	}
	return retireFact(tx, h.Table, f)
}

// Of returns what is known now of a subject, in the order of its beginnings: past, present and
// planned.
func (h History) Of(tx *Tx, subject string) ([]Fact, error) { return selectFacts(tx, h.Table, subject) }

// between returns what is known now of a subject and one object.
func (h History) between(tx *Tx, subject, object string) (found []Fact, err error) {
	facts, err := h.Of(tx, subject)
	for _, f := range facts {
		if f.Object == object {
			found = append(found, f)
		}
	}
	return found, err
}

// At returns the objects that a subject has at t, as it is known now.
func (h History) At(tx *Tx, subject string, t Time) (objects []string, err error) {
	facts, err := h.Of(tx, subject)
	for _, f := range facts {
		if f.Contains(t) {
			objects = append(objects, f.Object)
		}
	}
	return objects, err
}

// AsKnown returns the objects that a subject had at t, as it was known at the time known.
func (h History) AsKnown(tx *Tx, subject string, t, known Time) (objects []string, err error) {
	all, err := h.Record(tx, subject)
	for _, k := range all {
		if k.Contains(t) && !known.Before(k.Recorded) && (k.Replaced.IsZero() || known.Before(k.Replaced)) {
			objects = append(objects, k.Object)
		}
	}
	return objects, err
}

// Record returns everything that was ever recorded of a subject, in that order.
func (h History) Record(tx *Tx, subject string) ([]Known, error) {
	return selectRecord(tx, h.Table, subject)
}
