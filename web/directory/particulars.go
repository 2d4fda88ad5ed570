package directory

import (
	"net/http"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// particularsFields ask for what is said of a person.
func particularsFields(p people.Particulars) []*ui.Field {
	field := func(name, label, hint string, optional bool, value string, as ui.Input) *ui.Field {
		as.Complete = "off" // it is somebody else's, not the one's who types
		return &ui.Field{Name: name, Label: label, Hint: hint, Optional: optional, Values: []string{value}, As: as}
	}
	return []*ui.Field{
		field("name", "Full name", "", false, p.Name, ui.Input{}),
		field("mail", "Mail address", "Messages go here, and the link to sign in", true, p.Mail, ui.Input{Type: "email"}),
		field("userName", "User name", "The mail address is used if you leave it empty", true, p.UserName, ui.Input{}),
		field("phone", "Telephone", "Where they are reached when it is urgent", true, p.Phone, ui.Input{Type: "tel", Width: 20}),
		field("department", "Department", "The part of the organisation, as its own people call it", true, p.Department, ui.Input{}),
		field("employeeNumber", "Staff number", "", true, p.EmployeeNumber, ui.Input{Width: 20}),
	}
}

// particularsIn are what was typed; what the form does not ask for is as it was.
func particularsIn(f *ui.Form, was people.Particulars) people.Particulars {
	was.Name, was.Mail, was.UserName, was.Phone = f.Value("name"), f.Value("mail"), f.Value("userName"), f.Value("phone")
	was.Department, was.EmployeeNumber = f.Value("department"), f.Value("employeeNumber")
	return was
}

// addPerson adds a person.
func (a *area) addPerson(w http.ResponseWriter, r *http.Request) error {
	t, err := a.tree(r)
	if err != nil {
		return err
	}
	organisation := &ui.Field{Name: "organisation", Label: "Organisation", Hint: "Where they work. It decides who looks after their account", As: ui.Select{Options: t.options(chooseOne)}}
	organisation.Values = []string{r.URL.Query().Get("organisation")}
	form := &ui.Form{
		Fields:  append([]*ui.Field{organisation}, particularsFields(people.Particulars{})...),
		Buttons: ui.ButtonGroup{{Text: "Add this person"}, ui.Cancel("/people")},
	}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Add a person", Crumbs: peopleCrumbs, Content: []ui.Component{
		ui.Para("They get no message and no role yet: both come next, on their page."),
	}}}
	return q.Ask(w, r, func() (string, error) {
		if form.Value("organisation") == "" {
			return "", fault.In("organisation", "Choose the organisation")
		}
		p, err := a.room.AddPerson(r.Context(), actor(r), form.Value("organisation"), particularsIn(form, people.Particulars{}))
		return personPath(p.ID, "added"), err
	})
}

// changePerson changes a person's particulars.
func (a *area) changePerson(w http.ResponseWriter, r *http.Request) error {
	p, err := a.room.Person(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	form := &ui.Form{
		Version: ui.Versioned(p.Version), Fields: particularsFields(p.Particulars),
		Buttons: ui.ButtonGroup{{Text: "Save the particulars"}, ui.Cancel(gate.Path("people", p.ID))},
	}
	now := ui.Summary{Rows: []ui.SummaryRow{
		{Key: "Name", Value: ui.Text(p.Name)}, {Key: "Mail address", Value: orNone(p.Mail)}, {Key: "User name", Value: ui.Text(p.UserName)},
		{Key: "Telephone", Value: orNone(p.Phone)}, {Key: "Department", Value: orNone(p.Department)}, {Key: "Staff number", Value: orNone(p.EmployeeNumber)},
	}}
	q := ui.Question{Form: form, Current: now, Page: ui.Page{Title: "Change particulars", Caption: p.Name, Crumbs: personCrumbs(p)}}
	return q.Ask(w, r, func() (string, error) {
		v, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		typed := particularsIn(form, p.Particulars)
		_, err = a.room.ChangePerson(r.Context(), actor(r), p.ID, people.PersonChange{Particulars: &typed, Version: v})
		return personPath(p.ID, "changed"), err
	})
}

// movePerson has a person belong to another organisation.
func (a *area) movePerson(w http.ResponseWriter, r *http.Request) error {
	p, t, err := a.personIn(r)
	if err != nil {
		return err
	}
	now := ui.Summary{Rows: []ui.SummaryRow{{Key: "Belongs to", Value: t.link(p.Organisation)}}}
	form := &ui.Form{
		Version: ui.Versioned(p.Version),
		Fields: []*ui.Field{
			{Name: "organisation", Label: "New organisation", As: ui.Select{Options: t.options(chooseOne)}},
			fromField("From which day?"),
		},
		Buttons: ui.ButtonGroup{{Text: "Move them"}, ui.Cancel(gate.Path("people", p.ID))},
	}
	q := ui.Question{Form: form, Current: now, Page: ui.Page{Title: "Move to another organisation", Caption: p.Name, Crumbs: personCrumbs(p), Content: []ui.Component{
		now, ui.Para("Their roles stay as they are. Look at them afterwards, and take those that should not go along."),
	}}}
	return q.Ask(w, r, func() (string, error) {
		v, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		from, err := day(r, form, "from")
		if err != nil {
			return "", err
		}
		to := form.Value("organisation")
		if to == "" {
			return "", fault.In("organisation", "Choose the organisation")
		}
		_, err = a.room.ChangePerson(r.Context(), actor(r), p.ID, people.PersonChange{Organisation: &to, From: from, Version: v})
		return personPath(p.ID, "moved"), err
	})
}
