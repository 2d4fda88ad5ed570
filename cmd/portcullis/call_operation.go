package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"portcullis/web/api"
	"portcullis/world"
)

// apiOperation is what a server can be asked to do, as its OpenAPI document has it.
type apiOperation struct {
	ID         string      `json:"operationId"`
	Summary    string      `json:"summary"`
	Permission string      `json:"x-permission"`
	Parameters []parameter `json:"parameters"`
	Body       *content    `json:"requestBody"`
	Responses  map[string]content

	method, path string
	schemas      map[string]*schema
}

// parameter is one thing that an operation is told by its address.
type parameter struct {
	Name        string
	In          string // path, query or header
	Required    bool
	Description string
	Schema      schema
}

type content struct {
	Content map[string]struct{ Schema schema }
}

// schema is what a value may be.
type schema struct {
	Ref         string             `json:"$ref"`
	Type        string             `json:"type"`
	Format      string             `json:"format"`
	Encoding    string             `json:"contentEncoding"`
	Description string             `json:"description"`
	Enum        []any              `json:"enum"`
	Items       *schema            `json:"items"`
	Properties  map[string]*schema `json:"properties"`
	Required    []string           `json:"required"`
	Additional  json.RawMessage    `json:"additionalProperties"` // false, or what each of them is
}

