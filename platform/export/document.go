package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Document is a JSON value and where it stands. What Documents returns is an object or, with
// Broken set, text that was passed over.
type Document struct {
	// Line is where the value begins, counted from 1 in the input.
	Line int
	// JSON holds until the next document is read.
	JSON []byte
	// Cut is set where the input ends in the middle of the value: JSON is what there is of it.
	Cut bool
	// Broken says why text was passed over; JSON is then that text.
	Broken error
}

// ErrCut is returned where a value is asked for that the input ends in the middle of.
var ErrCut = errors.New("the file ends in the middle of this")

// Is tells whether the value begins with c: '{' an object, '[' a list, '"' a text.
func (d Document) Is(c byte) bool { return len(d.JSON) > 0 && d.JSON[0] == c }

// Blank tells whether the value is null, an empty text, or was never set: where tools have nothing
// to say they write any of the three.
func (d Document) Blank() bool {
	return len(d.JSON) == 0 || string(d.JSON) == "null" || string(d.JSON) == `""`
}

// Members calls member with each key of the object and its value, in the order of the text, until
// one returns an error. Where the text is cut the last value is too, and the error is ErrCut after
// it has been handed over, so that what is complete inside it can be used.
func (d Document) Members(member func(key string, value Document) error) error {
	if !d.Is('{') {
		return fmt.Errorf("line %d: expected an object in braces", d.Line)
	}
	return d.children(func(c *cursor) error {
		k, err := c.next()
		if err != nil || k.Cut {
			return err
		}
		name, _ := k.Text()
		if c.peek() == ':' {
			c.at++
		}
		v, err := c.next()
		if err != nil || len(v.JSON) == 0 {
			return err
		}
		return member(name, v)
	})
}

// Elements calls element with each value of the list, in the manner of Members.
func (d Document) Elements(element func(value Document) error) error {
	if !d.Is('[') {
		return fmt.Errorf("line %d: expected a list in brackets", d.Line)
	}
	return d.children(func(c *cursor) error {
		v, err := c.next()
		if err != nil {
			return err
		}
		return element(v)
	})
}

// children calls child at the beginning of each member or element.
func (d Document) children(child func(*cursor) error) error {
	c := &cursor{text: d.JSON, at: 1, line: d.Line}
	for {
		switch c.peek() {
		case 0:
			return ErrCut
		case '}', ']':
			return nil
		case ',':
			c.at++
			continue
		}
		if err := child(c); err != nil {
			return err
		}
	}
}

// Decode reads the value into v.
func (d Document) Decode(v any) error {
	if d.Cut {
		return ErrCut
	}
	err := json.Unmarshal(d.JSON, v)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("a JSON %s stands where another kind of value belongs", wrong.Value)
	}
	return err
}

// Text returns a text, a number or a truth value as text, not cleaned; tools write one column now as a
// number and now as a text. Null is empty. It is false for an object or a list, and for what is cut.
func (d Document) Text() (string, bool) {
	switch {
	case d.Cut || d.Is('{') || d.Is('['):
		return "", false
	case d.Blank():
		return "", true
	case !d.Is('"'):
		return string(d.JSON), true
	}
	inside := d.JSON[1 : len(d.JSON)-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		return string(inside), true
	}
	var text string
	err := json.Unmarshal(d.JSON, &text)
	return text, err == nil
}

// cursor walks over the values of one document.
type cursor struct {
	text []byte
	at   int
	line int
}

// peek passes over space and returns the byte that stands next, 0 at the end.
func (c *cursor) peek() byte {
	for ; c.at < len(c.text); c.at++ {
		switch b := c.text[c.at]; b {
		case '\n':
			c.line++
		case ' ', '\t', '\r':
		default:
			return b
		}
	}
	return 0
}

// next returns the value that stands next; it is cut where the text ends before it does.
func (c *cursor) next() (Document, error) {
	if c.peek() == 0 {
		return Document{Line: c.line, Cut: true}, nil
	}
	rest := c.text[c.at:]
	var s scanner
	end, err := s.scan(rest)
	if err != nil {
		return Document{}, fmt.Errorf("line %d: %w", c.line, err)
	}
	d := Document{Line: c.line, JSON: rest, Cut: end < 0}
	if end >= 0 {
		d.JSON = rest[:end]
	}
	c.at += len(d.JSON)
	c.line += bytes.Count(d.JSON, []byte("\n"))
	return d, nil
}
