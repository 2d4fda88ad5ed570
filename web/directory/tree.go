package directory

import (
	"net/http"
	"slices"
	"strings"

	"portcullis/people"
	"portcullis/web/ui"
)

// tree is the organisations that somebody may see, as they stand to each other. What stands below one
// that they may not see is a root to them.
type tree struct {
	known map[string]people.Organisation
	below map[string][]people.Organisation // by parent; the roots are below ""
}

func (a *area) tree(r *http.Request) (tree, error) {
	all, err := a.room.Organisations(r.Context(), actor(r))
	return treeOf(all), err
}

func treeOf(all []people.Organisation) tree {
	t := tree{map[string]people.Organisation{}, map[string][]people.Organisation{}}
	for _, o := range all {
		t.known[o.ID] = o
	}
	for _, o := range all {
		parent := o.Parent
		if _, seen := t.known[parent]; !seen {
			parent = ""
		}
		t.below[parent] = append(t.below[parent], o)
	}
	return t
}

// branch is an organisation in its place.
type branch struct {
	people.Organisation
	Depth int // 0 at a root
}

// branches are all organisations, each followed by those below it.
func (t tree) branches() (all []branch) {
	var grow func(parent string, depth int)
	grow = func(parent string, depth int) {
		for _, o := range t.below[parent] {
			all = append(all, branch{o, depth})
			grow(o.ID, depth+1)
		}
	}
	grow("", 0)
	return all
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
	for _, b := range t.branches() {
		first = append(first, ui.Option{Value: b.ID, Label: strings.Repeat("\u2003", b.Depth) + b.Name})
	}
	return first
}

// has are the options with a value that must be among them, whether or not it may be seen.
func has(options []ui.Option, value string) []ui.Option {
	if slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
		return options
	}
	return append(options, ui.Option{Value: value, Label: value})
}

var chooseOne = ui.Option{Value: "", Label: "Choose one"}

// OrganisationPath is where an organisation is shown, or what is asked of it. An id may be anything:
// what would be taken for a step in the path, or for another page, gets a tilde before it.
func OrganisationPath(id string, more ...string) string {
	if id == "add" || strings.Trim(id, ".") == "" || strings.HasPrefix(id, "~") {
		id = "~" + id
	}
	return at(append([]string{"organisations", id}, more...)...)
}

// organisationIn is the id in the path of a request.
func organisationIn(r *http.Request) string { return strings.TrimPrefix(r.PathValue("id"), "~") }
