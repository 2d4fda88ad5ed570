package lists_test

import (
	"testing"

	"portcullis/people"
)

func TestLists(t *testing.T) {
	each(t, func(h *house) {
		officer := h.guest(people.CentreOfficer, people.Everywhere, "gov")
		officer.get().shows(200, "How two lists differ", "Choose two bodies.", "Harbour Board (own list)", "Abbey")
		officer.get("a", "gov").shows(200, "Choose two bodies.")
		officer.get("a", "gov", "b", "harbour").shows(200,
			"Only Government of Merrow allows", "Only Harbour Board allows", "Both allow, but differently", "Both allow alike",
			"Notes", "Android, iOS, from version 2.5:", "Not on the list", "decided by Government of Merrow",
			"Android, iOS, any version, until 1\u00a0December\u00a02026:", "iOS, any version:",
			"Android, from version 3 (version code 30):", "Android, from version code 31:",
			"<b>Bold</b>", "Harbour Board keeps its own list.", "Government of Merrow stands below nobody.").
			has(`href="/apps/~.."`, `href="/rules/notes-gov"`, `href="/rules/%3Ci%3E"`, `href="/lists?a=gov&amp;b=harbour&amp;side=first"`).lacks(">Both<")
		officer.get("a", "gov", "b", "harbour", "side", "second").shows(200, "<b>Bold</b>").lacks("Notes")
		officer.get("a", "gov", "b", "harbour", "q", "umberfell").shows(200, "Notes").lacks("<b>Bold</b>")
		officer.get("a", "gov", "b", "harbour", "q", "nothing of the sort").shows(200, "Nothing of this kind differs.")
		officer.get("a", "gov", "b", "harbour", "side", "all sorts").shows(422).lacks("Notes")
		officer.get("a", "gov", "b", "tides").shows(200, "Ministry of Tides adds to the lists above it.", "The two lists allow the same.")
		officer.get("a", "gov", "b", "gov").shows(200, "This is one and the same list")
		officer.get("a", "abbey", "b", "abbey", "q", "").shows(200, "This is one and the same list")
		officer.get("a", "gov", "b", "nobody").shows(422)

		desk := h.guest(people.Desk, "harbour", "harbour")
		desk.get().shows(200, "Harbour Board", "Government of Merrow").lacks("Ministry of Tides", "Abbey")
		desk.get("a", "gov", "b", "harbour").shows(200, "Notes").lacks("/rules/", "/apps/")
		desk.get("a", "gov", "b", "tides").shows(422)
		h.guest(people.Staff, "harbour", "harbour").get().shows(403)
	})
}

// TestPages: what does not stand on one page stands on the next.
func TestPages(t *testing.T) {
	each(t, func(h *house) {
		officer := h.guest(people.CentreOfficer, people.Everywhere, "gov")
		officer.get("a", "gov", "b", "harbour", "after", "coded").shows(200, "Maps", "Notes").lacks(">Coded<")
	})
}
