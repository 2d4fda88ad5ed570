package directory_test

import "testing"

func TestSignOut(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		path := "/people/" + m.grace.ID
		m.staff.Get("/roles").Shows(200)
		m.officer.Get(path+"/sign-out").Shows(200, "Sign Grace Holm out everywhere?")
		m.officer.LeadsTo(m.officer.Post(path+"/sign-out"), path+"?done=signed-out").Shows(200, "They are not signed in anywhere")
		if a := m.staff.Get("/roles"); a.Status != 303 {
			t.Errorf("who was signed out still gets %d", a.Status)
		}
	})
}

func TestRemovePasskey(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.passkey(m.grace, "key-1")
		m.passkey(m.officerPerson, "key-2")
		path := "/people/" + m.grace.ID
		m.officer.Get(path+"/remove-passkey?passkey=key-1").Shows(200, "Telephone key-1", "their only passkey")
		m.officer.Get(path + "/remove-passkey?passkey=key-2").Shows(404)
		m.officer.LeadsTo(m.officer.Post(path+"/remove-passkey", "passkey", "key-1"), path+"?done=passkey").Shows(200, "The passkey has been removed", "They have no passkey")
	})
}
