package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"portcullis/web/api"
	"portcullis/world"
)

const (
	maxDraft   = 1 << 20 // bytes: the most that a server takes
	draftDepth = 32
)

// draftFile is the file of a draft, and where what stands in it.
type draftFile struct {
	strict
	draft api.Draft
}

// readDraft reads a draft from a file of the name, in JSON or YAML, with the keys that the interface for programs
// has. It takes nothing that it does not know; texts and times are taken as they are written.
func readDraft(name string, text []byte) (*draftFile, error) {
	f := &draftFile{strict: strict{file: name, lines: map[string]int{}}}
	root, err := nodesOf(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case root == nil:
		return nil, fmt.Errorf("%s: there is nothing in it: portcullis proposals open --example ban prints a draft to begin with", name)
	}
	f.read(root, reflect.ValueOf(&f.draft).Elem(), "")
	return f, errors.Join(f.problems...)
}

// nodesOf is the one document of a text.
func nodesOf(text []byte) (*yaml.Node, error) {
	if json.Valid(text) {
		return jsonNodes(text)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("this is neither JSON nor YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if !errors.Is(decoder.Decode(&second), io.EOF) {
		return nil, errors.New("there is something after the end of the draft: one file has one draft")
	}
	if document.Content[0].Tag == "!!null" {
		return nil, nil
	}
	return document.Content[0], nil
}

// jsonReader reads JSON into the nodes that YAML is read into: a reader of YAML does not take all of JSON.
type jsonReader struct {
	*json.Decoder
	text []byte
	line int
	at   int64 // up to where lines are counted
}

// jsonNodes are the nodes of JSON, its members in their order.
func jsonNodes(text []byte) (*yaml.Node, error) {
	r := &jsonReader{Decoder: json.NewDecoder(bytes.NewReader(text)), text: text, line: 1}
	r.UseNumber()
	return r.next(draftDepth)
}

func (r *jsonReader) next(depth int) (*yaml.Node, error) {
	token, err := r.Token()
	if err != nil {
		return nil, fmt.Errorf("this is not JSON: %w", err)
	}
	if depth == 0 {
		return nil, errors.New("this is nested deeper than any draft")
	}
	r.line += bytes.Count(r.text[r.at:r.InputOffset()], []byte("\n"))
	r.at = r.InputOffset()
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line}
	switch t := token.(type) {
	case json.Delim:
		if n.Kind, n.Tag = yaml.MappingNode, "!!map"; t == '[' {
			n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		}
		for r.More() {
			inner, err := r.next(depth - 1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, inner)
		}
		_, err = r.Token()
	case string:
		n.Tag, n.Value, n.Style = "!!str", t, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = "!!int", t.String()
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!float"
		}
	case bool:
		n.Tag, n.Value = "!!bool", strconv.FormatBool(t)
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, err
}

func (f *draftFile) read(n *yaml.Node, into reflect.Value, key string) {
	if key != "" {
		f.lines[key] = n.Line
	}
	_, isTime := into.Interface().(time.Time)
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		f.fail(n.Line, key, "anchors and aliases are not taken here: write it out")
	case n.Tag == "!!null":
		f.fail(n.Line, key, "nothing is said: say what it is, or take the key out")
	case isTime:
		f.time(n, into, key)
	case into.Kind() == reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		f.read(n, into.Elem(), key)
	case into.Kind() == reflect.Struct, into.Kind() == reflect.Map:
		f.mapping(n, into, key)
	case into.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode:
		into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
		for i, element := range n.Content {
			f.read(element, into.Index(i), fmt.Sprintf("%s[%d]", key, i))
		}
	case into.Kind() == reflect.Slice:
		f.fail(n.Line, key, "a list is expected here: begin each of its parts with a hyphen")
	case into.Kind() == reflect.Int64:
		number, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil || n.Kind != yaml.ScalarNode || n.Style != 0 {
			f.fail(n.Line, key, "a whole number in plain digits is expected here")
			return
		}
		into.SetInt(number)
	default:
		f.scalar(n, into, key)
	}
}

func (f *draftFile) time(n *yaml.Node, into reflect.Value, key string) {
	t, err := world.ParseTime(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		f.fail(n.Line, key, "%q is not a time, such as 2027-07-01 or 2027-07-01T12:00:00Z", n.Value)
		return
	}
	into.Set(reflect.ValueOf(t))
}

// mapping reads keys into a struct by the names that its fields have in JSON, or into a map.
func (f *draftFile) mapping(n *yaml.Node, into reflect.Value, key string) {
	fields := map[string]reflect.Value{}
	if into.Kind() == reflect.Struct {
		jsonFields(into, fields)
	} else {
		into.Set(reflect.MakeMap(into.Type()))
	}
	known := slices.Sorted(maps.Keys(fields))
	if n.Kind != yaml.MappingNode {
		f.fail(n.Line, key, "keys are expected here, each with what it is: %s", strings.Join(known, ", "))
		return
	}
	said := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, path := n.Content[i], strings.TrimPrefix(key+"."+n.Content[i].Value, ".")
		field, there := fields[name.Value]
		switch {
		case said[name.Value]:
			f.fail(name.Line, path, "this is said a second time: keep one of them")
		case into.Kind() == reflect.Map:
			value := reflect.New(into.Type().Elem()).Elem()
			f.read(n.Content[i+1], value, path)
			into.SetMapIndex(reflect.ValueOf(name.Value), value)
		case !there:
			f.fail(name.Line, path, "there is no such key%s The keys here are %s", didYouMean(name.Value, known), strings.Join(known, ", "))
		default:
			f.read(n.Content[i+1], field, path)
		}
		said[name.Value] = true
	}
}

// jsonFields are the fields of a struct by their names in JSON, those of embedded structs among them.
func jsonFields(of reflect.Value, fields map[string]reflect.Value) {
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Type().Field(i).Tag.Get("json"), ",")
		switch {
		case of.Type().Field(i).Anonymous && name == "":
			jsonFields(of.Field(i), fields)
		case name != "":
			fields[name] = of.Field(i)
		}
	}
}

// where names a field of which the server says something by its line in the file. The server may name what is
// proposed without the key above it.
func (f *draftFile) where(field string) string {
	fields := map[string]reflect.Value{}
	jsonFields(reflect.ValueOf(&f.draft).Elem(), fields)
	field = strings.TrimPrefix(field, "draft.")
	for _, above := range append([]string{""}, slices.Sorted(maps.Keys(fields))...) {
		path := strings.TrimPrefix(above+"."+field, ".")
		if line := f.lines[path]; line > 0 && field != "" {
			return fmt.Sprintf("%s:%d: %s", f.file, line, path)
		}
	}
	return strings.TrimSuffix(f.file+": "+field, ": ")
}

// asYAML is JSON as YAML, in the same order, a line each and without line breaks at the end; what could make a terminal do
// something is escaped. What a server says of a draft can be taken for another draft.
func asYAML(value any) ([]string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	root, err := jsonNodes(text)
	if err != nil {
		return nil, err
	}
	unquote(root)
	var b strings.Builder
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(root), encoder.Close()); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i, line := range lines {
		lines[i] = escape(line)
	}
	return lines, nil
}

// unquote leaves it to the encoder which texts need quotation marks.
func unquote(n *yaml.Node) {
	n.Style = 0
	for _, inner := range n.Content {
		unquote(inner)
	}
}
