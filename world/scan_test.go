package world

import (
	"strings"
	"testing"
)

// TestScanner has texts that the scanner must read as the library does, and others that it must
// leave to it, because they are not what they seem.
func TestScanner(t *testing.T) {
	long := strings.Repeat("k", longestKey+30)
	for text, accepted := range map[string]bool{
		"":                                  true,
		"# only a comment":                  true,
		"--- # begin\na: b\n":               true,
		"a: b # c\n\n  # d\nc: 'd' # e\n":   true,
		"a:\nb: # c\nc:\n- \n-\n- d\n":      true,
		"a:\n  'b'\nc:\n  d # e\n":          true,
		"{a:\n}":                            true,
		"{a: , b: c,\n}":                    true,
		"[a, 'b', \"c\", {d: e}, [f], ]":    true,
		"{\"a\":b,'c':[d]}":                 true,
		"a: 12:30:00\nb: {c: 12:30}\n":      true,
		"a: b#c\nd: {e: f#g}\n":             true,
		"a: [b ,c]\n":                       true,
		"- - a\n  - b\n- c: d\n  e:\n  - f": true,
		"a: '  b''c '\n":                    true,
		"\"a b\" : c\n'd':\n  - e\n":        true,
		"a: b, c [d] {e}?\n":                true,
		"a: -b\nc: [-d, -1]\n":              true,
		"é: ü\n":                            true,
		"[a,\n# b\n c]":                     true,
		"\"\\x41\\u00e9\\U0001F600\\_\"":    true,
		"a: &b c\nd: *b\n":                  true,
		"a: !!str null\n!!str b: !!timestamp '2023-03-16 12:00:00+00:00'\n": true,
		"{a: !!bool \"true\", b: [!!int '5', !!float 1.5, !!str ~]}":        true,
		"a: &b\n- c\nd: [*b,*b]\n":                                          true,
		"- &a {b: c}\n- *a\n- &d\n  e: f\n- g: *d\n":                        true,
		"a: {b: &c d, e: *c}\n":                                             true,
		strings.Repeat("[", 60) + strings.Repeat("]", 60):                   true,

		"[a,#b\nc]":                 false, // a comment follows a blank
		"a: \"b\"#c\n":              false,
		"a: # \x01\n":               false,
		"a: b # \xff\n":             false,
		"a: caf\xe9\n":              false,
		"a: \"caf\xe9\"\n":          false,
		"a: 'caf\xe9'\n":            false,
		"a: b\u2028c\n":             false,
		"a: '\u0085'\n":             false,
		"a: \x7f\n":                 false,
		"[a,\n---\nb]":              false,
		"{a: b,\n... : c}":          false,
		"a: b\n---\nc: d\n":         false,
		"a: b\n...\n":               false,
		"\"\\ud83d\"":               false, // half a pair
		"\"\\ude00\\ude00\"":        false,
		"\"\\ud83d\\u0041\"":        false,
		"\"\\U00110000\"":           false,
		"\"\\q\"":                   false,
		"a: b\n  c\n":               false, // over several lines
		"a:\n  b\n  c\n":            false,
		"a:\n  b\n    c: d\n":       false,
		"a: 'b\n  c'\n":             false,
		"[a\n b]":                   false,
		"a: b\n c: d\n":             false,
		"a:\n  b: c\n d: e\n":       false,
		"- a\n b\n":                 false,
		"a: b: c\n":                 false,
		"a: - b\n":                  false,
		"a\nb: c\n":                 false,
		"a: {b}\n":                  false,
		"[a: b]":                    false,
		"{a b: c\nd: e}":            false,
		"{a\n: b}":                  false,
		"[a, , b]":                  false,
		"[a b: c]":                  false,
		"{a: b?c}":                  false,
		"{a: b:}":                   false,
		"? a\n: b\n":                false,
		"a: |\n  b\n":               false,
		"a: !!binary b\n":           false,
		"a: !!str\n":                false,
		"a: !!str !!str b\n":        false,
		"a: !b c\n":                 false,
		"a: @b\n":                   false,
		"a:\tb\n":                   false,
		"\ta: b\n":                  false,
		"a: b\tc\n":                 false,
		"a: [b]c\n":                 false,
		"[a]: b\n":                  false,
		"a: b\rc\n":                 false,
		"%YAML 1.1\n---\na\n":       false,
		long + ": a\n":              false, // a key that YAML itself finds too long
		"{" + long + ": a}":         false,
		"a: &b\nc: d\n":             false, // an anchor on nothing, a key, another anchor
		"- &a b: c\n":               false,
		"{&a b: c}":                 false,
		"[&a &b c]":                 false,
		"a: &b c\nd: &b e\nf: *b\n": false,
		"a: *b\n":                   false,
		"a: &b [*b]\n":              false,
		"a: &b c\n*b : d\n":         false,
		strings.Repeat("[", 70) + strings.Repeat("]", 70): false,
	} {
		for _, text := range []string{text, strings.ReplaceAll(text, "\n", "\r\n")} {
			got := new(tree)
			got.reset([]byte(text))
			s := scanner{src: []byte(text), line: 1, tree: got}
			root, ok := s.document()
			if ok != accepted {
				t.Errorf("%q: accepted %v", text, ok)
			}
			if !ok {
				continue
			}
			want := new(tree)
			want.reset([]byte(text))
			other, err := parseYAML([]byte(text), 1, want)
			if err != nil {
				t.Errorf("%q: %v", text, err)
				continue
			}
			compare(t, []byte(text), outline(got, root, true), outline(want, other, true))
		}
	}
}

// TestScannerKnowsJSON has texts that JSON allows and the library refuses or changes.
func TestScannerKnowsJSON(t *testing.T) {
	for _, text := range []string{`"\ud83d\ude00"`, `["\/"]`, "[\"\u2028\", \"\u0085\x7f\u009f\", {\"\\ud83d\\ude00\": null}]", "{\"a\": \"\ufeff\"}"} {
		got := new(tree)
		got.reset([]byte(text))
		s := scanner{src: []byte(text), line: 1, tree: got}
		root, ok := s.document()
		want, valid := jsonTree([]byte(text))
		if !ok || !valid {
			t.Errorf("%q: accepted %v, valid %v", text, ok, valid)
			continue
		}
		compare(t, []byte(text), outline(got, root, false), outline(want, 0, false))
	}
}

// TestBomb has an alias of aliases in the scanner, which gives up before it has built much.
func TestBomb(t *testing.T) {
	text := "- &a0 [x]\n"
	for i, name := range []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"} {
		text += "- &" + name + " [" + strings.Repeat("*a"+string(rune('0'+i))+",", 10) + "]\n"
	}
	got := new(tree)
	got.reset([]byte(text))
	s := scanner{src: []byte(text), line: 1, tree: got}
	if _, ok := s.document(); ok || len(got.nodes) > 2*mostFollowed {
		t.Errorf("accepted %v, %d nodes", ok, len(got.nodes))
	}
}
