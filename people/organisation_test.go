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

// TestOrganisationsDoNotEscape: who decides in an organisation, and in another that does not belong to
// it, cannot take it away from those above, now or later.
func TestOrganisationsDoNotEscape(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "government", "")
		h.organisation(t, "treasury", "government")
		h.organisation(t, "mint", "treasury")
		h.organisation(t, "court", "")
		id, officer := h.person(t, "Ada", "treasury", people.CentreOfficer)
		if _, err := h.GiveRole(t.Context(), command, id, people.Grant{Role: people.CentreOfficer, Organisation: "court"}, store.Period{}); err != nil {
			t.Fatal(err)
		}
		government, treasury, court, mint, root := "government", "treasury", "court", "mint", ""
		soon, later := h.in(time.Hour), h.in(2*time.Hour)
		move := func(actor people.Actor, what string, to *string, from store.Time) error {
			_, err := h.ChangeOrganisation(t.Context(), actor, what, people.OrganisationChange{Parent: to, From: from})
			return err
		}
		want(t, move(officer, treasury, &court, store.Time{}), fault.Refused)
		want(t, move(officer, treasury, &court, soon), fault.Refused)
		want(t, move(officer, treasury, &root, store.Time{}), fault.Refused)
		want(t, move(officer, court, &treasury, store.Time{}), fault.Refused) // it is a root: that is for those who may everywhere
		if err := move(officer, treasury, &government, store.Time{}); err != nil {
			t.Errorf("to say again where it belongs: %v", err)
		}
		// What was planned by those above stands.
		if err := move(command, mint, &government, soon); err != nil {
			t.Fatal(err)
		}
		want(t, move(officer, mint, &court, store.Time{}), fault.Refused)
		want(t, move(officer, mint, &treasury, later), fault.Refused)
		// Below oneself and between what is one's own, one may.
		if err := move(command, mint, &treasury, store.Time{}); err != nil {
			t.Fatal(err)
		}
		if err := move(officer, mint, &court, store.Time{}); err != nil {
			t.Error(err)
		}
	})
}

// TestOrganisationsAsOf asks for a past time as it is known now, and as it was known then.
func TestOrganisationsAsOf(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "")
		h.organisation(t, "c", "a")
		began, b := h.in(0), "b"
		h.clock.Advance(48 * time.Hour)
		learnt := h.in(0)
		// It comes to be known that c left a day ago.
		if _, err := h.ChangeOrganisation(t.Context(), command, "c", people.OrganisationChange{Parent: &b, From: h.in(-24 * time.Hour)}); err != nil {
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
		parent := "nowhere"
		_, err = h.ChangeOrganisation(t.Context(), command, "a", people.OrganisationChange{Parent: &parent})
		want(t, err, fault.Invalid)
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
