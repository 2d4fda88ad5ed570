package ui

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"portcullis/internal/fault"
)

// Field is one question of a form: its label, its control, what was answered and what is wrong
// with the answer.
type Field struct {
	// Name is the name of the input, as fault.Error.Field spells it.
	Name  string
	Label string
	// Hidden is read out after Label and not seen: what tells fields apart that are called alike.
	Hidden string
	Hint   string
	// Optional is said beside the label; what is not optional is not marked.
	Optional bool
	// Asks makes the label the heading of the page: for pages of one question.
	Asks bool
	// Beside is what is asked about, where that is more than a label says: it stands beside the field, or above it where
	// there is no room.
	Beside Component
	// Under is the legend of the fieldset in which this field stands together with its neighbours
	// that have the same.
	Under string
	// Values is what is shown as answered: one value, all that are chosen of Checkboxes, or day,
	// month and year of a Date. Fill sets it.
	Values []string
	// Error is what is wrong. Form.Fail sets it.
	Error string
	// As is the control: a line of text where it is nil.
	As Control

	prefix string // of its id, where a page has several forms
}

// Control is how a field is answered: Input, Textarea, Select, Radios, Checkboxes, Date or File.
type Control interface {
	control(f *Field) (template.HTML, error)
	anchor(id string) string
	read(name string, values url.Values) []string
	nested() []*Field
}

// ID is the id of the field's input, or of the group of its inputs.
func (f *Field) ID() string { return f.prefix + f.Name }

// Value is what is answered, and empty where nothing is. Of a Date it is the ISO 8601 date as far
// as it was typed.
func (f *Field) Value() string {
	if strings.Join(f.Values, "") == "" {
		return ""
	}
	if _, is := f.As.(Date); is && len(f.Values) == 3 {
		return f.Values[2] + "-" + padded(f.Values[1]) + "-" + padded(f.Values[0])
	}
	return f.Values[0]
}

func padded(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// Has tells whether value is among those that are answered.
func (f *Field) Has(value string) bool {
	for _, v := range f.Values {
		if v == value {
			return true
		}
	}
	return false
}

// Describes are the ids of the hint and the error, as aria-describedby takes them.
func (f *Field) Describes() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID()+"-error")
	}
	return strings.Join(ids, " ")
}

// HTML shows the field with its label, hint and error.
func (f *Field) HTML() (template.HTML, error) {
	if f.As == nil {
		return Input{}.control(f)
	}
	return f.As.control(f)
}

// Day is the date that was answered to a Date, at midnight in zone. It is the zero time where
// nothing was answered, and a fault of the field where there is no such day.
func (f *Field) Day(zone *time.Location) (time.Time, error) {
	if strings.Join(f.Values, "") == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, f.Value(), zone)
	if err != nil {
		return time.Time{}, fault.In(f.Name, "Give a day that exists, such as 27 3 2026")
	}
	return t, nil
}

// single is what most controls are: one input whose id is the field's.
type single struct{}

func (single) anchor(id string) string { return id }
func (single) read(name string, values url.Values) []string {
	if v := values.Get(name); v != "" {
		return []string{v}
	}
	return nil
}
func (single) nested() []*Field { return nil }

// asked is what the template of a control is given.
type asked[T any] struct {
	*Field
	Control T
}

// Input is a line of text.
type Input struct {
	single
	// Type is the type attribute of HTML: text where empty, else email, tel, url, search or number.
	Type string
	// Numeric asks phones for the keys of digits; the input stays one of text.
	Numeric bool
	// Complete is the autocomplete attribute, such as "name", "email" or "one-time-code".
	Complete string
	// Width is how many characters are to be seen: 2, 3, 4, 5, 10, 20, 30, or 0 for the whole line.
	Width int
	// Prefix and Suffix are units before and behind, such as "£" or "days".
	Prefix, Suffix string
	// Long is the most characters that are taken, 0 for no limit.
	Long int
}

func (c Input) control(f *Field) (template.HTML, error) {
	if c.Type == "" {
		c.Type = "text"
	}
	return render("input", asked[Input]{f, c})
}

