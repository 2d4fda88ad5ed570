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
		h.grace.get("/channels").shows(200, "Do I need to pass it on?", "Personal mail", "What you have passed on").lacks("/channels/notes")
		h.officer.get("/channels").shows(200, "/channels/notes")
		h.grace.get("/channels/decide").shows(200, "<h1", first.Ask, "stored nowhere", `name="answers" value=""`)
		h.grace.get("/channels/decide?answers=&go=on").shows(422, "Choose yes or no", "<title>Error: ")
		second := h.grace.leads(h.grace.get("/channels/decide?answers=&answer=y&go=on"), "/channels/decide?answers=y").shows(200, room.DecisionAid().Questions[1].Ask, `name="answers" value="y"`, `href="/channels/decide"`)
		h.grace.leads(h.grace.get("/channels/decide?"+"answers="+second.fields()["answers"]+"&answer=n&go=on"), "/channels/decide?answers=yn").shows(200, `href="/channels/decide?answers=y"`)
		h.grace.get("/channels/decide?answers=ynny").shows(200, "Pass it on to the official record", "Who carries it out", "Say where it went", `href="/channels/decide?answers=yn"`)
		h.grace.get("/channels/decide?answers=n").shows(200, "No need to keep it", "Begin again").lacks("Say where it went")
		h.grace.get("/channels/decide?answers=yy").shows(200, "Ask before you do anything", "Do not forward it")
		for _, wrong := range []string{"x", "nn", "ynnyy", "%3Cscript%3E"} {
			h.grace.get("/channels/decide?answers="+wrong).shows(404, "lead nowhere").lacks("<script>alert")
		}
	})
}

// TestPass answers one question after the other, wrongly first, and changes an answer at the end.
func TestPass(t *testing.T) {
	each(t, func(h *house) {
		const path = "/channels/pass"
		page := h.grace.get(path).shows(200, "On which day did you talk?", "Nothing of what was said", "six years")
		h.grace.goesOn(page, path).shows(422, "Enter the day on which you talked")
		h.grace.goesOn(page, path, "day-day", "31", "day-month", "2", "day-year", "2026").shows(422, "Give a day that exists", `value="31"`).lacks("Choose how")
		h.grace.goesOn(page, path, "day-day", "3", "day-month", "5", "day-year", "2027").shows(422, "in the future")
		page = h.grace.goesOn(page, path, "day-day", "30", "day-month", "4", "day-year", "2026").shows(200, "How did you talk?", `name="day-month" value="4"`).lacks("Nothing of what was said")
		h.grace.goesOn(page, path).shows(422, "Choose how you talked")
		page = h.grace.goesOn(page, path, "channel", "messaging").shows(200, "Whom did you talk with?")
		page = h.grace.goesOn(page, path, "with", "Pat <Pilot>").shows(200, "What was it about?")
		h.grace.goesOn(page, path, "subject", strings.Repeat("He said that. ", 20)).shows(422, "120 characters or fewer")
		page = h.grace.goesOn(page, path, "subject", "Tablets").shows(200, "Where did the record go?")
		check := h.grace.goesOn(page, path, "where", "HBR/26/114").shows(200, "Check your note", "30\u00a0April\u00a02026", "Pat <Pilot>", "A private messaging app", "Keep this note")
		page = h.grace.goesOn(check, path, "change", "subject").shows(200, "What was it about?", `value="Tablets"`, `value="HBR/26/114"`)
		h.grace.goesOn(page, path, "subject", "").shows(422, "Say in one line")
		check = h.grace.goesOn(page, path, "subject", "Tablets for the tugs").shows(200, "Check your note", "Tablets for the tugs")
		h.grace.goesOn(check, path, "where", "").shows(422, "Say where the record went")
		kept := h.grace.leads(h.grace.goesOn(check, path), "/channels/passed/").shows(200, "Thank you. Your note is kept", "Tablets for the tugs", "Correct this note")
		if strings.Contains(kept.request, "Tablets") {
			t.Error("the address tells")
		}
		h.grace.get("/channels/passed").shows(200, "Tablets for the tugs", "Pass on something else")
		h.keeper.get("/channels/passed").shows(200, "You have passed nothing on so far").lacks("Tablets")
		h.officer.get("/channels/notes").shows(200, "Tablets for the tugs", "Grace Holm", "Harbour Office", "Pat <Pilot>")
		h.officer.get("/channels/notes?organisation=harbour").shows(200, "Tablets for the tugs")
		h.grace.post(path, "step", "check").shows(422, "Enter the day")
		h.grace.post(path, "step", "nothing", "change", "nothing").shows(200, "On which day")
	})
}

func TestCorrect(t *testing.T) {
	each(t, func(h *house) {
		p, err := h.rooms.Handbook.Pass(t.Context(), h.grace.actor(), aNote)
		if err != nil {
			t.Fatal(err)
		}
		path := "/channels/passed/" + p.ID
		h.clock.Advance(time.Hour)
		first, second := h.grace.get(path+"/correct").shows(200, `value="HBR/26/114"`, `value="30"`), h.grace.get(path+"/correct")
		h.grace.goesOn(first, path+"/correct", "with", "", "day-year", "2062").shows(422, "Say whom you talked with", "in the future")
		h.grace.leads(h.grace.goesOn(first, path+"/correct", "where", "HBR/26/115"), path+"?done=corrected").shows(200, "HBR/26/115", "HBR/26/114", "Until 3\u00a0May\u00a02026, 13:00")
		h.grace.goesOn(second, path+"/correct", "where", "Mine").shows(422, "Somebody else has changed this", "HBR/26/115", `value="Mine"`)
		h.grace.leads(h.grace.goesOn(h.grace.get(path+"/correct"), path+"/correct"), path+"?done=same").shows(200, "Everything is as it was")
		h.officer.get(path).shows(200, "HBR/26/115", "HBR/26/114", "Grace Holm")
		h.grace.get("/channels/passed/nothing").shows(404, "There is no such note")
	})
}

func TestNotesByPages(t *testing.T) {
	each(t, func(h *house) {
		for range 60 {
			h.clock.Advance(time.Second)
			if _, err := h.rooms.Handbook.Pass(t.Context(), h.grace.actor(), aNote); err != nil {
				t.Fatal(err)
			}
		}
		for path, v := range map[string]visitor{"/channels/passed": h.grace, "/channels/notes": h.officer} {
			first := v.get(path).shows(200, `rel="next"`)
			before, _, _ := strings.Cut(first.body, `" rel="next"`)
			next := html.UnescapeString(before[strings.LastIndex(before, `href="`)+len(`href="`):])
			second := v.get(next).shows(200).lacks(`rel="next"`)
			if n, m := strings.Count(first.body, "Tablets"), strings.Count(second.body, "Tablets"); n != 50 || m != 10 {
				t.Errorf("%s: %d, then %d", path, n, m)
			}
		}
	})
}
