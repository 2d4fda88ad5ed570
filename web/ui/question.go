package ui

import (
	"net/http"
	"strconv"

	"portcullis/internal/fault"
)

// Question is a page that asks something: GET shows it and POST takes the answer.
type Question struct {
	// Page is everything but the form.
	Page Page
	Form *Form
	// Confirms, where it is not nil, stands around the form.
	Confirms *Confirm
	// Current is what is asked about as it is now, for who is told that somebody else was faster; nil where a
	// question is about nothing that changes.
	Current Component
}

// Ask shows the question, or has do take the answer and say which page shows what became of it.
func (q Question) Ask(w http.ResponseWriter, r *http.Request, do func() (to string, err error)) error {
	if r.Method != http.MethodPost {
		return q.Show(w, r, http.StatusOK)
	}
	version := q.Form.Version
	if err := q.Form.Fill(r); err != nil {
		return err
	}
	to, err := do()
	switch {
	case q.Form.Fail(err):
		if fault.Is(err, fault.Changed) && q.Current != nil {
			q.Form.Version = version // they see what is there now, and may decide anew
			q.Page.Content = append(q.Page.Content, Inset{Para("This is how it is now. What you typed is kept below: nothing of it has been saved."), q.Current})
		}
		return q.Show(w, r, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return See(w, r, to)
}

// Show shows the question with a status: for who takes the answer otherwise than Ask.
func (q Question) Show(w http.ResponseWriter, r *http.Request, status int) error {
	var body Component = q.Form
	if q.Confirms != nil {
		q.Confirms.Form = q.Form
		body = *q.Confirms
	}
	q.Page.Content = append(q.Page.Content, body)
	return Render(w, r, status, q.Page)
}

// Versioned is a version as forms carry it.
func Versioned(version int64) string { return strconv.FormatInt(version, 10) }

// MadeFrom is the version that a form was made from. A form without one would overwrite whatever is there.
func (f *Form) MadeFrom() (int64, error) {
	v, err := strconv.ParseInt(f.Version, 10, 64)
	if err != nil || v < 1 {
		return 0, fault.New(fault.Invalid, "The form arrived damaged: open the page again, and make your change once more")
	}
	return v, nil
}

// Done is what the page says that one is led to after a change, by the word for it in the address.
type Done map[string]string

// Banner says what has just been done, and nothing where the address names nothing.
func (d Done) Banner(r *http.Request) *Banner {
	if text := d[r.URL.Query().Get("done")]; text != "" {
		return &Banner{Done: true, Text: text}
	}
	return nil
}
