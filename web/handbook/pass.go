package handbook

import (
	"errors"
	"net/http"
	"slices"

	room "portcullis/handbook"
	"portcullis/internal/fault"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// dayParts are the names of what a day is typed in.
var dayParts = []string{"-day", "-month", "-year"}

// noteFields ask for what a note says.
func noteFields() []*ui.Field {
	return []*ui.Field{
		{Name: "day", Label: "On which day did you talk?", Hint: "For example, 27 3 2026. If it took several days, the last", As: ui.Date{}},
		{Name: "channel", Label: "How did you talk?", As: ui.Radios{Options: channelOptions(room.Channels)}},
		{Name: "with", Label: "Whom did you talk with?", Hint: "Names or offices, such as Pat Pilot of the Board of Pilots", As: ui.Input{Long: room.MaxWith}},
		{Name: "subject", Label: "What was it about?", Hint: "One line, as it would stand on a file, such as: Tablets for the tugs. Please nothing of what was said", As: ui.Input{Long: room.MaxSubject}},
		{Name: "where", Label: "Where did the record go?", Hint: "The reference of a file, or a mailbox, such as HBR/26/114", As: ui.Input{Long: room.MaxWhere}},
	}
}

// noteOf is what a form says, with the faults of all its fields.
func noteOf(r *http.Request, form *ui.Form) (room.Note, error) {
	_, wrong := form.Field("day").Day(ui.Now(r).Location())
	n := room.Note{Channel: room.Channel(form.Value("channel")), With: form.Value("with"), Subject: form.Value("subject"), Where: form.Value("where")}
	if wrong == nil {
		n.Day = form.Value("day")
	}
	checked := n.Check(ui.Now(r))
	if wrong != nil {
		return n, errors.Join(wrong, checked) // the first of a field is the one that is shown
	}
	return n, checked
}

// checking is the step after all questions.
const checking = "check"

// pass asks for a note, one question at a time, and keeps it.
func (a *area) pass(w http.ResponseWriter, r *http.Request) error {
	form := &ui.Form{Fields: noteFields()}
	if r.Method != http.MethodPost {
		return askNote(w, r, form, form.Fields[0].Name, false, http.StatusOK)
	}
	if err := form.Fill(r); err != nil {
		return err
	}
	step, whole := r.PostFormValue("step"), r.PostFormValue("whole") != ""
	if change := r.PostFormValue("change"); form.Field(change).Label != "" {
		return askNote(w, r, form, change, true, http.StatusOK)
	}
	n, err := noteOf(r, form)
	if step == checking && err == nil {
		kept, err := a.Handbook.Pass(r.Context(), actor(r), n)
		if err != nil {
			return err
		}
		return ui.See(w, r, gate.Path("channels", "passed", kept.ID)+"?done=passed")
	}
	wrong := fault.Fields(err)
	for i, f := range form.Fields {
		answered := step == checking || whole || step == f.Name || i < slices.IndexFunc(form.Fields, func(o *ui.Field) bool { return o.Name == step })
		failed := slices.ContainsFunc(wrong, func(e *fault.Error) bool { return e.Field == f.Name })
		switch {
		case answered && failed:
			form.Fail(errors.Join(of(wrong, f.Name)...))
			return askNote(w, r, form, f.Name, whole, http.StatusUnprocessableEntity)
		case !answered:
			return askNote(w, r, form, f.Name, false, http.StatusOK)
		}
	}
	return checkNote(w, r, form, n)
}

// of are the faults of one field.
func of(wrong []*fault.Error, name string) (faults []error) {
	for _, e := range wrong {
		if e.Field == name {
			faults = append(faults, e)
		}
	}
	return faults
}

// askNote shows one question; what was answered to the others goes along. whole says that all were answered.
func askNote(w http.ResponseWriter, r *http.Request, form *ui.Form, name string, whole bool, status int) error {
	asked := form.Field(name)
	asked.Asks = true
	form.Hidden = append(along(form, name), ui.Hidden{Name: "step", Value: name})
	if whole {
		form.Hidden = append(form.Hidden, ui.Hidden{Name: "whole", Value: "yes"})
	}
	first := name == form.Fields[0].Name
	form.Fields = []*ui.Field{asked}
	form.Buttons = ui.ButtonGroup{{Text: "Continue"}, ui.Cancel("/channels")}
	page := ui.Page{Title: asked.Label, Crumbs: channelCrumbs, Content: []ui.Component{form}}
	if first && !whole {
		page.Content = append(page.Content, ui.Inset{ui.Para("Five short questions: when, how, with whom, about what, and where the record went. Nothing of what was said belongs here. You and the officers of your organisation see the note; it is kept for six years.")})
	}
	return ui.Render(w, r, status, page)
}

// along are the answers to all questions but one, as they were typed.
func along(form *ui.Form, but string) (hidden []ui.Hidden) {
	for _, f := range form.Fields {
		if f.Name == but {
			continue
		}
		for i, value := range f.Values {
			name := f.Name
			if _, is := f.As.(ui.Date); is {
				name += dayParts[i]
			}
			hidden = append(hidden, ui.Hidden{Name: name, Value: value})
		}
	}
	return hidden
}

// checkNote shows what was answered, to be looked at before it is kept.
func checkNote(w http.ResponseWriter, r *http.Request, form *ui.Form, n room.Note) error {
	send := &ui.Form{Hidden: append(along(form, ""), ui.Hidden{Name: "step", Value: checking}), Buttons: ui.ButtonGroup{{Text: "Keep this note"}}}
	for i, text := range []string{"Change the day", "Change how", "Change with whom", "Change what about", "Change where"} {
		send.Buttons = append(send.Buttons, ui.Button{Text: text, Name: "change", Value: form.Fields[i].Name, Kind: ui.Quiet})
	}
	send.Buttons = append(send.Buttons, ui.Cancel("/channels"))
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Check your note", Crumbs: channelCrumbs, Content: []ui.Component{noteSummary(r, n), send}})
}
