package pagetest

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"portcullis/web/ui/uitest"
)

// Page is what came back.
type Page struct {
	t        testing.TB
	Request  string // its method and its path
	Status   int
	Location string // where the browser is sent
	Body     string
}

// Shows fails the test unless the page has the status, and all the texts as they are read.
func (p Page) Shows(status int, texts ...string) Page {
	p.t.Helper()
	if p.Status != status {
		p.t.Errorf("%s: the status is %d, not %d, to %q; it says: %s", p.Request, p.Status, status, p.Location, p.says())
	}
	if missing := p.without(texts, html.EscapeString); len(missing) > 0 {
		p.t.Errorf("%s: the page does not show %q; it says: %s", p.Request, missing, p.says())
	}
	return p
}

// Has fails the test unless the page has all of some HTML.
func (p Page) Has(parts ...string) Page {
	p.t.Helper()
	if missing := p.without(parts, asItIs); len(missing) > 0 {
		p.t.Errorf("%s: the page has no %q: %s", p.Request, missing, p.Main())
	}
	return p
}

// Lacks fails the test where the page has one of the texts, whether as it is read or as HTML.
func (p Page) Lacks(texts ...string) Page {
	p.t.Helper()
	before, files, _ := strings.Cut(p.Body, "<link ") // which are named by their digests, and these may have any letters
	_, after, _ := strings.Cut(files, "</head>")
	body := before + after
	for _, text := range texts {
		if strings.Contains(body, html.EscapeString(text)) || strings.Contains(body, text) {
			p.t.Errorf("%s: the page shows %q; it says: %s", p.Request, text, p.says())
		}
	}
	return p
}

// HasNo fails the test where the page has some HTML, whatever can be read.
func (p Page) HasNo(parts ...string) Page {
	p.t.Helper()
	for _, part := range parts {
		if strings.Contains(p.Body, part) {
			p.t.Errorf("%s: the page has %q: %s", p.Request, part, p.Main())
		}
	}
	return p
}

func asItIs(text string) string { return text }

// without are the texts that the page does not have, written so.
func (p Page) without(texts []string, written func(string) string) (missing []string) {
	for _, text := range texts {
		if !strings.Contains(p.Body, written(text)) {
			missing = append(missing, text)
		}
	}
	return missing
}

// Main is what stands between the header and the footer, in HTML; all of a page that has neither.
func (p Page) Main() string {
	_, main, there := strings.Cut(p.Body, "<main")
	if !there {
		return p.Body
	}
	main, _, _ = strings.Cut(main, "</main>")
	return "<main" + main
}

var tags = regexp.MustCompile(`(?:<[^>]*>|\s)+`)

// says is what can be read between the header and the footer, for messages.
func (p Page) says() string {
	return fmt.Sprintf("%.3000s", strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(p.Main(), " "))))
}

var faults = regexp.MustCompile(`<p id="([^"]*)-error"`)

// FaultsAt fails the test unless the page keeps the form, with a fault at each of these fields and at no other.
func (p Page) FaultsAt(fields ...string) Page {
	p.t.Helper()
	if p.Status != http.StatusUnprocessableEntity {
		p.t.Errorf("%s: the status is %d, not 422, to %q; it says: %s", p.Request, p.Status, p.Location, p.says())
	}
	var at []string
	for _, found := range faults.FindAllStringSubmatch(p.Body, -1) {
		at = append(at, html.UnescapeString(found[1]))
	}
	slices.Sort(at)
	slices.Sort(fields)
	if !slices.Equal(at, fields) {
		p.t.Errorf("%s: the faults stand at %q, not at %q; it says: %s", p.Request, at, fields, p.says())
	}
	return p
}

var textareas = regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>`)

// Fields are the answers in a page's forms, as a browser would send them back: what is searched for is not among them.
func (p Page) Fields() url.Values {
	p.t.Helper()
	elements, err := uitest.Elements(p.Body)
	if err != nil {
		p.t.Fatalf("%s: %v", p.Request, err)
	}
	values, selected := url.Values{}, ""
	for _, e := range elements {
		_, checked := e.Attributes["checked"]
		_, chosen := e.Attributes["selected"]
		switch kind := e.Attributes["type"]; {
		case e.Name == "input" && (kind != "radio" && kind != "checkbox" && kind != "search" || checked):
			values.Add(e.Attributes["name"], e.Attributes["value"])
		case e.Name == "select":
			selected = e.Attributes["name"]
		case e.Name == "option" && (chosen || !values.Has(selected)):
			values.Set(selected, e.Attributes["value"])
		}
	}
	for _, found := range textareas.FindAllStringSubmatch(p.Body, -1) {
		values.Set(html.UnescapeString(found[1]), html.UnescapeString(found[2]))
	}
	return values
}

// Filled are the page's fields with what is given put in: names and values, and so on. A name that is given twice
// has both values.
func (p Page) Filled(pairs ...string) url.Values {
	p.t.Helper()
	form := p.Fields()
	for name, values := range Values(pairs...) {
		form[name] = values
	}
	return form
}

// Row is the HTML of the table's row in which a text stands first.
func (p Page) Row(text string) string {
	p.t.Helper()
	return p.row(text, strings.Index(p.Body, html.EscapeString(text)))
}

// LastRow is the HTML of the table's row in which some HTML stands last.
func (p Page) LastRow(part string) string {
	p.t.Helper()
	return p.row(part, strings.LastIndex(p.Body, part))
}

func (p Page) row(text string, at int) string {
	p.t.Helper()
	if at < 0 {
		p.t.Fatalf("%s: no row %q; it says: %s", p.Request, text, p.says())
	}
	begin, end := strings.LastIndex(p.Body[:at], "<tr"), strings.Index(p.Body[at:], "</tr>")
	if begin < 0 || end < 0 {
		p.t.Fatalf("%s: %q stands in no row", p.Request, text)
	}
	return p.Body[begin : at+end+len("</tr>")]
}

// Hrefs are where the links of a page lead that begin with a path.
func (p Page) Hrefs(path string) (found []string) {
	p.t.Helper()
	elements, err := uitest.Elements(p.Body)
	if err != nil {
		p.t.Fatalf("%s: %v", p.Request, err)
	}
	for _, e := range elements {
		if to, has := e.Attributes["href"]; has && strings.HasPrefix(to, path) {
			found = append(found, to)
		}
	}
	return found
}
