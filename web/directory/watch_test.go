package directory_test

import "testing"

func TestWatch(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/organisations/harbour"
		sent := m.operator.get(path+"/watch").shows(200, "Bans are enforced all the same").fields()
		m.operator.post(path+"/watch", "version", sent["version"], "until-day", "1", "until-month", "7", "until-year", "2026").shows(422, "Say why", `value="2026"`)
		m.operator.post(path+"/watch", "version", sent["version"], "reason", "moving in").shows(422, "Say until when", "moving in</textarea>")
		m.operator.post(path+"/watch", "version", sent["version"], "reason", "x", "until-day", "40", "until-month", "7", "from-day", "40").shows(422, `id="from-error"`, `id="until-error"`)
		m.operator.leads(m.operator.post(path+"/watch", "version", sent["version"], "reason", "moving in", "until-day", "1", "until-month", "7", "until-year", "2026"), path+"?done=watched").
			shows(200, "The period has been recorded", "Watched", "1\u00a0July\u00a02026", "Watched: moving in")
		m.operator.get("/organisations").shows(200, "1\u00a0July\u00a02026")
		sent = m.operator.get(path+"/watch").shows(200, "moving in</textarea>").fields()
		m.operator.leads(m.operator.post(path+"/watch", "version", sent["version"], "reason", "moving in", "until-day", "1", "until-month", "6", "until-year", "2026"), path+"?done=watched").
			shows(200, "1\u00a0June\u00a02026", "Enforce now")
		sent = m.operator.get(path + "/watch").fields()
		m.operator.leads(m.operator.post(path+"/watch", "version", sent["version"], "reason", "moving in", "until-day", "1", "until-month", "6", "until-year", "2026", "from-day", "1", "from-month", "3", "from-year", "2026"), path+"?done=watched")
		asked := m.operator.get(path+"/enforce").shows(200, "Enforce again now?", "1\u00a0June\u00a02026").fields()
		m.operator.post(path+"/enforce", "version", "1").shows(422, "This is how it is now")
		m.operator.leads(m.operator.post(path+"/enforce", "version", asked["version"]), path+"?done=enforced").shows(200, "is enforced here again").lacks("Enforce now")
	})
}
