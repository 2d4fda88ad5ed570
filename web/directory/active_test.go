package directory_test

import (
	"testing"
	"time"
)

const hour = time.Hour

func TestDeactivateAndReactivate(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.passkey(m.grace, "key-1")
		path := "/people/" + m.grace.ID
		sent := m.officer.get(path+"/deactivate").shows(200, "Deactivate Grace Holm?", "2 sessions end", "1 passkey is removed", "tokens that they made").fields()
		m.officer.post(path+"/deactivate", "version", "99").shows(422, "Somebody else has changed this")
		m.staff.get("/roles").shows(200)
		m.officer.leads(m.officer.post(path+"/deactivate", "version", sent["version"]), path+"?done=deactivated").
			shows(200, "no longer active", "Not\u00a0active", "Reactivate", "They have no passkey").lacks("Invite to sign in", "key-1")
		if a := m.staff.get("/roles"); a.status != 303 {
			t.Errorf("a deactivated person still gets %d", a.status)
		}
		m.officer.post(path+"/invite", "how", "show").shows(422, "reactivate them first")

		sent = m.officer.get(path+"/reactivate").shows(200, "Staff", "in Harbour Office").fields()
		m.officer.leads(m.officer.post(path+"/reactivate", "version", sent["version"]), path+"?done=reactivated").shows(200, "They are active again", "Invite to sign in")
	})
}
