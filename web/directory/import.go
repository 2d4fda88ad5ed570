package directory

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/ui"
)

// maxUpload is how many bytes a file of people and what a browser sends around it may have.
const maxUpload = 65 << 20

// templateFile is a file of people with nobody in it.
const templateFile = "name,mail,organisation,role,user_name,phone,department,employee_number,external_id,active\r\n"

// template is the file to begin with.
func template(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="people.csv"`)
	_, _ = io.WriteString(w, templateFile) // who has gone away is not told
	return nil
}

// importPeople takes a file of people, all of it or nothing.
func (a *area) importPeople(w http.ResponseWriter, r *http.Request) error {
	form := &ui.Form{
		Fields:  []*ui.Field{{Name: "file", Label: "File of people", Hint: "A CSV file in UTF-8, as spreadsheets save it", As: ui.File{Accept: ".csv,text/csv"}}},
		Buttons: ui.ButtonGroup{{Text: "Import these people"}, ui.Cancel("/people")},
	}
	q := ui.Question{Form: form, Page: ui.Page{Title: "Import people", Crumbs: peopleCrumbs, Content: importExplained()}}
	if r.Method != http.MethodPost {
		return q.Show(w, r, http.StatusOK)
	}
	if err := form.Fill(r); err != nil {
		return err
	}
	defer func() {
		if r.MultipartForm != nil {
			_ = r.MultipartForm.RemoveAll() // what is left in the temporary folder goes with it
		}
	}()
	imported, problems, err := a.take(r)
	switch {
	case len(problems) > 0:
		form.Fail(fault.In("file", "Nothing has been imported: mend the file, and choose it again"))
		q.Page.Content = append([]ui.Component{problemList(problems)}, q.Page.Content...)
		return q.Show(w, r, http.StatusUnprocessableEntity)
	case form.Fail(err):
		return q.Show(w, r, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return ui.See(w, r, "/people?"+url.Values{
		"added": {strconv.Itoa(imported.Added)}, "changed": {strconv.Itoa(imported.Changed)}, "unchanged": {strconv.Itoa(imported.Unchanged)},
	}.Encode())
}

// take reads the file and imports it. Its problems are those of the file; err is anything else.
func (a *area) take(r *http.Request) (done people.Imported, problems []string, err error) {
	file, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return done, nil, fault.In("file", "Choose the file")
	}
	if err != nil {
		return done, nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	rows, wrong := people.ReadCSV(file)
	for _, p := range wrong {
		problems = append(problems, ui.Capital(p.Error()))
	}
	if len(problems) > 0 {
		return done, problems, nil
	}
	done, err = a.room.ImportPeople(r.Context(), actor(r), rows)
	if faults := fault.Fields(err); len(faults) > 0 && !fault.Is(err, fault.Refused) && !fault.Is(err, fault.SignedOut) {
		for _, f := range faults {
			problems = append(problems, f.Message)
		}
		return done, problems, nil
	}
	return done, nil, err
}

// shownProblems is how many problems of a file are shown at once: who mends these has the same in the
// rest.
const shownProblems = 100

func problemList(problems []string) ui.Component {
	shown := ui.List{}
	for _, p := range problems[:min(len(problems), shownProblems)] {
		shown.Items = append(shown.Items, ui.Text(p))
	}
	parts := ui.Stack{ui.Heading(ui.Capital(ui.Count(len(problems), "problem", "problems")) + " in the file"), shown}
	if left := len(problems) - shownProblems; left > 0 {
		parts = append(parts, ui.Para("And "+ui.Count(left, "more like them.", "more like them.")))
	}
	return parts
}

func importExplained() []ui.Component {
	column := func(name, what string) ui.SummaryRow { return ui.SummaryRow{Key: name, Value: ui.Text(what)} }
	return []ui.Component{
		ui.Para("Whoever is not here yet is added. Whoever is, by their user name or mail address, is changed in what the file says; an empty cell leaves what is there. Roles are added and never taken."),
		ui.Para("Where one line cannot be taken, nothing is, and all problems are shown with their lines."),
		ui.Paragraph{ui.Link{Text: "Download a file with the right columns", Href: "/people/import/template.csv"}},
		ui.Details{Summary: "What goes into the columns?", Content: []ui.Component{ui.Summary{Rows: []ui.SummaryRow{
			column("name", "The full name. Needed for somebody new"),
			column("mail", "The mail address. It or user_name is needed in every line"),
			column("organisation", "The id of an organisation, as its page shows it. Needed for somebody new"),
			column("role", "One role or several with commas between them, such as security-officer. They are held in the organisation"),
			column("user_name", "Where it is not the mail address"),
			column("phone, department, employee_number", "As they are shown on the person’s page"),
			column("external_id", "What another system calls them"),
			column("active", "yes or no. Empty is yes for somebody new"),
		}}}},
	}
}

// importBanner says what an import did; its numbers are in the address.
func importBanner(r *http.Request) *ui.Banner {
	query := r.URL.Query()
	number := func(key string) int {
		n, _ := strconv.Atoi(query.Get(key)) // what is no number is none
		return max(0, n)
	}
	if !query.Has("added") {
		return nil
	}
	text := "The file has been imported: " + ui.Count(number("added"), "person", "people") + " added"
	for _, more := range []struct{ key, text string }{{"changed", " changed"}, {"unchanged", " as they were"}} {
		if n := number(more.key); n > 0 {
			text += ", " + strconv.Itoa(n) + more.text
		}
	}
	return &ui.Banner{Done: true, Text: text}
}
