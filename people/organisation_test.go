package people_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/agreed"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// settle has an organisation belong elsewhere, as if all had agreed to it.
func (h house) settle(t *testing.T, organisation string, p people.Position, from store.Time) error {
	_, err := people.Act(t.Context(), h.Room, command, func(tx *people.Tx) (people.Organisation, error) {
		tx.Asked("it is what a test begins with")
		return tx.Settle(organisation, p, from)
	})
	return err
}

// TestOrganisationsAsOf asks for a past time as it is known now, and as it was known then.
func TestOrganisationsAsOf(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "")
		h.organisation(t, "c", "a")
		began := h.in(0)
		h.clock.Advance(48 * time.Hour)
		learnt := h.in(0)
		// It comes to be known that c left a day ago.
		if err := h.settle(t, "c", people.Position{Parent: "b"}, h.in(-24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		parent := func(at, known store.Time) (parent string) {
			err := h.DB.Read(t.Context(), func(tx *store.Tx) error {
				found, err := people.OrganisationsAt(tx, at, known)
				for _, o := range found {
					if o.ID == "c" {
						parent = o.Parent
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return parent
		}
		for _, c := range []struct {
			at, known store.Time
			want      string
		}{
			{began, learnt, "a"}, {h.in(-time.Hour), began, "a"}, {h.in(-time.Hour), learnt, "b"}, {h.in(-25 * time.Hour), learnt, "a"},
		} {
			if got := parent(c.at, c.known); got != c.want {
				t.Errorf("at %s, as known at %s, c stood below %q, not %q", c.at, c.known, got, c.want)
			}
		}
		history, err := h.OrganisationHistory(t.Context(), command, "c")
		if err != nil || len(history.Parents) != 3 {
			t.Errorf("the history has %v, %v", history.Parents, err)
		}
	})
}

func TestOrganisationsWhoseVersionHasChanged(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		seen, err := h.Organisation(t.Context(), command, "a")
		if err != nil {
			t.Fatal(err)
		}
		one, other := "One", "Other"
		changed, err := h.ChangeOrganisation(t.Context(), command, "a", people.OrganisationChange{Name: &one, Version: seen.Version})
		if err != nil || changed.Name != one || changed.Version == seen.Version {
			t.Fatalf("changed to %+v, %v", changed, err)
		}
		_, err = h.ChangeOrganisation(t.Context(), command, "a", people.OrganisationChange{Name: &other, Version: seen.Version})
		want(t, err, fault.Changed)
		monitor := people.Monitor{Reason: "a pilot", Period: store.Period{Until: h.in(time.Hour)}}
		_, err = h.EndWatch(t.Context(), command, "a", seen.Version)
		want(t, err, fault.Changed)

		entries := h.entries(t)
		for range 2 {
			if _, err := h.ChangeOrganisation(t.Context(), command, "a", people.OrganisationChange{Name: &one}); err != nil {
				t.Fatal(err)
			}
		}
		if h.entries(t) != entries {
			t.Error("a change that changes nothing makes an entry")
		}
		for range 2 {
			if changed, err = h.watch(t, "a", monitor); err != nil || changed.Monitor == nil || changed.Monitor.Reason != "a pilot" {
				t.Fatalf("watched: %+v, %v", changed, err)
			}
		}
		if h.entries(t) != entries+1 {
			t.Error("watching twice makes two entries, or none")
		}
		h.clock.Advance(time.Hour)
		if o, err := h.Organisation(t.Context(), command, "a"); err != nil || o.Monitor != nil {
			t.Errorf("watching does not end: %+v, %v", o, err)
		}
	})
}

// TestOrganisationsRefuseBadInput: every fault of a form comes with its field, all together.
func TestOrganisationsRefuseBadInput(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		for name, test := range map[string]struct {
			n    people.NewOrganisation
			want []string
		}{
			"nothing":        {people.NewOrganisation{}, []string{"name"}},
			"blanks":         {people.NewOrganisation{Name: " \t"}, []string{"name"}},
			"no letters":     {people.NewOrganisation{Name: "!?"}, []string{"id"}},
			"two lines":      {people.NewOrganisation{Name: "a\nb"}, []string{"name"}},
			"too long":       {people.NewOrganisation{ID: strings.Repeat("x", 201), Name: strings.Repeat("x", 201)}, []string{"name", "id"}},
			"everywhere":     {people.NewOrganisation{ID: people.Everywhere, Name: "All"}, []string{"id"}},
			"a wrong parent": {people.NewOrganisation{ID: "\x1b", Name: "\x7f", Parent: "a"}, []string{"name", "id"}},
			"no such parent": {people.NewOrganisation{Name: "B", Parent: "nowhere"}, []string{"parent"}},
			"to come":        {people.NewOrganisation{Name: "B", Parent: "a", From: h.in(time.Hour)}, []string{"from"}},
			"there already":  {people.NewOrganisation{ID: "a", Name: "Another"}, []string{"id"}},
		} {
			_, err := h.AddOrganisation(t.Context(), command, test.n)
			if diff := cmp.Diff(test.want, fields(err)); diff != "" {
				t.Errorf("%s (-want +got): %v\n%s", name, err, diff)
			}
		}
		_, err := h.watch(t, "a", people.Monitor{})
		if diff := cmp.Diff([]string{"reason", "until"}, fields(err)); diff != "" {
			t.Error(diff)
		}
		_, err = h.Organisation(t.Context(), command, "nowhere")
		want(t, err, fault.NotFound)
		_, err = h.OrganisationHistory(t.Context(), command, "nowhere")
		want(t, err, fault.NotFound)
		for want, p := range map[string]people.Position{"nowhere": {Parent: "nowhere"}, "itself": {Parent: "a"}, "as it is": {}} {
			if diff := cmp.Diff([]string{"parent"}, fields(h.settle(t, "a", p, store.Time{}))); diff != "" {
				t.Errorf("%s: %s", want, diff)
			}
		}
	})
}

