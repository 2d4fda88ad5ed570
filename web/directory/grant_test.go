package directory_test

import "testing"

func TestGiveAndTakeRole(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID
		m.officer.Get(path+"/give-role").Shows(200, "Reviewer", "Security officer").Lacks("Centre officer", "Operator", "Everywhere")
		m.operator.Get(path+"/give-role").Shows(200, "Centre officer", "Everywhere")
		m.officer.Post(path+"/give-role", "organisation", "harbour").Shows(422, "Choose a role").Has(`<option value="harbour" selected`)
		m.officer.Post(path+"/give-role", "role", "reviewer").Shows(422, "Choose the organisation").Has(`value="reviewer" checked`)
		m.officer.Post(path+"/give-role", "role", "operator", "organisation", "harbour").Shows(403, "Your own role may not give")
		m.officer.Post(path+"/give-role", "role", "reviewer", "organisation", "harbour", "from-day", "9", "from-month", "5", "from-year", "2026",
			"until-day", "8", "until-month", "5", "until-year", "2026").Shows(422, "later than the beginning").Has(`value="9"`, `value="8"`)
		m.officer.LeadsTo(m.officer.Post(path+"/give-role", "role", "reviewer", "organisation", "harbour", "until-day", "1", "until-month", "7", "until-year", "2026"), path+"?done=given").
			Shows(200, "The role has been given", "Reviewer", "1\u00a0July\u00a02026")
		m.officer.Post("/people/"+m.officerPerson.ID+"/give-role", "role", "reviewer", "organisation", "harbour").Shows(403, "Nobody changes their own roles")

		take := path + "/take-role"
		m.officer.Get(take+"?role=reviewer&organisation=harbour").Shows(200, "Take this role away?", "Reviewer", "Harbour Office")
		m.officer.Get(take+"?role=desk&organisation=harbour").Shows(404, "does not have this role")
		m.officer.LeadsTo(m.officer.Post(take, "role", "reviewer", "organisation", "harbour"), path+"?done=taken").Shows(200, "The role has been taken").Lacks("Reviewer")
		m.officer.LeadsTo(m.officer.Post(take, "role", "staff", "organisation", "harbour", "from-day", "9", "from-month", "5", "from-year", "2026"), path+"?done=taken").
			Shows(200, "9\u00a0May\u00a02026")
	})
}
