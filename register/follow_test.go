package register_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/world"
)

func (c centre) changes(t testing.TB, since store.Generation) (d register.Delta) {
	t.Helper()
	err := c.People.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
		d, err = register.Changes(tx, since)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// now is the world as it is read anew.
func (c centre) now(t testing.TB) (w policy.World) {
	t.Helper()
	err := c.People.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
		w, err = register.World(tx, tx.Now(), tx.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func text(t testing.TB, w *policy.World) string {
	t.Helper()
	var out bytes.Buffer
	if err := world.Write(&out, w, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestFollow decides at random and holds that a server which applies each change, or several at once, has the
// world that is read anew, byte for byte; that the worlds before stay as they were; and that each can be judged by.
func TestFollow(t *testing.T) {
	each(t, func(t *testing.T, here, _ centre) {
		here.imports(t, loadText(t, odd))
		d := deciding{centre: here, Rand: rand.New(rand.NewPCG(11, 1)), officer: here.officer(t, people.CentreOfficer, people.Everywhere)}
		first := here.changes(t, 0)
		w := first.Apply(new(policy.World))
		since, before := first.Generation, text(t, w)
		for step := range 60 {
			here.clock.Advance(time.Duration(d.IntN(3)) * time.Minute) // or at the same time
			now := here.now(t)
			d.decide(t, &now)
			if d.IntN(3) == 0 {
				continue
			}
			delta := here.changes(t, since)
			next := delta.Apply(w)
			fresh := here.now(t)
			got := text(t, next)
			same(t, fmt.Sprintf("the world after step %d", step), got, text(t, &fresh))
			same(t, "the world before", text(t, w), before)
			if problems := policy.Validate(next); len(problems) > 0 {
				t.Fatalf("step %d: %v", step, problems)
			}
			w, since, before = next, delta.Generation, got
		}
		all := here.changes(t, 0)
		same(t, "everything at once", text(t, all.Apply(new(policy.World))), text(t, all.Apply(w)))
		if d.done < 30 {
			t.Errorf("only %d decisions could be made", d.done)
		}
	})
}

// deciding makes random decisions.
type deciding struct {
	centre
	*rand.Rand
	officer people.Actor
	done    int
}

func (d *deciding) decide(t *testing.T, w *policy.World) {
	t.Helper()
	o, p := w.Organisations[d.IntN(len(w.Organisations))].ID, w.Products[d.IntN(len(w.Products))].ID
	var err error
	switch d.IntN(9) {
	case 0:
		_, err = d.AddRule(t.Context(), d.officer, allow(p, o))
	case 1:
		r := policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: p}, Scope: o, Clearance: policy.ClearanceNone, Components: true}
		r.From = d.clock.Now().AddDate(0, 0, d.IntN(3)-1)
		_, err = d.AddRule(t.Context(), d.officer, r)
	case 2:
		_, err = d.EndRule(t.Context(), d.officer, w.Rules[d.IntN(len(w.Rules))].ID, store.Time{}, "over")
	case 3:
		_, err = d.AddProduct(t.Context(), d.officer, policy.Product{Kind: policy.App, Name: "New", Contains: []policy.Component{{Product: p}}})
	case 4:
		_, err = d.LinkIdentifier(t.Context(), d.officer, p, policy.Linux, fmt.Sprint("package-", d.IntN(20)), nil)
	case 5:
		_, err = d.AddSupplier(t.Context(), d.officer, policy.Supplier{Name: "Newcomer"})
	case 6:
		name := fmt.Sprint("Name ", d.IntN(5))
		_, err = d.People.ChangeOrganisation(t.Context(), command, o, people.OrganisationChange{Name: &name})
	case 7:
		own := d.IntN(2) == 0
		err = settle(t, d.People, o, func(p *people.Position) { p.OwnList = own }, store.Time{})
	case 8:
		var choices []register.Choice
		for _, i := range d.Perm(len(w.Products))[:min(10, len(w.Products))] {
			choices = append(choices, register.Choice{Product: w.Products[i].ID, Decision: []register.Decision{register.AllowApp, register.AllowAppUntil, register.LeaveUnlisted}[d.IntN(3)]})
		}
		_, err = d.Triage(t.Context(), d.officer, w.Organisations[0].ID, choices)
	}
	switch {
	case err == nil:
		d.done++
	case !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid):
		t.Fatal(err)
	}
}

// TestUnchangedIsShared holds that a section in which nothing has changed is the same one.
func TestUnchangedIsShared(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		first := here.changes(t, 0)
		w := first.Apply(new(policy.World))
		if _, err := here.AddRule(t.Context(), here.officer(t, people.CentreOfficer, people.Everywhere), allow("chat", "own")); err != nil {
			t.Fatal(err)
		}
		next := here.changes(t, first.Generation)
		after := next.Apply(w)
		if &w.Products[0] != &after.Products[0] || &w.Organisations[0] != &after.Organisations[0] || &w.Exemptions[0] != &after.Exemptions[0] {
			t.Error("what has not changed was copied")
		}
		if len(w.Rules) != 2 || len(after.Rules) != 3 || next.Moves(w) {
			t.Errorf("%d rules, then %d", len(w.Rules), len(after.Rules))
		}
	})
}

