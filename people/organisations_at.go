package people

import (
	"slices"
	"strings"

	"portcullis/store"
)

// OrganisationsAt returns all organisations as they were at t and as that was known at the time known,
// in the order of their ids. Monitor is the period that holds at t; where none does, the next one, or
// else the last. It asks for no permission: that is for the operation that shows what it returns.
func OrganisationsAt(tx *store.Tx, t, known store.Time) ([]Organisation, error) {
	found, _, err := OrganisationsUntil(tx, t, known)
	return found, err
}

// OrganisationsUntil is OrganisationsAt, and tells besides until when they stay so unless somebody
// decides otherwise: a move that is planned comes with time alone. Until is zero where nothing is planned.
func OrganisationsUntil(tx *store.Tx, t, known store.Time) (found []Organisation, until store.Time, err error) {
	if found, err = selectKnownOrganisations(tx, known); err != nil {
		return nil, until, err
	}
	slices.SortFunc(found, func(a, b Organisation) int { return strings.Compare(a.ID, b.ID) })
	var facts [3]map[string][]store.Fact
	for i, history := range []store.History{parents, lists, monitors} {
		if facts[i], err = selectKnownFacts(tx, history, known); err != nil {
			return nil, until, err
		}
		for _, of := range facts[i] {
			until = earliest(until, t, of)
		}
	}
	for i := range found {
		o := &found[i]
		o.Parent = objectAt(facts[0][o.ID], t)
		o.OwnList = objectAt(facts[1][o.ID], t) == ownList
		o.Monitor = nearestMonitor(facts[2][o.ID], t)
	}
	return found, until, nil
}

// earliest is the first time after t at which a fact begins or ends, or until where that is earlier.
func earliest(until, t store.Time, facts []store.Fact) store.Time {
	for _, f := range facts {
		for _, at := range []store.Time{f.From, f.Until} {
			if t.Before(at) && (until.IsZero() || at.Before(until)) {
				until = at
			}
		}
	}
	return until
}

func objectAt(facts []store.Fact, t store.Time) string {
	for _, f := range facts {
		if f.Contains(t) {
			return f.Object
		}
	}
	return ""
}

// nearestMonitor is the period that holds at t, else the next to hold, else the last.
func nearestMonitor(facts []store.Fact, t store.Time) (nearest *Monitor) {
	for _, f := range facts {
		nearest = &Monitor{f.Period, f.Object}
		if f.Until.IsZero() || t.Before(f.Until) {
			break
		}
	}
	return nearest
}
