package devices

import (
	"net/http"
	"slices"

	room "portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/policy"
	"portcullis/web/ui"
)

// releases lists the devices that are to become personal.
func (a *area) releases(w http.ResponseWriter, r *http.Request) error {
	filter, err := narrowed(r, &ui.Field{Name: "show", Label: "Show", As: ui.Select{Options: ui.Options("", "What waits for an answer", "all", "All that was ever proposed")}})
	if err != nil {
		return err
	}
	open := filter.Value("show") != "all"
	found, err := a.Devices.Releases(r.Context(), actor(r), room.ReleaseQuery{Open: open, Before: r.URL.Query().Get("after"), Limit: perPage + 1})
	if err != nil {
		return err
	}
	last := ""
	if len(found) > perPage {
		found = found[:perPage]
		last = found[perPage-1].ID
	}
	var ids []string
	for i := range found {
		ids = append(ids, found[i].AskedBy)
		if !found[i].Open() {
			ids = append(ids, found[i].AnsweredBy)
		}
	}
	slices.Sort(ids)
	known, err := a.People.Names(r.Context(), actor(r), slices.Compact(ids)...)
	if err != nil {
		return err
	}
	table := releasesTable(r, found, known, true)
	table.Pages = ui.PagesAt(r.URL, "proposals", "", last)
	if open {
		table.Empty = ui.Empty{Text: "Nothing waits for an answer. That a device becomes personal is proposed on its own page."}
	}
	page := ui.Page{Title: "Devices that are to become personal", Wide: true, Crumbs: deviceCrumbs, Content: []ui.Component{
		ui.Para("A device that becomes somebody’s own is judged no longer, or in part only. So two people decide: one proposes it, another agrees."), filter, table,
	}}
	return ui.Render(w, r, http.StatusOK, page)
}

