package directory_test

import (
	"testing"
)

func TestGiveAndTakeRole(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID
		m.officer.get(path+"/give-role").shows(200, "Reviewer", "Security officer").lacks("Centre officer", "Operator", "Everywhere")
		m.operator.get(path+"/give-role").shows(200, "Centre officer", "Everywhere")
		m.officer.post(path+"/give-role", "organisation", "harbour").shows(422, "Choose a role", `<option value="harbour" selected`)
		m.officer.post(path+"/give-role", "role", "reviewer").shows(422, "Choose the organisation", `value="reviewer" checked`)
		m.officer.post(path+"/give-role", "role", "operator", "organisation", "harbour").shows(403, "Your own role may not give")
		m.officer.post(path+"/give-role", "role", "reviewer", "organisation", "harbour", "from-day", "9", "from-month", "5", "from-year", "2026",
			"until-day", "8", "until-month", "5", "until-year", "2026").shows(422, "later than the beginning", `value="9"`, `value="8"`)
		m.officer.leads(m.officer.post(path+"/give-role", "role", "reviewer", "organisation", "harbour", "until-day", "1", "until-month", "7", "until-year", "2026"), path+"?done=given").
			shows(200, "The role has been given", "Reviewer", "1\u00a0July\u00a02026")
		m.officer.post("/people/"+m.officerPerson.ID+"/give-role", "role", "reviewer", "organisation", "harbour").shows(403, "Nobody changes their own roles")

		take := path + "/take-role"
		m.officer.get(take+"?role=reviewer&organisation=harbour").shows(200, "Take this role away?", "Reviewer", "Harbour Office")
		m.officer.get(take+"?role=desk&organisation=harbour").shows(404, "does not have this role")
		m.officer.leads(m.officer.post(take, "role", "reviewer", "organisation", "harbour"), path+"?done=taken").shows(200, "The role has been taken").lacks("Reviewer")
		m.officer.leads(m.officer.post(take, "role", "staff", "organisation", "harbour", "from-day", "9", "from-month", "5", "from-year", "2026"), path+"?done=taken").
			shows(200, "9\u00a0May\u00a02026")
	})
}
