package handbook_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"portcullis/handbook"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// everybody stands for who has come in.
const everybody people.Permission = "everybody"

// operations are all operations of the room that take an actor, as they are asked for about a note of an organisation.
// Whether they are refused matters here, and not what they do otherwise.
var operations = map[string]struct {
	// permission decides; people.Own is for every person and no program, everybody for programs too.
	permission people.Permission
	wide       bool // asks Everywhere
	own        bool // is for the note's writer alone
	list       bool // is refused where one has the permission nowhere, and shows a note only where one has it
	do         func(r *handbook.Room, a people.Actor, organisation, note string) (shown bool, err error)
}{
	"Advice": {permission: everybody, do: func(r *handbook.Room, a people.Actor, _, _ string) (bool, error) {
		_, err := r.Advice(context.Background(), a, handbook.About{})
		return false, err
	}},
	"AdviceAt": {permission: everybody, do: func(r *handbook.Room, a people.Actor, _, _ string) (bool, error) {
		_, err := r.AdviceAt(context.Background(), a, handbook.About{}, store.TimeOf(noon))
		return false, err
	}},
	"AdviceFor": {permission: everybody, do: func(r *handbook.Room, a people.Actor, _, _ string) (bool, error) {
		_, err := r.AdviceFor(context.Background(), a, "tiktok", "android")
		return false, err
	}},
	"AdviceVersions": {permission: everybody, do: func(r *handbook.Room, a people.Actor, _, _ string) (bool, error) {
		_, err := r.AdviceVersions(context.Background(), a, "own-devices")
		return false, err
	}},
	"AddAdvice": {permission: people.KeepAdvice, wide: true, do: func(r *handbook.Room, a people.Actor, _, _ string) (bool, error) {
		_, err := r.AddAdvice(context.Background(), a, handbook.About{}, handbook.Draft{})
		return false, err
	}},
	"ChangeAdvice": {permission: people.KeepAdvice, wide: true, do: func(r *handbook.Room, a people.Actor, _, _ string) (bool, error) {
		_, err := r.ChangeAdvice(context.Background(), a, "own-devices", handbook.Draft{}, 1)
		return false, err
	}},
	"TakeBackAdvice": {permission: people.KeepAdvice, wide: true, do: func(r *handbook.Room, a people.Actor, _, _ string) (bool, error) {
		_, err := r.TakeBackAdvice(context.Background(), a, "own-devices", 0)
		return false, err
	}},
	"Pass": {permission: people.Own, do: func(r *handbook.Room, a people.Actor, _, _ string) (bool, error) {
		_, err := r.Pass(context.Background(), a, handbook.Note{})
		return false, err
	}},
	"CorrectPassed": {own: true, do: func(r *handbook.Room, a people.Actor, _, note string) (bool, error) {
		_, err := r.CorrectPassed(context.Background(), a, note, handbook.Note{}, 0)
		return false, err
	}},
	"Passed": {permission: people.SeePassed, do: func(r *handbook.Room, a people.Actor, _, note string) (bool, error) {
		_, err := r.Passed(context.Background(), a, note)
		return false, err
	}},
	"MyPassed": {permission: people.Own, do: func(r *handbook.Room, a people.Actor, _, note string) (bool, error) {
		found, err := r.MyPassed(context.Background(), a, "", 100)
		return slices.ContainsFunc(found, func(p handbook.Passed) bool { return p.ID == note }), err
	}},
	"PassedIn": {permission: people.SeePassed, list: true, do: func(r *handbook.Room, a people.Actor, _, note string) (bool, error) {
		found, err := r.PassedIn(context.Background(), a, "", "", 100)
		return slices.ContainsFunc(found, func(p handbook.Passed) bool { return p.ID == note }), err
	}},
	"PassedIn one organisation": {permission: people.SeePassed, do: func(r *handbook.Room, a people.Actor, organisation, _ string) (bool, error) {
		_, err := r.PassedIn(context.Background(), a, organisation, "", 100)
		return false, err
	}},
}

// TestEveryOperationIsListed fails where the room has an operation that the table above does not know.
func TestEveryOperationIsListed(t *testing.T) {
	actor := reflect.TypeFor[people.Actor]()
	for m := range reflect.TypeFor[*handbook.Room]().Methods() {
		for in := range m.Type.Ins() {
			if _, known := operations[m.Name]; in == actor && !known {
				t.Errorf("the operation %s is not in the table of the test: say which permission it asks for", m.Name)
			}
		}
	}
}

// TestPermissions asks every operation of everybody, everywhere, and compares with the table.
func TestPermissions(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		places := []string{"above", "own", "below", "other"}
		notes := map[string]string{}
		for _, at := range places {
			notes[at] = must[handbook.Passed](t)(h.Pass(t.Context(), h.person(t, "Writer", at), aNote)).ID
		}
		for _, line := range people.Roles {
			program, err := h.People.MakeToken(t.Context(), command, "program", people.Grant{Role: line.Role, Organisation: people.Everywhere}, store.Time{})
			if err != nil {
				t.Fatal(err)
			}
			for _, who := range []struct {
				in      string
				actor   people.Actor
				program bool
			}{{"own", h.person(t, string(line.Role), "own", people.Grant{Role: line.Role, Organisation: "own"}), false}, {people.Everywhere, people.Actor{Token: program.Secret}, true}} {
				for name, o := range operations {
					for _, at := range places {
						here := who.in == people.Everywhere || !o.wide && (at == "own" || at == "below")
						has := o.permission == everybody || o.permission == people.Own && !who.program || slices.ContainsFunc(people.Table, func(l people.Line) bool {
							return l.Permission == o.permission && slices.Contains(l.Roles, line.Role)
						})
						allowed := has && (here || o.list || o.permission == people.Own || o.permission == everybody) && !o.own
						shown, err := o.do(h.Room, who.actor, at, notes[at])
						what := fmt.Sprintf("%s in %s, asked for %s of %s", line.Role, who.in, name, at)
						if fault.Is(err, fault.Refused) == allowed {
							t.Errorf("%s: %v", what, err)
						}
						if shown != (o.list && has && here) {
							t.Errorf("%s: shown is %t", what, shown)
						}
					}
				}
			}
		}
		for name, o := range operations {
			for _, nobody := range []people.Actor{{}, {Session: "x"}, {Token: "portcullis_x"}} {
				if _, err := o.do(h.Room, nobody, "own", notes["own"]); !fault.Is(err, fault.SignedOut) {
					t.Errorf("%s of nobody: %v", name, err)
				}
			}
		}
	})
}
