package directory

import (
	"net/http"
	"strings"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// roles explains the roles and shows the permission table: one line for each permission with those who
// have it in words, which can be read on a phone, aloud and on paper, as a grid of columns cannot. What
// one role may and may not do stands on its own page.
func (a *area) roles(w http.ResponseWriter, r *http.Request) error {
	roles := ui.Table{
		Caption: "The roles", Unseen: true, Columns: []ui.Column{{Title: "Role"}, {Title: "May give and take"}},
	}
	for _, line := range people.Roles {
		gives := "No role"
		if len(line.Gives) > 0 {
			gives = names(line.Gives)
		}
		roles.Rows = append(roles.Rows, ui.Row{ui.Named{Link: ui.Link{Text: line.Name, Href: gate.Path("roles", string(line.Role))}, More: ui.Muted(line.What)}, ui.Text(gives)})
	}
	table := ui.Table{
		Caption: "Who may do what", Unseen: true, Columns: []ui.Column{{Title: "What"}, {Title: "Who may"}},
	}
	for _, line := range people.Table {
		table.Rows = append(table.Rows, ui.Row{ui.Text(ui.Capital(line.What)), ui.Text(names(line.Roles))})
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Roles", Wide: true, Content: []ui.Component{
		ui.Para("Whether somebody may do something depends on three things:"),
		ui.List{Numbered: true, Items: []ui.Component{
			ui.Text("Their role: the tables below say which role may do what."),
			ui.Text("Where they have it: a role is held in one organisation, and counts there and in all that stand below it. One that is held everywhere counts in every organisation. In a neighbour’s it counts for nothing."),
			ui.Text("Their assignment, for a few things that are not every officer’s business: besides the role, somebody must have assigned them to the very case or exemption. It says “only if assigned” there."),
		}},
		ui.Para("Everybody who has signed in sees and does what is their own: their account, their messages, what they have asked for. Nobody gives themselves a role."),
		ui.Heading("The roles"), roles, ui.Heading("Who may do what"), table,
	}})
}

// role shows what one role may and may not do.
func (a *area) role(w http.ResponseWriter, r *http.Request) error {
	role, err := people.ParseRole(r.PathValue("role"))
	if err != nil {
		return fault.New(fault.NotFound, "There is no such role")
	}
	line := lineOf(role)
	table := ui.Table{
		Caption: "What the role of " + strings.ToLower(line.Name) + " may do, in its organisation and below",
		Columns: []ui.Column{{Title: "To"}, {Title: "May they?"}},
	}
	for _, p := range people.Table {
		answer := ui.Component(ui.Muted("– May not"))
		if mayDo(p, role) {
			answer = ui.Tag{Text: "✓ May", Tone: ui.Good}
		}
		table.Rows = append(table.Rows, ui.Row{ui.Text(ui.Capital(p.What)), answer})
	}
	gives := "They give and take no roles."
	if len(line.Gives) > 0 {
		gives = "They may give and take these roles: " + names(line.Gives) + "."
	}
	content := []ui.Component{ui.Para(line.What), ui.Para(gives)}
	if may(r, people.SeePeople) {
		content = append(content, ui.Paragraph{ui.Link{Text: "See who has this role", Href: "/people?role=" + string(role)}})
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{
		Title: line.Name, Caption: "Role", Wide: true, Crumbs: []ui.Link{{Text: "Roles", Href: "/roles"}}, Content: append(content, table),
	})
}

func lineOf(role people.Role) (found people.RoleLine) {
	for _, line := range people.Roles {
		if line.Role == role {
			found = line
		}
	}
	return found
}

// mayDo tells whether a role stands in a line of the table.
func mayDo(line people.Line, role people.Role) bool {
	for _, one := range line.Roles {
		if one == role {
			return true
		}
	}
	return false
}

// names are roles in words, in the order in which roles are shown.
func names(roles []people.Role) string {
	var found []string
	for _, line := range people.Roles {
		if mayDo(people.Line{Roles: roles}, line.Role) {
			found = append(found, line.Name)
		}
	}
	switch len(found) {
	case 0:
		return "Nobody"
	case len(people.Roles):
		return "Every role"
	}
	return strings.Join(found, ", ")
}