// Textarea is text of several lines.
type Textarea struct {
	single
	Rows int // 5 where 0
	// Long is the most characters that are taken, 0 for no limit; how many are left is said.
	Long int
}

func (c Textarea) control(f *Field) (template.HTML, error) {
	if c.Rows == 0 {
		c.Rows = 5
	}
	return render("textarea", asked[Textarea]{f, c})
}

// Option is one of several answers.
type Option struct {
	Value, Label, Hint string
	// Depth is how far to the right it stands, in a Select of things that stand below each other.
	Depth int
	// Or stands before it in the middle of the line, usually "or".
	Or string
	// Reveals are the fields that are asked for where this option is chosen: in Radios and Checkboxes.
	Reveals []*Field
}

// Indented is the label, as far to the right as it stands deep.
func (o Option) Indented() string { return strings.Repeat("\u2003", o.Depth) + o.Label }

// Options makes options of pairs: a value and its label, and so on.
func Options(pairs ...string) []Option {
	options := make([]Option, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		options = append(options, Option{Value: pairs[i], Label: pairs[i+1]})
	}
	return options
}

func revealed(options []Option) (fields []*Field) {
	for _, o := range options {
		fields = append(fields, o.Reveals...)
	}
	return fields
}

// Select is one of many answers. Radios are easier where there are fewer than eight.
type Select struct {
	single
	Options []Option
}

func (c Select) control(f *Field) (template.HTML, error) {
	return render("select", asked[Select]{f, c})
}

// Radios is one of a few answers, all to be seen.
type Radios struct {
	single
	Options []Option
	Inline  bool // beside each other: for yes and no
	Small   bool
}

func (c Radios) nested() []*Field { return revealed(c.Options) }
func (c Radios) control(f *Field) (template.HTML, error) {
	return render("radios", asked[Radios]{f, c})
}

// Checkboxes is any number of answers.
type Checkboxes struct {
	Options []Option
	Small   bool
}

func (Checkboxes) anchor(id string) string                      { return id }
func (Checkboxes) read(name string, values url.Values) []string { return values[name] }
func (c Checkboxes) nested() []*Field                           { return revealed(c.Options) }
func (c Checkboxes) control(f *Field) (template.HTML, error) {
	return render("checkboxes", asked[Checkboxes]{f, c})
}

// Date is a day, typed as three numbers: what people know by heart they type fastest.
type Date struct{}

func (Date) anchor(id string) string { return id + "-day" }
func (Date) read(name string, values url.Values) []string {
	return []string{strings.TrimSpace(values.Get(name + "-day")), strings.TrimSpace(values.Get(name + "-month")), strings.TrimSpace(values.Get(name + "-year"))}
}
func (Date) nested() []*Field { return nil }

// On are the Values of a Date field that show t.
func On(t time.Time) []string {
	if t.IsZero() {
		return nil
	}
	return []string{t.Format("2"), t.Format("1"), t.Format("2006")}
}

type datePart struct {
	Key, Label, Value string
	Width             int
}

func (c Date) control(f *Field) (template.HTML, error) {
	parts := []datePart{{"day", "Day", "", 2}, {"month", "Month", "", 2}, {"year", "Year", "", 4}}
	for i := range min(len(f.Values), len(parts)) {
		parts[i].Value = f.Values[i]
	}
	return render("date", asked[[]datePart]{f, parts})
}

// File is a file that is uploaded. The form is sent as multipart/form-data where it has one; read
// the file from the request.
type File struct {
	single
	// Accept is the accept attribute, such as ".apk,.ipa".
	Accept string
	// Most is how many bytes it may have where it is long enough to be waited for: 0 where it is not. The page then
	// shows how far it has come, if it has the script UploadScript.
	Most int64
}

// UploadScript is the script of pages with a File that is waited for.
const UploadScript = "upload.js"

func (c File) control(f *Field) (template.HTML, error) {
	return render("file", asked[File]{f, c})
}
