package handbook

import (
	"net/http"
	"slices"
	"time"

	room "portcullis/handbook"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// noteSummary is what a note says.
func noteSummary(r *http.Request, n room.Note) ui.Summary {
	return ui.Summary{Rows: []ui.SummaryRow{
		{Key: "Day", Value: dayOf(r, n)}, {Key: "How", Value: ui.Text(channelNames[n.Channel])}, {Key: "With whom", Value: ui.Text(n.With)},
		{Key: "About", Value: ui.Text(n.Subject)}, {Key: "Where the record went", Value: ui.Text(n.Where)},
	}}
}

// dayOf is the day of a note, as it is shown.
func dayOf(r *http.Request, n room.Note) ui.Component {
	t, err := time.ParseInLocation(time.DateOnly, n.Day, ui.Now(r).Location())
	if err != nil {
		return ui.Text(n.Day)
	}
	return ui.Day{At: t, Now: ui.Now(r)}
}

func notePath(id string, more ...string) string {
	return gate.Path(append([]string{"channels", "passed", id}, more...)...)
}

// page cuts off the row that was asked for to know whether there are more, and returns the cursor to them.
func page(found []room.Passed) (shown []room.Passed, next string) {
	if len(found) <= perPage {
		return found, ""
	}
	return found[:perPage], found[perPage-1].ID
}

// mine lists the actor's own notes.
func (a *area) mine(w http.ResponseWriter, r *http.Request) error {
	found, err := a.Handbook.MyPassed(r.Context(), actor(r), r.URL.Query().Get("after"), perPage+1)
	if err != nil {
		return err
	}
	found, next := page(found)
	table := ui.Table{
		Caption: "What you have passed on", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "About"}, {Title: "With whom"}, {Title: "Day"}, {Title: "Where the record went"}},
		Empty:   ui.Empty{Text: "You have passed nothing on so far.", Do: ui.Link{Text: "Pass something to the official record", Href: "/channels/pass"}},
		Pages:   ui.PagesAt(r.URL, "notes", "", next),
	}
	for _, p := range found {
		table.Rows = append(table.Rows, ui.Row{ui.Link{Text: p.Subject, Href: notePath(p.ID)}, ui.Text(p.With), dayOf(r, p.Note), ui.Text(p.Where)})
	}
	shown := ui.Page{Title: "What you have passed on", Wide: true, Crumbs: channelCrumbs}
	if len(found) > 0 {
		shown.Content = []ui.Component{ui.ButtonGroup{{Text: "Pass on something else", Href: "/channels/pass"}}}
	}
	shown.Content = append(shown.Content, table)
	return ui.Render(w, r, http.StatusOK, shown)
}

// notes lists what was passed on where the actor may see it.
func (a *area) notes(w http.ResponseWriter, r *http.Request) error {
	all, err := a.People.Organisations(r.Context(), actor(r))
	if err != nil {
		return err
	}
	names, options := map[string]string{}, []ui.Option{{Label: "All that you may see"}}
	for _, o := range all {
		names[o.ID] = o.Name
		options = append(options, ui.Option{Value: o.ID, Label: o.Name})
	}
	filter := ui.NewFilter(r.URL, &ui.Field{Name: "organisation", Label: "Organisation", Hint: "That one, and all below it", As: ui.Select{Options: options}})
	found, err := a.Handbook.PassedIn(r.Context(), actor(r), filter.Value("organisation"), r.URL.Query().Get("after"), perPage+1)
	if err != nil {
		return err
	}
	found, next := page(found)
	var ids []string
	for _, p := range found {
		ids = append(ids, p.Person)
	}
	slices.Sort(ids)
	known, err := a.names(r, slices.Compact(ids)...)
	if err != nil {
		return err
	}
	table := ui.Table{
		Caption: "What was passed on", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "About"}, {Title: "Who"}, {Title: "With whom"}, {Title: "Day"}, {Title: "Where the record went"}},
		Empty:   ui.Empty{Text: "Nobody here has passed anything on so far. The aid and the form are on the page about private channels.", Do: ui.Link{Text: "Private channels", Href: "/channels"}},
		Pages:   ui.PagesAt(r.URL, "notes", "", next),
	}
	for _, p := range found {
		table.Rows = append(table.Rows, ui.Row{
			ui.Link{Text: p.Subject, Href: notePath(p.ID)}, ui.Stack{ui.Text(somebody(known, p.Person)), ui.Text(" "), ui.Muted(names[p.Organisation])},
			ui.Text(p.With), dayOf(r, p.Note), ui.Text(p.Where),
		})
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "What was passed on", Wide: true, Crumbs: channelCrumbs, Content: []ui.Component{
		ui.Para("Notes that people wrote when a conversation on a private channel went to the official record. They say where it is, and nothing of what was said."), filter, table,
	}})
}

