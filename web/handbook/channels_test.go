package handbook_test

import (
	"html"
	"strings"
	"testing"
	"time"

	room "portcullis/handbook"
)

func TestAid(t *testing.T) {
	each(t, func(h *house) {
		first := room.DecisionAid().Questions[0]
		h.grace.Get("/channels").Shows(200, "Do I need to pass it on?", "Personal mail", "What you have passed on").Lacks("/channels/notes")
		h.officer.Get("/channels").Shows(200, "/channels/notes")
		h.grace.Get("/channels/decide").Shows(200, first.Ask, "stored nowhere").Has("<h1", `name="answers" value=""`)
		h.grace.Get("/channels/decide?answers=&go=on").Shows(422, "Choose yes or no").Has("<title>Error: ")
		second := h.grace.Leads(h.grace.Get("/channels/decide?answers=&answer=y&go=on"), "/channels/decide?answers=y").Shows(200, room.DecisionAid().Questions[1].Ask).Has(`name="answers" value="y"`, `href="/channels/decide"`)
		h.grace.Leads(h.grace.Get("/channels/decide?"+"answers="+second.Fields().Get("answers")+"&answer=n&go=on"), "/channels/decide?answers=yn").Shows(200).Has(`href="/channels/decide?answers=y"`)
		h.grace.Get("/channels/decide?answers=ynny").Shows(200, "Pass it on to the official record", "Who carries it out", "Say where it went").Has(`href="/channels/decide?answers=yn"`)
		h.grace.Get("/channels/decide?answers=n").Shows(200, "No need to keep it", "Begin again").Lacks("Say where it went")
		h.grace.Get("/channels/decide?answers=yy").Shows(200, "Ask before you do anything", "Do not forward it")
		for _, wrong := range []string{"x", "nn", "ynnyy", "%3Cscript%3E"} {
			h.grace.Get("/channels/decide?answers="+wrong).Shows(404, "lead nowhere").Lacks("<script>alert")
		}
	})
}

// TestPass answers one question after the other, wrongly first, and changes an answer at the end.
func TestPass(t *testing.T) {
	each(t, func(h *house) {
		const path = "/channels/pass"
		page := h.grace.Get(path).Shows(200, "On which day did you talk?", "Nothing of what was said", "six years")
		h.grace.goesOn(page, path).Shows(422, "Enter the day on which you talked")
		h.grace.goesOn(page, path, "day-day", "31", "day-month", "2", "day-year", "2026").Shows(422, "Give a day that exists").Has(`value="31"`).Lacks("Choose how")
		h.grace.goesOn(page, path, "day-day", "3", "day-month", "5", "day-year", "2027").Shows(422, "in the future")
		page = h.grace.goesOn(page, path, "day-day", "30", "day-month", "4", "day-year", "2026").Shows(200, "How did you talk?").Has(`name="day-month" value="4"`).Lacks("Nothing of what was said")
		h.grace.goesOn(page, path).Shows(422, "Choose how you talked")
		page = h.grace.goesOn(page, path, "channel", "messaging").Shows(200, "Whom did you talk with?")
		page = h.grace.goesOn(page, path, "with", "Pat <Pilot>").Shows(200, "What was it about?")
		h.grace.goesOn(page, path, "subject", strings.Repeat("He said that. ", 20)).Shows(422, "120 characters or fewer")
		page = h.grace.goesOn(page, path, "subject", "Tablets").Shows(200, "Where did the record go?")
		check := h.grace.goesOn(page, path, "where", "HBR/26/114").Shows(200, "Check your note", "30\u00a0April\u00a02026", "Pat <Pilot>", "A private messaging app", "Keep this note")
		page = h.grace.goesOn(check, path, "change", "subject").Shows(200, "What was it about?").Has(`value="Tablets"`, `value="HBR/26/114"`)
		h.grace.goesOn(page, path, "subject", "").Shows(422, "Say in one line")
		check = h.grace.goesOn(page, path, "subject", "Tablets for the tugs").Shows(200, "Check your note", "Tablets for the tugs")
		h.grace.goesOn(check, path, "where", "").Shows(422, "Say where the record went")
		kept := h.grace.Leads(h.grace.goesOn(check, path), "/channels/passed/").Shows(200, "Thank you. Your note is kept", "Tablets for the tugs", "Correct this note")
		if strings.Contains(kept.Request, "Tablets") {
			t.Error("the address tells")
		}
		h.grace.Get("/channels/passed").Shows(200, "Tablets for the tugs", "Pass on something else")
		h.keeper.Get("/channels/passed").Shows(200, "You have passed nothing on so far").Lacks("Tablets")
		h.officer.Get("/channels/notes").Shows(200, "Tablets for the tugs", "Grace Holm", "Harbour Office", "Pat <Pilot>")
		h.officer.Get("/channels/notes?organisation=harbour").Shows(200, "Tablets for the tugs")
		h.grace.Post(path, "step", "check").Shows(422, "Enter the day")
		h.grace.Post(path, "step", "nothing", "change", "nothing").Shows(200, "On which day")
	})
}

func TestCorrect(t *testing.T) {
	each(t, func(h *house) {
		p, err := h.rooms.Handbook.Pass(t.Context(), h.grace.Actor(), aNote)
		if err != nil {
			t.Fatal(err)
		}
		path := "/channels/passed/" + p.ID
		h.Clock.Advance(time.Hour)
		first, second := h.grace.Get(path+"/correct").Shows(200).Has(`value="HBR/26/114"`, `value="30"`), h.grace.Get(path+"/correct")
		h.grace.goesOn(first, path+"/correct", "with", "", "day-year", "2062").Shows(422, "Say whom you talked with", "in the future")
		h.grace.Leads(h.grace.goesOn(first, path+"/correct", "where", "HBR/26/115"), path+"?done=corrected").Shows(200, "HBR/26/115", "HBR/26/114", "Until 3\u00a0May\u00a02026, 13:00")
		h.grace.goesOn(second, path+"/correct", "where", "Mine").Shows(422, "Somebody else has changed this", "HBR/26/115").Has(`value="Mine"`)
		h.grace.Leads(h.grace.goesOn(h.grace.Get(path+"/correct"), path+"/correct"), path+"?done=same").Shows(200, "Everything is as it was")
		h.officer.Get(path).Shows(200, "HBR/26/115", "HBR/26/114", "Grace Holm")
		h.grace.Get("/channels/passed/nothing").Shows(404, "There is no such note")
	})
}

func TestNotesByPages(t *testing.T) {
	each(t, func(h *house) {
		for range 60 {
			h.Clock.Advance(time.Second)
			if _, err := h.rooms.Handbook.Pass(t.Context(), h.grace.Actor(), aNote); err != nil {
				t.Fatal(err)
			}
		}
		for path, v := range map[string]visitor{"/channels/passed": h.grace, "/channels/notes": h.officer} {
			first := v.Get(path).Shows(200).Has(`rel="next"`)
			before, _, _ := strings.Cut(first.Body, `" rel="next"`)
			next := html.UnescapeString(before[strings.LastIndex(before, `href="`)+len(`href="`):])
			second := v.Get(next).Shows(200).Lacks(`rel="next"`)
			if n, m := strings.Count(first.Body, "Tablets"), strings.Count(second.Body, "Tablets"); n != 50 || m != 10 {
				t.Errorf("%s: %d, then %d", path, n, m)
			}
		}
	})
}
