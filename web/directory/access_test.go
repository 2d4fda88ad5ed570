package directory_test

import (
	"errors"
	"testing"

	"portcullis/people"
)

func TestAccess(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		made, err := m.room.MakeToken(t.Context(), command, "Exporter", people.Grant{Role: people.Staff, Organisation: "harbour"}, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.room.Persons(t.Context(), people.Actor{Token: made.Secret}, people.PersonQuery{Limit: 1}); err == nil {
			t.Fatal("a token of staff sees people")
		}
		m.staff.get("/people").shows(403)
		if err := m.room.NoteFailure(t.Context(), "passkey", "192.0.2.9", errors.New("not known")); err != nil {
			t.Fatal(err)
		}
		if err := m.room.RevokeSession(t.Context(), command, m.officerPerson.ID, ""); err != nil {
			t.Fatal(err)
		}
		m.operator.get("/access").shows(200, "The command line", "A session of", ">Sam Officer</a>", "Signed in", "Refused", "Could not sign in", "Wanted to see people, their groups and their roles",
			">Grace Holm</a>", "Exporter", "Nobody who is known", "Passkey: not known", "192.0.2.9", "With a passkey")
	})
}

func TestAccessByPages(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		for range 60 {
			m.signIn(m.grace)
		}
		a := m.operator.get("/access").shows(200, `rel="next"`)
		m.operator.get(nextPage(a)).shows(200, "Olive Operator").lacks(`rel="next"`)
		m.operator.get("/access?after=0").shows(200, "There is nothing earlier")
	})
}
