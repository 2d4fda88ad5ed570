package world

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portcullis/policy"
)

// texts are what both fuzz targets begin with.
func texts(tb testing.TB) []string {
	tb.Helper()
	ministry, err := os.ReadFile("testdata/ministry.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	return []string{
		string(ministry), sections, `{"a": [1, "b\ud83d\ude00", {"c":null}], "d": {}, "e": -1.5e3}`,
		"a: b\nc:\n- d\n-\n  - e: 'f''g'\n    h: \"\\x41\" # i\n  -\n", "--- # x\n[a, {b: c,\n # d\n e: , }]\n", "'a' : b\n\"c\":\n    d\n",
		"a: &id001\n- b\n- &c {d: e}\nf: *id001\ng: [&h i, *h, *c ]\nj: &k\n  l: m\nn:\n- *k\n- &o p\n- &q\n  - r\n- *q # s\n",
		"a: !!str b\nc: [!!bool 'true', !!int \"5\"]\n!!str d: !!timestamp '2023-03-16 12:00:00+00:00'\n",
		"hosts:\n- id: a\n  kind: &x device\n- {id: *x}\n", "a: |\n  b\nc: >-\n  d\n", "- - a\n  - b: c\n    d: [e]\n- f\n", "k:\n- a\nl: \"\x7f\u2028\"\n",
		"{\"hosts\":[{\"id\":\"a\",\"kind\":\"device\",\"organisation\":\"o\",\"platform\":\"ios\"}],\n\"organisations\":[{\"id\":\"o\"}]}",
		"organisations: [{id: o}]\nhosts: [{id: a, kind: device, organisation: o, platform: ios, installed: [{identifier: b, version_code: 1}]}]\n",
	}
}

// beyondLibrary is what the scanner reads and the library does not, or reads otherwise.
var beyondLibrary = regexp.MustCompile(`\\u[dD][89a-fA-F]|\\/|[\x{7f}-\x{9f}\x{2028}\x{2029}\x{feff}\x{fffe}\x{ffff}]`)

// FuzzScanner holds what the scanner accepts against the YAML library, and JSON's where that knows
// more.
func FuzzScanner(f *testing.F) {
	for _, text := range texts(f) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := new(tree)
		got.reset(text)
		s := scanner{src: text, line: 1, tree: got}
		root, ok := s.document()
		if !ok {
			return
		}
		if beyondLibrary.Match(text) {
			want, ok := jsonTree(text)
			if ok {
				compare(t, text, outline(got, root, false), outline(want, 0, false))
			}
			return
		}
		want := new(tree)
		want.reset(text)
		other, err := parseYAML(text, 1, want)
		if err != nil {
			if !strings.Contains(err.Error(), "cannot be read as YAML") { // it panicked
				t.Fatalf("the library does not read %q: %v", text, err)
			}
			return
		}
		compare(t, text, outline(got, root, true), outline(want, other, true))
	})
}

func compare(t *testing.T, text []byte, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%q\ngot\n%s\nwant\n%s", text, got, want)
	}
}

// outline is a tree as a text, a line for each node.
func outline(t *tree, root int, lines bool) string {
	var b strings.Builder
	var write func(i int, indent string)
	write = func(i int, indent string) {
		b.WriteString(indent)
		if lines {
			fmt.Fprintf(&b, "%d ", t.nodes[i].line)
		}
		switch t.nodes[i].kind {
		case mapping, sequence:
			fmt.Fprintf(&b, "%d\n", t.nodes[i].kind)
			for _, e := range t.elements(i) {
				write(e, indent+"  ")
			}
		default:
			fmt.Fprintf(&b, "%q null %v\n", t.text(i), t.null(i))
		}
	}
	write(root, "")
	return b.String()
}

// jsonTree reads a text as encoding/json does.
func jsonTree(text []byte) (*tree, bool) {
	if !json.Valid(text) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	t := new(tree)
	var open []int
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return t, true
		}
		if err != nil {
			return nil, false
		}
		switch v := token.(type) {
		case json.Delim:
			switch v {
			case '{':
				open = append(open, t.open(mapping, 0))
			case '[':
				open = append(open, t.open(sequence, 0))
			default:
				t.close(open[len(open)-1])
				open = open[:len(open)-1]
			}
		case string:
			t.scalar(t.keep(v), true, 0)
		case nil:
			t.scalar(piece{}, false, 0)
			t.nodes[len(t.nodes)-1].piece = t.keep("null")
		default:
			t.scalar(t.keep(fmt.Sprint(v)), false, 0)
		}
	}
}

// oddLines are the line ends that the library counts and nobody else does.
var oddLines = regexp.MustCompile(`\r(?:[^\n]|\z)|[\x{85}\x{2028}\x{2029}]`)

// FuzzLoad loads any text, split and in one piece, which must come to the same; what is valid is
// written and loaded again.
func FuzzLoad(f *testing.F) {
	for _, text := range texts(f) {
		f.Add([]byte(text), uint16(64))
	}
	for _, text := range hostForms() {
		f.Add([]byte(text), uint16(80))
	}
	for _, row := range errorRows {
		text, _ := with(row.section, row.item)
		f.Add([]byte(text), uint16(100))
	}
	f.Fuzz(func(t *testing.T, text []byte, window uint16) {
		if oddLines.Match(text) {
			return
		}
		dir := t.TempDir()
		path := filepath.Join(dir, "world.yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		split, splitErr := loadAll(t, path, int(window)+1, false)
		whole, wholeErr := loadAll(t, path, 1, true)
		if fmt.Sprint(splitErr) != fmt.Sprint(wholeErr) {
			t.Fatalf("%q\nsplit %v\nwhole %v", text, splitErr, wholeErr)
		}
		if diff := cmp.Diff(whole, split, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		if splitErr != nil {
			return
		}
		again := filepath.Join(dir, "again.yaml")
		out, err := os.Create(again)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(Write(out, &split.World, slices.Values(split.Hosts)), out.Close()); err != nil {
			t.Fatal(err)
		}
		written, err := loadAll(t, again, 1<<16, false)
		if err != nil {
			t.Fatalf("%q\nwritten: %v", text, err)
		}
		if diff := cmp.Diff(split, written, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// everything is what a file holds.
type everything struct {
	World policy.World
	Hosts []*policy.Host
}

func loadAll(t *testing.T, path string, window int, whole bool) (*everything, error) {
	t.Helper()
	l, err := loadWith([]string{path}, window, whole)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return &everything{l.World, allHosts(t, l)}, nil
}
