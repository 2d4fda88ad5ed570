package main

import (
	"context"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"portcullis/internal/browsertest"
)

// demonstrated is a demonstration that runs until the test ends, as a visitor's browser meets it.
type demonstrated struct {
	*browsertest.Browser
	at      string
	presses int
}

var opened = regexp.MustCompile(`is open at (\S+)`)

// TestDemonstration is one demonstration for all who visit it, one after the other as each leaves it: first everybody is
// somebody, then something is cleared, then a supplier is banned, and then Macs hear of it.
func TestDemonstration(t *testing.T) {
	t.Parallel()
	at := demonstrate(t)
	for _, v := range []struct {
		name  string
		visit func(*testing.T, *demonstrated)
	}{{"hints", visitHints}, {"clearance", visitClearance}, {"story", visitStory}, {"macs", visitMacs}} {
		t.Run(v.name, func(t *testing.T) { v.visit(t, &demonstrated{Browser: browsertest.Open(t), at: at}) })
	}
}

// demonstrate starts a demonstration and returns its address.
func demonstrate(t *testing.T) string {
	t.Helper()
	out := &lockedBuffer{wrote: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	env := &environment{Context: ctx, in: os.Stdin, out: out, err: io.Discard, now: time.Now}
	ended := make(chan int, 1)
	go func() { ended <- run(env, []string{"demo", "--listen", "127.0.0.1:0"}) }()
	t.Cleanup(func() {
		cancel()
		if status := <-ended; status != exitClean {
			t.Errorf("the demonstration ended with status %d", status)
		}
	})
	return (&front{log: out}).logged(t, opened)[1]
}

// press presses what leads to another page; all presses are counted.
func (d *demonstrated) press(selector string) {
	d.presses++
	d.Submit(selector)
}

// be chooses somebody, where they are offered.
func (d *demonstrated) be(face string) { d.press(`form[action="/demonstration/` + face + `"] button`) }

// open presses the first link in the page's text that says something.
func (d *demonstrated) open(t *testing.T, says string) {
	t.Helper()
	if !browsertest.Eval[bool](d.Browser, `(e => { if (e) e.dataset.opened = ""; return e !== undefined })([...document.querySelectorAll("main a")].find(e => e.textContent.includes(`+strconv.Quote(says)+`)))`) {
		t.Fatalf("%s has no link %q", d.Address(), says)
	}
	d.press("[data-opened]")
}

// sees fails the test unless the page has a text.
func (d *demonstrated) sees(t *testing.T, shot string, texts ...string) {
	t.Helper()
	d.Shot(shot)
	page := d.Text("main")
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("%s: %s does not have %q:\n%.2000s", shot, d.Address(), text, page)
		}
	}
}

// visitClearance clears what waits for a minister's office, on a phone and with a condition, and finds
// what else waits for whom.
func visitClearance(t *testing.T, d *demonstrated) {
	d.Phone()
	d.Go(d.at)
	d.Shot("20-first-phone")
	d.be("nomvula-dlamini")
	d.sees(t, "21-today-phone", "Clear an exemption, or say no")
	d.open(t, "Hushlane")
	d.sees(t, "22-clear-phone", "Catarina Lobo", "pensioners", "Until")
	d.Click("input[value=if]")
	d.Type("#conditions", "Not for anything but calls")
	d.Type("#minister", "The Minister for Pensions")
	d.press(`main form[method=post] button`)
	d.sees(t, "23-cleared-phone", "Your clearance is recorded")
	if d.presses > 3 {
		t.Errorf("a clearance takes %d presses", d.presses)
	}
	d.Wide()
	for _, look := range []struct{ face, sees string }{
		{"priya-raghunathan", "Lapses"}, {"nguyen-thi-mai", "Todoist"}, {"adaeze-nwosu", "Notion"}, {"rosalind-achterberg", "Ambulance Service"},
		{"tomasz-wilk", "messages"}, {"cordelia-vance", "Defence"}, {"gwendolyn-asante", "Police"}, {"ilse-brandvold", "Today"}, {"leila-farahani", "Today"},
	} {
		d.Go(d.at + "/demonstration")
		d.be(look.face)
		d.sees(t, "30-"+look.face, look.sees)
	}
	for shot, path := range map[string]string{"40-proposals": "/proposals", "41-made": "/proposals?state=made", "42-refused": "/proposals?state=refused", "43-health": "/process/health", "44-phone": "/devices/HEA-PHONE-0014"} {
		d.Go(d.at + path)
		d.Shot(shot)
	}
}
