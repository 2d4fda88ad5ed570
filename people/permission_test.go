package people_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// spot is an organisation with one of everything in it.
type spot struct{ organisation, person, group, token string }

// operation is one operation of the room, as it is asked for at a spot. What it does beyond asking does
// not matter here: whether it is refused does.
type operation struct {
	// permission is the line of people.Table that decides; Own is for every person and no program; ""
	// is for everybody who has signed in.
	permission people.Permission
	// wide operations ask for the permission everywhere, whatever the spot.
	wide bool
	// list operations are refused where one has the permission nowhere, and show a spot only where
	// one has it.
	list bool
	// quiet operations are lists that refuse nobody who has signed in: they show nothing instead.
	quiet bool
	// person operations are refused to programs besides.
	person bool
	do     func(ctx context.Context, r *people.Room, actor people.Actor, at spot) (shown bool, err error)
}

// does is an operation whose result does not matter.
func does[T any](f func(ctx context.Context, r *people.Room, actor people.Actor, at spot) (T, error)) func(context.Context, *people.Room, people.Actor, spot) (bool, error) {
	return func(ctx context.Context, r *people.Room, actor people.Actor, at spot) (bool, error) {
		_, err := f(ctx, r, actor, at)
		return false, err
	}
}

const aPage = 1000

