package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

const ledgerPage = 50

// ledger shows the ledger's entries, the newest first.
func (p *pages) ledger(w http.ResponseWriter, r *http.Request) error {
	// What is no number is the newest page: the address was mistyped, and nothing is lost.
	before, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	page, err := p.People.LedgerPage(r.Context(), gate.Actor(r.Context()), before, ledgerPage)
	if err != nil {
		return err
	}
	table := ui.Table{
		Caption: "Entries", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Entry", Number: true}, {Title: "What"}, {Title: "When"}, {Title: "Who"}, {Title: "About"}, {Title: "In full"}},
		Empty:   ui.Empty{Text: "There is no entry yet. The first comes with the first decision."},
	}
	for i := len(page.Entries) - 1; i >= 0; i-- {
		table.Rows = append(table.Rows, entryRow(r, page.Entries[i]))
	}
	if page.From > 0 {
		table.Pages = ui.PagesAt(r.URL, "entries", "", strconv.FormatInt(page.From, 10))
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Ledger", Wide: true, Content: []ui.Component{
		ui.Paragraph{ui.Text("Every decision enters here and stays. There are"), ui.Number(page.Size), ui.Text("entries.")},
		table,
		ui.Details{Summary: "How to check that nothing was rewritten", Content: []ui.Component{
			ui.Para("Keep a checkpoint, or a whole export, away from this server. Later, compare: the command asks no server and says which entry differs, if one does."),
			ui.Paragraph{ui.ID{Value: "portcullis ledger verify export.txt --checkpoint saved.txt", Of: "command"}},
			ui.Paragraph{ui.Link{Text: "The checkpoint as it is now", Href: "/ledger/checkpoint"}},
		}},
	}})
}

func entryRow(r *http.Request, e people.Shown) ui.Row {
	number := ui.Number(e.Index)
	if e.Sealed {
		return ui.Row{number, ui.Muted("Not public"), ui.Text("–"), ui.Text("–"), ui.Text("–"), ui.Text("–")}
	}
	actor := ui.Component(ui.Text(e.Actor))
	if e.Name != "" {
		actor = ui.Link{Text: e.Name, Href: "/people/" + e.Actor}
	}
	return ui.Row{number, ui.Text(kindText(e.Kind.Name)), ui.Time{At: e.At.Time(), Now: ui.Now(r)}, actor, ui.Text(strings.Join(about(e.Subjects), ", ")), payload(e)}
}

// kindText is a kind of entry in words: people.role-given is "Role given".
func kindText(name string) string {
	_, what, _ := strings.Cut(name, ".")
	what = strings.NewReplacer("-", " ", ".", " ").Replace(what)
	if what == "" {
		return name
	}
	return strings.ToUpper(what[:1]) + what[1:]
}

func about(subjects []string) (words []string) {
	for _, s := range subjects {
		if s == people.Everywhere {
			s = "every organisation"
		}
		words = append(words, s)
	}
	return words
}

func payload(e people.Shown) ui.Component {
	switch {
	case e.Erased:
		return ui.Muted("Erased")
	case len(e.Payload) == 0 || string(e.Payload) == "{}":
		return ui.Text("–")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(e.Payload, &fields); err != nil {
		return ui.Text(string(e.Payload))
	}
	var facts ui.Summary
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		value := string(fields[name])
		var text string
		if json.Unmarshal(fields[name], &text) == nil {
			value = text
		}
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: name, Value: ui.Text(value)})
	}
	return ui.Details{Summary: "Show", Content: []ui.Component{facts}}
}
