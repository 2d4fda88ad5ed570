package ui_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"portcullis/internal/browsertest"
	"portcullis/web/ui"
)

// unbroken is a word of 89 letters, as one has been put into an app's name.
var unbroken = strings.Repeat("Wind", 22) + "s"

// manyRows is a page with a table that is too long to be read on a phone at once, and with words too long for any column.
func manyRows(w http.ResponseWriter, r *http.Request) error {
	t := ui.Table{
		Caption: "Bodies", At: r.URL, Sorted: ui.SortOf(r, "body", "silent"), Total: ui.Row{ui.Text("Together"), ui.Text(""), ui.Number(60), ui.Number(0)},
		Columns: []ui.Column{{Title: "Body", Sort: "body"}, {Title: "State"}, {Title: "Devices", Number: true}, {Title: "Silent", Sort: "silent", Number: true}, {Title: "In breach", Number: true, Main: true}},
	}
	for i := range 60 {
		t.Rows = append(t.Rows, ui.Row{ui.Link{Text: fmt.Sprint("Harbour office ", i), Href: "/people"}, ui.Tag{Text: "Reports", Tone: ui.Good}, ui.Number(1), ui.Number(0), ui.Number(i)})
	}
	words := ui.Table{
		Caption: "Proposals", Columns: []ui.Column{{Title: "What"}, {Title: "Kind"}, {Title: "List of " + unbroken}, {Title: "Proposed"}, {Title: "State"}},
		Rows: []ui.Row{
			{ui.Named{Link: ui.Link{Text: "Allows " + unbroken, Href: "/people"}, More: ui.Muted(unbroken)}, ui.Text("Exemption"), ui.Text(unbroken), ui.Text("Telecommunications"), ui.Tag{Text: "In force until reviewed", Tone: ui.Waiting}},
			{ui.Text("Allows Ferry"), ui.Text("Who owns a company"), ui.Text("Department of Light, Fog and Signals"), ui.Text("Telecommunications"), ui.Tag{Text: "Open", Tone: ui.Waiting}},
		},
	}
	bars := ui.Bars{Caption: "Devices, by body", Label: "Body", Unit: "Devices", Items: []ui.Bar{{Label: unbroken, Value: 3, Href: "/people"}, {Label: "Ferry", Value: 1}}}
	said := ui.Table{Caption: "Devices", Columns: []ui.Column{{Title: "Device"}, {Title: "Body"}, {Title: "In breach", Main: true}}}
	for range 8 {
		said.Rows = append(said.Rows, ui.Row{ui.Link{Text: "Front desk", Href: "/people"}, ui.Text("Archive"), ui.List{Items: []ui.Component{ui.Text("Harbour Tides 4.2.1 – Older than the list allows since Tuesday"), ui.Text(unbroken)}}})
	}
	which := &ui.Form{Fields: []*ui.Field{{Name: "which", Label: "Which is it?", Hint: unbroken, As: ui.Radios{Options: []ui.Option{{Value: "a", Label: unbroken, Hint: unbroken}, {Value: "b", Label: "Ferry"}}}}}}
	return ui.Render(w, r, http.StatusOK, ui.Page{
		Title: "Many rows", Wide: true, Crumbs: []ui.Link{{Text: "Bodies", Href: "/people"}, {Text: unbroken, Href: "/people"}}, Content: []ui.Component{words, bars, t, said, which},
	})
}

const (
	seenRows = `[...document.querySelector('.app-table--folds').querySelectorAll('tbody tr')].filter(e => e.checkVisibility()).length`
	firstRow = `.app-table--folds tbody tr:first-child`
)

// TestLongWords: however long a word in a table is, the whole table stands on the page, and no word that people read is
// broken for it.
func TestLongWords(t *testing.T) {
	built(t)
	at := serve(t)
	b := browsertest.Open(t)
	for name, window := range map[string]func(){"wide": b.Wide, "phone": b.Phone} {
		window()
		b.Go(at + "/many")
		b.Accessible()
		b.Shot("many-" + name)
		if others := browsertest.Eval[string](b, fmt.Sprintf("[...document.querySelectorAll('.app-long')].map(e => e.textContent).filter(t => !t.includes(%q)).join(', ')", unbroken)); others != "" {
			t.Errorf("broken for their length may be: %s", others)
		}
		for _, word := range []string{"Telecommunications", "Exemption", "Proposed"} {
			lines := fmt.Sprintf(`Math.max(...[...document.querySelectorAll('table:first-of-type *')].filter(e => e.checkVisibility() && e.childNodes.length == 1 && e.textContent == %q)
				.map(e => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length }))`, word)
			if n := browsertest.Eval[int](b, lines); n != 1 {
				t.Errorf("%s: %s stands on %d lines", name, word, n)
			}
		}
	}
}

// TestManyRows: a phone shows of a long table its first rows, each with the number that matters, and the rest where it is
// asked for; a desk shows it as it is. None of that needs script.
func TestManyRows(t *testing.T) {
	built(t)
	at := serve(t)
	b := browsertest.Open(t)
	b.NoScript()
	b.Wide()
	b.Go(at + "/many")
	if n := browsertest.Eval[int](b, seenRows); n != 60 || b.Visible(".app-table__opens") || b.Visible(".app-table__rest") || !b.Visible(firstRow+" td:nth-child(3)") {
		t.Errorf("a desk shows %d rows, or not as they are", n)
	}
	b.Phone()
	b.Go(at + "/many")
	if n := browsertest.Eval[int](b, seenRows); n != 20 {
		t.Errorf("a phone shows %d rows", n)
	}
	if high := browsertest.Eval[int](b, "document.querySelector('.app-table--folds').offsetHeight"); high > 20*60+200 {
		t.Errorf("it is %d pixels long", high)
	}
	const devices, breaches = firstRow + " td:nth-child(3)", firstRow + " td:nth-child(5)"
	if b.Visible(devices) || !b.Visible(breaches) {
		t.Error("of a folded row is seen what it is not")
	}
	b.Click(firstRow + " summary")
	if !b.Visible(devices) || !b.Visible(breaches) || b.Visible(".app-table--folds tbody tr:nth-child(2) td:nth-child(3)") {
		t.Error("a row does not open by itself")
	}
	b.Click(".app-table__rest summary")
	if n := browsertest.Eval[int](b, seenRows); n != 60 {
		t.Errorf("asked for all, a phone shows %d rows", n)
	}
	b.Shot("many-opened-phone")
	b.Go(at + "/many?sort=-silent")
	if !b.Visible(firstRow+" td:nth-child(4)") || b.Visible(breaches) {
		t.Error("by what it is sorted is not beside the name")
	}
}
