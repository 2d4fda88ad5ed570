package directory

import (
	"net/http"
	"strings"

	"portcullis/people"
	"portcullis/web/ui"
)

var organisationCrumbs = []ui.Link{{Text: "Organisations", Href: "/organisations"}}

// organisations shows the tree of organisations, or those that have the words looked for.
func (a *area) organisations(w http.ResponseWriter, r *http.Request) error {
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	filter := ui.NewFilter(r.URL, &ui.Field{Name: "q", Label: "Name or id", As: ui.Input{Type: "search"}})
	table := ui.Table{
		Caption: "Organisations", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Organisation"}, {Title: "Allow rules"}, {Title: "What is not listed"}},
		Empty:   ui.Empty{Text: "There is no organisation yet. Everything else belongs to one."},
	}
	if may(r, people.ChangeOrganisations) {
		table.Empty.Do = ui.Link{Text: "Add the first organisation", Href: "/organisations/add"}
	}
	if filter.Active() {
		table.Empty = ui.Empty{Text: "No organisation has this in its name or id.", Do: ui.Link{Text: "Show all organisations", Href: "/organisations"}}
	}
	for depth, o := range t.branches() {
		if !matches(o, filter.Value("q")) {
			continue
		}
		view := ui.Branch{Link: t.link(o.ID), Depth: depth}
		if o.Parent != "" {
			view.Below = t.name(o.Parent)
		}
		if filter.Active() {
			view.Depth = 0
		}
		table.Rows = append(table.Rows, ui.Row{view, list(o), enforced(r, o)})
	}
	page := ui.Page{Title: "Organisations", Wide: true}
	if may(r, people.ChangeOrganisations) {
		page.Content = append(page.Content, ui.ButtonGroup{{Text: "Add an organisation", Href: "/organisations/add"}})
	}
	page.Content = append(page.Content, filter, table)
	return ui.Render(w, r, http.StatusOK, page)
}

// matches tells whether the name or the id has all the words somewhere in it.
func matches(o people.Organisation, words string) bool {
	text := strings.ToLower(o.Name + " " + o.ID)
	for word := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// list says whose allow rules count in an organisation.
func list(o people.Organisation) ui.Component {
	if o.OwnList || o.Parent == "" {
		return ui.Text("Its own")
	}
	return ui.Text("From above as well")
}

// enforced says what becomes of what is not listed.
func enforced(r *http.Request, o people.Organisation) ui.Component {
	if o.Monitor == nil {
		return ui.Text("Enforced")
	}
	return ui.Line{ui.Tag{Text: "Watched", Tone: ui.Waiting}, ui.Text("until"), onDay(r, o.Monitor.Until, "")}
}