// releasesTable shows proposals; with the devices, where it is about several.
func releasesTable(r *http.Request, found []room.Release, known map[string]string, several bool) ui.Table {
	table := ui.Table{
		Caption: "Proposals that it become personal", Unseen: several, At: r.URL,
		Columns: []ui.Column{{Title: "Proposed"}, {Title: "To become"}, {Title: "Reason"}, {Title: "Answer"}},
		Empty:   ui.Empty{Text: "Nothing was ever proposed."},
	}
	if several {
		table.Columns = append([]ui.Column{{Title: "Device"}}, table.Columns...)
	}
	for i := range found {
		rel := &found[i]
		row := ui.Row{
			ui.Line{ui.Time{At: rel.Asked.Time(), Now: ui.Now(r), Short: true}, ui.Text("by " + somebody(known, rel.AskedBy))},
			ui.Text(ownershipNames[rel.To]), ui.Text(rel.Reason), answerCell(r, rel, known),
		}
		if several {
			row = append(ui.Row{ui.Link{Text: rel.Host, Href: DevicePath(rel.Host)}}, row...)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// answerCell says what became of a proposal.
func answerCell(r *http.Request, rel *room.Release, known map[string]string) ui.Component {
	at := ui.Time{At: rel.Answered.Time(), Now: ui.Now(r), Short: true}
	by := ui.Text("by " + somebody(known, rel.AnsweredBy))
	switch {
	case rel.Open():
		return ui.Tag{Text: "Waits", Tone: ui.Waiting}
	case rel.Agreed:
		return ui.Line{ui.Text("Agreed"), at, by}
	case rel.TakenBack:
		return ui.Line{ui.Text("Taken back"), at, by}
	}
	return ui.Line{ui.Text("Refused"), at, by, ui.Text("“" + rel.Why + "”")}
}

// askRelease proposes that a device become personal.
func (a *area) askRelease(w http.ResponseWriter, r *http.Request) error {
	one, q, err := a.changing(r, "Propose that this device become personal", func(one *room.One) *ui.Form {
		answers := ownershipAnswers()[1:]
		if one.Row.Ownership == policy.ManagedPersonal {
			answers = answers[1:]
		}
		return &ui.Form{
			Fields: []*ui.Field{
				{Name: "ownership", Label: "What is it to be?", As: ui.Radios{Options: answers}},
				{Name: "reason", Label: "Why?", Hint: "Whoever agrees reads this. Do not write down what is private", As: ui.Textarea{Rows: 3, Long: 2000}},
			},
			Buttons: ui.ButtonGroup{{Text: "Propose it"}, ui.Cancel(DevicePath(one.ID))},
		}
	})
	if err != nil {
		return err
	}
	q.Page.Content = []ui.Component{ui.Para("Nothing changes until somebody else agrees. From then on what may not be stored of somebody’s own device is taken off it, and is judged no longer. What it was while it belonged to the organisation stays known.")}
	return q.Ask(w, r, func() (string, error) {
		v, err := q.Form.MadeFrom()
		if err != nil {
			return "", err
		}
		to, _ := policy.ParseOwnership(q.Form.Value("ownership"))
		_, err = a.Devices.AskRelease(r.Context(), actor(r), one.ID, v, to, q.Form.Value("reason"))
		return devicePath(one.ID, "asked"), err
	})
}

// waiting is the proposal about a device that waits for an answer: the one that a form was made from, where
// there is one.
func (a *area) waiting(r *http.Request) (room.One, room.Release, error) {
	one, err := a.Devices.One(r.Context(), actor(r), idIn(r))
	if err != nil {
		return one, room.Release{}, err
	}
	if id := r.FormValue("release"); id != "" {
		if i := slices.IndexFunc(one.Releases, func(rel room.Release) bool { return rel.ID == id }); i >= 0 {
			return one, one.Releases[i], nil // answered meanwhile, perhaps: the room says so
		}
	}
	if rel := openOf(&one); rel != nil {
		return one, *rel, nil
	}
	return one, room.Release{}, fault.New(fault.NotFound, "Nothing about this device waits for an answer: it was answered already, or was never proposed")
}

// answerRelease agrees to a proposal, or refuses it.
func (a *area) answerRelease(w http.ResponseWriter, r *http.Request) error {
	one, rel, err := a.waiting(r)
	if err != nil {
		return err
	}
	known, err := a.people(r, &one)
	if err != nil {
		return err
	}
	form := &ui.Form{
		Hidden: []ui.Hidden{{Name: "release", Value: rel.ID}},
		Fields: []*ui.Field{{Name: "answer", Label: "Do you agree?", As: ui.Radios{Options: []ui.Option{
			{Value: "agree", Label: "Yes: it becomes " + lower(ownershipNames[rel.To])},
			{Value: "refuse", Label: "No: it stays what it is", Reveals: []*ui.Field{{Name: "why", Label: "Why not?", As: ui.Textarea{Rows: 3, Long: 2000}}}},
		}}}},
		Buttons: ui.ButtonGroup{{Text: "Answer"}, ui.Cancel(DevicePath(one.ID))},
	}
	q := ui.Question{Form: form, Page: ui.Page{Title: "A device is to become personal", Caption: called(&one.Host), Crumbs: crumbsOf(&one.Host), Content: []ui.Component{
		ui.Summary{Rows: []ui.SummaryRow{
			{Key: "Device", Value: ui.Line{ui.Text(called(&one.Host)), ui.Muted(whatItIs(&one.Host))}},
			{Key: "To become", Value: ui.Text(ownershipNames[rel.To])},
			{Key: "Proposed", Value: ui.Line{when(r, rel.Asked), ui.Text("by " + somebody(known, rel.AskedBy))}},
			{Key: "Reason", Value: ui.Text(rel.Reason)},
			{Key: "In breach now", Value: ui.Text(ui.Capital(ui.Count(one.Breaches, "app", "apps")))},
		}},
		ui.Para("If you agree, it holds at once. What may not be stored of somebody’s own device is taken off it, and nothing brings that back."),
	}}}
	return q.Ask(w, r, func() (string, error) {
		answer := form.Value("answer")
		if answer != "agree" && answer != "refuse" {
			return "", fault.In("answer", "Choose one of the two")
		}
		_, err := a.Devices.AnswerRelease(r.Context(), actor(r), rel.ID, answer == "agree", whyOf(form, answer))
		if answer == "agree" {
			return devicePath(one.ID, "agreed"), err
		}
		return devicePath(one.ID, "refused"), err
	})
}

// whyOf is the reason of a refusal; what was typed before somebody changed their mind is none.
func whyOf(form *ui.Form, answer string) string {
	if answer == "agree" {
		return ""
	}
	return form.Value("why")
}

// takeBackRelease takes back what one has proposed.
func (a *area) takeBackRelease(w http.ResponseWriter, r *http.Request) error {
	one, rel, err := a.waiting(r)
	if err != nil {
		return err
	}
	form := &ui.Form{Hidden: []ui.Hidden{{Name: "release", Value: rel.ID}}, Buttons: ui.ButtonGroup{{Text: "Take it back"}, ui.Cancel(DevicePath(one.ID))}}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Take back what you have proposed", Caption: called(&one.Host), Crumbs: crumbsOf(&one.Host), Content: []ui.Component{
		ui.Para("The device stays what it is. It can be proposed again."),
	}}}
	return q.Ask(w, r, func() (string, error) {
		if rel.AskedBy != whoAsks(r) {
			return "", fault.New(fault.Conflict, "Only who has proposed this can take it back. Whoever may agree can refuse it")
		}
		_, err := a.Devices.AnswerRelease(r.Context(), actor(r), rel.ID, false, "")
		return devicePath(one.ID, "back"), err
	})
}
