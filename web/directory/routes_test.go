package directory_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portcullis/internal/fault"
	"portcullis/people"
)

// TestWhoMayEnter visits every route as somebody who may, as somebody who may not, and as nobody.
func TestWhoMayEnter(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		group, err := m.room.AddGroup(t.Context(), command, "harbour", "Travelling", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		made, err := m.room.MakeToken(t.Context(), command, "exporter", people.Grant{Role: people.Staff, Organisation: "harbour"}, people.Time{})
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
			if _, err := m.room.Enter(t.Context(), people.Actor{Session: m.staff.cookie}, route.Permission); !open && !fault.Is(err, fault.Refused) {
				t.Errorf("%s: the gate lets staff in", route.Pattern)
			}
			if method == http.MethodPost {
				m.staff.post(path).shows(http.StatusForbidden, "You may not")
				visitor{m.house, ""}.post(path).shows(http.StatusUnauthorized, "You are signed out")
				continue
			}
			m.operator.get(path).shows(http.StatusOK)
			if !open {
				m.staff.get(path).shows(http.StatusForbidden, "You may not")
			}
			a := visitor{m.house, ""}.get(path)
			if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/sign-in?to=") {
				t.Errorf("%s: nobody gets %d to %q", path, a.status, a.location)
			}
		}
		for _, path := range []string{"/organisations", "/organisations/harbour", "/roles", "/roles/desk"} {
			m.staff.get(path).shows(http.StatusOK)
		}
	})
}

// TestOtherBodies lets an officer see and change what is theirs, and nothing of their neighbours'.
func TestOtherBodies(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		stranger := m.person("Nils Neighbour", "light")
		m.officer.get("/people").shows(200, "Grace Holm").lacks("Nils", "Olive")
		m.officer.get("/organisations").shows(200, "Harbour Office").lacks("Department of Light", "House of Merrow", "Add an organisation")
		for _, step := range []string{"", "/change", "/move", "/deactivate", "/invite", "/give-role", "/sign-out"} {
			m.officer.get("/people/"+stranger.ID+step).shows(http.StatusForbidden, "You may not").lacks("Nils")
		}
		m.officer.get("/people?organisation=light").shows(http.StatusForbidden)
		m.officer.get("/organisations/light").shows(http.StatusForbidden)
		m.officer.post("/people/" + stranger.ID + "/sign-out").shows(http.StatusForbidden)
		m.officer.post("/people/"+m.operatorPerson.ID+"/deactivate", "version", "1").shows(http.StatusForbidden)
	})
}

// TestLookingLeavesNoRefusals: a page asks for nothing that whoever looks at it may not see.
func TestLookingLeavesNoRefusals(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		desk := m.signIn(m.person("Dora Desk", "harbour", people.Desk))
		for _, path := range []string{"/people", "/people/" + m.grace.ID, "/organisations", "/organisations/harbour", "/groups", "/roles"} {
			desk.get(path).shows(200).lacks("Deactivate", "Give a role", "Add a", "Passkeys", "Sign out everywhere")
		}
		m.operator.get("/access").shows(200, "Signed in").lacks("Refused")
	})
}

// hostile are names and ids that a careless page would stumble over.
var hostile = []string{`<script>alert(1)</script>`, `"onclick="x`, `a/b`, `..`, `.`, `add`, `~add`, `~`, `a?b#c`, `50%`, `%2e%2e`, `a b`, `a\b`, `&amp;`, `-`, `javascript:x`}

func TestHostileNames(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		for _, id := range hostile {
			if _, err := m.room.AddOrganisation(t.Context(), command, people.NewOrganisation{ID: id, Name: "Name " + id, Parent: "house"}); err != nil {
				t.Fatal(err)
			}
		}
		list := m.operator.get("/organisations").shows(200)
		for _, id := range hostile {
			href := linkTo(list, "Name "+id)
			page := m.operator.get(href).shows(200, escaped("Name "+id))
			change := linkTo(page, "Change")
			a := m.operator.get(change).shows(200)
			v := a.fields()["version"]
			a = m.operator.post(change, "name", "Renamed "+id, "parent", "house", "ownList", "own", "version", v)
			m.operator.leads(a, href+"?done=changed").shows(200, escaped("Renamed "+id), "has been changed")
		}
		p := m.person("x", "~")
		if _, err := m.room.ChangePerson(t.Context(), command, p.ID, people.PersonChange{Particulars: &people.Particulars{Name: hostile[0], UserName: hostile[1]}}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/people", "/people/" + p.ID, "/people/" + p.ID + "/change", "/people/" + p.ID + "/deactivate", "/people/add"} {
			m.operator.get(path).shows(200).lacks("<script>alert")
		}
		m.operator.get("/people?q=%3Cscript%3E&organisation=" + url.QueryEscape(hostile[0]) + "&after=%00%22").lacks("<script>alert")
	})
}
