package directory_test

import "testing"

func TestSignOut(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID
		m.staff.get("/roles").shows(200)
		m.officer.get(path+"/sign-out").shows(200, "Sign Grace Holm out everywhere?")
		m.officer.leads(m.officer.post(path+"/sign-out"), path+"?done=signed-out").shows(200, "They are not signed in anywhere")
		if a := m.staff.get("/roles"); a.status != 303 {
			t.Errorf("who was signed out still gets %d", a.status)
		}
	})
}

func TestRemovePasskey(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.passkey(m.grace, "key-1")
		m.passkey(m.officerPerson, "key-2")
		path := "/people/" + m.grace.ID
		m.officer.get(path+"/remove-passkey?passkey=key-1").shows(200, "Telephone key-1", "their only passkey")
		m.officer.get(path + "/remove-passkey?passkey=key-2").shows(404)
		m.officer.leads(m.officer.post(path+"/remove-passkey", "passkey", "key-1"), path+"?done=passkey").shows(200, "The passkey has been removed", "They have no passkey")
	})
}
