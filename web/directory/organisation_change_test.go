package directory_test

import "testing"

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

// TestPlaceIsProposed: one's own word changes a name, and where an organisation belongs is proposed.
func TestPlaceIsProposed(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		page := m.operator.Get("/organisations/light").Shows(200, "Propose another place", "Propose another list")
		if len(page.Hrefs("/proposals/new/organisation?organisation=light")) == 0 {
			t.Error("no way leads to proposing another place")
		}
		sent := m.operator.Get("/organisations/light/change").Shows(200).Lacks("Which organisation does it stand below").Fields()
		m.operator.LeadsTo(m.operator.Post("/organisations/light/change", "version", sent.Get("version"), "name", "Light and Fog", "parent", "house", "ownList", "own"), "/organisations/light?done=changed").
			Shows(200, "Light and Fog", "Stands below Government of Merrow").Lacks("Only its own allow rules count")
	})
}