// TestPlannedMoves: what is planned gives way to what is decided for an earlier time, and nothing slips behind it.
func TestPlannedMoves(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		for _, o := range []string{"a", "b"} {
			h.organisation(t, o, "")
		}
		h.organisation(t, "c", "a")
		stands := func(want people.Position) {
			t.Helper()
			if o, err := h.Organisation(t.Context(), command, "c"); err != nil || o.Parent != want.Parent || o.OwnList != want.OwnList {
				t.Errorf("c is %+v, %v; not %+v", o, err, want)
			}
		}
		if err := h.settle(t, "c", people.Position{Parent: "b"}, h.in(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		for _, from := range []time.Duration{2 * time.Hour, 3 * time.Hour} {
			if diff := cmp.Diff([]string{"from"}, fields(h.settle(t, "c", people.Position{}, h.in(from)))); diff != "" {
				t.Errorf("in %s: %s", from, diff)
			}
		}
		// To say again what is, calls off what is planned.
		if err := h.settle(t, "c", people.Position{Parent: "a"}, h.in(time.Hour)); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(3 * time.Hour)
		stands(people.Position{Parent: "a"})
		own := people.Position{Parent: "a", OwnList: true}
		if err := h.settle(t, "c", own, store.Time{}); err != nil {
			t.Fatal(err)
		}
		stands(own)
		if err := h.settle(t, "c", people.Position{OwnList: true}, h.in(time.Hour)); err != nil {
			t.Fatal(err)
		}
		stands(own)
		h.clock.Advance(time.Hour)
		stands(people.Position{OwnList: true})
	})
}

// watch has an organisation be watched, as if all had agreed to it.
func (h house) watch(t *testing.T, organisation string, m people.Monitor) (people.Organisation, error) {
	return agreed.Act(t.Context(), h.Room, command, func(tx *people.Tx) (people.Organisation, error) {
		return tx.Watch(organisation, m)
	})
}

// TestWatchingEnds holds that a period can be shortened, replaced and ended, and that nothing of an earlier
// one comes back.
func TestWatchingEnds(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "harbour", "")
		watched := func(want string) {
			t.Helper()
			o, err := h.Organisation(t.Context(), command, "harbour")
			if err != nil {
				t.Fatal(err)
			}
			if got := o.Monitor != nil; got != (want != "") || got && o.Monitor.Reason != want {
				t.Errorf("watched as %+v, not as %q", o.Monitor, want)
			}
		}
		watch := func(reason string, days int) {
			t.Helper()
			m := people.Monitor{Period: store.Period{Until: store.TimeOf(h.clock.Now().AddDate(0, 0, days))}, Reason: reason}
			if _, err := h.watch(t, "harbour", m); err != nil {
				t.Fatal(err)
			}
		}
		watch("moving in", 30)
		watched("moving in")
		watch("moving in", 10) // shorter
		h.clock.Advance(11 * 24 * time.Hour)
		watched("")
		watch("again", 30)
		watch("for another reason", 5)
		watched("for another reason")
		h.clock.Advance(6 * 24 * time.Hour)
		watched("") // and not "again"
		watch("once more", 30)
		if _, err := h.EndWatch(t.Context(), command, "harbour", 0); err != nil {
			t.Fatal(err)
		}
		watched("")
		entries := h.entries(t)
		if _, err := h.EndWatch(t.Context(), command, "harbour", 0); err != nil || h.entries(t) != entries {
			t.Errorf("what has ended ends again: %v", err)
		}
	})
}
