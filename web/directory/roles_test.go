package directory_test

import (
	"html"
	"testing"

	"portcullis/people"
)

// TestRoles finds every role and every line of the permission table on the page.
func TestRoles(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		page := m.staff.get("/roles").shows(200, "Every role")
		for _, line := range people.Roles {
			page.shows(200, html.EscapeString(line.Name), html.EscapeString(line.What))
		}
		for _, line := range people.Table {
			page.shows(200, html.EscapeString(line.What[1:]))
		}
		m.staff.get("/roles/nothing").shows(404, "There is no such role")
		m.staff.get("/roles/auditor").shows(200, "Sees everything and changes nothing", "✓ May", "– May not", "give and take no roles").lacks("See who has this role")
		m.officer.get("/roles/security-officer").shows(200, "They may give and take these roles: Security officer, Reviewer", "/people?role=security-officer")
	})
}

// TestMarkedPermissions says where a role is not enough.
func TestMarkedPermissions(t *testing.T) {
	table := people.Table
	t.Cleanup(func() { people.Table = table })
	people.Table = append([]people.Line{{Permission: "cases.see", What: "see a case", Roles: []people.Role{people.Desk}, Marked: true}}, table...)
	eachMerrow(t, func(m merrow) {
		m.staff.get("/roles").shows(200, "See a case", "Only if assigned")
	})
}
