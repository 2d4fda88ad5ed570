package people

import (
	"errors"
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/store"
)

// Principal is who answers for what the actor does: the person; for a program, the person who made its token.
// Two actors with one principal are one, where two must agree.
func (w Who) Principal() string {
	switch {
	case w.Person != "":
		return w.Person
	case w.Maker != "":
		return w.Maker
	}
	return w.ID
}

// RequireRole is Require for what only some of a permission's roles may do, as a body has said of itself.
func (tx *Tx) RequireRole(p Permission, organisation string, roles []Role) error {
	may, err := tx.HasRole(p, organisation, roles)
	if err != nil || may {
		return err
	}
	if err := tx.Require(p, organisation); err != nil {
		return err
	}
	names := ""
	for _, r := range roles {
		names += ", " + r.Name()
	}
	return tx.refuse(p, organisation, "Here this is for: %s. Your own role is another", names[min(2, len(names)):])
}

// HasRole tells what RequireRole asks, without refusing: for what is shown to some and left out for others.
func (tx *Tx) HasRole(p Permission, organisation string, roles []Role) (bool, error) {
	tx.asked = true
	line := lineOf(p)
	if line == nil {
		return false, nil
	}
	return tx.reaches(&Line{Roles: both(line.Roles, roles)}, organisation)
}

// both are the roles that stand in both lists.
func both(roles, others []Role) []Role {
	return slices.DeleteFunc(slices.Clone(roles), func(r Role) bool { return !slices.Contains(others, r) })
}

// Refuse makes the fault that says no to an actor for a reason that is not in the permission table, for the
// access log to take down.
func (tx *Tx) Refuse(p Permission, organisation, format string, args ...any) error {
	return tx.refuse(p, organisation, format, args...)
}

// Holders are the ids of the active persons who have a permission in an organisation by one of the roles, in
// their order: whom to tell that something waits.
func Holders(tx *store.Tx, p Permission, organisation string, roles []Role) ([]string, error) {
	line := lineOf(p)
	if line == nil {
		return nil, nil
	}
	places := []string{Everywhere}
	if organisation != Everywhere {
		above, err := Ancestors(tx, organisation, tx.Now())
		if err != nil {
			return nil, err
		}
		places = append(above, Everywhere)
	}
	var objects []string
	for _, r := range both(line.Roles, roles) {
		for _, place := range places {
			objects = append(objects, Grant{r, place}.object())
		}
	}
	return selectHolders(tx, objects, tx.Now())
}

// BodyOf is the organisation of a person, and empty where they are in none.
func BodyOf(tx *store.Tx, person string) (string, error) {
	in, err := memberships.At(tx, person, tx.Now())
	if err != nil || len(in) == 0 {
		return "", err
	}
	return in[0], nil
}

// Sponsored are those of some persons whom another has given a way in or a role since a time, or who have given them
// one: at the moment, one of the two may be both.
func Sponsored(tx *store.Tx, person string, others []string, since store.Time) ([]string, error) {
	return selectSponsored(tx, person, others, since)
}

// Called is the one active person whom a text names, by id, user name, mail address or name; empty where there is none,
// or where there are several.
func Called(tx *store.Tx, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	found, err := selectCalled(tx, text, strings.ToLower(text))
	if err != nil || len(found) != 1 {
		return "", err
	}
	return found[0], nil
}

// Spelt is how inventories and exemptions may spell a person: by id, user name and mail address, and by name where
// nobody else of the organisation that they belong to goes by it.
func Spelt(tx *store.Tx, id string) ([]string, error) {
	p, err := personAt(tx, id, tx.Now())
	if err != nil {
		return nil, err
	}
	spelt := []string{p.ID, p.UserName, p.Mail}
	shared, err := hasNamesake(tx, p.ID, p.Organisation, strings.ToLower(p.Name))
	if err == nil && !shared {
		spelt = append(spelt, p.Name)
	}
	return spelt, err
}

// Holds tells whether a person belongs to an organisation whose device has a holder that is spelt so. The same name in
// another organisation is another's.
func Holds(tx *store.Tx, id, organisation, holder string) (bool, error) {
	p, err := personAt(tx, id, tx.Now())
	if err != nil || holder == "" || p.Organisation != organisation {
		return false, err
	}
	spelt, err := Spelt(tx, id)
	return slices.Contains(spelt, holder), err
}

// NameOf is the name of a person, of who acts otherwise ("token:…", "command") and, where nobody is known by
// it, the id itself.
func NameOf(tx *store.Tx, id string) (string, error) {
	p, err := selectPerson(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return id, nil
	}
	return p.Name, err
}

// NamesOf are the names of several, by their ids, as NameOf has them; an empty id is nobody's.
func NamesOf(tx *store.Tx, ids ...string) (map[string]string, error) {
	names := make(map[string]string, len(ids))
	for _, id := range ids {
		if id == "" || names[id] != "" {
			continue
		}
		name, err := NameOf(tx, id)
		if err != nil {
			return nil, err
		}
		names[id] = name
	}
	return names, nil
}

// Assign gives a person a thing that is marked: who is assigned to it sees it, and nobody else does.
func (tx *Tx) Assign(thing, person string) error { return insertAssigned(tx.Tx, thing, person) }

// Assigned tells whether the actor is assigned to a thing.
func (tx *Tx) Assigned(thing string) (bool, error) { return isAssigned(tx.Tx, tx.who.Person, thing) }

// Roles are the roles that have a permission.
func (p Permission) Roles() []Role {
	if line := lineOf(p); line != nil {
		return line.Roles
	}
	return nil
}

// For tells whether a role has the permission.
func (p Permission) For(r Role) bool { return slices.Contains(p.Roles(), r) }

// Asked says that an operation asks about each thing by itself, or of what is the actor's own; why is for the
// reader of the code.
func (tx *Tx) Asked(why string) { tx.asked = true }

// Hide is Refuse for what somebody is not even to know of: they are told that it is not there, and that they
// asked is noted.
func (tx *Tx) Hide(p Permission, organisation, message string) error {
	return &refusal{fault.Error{Kind: fault.NotFound, Message: message}, tx.who.ID, p, organisation}
}

// Holds is HasRole where it is known already what is above the organisation: above begins with it, and is
// empty for Everywhere. It is for lists, which ask about many.
func (w Who) Holds(p Permission, above []string, roles []Role) bool {
	line := lineOf(p)
	return line != nil && slices.ContainsFunc(w.Grants, func(g Grant) bool {
		return slices.Contains(line.Roles, g.Role) && slices.Contains(roles, g.Role) && (g.Organisation == Everywhere || slices.Contains(above, g.Organisation))
	})
}

// Parents are the organisations above each that has one, now.
func Parents(tx *store.Tx) (map[string]string, error) {
	facts, err := selectKnownFacts(tx, parents, tx.Now())
	above := make(map[string]string, len(facts))
	for organisation, of := range facts {
		if parent := objectAt(of, tx.Now()); parent != "" {
			above[organisation] = parent
		}
	}
	return above, err
}
