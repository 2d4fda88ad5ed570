package register

import (
	"cmp"
	"slices"
	"time"

	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// Room is this room's operations. There is one for each process; it is safe for concurrent use.
type Room struct {
	People *people.Room
}

// Section is a part of the register: what sort of thing its items are.
type Section string

// The sections.
const (
	Sites      Section = "site"
	Suppliers  Section = "supplier"
	Products   Section = "product"
	Rules      Section = "rule"
	Exemptions Section = "exemption"
)

// begin stands for a time that is not given where one must be: the first that a stored time can be.
var begin = store.TimeOf(time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC))

// noReason stands for the reason of a monitor period where the world file gives none.
const noReason = "no reason is given in the world file"

// World returns the world as it was known at the time known, with its organisations as they were at
// t: a world has one parent for each, where the people's room has a history. Everything else carries
// its own periods. The time of the transaction is the present for both.
func World(tx *store.Tx, t, known store.Time) (w policy.World, err error) {
	if w.Organisations, _, err = organisationsAt(tx, t, known); err != nil {
		return policy.World{}, err
	}
	err = eachItem(tx, known, func(i item) error { return i.into(&w) })
	if err != nil {
		return policy.World{}, err
	}
	return w, nil
}

// sortByPlace puts organisations into the order of the world that was imported; those that came later stay
// in theirs, after them.
func sortByPlace(found []people.Organisation, places map[string]int) {
	place := func(o people.Organisation) int {
		if p, ok := places[o.ID]; ok {
			return p
		}
		return len(places)
	}
	slices.SortStableFunc(found, func(a, b people.Organisation) int { return cmp.Compare(place(a), place(b)) })
}

// unless is the text, or nothing where it is the one that says nothing.
func unless(nothing, text string) string {
	if text == nothing {
		return ""
	}
	return text
}

func monitorOf(m *people.Monitor) *policy.Monitor {
	if m == nil {
		return nil
	}
	period := policy.Period{From: m.From.Time(), Until: m.Until.Time()}
	if m.From == begin {
		period.From = time.Time{}
	}
	return &policy.Monitor{Period: period, Reason: unless(noReason, m.Reason)}
}
