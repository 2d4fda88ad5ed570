package directory_test

import (
	"strings"
	"testing"

	"portcullis/internal/pagetest"
)

func TestGroup(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		m.officer.Get("/groups").Shows(200, "There is no group yet", "Add the first group")
		m.officer.Post("/groups/add", "name", "Travelling").Shows(422, "Choose the organisation").Has(`value="Travelling"`)
		m.officer.Post("/groups/add", "organisation", "harbour").Shows(422, "Enter a name").Has(`<option value="harbour" selected`)
		a := m.officer.Post("/groups/add", "organisation", "harbour", "name", "Travelling")
		path, _, _ := strings.Cut(a.Location, "?")
		m.officer.LeadsTo(a, path+"?done=added").Shows(200, "Nobody is in this group", "Add the first member")
		m.officer.Get("/groups").Shows(200, "Harbour Office").Has(">Travelling</a>")

		m.officer.Get(path+"/join").Shows(200, "Look for the people first")
		m.officer.Get(path+"/join?q=zzz").Shows(200, "Nobody active here")
		m.officer.Get(path+"/join?q=gra").Shows(200, "Grace Holm").Has(`value="` + m.grace.ID + `"`)
		m.officer.Post(path+"/join?q=gra").Shows(422, "Choose at least one person", "Grace Holm")
		m.officer.LeadsTo(m.officer.Post(path+"/join?q=gra", "members", m.grace.ID), path+"?done=joined").Shows(200, "Grace Holm", "grace@merrow.example")
		m.officer.LeadsTo(m.officer.Post(path+"/leave", "person", m.grace.ID), path+"?done=left").Shows(200, "Nobody is in this group")

		first, second := m.officer.Get(path+"/rename").Fields(), m.operator.Get(path+"/rename").Fields()
		m.officer.Post(path+"/rename", "version", first.Get("version"), "name", "").Shows(422, "Enter a name")
		m.officer.LeadsTo(m.officer.Post(path+"/rename", "version", first.Get("version"), "name", "Abroad"), path+"?done=renamed").Shows(200, "Abroad")
		m.operator.Post(path+"/rename", "version", second.Get("version"), "name", "Away").Shows(422, "Somebody else has changed this", "Abroad").Has(`value="Away"`)

		sent := m.officer.Get(path+"/remove").Shows(200, "Remove the group Abroad?").Fields()
		m.officer.LeadsTo(m.officer.Post(path+"/remove", "version", sent.Get("version")), "/groups?done=removed").Shows(200, "has been removed").Lacks("Abroad")
		m.operator.Get(path).Shows(404)
	})
}

func TestMembersByPages(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		var members []string
		for i := range 60 {
			members = append(members, m.person("Member"+strings.Repeat("x", i)+" Many", "harbour").ID)
		}
		g, err := m.People.AddGroup(t.Context(), pagetest.Command, "harbour", "Many", "", members)
		if err != nil {
			t.Fatal(err)
		}
		first := m.officer.Get("/groups/" + g.ID).Shows(200).Has(`rel="next"`)
		if n := strings.Count(first.Body, "Take\u00a0out"); n != 50 {
			t.Errorf("%d members on the first page", n)
		}
		second := m.officer.Get(nextPage(first)).Shows(200).Lacks(`rel="next"`)
		if n := strings.Count(second.Body, "Take\u00a0out"); n != 10 {
			t.Errorf("%d members on the second page", n)
		}
	})
}
