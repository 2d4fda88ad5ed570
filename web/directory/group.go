package directory

import (
	"net/http"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

var groupDone = ui.Done{
	"added":   "The group has been added. Add its members next",
	"renamed": "The group has been renamed",
	"joined":  "They are in the group now",
	"left":    "They are no longer in the group",
}

func groupPath(id, done string) string { return gate.Path("groups", id) + "?done=" + done }

func crumbsOfGroup(g people.Group) []ui.Link {
	return append([]ui.Link{{Text: "Groups", Href: "/groups"}}, ui.Link{Text: g.Name, Href: gate.Path("groups", g.ID)})
}

// group shows one group and who is in it.
func (a *area) group(w http.ResponseWriter, r *http.Request) error {
	g, err := a.room.Group(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	members, err := a.room.Members(r.Context(), actor(r), g.ID, r.URL.Query().Get("after"), perPage+1)
	if err != nil {
		return err
	}
	members, last := more(members)
	can, err := a.allowed(r, g.Organisation, people.ChangePeople)
	if err != nil {
		return err
	}
	changes := can[people.ChangePeople]
	table := ui.Table{
		Caption: "Members", At: r.URL, Columns: []ui.Column{{Title: "Name and mail address"}, {Title: "State"}},
		Empty: ui.Empty{Text: "Nobody is in this group."},
	}
	page := ui.Page{Title: g.Name, Caption: t.name(g.Organisation), Wide: true, Crumbs: groupCrumbs, Banner: groupDone.Banner(r)}
	if changes {
		table.Columns = append(table.Columns, ui.Column{Title: "What you can do", Unseen: true})
		table.Empty.Do = ui.Link{Text: "Add the first member", Href: gate.Path("groups", g.ID, "join")}
		page.Content = append(page.Content, ui.ButtonGroup{
			{Text: "Add members", Href: gate.Path("groups", g.ID, "join")},
			{Text: "Rename", Href: gate.Path("groups", g.ID, "rename"), Kind: ui.Secondary},
			{Text: "Remove this group", Href: gate.Path("groups", g.ID, "remove"), Kind: ui.Secondary},
		})
	}
	for _, p := range members {
		row := ui.Row{personCell(p), state(p)}
		if changes {
			row = append(row, ui.Post{
				Action: gate.Path("groups", g.ID, "leave"), Hidden: []ui.Hidden{{Name: "person", Value: p.ID}},
				Button: ui.Button{Text: "Take\u00a0out", Hidden: p.Name + " of the group", Kind: ui.Quiet},
			})
		}
		table.Rows = append(table.Rows, row)
	}
	if last != nil {
		table.Pages = ui.PagesAt(r.URL, "members", "", last.ID)
	}
	page.Content = append(page.Content, table)
	return ui.Render(w, r, http.StatusOK, page)
}

// leaveGroup takes a person out of a group. They can be put back, so it asks no question.
func (a *area) leaveGroup(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if _, err := a.room.ChangeGroup(r.Context(), actor(r), id, people.GroupChange{Leave: []string{r.PostFormValue("person")}}); err != nil {
		return err
	}
	return ui.See(w, r, groupPath(id, "left"))
}

// joinGroup looks for people by name and puts those chosen into a group.
func (a *area) joinGroup(w http.ResponseWriter, r *http.Request) error {
	g, err := a.room.Group(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	filter := ui.NewFilter(r.URL, &ui.Field{Name: "q", Label: "Name or mail address", As: ui.Input{Type: "search"}})
	page := ui.Page{Title: "Add members", Caption: g.Name, Crumbs: crumbsOfGroup(g)}
	q := ui.Question{Page: page, Form: &ui.Form{Buttons: ui.ButtonGroup{{Text: "Add to the group"}, ui.Cancel(gate.Path("groups", g.ID))}}}
	q.Page.Content = []ui.Component{filter}
	if !filter.Active() {
		q.Page.Content = append(q.Page.Content, ui.Para("Look for the people first: the beginning of a name is enough."))
		if r.Method != http.MethodPost {
			return ui.Render(w, r, http.StatusOK, q.Page)
		}
	}
	options, err := a.candidates(r, filter.Value("q"))
	if err != nil {
		return err
	}
	if len(options) == 0 && filter.Active() {
		q.Page.Content = append(q.Page.Content, ui.Empty{Text: "Nobody active here has a name or mail address with a word that begins so."})
		return ui.Render(w, r, http.StatusOK, q.Page)
	}
	if len(options) == perPage {
		q.Page.Content = append(q.Page.Content, ui.Para("These are the first "+ui.Number(perPage).String()+". If somebody is missing, type more of their name."))
	}
	q.Form.Fields = []*ui.Field{{Name: "members", Label: "Who should be in the group?", As: ui.Checkboxes{Options: options, Small: true}}}
	return q.Ask(w, r, func() (string, error) {
		chosen := q.Form.Values("members")
		if len(chosen) == 0 {
			return "", fault.In("members", "Choose at least one person")
		}
		_, err := a.room.ChangeGroup(r.Context(), actor(r), g.ID, people.GroupChange{Join: chosen})
		return groupPath(g.ID, "joined"), err
	})
}

// candidates are the active people whom words find, to choose from.
func (a *area) candidates(r *http.Request, words string) ([]ui.Option, error) {
	t, err := a.tree(r)
	if err != nil {
		return nil, err
	}
	active := true
	found, err := a.room.Persons(r.Context(), actor(r), people.PersonQuery{Words: words, Active: &active, Limit: perPage})
	if err != nil {
		return nil, err
	}
	var options []ui.Option
	for _, p := range found {
		options = append(options, ui.Option{Value: p.ID, Label: p.Name, Hint: t.name(p.Organisation)})
	}
	return options, nil
}

// renameGroup gives a group another name.
func (a *area) renameGroup(w http.ResponseWriter, r *http.Request) error {
	g, err := a.room.Group(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	form := &ui.Form{
		Version: ui.Versioned(g.Version), Fields: []*ui.Field{{Name: "name", Label: "New name", Values: []string{g.Name}}},
		Buttons: ui.ButtonGroup{{Text: "Rename"}, ui.Cancel(gate.Path("groups", g.ID))},
	}
	q := ui.Question{Form: form, Current: groupNow(r, g), Page: ui.Page{Title: "Rename this group", Caption: g.Name, Crumbs: crumbsOfGroup(g)}}
	return q.Ask(w, r, func() (string, error) {
		v, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		name := form.Value("name")
		_, err = a.room.ChangeGroup(r.Context(), actor(r), g.ID, people.GroupChange{Name: &name, Version: v})
		return groupPath(g.ID, "renamed"), err
	})
}

// removeGroup asks whether to remove a group, and does it.
func (a *area) removeGroup(w http.ResponseWriter, r *http.Request) error {
	g, err := a.room.Group(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	form := &ui.Form{Version: ui.Versioned(g.Version), Buttons: ui.ButtonGroup{{Text: "Remove the group", Kind: ui.Danger}, ui.Cancel(gate.Path("groups", g.ID))}}
	says := ui.Confirm{
		Says:    []string{"Its members stay as they are. What was decided for the group, such as an exemption, reaches nobody by it from then on.", "Who was in it, and when, can still be found out."},
		Warning: "A removed group does not come back.",
	}
	q := ui.Question{Form: form, Confirms: &says, Current: groupNow(r, g), Page: ui.Page{Title: "Remove the group " + g.Name + "?", Crumbs: crumbsOfGroup(g)}}
	return q.Ask(w, r, func() (string, error) {
		v, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		return "/groups?done=removed", a.room.RemoveGroup(r.Context(), actor(r), g.ID, v)
	})
}

func groupNow(r *http.Request, g people.Group) ui.Summary {
	return ui.Summary{Rows: []ui.SummaryRow{{Key: "Name", Value: ui.Text(g.Name)}, {Key: "Last changed", Value: when(r, g.Changed)}}}
}
