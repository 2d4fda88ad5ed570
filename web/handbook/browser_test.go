package handbook_test

import (
	"strings"
	"testing"
	"time"

	room "portcullis/handbook"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/store"
)

// furnished is a walk through a house with long texts in it.
func furnished(t *testing.T) (h *house, w *pagetest.Walk, note string, advice string) {
	h = newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas))
	long := aNote
	long.With, long.Where = "Ada Featherstonehaugh-Cholmondeley of the Board of Pilots, Tugs and Harbour Approaches (formerly the Commissioners)", "approaches.moorings.and.licensing.official.record@harbour.merrow.example"
	p, err := h.rooms.Handbook.Pass(t.Context(), h.grace.Actor(), long)
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Hour)
	if _, err := h.rooms.Handbook.CorrectPassed(t.Context(), h.grace.Actor(), p.ID, aNote, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := h.rooms.Handbook.Pass(t.Context(), h.grace.Actor(), long); err != nil {
		t.Fatal(err)
	}
	made, err := h.rooms.Handbook.AddAdvice(t.Context(), h.keeper.Actor(), room.About{Subject: room.OnProduct, Of: "umberfell-paperlark"},
		room.Draft{Title: "Paperlark Scanner on your own phone", Text: "It is yours to decide.\n\n- What you photograph may be read elsewhere.\n- Use the camera that came with the device instead."})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []int64{1, 2} {
		if _, err := h.rooms.Handbook.ChangeAdvice(t.Context(), h.keeper.Actor(), "platform-linux", room.Draft{Title: "Linux", Text: strings.Repeat("Ask. ", int(v))}, v); err != nil {
			t.Fatal(err)
		}
	}
	return h, h.Walk(), p.ID, made.ID
}

func TestPagesInABrowser(t *testing.T) {
	h, w, note, advice := furnished(t)
	for who, pages := range map[visitor]map[string]string{
		h.keeper: {
			"advice-keeper": "/advice", "advice-own": "/advice/" + advice, "advice-add": "/advice/add", "advice-change": "/advice/platform-ios/change",
			"advice-take-back": "/advice/" + advice + "/take-back", "advice-versions": "/advice/platform-linux/versions",
		},
		h.officer: {"notes": "/channels/notes", "note-officer": "/channels/passed/" + note},
		h.grace: {
			"advice": "/advice", "advice-ios": "/advice/platform-ios", "advice-earlier": "/advice/earlier?day-day=2&day-month=5&day-year=2026", "channels": "/channels",
			"decide": "/channels/decide", "decide-error": "/channels/decide?answers=yn&go=on", "decide-end": "/channels/decide?answers=ynny", "decide-ask": "/channels/decide?answers=yy",
			"passed": "/channels/passed", "note": "/channels/passed/" + note, "correct": "/channels/passed/" + note + "/correct",
		},
	} {
		w.Enter(who.Visitor)
		for name, path := range pages {
			w.Look(path, name)
		}
	}
}

// TestPassingOnInABrowser goes from the aid to a note that is kept, as a person does: with script, where every page is
// looked at, and without.
func TestPassingOnInABrowser(t *testing.T) {
	t.Run("script", func(t *testing.T) {
		h, w, _, _ := furnished(t)
		passOn(t, h, w, w.Seen)
	})
	t.Run("no script", func(t *testing.T) {
		h, w, _, _ := furnished(t)
		w.NoScript()
		passOn(t, h, w, func(string) {})
	})
}

func passOn(t *testing.T, h *house, w *pagetest.Walk, look func(name string)) {
	w.Enter(h.grace.Visitor)
	w.Go("/channels/decide")
	const on = "main form button"
	for _, answer := range []string{"y", "n", "n", "y"} {
		w.Submit(on)
		if title := w.Title(); !strings.HasPrefix(title, "Error: ") {
			t.Errorf("without an answer the title is %q", title)
		}
		w.Click("input[value=" + answer + "]")
		w.Submit(on)
	}
	if text := w.Text("h1"); text != "Pass it on to the official record" {
		t.Fatalf("the aid ends with %q", text)
	}
	w.Submit("main a.govuk-button")
	w.Submit(on)
	look("pass-day-error")
	w.Type("#day-day", "30")
	w.Type("#day-month", "4")
	w.Type("#day-year", "2026")
	w.Submit(on)
	look("pass-channel")
	w.Click("input[value=mail]")
	w.Submit(on)
	for _, typed := range [][2]string{{"#with", "Pat Pilot"}, {"#subject", "Tablets for the tugs"}, {"#where", "HBR/26/114"}} {
		w.Type(typed[0], typed[1])
		look("pass-" + typed[0][1:])
		w.Submit(on)
	}
	look("pass-check")
	w.Submit("button[value=with]")
	w.Type("#with", " and others")
	w.Submit(on)
	w.Submit(on)
	look("pass-done")
	if text := w.Text("main"); !strings.Contains(text, "and others") || !strings.Contains(text, "Your note is kept") {
		t.Errorf("at the end stands %q", text)
	}
}
