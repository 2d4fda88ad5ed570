package ui

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"

	"portcullis/internal/fault"
)

// Form asks for something and sends it. It keeps what was typed, and says at each field and at the
// head of the page what is wrong.
type Form struct {
	// ID tells the forms of a page apart where it has several; the ids of the fields begin with it.
	ID string
	// Action is where the form is sent: to its own page where empty.
	Action string
	// Version is that of the thing that is edited. It comes back as the input "version", and the room
	// answers fault.Changed where somebody else was faster.
	Version string
	Hidden  []Hidden
	Fields  []*Field
	// Buttons send the form, or leave it. One that says Save stands there where there are none.
	Buttons ButtonGroup

	faults []*fault.Error
}

// Hidden is an input that is sent and not seen.
type Hidden struct{ Name, Value string }

// Problem is one thing that is wrong with a form: what the error summary shows.
type Problem struct {
	Message string
	Anchor  string // the id of the input that it is about; empty where it is about none
}

// maxForm is how many bytes of a form are read, and of one with files how many are kept in memory; files
// have limits of their own, see http.MaxBytesReader.
const maxForm = 1 << 20

// Fill reads what was typed into the fields, and the version. Names that the form does not have are
// ignored. A request whose body cannot be read is a fault.
func (f *Form) Fill(r *http.Request) error {
	var err error
	if f.Uploads() {
		if err = r.ParseMultipartForm(maxForm); errors.Is(err, http.ErrNotMultipart) {
			err = nil // sent without its file: what is missing is said at the field
		}
	} else {
		r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
		err = r.ParseForm()
	}
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return fault.New(fault.Invalid, "This is larger than what is taken here: send less")
		}
		return fault.New(fault.Invalid, "The form arrived damaged: go back and send it again")
	}
	f.Version = "" // a form that was sent without one was not made from what is there
	f.fill(r.PostForm)
	return nil
}

// FillFrom reads the fields from a query, such as a link that fills in a form.
func (f *Form) FillFrom(values url.Values) { f.fill(values) }

func (f *Form) fill(values url.Values) {
	if values.Has("version") {
		f.Version = values.Get("version")
	}
	f.each(func(field *Field) {
		control := field.As
		if control == nil {
			control = Input{}
		}
		field.Values = control.read(field.Name, values)
	})
}

// each calls do for every field, those that options reveal among them.
func (f *Form) each(do func(*Field)) {
	var walk func([]*Field)
	walk = func(fields []*Field) {
		for _, field := range fields {
			do(field)
			if field.As != nil {
				walk(field.As.nested())
			}
		}
	}
	walk(f.Fields)
}

// Field is the field of the name; a form that has none answers one that is empty.
func (f *Form) Field(name string) *Field {
	found := &Field{Name: name}
	f.each(func(field *Field) {
		if field.Name == name {
			found = field
		}
	})
	return found
}

// Value is what is answered to the field of the name.
func (f *Form) Value(name string) string { return f.Field(name).Value() }

// Values is all that is answered to the field of the name.
func (f *Form) Values(name string) []string { return f.Field(name).Values }

// Uploads tells whether the form has a File.
func (f *Form) Uploads() (found bool) {
	f.each(func(field *Field) {
		if _, is := field.As.(File); is {
			found = true
		}
	})
	return found
}

// Most is how many bytes the form's file may have, where it is waited for; 0 where it has none such.
func (f *Form) Most() (most int64) {
	f.each(func(field *Field) {
		if file, is := field.As.(File); is {
			most = file.Most
		}
	})
	return most
}

// Fail puts the faults of err to the fields whose names they have, and those of no field to the head
// of the page. It tells whether err is something that the person can mend on the form: where it is
// not, hand err on.
func (f *Form) Fail(err error) bool {
	faults := fault.Fields(err)
	for _, e := range faults {
		if e.Kind != fault.Invalid && e.Kind != fault.Changed && e.Kind != fault.Conflict {
			return false
		}
	}
	for _, e := range faults {
		f.faults = append(f.faults, e)
		if e.Field == "" {
			continue
		}
		if field := f.Field(e.Field); field.Error == "" {
			field.Error = e.Message
		}
	}
	return len(faults) > 0
}

// problems are the faults in the order of the fields, after those that no field has.
func (f *Form) problems() []Problem {
	f.scope()
	var problems []Problem
	known := map[string]bool{}
	f.each(func(field *Field) { known[field.Name] = true })
	for _, e := range f.faults {
		if e.Field == "" || !known[e.Field] {
			problems = append(problems, Problem{Message: e.Message})
		}
	}
	f.each(func(field *Field) {
		if field.Error == "" {
			return
		}
		anchor := field.ID()
		if field.As != nil {
			anchor = field.As.anchor(anchor)
		}
		problems = append(problems, Problem{field.Error, anchor})
	})
	return problems
}

// headed tells whether a label of the form is the heading of the page.
func (f *Form) headed() (headed bool) {
	f.each(func(field *Field) { headed = headed || field.Asks })
	return headed
}

func (f *Form) scope() {
	if f.ID != "" {
		f.each(func(field *Field) { field.prefix = f.ID + "-" })
	}
}

// Group is fields that stand together, in a fieldset where it has a legend.
type Group struct {
	Legend string
	Fields []*Field
}

// Groups are the fields in their order, neighbours under the same legend together.
func (f *Form) Groups() (groups []Group) {
	for _, field := range f.Fields {
		if last := len(groups) - 1; last >= 0 && groups[last].Legend == field.Under {
			groups[last].Fields = append(groups[last].Fields, field)
			continue
		}
		groups = append(groups, Group{field.Under, []*Field{field}})
	}
	return groups
}

// HTML shows the form.
func (f *Form) HTML() (template.HTML, error) {
	f.scope()
	shown := *f
	if len(shown.Buttons) == 0 {
		shown.Buttons = ButtonGroup{Button{Text: "Save"}}
	}
	return render("form", &shown)
}
