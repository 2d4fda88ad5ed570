package devices

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/web/ui"
)

// besides are the parts of an address that narrow nothing down: the order, the page, and what was done just now.
var besides = []string{"sort", "after", "done"}

// narrowed makes a filter that shows what the address of a page says. An address that says more than that is refused,
// for what would be ignored would leave numbers that look like the answer to what was asked.
func narrowed(r *http.Request, fields ...*ui.Field) (*ui.Filter, error) {
	if err := checkAddress(r.URL.Query(), fields); err != nil {
		return nil, err
	}
	return ui.NewFilter(r.URL, fields...), nil
}

// checkAddress returns a fault for the first filter in an address that is none of the page's, is there twice, or has
// a value that cannot be chosen there. What stands for an organisation is for the rooms to judge: they tell one that
// is not there from one that may not be seen. More are the names that the page takes besides its fields.
func checkAddress(query url.Values, fields []*ui.Field, more ...string) error {
	var there []string
	known := map[string]*ui.Field{}
	for _, f := range fields {
		there = append(there, f.Name)
		for _, name := range parts(f) {
			known[name] = f
		}
	}
	there = append(there, more...)
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		f := known[name]
		switch {
		case f != nil:
			if err := checkValues(f, query[name]); err != nil {
				return err
			}
		case slices.Contains(more, name), slices.Contains(besides, name):
		case len(there) == 0:
			return fault.In(name, "This page has no filters, and its address has %s", quoted(name))
		default:
			return fault.In(name, "This page has no filter %s. It can be narrowed down by %s", quoted(name), strings.Join(there, ", "))
		}
	}
	return nil
}

// parts are the names by which an address has a field.
func parts(f *ui.Field) []string {
	if _, is := f.As.(ui.Date); is {
		return []string{f.Name + "-day", f.Name + "-month", f.Name + "-year"}
	}
	return []string{f.Name}
}

func checkValues(f *ui.Field, values []string) error {
	var options []ui.Option
	switch as := f.As.(type) {
	case ui.Select:
		options = as.Options
	case ui.Checkboxes:
		options = as.Options
	}
	if _, several := f.As.(ui.Checkboxes); !several && len(values) > 1 {
		return fault.In(f.Name, "The filter %s is in the address %s: give it once", f.Name, ui.Count(len(values), "time", "times"))
	}
	if options == nil || f.Name == "organisation" || f.Name == "scope" {
		return nil
	}
	var there []string
	for _, o := range options {
		if o.Value != "" {
			there = append(there, o.Value)
		}
	}
	for _, v := range values {
		if v != "" && !slices.Contains(there, v) {
			return fault.In(f.Name, "The filter %s cannot be %s. It can be %s", f.Name, quoted(v), strings.Join(there, ", "))
		}
	}
	return nil
}

// quoted is text from an address, as far as it can be read in a sentence.
func quoted(text string) string {
	const most = 60
	runes := []rune(text)
	if len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return "“" + text + "”"
}
