package account

import (
	"net/http"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

var crumbs = []ui.Link{{Text: "Your account", Href: gate.Account}}

// passkeys lists the actor's passkeys, and offers to add one.
func (a *Area) passkeys(w http.ResponseWriter, r *http.Request) error {
	keys, err := a.People.Passkeys(r.Context(), gate.Actor(r.Context()), gate.Who(r.Context()).Person)
	if err != nil {
		return err
	}
	table := ui.Table{
		Caption: "Your passkeys", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Name"}, {Title: "Added"}, {Title: "Last used"}, {Title: "What you can do", Unseen: true}},
		Empty:   ui.Empty{Text: "You have no passkey yet. Add one below, and you need nobody to sign in."},
	}
	for _, key := range keys {
		table.Rows = append(table.Rows, ui.Row{
			ui.Text(key.Name), ui.Time{At: key.Added.Time(), Now: ui.Now(r)}, used(key.Used, r),
			ui.Post{Action: "/account/passkeys/" + key.ID + "/remove", Button: ui.Button{Text: "Remove", Hidden: key.Name, Kind: ui.Quiet}},
		})
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Passkeys", Crumbs: crumbs, Wide: true, Scripts: []string{passkeyScript}, Content: []ui.Component{
		table,
		ui.Heading("Add a passkey"),
		ui.Para("Do this on the device on which the passkey is to live, or have a security key at hand."),
		templates.View("passkey", ceremonyView{
			Action: "/account/passkeys", Begin: "/account/passkeys/begin", Verb: "create",
			Field:  &ui.Field{Name: "name", Label: "Name", Hint: "For you to tell your passkeys apart, such as “Security key on my key ring”.", Optional: true, As: ui.Input{Width: 20}},
			Button: ui.Button{Text: "Add a passkey"},
		}),
	}})
}

// used is when something was last used.
func used(at people.Time, r *http.Request) ui.Component {
	if at.IsZero() {
		return ui.Muted("Never")
	}
	return ui.Time{At: at.Time(), Now: ui.Now(r)}
}

// self is the actor as a person.
func (a *Area) self(r *http.Request) (people.Person, error) {
	return a.People.Person(r.Context(), gate.Actor(r.Context()), gate.Who(r.Context()).Person)
}

func (a *Area) beginPasskey(w http.ResponseWriter, r *http.Request) error {
	person, err := a.self(r)
	if err != nil {
		return err
	}
	keys, err := a.People.Passkeys(r.Context(), gate.Actor(r.Context()), person.ID)
	if err != nil {
		return err
	}
	return a.beginRegistration(w, r, "add "+person.ID, person, keys)
}

func (a *Area) addPasskey(w http.ResponseWriter, r *http.Request) error {
	person, err := a.self(r)
	if err != nil {
		return err
	}
	key, err := a.finishRegistration(r, "add "+person.ID, person)
	if err != nil {
		return err
	}
	if err := a.People.AddPasskey(r.Context(), gate.Actor(r.Context()), key); err != nil {
		return err
	}
	return ui.See(w, r, "/account/passkeys")
}

func (a *Area) removePasskey(w http.ResponseWriter, r *http.Request) error {
	if err := a.People.RemovePasskey(r.Context(), gate.Actor(r.Context()), gate.Who(r.Context()).Person, r.PathValue("id")); err != nil {
		return err
	}
	return ui.See(w, r, "/account/passkeys")
}
