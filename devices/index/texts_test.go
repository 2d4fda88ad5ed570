package index

import (
	"strconv"
	"strings"
	"testing"
)

// TestTexts numbers more texts than there is room for at first, some of them anew.
func TestTexts(t *testing.T) {
	texts, want := newTexts(), map[string]uint32{}
	var all []string
	for i := range 3000 {
		text := strings.Repeat("x", i%40) + strconv.Itoa(i/2)
		switch n, fresh := texts.number(text); {
		case fresh:
			want[text], all = uint32(len(all)), append(all, text)
		case n != want[text]:
			t.Fatalf("%q is number %d, and was %d", text, n, want[text])
		}
		if i%7 == 0 {
			want[text], all = texts.renumber(text), append(all, text)
		}
		if i%11 == 0 {
			texts.skip()
			all = append(all, "")
		}
	}
	long := strings.Repeat("long", textChunk)
	want[long], _ = texts.number(long)
	all = append(all, long)
	for text, n := range want {
		if got, known := texts.find(text); !known || got != n {
			t.Errorf("%.50q: number %d (%t), want %d", text, got, known, n)
		}
	}
	for n, text := range all {
		if texts.items[n] != text {
			t.Errorf("number %d is %.50q, want %.50q", n, texts.items[n], text)
		}
	}
	if n, known := texts.find("never seen"); known {
		t.Errorf("a text that was never seen is number %d", n)
	}
}
