package handbook_test

import (
	"net/http"
	"strings"
	"testing"

	room "portcullis/handbook"
	"portcullis/people"
	"portcullis/web/handbook"
)

var aNote = room.Note{Day: "2026-04-30", Channel: room.Messaging, With: "Pat Pilot", Subject: "Tablets for the tugs", Where: "HBR/26/114"}

// TestWhoMayEnter visits every route as somebody of each sort, and as nobody.
func TestWhoMayEnter(t *testing.T) {
	each(t, func(h *house) {
		p, err := h.rooms.Handbook.Pass(t.Context(), h.grace.actor(), aNote)
		if err != nil {
			t.Fatal(err)
		}
		for _, route := range handbook.Routes(h.rooms) {
			method, path, _ := strings.Cut(route.Pattern, " ")
			id := "own-devices"
			if strings.Contains(path, "passed") {
				id = p.ID
			}
			path = strings.ReplaceAll(path, "{id}", id)
			if method == http.MethodPost {
				visitor{h, ""}.post(path).shows(http.StatusUnauthorized, "You are signed out")
			} else if a := (visitor{h, ""}.get(path)); a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/sign-in?to=") {
				t.Errorf("%s: nobody gets %d to %q", path, a.status, a.location)
			}
			switch {
			case route.Permission == people.Own && method == http.MethodGet:
				h.grace.get(path).shows(http.StatusOK)
			case method == http.MethodGet:
				h.grace.get(path).shows(http.StatusForbidden, "You may not")
				h.keeper.get(path).shows(http.StatusOK)
			case route.Permission == people.KeepAdvice:
				h.grace.post(path).shows(http.StatusForbidden, "You may not")
				h.officer.post(path, "version", "1", "subject", "personal", "title", "T", "text", "T").shows(http.StatusForbidden, "You may not")
			}
		}
		h.foreign.get("/channels/passed/"+p.ID).shows(http.StatusForbidden).lacks("Pat Pilot", "HBR")
		h.foreign.get("/channels/passed/"+p.ID+"/correct").shows(http.StatusForbidden).lacks("Pat Pilot", "HBR")
		h.foreign.get("/channels/notes").shows(200).lacks("Pat Pilot", "HBR")
		h.foreign.get("/channels/notes?organisation=harbour").shows(http.StatusForbidden).lacks("Pat Pilot", "HBR")
		h.officer.leads(h.officer.get("/channels/passed/"+p.ID+"/correct"), "/channels/passed/"+p.ID).shows(200, "Grace Holm").lacks("Correct this note")
		h.officer.post("/channels/passed/"+p.ID+"/correct", "version", "1", "day-day", "1", "day-month", "5", "day-year", "2026", "channel", "mail", "with", "x", "subject", "x", "where", "x").shows(http.StatusForbidden, "A note is corrected by who wrote it")
		h.officer.get("/advice").shows(200).lacks("Add advice") // an officer of one body does not keep what holds for all
		h.officer.get("/advice/own-devices").shows(200).lacks("Change this advice")
	})
}
