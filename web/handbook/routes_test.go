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
		p, err := h.rooms.Handbook.Pass(t.Context(), h.grace.Actor(), aNote)
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
				h.Nobody().Post(path).Shows(http.StatusUnauthorized, "You are signed out")
			} else if a := (h.Nobody().Get(path)); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/sign-in?to=") {
				t.Errorf("%s: nobody gets %d to %q", path, a.Status, a.Location)
			}
			switch {
			case route.Permission == people.Own && method == http.MethodGet:
				h.grace.Get(path).Shows(http.StatusOK)
			case method == http.MethodGet:
				h.grace.Get(path).Shows(http.StatusForbidden, "You may not")
				h.keeper.Get(path).Shows(http.StatusOK)
			case route.Permission == people.KeepAdvice:
				h.grace.Post(path).Shows(http.StatusForbidden, "You may not")
				h.officer.Post(path, "version", "1", "subject", "personal", "title", "T", "text", "T").Shows(http.StatusForbidden, "You may not")
			}
		}
		h.foreign.Get("/channels/passed/"+p.ID).Shows(http.StatusForbidden).Lacks("Pat Pilot", "HBR")
		h.foreign.Get("/channels/passed/"+p.ID+"/correct").Shows(http.StatusForbidden).Lacks("Pat Pilot", "HBR")
		h.foreign.Get("/channels/notes").Shows(200).Lacks("Pat Pilot", "HBR")
		h.foreign.Get("/channels/notes?organisation=harbour").Shows(http.StatusForbidden).Lacks("Pat Pilot", "HBR")
		h.officer.Leads(h.officer.Get("/channels/passed/"+p.ID+"/correct"), "/channels/passed/"+p.ID).Shows(200, "Grace Holm").Lacks("Correct this note")
		h.officer.Post("/channels/passed/"+p.ID+"/correct", "version", "1", "day-day", "1", "day-month", "5", "day-year", "2026", "channel", "mail", "with", "x", "subject", "x", "where", "x").Shows(http.StatusForbidden, "A note is corrected by who wrote it")
		h.officer.Get("/advice").Shows(200).Lacks("Add advice") // an officer of one body does not keep what holds for all
		h.officer.Get("/advice/own-devices").Shows(200).Lacks("Change this advice")
	})
}
