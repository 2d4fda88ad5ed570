package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDraftExamples holds that each example is a draft, also with all that is optional, and that none names a key that is not there.
func TestDraftExamples(t *testing.T) {
	optional := regexp.MustCompile(`(?m)^#( ?)( *\w+: )`)
	for kind := range draftExamples {
		text := draftExample(kind, time.Now())
		for _, text := range []string{text, optional.ReplaceAllString(text, "$1$2")} {
			text = regexp.MustCompile(`(?m)^ (\w)`).ReplaceAllString(text, "$1")
			f, err := readDraft("draft", []byte(text))
			if err != nil || f.draft.Kind != kind || f.draft.Reason == "" {
				t.Errorf("%s: %v\n%s", kind, err, text)
			}
		}
	}
}

// TestDraftFile holds that a draft is taken as it is written, in JSON and in YAML, and what is said of what is none.
func TestDraftFile(t *testing.T) {
	same := []string{
		"kind: ban\nlongestDays: 9\nrule: {target: {product: yes}, components: false, minVersion: 1.10, minVersionCode: {android: 5}, from: 2027-01-01}\n",
		"{\"kind\": \"ban\", \"longestDays\": 9,\n\t\"rule\": {\"target\": {\"product\": \"yes\"}, \"components\": false, \"minVersion\": \"1.10\", \"minVersionCode\": {\"android\": 5}, \"from\": \"2027-01-01T00:00:00Z\"}}",
	}
	var read []string
	for _, text := range same {
		f, err := readDraft("d", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(f.draft)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, string(encoded))
	}
	if diff := cmp.Diff(read[0], read[1]); diff != "" || !strings.Contains(read[0], `"minVersion":"1.10"`) || !strings.Contains(read[0], `"components":false`) || !strings.Contains(read[0], `"product":"yes"`) {
		t.Errorf("%s\n%s", diff, read[0])
	}
	for text, want := range map[string]string{
		"":                               "there is nothing in it",
		"# only a comment":               "there is nothing in it",
		"null":                           "nothing is said",
		"[]":                             "d:1: keys are expected here",
		"kind: ban\nkind: ban":           "d:2: kind: this is said a second time",
		`{"kind": "ban", "kind": "ban"}`: "d:1: kind: this is said a second time",
		"kind: &a ban":                   "anchors and aliases are not taken",
		"kind: ban\nrule: {scop: gov}":   "d:2: rule.scop: there is no such key; did you mean scope?",
		"kind: ban\nlongestDays: many":   "d:2: longestDays: ",
		"{\n\"longestDays\": 1.5}":       "d:2: longestDays: ",
		"audience: anna":                 "d:1: audience: a list is expected here",
		"kind: [ban]":                    "one value is expected here",
		"rule: {until: next week}":       "is not a time, such as",
		"rule: {minVersionCode: [1]}":    "rule.minVersionCode: keys are expected",
		"rule: {minVersionCode: {a: b}}": "a whole number",
		"kind: ban\n---\nkind: ban":      "one file has one draft",
		"kind: [":                        "neither JSON nor YAML",
		strings.Repeat("[", 99) + strings.Repeat("]", 99): "nested deeper",
	} {
		if _, err := readDraft("d", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// FuzzDraft holds that whatever a draft file has in it, it is refused or read, and that what was read can be shown and
// reads the same again.
func FuzzDraft(f *testing.F) {
	for kind := range draftExamples {
		f.Add(draftExample(kind, time.Now()))
	}
	for _, text := range []string{"", "{", "[[]]", "a: &b {c: *b}", `{"kind": "ban", "reason": "\ud83d\ude00\u009b\n two"}`, "kind: !!binary aGk=", "? [a]\n: b", "rule: {minVersionCode: {? : 1}}", "reason: |\n  a\n\n   b\n", "monitor: {until: 0001-01-01}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := readDraft("draft", []byte(text))
		if err != nil {
			return
		}
		lines, err := asYAML(read.draft)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if printable(line) != line {
				t.Fatalf("this would reach a terminal: %q", line)
			}
		}
		first, err := json.Marshal(read.draft)
		if err != nil {
			t.Fatal(err)
		}
		again, err := readDraft("draft", first)
		if err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		if second, err := json.Marshal(again.draft); err != nil || string(second) != string(first) {
			t.Fatalf("%v: read again, it is another draft:\n%s\n%s", err, first, second)
		}
	})
}
