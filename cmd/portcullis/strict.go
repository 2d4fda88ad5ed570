package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"portcullis/internal/nearest"
)

// strict reads YAML into structs whose fields have the tag yaml. It takes nothing that it does not
// know: a key that no field has, one that is said twice or left empty, an anchor or an alias. A text is
// taken as it is written.
type strict struct {
	file     string
	lines    map[string]int // of every key that was said, by its path
	problems []error
}

// fail notes what is wrong with a key.
func (s *strict) fail(line int, key, format string, args ...any) {
	where := fmt.Sprintf("%s:%d: ", s.file, line)
	if key != "" {
		where += key + ": "
	}
	s.problems = append(s.problems, errors.New(where+fmt.Sprintf(format, args...)))
}

// failAt is fail for a key that was said, or of what is around it.
func (s *strict) failAt(key, format string, args ...any) {
	line, around := 1, key
	for around != "" && s.lines[around] == 0 {
		around = around[:max(0, strings.LastIndexAny(around, ".["))]
	}
	if around != "" {
		line = s.lines[around]
	}
	s.fail(line, key, format, args...)
}

// readText reads one document into a pointer to a struct.
func (s *strict) readText(text []byte, into any) {
	s.lines = map[string]int{}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return // nothing is said
	case err != nil:
		s.problems = append(s.problems, fmt.Errorf("%s: this is not YAML: %s", s.file, strings.TrimPrefix(err.Error(), "yaml: ")))
		return
	}
	if !errors.Is(decoder.Decode(&second), io.EOF) {
		s.fail(max(1, second.Line), "", "there is something after the end of the configuration: one file has one document")
		return
	}
	if root := document.Content[0]; root.Tag != "!!null" {
		s.read(root, reflect.ValueOf(into).Elem(), "")
	}
}

func (s *strict) read(n *yaml.Node, into reflect.Value, key string) {
	if key != "" {
		s.lines[key] = n.Line
	}
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		s.fail(n.Line, key, "anchors and aliases are not taken here: write it out")
	case n.Tag == "!!null":
		s.fail(n.Line, key, "nothing is said: say what it is, or take the key out")
	case into.Kind() == reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		s.read(n, into.Elem(), key)
	case into.Kind() == reflect.Struct:
		s.mapping(n, into, key)
	case into.Kind() == reflect.Slice:
		s.list(n, into, key)
	default:
		s.scalar(n, into, key)
	}
}

func (s *strict) mapping(n *yaml.Node, into reflect.Value, key string) {
	if n.Kind != yaml.MappingNode {
		s.fail(n.Line, key, "keys are expected here: %s", strings.Join(keysOf(into.Type()), ", "))
		return
	}
	said := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, path := n.Content[i], n.Content[i].Value
		if key != "" {
			path = key + "." + path
		}
		field, known := fieldOf(into, name.Value)
		switch {
		case !known:
			s.fail(name.Line, path, "there is no such key%s The keys here are %s", didYouMean(name.Value, keysOf(into.Type())), strings.Join(keysOf(into.Type()), ", "))
		case said[name.Value]:
			s.fail(name.Line, path, "this is said a second time: keep one of them")
		default:
			said[name.Value] = true
			s.read(n.Content[i+1], field, path)
			s.lines[path] = name.Line
		}
	}
}

func (s *strict) list(n *yaml.Node, into reflect.Value, key string) {
	if n.Kind != yaml.SequenceNode {
		s.fail(n.Line, key, "a list is expected here: begin each of its parts with a hyphen")
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
	for i, element := range n.Content {
		s.read(element, into.Index(i), fmt.Sprintf("%s[%d]", key, i))
	}
}

func (s *strict) scalar(n *yaml.Node, into reflect.Value, key string) {
	if n.Kind != yaml.ScalarNode {
		s.fail(n.Line, key, "one value is expected here, and not a list or keys")
		return
	}
	bare := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	switch into.Kind() {
	case reflect.String:
		into.SetString(n.Value)
	case reflect.Bool:
		if !bare || n.Value != "true" && n.Value != "false" {
			s.fail(n.Line, key, "%q is neither true nor false", n.Value)
			return
		}
		into.SetBool(n.Value == "true")
	case reflect.Int:
		number, err := strconv.Atoi(n.Value)
		if err != nil || !bare {
			s.fail(n.Line, key, "%q is not a whole number in plain digits", n.Value)
			return
		}
		into.SetInt(int64(number))
	}
}

// keysOf are the keys of a struct, in their order.
func keysOf(t reflect.Type) (keys []string) {
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

func fieldOf(into reflect.Value, key string) (field reflect.Value, known bool) {
	for i := range into.NumField() {
		if key != "" && into.Type().Field(i).Tag.Get("yaml") == key {
			return into.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// didYouMean ends the sentence that a key is not known, and asks whether the most similar of those that are
// was meant, where one is similar.
func didYouMean(key string, known []string) string {
	best := nearest.Of(strings.ReplaceAll(key, "-", "_"), known)
	for _, candidate := range known {
		if key != "" && strings.HasPrefix(candidate, key+"_") {
			best = candidate // such as password_file, for password
		}
	}
	if best == "" {
		return "."
	}
	return fmt.Sprintf("; did you mean %s?", best)
}
