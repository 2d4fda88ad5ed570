package directory

import (
	"net/http"

	"portcullis/people"
	"portcullis/web/ui"
)

const (
	own     = "own"
	inherit = "inherit"
)

func listField(ownList bool) *ui.Field {
	value := inherit
	if ownList {
		value = own
	}
	return &ui.Field{Name: "ownList", Label: "Whose allow rules count here?", Values: []string{value}, As: ui.Radios{Options: []ui.Option{
		{Value: inherit, Label: "Its own, and those of the organisations above it"},
		{Value: own, Label: "Only its own", Hint: "Bans from above count all the same"},
	}}}
}

// addOrganisation adds an organisation.
func (a *area) addOrganisation(w http.ResponseWriter, r *http.Request) error {
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	form := &ui.Form{
		Fields: []*ui.Field{
			{Name: "name", Label: "Name"},
			{Name: "id", Label: "Id", Optional: true, Hint: "A short name for files and programs, such as dept-a. It never changes. If you leave it empty, one is made from the name", As: ui.Input{Width: 20}},
			{Name: "parent", Label: "Which organisation does it stand below?", Values: []string{r.URL.Query().Get("parent")}, As: ui.Select{Options: t.options(ui.Option{Label: "None: it is independent"})}},
			listField(false),
			fromField("Since which day?"),
		},
		Buttons: ui.ButtonGroup{{Text: "Add this organisation"}, ui.Cancel("/organisations")},
	}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Add an organisation", Crumbs: organisationCrumbs}}
	return q.Ask(w, r, func() (string, error) {
		from, err := day(r, form, "from")
		if err != nil {
			return "", err
		}
		o, err := a.room.AddOrganisation(r.Context(), actor(r), people.NewOrganisation{
			ID: form.Value("id"), Name: form.Value("name"), Parent: form.Value("parent"), OwnList: form.Value("ownList") == own, From: from,
		})
		return OrganisationPath(o.ID) + "?done=added", err
	})
}

// changeOrganisation changes an organisation's name, place and list.
func (a *area) changeOrganisation(w http.ResponseWriter, r *http.Request) error {
	o, err := a.room.Organisation(r.Context(), actor(r), organisationIn(r))
	if err != nil {
		return err
	}
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	form := &ui.Form{
		Version: ui.Versioned(o.Version),
		Fields: []*ui.Field{
			{Name: "name", Label: "Name", Values: []string{o.Name}},
			{Name: "parent", Label: "Which organisation does it stand below?", Values: []string{o.Parent}, As: ui.Select{Options: has(t.options(ui.Option{Label: "None: it is independent"}), o.Parent)}},
			listField(o.OwnList),
			{Name: "from", Label: "From which day?", Optional: true, Hint: "The day from which the place and the list change, such as 27 3 2026. They change at once if you leave it empty, and a name always does", As: ui.Date{}},
		},
		Buttons: ui.ButtonGroup{{Text: "Save the changes"}, ui.Cancel(OrganisationPath(o.ID))},
	}
	q := ui.Question{Form: form, Current: standingOf(r, o, t), Page: ui.Page{Title: "Change this organisation", Caption: o.Name, Crumbs: crumbsOf(o)}}
	return q.Ask(w, r, func() (string, error) {
		change, err := organisationChange(r, form, o)
		if err != nil {
			return "", err
		}
		_, err = a.room.ChangeOrganisation(r.Context(), actor(r), o.ID, change)
		return OrganisationPath(o.ID) + "?done=changed", err
	})
}

// organisationChange is what was typed where it differs from what is: who changes a name must not call
// off a move that is planned.
func organisationChange(r *http.Request, form *ui.Form, o people.Organisation) (c people.OrganisationChange, err error) {
	if c.Version, err = form.MadeFrom(); err != nil {
		return c, err
	}
	if c.From, err = day(r, form, "from"); err != nil {
		return c, err
	}
	name, parent, ownList := form.Value("name"), form.Value("parent"), form.Value("ownList") == own
	c.Name = &name
	if parent != o.Parent {
		c.Parent = &parent
	}
	if ownList != o.OwnList {
		c.OwnList = &ownList
	}
	return c, nil
}

func standingOf(r *http.Request, o people.Organisation, t tree) ui.Summary {
	return place(r, o, t, nil)
}