// TestPlannedMove holds that a server is told when organisations will change without another decision, and
// that asking again then shows it.
func TestPlannedMove(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		first := here.changes(t, 0)
		if !first.Until.IsZero() {
			t.Errorf("nothing is planned, and yet at %s", first.Until)
		}
		w, at := first.Apply(new(policy.World)), store.TimeOf(here.clock.Now().Add(time.Hour))
		if err := settle(t, here.People, "below", func(p *people.Position) { p.Parent = "other" }, at); err != nil {
			t.Fatal(err)
		}
		planned := here.changes(t, first.Generation)
		if planned.Until != at || planned.Moves(w) {
			t.Errorf("a move is planned at %s, and this says %s", at, planned.Until)
		}
		here.clock.Advance(time.Hour)
		moved := here.changes(t, planned.Generation)
		after := moved.Apply(planned.Apply(w))
		i := slices.IndexFunc(after.Organisations, func(o policy.Organisation) bool { return o.ID == "below" })
		if !moved.Until.IsZero() || after.Organisations[i].Parent != "other" || !moved.Moves(w) {
			t.Errorf("after the move: %+v", after.Organisations)
		}
	})
}

// TestClocksDiffer holds that what a server with a clock ahead has recorded is followed at once.
func TestClocksDiffer(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		officer := here.officer(t, people.CentreOfficer, people.Everywhere)
		here.clock.Advance(time.Minute)
		if _, err := here.AddRule(t.Context(), officer, allow("chat", "own")); err != nil {
			t.Fatal(err)
		}
		name := "Of its own"
		if _, err := here.People.ChangeOrganisation(t.Context(), command, "own", people.OrganisationChange{Name: &name}); err != nil {
			t.Fatal(err)
		}
		if _, err := here.People.AddOrganisation(t.Context(), command, people.NewOrganisation{ID: "new", Parent: "own"}); err != nil {
			t.Fatal(err)
		}
		here.clock.Advance(-time.Minute)
		all := here.changes(t, 0)
		w := all.Apply(new(policy.World))
		if len(w.Rules) != 3 || len(w.Organisations) != 5 {
			t.Errorf("%d rules and %d organisations", len(w.Rules), len(w.Organisations))
		}
		if _, err := here.EndRule(t.Context(), officer, "allow-chat", store.Time{}, "over"); err != nil {
			t.Error(err)
		}
		later := here.changes(t, all.Generation)
		if w = later.Apply(w); len(w.Rules) != 2 {
			t.Errorf("the rule that was taken back: %+v", w.Rules)
		}
	})
}

// settle has an organisation belong elsewhere, as if all had agreed to it; where it does already, nothing is done.
func settle(t *testing.T, room *people.Room, organisation string, change func(p *people.Position), from store.Time) error {
	_, err := people.Act(t.Context(), room, command, func(tx *people.Tx) (o people.Organisation, err error) {
		tx.Asked("it is what a test begins with")
		p, err := people.PositionOf(tx.Tx, organisation)
		if err != nil {
			return o, err
		}
		was := p
		if change(&p); p == was {
			tx.NoEntry("everything is as it was")
			return o, nil
		}
		return tx.Settle(organisation, p, from)
	})
	return err
}
