package people

import (
	"errors"
	"slices"

	"portcullis/internal/fault"
	"portcullis/store"
)

// Position is where an organisation belongs, and whose list it follows: what holds there of what is decided above.
type Position struct {
	Parent  string `json:"parent,omitempty"`  // empty at a root
	OwnList bool   `json:"ownList,omitempty"` // the ancestors' allow rules do not reach it
}

// PositionOf is where an organisation belongs now. It asks for no permission.
func PositionOf(tx *store.Tx, id string) (Position, error) {
	o, err := organisationAt(tx, id, tx.Now())
	return Position{o.Parent, o.OwnList}, err
}

// CheckPosition returns what is wrong with a place that an organisation is to have from a time on, or from now on where that
// is zero.
func CheckPosition(tx *Tx, id string, p Position, from store.Time) error {
	if from.IsZero() {
		from = tx.Now()
	}
	now, err := PositionOf(tx.Tx, id)
	if err != nil {
		return err
	}
	if p.Parent != "" {
		if err := tx.Exists("parent", p.Parent); err != nil {
			return err
		}
	}
	planned, err := tx.planned(id)
	if err != nil {
		return err
	}
	for _, at := range planned {
		if !from.Before(at) {
			return fault.In("from", "Something else is planned for it on %s, and that comes first: say an earlier day, or wait", at.Time().Format("2 January 2006"))
		}
	}
	if p == now && len(planned) == 0 {
		return fault.In("parent", "It belongs there already, and follows that list: nothing would change")
	}
	return tx.noCycle(id, p.Parent, from)
}

// planned are the times to come at which an organisation's place changes by what was decided already.
func (tx *Tx) planned(id string) (times []store.Time, err error) {
	for _, h := range []store.History{parents, lists} {
		known, err := h.Of(tx.Tx, id)
		if err != nil {
			return nil, err
		}
		for _, f := range known {
			for _, at := range []store.Time{f.From, f.Until} {
				if tx.Now().Before(at) {
					times = append(times, at)
				}
			}
		}
	}
	return times, nil
}

// Settle has an organisation belong where a place says, in a transaction that has what such a decision needs: from a
// time on, or from now on where that is zero. What was planned for later gives way. It asks for no permission.
func (tx *Tx) Settle(id string, p Position, from store.Time) (none Organisation, err error) {
	if err := CheckPosition(tx, id, p, from); err != nil {
		return none, err
	}
	if from.IsZero() {
		from = tx.Now()
	}
	current, err := organisationAt(tx.Tx, id, tx.Now())
	if err != nil {
		return none, err
	}
	list := ""
	if p.OwnList {
		list = ownList
	}
	_, failed := parents.Set(tx.Tx, id, p.Parent, store.Always(from))
	_, err = lists.Set(tx.Tx, id, list, store.Always(from))
	if err := errors.Join(failed, err); err != nil {
		return none, err
	}
	return tx.organisationChanged(id, organisationEntry{Name: current.Name, Parent: &p.Parent, OwnList: &p.OwnList, From: from})
}

// noCycle returns a fault where, at from or any later time, the new parent would stand below the
// organisation.
func (tx *Tx) noCycle(id, parent string, from store.Time) error {
	switch parent {
	case "":
		return nil
	case id:
		return fault.In("parent", "An organisation cannot stand below itself: choose another")
	}
	times, err := selectParentTimes(tx.Tx, from)
	if err != nil {
		return err
	}
	for _, at := range append([]store.Time{from}, times...) {
		above, err := Ancestors(tx.Tx, parent, at)
		if err != nil {
			return err
		}
		if slices.Contains(above, id) {
			return tx.circle(id, parent, at)
		}
	}
	return nil
}

// circle is the fault that one organisation stands below another at a time, which was to stand below it. What an
// organisation is called is public.
func (tx *Tx) circle(above, below string, at store.Time) error {
	upper, err := selectOrganisation(tx.Tx, above)
	if err != nil {
		return err
	}
	lower, err := selectOrganisation(tx.Tx, below)
	if err != nil {
		return err
	}
	now, err := Ancestors(tx.Tx, below, tx.Now())
	if err != nil {
		return err
	}
	if slices.Contains(now, above) {
		return fault.In("parent", "%s stands below %s: an organisation cannot be below itself. Choose another", lower.Name, upper.Name)
	}
	return fault.In("parent", "%s will stand below %s from %s: an organisation cannot be below itself. Choose another", lower.Name, upper.Name, at.Time().Format("2 January 2006"))
}
