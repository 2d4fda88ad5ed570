package directory

import (
	"net/http"

	"portcullis/web/ui"
)

// enforce asks whether what is not listed in an organisation should be enforced from now on, and does it.
func (a *area) enforce(w http.ResponseWriter, r *http.Request) error {
	o, err := a.room.Organisation(r.Context(), actor(r), organisationIn(r))
	if err != nil {
		return err
	}
	now := ui.Summary{Rows: []ui.SummaryRow{{Key: "What is not listed", Value: enforced(r, o)}}}
	says := ui.Confirm{
		Says:  []string{"The period of watching ends at once: apps that are on no list are stopped here again, and not only noticed. A period that is planned for later is called off.", "You can have it watched again."},
		Facts: now,
	}
	form := &ui.Form{Version: ui.Versioned(o.Version), Buttons: ui.ButtonGroup{{Text: "Enforce again now", Kind: ui.Danger}, ui.Cancel(OrganisationPath(o.ID))}}
	q := ui.Question{Form: form, Confirms: &says, Current: now, Page: ui.Page{Title: "Enforce again now?", Caption: o.Name, Crumbs: crumbsOf(o)}}
	return q.Ask(w, r, func() (string, error) {
		v, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		_, err = a.room.EndWatch(r.Context(), actor(r), o.ID, v)
		return OrganisationPath(o.ID) + "?done=enforced", err
	})
}
