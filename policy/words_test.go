package policy

import (
	"fmt"
	"testing"
)

// checkWords holds that each word of a list is parsed to the constant at its index and back, and
// that nothing else is parsed.
func checkWords[T interface {
	~uint8
	fmt.Stringer
}](t *testing.T, words []string, parse func(string) (T, bool)) {
	t.Helper()
	for i, word := range words[1:] {
		got, ok := parse(word)
		if !ok || int(got) != i+1 || got.String() != word {
			t.Errorf("%q is parsed as %d (%v), whose word is %q", word, got, ok, got)
		}
	}
	for _, word := range []string{"", "App", " app", "nothing"} {
		if got, ok := parse(word); ok {
			t.Errorf("%q is on the list as %d", word, got)
		}
	}
	if got := T(0).String(); got != "" {
		t.Errorf("the word for nothing is %q", got)
	}
}

func TestWords(t *testing.T) {
	checkWords(t, PlatformWords[:], ParsePlatform)
	checkWords(t, KindWords[:], ParseKind)
	checkWords(t, HostKindWords[:], ParseHostKind)
	checkWords(t, OwnershipWords[:], ParseOwnership)
	checkWords(t, EffectWords[:], ParseEffect)
}
