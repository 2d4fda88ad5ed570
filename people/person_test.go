package people_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// TestPowerfulPeopleKeepTheirNames: whoever may change people, but may not give the roles that somebody
// has, does not change what a provider or an import finds them by, nor how they sign in.
func TestPowerfulPeopleKeepTheirNames(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "treasury", "")
		_, officer := h.person(t, "Ada", "treasury", people.SecurityOfficer)
		for name, give := range map[string]struct {
			grant  people.Grant
			period store.Period
		}{
			"now":       {people.Grant{Role: people.Auditor, Organisation: "treasury"}, store.Period{}},
			"tomorrow":  {people.Grant{Role: people.CentreOfficer, Organisation: "treasury"}, store.Period{From: h.in(24 * time.Hour)}},
			"elsewhere": {people.Grant{Role: people.Staff, Organisation: people.Everywhere}, store.Period{}},
		} {
			id, _ := h.person(t, name, "treasury")
			if _, err := h.GiveRole(t.Context(), command, id, give.grant, give.period); err != nil {
				t.Fatal(err)
			}
			h.enrol(t, id, "key of "+name)
			p, err := h.Person(t.Context(), command, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, change := range []func(p *people.Particulars){
				func(p *people.Particulars) { p.Mail = "thief@treasury.example" },
				func(p *people.Particulars) { p.UserName = "thief" },
				func(p *people.Particulars) { p.ExternalID = "thief" },
			} {
				particulars := p.Particulars
				change(&particulars)
				_, err := h.ChangePerson(t.Context(), officer, id, people.PersonChange{Particulars: &particulars})
				want(t, err, fault.Refused)
			}
			_, err = h.Invite(t.Context(), officer, id)
			want(t, err, fault.Refused)
			want(t, h.RemovePasskey(t.Context(), officer, id, "key of "+name), fault.Refused)
			particulars := p.Particulars
			particulars.Phone = "1"
			if _, err := h.ChangePerson(t.Context(), officer, id, people.PersonChange{Particulars: &particulars}); err != nil {
				t.Errorf("a telephone number: %v", err)
			}
			// To send somebody away is always safe; to bring them back gives them their roles.
			yes, no := true, false
			if _, err := h.ChangePerson(t.Context(), officer, id, people.PersonChange{Active: &no}); err != nil {
				t.Error(err)
			}
			_, err = h.ChangePerson(t.Context(), officer, id, people.PersonChange{Active: &yes})
			want(t, err, fault.Refused)
		}
	})
}

// TestAssignedPeopleAreNotTakenOver: whoever could sign in as somebody would see what is marked.
func TestAssignedPeopleAreNotTakenOver(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "treasury", "")
		ada, officer := h.person(t, "Ada", "treasury", people.SecurityOfficer)
		grace, _ := h.person(t, "Grace", "treasury")
		assign := func(thing, person string) {
			err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(`INSERT INTO people_assignments (thing, person) VALUES ($1, $2)`, thing, person)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		assign("case", grace)
		_, err := h.Invite(t.Context(), officer, grace)
		want(t, err, fault.Refused)
		if _, err := h.Invite(t.Context(), command, grace); err != nil {
			t.Error(err)
		}
		assign("case", ada)
		if _, err := h.Invite(t.Context(), officer, grace); err != nil {
			t.Errorf("by somebody who is assigned to the same: %v", err)
		}
	})
}

func TestPersonsMove(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		for _, id := range []string{"a", "b", "c"} {
			h.organisation(t, id, "")
		}
		officerID, officer := h.person(t, "Officer", "a", people.SecurityOfficer)
		if _, err := h.GiveRole(t.Context(), command, officerID, people.Grant{Role: people.SecurityOfficer, Organisation: "b"}, store.Period{}); err != nil {
			t.Fatal(err)
		}
		id, _ := h.person(t, "Grace", "a")
		move := func(actor people.Actor, to string, from store.Time) error {
			_, err := h.ChangePerson(t.Context(), actor, id, people.PersonChange{Organisation: &to, From: from})
			return err
		}
		where := func(want string) {
			t.Helper()
			if p, err := h.Person(t.Context(), command, id); err != nil || p.Organisation != want {
				t.Errorf("Grace is in %s, %v; want %s", p.Organisation, err, want)
			}
		}
		tomorrow, later := h.in(24*time.Hour), h.in(48*time.Hour)
		want(t, move(officer, "c", store.Time{}), fault.Refused)
		want(t, move(officer, "nowhere", store.Time{}), fault.Invalid)
		// A move that was planned is taken back, and another one is made.
		for _, to := range []string{"b", "a"} {
			if err := move(officer, to, tomorrow); err != nil {
				t.Fatal(err)
			}
		}
		h.clock.Advance(25 * time.Hour)
		where("a")
		if err := move(command, "c", later); err != nil {
			t.Fatal(err)
		}
		_, officer = officerID, h.again(t, officerID)
		want(t, move(officer, "b", store.Time{}), fault.Refused) // she will be c's
		h.clock.Advance(25 * time.Hour)
		where("c")
		// And whoever had power over her has none.
		_, err := h.Person(t.Context(), h.again(t, officerID), id)
		want(t, err, fault.Refused)
	})
}

