package directory_test

import (
	"testing"
	"time"

	"portcullis/internal/pagetest"
	"portcullis/people"
)

func TestOrganisationAndItsHistory(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.operator.Get("/organisations/gov").Shows(200, "Nothing: it stands at the top", "3 people here and below", "Harbour Office", "Nothing has been recorded")
		m.Do(m.People.AddOrganisation(t.Context(), pagetest.Command, people.NewOrganisation{ID: "tides", Name: "Tide Office", Parent: "gov", From: people.TimeOf(time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC))}))
		m.operator.Get("/organisations/tides").Shows(200, "Stands below Government of Merrow", "always").Lacks("January 0001")
		path := "/organisations/harbour"
		m.officer.Get(path).Shows(200, "Stands below gov", "2 people here and below").Lacks("Change")
		m.Clock.Advance(hour)
		sent := m.operator.Get(path + "/change").Shows(200).Has(`value="Harbour Office"`).Fields()
		m.operator.Post(path+"/change", "version", sent.Get("version"), "name", "").Shows(422, "Error:")
		m.settle("harbour", people.Position{Parent: "light"}, people.TimeOf(noon.AddDate(0, 3, 0)))
		m.operator.Get(path).Shows(200, "Stands below Government of Merrow", "Stands below Department of Light", "Planned", "Replaced", "Holds now")
		m.operator.Post(path+"/change", "version", sent.Get("version"), "name", "Port").Shows(422, "Somebody else has changed this", "This is how it is now").Has(`value="Port"`)
	})
}
