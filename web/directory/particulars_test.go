package directory_test

import (
	"strings"
	"testing"

	"portcullis/people"
)

func TestAddPerson(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.officer.get("/people/add").shows(200, "Harbour Office").lacks("Department of Light")
		m.officer.post("/people/add", "name", "Ada Lund", "mail", "ada").shows(422, "Error: Add a person", "Choose the organisation", `value="Ada Lund"`, `value="ada"`)
		m.officer.post("/people/add", "organisation", "harbour", "mail", "ada", "phone", "1234").
			shows(422, escaped("Enter the person's name"), "Enter a mail address", `value="1234"`, `<option value="harbour" selected`)
		m.officer.post("/people/add", "organisation", "light", "name", "Ada Lund", "mail", "ada@merrow.example").shows(403)
		m.officer.post("/people/add", "organisation", "harbour", "name", "Ada Lund", "mail", "grace@merrow.example").shows(422, "already", `value="Ada Lund"`)
		a := m.officer.post("/people/add", "organisation", "harbour", "name", "Ada Lund", "mail", "ada@merrow.example", "department", "Pilots", "employeeNumber", "77")
		if !strings.HasSuffix(a.location, "?done=added") {
			t.Fatalf("%d to %s", a.status, a.location)
		}
		m.officer.leads(a, a.location).shows(200, "They have been added", "Ada Lund", "ada@merrow.example", "Pilots", "77")
	})
}

func TestChangePerson(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		if _, err := m.room.ChangePerson(t.Context(), command, m.grace.ID, people.PersonChange{Particulars: &people.Particulars{Name: "Grace Holm", Mail: "grace@merrow.example", ExternalID: "x-1"}}); err != nil {
			t.Fatal(err)
		}
		path := "/people/" + m.grace.ID
		sent := m.officer.get(path+"/change").shows(200, `value="Grace Holm"`).fields()
		m.officer.post(path+"/change", "version", sent["version"], "name", "Grace Holm-Berg", "mail", "not a mail").shows(422, "Error:", "Enter a mail address", "Grace Holm-Berg")
		m.officer.post(path+"/change", "version", "", "name", "Grace", "mail", "g@merrow.example").shows(422, "damaged")
		m.officer.leads(m.officer.post(path+"/change", "version", sent["version"], "name", "Grace Holm-Berg", "mail", "grace@merrow.example", "userName", "grace"), path+"?done=changed").
			shows(200, "have been changed", "Grace Holm-Berg")
		p, err := m.room.Person(t.Context(), command, m.grace.ID)
		if err != nil || p.ExternalID != "x-1" || p.UserName != "grace" {
			t.Errorf("what was not asked for has changed: %+v, %v", p, err)
		}
	})
}

// TestTwoChangeOnePerson tells the second what the first has done, and lets them decide.
func TestTwoChangeOnePerson(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID
		first, second := m.officer.get(path+"/change").fields(), m.operator.get(path+"/change").fields()
		m.officer.leads(m.officer.post(path+"/change", "version", first["version"], "name", "Grace One", "mail", "grace@merrow.example"), path+"?done=changed")
		told := m.operator.post(path+"/change", "version", second["version"], "name", "Grace Two", "mail", "grace@merrow.example").
			shows(422, "Somebody else has changed this", "This is how it is now", "Grace One", `value="Grace Two"`)
		m.operator.leads(m.operator.post(path+"/change", "version", told.fields()["version"], "name", "Grace Two", "mail", "grace@merrow.example"), path+"?done=changed").shows(200, "Grace Two")
	})
}

func TestMovePerson(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID
		sent := m.operator.get(path+"/move").shows(200, "Harbour Office").fields()
		m.operator.post(path+"/move", "version", sent["version"]).shows(422, "Choose the organisation")
		m.operator.post(path+"/move", "version", sent["version"], "organisation", "light", "from-day", "31", "from-month", "2", "from-year", "2026").
			shows(422, "Give a day that exists", `value="31"`, `<option value="light" selected`)
		m.officer.post(path+"/move", "version", sent["version"], "organisation", "light").shows(403)
		m.operator.leads(m.operator.post(path+"/move", "version", sent["version"], "organisation", "light", "from-day", "5", "from-month", "5", "from-year", "2026"), path+"?done=moved").
			shows(200, `<span class="govuk-caption-l">Harbour Office</span>`)
		m.clock.Advance(48 * hour)
		m.signIn(m.operatorPerson).get(path).shows(200, `<span class="govuk-caption-l">Department of Light</span>`)
	})
}
