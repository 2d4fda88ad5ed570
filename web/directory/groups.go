package directory

import (
	"net/http"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

var groupCrumbs = []ui.Link{{Text: "Groups", Href: "/groups"}}

// groups lists the groups.
func (a *area) groups(w http.ResponseWriter, r *http.Request) error {
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	found, err := a.room.Groups(r.Context(), actor(r), people.GroupQuery{After: cursorIn(r), Limit: perPage + 1})
	if err != nil {
		return err
	}
	found, last := more(found)
	table := ui.Table{
		Caption: "Groups", Unseen: true, At: r.URL, Columns: []ui.Column{{Title: "Group"}, {Title: "Organisation"}, {Title: "Last changed"}},
		Empty: ui.Empty{Text: "There is no group yet. A group is a named set of people, such as those who travel."},
	}
	page := ui.Page{Title: "Groups", Wide: true, Banner: ui.Done{"removed": "The group has been removed"}.Banner(r)}
	page.Content = append(page.Content, ui.Para("A group is a named set of people, for messages and exemptions. It lets nobody do anything: roles do that."))
	if may(r, people.ChangePeople) {
		table.Empty.Do = ui.Link{Text: "Add the first group", Href: "/groups/add"}
		page.Content = append(page.Content, ui.ButtonGroup{{Text: "Add a group", Href: "/groups/add"}})
	}
	for _, g := range found {
		table.Rows = append(table.Rows, ui.Row{ui.Link{Text: g.Name, Href: gate.Path("groups", g.ID)}, t.link(g.Organisation), when(r, g.Changed)})
	}
	if last != nil {
		table.Pages = ui.PagesAt(r.URL, "groups", "", cursorOf(last.ID, last.Name))
	}
	page.Content = append(page.Content, table)
	return ui.Render(w, r, http.StatusOK, page)
}

// addGroup adds a group.
func (a *area) addGroup(w http.ResponseWriter, r *http.Request) error {
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	form := &ui.Form{
		Fields: []*ui.Field{
			{Name: "name", Label: "Name", Hint: "What its members have in common, such as Travelling in May"},
			{Name: "organisation", Label: "Organisation", Hint: "Whose officers look after the group", As: ui.Select{Options: t.options(chooseOne)}},
		},
		Buttons: ui.ButtonGroup{{Text: "Add this group"}, ui.Cancel("/groups")},
	}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Add a group", Crumbs: groupCrumbs}}
	return q.Ask(w, r, func() (string, error) {
		if form.Value("organisation") == "" {
			return "", fault.In("organisation", "Choose the organisation")
		}
		g, err := a.room.AddGroup(r.Context(), actor(r), form.Value("organisation"), form.Value("name"), "", nil)
		return groupPath(g.ID, "added"), err
	})
}
