package account

import (
	"net/http"

	"portcullis/web/gate"
	"portcullis/web/ui"
)

// sessions lists where the actor is signed in.
func (a *Area) sessions(w http.ResponseWriter, r *http.Request) error {
	who := gate.Who(r.Context())
	sessions, err := a.People.Sessions(r.Context(), gate.Actor(r.Context()), who.Person)
	if err != nil {
		return err
	}
	table := ui.Table{
		Caption: "Where you are signed in", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Browser"}, {Title: "Signed in"}, {Title: "Last used"}, {Title: "Address"}, {Title: "With"}, {Title: "What you can do", Unseen: true}},
	}
	for _, s := range sessions {
		name, button := ui.Browser(s.Agent), ui.Button{Text: "Sign\u00a0out", Kind: ui.Quiet}
		browser := ui.Line{ui.Text(name)}
		if s.ID == who.Session {
			browser = append(browser, ui.Tag{Text: "This one", Tone: ui.Good})
		}
		button.Hidden = name
		table.Rows = append(table.Rows, ui.Row{
			browser, ui.Time{At: s.Begun.Time(), Now: ui.Now(r)}, ui.Time{At: s.Seen.Time(), Now: ui.Now(r)},
			ui.Text(s.Address), ui.Text(ui.Capital(ui.SignInMethod(s.Method))), ui.Post{Action: "/account/sessions/" + s.ID + "/end", Button: button},
		})
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Where you are signed in", Crumbs: crumbs, Wide: true, Content: []ui.Component{
		ui.Para("If you do not recognise one of these, sign it out and tell your security team."),
		table,
		ui.Post{Action: "/account/sessions/all/end", Button: ui.Button{Text: "Sign out everywhere", Kind: ui.Secondary}},
	}})
}

// endSession ends one of the actor's sessions, or all.
func (a *Area) endSession(w http.ResponseWriter, r *http.Request) error {
	who, id := gate.Who(r.Context()), r.PathValue("id")
	if id == "all" {
		id = ""
	}
	if err := a.People.RevokeSession(r.Context(), gate.Actor(r.Context()), who.Person, id); err != nil {
		return err
	}
	if id == "" || id == who.Session {
		a.Gate.Close(w)
		return ui.See(w, r, gate.SignIn)
	}
	return ui.See(w, r, "/account/sessions")
}
