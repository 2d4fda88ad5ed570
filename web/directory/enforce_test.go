package directory_test

import (
	"testing"
	"time"
)

func TestEnforceAgain(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/organisations/harbour"
		m.operator.get(path).shows(200, `href="/proposals/new/monitor?organisation=harbour"`).lacks("Enforce now")
		m.watch("harbour", "moving in", time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
		m.operator.get(path).shows(200, "1\u00a0June\u00a02026", "moving in", "Enforce now")
		m.operator.get("/organisations").shows(200, "1\u00a0June\u00a02026")
		asked := m.operator.get(path+"/enforce").shows(200, "Enforce again now?", "1\u00a0June\u00a02026").fields()
		m.operator.post(path+"/enforce", "version", "1").shows(422, "This is how it is now")
		m.operator.leads(m.operator.post(path+"/enforce", "version", asked["version"]), path+"?done=enforced").shows(200, "is enforced here again").lacks("Enforce now")
	})
}
