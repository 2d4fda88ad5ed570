package directory

import (
	"net/http"
	"strings"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

var peopleCrumbs = []ui.Link{{Text: "People", Href: "/people"}}

// people lists persons.
func (a *area) people(w http.ResponseWriter, r *http.Request) error {
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	filter := peopleFilter(r, t)
	found, err := a.room.Persons(r.Context(), actor(r), personQuery(r, filter))
	if err != nil {
		return err
	}
	found, last := more(found)
	table := ui.Table{
		Caption: "People", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Name and mail address"}, {Title: "Organisation"}, {Title: "State"}},
		Empty:   ui.Empty{Text: "There is nobody here yet."},
	}
	if may(r, people.ChangePeople) {
		table.Empty.Do = ui.Link{Text: "Add the first person", Href: "/people/add"}
	}
	if filter.Active() {
		table.Empty = ui.Empty{Text: "Nobody here fits. A word finds whoever's name, user name or mail address has a word that begins so.", Do: ui.Link{Text: "Show everybody", Href: "/people"}}
	}
	for _, p := range found {
		table.Rows = append(table.Rows, ui.Row{personCell(p), t.link(p.Organisation), state(p)})
	}
	if last != nil {
		table.Pages = ui.PagesAt(r.URL, "people", "", cursorOf(last.ID, last.Name))
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "People", Wide: true, Banner: importBanner(r), Content: append(peopleActions(r), filter, table)})
}

func peopleActions(r *http.Request) []ui.Component {
	var buttons ui.ButtonGroup
	if may(r, people.ChangePeople) {
		buttons = ui.ButtonGroup{{Text: "Add a person", Href: "/people/add"}, {Text: "Import people", Href: "/people/import", Kind: ui.Secondary}}
	}
	for _, p := range beside {
		if p.Shown(gate.Who(r.Context())) {
			buttons = append(buttons, ui.Button{Text: p.Text, Href: p.Href, Kind: ui.Secondary})
		}
	}
	return []ui.Component{buttons}
}

func peopleFilter(r *http.Request, t tree) *ui.Filter {
	roles := []ui.Option{{Label: "Any"}}
	for _, line := range people.Roles {
		roles = append(roles, ui.Option{Value: string(line.Role), Label: line.Name})
	}
	return ui.NewFilter(r.URL,
		&ui.Field{Name: "q", Label: "Name or mail address", As: ui.Input{Type: "search"}},
		&ui.Field{Name: "organisation", Label: "Organisation and all below", As: ui.Select{Options: t.options(ui.Option{Label: "Any"})}},
		&ui.Field{Name: "role", Label: "Role", As: ui.Select{Options: roles}},
		&ui.Field{Name: "state", Label: "State", As: ui.Select{Options: ui.Options("", "Any", "active", "Active", "inactive", "Not active")}},
	)
}

func personQuery(r *http.Request, filter *ui.Filter) people.PersonQuery {
	q := people.PersonQuery{
		Words: filter.Value("q"), Organisation: filter.Value("organisation"), Role: people.Role(filter.Value("role")),
		After: cursorIn(r), Limit: perPage + 1,
	}
	if s := filter.Value("state"); s != "" {
		active := s == "active"
		q.Active = &active
	}
	return q
}

// state is whether a person may sign in.
func state(p people.Person) ui.Component {
	if p.Active {
		return ui.Tag{Text: "Active", Tone: ui.Good}
	}
	return ui.Tag{Text: "Not\u00a0active"}
}

// personCell is a person in a table, with the address that tells two of one name apart.
func personCell(p people.Person) ui.Component {
	view := ui.Named{Link: ui.Link{Text: p.Name, Href: gate.Path("people", p.ID)}}
	if p.Mail != "" {
		view.More = ui.Muted(p.Mail)
	}
	return view
}

// cursorOf is a place in the order of names as the address has it: ids have no blanks.
func cursorOf(id, name string) string { return id + " " + name }

func cursorIn(r *http.Request) people.Place {
	id, name, _ := strings.Cut(r.URL.Query().Get("after"), " ")
	return people.Place{Name: name, ID: id}
}