// apiOperations are the operations of this program's own document that take and give JSON, in the order of their ids: reports,
// inventories and artefacts have commands of their own.
func apiOperations() ([]*apiOperation, error) {
	text, err := api.Document()
	if err != nil {
		return nil, err
	}
	var document struct {
		Paths      map[string]map[string]*apiOperation
		Components struct{ Schemas map[string]*schema }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	var all []*apiOperation
	for path, methods := range document.Paths {
		for method, o := range methods {
			o.method, o.path, o.schemas = strings.ToUpper(method), path, document.Components.Schemas
			if o.isJSON() {
				all = append(all, o)
			}
		}
	}
	slices.SortFunc(all, func(a, b *apiOperation) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// isJSON tells whether an operation takes JSON, if it takes a body at all, and gives it.
func (o *apiOperation) isJSON() bool {
	if o.Body != nil {
		if _, is := o.Body.Content["application/json"]; !is {
			return false
		}
	}
	for _, answer := range o.Responses {
		for _, form := range answer.Content {
			if form.Schema.Encoding != "" {
				return false
			}
		}
	}
	return true
}

// operationOf is the operation of an id.
func operationOf(id string) (*apiOperation, error) {
	all, err := apiOperations()
	if err != nil {
		return nil, err
	}
	var known []string
	for _, o := range all {
		if o.ID == id {
			return o, nil
		}
		known = append(known, o.ID)
	}
	return nil, fmt.Errorf("there is no operation %q%s portcullis call lists those that there are", id, cmp.Or(meant(id, known), "."))
}

// resolve follows a reference to what it stands for.
func (o *apiOperation) resolve(s *schema) *schema {
	for s != nil && s.Ref != "" {
		s = o.schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
	}
	return s
}

// body is what the request's body is; nil where there is none.
func (o *apiOperation) body() *schema {
	if o.Body == nil {
		return nil
	}
	form := o.Body.Content["application/json"]
	return o.resolve(&form.Schema)
}

// once tells whether the operation takes a key, with which it is done once.
func (o *apiOperation) once() bool {
	return slices.ContainsFunc(o.Parameters, func(p parameter) bool { return p.Name == "Idempotency-Key" })
}

// names are what can be said of the operation as NAME=VALUE, and what each is: parameters, and what the body has.
func (o *apiOperation) names() map[string]*schema {
	names := map[string]*schema{}
	if body := o.body(); body != nil {
		for name, s := range body.Properties {
			names[name] = o.resolve(s)
		}
	}
	for i := range o.Parameters {
		if p := &o.Parameters[i]; p.Name != "Idempotency-Key" {
			names[p.Name] = &p.Schema
		}
	}
	return names
}

// asked makes a request of what was said: NAME=VALUE by turns, and a body that was read from a file; nil is none.
func (o *apiOperation) asked(said []string, body map[string]any) (r request, err error) {
	r = request{method: o.method, path: strings.TrimPrefix(o.path, api.Base), query: url.Values{}}
	names := o.names()
	given := map[string]bool{}
	for _, text := range said {
		name, value, is := strings.Cut(text, "=")
		s, known := names[name]
		switch {
		case !is:
			return r, fmt.Errorf("%q: say it as NAME=VALUE", text)
		case !known:
			return r, fmt.Errorf("%s: %s takes no such thing%s. It takes: %s", name, o.ID, meant(name, slices.Collect(maps.Keys(names))), strings.Join(slices.Sorted(maps.Keys(names)), ", "))
		case given[name] && s.Type != "array":
			return r, fmt.Errorf("%s: this is said a second time", name)
		}
		given[name] = true
		if body, err = o.say(&r, body, name, value, s); err != nil {
			return r, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, p := range o.Parameters {
		if p.Required && !given[p.Name] {
			return r, fmt.Errorf("%s: say it, as %s=…%s", p.Name, p.Name, ifSaid(": ", p.Description))
		}
	}
	if o.Body != nil {
		if body == nil {
			body = map[string]any{}
		}
		r.body = body
	}
	return r, nil
}

func ifSaid(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// say puts one thing into the path, the query, the header or the body.
func (o *apiOperation) say(r *request, body map[string]any, name, text string, s *schema) (map[string]any, error) {
	element := s
	if s.Type == "array" {
		element = o.resolve(s.Items)
	}
	value, err := scalarOf(element, text)
	if err != nil {
		return body, err
	}
	i := slices.IndexFunc(o.Parameters, func(p parameter) bool { return p.Name == name })
	switch {
	case i >= 0 && o.Parameters[i].In == "path":
		r.path = strings.ReplaceAll(r.path, "{"+name+"}", url.PathEscape(text))
	case i >= 0 && o.Parameters[i].In == "header":
		r.match = text
	case i >= 0:
		r.query.Set(name, fmt.Sprint(value))
	default:
		if body == nil {
			body = map[string]any{}
		}
		if s.Type == "array" {
			list, _ := body[name].([]any)
			body[name] = append(list, value)
		} else {
			body[name] = value
		}
	}
	return body, nil
}

// scalarOf reads a text, a number, a time, or yes and no, as the schema says which. A text is taken as it is written.
func scalarOf(s *schema, text string) (any, error) {
	if len(s.Enum) > 0 {
		var words []string
		for _, word := range s.Enum {
			words = append(words, fmt.Sprint(word))
		}
		if !slices.Contains(words, text) {
			return nil, fmt.Errorf("%q is none of %s%s", text, strings.Join(words, ", "), meant(text, words))
		}
	}
	switch {
	case s.Type == "integer":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no whole number in plain digits", text)
		}
		return n, nil
	case s.Type == "boolean" && (text == "true" || text == "false"):
		return text == "true", nil
	case s.Type == "boolean":
		return nil, fmt.Errorf("%q is neither true nor false", text)
	case s.Format == "date-time":
		at, err := world.ParseTime(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a time, such as 2027-07-01 or 2027-07-01T12:00:00Z", text)
		}
		return at.Format(time.RFC3339Nano), nil
	case s.Type == "object", s.Type == "array":
		return nil, fmt.Errorf("this has parts of its own: say it in a file, with --body")
	}
	return text, nil
}

// bodyFile reads a body in JSON or YAML from a file of the name, as the schema says what it is.
func (o *apiOperation) bodyFile(name string, text []byte) (map[string]any, error) {
	body := o.body()
	if body == nil {
		return nil, fmt.Errorf("--body: %s takes none", o.ID)
	}
	root, err := nodesOf(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case root == nil:
		return nil, fmt.Errorf("%s: there is nothing in it", name)
	}
	value, err := o.read(root, body, "")
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	return value.(map[string]any), nil
}

// read reads a node; an error begins with its line.
func (o *apiOperation) read(n *yaml.Node, s *schema, key string) (any, error) {
	fail := func(format string, args ...any) (any, error) {
		return nil, fmt.Errorf("%d: %s%s", n.Line, strings.TrimPrefix(key+": ", ": "), fmt.Sprintf(format, args...))
	}
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return fail("anchors and aliases are not taken here: write it out")
	case n.Tag == "!!null":
		return fail("nothing is said: say what it is, or take the key out")
	case s.Type == "object":
		return o.readKeys(n, s, key, fail)
	case s.Type == "array" && n.Kind == yaml.SequenceNode:
		list := []any{}
		for i, element := range n.Content {
			value, err := o.read(element, o.resolve(s.Items), fmt.Sprintf("%s[%d]", key, i))
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case s.Type == "array":
		return fail("a list is expected here: begin each of its parts with a hyphen")
	case n.Kind != yaml.ScalarNode:
		return fail("one value is expected here")
	}
	value, err := scalarOf(s, n.Value)
	if err != nil {
		return fail("%v", err)
	}
	return value, nil
}

func (o *apiOperation) readKeys(n *yaml.Node, s *schema, key string, fail func(string, ...any) (any, error)) (any, error) {
	known := slices.Sorted(maps.Keys(s.Properties))
	if n.Kind != yaml.MappingNode {
		return fail("keys are expected here, each with what it is: %s", strings.Join(known, ", "))
	}
	var each *schema
	if len(s.Properties) == 0 && len(s.Additional) > 0 {
		_ = json.Unmarshal(s.Additional, &each) // false is none
	}
	read := map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		path := strings.TrimPrefix(key+"."+name.Value, ".")
		inner := s.Properties[name.Value]
		if inner == nil {
			inner = each
		}
		_, twice := read[name.Value]
		switch {
		case inner == nil:
			return nil, fmt.Errorf("%d: %s: there is no such key%s The keys here are %s", name.Line, path, didYouMean(name.Value, known), strings.Join(known, ", "))
		case twice:
			return nil, fmt.Errorf("%d: %s: this is said a second time: keep one of them", name.Line, path)
		}
		value, err := o.read(n.Content[i+1], o.resolve(inner), path)
		if err != nil {
			return nil, err
		}
		read[name.Value] = value
	}
	return read, nil
}
