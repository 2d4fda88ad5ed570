package account

import (
	"net/http"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// newcomer is what the first administrator is asked.
func newcomer() *ui.Form {
	return &ui.Form{
		Fields: []*ui.Field{
			{Name: "name", Label: "Your full name", As: ui.Input{Complete: "name"}},
			{Name: "mail", Label: "Your mail address", Hint: "It is also your user name.", As: ui.Input{Type: "email", Complete: "email"}},
			{Name: "organisationName", Label: "The body that you work for", Hint: "For example, Harbour Office. You can add others afterwards.", As: ui.Input{Complete: "organization"}},
		},
		Buttons: ui.ButtonGroup{{Text: "Continue"}},
	}
}

func newcomerPage(form *ui.Form) ui.Page {
	return ui.Page{Title: "Set up Portcullis", Content: []ui.Component{
		ui.Para("You are the first here. You become its operator: you add organisations and people, and give the first roles."),
		form,
	}}
}

// uselessLink is what a link leads to that was used, is too old, or never was one.
var uselessLink = ui.Page{Title: "This link no longer works", Content: []ui.Component{
	ui.Para("It has been used, or is too old: a link works once, for a day. If it was cut in two by a line break, put it together and try again."),
	ui.Para("If you used it yourself, your passkey is there: sign in with it. If you did not, ask whoever sent it for a new one, and tell them that this one was used."),
	ui.ButtonGroup{{Text: "Sign in", Href: gate.SignIn, Kind: ui.Secondary}},
}}

// join shows what a one-time link is for.
func (a *Area) join(w http.ResponseWriter, r *http.Request) error {
	person, first, err := a.People.Invited(r.Context(), r.PathValue("link"))
	switch {
	case fault.Is(err, fault.NotFound):
		return ui.Render(w, r, http.StatusNotFound, uselessLink)
	case err != nil:
		return err
	case first:
		return ui.Render(w, r, http.StatusOK, newcomerPage(newcomer()))
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Add your passkey", Scripts: []string{passkeyScript}, Content: []ui.Component{
		ui.Paragraph{ui.Text("This is for"), ui.Text(person.Name + ".")},
		ui.Para("A passkey takes the place of a password. Your phone, computer or security key will ask for your finger, your face or a PIN, and from then on you sign in with that."),
		ui.Para("Add it on the device that you use most. You can add others later."),
		templates.View("passkey", ceremonyView{
			Action: r.URL.Path + "/passkey", Begin: r.URL.Path + "/begin", Verb: "create",
			Button: ui.Button{Text: "Add a passkey"},
		}),
		ui.Details{Summary: "This is not my name", Content: []ui.Component{
			ui.Para("Then this link is not for you. Do not use it, and tell whoever sent it."),
		}},
	}})
}

// first sets up the first administrator, and goes on to their passkey.
func (a *Area) first(w http.ResponseWriter, r *http.Request) error {
	form := newcomer()
	if err := form.Fill(r); err != nil {
		return err
	}
	next, err := a.People.FirstAdministrator(r.Context(), r.PathValue("link"), people.Newcomer{
		Particulars:      people.Particulars{Name: form.Value("name"), Mail: form.Value("mail")},
		OrganisationName: form.Value("organisationName"),
	})
	switch {
	case form.Fail(err):
		return ui.Render(w, r, http.StatusUnprocessableEntity, newcomerPage(form))
	case err != nil:
		return err
	}
	return ui.See(w, r, "/join/"+next)
}

// beginJoin answers with what the browser needs to make a passkey for whom the link is for.
func (a *Area) beginJoin(w http.ResponseWriter, r *http.Request) error {
	person, _, err := a.People.Invited(r.Context(), r.PathValue("link"))
	if err != nil {
		return err
	}
	_, keys, err := a.People.PasskeysForSignIn(r.Context(), person.ID)
	if err != nil {
		return err
	}
	return a.beginRegistration(w, r, "join "+person.ID, person, keys)
}

func (a *Area) beginRegistration(w http.ResponseWriter, r *http.Request, kind string, person people.Person, keys []people.Passkey) error {
	existing, err := credentials(keys)
	if err != nil {
		return err
	}
	options, state, err := a.Passkeys.BeginRegistration(a.Chance, a.Now(), holder(person), existing)
	if err != nil {
		return err
	}
	return a.begin(w, r, kind, options, state)
}

// finishRegistration returns the passkey that the browser made.
func (a *Area) finishRegistration(r *http.Request, kind string, person people.Person) (none people.Passkey, err error) {
	state, response, err := a.finish(r, kind)
	if err != nil {
		return none, err
	}
	made, err := a.Passkeys.FinishRegistration(a.Now(), holder(person), state, response)
	if err != nil {
		return none, err
	}
	name := r.PostForm.Get("name")
	if name == "" {
		name = ui.Browser(r.UserAgent())
	}
	return stored(person.ID, name, made)
}

// finishJoin adds the passkey and signs the person in.
func (a *Area) finishJoin(w http.ResponseWriter, r *http.Request) error {
	person, _, err := a.People.Invited(r.Context(), r.PathValue("link"))
	if err != nil {
		return err
	}
	key, err := a.finishRegistration(r, "join "+person.ID, person)
	if err != nil {
		return err
	}
	session, err := a.People.EnrolByLink(r.Context(), r.PathValue("link"), key, gate.Actor(r.Context()).Address, r.UserAgent())
	if err != nil {
		return err
	}
	if err := a.leave(r); err != nil {
		return err
	}
	a.Gate.Open(w, session)
	return ui.See(w, r, "/")
}
