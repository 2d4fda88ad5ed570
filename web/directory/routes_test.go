package directory_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portcullis/internal/fault"
	"portcullis/internal/pagetest"
	"portcullis/people"
)

// TestWhoMayEnter visits every route as somebody who may, as somebody who may not, and as nobody.
func TestWhoMayEnter(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		group, err := m.People.AddGroup(t.Context(), pagetest.Command, "harbour", "Travelling", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		made, err := m.People.MakeToken(t.Context(), pagetest.Command, "exporter", people.Grant{Role: people.Staff, Organisation: "harbour"}, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		m.passkey(m.grace, "key-1")
		everybody := []string{"GET /organisations", "GET /organisations/{id}", "GET /roles", "GET /roles/{role}"}
		queries := map[string]string{"/people/{id}/take-role": "?role=staff&organisation=harbour", "/people/{id}/remove-passkey": "?passkey=key-1"}
		for _, route := range m.routes() {
			method, pattern, _ := strings.Cut(route.Pattern, " ")
			id := m.grace.ID
			switch {
			case strings.HasPrefix(pattern, "/organisations"):
				id = "harbour"
			case strings.HasPrefix(pattern, "/groups"):
				id = group.ID
			case strings.HasPrefix(pattern, "/tokens"):
				id = made.ID
			}
			path := strings.NewReplacer("{id}", url.PathEscape(id), "{role}", "desk").Replace(pattern) + queries[pattern]
			open := false
			for _, p := range everybody {
				open = open || p == route.Pattern
			}
			if _, err := m.People.Enter(t.Context(), people.Actor{Session: m.staff.Session}, route.Permission); !open && !fault.Is(err, fault.Refused) {
				t.Errorf("%s: the gate lets staff in", route.Pattern)
			}
			if method == http.MethodPost {
				m.staff.Post(path).Shows(http.StatusForbidden, "You may not")
				m.Nobody().Post(path).Shows(http.StatusUnauthorized, "You are signed out")
				continue
			}
			m.operator.Get(path).Shows(http.StatusOK)
			if !open {
				m.staff.Get(path).Shows(http.StatusForbidden, "You may not")
			}
			a := m.Nobody().Get(path)
			if a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/sign-in?to=") {
				t.Errorf("%s: nobody gets %d to %q", path, a.Status, a.Location)
			}
		}
		for _, path := range []string{"/organisations", "/organisations/harbour", "/roles", "/roles/desk"} {
			m.staff.Get(path).Shows(http.StatusOK)
		}
	})
}

// TestOtherBodies lets an officer see and change what is theirs, and nothing of their neighbours'.
func TestOtherBodies(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		stranger := m.person("Nils Neighbour", "light")
		m.officer.Get("/people").Shows(200, "Grace Holm").Lacks("Nils", "Olive")
		m.officer.Get("/organisations").Shows(200, "Harbour Office").Lacks("Department of Light", "House of Merrow", "Add an organisation")
		for _, step := range []string{"", "/change", "/move", "/deactivate", "/invite", "/give-role", "/sign-out"} {
			m.officer.Get("/people/"+stranger.ID+step).Shows(http.StatusForbidden, "You may not").Lacks("Nils")
		}
		m.officer.Get("/people?organisation=light").Shows(http.StatusForbidden)
		m.officer.Get("/organisations/light").Shows(http.StatusForbidden)
		m.officer.Post("/people/" + stranger.ID + "/sign-out").Shows(http.StatusForbidden)
		m.officer.Post("/people/"+m.operatorPerson.ID+"/deactivate", "version", "1").Shows(http.StatusForbidden)
	})
}

// TestLookingLeavesNoRefusals: a page asks for nothing that whoever looks at it may not see.
func TestLookingLeavesNoRefusals(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		desk := m.SignIn(m.person("Dora Desk", "harbour", people.Desk))
		for _, path := range []string{"/people", "/people/" + m.grace.ID, "/organisations", "/organisations/harbour", "/groups", "/roles"} {
			desk.Get(path).Shows(200).Lacks("Deactivate", "Give a role", "Add a", "Passkeys", "Sign out everywhere")
		}
		m.operator.Get("/access").Shows(200, "Signed in").Lacks("Refused")
	})
}

// hostile are names and ids that a careless page would stumble over.
var hostile = []string{`<script>alert(1)</script>`, `"onclick="x`, `a/b`, `..`, `.`, `add`, `~add`, `~`, `a?b#c`, `50%`, `%2e%2e`, `a b`, `a\b`, `&amp;`, `-`, `javascript:x`}

func TestHostileNames(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		for _, id := range hostile {
			if _, err := m.People.AddOrganisation(t.Context(), pagetest.Command, people.NewOrganisation{ID: id, Name: "Name " + id, Parent: "house"}); err != nil {
				t.Fatal(err)
			}
		}
		list := m.operator.Get("/organisations").Shows(200)
		for _, id := range hostile {
			href := m.linkTo(list, "Name "+id)
			page := m.operator.Get(href).Shows(200, "Name "+id)
			change := m.linkTo(page, "Change")
			a := m.operator.Get(change).Shows(200)
			v := a.Fields().Get("version")
			a = m.operator.Post(change, "name", "Renamed "+id, "version", v)
			m.operator.LeadsTo(a, href+"?done=changed").Shows(200, "Renamed "+id, "has been changed")
		}
		p := m.person("x", "~")
		if _, err := m.People.ChangePerson(t.Context(), pagetest.Command, p.ID, people.PersonChange{Particulars: &people.Particulars{Name: hostile[0], UserName: hostile[1]}}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/people", "/people/" + p.ID, "/people/" + p.ID + "/change", "/people/" + p.ID + "/deactivate", "/people/add"} {
			m.operator.Get(path).Shows(200).HasNo("<script>alert")
		}
		m.operator.Get("/people?q=%3Cscript%3E&organisation=" + url.QueryEscape(hostile[0]) + "&after=%00%22").HasNo("<script>alert")
	})
}
