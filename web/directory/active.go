package directory

import (
	"net/http"

	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// deactivate asks whether somebody should lose every way in, and does it.
func (a *area) deactivate(w http.ResponseWriter, r *http.Request) error {
	p, err := a.room.Person(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	can, err := a.allowed(r, p.Organisation, people.ChangePeople, people.EndSessions)
	if err != nil {
		return err
	}
	var keys []people.Passkey
	if can[people.ChangePeople] {
		if keys, err = a.room.Passkeys(r.Context(), actor(r), p.ID); err != nil {
			return err
		}
	}
	var sessions []people.Session
	if can[people.EndSessions] {
		if sessions, err = a.room.Sessions(r.Context(), actor(r), p.ID); err != nil {
			return err
		}
	}
	says := ui.Confirm{
		Says: []string{"This happens at once. Their name stays in what they have decided. Their roles are kept, and work again if somebody reactivates them."},
		Facts: ui.Summary{Title: "What ends", Rows: []ui.SummaryRow{
			{Key: "Sessions", Value: ui.Text(ui.Capital(ui.Count(len(sessions), "session ends", "sessions end")))},
			{Key: "Passkeys", Value: ui.Text(ui.Capital(ui.Count(len(keys), "passkey is removed", "passkeys are removed")))},
			{Key: "Tokens", Value: ui.Text("All tokens that they made stop working, and so do the programs that use them")},
			{Key: "Links", Value: ui.Text("A link to sign in that was sent and not used stops working")},
		}},
		Warning: "Removed passkeys do not come back. Whoever is reactivated needs a new invitation.",
	}
	form := &ui.Form{Version: ui.Versioned(p.Version), Buttons: ui.ButtonGroup{{Text: "Deactivate", Kind: ui.Danger}, ui.Cancel(gate.Path("people", p.ID))}}
	q := ui.Question{Form: form, Confirms: &says, Current: standing(p), Page: ui.Page{Title: "Deactivate " + p.Name + "?", Crumbs: personCrumbs(p)}}
	return a.setActive(w, r, q, p, false, "deactivated")
}

// reactivate asks whether somebody should be able to get in again, and does it.
func (a *area) reactivate(w http.ResponseWriter, r *http.Request) error {
	p, t, err := a.personIn(r)
	if err != nil {
		return err
	}
	says := ui.Confirm{Says: []string{"They have no passkey left: invite them afterwards. The roles that they still have work again at once:"}}
	for _, h := range p.Roles {
		says.Facts.Rows = append(says.Facts.Rows, ui.SummaryRow{Key: h.Role.Name(), Value: ui.Text("in " + t.name(h.Organisation))})
	}
	if len(p.Roles) == 0 {
		says.Says[0] = "They have no passkey and no role left: give them a role and invite them afterwards."
	}
	form := &ui.Form{Version: ui.Versioned(p.Version), Buttons: ui.ButtonGroup{{Text: "Reactivate"}, ui.Cancel(gate.Path("people", p.ID))}}
	q := ui.Question{Form: form, Confirms: &says, Current: standing(p), Page: ui.Page{Title: "Reactivate " + p.Name + "?", Crumbs: personCrumbs(p)}}
	return a.setActive(w, r, q, p, true, "reactivated")
}

func (a *area) setActive(w http.ResponseWriter, r *http.Request, q ui.Question, p people.Person, active bool, done string) error {
	return q.Ask(w, r, func() (string, error) {
		v, err := q.Form.MadeFrom()
		if err != nil {
			return "", err
		}
		_, err = a.room.ChangePerson(r.Context(), actor(r), p.ID, people.PersonChange{Active: &active, Version: v})
		return personPath(p.ID, done), err
	})
}

// standing is a person in two lines.
func standing(p people.Person) ui.Summary {
	return ui.Summary{Rows: []ui.SummaryRow{{Key: "Name", Value: ui.Text(p.Name)}, {Key: "State", Value: state(p)}}}
}
