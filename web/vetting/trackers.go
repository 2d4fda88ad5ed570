package vetting

import (
	"cmp"
	"io"
	"net/http"

	"portcullis/internal/fault"
	room "portcullis/vetting"
	"portcullis/web/ui"
)

// maxList is how many bytes a browser sends with a list of trackers.
const maxList = room.MaxTrackers + 1<<16

// trackersFacts are whose list of trackers counts in a body, and what of it is looked for.
func (a *area) trackersFacts(r *http.Request, t *room.Trackers) ui.Component {
	if t.List == nil {
		return ui.Para("There is none: what the program knows of makers and their code is looked for in apps, and nothing besides.")
	}
	by := t.By
	if names, err := a.People.Names(r.Context(), actor(r), t.By); err == nil {
		by = cmp.Or(names[t.By], "somebody")
	}
	s := ui.Summary{Rows: []ui.SummaryRow{
		{Key: "Whose list it is", Value: ui.Text(a.things.Names().Organisation(t.Of))}, {Key: "In the form of", Value: ui.Text(t.List.Credit)},
		{Key: "Looked for", Value: ui.Text(ui.Count(len(t.List.Entries), "entry", "entries"))}, {Key: "SHA-256", Value: ui.ID{Value: t.Digest, Of: "list: its SHA-256"}},
		{Key: "Set", Value: ui.Line{ui.Time{At: t.At.Time(), Now: ui.Now(r)}, ui.Text("by " + by)}}, {Key: "Why", Value: ui.Text(t.Reason)},
	}}
	if len(t.List.Problems) == 0 {
		return s
	}
	var lines ui.List
	for _, p := range t.List.Problems[:min(mostRows, len(t.List.Problems))] {
		lines.Items = append(lines.Items, ui.Text(ui.Capital(p)))
	}
	return ui.Stack{s, ui.Details{Summary: ui.Capital(ui.Count(len(t.List.Problems), "part of it is not used", "parts of it are not used")), Content: []ui.Component{lines, rest(len(t.List.Problems))}}}
}

// trackers asks for the list of trackers by which a body goes from now on.
func (a *area) trackers(w http.ResponseWriter, r *http.Request) error {
	body := organisationIn(r)
	list, err := a.Vetting.Trackers(r.Context(), actor(r), body)
	if err != nil {
		return err
	}
	form := &ui.Form{Version: ui.Versioned(list.Number + 1), Fields: []*ui.Field{
		{Name: "file", Label: "The list", Hint: "A file of Exodus Privacy’s trackers or of blocker-general-rules, in JSON. 1 MB at most", As: ui.File{Accept: ".json"}},
		{Name: "reason", Label: "Why?", Hint: "It stands beside the list, and others read it", As: ui.Textarea{Rows: 3, Long: 2000}},
	}, Buttons: ui.ButtonGroup{{Text: "Replace the list"}, ui.Cancel(criteriaPath(body))}}
	if list.Of == body {
		form.Buttons = ui.ButtonGroup{form.Buttons[0], {Text: "Go by the one above again", Name: "above", Value: "yes", Kind: ui.Secondary}, form.Buttons[1]}
	}
	page := ui.Page{Title: "Replace the list of trackers", Caption: a.things.Names().Organisation(body), Back: criteriaPath(body), Content: []ui.Component{
		ui.Para("What it names is looked for in apps that are handed in from now on, besides what the program knows. Reports that were made before stay as they are."),
	}}
	q := ui.Question{Page: page, Form: form}
	if r.Method != http.MethodPost {
		return q.Show(w, r, http.StatusOK)
	}
	to, err := a.listed(r, form, body, list.Number+1)
	switch {
	case q.Form.Fail(err):
		return q.Show(w, r, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return ui.See(w, r, to)
}

// listed sets the list that was sent, and says which page shows it.
func (a *area) listed(r *http.Request, form *ui.Form, body string, now int64) (string, error) {
	sent, err := a.receive(r)
	if sent.file != nil {
		defer sent.drop()
	}
	form.FillFrom(sent.answers)
	above := sent.answers.Get("above") != ""
	if err != nil && !above {
		return "", err
	}
	if version, err := form.MadeFrom(); err != nil {
		return "", err
	} else if version != now {
		return "", fault.New(fault.Changed, "Somebody has replaced the list since you opened it: look at it again")
	}
	text, word := "", "no-trackers"
	if !above {
		all, err := io.ReadAll(io.NewSectionReader(sent.file, 0, sent.size))
		if err != nil {
			return "", err
		}
		text, word = string(all), "trackers"
	}
	_, err = a.Vetting.SetTrackers(r.Context(), actor(r), body, text, answer(form, "reason"))
	if err != nil {
		return "", moved(err, "trackers", "file")
	}
	return criteriaPath(body) + "?done=" + word, nil
}

// moved is a fault with one field called otherwise.
func moved(err error, from, to string) error {
	for _, f := range fault.Fields(err) {
		if f.Field == from {
			return fault.In(to, "%s", f.Message)
		}
	}
	return err
}
