package directory

import (
	"net/http"
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// grantFields ask for a role and where it is held: the roles that one's own may give, and Everywhere
// only where one holds a role there.
func grantFields(r *http.Request, t tree) []*ui.Field {
	gives, everywhere := givable(r)
	var roles []ui.Option
	for _, line := range people.Roles {
		if slices.Contains(gives, line.Role) {
			roles = append(roles, ui.Option{Value: string(line.Role), Label: line.Name, Hint: line.What})
		}
	}
	where := []ui.Option{chooseOne}
	if everywhere {
		where = append(where, ui.Option{Value: people.Everywhere, Label: "Everywhere"})
	}
	return []*ui.Field{
		{Name: "role", Label: "Role", As: ui.Radios{Options: roles, Small: true}},
		{Name: "organisation", Label: "In which organisation?", Hint: "It counts there and in all below", As: ui.Select{Options: t.options(where...)}},
	}
}

// givable are the roles that one's own may give somewhere, and whether one holds a role everywhere.
func givable(r *http.Request) (gives []people.Role, everywhere bool) {
	for _, own := range gate.Who(r.Context()).Grants {
		everywhere = everywhere || own.Organisation == people.Everywhere
		gives = append(gives, lineOf(own.Role).Gives...)
	}
	return gives, everywhere
}

// grantIn is what was chosen, or the faults of what was not.
func grantIn(f *ui.Form) (people.Grant, error) {
	switch {
	case f.Value("role") == "":
		return people.Grant{}, fault.In("role", "Choose a role")
	case f.Value("organisation") == "":
		return people.Grant{}, fault.In("organisation", "Choose the organisation")
	}
	return people.Grant{Role: people.Role(f.Value("role")), Organisation: f.Value("organisation")}, nil
}

// giveRole gives a person a role.
func (a *area) giveRole(w http.ResponseWriter, r *http.Request) error {
	p, t, err := a.personIn(r)
	if err != nil {
		return err
	}
	fields := grantFields(r, t)
	fields[1].Values = []string{p.Organisation}
	form := &ui.Form{
		Fields: append(fields, fromField("From which day?"),
			&ui.Field{Name: "until", Label: "Until which day?", Optional: true, Hint: "The first day on which they no longer have it. It has no end if you leave it empty", As: ui.Date{}}),
		Buttons: ui.ButtonGroup{{Text: "Give the role"}, ui.Cancel(gate.Path("people", p.ID))},
	}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Give a role", Caption: p.Name, Crumbs: personCrumbs(p), Content: []ui.Component{
		ui.Paragraph{ui.Text("These are the roles that yours may give."), ui.Link{Text: "See what each may do", Href: "/roles"}},
	}}}
	return q.Ask(w, r, func() (string, error) {
		grant, err := grantIn(form)
		if err != nil {
			return "", err
		}
		from, err := day(r, form, "from")
		if err != nil {
			return "", err
		}
		until, err := day(r, form, "until")
		if err != nil {
			return "", err
		}
		_, err = a.room.GiveRole(r.Context(), actor(r), p.ID, grant, people.Period{From: from, Until: until})
		return personPath(p.ID, "given"), err
	})
}

// takeRole asks whether somebody should lose a role, and takes it.
func (a *area) takeRole(w http.ResponseWriter, r *http.Request) error {
	p, t, err := a.personIn(r)
	if err != nil {
		return err
	}
	grant := people.Grant{Role: people.Role(r.FormValue("role")), Organisation: r.FormValue("organisation")}
	if !slices.ContainsFunc(p.Roles, func(h people.Held) bool { return h.Role == grant.Role && h.Organisation == grant.Organisation }) {
		return fault.New(fault.NotFound, "%s does not have this role: somebody may have taken it already", p.Name)
	}
	form := &ui.Form{
		Hidden:  []ui.Hidden{{Name: "role", Value: string(grant.Role)}, {Name: "organisation", Value: grant.Organisation}},
		Fields:  []*ui.Field{{Name: "from", Label: "From which day?", Optional: true, Hint: "The first day on which they no longer have it, such as 27 3 2026. They lose it at once if you leave it empty", As: ui.Date{}}},
		Buttons: ui.ButtonGroup{{Text: "Take the role away", Kind: ui.Danger}, ui.Cancel(gate.Path("people", p.ID))},
	}
	says := ui.Confirm{
		Says:  []string{"They may then no longer do what only this role lets them do. What they have decided stays. You can give the role again."},
		Facts: ui.Summary{Rows: []ui.SummaryRow{{Key: "Whose", Value: ui.Text(p.Name)}, {Key: "Role", Value: ui.Text(grant.Role.Name())}, {Key: "In", Value: t.link(grant.Organisation)}}},
	}
	q := ui.Question{Form: form, Confirms: &says, Page: ui.Page{Title: "Take this role away?", Crumbs: personCrumbs(p)}}
	return q.Ask(w, r, func() (string, error) {
		from, err := day(r, form, "from")
		if err != nil {
			return "", err
		}
		_, err = a.room.TakeRole(r.Context(), actor(r), p.ID, grant, from)
		return personPath(p.ID, "taken"), err
	})
}