var noteDone = ui.Done{"passed": "Thank you. Your note is kept", "corrected": "Your note has been corrected", "same": "Everything is as it was"}

// note shows one note, to its writer or to who may see it.
func (a *area) note(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Handbook.Passed(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := all[0]
	mine := p.Person == gate.Who(r.Context()).Person
	shown := ui.Page{Title: p.Subject, Caption: "Passed to the official record", Crumbs: channelCrumbs, Banner: noteDone.Banner(r)}
	facts := noteSummary(r, p.Note)
	if !mine {
		known, err := a.names(r, p.Person)
		if err != nil {
			return err
		}
		facts.Rows = append([]ui.SummaryRow{{Key: "Who", Value: ui.Text(ui.Capital(somebody(known, p.Person)))}}, facts.Rows...)
	}
	facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "Written", Value: when(r, p.Written)})
	if len(all) > 1 {
		facts.Rows = append(facts.Rows, ui.SummaryRow{Key: "Corrected", Value: when(r, p.Recorded)})
	}
	shown.Content = []ui.Component{facts}
	if mine {
		shown.Content = append(shown.Content, ui.ButtonGroup{{Text: "Correct this note", Href: notePath(p.ID, "correct"), Kind: ui.Secondary}, {Text: "What you have passed on", Href: "/channels/passed", Kind: ui.Quiet}})
	}
	for _, former := range all[1:] {
		shown.Content = append(shown.Content, ui.Details{Summary: "Until " + former.Replaced.Time().In(ui.Now(r).Location()).Format("2\u00a0January\u00a02006, 15:04"), Content: []ui.Component{noteSummary(r, former.Note)}})
	}
	return ui.Render(w, r, http.StatusOK, shown)
}

// correct puts another version in the place of one of the actor's own notes.
func (a *area) correct(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Handbook.Passed(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := all[0]
	if r.Method != http.MethodPost && p.Person != gate.Who(r.Context()).Person {
		return ui.See(w, r, notePath(p.ID)) // it is for its writer to correct, and the room would say so
	}
	form := &ui.Form{Version: ui.Versioned(p.Version), Fields: noteFields(), Buttons: ui.ButtonGroup{{Text: "Save the correction"}, ui.Cancel(notePath(p.ID))}}
	day, _ := time.Parse(time.DateOnly, p.Day)
	for i, values := range [][]string{ui.On(day), {string(p.Channel)}, {p.With}, {p.Subject}, {p.Where}} {
		form.Fields[i].Values = values
	}
	q := ui.Question{Form: form, Current: noteSummary(r, p.Note), Page: ui.Page{
		Title: "Correct this note", Caption: p.Subject, Crumbs: append(channelCrumbs[:2:2], ui.Link{Text: p.Subject, Href: notePath(p.ID)}),
		Content: []ui.Component{ui.Para("What stands there now is kept beside the correction.")},
	}}
	return q.Ask(w, r, func() (string, error) {
		v, err := form.MadeFrom()
		if err != nil {
			return "", err
		}
		n, err := noteOf(r, form)
		if err != nil {
			return "", err
		}
		after, err := a.Handbook.CorrectPassed(r.Context(), actor(r), p.ID, n, v)
		if err == nil && after.Version == v {
			return notePath(p.ID) + "?done=same", nil
		}
		return notePath(p.ID) + "?done=corrected", err
	})
}
