package directory

import (
	"net/http"
	"net/url"
	"slices"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// personDone is what the page of a person says after a change.
var personDone = ui.Done{
	"added":       "They have been added. Give them a role, then invite them to sign in",
	"changed":     "Their particulars have been changed",
	"moved":       "They belong to the other organisation, from the day that you gave or else from now on",
	"deactivated": "They are no longer active, and signed out everywhere",
	"reactivated": "They are active again. Invite them: they need a new passkey",
	"sent":        "The link has been sent to their mail address. It works once, for a day",
	"given":       "The role has been given",
	"taken":       "The role has been taken away",
	"signed-out":  "They are signed out everywhere",
	"passkey":     "The passkey has been removed",
}

// personPath is the page of a person, which says what has been done.
func personPath(id, done string) string { return gate.Path("people", id) + "?done=" + done }

func personCrumbs(p people.Person) []ui.Link {
	return append([]ui.Link{{Text: "People", Href: "/people"}}, ui.Link{Text: p.Name, Href: gate.Path("people", p.ID)})
}

// personIn is the person of a path, and the organisations.
func (a *area) personIn(r *http.Request) (p people.Person, t tree, err error) {
	if p, err = a.room.Person(r.Context(), actor(r), r.PathValue("id")); err == nil {
		t, err = a.tree(r)
	}
	return p, t, err
}

// person shows one person.
func (a *area) person(w http.ResponseWriter, r *http.Request) error {
	p, t, err := a.personIn(r)
	if err != nil {
		return err
	}
	can, err := a.allowed(r, p.Organisation, people.ChangePeople, people.EndSessions)
	if err != nil {
		return err
	}
	page := ui.Page{Title: p.Name, Caption: t.name(p.Organisation), Wide: true, Crumbs: peopleCrumbs, Banner: personDone.Banner(r)}
	page.Content = append(personActions(p, can), particulars(r, p, t, can), ui.Heading("Roles"))
	for _, part := range []func(*http.Request, people.Person, tree, allowed) ([]ui.Component, error){a.rolesOf, a.groupsOf, a.passkeysOf, a.sessionsOf} {
		shown, err := part(r, p, t, can)
		if err != nil {
			return err
		}
		page.Content = append(page.Content, shown...)
	}
	return ui.Render(w, r, http.StatusOK, page)
}

func personActions(p people.Person, can allowed) []ui.Component {
	if !can[people.ChangePeople] {
		return nil
	}
	if !p.Active {
		return []ui.Component{ui.ButtonGroup{{Text: "Reactivate", Href: gate.Path("people", p.ID, "reactivate")}}}
	}
	return []ui.Component{ui.ButtonGroup{
		{Text: "Invite to sign in", Href: gate.Path("people", p.ID, "invite")},
		{Text: "Deactivate", Href: gate.Path("people", p.ID, "deactivate"), Kind: ui.Secondary},
	}}
}

// particulars are what is known of a person, with the ways to change it.
func particulars(r *http.Request, p people.Person, t tree, can allowed) ui.Summary {
	rows := []ui.SummaryRow{
		{Key: "Name", Value: ui.Text(p.Name)},
		{Key: "User name", Value: ui.Text(p.UserName)},
		{Key: "Mail address", Value: orNone(p.Mail)},
		{Key: "Telephone", Value: orNone(p.Phone)},
		{Key: "Department", Value: orNone(p.Department)},
		{Key: "Staff number", Value: orNone(p.EmployeeNumber)},
		{Key: "Organisation", Value: t.link(p.Organisation)},
		{Key: "State", Value: state(p)},
		{Key: "Added", Value: when(r, p.Created)},
		{Key: "Last changed", Value: when(r, p.Changed)},
	}
	if can[people.ChangePeople] {
		rows[0].Actions = []ui.Link{{Text: "Change", Hidden: "the particulars", Href: gate.Path("people", p.ID, "change")}}
		rows[6].Actions = []ui.Link{{Text: "Move", Hidden: "to another organisation", Href: gate.Path("people", p.ID, "move")}}
	}
	return ui.Summary{Rows: rows}
}

func orNone(text string) ui.Component {
	if text == "" {
		return ui.Muted("Not given")
	}
	return ui.Text(text)
}

// rolesOf are a person's roles, and for who may give and take them the ways to do so. Nobody changes their
// own.
func (a *area) rolesOf(r *http.Request, p people.Person, t tree, _ allowed) ([]ui.Component, error) {
	var takes []people.Held
	changes := may(r, people.GiveRoles) && p.ID != gate.Who(r.Context()).Person
	gives, _ := givable(r)
	for _, h := range p.Roles {
		if !changes || !slices.Contains(gives, h.Role) {
			continue
		}
		can, err := a.allowed(r, h.Organisation, people.GiveRoles)
		if err != nil {
			return nil, err
		}
		if can[people.GiveRoles] {
			takes = append(takes, h)
		}
	}
	parts := []ui.Component{rolesTable(r, p, t, takes)}
	if changes {
		parts = append(parts, ui.ButtonGroup{{Text: "Give a role", Href: gate.Path("people", p.ID, "give-role"), Kind: ui.Secondary}})
	}
	return parts, nil
}

// rolesTable shows a person's roles; takes are those that can be taken away.
func rolesTable(r *http.Request, p people.Person, t tree, takes []people.Held) ui.Component {
	table := ui.Table{
		Caption: "Roles", Unseen: true,
		Columns: []ui.Column{{Title: "Role"}, {Title: "From"}, {Title: "Until"}},
		Empty:   ui.Empty{Text: "They have no role: once signed in, they may do nothing but look at their own account."},
	}
	if len(takes) > 0 {
		table.Columns = append(table.Columns, ui.Column{Title: "What you can do", Unseen: true})
	}
	for _, h := range p.Roles {
		role := ui.Named{Link: ui.Link{Text: h.Role.Name(), Href: gate.Path("roles", string(h.Role))}, More: ui.Line{ui.Text("in"), t.link(h.Organisation)}}
		row := ui.Row{role, onDay(r, h.From, ""), onDay(r, h.Until, "no end")}
		if slices.Contains(takes, h) {
			query := url.Values{"role": {string(h.Role)}, "organisation": {h.Organisation}}
			row = append(row, ui.Link{Text: "Take\u00a0away", Hidden: "the role " + h.Role.Name() + " in " + t.name(h.Organisation), Href: gate.Path("people", p.ID, "take-role") + "?" + query.Encode()})
		} else if len(takes) > 0 {
			row = append(row, ui.Text(""))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func (a *area) groupsOf(r *http.Request, p people.Person, _ tree, _ allowed) ([]ui.Component, error) {
	shown := []ui.Component{ui.Heading("Groups")}
	groups, err := a.room.Groups(r.Context(), actor(r), people.GroupQuery{Member: p.ID, Limit: perPage})
	if err != nil {
		return nil, err
	}
	var list ui.List
	for _, g := range groups {
		list.Items = append(list.Items, ui.Link{Text: g.Name, Href: gate.Path("groups", g.ID)})
	}
	if len(list.Items) == 0 {
		return append(shown, ui.Paragraph{ui.Text("They are in no group."), ui.Link{Text: "See all groups", Href: "/groups"}}), nil
	}
	return append(shown, list), nil
}

// passkeysOf are a person's passkeys, for who may change them here.
func (a *area) passkeysOf(r *http.Request, p people.Person, _ tree, can allowed) ([]ui.Component, error) {
	if !can[people.ChangePeople] {
		return nil, nil
	}
	keys, err := a.room.Passkeys(r.Context(), actor(r), p.ID)
	if err != nil {
		return nil, err
	}
	table := ui.Table{
		Caption: "Passkeys", Columns: []ui.Column{{Title: "Passkey"}, {Title: "Added"}, {Title: "Last used"}, {Title: "What you can do", Unseen: true}},
		Unseen: true, Empty: ui.Empty{Text: "They have no passkey."},
	}
	if p.Active {
		table.Empty.Do = ui.Link{Text: "Invite them to sign in", Href: gate.Path("people", p.ID, "invite")}
	}
	for _, k := range keys {
		remove := gate.Path("people", p.ID, "remove-passkey") + "?" + url.Values{"passkey": {k.ID}}.Encode()
		table.Rows = append(table.Rows, ui.Row{ui.Text(k.Name), onDay(r, k.Added, ""), when(r, k.Used), ui.Link{Text: "Remove", Hidden: "the passkey " + k.Name, Href: remove}})
	}
	return []ui.Component{ui.Heading("Passkeys"), table}, nil
}

// sessionsOf are where a person is signed in, for who may sign them out here.
func (a *area) sessionsOf(r *http.Request, p people.Person, _ tree, can allowed) ([]ui.Component, error) {
	if !can[people.EndSessions] {
		return nil, nil
	}
	sessions, err := a.room.Sessions(r.Context(), actor(r), p.ID)
	if err != nil {
		return nil, err
	}
	table := ui.Table{
		Caption: "Where they are signed in", Unseen: true,
		Columns: []ui.Column{{Title: "Browser"}, {Title: "With"}, {Title: "From the address"}, {Title: "Signed in"}, {Title: "Last used"}, {Title: "Ends"}},
		Empty:   ui.Empty{Text: "They are not signed in anywhere."},
	}
	for _, s := range sessions {
		table.Rows = append(table.Rows, ui.Row{ui.Text(ui.Browser(s.Agent)), ui.Text(ui.Capital(ui.SignInMethod(s.Method))), ui.Text(s.Address), when(r, s.Begun), when(r, s.Seen), when(r, s.Expires)})
	}
	parts := []ui.Component{ui.Heading("Where they are signed in"), table}
	if len(sessions) > 0 {
		parts = append(parts, ui.ButtonGroup{{Text: "Sign out everywhere", Href: gate.Path("people", p.ID, "sign-out"), Kind: ui.Secondary}})
	}
	return parts, nil
}
