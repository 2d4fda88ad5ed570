package enforce_test

import (
	"testing"

	rooms "portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
)

// TestDryRun asks from a proposal's page what would change on devices.
func TestDryRun(t *testing.T) {
	each(t, func(h *house) {
		officer := h.guest(people.CentreOfficer, people.Everywhere)
		id := h.proposes(officer, ban("light", "maps"))
		path := "/proposals/" + id + "/dry-run"
		officer.Get("/proposals/" + id).Has(`href="` + path + `"`)

		officer.Get(path).Shows(200, "What would change on devices", "If it is signed now", "1 app would be treated otherwise", "Tide Maps", "com.maps", "Allowed", "Banned", "The file, line by line").
			Has(`value="android" selected`, `value="light" selected`)
		officer.Get(path+"?form=santa&organisation=light&host=").Shows(200, "ABCDE12345:org.maps", "Banned").Has(`value="santa" selected`)
		officer.Get(path+"?form=android&organisation=gov&host=").Shows(200, "Nothing would change in this list.").Lacks("line by line")
		officer.Get(path+"?form=apple-declaration.ios&organisation=&host=l2").Shows(200, "org.maps")
		officer.Get(path+"?form=android&organisation=light&host=own").Shows(200, "nothing is enforced on it")
		officer.Get(path+"?form=android&organisation=&host=nobody").Shows(200, "There is no device nobody here")
		officer.Get(path+"?form=android&organisation=justice&host=l1").Shows(200, "com.maps") // the device is where it is
		officer.Get(path + "?form=paper&organisation=light").Shows(422)
		officer.Get("/proposals/nothing/dry-run").Shows(404)

		administrator := h.guest(people.DeviceAdministrator, "light")
		administrator.Get(path).Shows(403)
		justice := h.guest(people.SecurityOfficer, "justice")
		justice.Get(path).Shows(403)
		h.guest(people.Auditor, people.Everywhere).Get("/proposals/" + id).Shows(200).Lacks("dry-run")
	})
}

// TestDryRunOfOthers goes through what else is proposed.
func TestDryRunOfOthers(t *testing.T) {
	each(t, func(h *house) {
		officer := h.guest(people.CentreOfficer, people.Everywhere)
		network := h.proposes(officer, rooms.Draft{Kind: rooms.Withdrawal, Reason: "It is mended", Content: rooms.Content{Ends: &rooms.Ends{Rule: "ban-parrot"}}})
		officer.Get("/proposals/"+network+"/dry-run?form=rpz&organisation=gov&host=").Shows(200, "1 name on the network would be treated otherwise", "parrot.example", "Denied, with all below it", "Answered")
		officer.Get("/proposals/"+network+"/dry-run").Shows(200, "Parrot Chat", "Banned", "Denied, as all that is not named")

		later := ban("gov", "maps")
		later.Rule.From = noon.AddDate(0, 0, 9)
		begins := h.proposes(officer, later)
		officer.Get("/proposals/"+begins+"/dry-run").Shows(200, "It begins on 11\u00a0March\u00a02026, 12:00", "Tide Maps")

		watching := h.proposes(officer, rooms.Draft{Kind: rooms.Monitor, Organisation: "justice", Reason: "It is new", Content: rooms.Content{Monitor: &people.Monitor{Period: people.Period{Until: people.TimeOf(noon.AddDate(0, 1, 0))}}}})
		officer.Get("/proposals/"+watching+"/dry-run").Shows(200, "What it does not name", "Left alone")

		exempt := h.proposes(officer, rooms.Draft{Kind: rooms.Exemption, Reason: "To read it", Content: rooms.Content{Exemption: &policy.Exemption{
			Lifts: []string{"ban-parrot"}, Product: "parrot", Scope: "justice", Subject: policy.ExemptionSubject{Host: "j1"}, Purpose: "work", Period: policy.Period{Until: noon.AddDate(0, 1, 0)}}}})
		officer.Get("/proposals/"+exempt+"/dry-run").Shows(200, "Parrot Chat", "Banned").Has(`value="j1"`)

		taken := h.proposes(officer, ban("gov", "maps"))
		if _, err := h.room.Take(t.Context(), officer.Actor(), taken, rooms.Doing{Act: rooms.TakeBack, Version: 1}); err != nil {
			t.Fatal(err)
		}
		officer.Get("/proposals/" + taken).Shows(200).Lacks("dry-run")
		officer.Get("/proposals/"+taken+"/dry-run").Shows(200, "This is no longer proposed")
	})
}
