package devices

import (
	"net/http"
	"strconv"
	"time"

	"portcullis/internal/fault"
	"portcullis/web/ui"
)

// question is a page that asks something: GET shows it and POST takes the answer.
type question struct {
	// page is everything but the form.
	page ui.Page
	form *ui.Form
	// current is what is asked about as it is now, for who is told that somebody else was faster.
	current ui.Component
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
		if fault.Is(err, fault.Changed) && q.current != nil {
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
	q.page.Content = append(q.page.Content, q.form)
	return ui.Render(w, r, status, q.page)
}

// version is the one that a form was made from. A form without one would overwrite whatever is there.
func version(f *ui.Form) (int64, error) {
	v, err := strconv.ParseInt(f.Version, 10, 64)
	if err != nil || v < 1 {
		return 0, fault.New(fault.Invalid, "The form arrived damaged: open the page again, and make your change once more")
	}
	return v, nil
}

// day is the answer to a question for a day: its beginning, in the zone in which times are shown; zero
// where nothing was answered.
func day(r *http.Request, f *ui.Form, name string) (time.Time, error) {
	return f.Field(name).Day(ui.Now(r).Location())
}