// operations are all operations of the room that take an actor, by the names of their methods.
var operations = map[string]operation{
	"AddOrganisation": {permission: people.ChangeOrganisations, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Organisation, error) {
		return r.AddOrganisation(ctx, a, people.NewOrganisation{Name: "\x00", Parent: at.organisation})
	})},
	"ChangeOrganisation": {permission: people.ChangeOrganisations, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Organisation, error) {
		return r.ChangeOrganisation(ctx, a, at.organisation, people.OrganisationChange{})
	})},
	"EndWatch": {permission: people.ChangeOrganisations, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Organisation, error) {
		return r.EndWatch(ctx, a, at.organisation, 0)
	})},
	"Organisation": {permission: people.SeeOrganisations, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Organisation, error) {
		return r.Organisation(ctx, a, at.organisation)
	})},
	"OrganisationHistory": {permission: people.SeeOrganisations, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.OrganisationHistory, error) {
		return r.OrganisationHistory(ctx, a, at.organisation)
	})},
	"Organisations": {permission: people.SeeOrganisations, list: true, do: func(ctx context.Context, r *people.Room, a people.Actor, at spot) (bool, error) {
		found, err := r.Organisations(ctx, a)
		return slices.ContainsFunc(found, func(o people.Organisation) bool { return o.ID == at.organisation }), err
	}},
	"AddPerson": {permission: people.ChangePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Person, error) {
		return r.AddPerson(ctx, a, at.organisation, people.Particulars{})
	})},
	"AddInactivePerson": {permission: people.ChangePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Person, error) {
		return r.AddInactivePerson(ctx, a, at.organisation, people.Particulars{})
	})},
	"ChangePerson": {permission: people.ChangePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Person, error) {
		return r.ChangePerson(ctx, a, at.person, people.PersonChange{})
	})},
	"ImportPeople": {permission: people.ChangePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Imported, error) {
		return r.ImportPeople(ctx, a, []people.Row{{Line: 2, Organisation: at.organisation}})
	})},
	"Person": {permission: people.SeePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Person, error) {
		return r.Person(ctx, a, at.person)
	})},
	"Names": {permission: people.SeePeople, list: true, quiet: true, do: func(ctx context.Context, r *people.Room, a people.Actor, at spot) (bool, error) {
		names, err := r.Names(ctx, a, at.person, "nobody")
		return names[at.person] != "", err
	}},
	"Persons": {permission: people.SeePeople, list: true, do: func(ctx context.Context, r *people.Room, a people.Actor, at spot) (bool, error) {
		found, err := r.Persons(ctx, a, people.PersonQuery{Limit: aPage})
		return slices.ContainsFunc(found, func(p people.Person) bool { return p.ID == at.person }), err
	}},
	"CountPersons": {permission: people.SeePeople, list: true, do: func(ctx context.Context, r *people.Room, a people.Actor, at spot) (bool, error) {
		n, err := r.CountPersons(ctx, a, people.PersonQuery{UserName: "somebody@" + at.organisation + ".example"})
		return n > 0, err
	}},
	"GiveRole": {permission: people.GiveRoles, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Person, error) {
		return r.GiveRole(ctx, a, at.person, people.Grant{Role: people.Member, Organisation: at.organisation}, store.Period{})
	})},
	"TakeRole": {permission: people.GiveRoles, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Person, error) {
		return r.TakeRole(ctx, a, at.person, people.Grant{Role: people.Trainer, Organisation: at.organisation}, store.Time{})
	})},
	"AddGroup": {permission: people.ChangePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Group, error) {
		return r.AddGroup(ctx, a, at.organisation, "", "", nil)
	})},
	"ChangeGroup": {permission: people.ChangePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Group, error) {
		return r.ChangeGroup(ctx, a, at.group, people.GroupChange{})
	})},
	"RemoveGroup": {permission: people.ChangePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (struct{}, error) {
		return struct{}{}, r.RemoveGroup(ctx, a, at.group, 99)
	})},
	"Group": {permission: people.SeePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Group, error) {
		return r.Group(ctx, a, at.group)
	})},
	"Members": {permission: people.SeePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) ([]people.Person, error) {
		return r.Members(ctx, a, at.group, "", aPage)
	})},
	"Groups": {permission: people.SeePeople, list: true, do: func(ctx context.Context, r *people.Room, a people.Actor, at spot) (bool, error) {
		found, err := r.Groups(ctx, a, people.GroupQuery{Limit: aPage})
		return slices.ContainsFunc(found, func(g people.Group) bool { return g.ID == at.group }), err
	}},
	"CountGroups": {permission: people.SeePeople, list: true, do: func(ctx context.Context, r *people.Room, a people.Actor, at spot) (bool, error) {
		n, err := r.CountGroups(ctx, a, people.GroupQuery{Name: "group of " + at.organisation})
		return n > 0, err
	}},
	"Sessions": {permission: people.EndSessions, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) ([]people.Session, error) {
		return r.Sessions(ctx, a, at.person)
	})},
	"RevokeSession": {permission: people.EndSessions, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (struct{}, error) {
		return struct{}{}, r.RevokeSession(ctx, a, at.person, "")
	})},
	"Invite": {permission: people.ChangePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (string, error) {
		return r.Invite(ctx, a, at.person)
	})},
	"Passkeys": {permission: people.ChangePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) ([]people.Passkey, error) {
		return r.Passkeys(ctx, a, at.person)
	})},
	"RemovePasskey": {permission: people.ChangePeople, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (struct{}, error) {
		return struct{}{}, r.RemovePasskey(ctx, a, at.person, "none")
	})},
	"MakeToken": {permission: people.ChangeTokens, person: true, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Made, error) {
		return r.MakeToken(ctx, a, "exporter", people.Grant{Role: people.Member, Organisation: at.organisation}, store.Time{})
	})},
	"EndToken": {permission: people.ChangeTokens, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Token, error) {
		return r.EndToken(ctx, a, at.token)
	})},
	"Token": {permission: people.SeeTokens, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Token, error) {
		return r.Token(ctx, a, at.token)
	})},
	"Tokens": {permission: people.SeeTokens, list: true, do: func(ctx context.Context, r *people.Room, a people.Actor, at spot) (bool, error) {
		found, err := r.Tokens(ctx, a, "", aPage)
		return slices.ContainsFunc(found, func(t people.Token) bool { return t.ID == at.token }), err
	}},
	"AccessLog": {permission: people.SeeAccess, wide: true, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) ([]people.Access, error) {
		return r.AccessLog(ctx, a, "", 1)
	})},
	"AddPasskey": {permission: people.Own, do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (struct{}, error) {
		entry, err := r.Enter(ctx, a, "")
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, r.AddPasskey(ctx, a, people.Passkey{ID: entry.Who.ID, Person: entry.Who.Person})
	})},
	"LedgerPage": {do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Page, error) {
		return r.LedgerPage(ctx, a, 0, 10)
	})},
	"Allowed": {permission: people.GiveRoles, list: true, quiet: true, do: func(ctx context.Context, r *people.Room, a people.Actor, at spot) (bool, error) {
		allowed, err := r.Allowed(ctx, a, at.organisation, people.GiveRoles)
		return allowed[people.GiveRoles], err
	}},
	"Enter": {do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (people.Entry, error) {
		return r.Enter(ctx, a, "")
	})},
	// Whoever is nobody signs out as well, so it comes last and here it is nobody who does.
	"EndSession": {do: does(func(ctx context.Context, r *people.Room, a people.Actor, at spot) (struct{}, error) {
		return struct{}{}, r.EndSession(ctx, people.Actor{Session: "none"})
	})},
}

// others are the methods that take an actor and are no operations: they ask for no permission, and give nothing
// away. Each has its reason.
var others = map[string]string{
	"Refuse": "it puts down that an operation of many refused an actor, who is told no more than that",
}

// TestEveryOperationIsListed fails where the room has an operation that the table above does not know.
func TestEveryOperationIsListed(t *testing.T) {
	room, actor, listed := reflect.TypeFor[*people.Room](), reflect.TypeFor[people.Actor](), 0
	for m := range room.Methods() {
		takes := false
		for in := range m.Type.Ins() {
			takes = takes || in == actor
		}
		if _, known := others[m.Name]; known && takes {
			continue
		}
		if _, known := operations[m.Name]; takes && !known {
			t.Errorf("the operation %s is not in the table of the test: say which permission it asks for", m.Name)
		} else if takes {
			listed++
		}
	}
	if listed != len(operations) {
		t.Errorf("the table has %d operations, and the room %d", len(operations), listed)
	}
}

