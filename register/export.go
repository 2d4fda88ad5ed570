package register

import (
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// WorldIn returns the world as it was known at the time known, with its organisations as they were at t, for
// an export that writes its hosts beside it. A time that is zero is the present. The actor needs
// people.SeeRegister, Everywhere. Marked exemptions to which the actor is not assigned are left out, but for whoever
// holds the database itself in hands.
func WorldIn(tx *people.Tx, t, known store.Time) (none policy.World, err error) {
	if err := tx.Require(people.SeeRegister, people.Everywhere); err != nil {
		return none, err
	}
	if t.IsZero() {
		t = tx.Now()
	}
	if known.IsZero() {
		known = tx.Now()
	}
	if tx.Now().Before(known) {
		return none, fault.In("known", "What will be known on %s nobody can say yet: give a time that has passed", known.Time().Format("2 January 2006 at 15:04 UTC"))
	}
	w, err := World(tx.Tx, t, known)
	if err != nil || tx.Who().ID == people.CommandLine {
		return w, err
	}
	named := w.Exemptions[:0]
	for _, e := range w.Exemptions {
		is, err := Named(tx, &e)
		if err != nil {
			return none, err
		}
		if is {
			named = append(named, e)
		}
	}
	w.Exemptions = named
	return w, nil
}
