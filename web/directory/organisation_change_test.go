package directory_test

import (
	"testing"

	"portcullis/people"
)

func TestAddOrganisation(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.operator.post("/organisations/add", "id", "harbour", "name", "Another", "parent", "gov", "ownList", "own").
			shows(422, "already", `value="Another"`, `<option value="gov" selected`, `value="own" checked`)
		m.operator.post("/organisations/add", "ownList", "inherit").shows(422, "Enter a")
		m.operator.leads(m.operator.post("/organisations/add", "name", "Tide & Fog Office", "parent", "gov", "ownList", "own",
			"from-day", "1", "from-month", "3", "from-year", "2026"), "/organisations/tide-fog-office?done=added").
			shows(200, "has been added", "Tide &amp; Fog Office", "Only its own allow rules count", "1\u00a0March\u00a02026", "Holds now")
	})
}

// TestWhatStandsAboveStays: who may not see the organisation above can change the rest.
func TestWhatStandsAboveStays(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		centre := m.signIn(m.person("Cen Tre", "light", people.CentreOfficer))
		sent := centre.get("/organisations/light/change").shows(200, `<option value="gov" selected`).lacks("Government of Merrow</option>").fields()
		centre.leads(centre.post("/organisations/light/change", "version", sent["version"], "name", "Light and Fog", "parent", "gov", "ownList", "own"), "/organisations/light?done=changed").
			shows(200, "Light and Fog", "Only its own allow rules count", "Stands below gov")

		house := "house"
		m.act(m.room.ChangeOrganisation(t.Context(), command, "light", people.OrganisationChange{Parent: &house, From: people.TimeOf(noon.Add(48 * hour))}))
		sent = m.operator.get("/organisations/light/change").fields()
		m.operator.leads(m.operator.post("/organisations/light/change", "version", sent["version"], "name", "Light", "parent", "gov", "ownList", "own"), "/organisations/light?done=changed").
			shows(200, "Stands below House of Merrow", "Planned")
	})
}
