package axml

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// Android is the namespace of Android's own attributes.
const Android = "http://schemas.android.com/apk/res/android"

// Form is how a document or a table was written.
type Form string

// The forms.
const (
	Binary   Form = "binary"
	Protobuf Form = "protobuf"
	Text     Form = "text"
)

// Document is an XML document.
type Document struct {
	Form Form
	Root *Element
	// Problems say what is odd about the file, and where reading it had to stop.
	Problems []string
	// Lost is why not all of the document could be read; empty where it was.
	Lost string
	// Refused is why newer versions of Android do not read the document, which was read here; empty where they do.
	Refused string
}

// Element is an element with all below it.
type Element struct {
	Namespace  string
	Name       string
	Attributes []Attribute
	Children   []*Element
	Text       string // what stands between its tags, all of it together
}

// Attribute is an attribute. Where it has an ID, Android goes by that and not by the name: Name and
// Namespace are then those that Android gives to the ID, as far as the package knows it, and Written
// is the name as the file has it, where that is another.
type Attribute struct {
	Namespace string
	Name      string
	ID        uint32 // of the resource that is the attribute's name; 0 for none
	Written   string
	Raw       string // as its author wrote it, where the file kept that
	Value     Value
}

// Attr is the first of the element's attributes that is written with the name and without a
// namespace, such as the manifest's package.
func (e *Element) Attr(name string) (Attribute, bool) {
	return e.first(func(a Attribute) bool { return a.Written == name || a.Namespace == "" && a.Name == name })
}

// AndroidAttr is the first of the element's attributes that Android takes for its own of that name.
func (e *Element) AndroidAttr(name string) (Attribute, bool) {
	id := attributeIDs[name]
	return e.first(func(a Attribute) bool { return id != 0 && a.ID == id })
}

func (e *Element) first(is func(Attribute) bool) (Attribute, bool) {
	if e == nil {
		return Attribute{}, false
	}
	if i := slices.IndexFunc(e.Attributes, is); i >= 0 {
		return e.Attributes[i], true
	}
	return Attribute{}, false
}

// Named are the element's children with the name.
func (e *Element) Named(name string) []*Element {
	if e == nil {
		return nil
	}
	var named []*Element
	for _, c := range e.Children {
		if c.Name == name && c.Namespace == "" {
			named = append(named, c)
		}
	}
	return named
}

// Limits of a document.
const (
	maxDepth    = 500
	maxProblems = 50
)

// errNothing is that a file holds no element.
var errNothing = errors.New("no XML element is in it")

// Parse reads a document in whichever form it is written. The error is that there is not one element
// in it; what else is wrong is among the document's problems.
func Parse(data []byte) (*Document, error) {
	d := &Document{}
	switch trimmed := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n"); {
	case len(trimmed) > 0 && trimmed[0] == '<':
		d.Form = Text
		d.text(trimmed)
	case looksProtobuf(data):
		d.Form = Protobuf
		d.protobuf(data)
	default:
		d.Form = Binary
		d.binary(data)
	}
	if d.Root == nil {
		if len(d.Problems) > 0 {
			return nil, fmt.Errorf("%w: %s", errNothing, d.Problems[0])
		}
		return nil, errNothing
	}
	return d, nil
}

// problem notes what is odd, once, and not without end.
func (d *Document) problem(format string, args ...any) {
	d.Problems = note(d.Problems, fmt.Sprintf(format, args...))
}

// lose notes why not all of the document is read.
func (d *Document) lose(format string, args ...any) {
	d.problem(format, args...)
	if d.Lost == "" {
		d.Lost = fmt.Sprintf(format, args...)
	}
}

func note(problems []string, what ...string) []string {
	for _, w := range what {
		if len(problems) < maxProblems && !slices.Contains(problems, w) {
			problems = append(problems, w)
		}
	}
	return problems
}
