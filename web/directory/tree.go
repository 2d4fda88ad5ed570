package directory

import (
	"iter"
	"net/http"
	"strings"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// tree is the organisations that somebody may see, as they stand to each other. What stands below one
// that they may not see is a root to them.
type tree struct {
	all   []people.Organisation
	known map[string]people.Organisation
}

func (a *area) tree(r *http.Request) (tree, error) {
	all, err := a.room.Organisations(r.Context(), actor(r))
	t := tree{all, map[string]people.Organisation{}}
	for _, o := range all {
		t.known[o.ID] = o
	}
	return t, err
}

// branches are all organisations, each with how deep it stands and followed by those below it.
func (t tree) branches() iter.Seq2[int, people.Organisation] {
	return ui.Below(t.all, func(o people.Organisation) (string, string) { return o.ID, o.Parent })
}

// name is an organisation in words. Of one that may not be seen, there is only the id.
func (t tree) name(id string) string {
	switch o, known := t.known[id]; {
	case id == people.Everywhere:
		return "Everywhere"
	case known:
		return o.Name
	}
	return id
}

// link leads to an organisation, where it may be seen.
func (t tree) link(id string) ui.Link {
	link := ui.Link{Text: t.name(id)}
	if _, known := t.known[id]; known {
		link.Href = OrganisationPath(id)
	}
	return link
}

// options are the organisations to choose from, each as far to the right as it stands deep. first
// comes before them.
func (t tree) options(first ...ui.Option) []ui.Option {
	for depth, o := range t.branches() {
		first = append(first, ui.Option{Value: o.ID, Label: o.Name, Depth: depth})
	}
	return first
}

var chooseOne = ui.Option{Value: "", Label: "Choose one"}

// OrganisationPath is where an organisation is shown, or what is asked of it. An id may be anything:
// what would be taken for a step in the path, or for another page, gets a tilde before it.
func OrganisationPath(id string, more ...string) string {
	if id == "add" || strings.Trim(id, ".") == "" || strings.HasPrefix(id, "~") {
		id = "~" + id
	}
	return gate.Path(append([]string{"organisations", id}, more...)...)
}

// organisationIn is the id in the path of a request.
func organisationIn(r *http.Request) string { return strings.TrimPrefix(r.PathValue("id"), "~") }
