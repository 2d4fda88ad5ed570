package register

import (
	"cmp"
	"fmt"
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

// The sections of register_items.
const (
	sites      = "site"
	suppliers  = "supplier"
	products   = "product"
	rules      = "rule"
	exemptions = "exemption"
)

// begin stands for a time that is not given where one must be: the first that a stored time can be.
var begin = store.TimeOf(time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC))

// noReason stands for the reason of a monitor period where the world file gives none.
const noReason = "no reason is given in the world file"

// World returns the world as it was known at the time known, with its organisations as they were at
// t: a world has one parent for each, where the people's room has a history. Everything else carries
// its own periods. The time of the transaction is the present for both.
func World(tx *store.Tx, t, known store.Time) (w policy.World, err error) {
	if w.Organisations, err = organisationsAt(tx, t, known); err != nil {
		return policy.World{}, err
	}
	err = eachItem(tx, known, func(section, id, document string) error {
		if err := add(&w, section, document); err != nil {
			return fmt.Errorf("the %s %s in the register: %w", section, id, err)
		}
		return nil
	})
	if err != nil {
		return policy.World{}, err
	}
	return w, nil
}

// organisationsAt returns the organisations in the order of the world that was imported, and after them
// those that came later, by their ids.
func organisationsAt(tx *store.Tx, t, known store.Time) (organisations []policy.Organisation, err error) {
	found, err := people.OrganisationsAt(tx, t, known)
	if err != nil {
		return nil, err
	}
	places, err := selectPlaces(tx)
	if err != nil {
		return nil, err
	}
	place := func(o people.Organisation) int {
		if p, ok := places[o.ID]; ok {
			return p
		}
		return len(places)
	}
	slices.SortStableFunc(found, func(a, b people.Organisation) int { return cmp.Compare(place(a), place(b)) })
	for _, o := range found {
		organisations = append(organisations, policy.Organisation{
			ID: o.ID, Name: unless(o.ID, o.Name), Parent: o.Parent, OwnList: o.OwnList, Monitor: monitorOf(o.Monitor),
		})
	}
	return organisations, nil
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
