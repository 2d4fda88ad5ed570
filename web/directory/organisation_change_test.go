package directory_test

import (
	"testing"

	"portcullis/internal/pagetest"
	"portcullis/people"
)

func TestAddOrganisation(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.operator.Post("/organisations/add", "id", "harbour", "name", "Another", "parent", "gov", "ownList", "own").
			Shows(422, "already").Has(`value="Another"`, `<option value="gov" selected`, `value="own" checked`)
		m.operator.Post("/organisations/add", "ownList", "inherit").Shows(422, "Enter a")
		m.operator.LeadsTo(m.operator.Post("/organisations/add", "name", "Tide & Fog Office", "parent", "gov", "ownList", "own",
			"from-day", "1", "from-month", "3", "from-year", "2026"), "/organisations/tide-fog-office?done=added").
			Shows(200, "has been added", "Only its own allow rules count", "1\u00a0March\u00a02026", "Holds now").Has("Tide &amp; Fog Office")
	})
}

// TestWhatStandsAboveStays: who may not see the organisation above can change the rest.
func TestWhatStandsAboveStays(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		centre := m.SignIn(m.person("Cen Tre", "light", people.CentreOfficer))
		sent := centre.Get("/organisations/light/change").Shows(200).Has(`<option value="gov" selected`).Lacks("Government of Merrow</option>").Fields()
		centre.LeadsTo(centre.Post("/organisations/light/change", "version", sent.Get("version"), "name", "Light and Fog", "parent", "gov", "ownList", "own"), "/organisations/light?done=changed").
			Shows(200, "Light and Fog", "Only its own allow rules count", "Stands below gov")

		house := "house"
		m.Do(m.People.ChangeOrganisation(t.Context(), pagetest.Command, "light", people.OrganisationChange{Parent: &house, From: people.TimeOf(noon.Add(48 * hour))}))
		sent = m.operator.Get("/organisations/light/change").Fields()
		m.operator.LeadsTo(m.operator.Post("/organisations/light/change", "version", sent.Get("version"), "name", "Light", "parent", "gov", "ownList", "own"), "/organisations/light?done=changed").
			Shows(200, "Stands below House of Merrow", "Planned")
	})
}
