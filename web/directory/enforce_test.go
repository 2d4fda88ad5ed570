package directory_test

import (
	"testing"
	"time"
)

func TestEnforceAgain(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/organisations/harbour"
		m.officer.Get(path).Shows(200).Has(`href="/proposals/new/monitor?organisation=harbour"`).Lacks("Enforce now")
		m.operator.Get(path).Shows(200).HasNo("/proposals/new/monitor").Lacks("Enforce now") // who keeps the tree, and proposes nothing
		m.watch("harbour", "moving in", time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
		m.operator.Get(path).Shows(200, "1\u00a0June\u00a02026", "moving in", "Enforce now")
		m.operator.Get("/organisations").Shows(200, "1\u00a0June\u00a02026")
		asked := m.operator.Get(path+"/enforce").Shows(200, "Enforce again now?", "1\u00a0June\u00a02026").Fields()
		m.operator.Post(path+"/enforce", "version", "1").Shows(422, "This is how it is now")
		m.operator.LeadsTo(m.operator.Post(path+"/enforce", "version", asked.Get("version")), path+"?done=enforced").Shows(200, "is enforced here again").Lacks("Enforce now")
	})
}
