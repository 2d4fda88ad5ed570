package directory_test

import (
	"testing"

	"portcullis/people"
)

// TestRoles finds every role and every line of the permission table on the page.
func TestRoles(t *testing.T) {
	eachMerrow(t, func(m merrow) {
		page := m.staff.Get("/roles").Shows(200, "Every role")
		for _, line := range people.Roles {
			page.Shows(200, line.Name, line.What)
		}
		for _, line := range people.Table {
			page.Shows(200, line.What[1:])
		}
		m.staff.Get("/roles/nothing").Shows(404, "There is no such role")
		m.staff.Get("/roles/auditor").Shows(200, "Sees everything and changes nothing", "✓ May", "– May not", "give and take no roles").Lacks("See who has this role")
		m.officer.Get("/roles/security-officer").Shows(200, "They may give and take these roles: Security officer, Reviewer", "/people?role=security-officer")
	})
}
