package register

import (
	"errors"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// markedEntry is the payload of exemptionAdded for one that is marked: who may see the ledger is not told more.
type markedEntry struct {
	Marked bool `json:"marked"`
}

// ExemptionThing is what an exemption is among the things that persons are assigned to (people.Tx.Assign): one
// that is marked is seen by those alone who are.
func ExemptionThing(id string) string { return "exemption:" + id }

// Named tells whether the actor may know more of an exemption than that there is one.
func Named(tx *people.Tx, e *policy.Exemption) (bool, error) {
	if !e.Marked {
		return true, nil
	}
	return tx.Assigned(ExemptionThing(e.ID))
}

// AddExemption adds an exemption in a transaction that has what such a decision needs, and returns it: it asks
// for no permission. Where no id is given one is made by chance, for it is told in places where the exemption
// itself is not. What a world file could not have is a fault of the kind Invalid.
func AddExemption(tx *people.Tx, e policy.Exemption) (policy.Exemption, error) {
	e, err := newExemption(tx, e)
	if err != nil {
		return e, err
	}
	p := part{id: e.ID, document: exemptionOf(&e), kind: &exemptionAdded, organisation: e.Scope}
	if e.Marked {
		p.payload = markedEntry{Marked: true}
	}
	return e, write(tx).add(Exemptions, []part{p}, alone)
}

// CheckExemption returns what is wrong with an exemption that AddExemption is to add later.
func CheckExemption(tx *people.Tx, e policy.Exemption) error {
	_, err := newExemption(tx, e)
	return err
}

func newExemption(tx *people.Tx, e policy.Exemption) (_ policy.Exemption, err error) {
	if e.ID == "" {
		id, err := tx.NewID()
		if err != nil {
			return e, err
		}
		e.ID = "exemption-" + id
	}
	if e.ID, err = named(tx.Tx, Exemptions, e.ID, nil); err != nil {
		return e, err
	}
	w, err := stored(Exemptions, exemptionOf(&e))
	if err != nil {
		return e, err
	}
	e = w.Exemptions[0]
	if err := scoped(tx, &w, e.Scope); err != nil {
		return e, err
	}
	if err := known(tx.Tx, &w, nil, []string{e.Product}); err != nil {
		return e, err
	}
	if err := lifted(tx.Tx, &w, e.Lifts); err != nil {
		return e, err
	}
	return e, errors.Join(valid(&w, "exemptions"), noBlanks("mitigations", e.Mitigations))
}

// lifted adds to a world the rules that an exemption names, and what these name, as far as they are there.
func lifted(tx *store.Tx, w *policy.World, rules []string) error {
	there, err := selectItems(tx, Rules, rules)
	if err != nil {
		return err
	}
	for _, row := range there {
		rule, err := row.rule()
		if err != nil {
			return err
		}
		// What the rule itself is about has been found right when it was added.
		rule.Target, rule.Scope = policy.Target{Any: true}, w.Exemptions[0].Scope
		w.Rules = append(w.Rules, rule)
	}
	return nil
}

// EndExemption has an exemption end now, and returns it; one that has not begun is taken back. It asks for no
// permission.
func EndExemption(tx *people.Tx, id, reason string) (none policy.Exemption, err error) {
	row, e, err := findExemption(tx.Tx, id)
	if err != nil {
		return none, err
	}
	if reason, err = checkReason("reason", reason); err == nil && reason == "" {
		err = fault.In("reason", "Say why the exemption ends")
	}
	if err != nil {
		return none, err
	}
	now := tx.Now().Time()
	if !now.Before(e.Until) {
		return none, fault.New(fault.Conflict, "This exemption has ended already, on %s", e.Until.Format(day))
	}
	never := !e.From.Before(now)
	e.Until = now
	w := write(tx)
	if never {
		err = w.takeBack(Exemptions, []string{id})
	} else if row, err = row.with(exemptionOf(&e), reason); err == nil {
		err = w.replace(Exemptions, []item{row})
	}
	if err != nil {
		return none, err
	}
	return e, tx.Record(exemptionEnded, e.Scope, []string{id}, endEntry{tx.Now(), reason, never})
}

// findExemption returns an exemption that counts, and its row.
func findExemption(tx *store.Tx, id string) (row item, e policy.Exemption, err error) {
	rows, err := selectItems(tx, Exemptions, []string{id})
	if err != nil {
		return row, e, err
	}
	row, there := rows[id]
	if !there {
		return row, e, fault.New(fault.NotFound, "There is no exemption %s", id)
	}
	w, err := row.read()
	if err != nil {
		return row, e, err
	}
	return row, w.Exemptions[0], nil
}

// FindExemption returns an exemption that counts, or a fault of the kind NotFound. It asks for no permission.
func FindExemption(tx *store.Tx, id string) (policy.Exemption, error) {
	_, e, err := findExemption(tx, id)
	return e, err
}
