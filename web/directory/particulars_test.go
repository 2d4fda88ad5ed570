package directory_test

import (
	"strings"
	"testing"

	"portcullis/internal/pagetest"
	"portcullis/people"
)

func TestAddPerson(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.officer.Get("/people/add").Shows(200, "Harbour Office").Lacks("Department of Light")
		m.officer.Post("/people/add", "name", "Ada Lund", "mail", "ada").Shows(422, "Error: Add a person", "Choose the organisation").Has(`value="Ada Lund"`, `value="ada"`)
		m.officer.Post("/people/add", "organisation", "harbour", "mail", "ada", "phone", "1234").
			Shows(422, "Enter the person's name", "Enter a mail address").Has(`value="1234"`, `<option value="harbour" selected`)
		m.officer.Post("/people/add", "organisation", "light", "name", "Ada Lund", "mail", "ada@merrow.example").Shows(403)
		m.officer.Post("/people/add", "organisation", "harbour", "name", "Ada Lund", "mail", "grace@merrow.example").Shows(422, "already").Has(`value="Ada Lund"`)
		a := m.officer.Post("/people/add", "organisation", "harbour", "name", "Ada Lund", "mail", "ada@merrow.example", "department", "Pilots", "employeeNumber", "77")
		if !strings.HasSuffix(a.Location, "?done=added") {
			t.Fatalf("%d to %s", a.Status, a.Location)
		}
		m.officer.LeadsTo(a, a.Location).Shows(200, "They have been added", "Ada Lund", "ada@merrow.example", "Pilots", "77")
	})
}

func TestChangePerson(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		if _, err := m.People.ChangePerson(t.Context(), pagetest.Command, m.grace.ID, people.PersonChange{Particulars: &people.Particulars{Name: "Grace Holm", Mail: "grace@merrow.example", ExternalID: "x-1"}}); err != nil {
			t.Fatal(err)
		}
		path := "/people/" + m.grace.ID
		sent := m.officer.Get(path + "/change").Shows(200).Has(`value="Grace Holm"`).Fields()
		m.officer.Post(path+"/change", "version", sent.Get("version"), "name", "Grace Holm-Berg", "mail", "not a mail").Shows(422, "Error:", "Enter a mail address", "Grace Holm-Berg")
		m.officer.Post(path+"/change", "version", "", "name", "Grace", "mail", "g@merrow.example").Shows(422, "damaged")
		m.officer.LeadsTo(m.officer.Post(path+"/change", "version", sent.Get("version"), "name", "Grace Holm-Berg", "mail", "grace@merrow.example", "userName", "grace"), path+"?done=changed").
			Shows(200, "have been changed", "Grace Holm-Berg")
		p, err := m.People.Person(t.Context(), pagetest.Command, m.grace.ID)
		if err != nil || p.ExternalID != "x-1" || p.UserName != "grace" {
			t.Errorf("what was not asked for has changed: %+v, %v", p, err)
		}
	})
}

// TestTwoChangeOnePerson tells the second what the first has done, and lets them decide.
func TestTwoChangeOnePerson(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID
		first, second := m.officer.Get(path+"/change").Fields(), m.operator.Get(path+"/change").Fields()
		m.officer.LeadsTo(m.officer.Post(path+"/change", "version", first.Get("version"), "name", "Grace One", "mail", "grace@merrow.example"), path+"?done=changed")
		told := m.operator.Post(path+"/change", "version", second.Get("version"), "name", "Grace Two", "mail", "grace@merrow.example").
			Shows(422, "Somebody else has changed this", "This is how it is now", "Grace One").Has(`value="Grace Two"`)
		m.operator.LeadsTo(m.operator.Post(path+"/change", "version", told.Fields().Get("version"), "name", "Grace Two", "mail", "grace@merrow.example"), path+"?done=changed").Shows(200, "Grace Two")
	})
}

func TestMovePerson(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID
		sent := m.operator.Get(path+"/move").Shows(200, "Harbour Office").Fields()
		m.operator.Post(path+"/move", "version", sent.Get("version")).Shows(422, "Choose the organisation")
		m.operator.Post(path+"/move", "version", sent.Get("version"), "organisation", "light", "from-day", "31", "from-month", "2", "from-year", "2026").
			Shows(422, "Give a day that exists").Has(`value="31"`, `<option value="light" selected`)
		m.officer.Post(path+"/move", "version", sent.Get("version"), "organisation", "light").Shows(403)
		m.operator.LeadsTo(m.operator.Post(path+"/move", "version", sent.Get("version"), "organisation", "light", "from-day", "5", "from-month", "5", "from-year", "2026"), path+"?done=moved").
			Shows(200).Has(`<span class="govuk-caption-l">Harbour Office</span>`)
		m.Clock.Advance(48 * hour)
		m.SignIn(m.operatorPerson).Get(path).Shows(200).Has(`<span class="govuk-caption-l">Department of Light</span>`)
	})
}
