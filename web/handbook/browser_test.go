package handbook_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	room "portcullis/handbook"
	"portcullis/internal/browsertest"
	"portcullis/internal/storetest"
	"portcullis/store"
	"portcullis/web/ui"
)

// furnished serves a house with long texts in it, in which the browser may enter as anybody.
func furnished(t *testing.T, b *browsertest.Browser) (h *house, at string, note string, advice string) {
	if !ui.Built() {
		t.Fatal("the assets are not built: make assets")
	}
	clock := storetest.NewClock(noon)
	db, err := store.Open(t.Context(), store.Options{Data: t.TempDir(), Now: clock.Now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), schemas...); err != nil {
		t.Fatal(err)
	}
	h = newHouse(t, db, clock)
	long := aNote
	long.With, long.Where = "Ada Featherstonehaugh-Cholmondeley of the Board of Pilots, Tugs and Harbour Approaches (formerly the Commissioners)", "approaches.moorings.and.licensing.official.record@harbour.merrow.example"
	p, err := h.rooms.Handbook.Pass(t.Context(), h.grace.actor(), long)
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	if _, err := h.rooms.Handbook.CorrectPassed(t.Context(), h.grace.actor(), p.ID, aNote, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := h.rooms.Handbook.Pass(t.Context(), h.grace.actor(), long); err != nil {
		t.Fatal(err)
	}
	made, err := h.rooms.Handbook.AddAdvice(t.Context(), h.keeper.actor(), room.About{Subject: room.OnProduct, Of: "umberfell-paperlark"},
		room.Draft{Title: "Paperlark Scanner on your own phone", Text: "It is yours to decide.\n\n- What you photograph may be read elsewhere.\n- Use the camera that came with the device instead."})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []int64{1, 2} {
		if _, err := h.rooms.Handbook.ChangeAdvice(t.Context(), h.keeper.actor(), "platform-linux", room.Draft{Title: "Linux", Text: strings.Repeat("Ask. ", int(v))}, v); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/", h.handler)
	for name, v := range map[string]visitor{"keeper": h.keeper, "grace": h.grace, "officer": h.officer} {
		mux.HandleFunc("GET /enter/"+name, func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "portcullis", Value: v.cookie, Path: "/", HttpOnly: true})
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return h, browsertest.Local(server), p.ID, made.ID
}

// look checks a page on a desk and on a phone.
func look(b *browsertest.Browser, name string) {
	b.Wide()
	b.Accessible()
	b.Shot(name + "-wide")
	b.Phone()
	b.Accessible()
	b.Shot(name + "-phone")
}

func TestPagesInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	_, at, note, advice := furnished(t, b)
	for who, pages := range map[string]map[string]string{
		"keeper": {
			"advice-keeper": "/advice", "advice-own": "/advice/" + advice, "advice-add": "/advice/add", "advice-change": "/advice/platform-ios/change",
			"advice-take-back": "/advice/" + advice + "/take-back", "advice-versions": "/advice/platform-linux/versions",
		},
		"officer": {"notes": "/channels/notes", "note-officer": "/channels/passed/" + note},
		"grace": {
			"advice": "/advice", "advice-ios": "/advice/platform-ios", "advice-earlier": "/advice/earlier?day-day=2&day-month=5&day-year=2026", "channels": "/channels",
			"decide": "/channels/decide", "decide-error": "/channels/decide?answers=yn&go=on", "decide-end": "/channels/decide?answers=ynny", "decide-ask": "/channels/decide?answers=yy",
			"passed": "/channels/passed", "note": "/channels/passed/" + note, "correct": "/channels/passed/" + note + "/correct",
		},
	} {
		b.Go(at + "/enter/" + who)
		for name, path := range pages {
			b.Go(at + path)
			look(b, name)
		}
	}
}

// TestPassingOnInABrowser goes from the aid to a note that is kept, as a person does: with script, where every page is
// looked at, and without.
func TestPassingOnInABrowser(t *testing.T) {
	t.Run("script", func(t *testing.T) { passOn(t, browsertest.Open(t), look) })
	t.Run("no script", func(t *testing.T) {
		b := browsertest.Open(t)
		b.NoScript()
		passOn(t, b, func(*browsertest.Browser, string) {})
	})
}

func passOn(t *testing.T, b *browsertest.Browser, look func(b *browsertest.Browser, name string)) {
	_, at, _, _ := furnished(t, b)
	b.Go(at + "/enter/grace")
	b.Go(at + "/channels/decide")
	const on = "main form button"
	for _, answer := range []string{"y", "n", "n", "y"} {
		b.Submit(on)
		if title := b.Title(); !strings.HasPrefix(title, "Error: ") {
			t.Errorf("without an answer the title is %q", title)
		}
		b.Click("input[value=" + answer + "]")
		b.Submit(on)
	}
	if text := b.Text("h1"); text != "Pass it on to the official record" {
		t.Fatalf("the aid ends with %q", text)
	}
	b.Submit("main a.govuk-button")
	b.Submit(on)
	look(b, "pass-day-error")
	b.Type("#day-day", "30")
	b.Type("#day-month", "4")
	b.Type("#day-year", "2026")
	b.Submit(on)
	look(b, "pass-channel")
	b.Click("input[value=mail]")
	b.Submit(on)
	for _, typed := range [][2]string{{"#with", "Pat Pilot"}, {"#subject", "Tablets for the tugs"}, {"#where", "HBR/26/114"}} {
		b.Type(typed[0], typed[1])
		look(b, "pass-"+typed[0][1:])
		b.Submit(on)
	}
	look(b, "pass-check")
	b.Submit("button[value=with]")
	b.Type("#with", " and others")
	b.Submit(on)
	b.Submit(on)
	look(b, "pass-done")
	if text := b.Text("main"); !strings.Contains(text, "and others") || !strings.Contains(text, "Your note is kept") {
		t.Errorf("at the end stands %q", text)
	}
}
