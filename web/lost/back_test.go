package lost_test

import (
	"testing"

	"portcullis/people"
	"portcullis/web/lost"
)

// TestTheWayBack: whoever changes their mind is led back without doing anything, to where they came from, and the button says
// what it does.
func TestTheWayBack(t *testing.T) {
	each(t, func(h *house) {
		path := lost.Path("mac-1")
		holder := h.guest("hilda")
		holder.Get(path).Shows(200, "Lock it, or ask to erase it", "Cancel").Has(`href="/lost"`).HasNo("/devices/mac-1\"")
		officer := h.guest("olive", people.Grant{Role: people.SecurityOfficer, Organisation: "light"})
		officer.Get(path).Shows(200, "Cancel").Has(`href="/devices/mac-1"`, `href="/devices"`)
		holder.Answer(path).Has(`href="/lost"`)
	})
}
