package approvals

import (
	"errors"
	"net/http"
	"time"

	room "portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// organisationIn is the organisation that an address names, else that of who asks, in which they may propose.
func (a *area) organisationIn(r *http.Request) (*policy.Organisation, error) {
	id := r.URL.Query().Get("organisation")
	if a.revised != nil {
		id = a.revised.Organisation
	}
	if id == "" {
		me, err := a.me(r)
		if err != nil {
			return nil, err
		}
		if id = me.Organisation; id == "" {
			return nil, fault.In("organisation", "Say for which organisation: go to it, and come here from its page")
		}
	}
	if err := a.mayPropose(r, people.Propose, id); err != nil {
		return nil, err
	}
	if o := a.Devices.Fleet.View().Organisation(id); o != nil {
		return o, nil
	}
	return nil, fault.New(fault.NotFound, "There is no organisation %s", id)
}

// longestUntil is for how long something may hold at most, as the hint of a day.
func longestUntil(r *http.Request, from time.Time, days int) string {
	if days == 0 {
		return "For example, 27 3 2027"
	}
	if now := ui.Now(r); from.Before(now) {
		from = now
	}
	return ui.Capital(ui.Count(days, "day", "days")) + " at most: until " + from.AddDate(0, 0, days).Format("2 January 2006") + " at the latest"
}

// draftMonitor proposes that a body watch for a while instead of enforcing.
func (a *area) draftMonitor(w http.ResponseWriter, r *http.Request) error {
	o, err := a.organisationIn(r)
	if err != nil {
		return err
	}
	process, err := a.Approvals.Process(r.Context(), actor(r), o.ID, people.Time{}, people.Time{})
	if err != nil {
		return err
	}
	back := gate.Path("organisations", o.ID)
	now := ui.Text("What is not listed is enforced")
	if m := o.Monitor; m != nil && m.Contains(ui.Now(r)) {
		now = ui.Text("Watched " + devicepages.Period(r, m.Period) + ": " + m.Reason)
	}
	form := &ui.Form{
		Fields: []*ui.Field{
			reasonField("Why should it only be watched?", "Everybody may read this once it is decided"),
			whenField("From when?", "As soon as it is decided"),
			{Name: "until", Label: "Until which day?", Hint: longestUntil(r, time.Time{}, process.Monitor.LongestDays), As: ui.Date{}},
		},
		Buttons: ui.ButtonGroup{{Text: "Propose it"}, ui.Cancel(back)},
	}
	filled(r, form, "when", atOnce)
	page := ui.Page{Title: "Propose to watch for a while", Caption: o.Name, Back: back, Content: []ui.Component{
		ui.Para("While a body watches, what is not on its list is shown and is not in breach. Bans are enforced all the same."),
		ui.Summary{Rows: []ui.SummaryRow{{Key: "Now", Value: now}}},
	}}
	return a.propose(w, r, page, form, func() (room.Draft, error) {
		from, err := begins(r, form)
		until, failed := day(r, form, "until")
		if failed == nil && until.IsZero() {
			failed = fault.In("until", "Say until when: watching instead of enforcing always ends")
		}
		if err := errors.Join(why(form), err, failed); err != nil {
			return room.Draft{}, err
		}
		m := people.Monitor{Period: people.Period{From: timeOf(from), Until: timeOf(until)}}
		return room.Draft{Kind: room.Monitor, Organisation: o.ID, Reason: answer(form, "reason"), Content: room.Content{Monitor: &m}}, nil
	})
}
