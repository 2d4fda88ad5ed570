package handbook

import (
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func para(text string) Block     { return Block{Lines: []string{text}} }
func list(items ...string) Block { return Block{items, true} }

func TestBlocks(t *testing.T) {
	for text, want := range map[string][]Block{
		"":                            nil,
		" \n\t\n":                     nil,
		"one":                         {para("one")},
		"one\ntwo\n\nthree":           {para("one two"), para("three")},
		"- a\n- b\n  more of b\n- c":  {list("a", "b more of b", "c")},
		"before\n- a\nmore\n\nafter":  {para("before"), list("a more"), para("after")},
		"- a\n\n- b":                  {list("a", "b")},
		"- a\n\nb\n\n- c":             {list("a"), para("b"), list("c")},
		"-no item\n-- none":           {para("-no item -- none")},
		"<b>bold</b> & [x](y)\r\n# h": {para("<b>bold</b> & [x](y) # h")},
		"-\n- \na\n-\nb":              {para("a"), para("b")},
	} {
		if diff := gocmp.Diff(want, Blocks(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// FuzzBlocks holds that nothing that was written is lost, that no block is empty, and that what was read and is written
// again reads the same.
func FuzzBlocks(f *testing.F) {
	for _, s := range []string{"one\ntwo\n\n- a\n- b\n\nend", "- \n-\n- -", "\u2028- x\u0085y", "-\u00a0a", "<script>", "- a\n b\n\n\n- c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		blocks := Blocks(text)
		var again, words strings.Builder
		for _, b := range blocks {
			if len(b.Lines) == 0 || !b.List && len(b.Lines) != 1 {
				t.Fatalf("%q: a block of %d lines: %+v", text, len(b.Lines), b)
			}
			again.WriteString("\n")
			for _, line := range b.Lines {
				if line == "" || strings.Join(strings.Fields(line), " ") != line {
					t.Fatalf("%q: the line %q", text, line)
				}
				if b.List {
					again.WriteString("- ")
				}
				again.WriteString(line + "\n")
				words.WriteString(line + " ")
			}
		}
		if diff := gocmp.Diff(blocks, Blocks(again.String())); diff != "" {
			t.Errorf("%q: read again: %s", text, diff)
		}
		signs := func(word string) bool { return word == "-" }
		got, want := slices.DeleteFunc(strings.Fields(words.String()), signs), slices.DeleteFunc(strings.Fields(text), signs)
		if !slices.Equal(got, want) {
			t.Errorf("%q: the words are %q", text, got)
		}
	})
}
