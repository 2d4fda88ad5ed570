package directory_test

import (
	"testing"

	"portcullis/people"
)

func TestPerson(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.passkey(m.grace, "key-1")
		group, err := m.room.AddGroup(t.Context(), command, "harbour", "Travelling in May", "", []string{m.grace.ID})
		if err != nil {
			t.Fatal(err)
		}
		page := m.officer.get("/people/"+m.grace.ID).shows(200, "Grace Holm", "grace@merrow.example", "Not given", "Staff", "Harbour Office", "no end",
			"Telephone key-1", "192.0.2.7", "A passkey", "Sign out everywhere", "Invite to sign in", "Deactivate", "/take-role?", "/give-role")
		if to := linkTo(page, "Travelling in May"); to != "/groups/"+group.ID {
			t.Errorf("the group leads to %s", to)
		}
		m.officer.get("/people/"+m.officerPerson.ID).shows(200, "They have no passkey", "They are in no group").lacks("/take-role?", "/give-role")
		m.officer.get("/people/nobody").shows(403)
		m.operator.get("/people/nobody").shows(404, "There is nobody with the id nobody")

		// Whom one may see and not change: no button leads to a refusal.
		m.give(m.officerPerson.ID, people.Desk, "gov")
		above := m.person("Ann Above", "gov", people.CentreOfficer)
		m.officer.get("/people/"+above.ID).shows(200, "Centre officer").lacks("/invite", "/deactivate", "/change", "/take-role?", "Passkeys")

		auditor := m.person("Aud Itor", "gov")
		m.give(auditor.ID, people.Auditor, people.Everywhere)
		m.signIn(auditor).get("/people/"+m.grace.ID).shows(200, "Staff").lacks("Telephone key-1", "192.0.2.7", "Change", "Take", "Give a role")
	})
}
