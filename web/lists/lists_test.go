package lists_test

import (
	"testing"

	"portcullis/people"
)

func TestLists(t *testing.T) {
	each(t, func(h house) {
		officer := h.guest(people.CentreOfficer, people.Everywhere, "gov")
		officer.lists().Shows(200, "How two lists differ", "Choose two bodies.", "Harbour Board (own list)", "Abbey")
		officer.lists("a", "gov").Shows(200, "Choose two bodies.")
		officer.lists("a", "gov", "b", "harbour").Shows(200,
			"Only Government of Merrow allows", "Only Harbour Board allows", "Both allow, but differently", "Both allow alike",
			"Notes", "Android, iOS, from version 2.5:", "Not on the list", "decided by Government of Merrow",
			"Android, iOS, any version, until 1\u00a0December\u00a02026:", "iOS, any version:",
			"Android, from version 3 (version code 30):", "Android, from version code 31:",
			"<b>Bold</b>", "Harbour Board keeps its own list.", "Government of Merrow stands below nobody.").
			Has(`href="/apps/~.."`, `href="/rules/notes-gov"`, `href="/rules/%3Ci%3E"`, `href="/lists?a=gov&amp;b=harbour&amp;side=first"`).Lacks(">Both<")
		officer.lists("a", "gov", "b", "harbour", "side", "second").Shows(200, "<b>Bold</b>").Lacks("Notes")
		officer.lists("a", "gov", "b", "harbour", "q", "umberfell").Shows(200, "Notes").Lacks("<b>Bold</b>")
		officer.lists("a", "gov", "b", "harbour", "q", "nothing of the sort").Shows(200, "Nothing of this kind differs.")
		officer.lists("a", "gov", "b", "harbour", "side", "all sorts").Shows(422).Lacks("Notes")
		officer.lists("a", "gov", "b", "tides").Shows(200, "Ministry of Tides adds to the lists above it.", "The two lists allow the same.")
		officer.lists("a", "gov", "b", "gov").Shows(200, "This is one and the same list")
		officer.lists("a", "abbey", "b", "abbey", "q", "").Shows(200, "This is one and the same list")
		officer.lists("a", "gov", "b", "nobody").Shows(422)

		desk := h.guest(people.Desk, "harbour", "harbour")
		desk.lists().Shows(200, "Harbour Board", "Government of Merrow").Lacks("Ministry of Tides", "Abbey")
		desk.lists("a", "gov", "b", "harbour").Shows(200, "Notes").Lacks("/rules/", "/apps/")
		desk.lists("a", "gov", "b", "tides").Shows(422)
		h.guest(people.Staff, "harbour", "harbour").lists().Shows(403)
	})
}

// TestPages: what does not stand on one page stands on the next.
func TestPages(t *testing.T) {
	each(t, func(h house) {
		officer := h.guest(people.CentreOfficer, people.Everywhere, "gov")
		officer.lists("a", "gov", "b", "harbour", "after", "coded").Shows(200, "Maps", "Notes").Lacks(">Coded<")
	})
}
