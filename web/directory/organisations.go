package directory

import (
	"net/http"
	"strings"

	"portcullis/people"
	"portcullis/web/ui"
)

var organisationCrumbs = []ui.Link{{Text: "Organisations", Href: "/organisations"}}

// organisations shows the tree of organisations, or those that have the words looked for. Of each it says no more than
// how it differs from most: all else would make a page of hundreds of them too long to read, and to load.
func (a *area) organisations(w http.ResponseWriter, r *http.Request) error {
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	filter := ui.NewFilter(r.URL, &ui.Field{Name: "q", Label: "Name or id", As: ui.Input{Type: "search"}})
	page := ui.Page{Title: "Organisations", Wide: true}
	if may(r, people.ChangeOrganisations) {
		page.Content = append(page.Content, ui.ButtonGroup{{Text: "Add an organisation", Href: "/organisations/add"}})
	}
	page.Content = append(page.Content, filter)
	shown := t.found(r, filter.Value("q"))
	if !filter.Active() {
		shown = t.twigs(r)
	}
	switch {
	case len(shown) > 0:
		page.Content = append(page.Content, ui.Para("Unless something else is said beside it, each follows the allow rules of those above it as well, and what is not listed is enforced."), ui.Tree{Of: "Organisations", Tops: shown})
	case filter.Active():
		page.Content = append(page.Content, ui.Empty{Text: "No organisation has this in its name or id.", Do: ui.Link{Text: "Show all organisations", Href: "/organisations"}})
	default:
		empty := ui.Empty{Text: "There is no organisation yet. Everything else belongs to one."}
		if may(r, people.ChangeOrganisations) {
			empty.Do = ui.Link{Text: "Add the first organisation", Href: "/organisations/add"}
		}
		page.Content = append(page.Content, empty)
	}
	return ui.Render(w, r, http.StatusOK, page)
}

// foldedFrom is from how many organisations on what stands below one of them is folded, unless it stands at the top.
const foldedFrom = 60

// twigs are the organisations, each with those below it.
func (t tree) twigs(r *http.Request) []ui.Twig {
	below := map[string][]people.Organisation{}
	for _, o := range t.all {
		above := o.Parent
		if _, known := t.known[above]; !known {
			above = ""
		}
		below[above] = append(below[above], o)
	}
	var grow func(above string) []ui.Twig
	grow = func(above string) (all []ui.Twig) {
		for _, o := range below[above] {
			twig := ui.Twig{Link: t.link(o.ID), More: differs(r, o), Below: grow(o.ID)}
			if n := len(twig.Below); n > 0 && above != "" && len(t.all) >= foldedFrom {
				twig.Line = ui.Capital(ui.Count(n, "directly below", "directly below"))
			}
			all = append(all, twig)
		}
		return all
	}
	return grow("")
}

// found are the organisations that have the words, each with what it stands below.
func (t tree) found(r *http.Request, words string) (all []ui.Twig) {
	for _, o := range t.branches() {
		if !matches(o, words) {
			continue
		}
		var more ui.Line
		if o.Parent != "" {
			more = append(more, ui.Muted("below "+t.name(o.Parent)))
		}
		if is := differs(r, o); is != nil {
			more = append(more, is)
		}
		all = append(all, ui.Twig{Link: t.link(o.ID), More: more})
	}
	return all
}

// differs says what holds in an organisation that does not in most; nil where that is nothing.
func differs(r *http.Request, o people.Organisation) ui.Component {
	var line ui.Line
	if o.OwnList && o.Parent != "" {
		line = append(line, ui.Tag{Text: "Its own allow rules alone"})
	}
	if o.Monitor != nil {
		line = append(line, enforced(r, o))
	}
	if len(line) == 0 {
		return nil
	}
	return line
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
