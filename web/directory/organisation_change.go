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
			{Name: "ownList", Label: "Whose allow rules count here?", Values: []string{inherit}, As: ui.Radios{Options: []ui.Option{
				{Value: inherit, Label: "Its own, and those of the organisations above it"},
				{Value: own, Label: "Only its own", Hint: "Bans from above count all the same"},
			}}},
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

// changeOrganisation changes what an organisation is called. Where it belongs, and whose list it follows, takes two.
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
		Fields:  []*ui.Field{{Name: "name", Label: "Name", Values: []string{o.Name}}},
		Buttons: ui.ButtonGroup{{Text: "Save the name"}, ui.Cancel(OrganisationPath(o.ID))},
	}
	q := ui.Question{Form: form, Current: standingOf(r, o, t), Page: ui.Page{Title: "Change the name", Caption: o.Name, Crumbs: crumbsOf(o)}}
	return q.Ask(w, r, func() (string, error) {
		version, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		name := form.Value("name")
		_, err = a.room.ChangeOrganisation(r.Context(), actor(r), o.ID, people.OrganisationChange{Name: &name, Version: version})
		return OrganisationPath(o.ID) + "?done=changed", err
	})
}

func standingOf(r *http.Request, o people.Organisation, t tree) ui.Summary {
	return place(r, o, t, nil)
}
