package directory

import (
	"errors"
	"net/http"

	"portcullis/people"
	"portcullis/web/ui"
)

// watch has what is not listed in an organisation watched and not enforced, for a period.
func (a *area) watch(w http.ResponseWriter, r *http.Request) error {
	o, err := a.room.Organisation(r.Context(), actor(r), organisationIn(r))
	if err != nil {
		return err
	}
	form := &ui.Form{
		Version: ui.Versioned(o.Version),
		Fields: []*ui.Field{
			fromField("From which day?"),
			{Name: "until", Label: "Until which day?", Hint: "The first day on which it is enforced again", As: ui.Date{}},
			{Name: "reason", Label: "Why?", Hint: "One or two sentences. Auditors read them, and so does whoever asks in a year", As: ui.Textarea{Rows: 3}},
		},
		Buttons: ui.ButtonGroup{{Text: "Watch instead of enforcing"}, ui.Cancel(OrganisationPath(o.ID))},
	}
	if o.Monitor != nil {
		form.Fields[1].Values, form.Fields[2].Values = ui.On(o.Monitor.Until.Time().In(ui.Now(r).Location())), []string{o.Monitor.Reason}
	}
	q := ui.Question{
		Form: form, Current: ui.Summary{Rows: []ui.SummaryRow{{Key: "What is not listed", Value: enforced(r, o)}}},
		Page: ui.Page{Title: "Watch instead of enforcing", Caption: o.Name, Crumbs: crumbsOf(o), Content: []ui.Component{
			ui.Para("For this period, apps that are on no list are noticed and not stopped here. Bans are enforced all the same."),
			ui.Para("It is for bodies that are being brought in, and always ends. There is one period at a time: what you say here takes the place of what was said before."),
		}},
	}
	return q.Ask(w, r, func() (string, error) {
		v, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		m := people.Monitor{Reason: form.Value("reason")}
		var faults [2]error
		m.From, faults[0] = day(r, form, "from")
		m.Until, faults[1] = day(r, form, "until")
		if err := errors.Join(faults[:]...); err != nil {
			return "", err
		}
		after, err := a.room.Watch(r.Context(), actor(r), o.ID, m, v)
		if err == nil && after.Version == v {
			return OrganisationPath(o.ID) + "?done=same", nil
		}
		return OrganisationPath(o.ID) + "?done=watched", err
	})
}

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
