package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/store"
)

// Held is a role that somebody has for a period.
type Held struct {
	Person       string     `json:"person"`
	Role         Role       `json:"role"`
	Organisation string     `json:"organisation"`
	From         store.Time `json:"from"`
	Until        store.Time `json:"until,omitzero"`
	// OrganisationName is filled in where one person is asked for.
	OrganisationName string `json:"organisationName,omitempty"`
}

// roles is who has which: the subject is a person, the object a role in an organisation.
var roles = store.History{Table: "people_roles"}

// object is the grant as the object of a fact.
func (g Grant) object() string { return string(g.Role) + "@" + g.Organisation }

func parseGrant(object string) (Grant, error) {
	role, organisation, ok := strings.Cut(object, "@")
	if !ok || Role(role).line() == nil || organisation == "" {
		return Grant{}, fmt.Errorf("%q is not a role in an organisation", object)
	}
	return Grant{Role(role), organisation}, nil
}

// The kinds of entries about roles. The subjects are the organisation and the person; the payload is
// a roleEntry.
var (
	roleGiven = ledger.Kind{Name: "people.role-given", Version: 1}
	roleTaken = ledger.Kind{Name: "people.role-taken", Version: 1}
)

type roleEntry struct {
	Role  Role       `json:"role"`
	From  store.Time `json:"from"`
	Until store.Time `json:"until,omitzero"`
}

// GiveRole gives a person a role for a period; a period that begins at no time begins now. Nobody
// gives themselves a role.
func (r *Room) GiveRole(ctx context.Context, actor Actor, person string, g Grant, p store.Period) (Person, error) {
	return Act(ctx, r, actor, func(tx *Tx) (Person, error) { return tx.GiveRole(person, g, p) })
}

// GiveRole is the same within a transaction, for an import.
func (tx *Tx) GiveRole(person string, g Grant, p store.Period) (Person, error) {
	if p.From.IsZero() {
		p.From = tx.Now()
	}
	if !p.Until.IsZero() && !p.From.Before(p.Until) {
		return Person{}, fault.In("until", "The end must be later than the beginning")
	}
	return tx.changeRole(person, g, p, roles.Add, roleGiven)
}

// TakeRole takes a role from a person from a time on; from no time on is from now. Nobody takes a
// role from themselves: an officer who leaves is replaced by another.
func (r *Room) TakeRole(ctx context.Context, actor Actor, person string, g Grant, from store.Time) (Person, error) {
	return Act(ctx, r, actor, func(tx *Tx) (Person, error) {
		if from.IsZero() {
			from = tx.Now()
		}
		return tx.changeRole(person, g, store.Always(from), roles.Remove, roleTaken)
	})
}

// changeRole gives or takes. What it returns of a person whom the actor may not see is their id.
func (tx *Tx) changeRole(id string, g Grant, p store.Period, change func(*store.Tx, string, string, store.Period) (bool, error), kind ledger.Kind) (none Person, err error) {
	if err := tx.checkGrant(g); err != nil {
		return none, err
	}
	if err := tx.mayGive(g); err != nil {
		return none, err
	}
	person, err := personAt(tx.Tx, id, tx.Now())
	if err != nil {
		return none, err
	}
	if id == tx.who.Person || id == tx.who.Maker {
		return none, tx.refuse(GiveRoles, g.Organisation, "Nobody changes their own roles, nor has a program do it: ask a colleague who may give this one")
	}
	news, err := change(tx.Tx, id, g.object(), p)
	if err != nil {
		return none, err
	}
	if err := tx.sponsor(id); err != nil {
		return none, err
	}
	if !news {
		tx.NoEntry("everything is as it was")
	} else if err := tx.Record(kind, g.Organisation, []string{id}, roleEntry{g.Role, p.From, p.Until}); err != nil {
		return none, err
	}
	if shown, err := tx.May(SeePeople, person.Organisation); err != nil || !shown {
		return Person{ID: id}, err
	}
	person.Roles, err = heldBy(tx.Tx, id, tx.Now())
	return person, err
}

// checkGrant returns the faults of both fields together.
func (tx *Tx) checkGrant(g Grant) error {
	_, err := ParseRole(string(g.Role))
	if g.Organisation != Everywhere {
		err = errors.Join(err, tx.Exists("organisation", g.Organisation))
	}
	return err
}

// mayGive returns a fault unless one of the actor's own roles, where it is held, may give the grant.
func (tx *Tx) mayGive(g Grant) error {
	if err := tx.Require(GiveRoles, g.Organisation); err != nil {
		return err
	}
	able := Line{}
	for _, own := range Roles {
		if slices.Contains(own.Gives, g.Role) {
			able.Roles = append(able.Roles, own.Role)
		}
	}
	may, err := tx.reaches(&able, g.Organisation)
	if err != nil || may {
		return err
	}
	return tx.refuse(GiveRoles, g.Organisation, "Your own role may not give or take the role of %s", g.Role.Name())
}

// overpowers returns a fault unless the actor may give every role that the person has or will have,
// and is assigned to all that they are assigned to: whoever can sign in as somebody, or bring them
// back, can do all that they may.
func (tx *Tx) overpowers(person string) error {
	if tx.who.ID != CommandLine {
		if all, err := isAssignedToAll(tx.Tx, tx.who.Person, person); err != nil {
			return err
		} else if !all {
			return tx.refuse(ChangePeople, "", "This person is assigned to something that you are not: ask somebody who is, or at the command line")
		}
	}
	facts, err := roles.Of(tx.Tx, person)
	if err != nil {
		return err
	}
	for _, f := range facts {
		if !f.Until.IsZero() && !tx.Now().Before(f.Until) {
			continue
		}
		g, err := parseGrant(f.Object)
		if err != nil {
			return err
		}
		if err := tx.mayGive(g); err != nil {
			return err
		}
	}
	return tx.sponsor(person)
}

// sponsor notes that the actor has just had it in their hands who signs in as a person, or what that person may: two of
// whom one has are not two where two must agree.
func (tx *Tx) sponsor(person string) error {
	if tx.who.Person == "" && tx.who.Maker == "" {
		return nil // whoever has the database has everything in their hands
	}
	return upsertSponsor(tx.Tx, person, tx.who.Principal())
}

// heldBy returns what a person has at t or will have.
func heldBy(tx *store.Tx, person string, t store.Time) (held []Held, err error) {
	facts, err := roles.Of(tx, person)
	if err != nil {
		return nil, err
	}
	for _, f := range facts {
		if !f.Until.IsZero() && !t.Before(f.Until) {
			continue
		}
		g, err := parseGrant(f.Object)
		if err != nil {
			return nil, err
		}
		held = append(held, Held{Person: person, Role: g.Role, Organisation: g.Organisation, From: f.From, Until: f.Until})
	}
	return held, nil
}

// grantsAt returns what a person may do at t.
func grantsAt(tx *store.Tx, person string, t store.Time) (grants []Grant, err error) {
	held, err := heldBy(tx, person, t)
	for _, h := range held {
		if !t.Before(h.From) {
			grants = append(grants, Grant{h.Role, h.Organisation})
		}
	}
	return grants, err
}