func TestPersonsWhoseVersionHasChanged(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		id, _ := h.person(t, "Ada", "a")
		seen, err := h.Person(t.Context(), command, id)
		if err != nil {
			t.Fatal(err)
		}
		p := seen.Particulars
		p.Phone = "1"
		changed, err := h.ChangePerson(t.Context(), command, id, people.PersonChange{Particulars: &p, Version: seen.Version})
		if err != nil || changed.Phone != "1" || changed.Version == seen.Version {
			t.Fatalf("changed to %+v, %v", changed, err)
		}
		p.Phone = "2"
		_, err = h.ChangePerson(t.Context(), command, id, people.PersonChange{Particulars: &p, Version: seen.Version})
		want(t, err, fault.Changed)
		entries := h.entries(t)
		a, yes := "a", true
		again, err := h.ChangePerson(t.Context(), command, id, people.PersonChange{Particulars: &changed.Particulars, Organisation: &a, Active: &yes})
		if err != nil || again.Version != changed.Version || h.entries(t) != entries {
			t.Errorf("a change that changes nothing makes the version %d, %v, and %d entries", again.Version, err, h.entries(t)-entries)
		}
	})
}

func TestPersonsRefuseBadInput(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.person(t, "Ada", "a")
		long := strings.Repeat("ß", 201)
		for name, test := range map[string]struct {
			p    people.Particulars
			want []string
		}{
			"nothing":          {people.Particulars{}, []string{"name", "userName"}},
			"all at once":      {people.Particulars{UserName: "a\x00", Name: "b\n", Mail: "nobody", Phone: "\x1b[1m", Department: "a\u2028b", GivenName: "\xff"}, []string{"userName", "phone", "givenName", "department", "mail"}},
			"too long":         {people.Particulars{UserName: long, Name: long, EmployeeNumber: long, ExternalID: long}, []string{"userName", "name", "externalId", "employeeNumber"}},
			"mail with a name": {people.Particulars{Name: "x", Mail: "x <x@a.example>"}, []string{"mail"}},
			"two mails":        {people.Particulars{Name: "x", Mail: "x@a.example,y@a.example"}, []string{"mail"}},
			"another case":     {people.Particulars{Name: "x", UserName: "ADA@A.EXAMPLE"}, []string{"userName"}},
		} {
			_, err := h.AddPerson(t.Context(), command, "a", test.p)
			if diff := cmp.Diff(test.want, fields(err)); diff != "" {
				t.Errorf("%s (-want +got): %v\n%s", name, err, diff)
			}
		}
		if _, err := h.AddPerson(t.Context(), command, "a", people.Particulars{GivenName: "Zoë", FamilyName: "Ωmega", UserName: strings.Repeat("ß", 200)}); err != nil {
			t.Errorf("two hundred letters are refused: %v", err)
		}
		_, err := h.AddPerson(t.Context(), command, "nowhere", people.Particulars{Name: "x", UserName: "x"})
		want(t, err, fault.Invalid)
		_, err = h.Person(t.Context(), command, "nobody")
		want(t, err, fault.NotFound)
	})
}

func TestPersonsAreFound(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "a")
		for name, in := range map[string]string{"Zoë Ångström": "a", "Ada Lovelace": "b", "ada byron": "a", "Grace Hopper": "b"} {
			p := people.Particulars{Name: name, UserName: strings.Fields(name)[1], ExternalID: "x-" + in}
			if _, err := h.AddPerson(t.Context(), command, in, p); err != nil {
				t.Fatal(err)
			}
		}
		yes, no := true, false
		for name, test := range map[string]struct {
			q    people.PersonQuery
			want []string
		}{
			"all":               {people.PersonQuery{}, []string{"ada byron", "Ada Lovelace", "Grace Hopper", "Zoë Ångström"}},
			"those below":       {people.PersonQuery{Organisation: "b"}, []string{"Ada Lovelace", "Grace Hopper"}},
			"a beginning":       {people.PersonQuery{Words: "AD"}, []string{"ada byron", "Ada Lovelace"}},
			"two beginnings":    {people.PersonQuery{Words: "lov, ada"}, []string{"Ada Lovelace"}},
			"a letter":          {people.PersonQuery{Words: "å"}, []string{"Zoë Ångström"}},
			"no end":            {people.PersonQuery{Words: "opper"}, nil},
			"signs":             {people.PersonQuery{Words: "%_'\x00\xff ada"}, []string{"ada byron", "Ada Lovelace"}},
			"a user name":       {people.PersonQuery{UserName: "HOPPER"}, []string{"Grace Hopper"}},
			"an id elsewhere":   {people.PersonQuery{ExternalID: "x-b", Words: "g"}, []string{"Grace Hopper"}},
			"the active":        {people.PersonQuery{Active: &yes, Organisation: "b"}, []string{"Ada Lovelace", "Grace Hopper"}},
			"the others":        {people.PersonQuery{Active: &no}, nil},
			"after one":         {people.PersonQuery{After: people.Place{Name: "Ada Lovelace", ID: "~"}}, []string{"Grace Hopper", "Zoë Ångström"}},
			"nobody's role":     {people.PersonQuery{Role: people.Desk}, nil},
			"a word for nobody": {people.PersonQuery{Words: "ada x"}, nil},
		} {
			q := test.q
			q.Limit = 10
			found, err := h.Persons(t.Context(), command, q)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var names []string
			for _, p := range found {
				names = append(names, p.Name)
			}
			if diff := cmp.Diff(test.want, names); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			if n, err := h.CountPersons(t.Context(), command, test.q); err != nil || test.q.After == (people.Place{}) && n != int64(len(test.want)) {
				t.Errorf("%s: counted %d, %v", name, n, err)
			}
		}
	})
}
