package scim

import (
	"bytes"
	"encoding/json"
	"strings"
)

// path names an attribute: schema:attribute[filter].sub, of which all but the attribute may be empty.
type path struct {
	schema, attribute string
	filter            filter // the values of the attribute that are meant; nil for all
	sub               string
}

func (p path) String() string {
	var b strings.Builder
	if p.schema != "" {
		b.WriteString(p.schema + ":")
	}
	b.WriteString(p.attribute)
	if p.filter != nil {
		b.WriteString("[" + p.filter.String() + "]")
	}
	if p.sub != "" {
		b.WriteString("." + p.sub)
	}
	return b.String()
}

// filter is a condition on a resource, or on a value of a complex attribute: all, either, not or
// test. Its text is one that parses to it.
type filter interface{ String() string }

type (
	all    []filter // two or more, joined by and
	either []filter // two or more, joined by or
	not    struct{ filter }
)

// The words between filters.
const (
	and = "and"
	or  = "or"
)

// test compares an attribute with a value. Without an operator it asks whether the path, which then
// has a filter, leads to a value.
type test struct {
	path  path
	op    operator
	value value // text, boolean, number or null; nil where op has none
}

// operator is an attribute operator of RFC 7644, table 3, in lower case.
type operator string

const (
	present        operator = "pr"
	equal          operator = "eq"
	notEqual       operator = "ne"
	contains       operator = "co"
	startsWith     operator = "sw"
	endsWith       operator = "ew"
	greater        operator = "gt"
	greaterOrEqual operator = "ge"
	less           operator = "lt"
	lessOrEqual    operator = "le"
)

var operators = []operator{present, equal, notEqual, contains, startsWith, endsWith, greater, greaterOrEqual, less, lessOrEqual}

func (f all) String() string { return join(f, and) }

func (f either) String() string { return join(f, or) }

// join puts what would bind otherwise, or join its neighbours, into parentheses.
func join(parts []filter, word string) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = p.String()
		_, isEither := p.(either)
		_, isAll := p.(all)
		if isEither || isAll && word == and {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, " "+word+" ")
}

func (f not) String() string { return "not (" + f.filter.String() + ")" }

func (f test) String() string {
	switch {
	case f.op == "":
		return f.path.String()
	case f.value == nil:
		return f.path.String() + " " + string(f.op)
	}
	return f.path.String() + " " + string(f.op) + " " + literal(f.value)
}

// literal writes a value as a filter has it.
func literal(v value) string {
	switch v := v.(type) {
	case number:
		return string(v)
	case boolean:
		if v {
			return "true"
		}
		return "false"
	case text:
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		// Text that was read as JSON can be written as JSON.
		_ = e.Encode(string(v))
		return strings.TrimSpace(b.String())
	}
	return "null"
}
