package platform

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/policy"
)

// TestNothingLikelyIsLeftOut compares with what scoring every product finds: words that many have are not followed
// where what they lead to could not be likely enough.
func TestNothingLikelyIsLeftOut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	name := func() string {
		var words []string
		for range 1 + r.IntN(4) {
			words = append(words, fmt.Sprintf("w%c", 'a'+int(r.ExpFloat64()*4)%26))
		}
		return strings.Join(words, " ")
	}
	w := &policy.World{Suppliers: []policy.Supplier{{ID: "s", Name: "Some Maker"}, {ID: "o", Name: "Other"}}}
	for i := range 400 {
		p := policy.Product{ID: fmt.Sprintf("p%03d", i), Name: name(), Supplier: []string{"", "s", "o"}[r.IntN(3)]}
		if r.IntN(4) == 0 {
			p.Aliases = []string{name()}
		}
		w.Products = append(w.Products, p)
	}
	s := NewSuggester(w)
	for range 400 {
		asked, publisher := name(), []string{"", "Some Maker", "Nobody"}[r.IntN(3)]
		app, maker := s.ask(tellingWords(asked)), tellingWords(publisher)
		var best []likely
		for i := range s.products {
			if l := s.score(&s.products[i], &app, maker, 0); l.confidence >= leastConfidence {
				best = l.among(best)
			}
		}
		var want, got []string
		for _, l := range best {
			want = append(want, fmt.Sprintf("%s %.6f %s", l.product.id, l.confidence, l.why()))
		}
		for _, g := range s.For(asked, publisher) {
			got = append(got, fmt.Sprintf("%s %.6f %s", g.Product, g.Confidence, g.Why))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q of %q: %s", asked, publisher, diff)
		}
		if !slices.IsSortedFunc(best, func(a, b likely) int { return int(1000*b.confidence) - int(1000*a.confidence) }) {
			t.Fatalf("%q: %v", asked, got)
		}
	}
}
