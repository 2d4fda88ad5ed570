package directory_test

import (
	"testing"
)

func TestOrganisationAndItsHistory(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.operator.get("/organisations/gov").shows(200, "Nothing: it stands at the top", "3 people here and below", "Harbour Office", "Nothing has been recorded")
		path := "/organisations/harbour"
		m.officer.get(path).shows(200, "Stands below gov", "2 people here and below").lacks("Change")
		m.clock.Advance(hour)
		sent := m.operator.get(path+"/change").shows(200, `value="Harbour Office"`).fields()
		m.operator.post(path+"/change", "version", sent["version"], "name", "", "parent", "harbour", "ownList", "inherit").shows(422, "Error:")
		m.operator.post(path+"/change", "version", sent["version"], "name", "Harbour", "parent", "harbour", "ownList", "inherit").shows(422, "cannot be below itself", `value="Harbour"`)
		m.operator.leads(m.operator.post(path+"/change", "version", sent["version"], "name", "Harbour", "parent", "light", "ownList", "inherit",
			"from-day", "1", "from-month", "6", "from-year", "2026"), path+"?done=changed").
			shows(200, "Stands below Government of Merrow", "Stands below Department of Light", "Planned", "Replaced", "Holds now")
		m.operator.post(path+"/change", "version", sent["version"], "name", "Port", "parent", "gov", "ownList", "inherit").shows(422, "Somebody else has changed this", "This is how it is now", `value="Port"`)
	})
}
