package directory_test

import (
	"errors"
	"testing"

	"portcullis/internal/pagetest"
	"portcullis/people"
)

func TestAccess(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		made, err := m.People.MakeToken(t.Context(), pagetest.Command, "Exporter", people.Grant{Role: people.Staff, Organisation: "harbour"}, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.People.Persons(t.Context(), people.Actor{Token: made.Secret}, people.PersonQuery{Limit: 1}); err == nil {
			t.Fatal("a token of staff sees people")
		}
		m.staff.Get("/people").Shows(403)
		if err := m.People.NoteFailure(t.Context(), "passkey", "192.0.2.9", errors.New("not known")); err != nil {
			t.Fatal(err)
		}
		if err := m.People.RevokeSession(t.Context(), pagetest.Command, m.officerPerson.ID, ""); err != nil {
			t.Fatal(err)
		}
		m.operator.Get("/access").Shows(200, "The command line", "A session of", "Signed in", "Refused", "Could not sign in", "Wanted to see people, their groups and their roles", "Exporter", "Nobody who is known", "Passkey: not known", "192.0.2.9", "With a passkey").Has(">Sam Officer</a>", ">Grace Holm</a>")
	})
}

func TestAccessByPages(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		for range 60 {
			m.SignIn(m.grace)
		}
		a := m.operator.Get("/access").Shows(200).Has(`rel="next"`)
		m.operator.Get(nextPage(a)).Shows(200, "Olive Operator").Lacks(`rel="next"`)
		m.operator.Get("/access?after=0").Shows(200, "There is nothing earlier")
	})
}