// family are organisations as an actor in the middle sees them.
var family = []string{"own", "below", "above", "other"}

func (h house) family(t *testing.T) (spots map[string]spot) {
	t.Helper()
	spots = map[string]spot{}
	for _, o := range []struct{ id, parent string }{{"above", ""}, {"own", "above"}, {"below", "own"}, {"other", ""}} {
		h.organisation(t, o.id, o.parent)
		p, err := h.AddPerson(t.Context(), command, o.id, people.Particulars{Name: "Somebody", Mail: "somebody@" + o.id + ".example"})
		if err != nil {
			t.Fatal(err)
		}
		g, err := h.AddGroup(t.Context(), command, o.id, "group of "+o.id, "", []string{p.ID})
		if err != nil {
			t.Fatal(err)
		}
		made, err := h.MakeToken(t.Context(), command, "program of "+o.id, people.Grant{Role: people.Member, Organisation: o.id}, store.Time{})
		if err != nil {
			t.Fatal(err)
		}
		spots[o.id] = spot{o.id, p.ID, g.ID, made.ID}
	}
	return spots
}

// expects tells whether the table allows an operation at a spot to who holds a role in an organisation.
func (o operation) expects(role people.Role, in, at string, program bool) (allowed, shown bool) {
	switch {
	case o.permission == "":
		return true, false
	case o.permission == people.Own:
		return !program, false
	}
	line := slices.IndexFunc(people.Table, func(l people.Line) bool { return l.Permission == o.permission })
	has := slices.Contains(people.Table[line].Roles, role)
	here := in == people.Everywhere || !o.wide && (at == "own" || at == "below")
	if o.list {
		return has, has && here
	}
	return has && here && (!o.person || !program), false
}

// TestPermissions asks every operation of everybody, everywhere, and compares with the table.
func TestPermissions(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		spots := h.family(t)
		for _, line := range people.Roles {
			_, person := h.person(t, string(line.Role), "own", line.Role)
			program, err := h.MakeToken(t.Context(), command, "program", people.Grant{Role: line.Role, Organisation: people.Everywhere}, store.Time{})
			if err != nil {
				t.Fatal(err)
			}
			for _, who := range []struct {
				in      string
				actor   people.Actor
				program bool
			}{{"own", person, false}, {people.Everywhere, people.Actor{Token: program.Secret}, true}} {
				for name, o := range operations {
					for _, at := range family {
						if o.permission == people.Own && at != "own" {
							continue // there is one oneself
						}
						allowed, shown := o.expects(line.Role, who.in, at, who.program)
						allowed = allowed || o.quiet
						saw, err := o.do(t.Context(), h.Room, who.actor, spots[at])
						what := fmt.Sprintf("%s in %s, asked for %s %s", line.Role, who.in, name, at)
						if refused := fault.Is(err, fault.Refused); refused == allowed {
							t.Errorf("%s: refused is %t (%v)", what, refused, err)
						}
						if saw != shown {
							t.Errorf("%s: shown is %t", what, saw)
						}
						if fault.Is(err, fault.SignedOut) {
							t.Fatalf("%s: %v", what, err)
						}
					}
				}
			}
		}
	})
}

// TestNobodyMayNothing asks every operation of nobody at all.
func TestNobodyMayNothing(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		at := h.family(t)["own"]
		for name, o := range operations {
			if name == "EndSession" {
				continue // to sign out who is not signed in is done
			}
			for _, actor := range []people.Actor{{}, {Session: "x"}, {Token: "x"}, {Token: "portcullis_x"}} {
				if _, err := o.do(t.Context(), h.Room, actor, at); !fault.Is(err, fault.SignedOut) {
					t.Errorf("%s of nobody: %v", name, err)
				}
			}
		}
	})
}

// TestRolesGiven has every role give and take every role.
func TestRolesGiven(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.family(t)
		for _, line := range people.Roles {
			_, actor := h.person(t, string(line.Role), "own", line.Role)
			other, _ := h.person(t, "friend of "+string(line.Role), "own")
			for _, given := range people.Roles {
				g := people.Grant{Role: given.Role, Organisation: "below"}
				_, gave := h.GiveRole(t.Context(), actor, other, g, store.Period{})
				_, took := h.TakeRole(t.Context(), actor, other, g, store.Time{})
				if may := slices.Contains(line.Gives, given.Role); fault.Is(gave, fault.Refused) == may || fault.Is(took, fault.Refused) == may {
					t.Errorf("%s gives %s: %v; takes it: %v; the table says %t", line.Role, given.Role, gave, took, may)
				}
			}
		}
	})
}
