package uitest

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
)

// Check fails the test for everything that Faults finds in a page or a part of one.
func Check(t testing.TB, page string) {
	t.Helper()
	for _, f := range Faults(page) {
		t.Errorf("%s", f)
	}
}

// Element is a start tag as it was written.
type Element struct {
	Name       string
	Attributes map[string]string // values without their escapes
	Line       int
}

// void elements have no end tag (HTML, section 13.1.2).
var void = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

// Elements reads the start tags of a page. It takes less than browsers do: every attribute is quoted or
// has no value, and every element but the void ones is closed in its order.
func Elements(page string) ([]Element, error) {
	var elements []Element
	var open []string
	line := 1
	for rest := page; ; {
		before, tag, found := strings.Cut(rest, "<")
		line += strings.Count(before, "\n")
		if !found {
			break
		}
		end := tagEnd(tag)
		if end < 0 {
			return nil, fmt.Errorf("line %d: a tag does not end", line)
		}
		inner := tag[:end]
		rest = tag[end+1:]
		switch {
		case strings.HasPrefix(inner, "!"):
		case strings.HasPrefix(inner, "/"):
			name := strings.TrimSpace(inner[1:])
			if len(open) == 0 || open[len(open)-1] != name {
				return nil, fmt.Errorf("line %d: </%s> closes what is not open: %v", line, name, open)
			}
			open = open[:len(open)-1]
		default:
			e, err := element(inner)
			if err != nil {
				return nil, fmt.Errorf("line %d: <%s>: %w", line, inner, err)
			}
			e.Line = line
			elements = append(elements, e)
			if !slices.Contains(void, e.Name) {
				open = append(open, e.Name)
			}
		}
		line += strings.Count(inner, "\n")
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("at the end, still open: %v", open)
	}
	return elements, nil
}

// tagEnd is where the tag ends: at the first > that is not inside quotes.
func tagEnd(tag string) int {
	quoted := false
	for i, c := range tag {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '>' && !quoted:
			return i
		}
	}
	return -1
}

func element(inner string) (Element, error) {
	name, rest, _ := strings.Cut(strings.ReplaceAll(inner, "\n", " "), " ")
	e := Element{Name: name, Attributes: map[string]string{}}
	if name == "" || strings.ToLower(name) != name {
		return e, fmt.Errorf("is no element's name")
	}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		i := strings.IndexAny(rest, "= ")
		key, value := rest, ""
		switch {
		case i < 0:
			rest = ""
		case rest[i] == ' ':
			key, rest = rest[:i], rest[i:]
		case !strings.HasPrefix(rest[i:], `="`):
			return e, fmt.Errorf("a value without quotes")
		default:
			var closed bool
			key = rest[:i]
			if value, rest, closed = strings.Cut(rest[i+2:], `"`); !closed {
				return e, fmt.Errorf("a value whose quotes do not close")
			}
			if rest != "" && rest[0] != ' ' {
				return e, fmt.Errorf("no space after %s", key)
			}
		}
		if _, twice := e.Attributes[key]; twice {
			return e, fmt.Errorf("%s twice", key)
		}
		if strings.ContainsAny(key, `"'<>`) {
			return e, fmt.Errorf("%s is no attribute's name", key)
		}
		e.Attributes[key] = html.UnescapeString(value)
	}
	return e, nil
}

// Faults are the things that are wrong with a page, each with its line.
func Faults(page string) (faults []string) {
	elements, err := Elements(page)
	if err != nil {
		return []string{err.Error()}
	}
	add := func(e Element, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("line %d: <%s>: ", e.Line, e.Name)+fmt.Sprintf(format, args...))
	}
	ids := map[string]int{}
	for _, e := range elements {
		if id, has := e.Attributes["id"]; has {
			ids[id]++
			if ids[id] > 1 || id == "" {
				add(e, "the id %q is empty or not the only one", id)
			}
		}
	}
	for _, e := range elements {
		inline(e, add)
		references(e, ids, add)
	}
	return faults
}

// inline finds what the content security policy would stop.
func inline(e Element, add func(Element, string, ...any)) {
	if e.Name == "style" || e.Name == "script" && e.Attributes["src"] == "" {
		add(e, "stands in the page and not in a file")
	}
	for key, value := range e.Attributes {
		if key == "style" || strings.HasPrefix(key, "on") {
			add(e, "has the attribute %s", key)
		}
		if (key == "href" || key == "action" || key == "src") && dangerous(value) {
			add(e, "%s=%q runs script or was refused", key, value)
		}
	}
}

func dangerous(address string) bool {
	lower := strings.ToLower(strings.TrimSpace(address))
	return strings.HasPrefix(lower, "javascript:") || strings.HasPrefix(lower, "data:") || strings.Contains(address, "ZgotmplZ")
}

// references finds what points into the page at something that is not there, and inputs nobody named.
func references(e Element, ids map[string]int, add func(Element, string, ...any)) {
	for _, key := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls", "data-aria-controls"} {
		for id := range strings.FieldsSeq(e.Attributes[key]) {
			if ids[id] == 0 {
				add(e, "%s names %q, which is not there", key, id)
			}
		}
	}
	if anchor, within := strings.CutPrefix(e.Attributes["href"], "#"); within && ids[anchor] == 0 {
		add(e, "leads to #%s, which is not there", anchor)
	}
	if e.Name == "img" {
		if _, has := e.Attributes["alt"]; !has {
			add(e, "has no alt")
		}
	}
}
