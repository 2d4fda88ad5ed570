package directory

import (
	"net/http"
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// signOut asks whether to end all of somebody's sessions, and does it.
func (a *area) signOut(w http.ResponseWriter, r *http.Request) error {
	p, err := a.room.Person(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	says := ui.Confirm{Says: []string{
		"They are signed out in every browser at once, and lose what they have typed and not sent. They can sign in again with their passkey.",
		"If a device of theirs is in the wrong hands, remove its passkey as well, or deactivate the account.",
	}}
	form := &ui.Form{Buttons: ui.ButtonGroup{{Text: "Sign out everywhere", Kind: ui.Danger}, ui.Cancel(gate.Path("people", p.ID))}}
	q := ui.Question{Form: form, Confirms: &says, Page: ui.Page{Title: "Sign " + p.Name + " out everywhere?", Crumbs: personCrumbs(p)}}
	return q.Ask(w, r, func() (string, error) {
		return personPath(p.ID, "signed-out"), a.room.RevokeSession(r.Context(), actor(r), p.ID, "")
	})
}

// removePasskey asks whether somebody should no longer sign in with a passkey, and removes it.
func (a *area) removePasskey(w http.ResponseWriter, r *http.Request) error {
	p, err := a.room.Person(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	keys, err := a.room.Passkeys(r.Context(), actor(r), p.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k people.Passkey) bool { return k.ID == r.FormValue("passkey") })
	if i < 0 {
		return fault.New(fault.NotFound, "%s does not have this passkey: somebody may have removed it already", p.Name)
	}
	key := keys[i]
	says := ui.Confirm{
		Says: []string{"They can no longer sign in with it. Sessions that it began go on: sign them out as well if the device is in the wrong hands."},
		Facts: ui.Summary{Rows: []ui.SummaryRow{
			{Key: "Of", Value: ui.Text(p.Name)}, {Key: "Passkey", Value: ui.Text(key.Name)}, {Key: "Added", Value: onDay(r, key.Added, "")}, {Key: "Last used", Value: when(r, key.Used)},
		}},
	}
	if len(keys) == 1 {
		says.Warning = "It is their only passkey. Invite them afterwards, or they cannot sign in with one."
	}
	form := &ui.Form{Hidden: []ui.Hidden{{Name: "passkey", Value: key.ID}}, Buttons: ui.ButtonGroup{{Text: "Remove the passkey", Kind: ui.Danger}, ui.Cancel(gate.Path("people", p.ID))}}
	q := ui.Question{Form: form, Confirms: &says, Page: ui.Page{Title: "Remove this passkey?", Crumbs: personCrumbs(p)}}
	return q.Ask(w, r, func() (string, error) {
		return personPath(p.ID, "passkey"), a.room.RemovePasskey(r.Context(), actor(r), p.ID, key.ID)
	})
}
