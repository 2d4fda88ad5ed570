package directory_test

import (
	"strings"
	"testing"
)

func TestGroup(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.officer.get("/groups").shows(200, "There is no group yet", "Add the first group")
		m.officer.post("/groups/add", "name", "Travelling").shows(422, "Choose the organisation", `value="Travelling"`)
		m.officer.post("/groups/add", "organisation", "harbour").shows(422, "Enter a name", `<option value="harbour" selected`)
		a := m.officer.post("/groups/add", "organisation", "harbour", "name", "Travelling")
		path, _, _ := strings.Cut(a.location, "?")
		m.officer.leads(a, path+"?done=added").shows(200, "Nobody is in this group", "Add the first member")
		m.officer.get("/groups").shows(200, ">Travelling</a>", "Harbour Office")

		m.officer.get(path+"/join").shows(200, "Look for the people first")
		m.officer.get(path+"/join?q=zzz").shows(200, "Nobody active here")
		m.officer.get(path+"/join?q=gra").shows(200, "Grace Holm", `value="`+m.grace.ID+`"`)
		m.officer.post(path+"/join?q=gra").shows(422, "Choose at least one person", "Grace Holm")
		m.officer.leads(m.officer.post(path+"/join?q=gra", "members", m.grace.ID), path+"?done=joined").shows(200, "Grace Holm", "grace@merrow.example")
		m.officer.leads(m.officer.post(path+"/leave", "person", m.grace.ID), path+"?done=left").shows(200, "Nobody is in this group")

		first, second := m.officer.get(path+"/rename").fields(), m.operator.get(path+"/rename").fields()
		m.officer.post(path+"/rename", "version", first["version"], "name", "").shows(422, "Enter a name")
		m.officer.leads(m.officer.post(path+"/rename", "version", first["version"], "name", "Abroad"), path+"?done=renamed").shows(200, "Abroad")
		m.operator.post(path+"/rename", "version", second["version"], "name", "Away").shows(422, "Somebody else has changed this", "Abroad", `value="Away"`)

		sent := m.officer.get(path+"/remove").shows(200, "Remove the group Abroad?").fields()
		m.officer.leads(m.officer.post(path+"/remove", "version", sent["version"]), "/groups?done=removed").shows(200, "has been removed").lacks("Abroad")
		m.operator.get(path).shows(404)
	})
}

func TestMembersByPages(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		var members []string
		for i := range 60 {
			members = append(members, m.person("Member"+strings.Repeat("x", i)+" Many", "harbour").ID)
		}
		g, err := m.room.AddGroup(t.Context(), command, "harbour", "Many", "", members)
		if err != nil {
			t.Fatal(err)
		}
		first := m.officer.get("/groups/"+g.ID).shows(200, `rel="next"`)
		if n := strings.Count(first.body, "Take\u00a0out"); n != 50 {
			t.Errorf("%d members on the first page", n)
		}
		second := m.officer.get(nextPage(first)).shows(200).lacks(`rel="next"`)
		if n := strings.Count(second.body, "Take\u00a0out"); n != 10 {
			t.Errorf("%d members on the second page", n)
		}
	})
}
