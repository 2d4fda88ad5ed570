package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// value is a JSON value: text, boolean, number, null, list or object. What an attribute holds is one of
// these without numbers and nulls; nil is none.
type value interface{ value() }

type (
	text    string
	boolean bool
	number  string // as it was written
	null    struct{}
	list    []value
	object  map[string]value
)

func (text) value()    {}
func (boolean) value() {}
func (number) value()  {}
func (null) value()    {}
func (list) value()    {}
func (object) value()  {}

// keys are in order, so that the same document always has the same effect.
func (o object) keys() []string { return slices.Sorted(maps.Keys(o)) }

// get finds a key in whatever case.
func (o object) get(name string) value {
	for key, v := range o {
		if strings.EqualFold(key, name) {
			return v
		}
	}
	return nil
}

// maxDepth of lists and objects in each other. SCIM's own have five.
const maxDepth = 16

// parse reads one JSON document. The same key twice in an object, in whatever case, is an error: two
// readers would take different ones.
func parse(data []byte) (value, error) {
	if !utf8.Valid(data) {
		return nil, refuse(invalidSyntax, "the request is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := next(d, 0)
	if err == nil {
		if _, end := d.Token(); !errors.Is(end, io.EOF) {
			err = refuse(invalidSyntax, "there is something after the end of the JSON: send one document")
		}
	}
	var known *problem
	if err != nil && !errors.As(err, &known) {
		err = refuse(invalidSyntax, "the request is not JSON: %v", err)
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

func next(d *json.Decoder, depth int) (value, error) {
	if depth > maxDepth {
		return nil, refuse(invalidSyntax, "lists and objects are more than %d deep in each other", maxDepth)
	}
	token, err := d.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case string:
		return text(t), nil
	case bool:
		return boolean(t), nil
	case json.Number:
		return number(t), nil
	case json.Delim:
		if t == '[' {
			return nextList(d, depth)
		}
		return nextObject(d, depth)
	}
	return null{}, nil
}

func nextList(d *json.Decoder, depth int) (value, error) {
	items := list{}
	for d.More() {
		item, err := next(d, depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err := d.Token()
	return items, err
}

func nextObject(d *json.Decoder, depth int) (value, error) {
	o, seen := object{}, map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string) // the decoder lets nothing else stand here
		folded := strings.ToLower(key)
		if seen[folded] {
			return nil, refuse(invalidSyntax, "%q stands twice in one object: say it once", key)
		}
		seen[folded] = true
		if o[key], err = next(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return o, err
}

// textsOf are the texts of a list, or of one text alone.
func textsOf(v value) (texts []string, ok bool) {
	items, many := v.(list)
	if !many {
		items = list{v}
	}
	for _, item := range items {
		t, ok := item.(text)
		if !ok {
			return nil, false
		}
		texts = append(texts, string(t))
	}
	return texts, true
}
