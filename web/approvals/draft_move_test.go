package approvals_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	rooms "portcullis/approvals"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/web/approvals"
)

// TestMoveNames names ten of the rules that begin to hold by a move, and says who decides then.
func TestMoveNames(t *testing.T) {
	rules := "rules:\n"
	for i := range 12 {
		rules += fmt.Sprintf("  - {id: light-%02d, effect: ban, target: {product: maps}, components: false, clearance: none, platforms: [ios], versions: {until: \"%d\"}, scope: light, from: 2026-01-01, reason: r}\n", i, i+1)
	}
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		h := newHouse(t, open, strings.Replace(government, "rules:\n", rules, 1))
		chief, second := h.somebody("Ada Holm", people.CentreOfficer, "gov"), h.somebody("Bjørn Lund", people.CentreOfficer, "gov")
		process := rooms.Default()
		process.Exemption.LongestDays, process.Offices = 90, map[string]string{"minister": "light"}
		set := chief.proposes(rooms.Draft{Kind: rooms.Change, Organisation: "light", Reason: "It suits us", Content: rooms.Content{Process: &process}})
		second.takes(set.ID, rooms.Doing{Act: rooms.Sign})
		chief.Post("/proposals/new/organisation?organisation=justice", "parent", "light", "ownList", "inherit", "look", "yes").
			Shows(http.StatusOK, "What begins to hold there", "in versions before 10", "And 3 more", "Set by", "Department of Light", "Nobody: it is what every body begins with", "An exemption holds at most", "366 days", "90 days",
				"Clearance: Minister", "By the clearing office of Department of Light").Lacks("in versions before 11")
	})
}

// TestDraftMove takes a body elsewhere, from its page's form to the second signature.
func TestDraftMove(t *testing.T) {
	each(t, func(h *house) {
		chief, second := h.somebody("Ada Holm", people.CentreOfficer, "gov"), h.somebody("Bjørn Lund", people.CentreOfficer, "gov")
		path := "/proposals/new/organisation?organisation=pilots"
		chief.Get(path).Shows(http.StatusOK, "Propose where it belongs", "Board of Pilots").Has(`<option value="light" selected`)
		chief.Get("/proposals/new/organisation").Shows(http.StatusUnprocessableEntity, "Say which organisation")
		chief.Post(path, "parent", "justice", "ownList", "inherit", "when", "at-once").Shows(http.StatusUnprocessableEntity, "Say why")
		chief.Post(path, "parent", "light", "ownList", "inherit", "when", "at-once", "reason", "x").Shows(http.StatusUnprocessableEntity, "nothing would change")
		chief.Post(path, "parent", "pilots", "ownList", "inherit", "when", "at-once", "reason", "x").Shows(http.StatusUnprocessableEntity, "An organisation cannot stand below itself")
		seen := chief.Post(path, "parent", "justice", "ownList", "own", "when", "at-once", "reason", "It pilots judges now", "look", "yes")
		seen.Shows(http.StatusOK, "What it does, as things stand", "What ceases to hold there", "Allows Fog Notes", "for Government of Merrow and all below", "It changes:", "Roles in these count there too", "Department of Justice, Government of Merrow", "It pilots judges now").
			Has(`<option value="justice" selected`, `href="/rules/allow-notes"`).Lacks("What begins to hold there")
		chief.Post(path, "parent", "pilots", "ownList", "inherit", "look", "yes").FaultsAt("parent").Shows(http.StatusUnprocessableEntity, "An organisation cannot stand below itself")
		sent := chief.Post(path, "parent", "justice", "ownList", "own", "when", "at-once", "reason", "It pilots judges now")
		chief.Get(sent.Location).Shows(http.StatusOK, "Board of Pilots belongs to Department of Justice, with a list of its own", "Department of Light", "From when it is decided", "Bans and phase-outs that cease to hold", "Waits for a second signature")
		listed, err := h.room.Proposals(t.Context(), chief.Actor(), rooms.Query{Kind: rooms.Belonging})
		h.Do(nil, err)
		at := approvals.ProposalPath(listed.Proposals[0].ID)
		second.Get(at+"/sign").Shows(http.StatusOK, "Allow rules that cease to hold", "Only its own", "Allows Fog Notes", "It changes:")
		second.Leads(second.answers(listed.Proposals[0].ID, rooms.Sign), at).Shows(http.StatusOK, "You have signed it", "It was about no devices", "Ceasing to hold there: no bans and 1 allow rule", "From 2\u00a0March\u00a02026", "See the body", "What changed", "Before", "Department of Light").Lacks("when it is decided")
		o, err := h.People.Organisation(t.Context(), chief.Actor(), "pilots")
		if err != nil || o.Parent != "justice" || !o.OwnList {
			t.Errorf("it stands at %+v, %v", o, err)
		}
		h.somebody("Farida Marchetti", people.SecurityOfficer, "light").Get(path).Shows(http.StatusForbidden)
		h.somebody("Cato Lund", people.CentreOfficer, "light").Get("/proposals/new/organisation?organisation=light").Shows(http.StatusForbidden)
	})
}
