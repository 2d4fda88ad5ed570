package directory_test

import (
	"testing"

	"portcullis/internal/pagetest"
	"portcullis/people"
)

func TestPerson(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.passkey(m.grace, "key-1")
		group, err := m.People.AddGroup(t.Context(), pagetest.Command, "harbour", "Travelling in May", "", []string{m.grace.ID})
		if err != nil {
			t.Fatal(err)
		}
		page := m.officer.Get("/people/"+m.grace.ID).Shows(200, "Grace Holm", "grace@merrow.example", "Not given", "Staff", "Harbour Office", "no end",
			"Telephone key-1", "192.0.2.7", "A passkey", "Sign out everywhere", "Invite to sign in", "Deactivate", "/take-role?", "/give-role")
		if to := m.linkTo(page, "Travelling in May"); to != "/groups/"+group.ID {
			t.Errorf("the group leads to %s", to)
		}
		m.officer.Get("/people/"+m.officerPerson.ID).Shows(200, "They have no passkey", "They are in no group").Lacks("/take-role?", "/give-role")
		m.officer.Get("/people/nobody").Shows(403)
		m.operator.Get("/people/nobody").Shows(404, "There is nobody with the id nobody")

		// Whom one may see and not change: no button leads to a refusal.
		m.give(m.officerPerson.ID, people.Desk, "gov")
		above := m.person("Ann Above", "gov", people.CentreOfficer)
		m.officer.Get("/people/"+above.ID).Shows(200, "Centre officer").Lacks("/invite", "/deactivate", "/change", "/take-role?", "Passkeys")

		auditor := m.person("Aud Itor", "gov")
		m.give(auditor.ID, people.Auditor, people.Everywhere)
		m.SignIn(auditor).Get("/people/"+m.grace.ID).Shows(200, "Staff").Lacks("Telephone key-1", "192.0.2.7", "Change", "Take", "Give a role")
	})
}
