package directory

import (
	"net/http"
	"strconv"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/ui"
)

// question is a page that asks something: GET shows it and POST takes the answer.
type question struct {
	// page is everything but the form.
	page ui.Page
	form *ui.Form
	// confirms, where it is not nil, stands around the form.
	confirms *ui.Confirm
	// current is what is asked about as it is now, for who is told that somebody else was faster.
	current ui.Summary
}

// ask shows the question, or has do take the answer and say which page shows what became of it.
func (q question) ask(w http.ResponseWriter, r *http.Request, do func() (to string, err error)) error {
	if r.Method != http.MethodPost {
		return q.show(w, r, http.StatusOK)
	}
	version := q.form.Version
	if err := q.form.Fill(r); err != nil {
		return err
	}
	to, err := do()
	switch {
	case q.form.Fail(err):
		if fault.Is(err, fault.Changed) {
			q.form.Version = version // they see what is there now, and may decide anew
			q.page.Content = append(q.page.Content, ui.Inset{ui.Para("This is how it is now. What you typed is kept below: nothing of it has been saved."), q.current})
		}
		return q.show(w, r, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return ui.See(w, r, to)
}

func (q question) show(w http.ResponseWriter, r *http.Request, status int) error {
	var body ui.Component = q.form
	if q.confirms != nil {
		q.confirms.Form = q.form
		body = *q.confirms
	}
	q.page.Content = append(q.page.Content, body)
	return ui.Render(w, r, status, q.page)
}

// versioned is a version as forms carry it.
func versioned(version int64) string { return strconv.FormatInt(version, 10) }

// version is the one that a form was made from. A form without one would overwrite whatever is there.
func version(f *ui.Form) (int64, error) {
	v, err := strconv.ParseInt(f.Version, 10, 64)
	if err != nil || v < 1 {
		return 0, fault.New(fault.Invalid, "The form arrived damaged: open the page again, and make your change once more")
	}
	return v, nil
}

// day is the answer to a question for a day: its beginning, in the zone in which times are shown.
func day(r *http.Request, f *ui.Form, name string) (people.Time, error) {
	t, err := f.Field(name).Day(ui.Now(r).Location())
	return people.TimeOf(t), err
}

// fromField asks from which day on something holds.
func fromField(label string) *ui.Field {
	return &ui.Field{Name: "from", Label: label, Optional: true, Hint: "The day on which it begins, such as 27 3 2026. It begins at once if you leave it empty", As: ui.Date{}}
}

// Times and days as they are shown.
func when(r *http.Request, t people.Time) ui.Time { return ui.Time{At: t.Time(), Now: ui.Now(r)} }

func onDay(r *http.Request, t people.Time, none string) ui.Day {
	return ui.Day{At: t.Time(), Now: ui.Now(r), Else: none}
}

// done is what the page says that one is led to after a change. It is named in the address.
type done map[string]string

// banner says what has just been done, and nothing where the address names nothing.
func (d done) banner(r *http.Request) *ui.Banner {
	if text := d[r.URL.Query().Get("done")]; text != "" {
		return &ui.Banner{Done: true, Text: text}
	}
	return nil
}

// perPage is how many rows a page has.
const perPage = 50

// more cuts off the row that was asked for to know whether there are more.
func more[T any](rows []T) (shown []T, last *T) {
	if len(rows) <= perPage {
		return rows, nil
	}
	return rows[:perPage], &rows[perPage-1]
}
