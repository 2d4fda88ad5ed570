package account

import (
	"net/http"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// overview is what the server has of the actor, and the way to the rest that is their own.
func (a *Area) overview(w http.ResponseWriter, r *http.Request) error {
	actor := gate.Actor(r.Context())
	person, err := a.self(r)
	if err != nil {
		return err
	}
	unread, err := a.Alerts.Unread(r.Context(), actor)
	if err != nil {
		return err
	}
	messages := ui.Task{Text: "Messages", Href: "/account/messages", State: ui.Text("None unread")}
	if unread > 0 {
		messages.State = ui.Tag{Text: ui.Count(int(unread), "unread", "unread"), Tone: ui.Waiting}
	}
	facts := ui.Summary{Rows: []ui.SummaryRow{
		{Key: "Name", Value: ui.Text(person.Name)},
		{Key: "User name", Value: ui.Text(person.UserName)},
		{Key: "Mail address", Value: orNone(person.Mail)},
		{Key: "Organisation", Value: ui.Text(person.OrganisationName)},
		{Key: "Roles", Value: rolesOf(person)},
	}}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Your account", Content: []ui.Component{
		ui.Tasks{Items: []ui.Task{
			messages,
			{Text: "Passkeys", Hint: "What you sign in with", Href: "/account/passkeys"},
			{Text: "Where you are signed in", Hint: "And signing out elsewhere", Href: "/account/sessions"},
			{Text: "A device of mine is lost or stolen", Hint: "Lock it now", Href: "/lost"},
		}},
		ui.Heading("What is known of you"),
		facts,
		ui.Para("Is something wrong? Your security team can change it."),
	}})
}

func orNone(text string) ui.Component {
	if text == "" {
		return ui.Muted("Not known")
	}
	return ui.Text(text)
}

func rolesOf(person people.Person) ui.Component {
	var roles ui.List
	for _, held := range person.Roles {
		roles.Items = append(roles.Items, ui.Text(held.Role.Name()+", in "+held.OrganisationName))
	}
	if len(roles.Items) == 0 {
		return ui.Muted("None: you see what is your own")
	}
	return roles
}
