package approvals_test

import (
	"net/http"
	"testing"

	rooms "portcullis/approvals"
	"portcullis/people"
	"portcullis/web/approvals"
)

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
		sent := chief.Post(path, "parent", "justice", "ownList", "own", "when", "at-once", "reason", "It pilots judges now")
		chief.Get(sent.Location).Shows(http.StatusOK, "Board of Pilots belongs to Department of Justice, with a list of its own", "Department of Light", "From when it is decided", "Bans and phase-outs that cease to hold", "Waits for a second signature")
		listed, err := h.room.Proposals(t.Context(), chief.Actor(), rooms.Query{Kind: rooms.Belonging})
		h.Do(nil, err)
		at := approvals.ProposalPath(listed.Proposals[0].ID)
		second.Get(at+"/sign").Shows(http.StatusOK, "Allow rules that cease to hold", "Only its own")
		second.Leads(second.answers(listed.Proposals[0].ID, rooms.Sign), at).Shows(http.StatusOK, "You have signed it", "It was about no devices", "Ceasing to hold there: no bans and 1 allow rule", "From 2\u00a0March\u00a02026", "See the body").Lacks("when it is decided")
		o, err := h.People.Organisation(t.Context(), chief.Actor(), "pilots")
		if err != nil || o.Parent != "justice" || !o.OwnList {
			t.Errorf("it stands at %+v, %v", o, err)
		}
		h.somebody("Farida Marchetti", people.SecurityOfficer, "light").Get(path).Shows(http.StatusForbidden)
		h.somebody("Cato Lund", people.CentreOfficer, "light").Get("/proposals/new/organisation?organisation=light").Shows(http.StatusForbidden)
	})
}
