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
		sent := m.officer.Get(path+"/deactivate").Shows(200, "Deactivate Grace Holm?", "2 sessions end", "1 passkey is removed", "tokens that they made").Fields()
		m.officer.Post(path+"/deactivate", "version", "99").Shows(422, "Somebody else has changed this")
		m.staff.Get("/roles").Shows(200)
		m.officer.LeadsTo(m.officer.Post(path+"/deactivate", "version", sent.Get("version")), path+"?done=deactivated").
			Shows(200, "no longer active", "Not\u00a0active", "Reactivate", "They have no passkey").Lacks("Invite to sign in", "key-1")
		if a := m.staff.Get("/roles"); a.Status != 303 {
			t.Errorf("a deactivated person still gets %d", a.Status)
		}
		m.officer.Post(path+"/invite", "how", "show").Shows(422, "reactivate them first")

		sent = m.officer.Get(path+"/reactivate").Shows(200, "Staff", "in Harbour Office").Fields()
		m.officer.LeadsTo(m.officer.Post(path+"/reactivate", "version", sent.Get("version")), path+"?done=reactivated").Shows(200, "They are active again", "Invite to sign in")
	})
}
