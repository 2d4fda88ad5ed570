package directory

import (
	"net/http"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// linkLife is how long a one-time link works, for telling people.
const linkLife = 24 * time.Hour

// invite makes the link by which somebody adds their first passkey: shown once, or sent.
func (a *area) invite(w http.ResponseWriter, r *http.Request) error {
	p, err := a.room.Person(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	q := a.invitation(p)
	if r.Method != http.MethodPost {
		return q.Show(w, r, http.StatusOK)
	}
	if err := q.Form.Fill(r); err != nil {
		return err
	}
	if r.PostForm.Get("how") == "mail" {
		return q.Ask(w, r, func() (string, error) { return personPath(p.ID, "sent"), a.deliver(r, p) })
	}
	link, err := a.Link(r.Context(), actor(r), p.ID)
	switch {
	case q.Form.Fail(err):
		return q.Show(w, r, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return ui.Render(w, r, http.StatusOK, a.invited(r, p, link))
}

func (a *area) invitation(p people.Person) ui.Question {
	says := ui.Confirm{
		Says: []string{
			"They get a link that works once, for a day. With it they add a passkey on their own device, and sign in with that from then on. There is no password.",
			"A link that was made for them earlier stops working. They are told that there is one, and who made it.",
		},
		Facts: ui.Summary{Rows: []ui.SummaryRow{{Key: "For", Value: ui.Text(p.Name)}, {Key: "Mail address", Value: orNone(p.Mail)}}},
	}
	show := ui.Button{Text: "Show the link", Name: "how", Value: "show"}
	buttons := ui.ButtonGroup{show}
	if a.Deliver != nil && p.Mail != "" {
		show.Kind = ui.Secondary
		buttons = ui.ButtonGroup{{Text: "Send the link by mail", Name: "how", Value: "mail"}, show}
	}
	form := &ui.Form{Buttons: append(buttons, ui.Cancel(gate.Path("people", p.ID)))}
	return ui.Question{Form: form, Confirms: &says, Page: ui.Page{Title: "Invite " + p.Name + " to sign in", Crumbs: personCrumbs(p)}}
}

func (a *area) deliver(r *http.Request, p people.Person) error {
	if a.Deliver == nil {
		return fault.New(fault.Conflict, "This server sends no mail: show the link, and hand it over yourself")
	}
	return a.Deliver(r.Context(), actor(r), p.ID)
}

func (a *area) invited(r *http.Request, p people.Person, link string) ui.Page {
	return ui.Page{Title: "Link for " + p.Name, Crumbs: personCrumbs(p), Content: []ui.Component{
		ui.Warning("Whoever has this link can sign in as " + p.Name + ". It is shown this once, and kept nowhere."),
		ui.Summary{Rows: []ui.SummaryRow{
			{Key: "Link", Value: ui.ID{Value: a.Join(link), Of: "link"}},
			{Key: "For", Value: ui.Text(p.Name)},
			{Key: "Works until", Value: ui.Time{At: ui.Now(r).Add(linkLife), Now: ui.Now(r)}},
		}},
		ui.Heading("How to hand it over"),
		ui.List{Numbered: true, Items: []ui.Component{
			ui.Text("Make sure that it is them: meet them, or call a number that you knew before. Do not answer a call or a message that asks for the link."),
			ui.Text("Give it to nobody else: no colleague, no assistant, no shared mailbox, no group chat."),
			ui.Text("Stay with them until they have signed in. If the link says that it has been used and they did not use it, deactivate the account at once and tell your security team."),
		}},
		ui.ButtonGroup{{Text: "Back to " + p.Name, Href: gate.Path("people", p.ID), Kind: ui.Secondary}},
	}}
}
