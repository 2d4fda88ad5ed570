package devices

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portcullis/policy"
)

// hit is a product that was found: how well, and by what.
type hit struct {
	product *policy.Product
	name    string // in lower case
	rank    int
	by      string
	of      *policy.Supplier // the maker of that name behind it; nil where none is called so
}

// find returns the products that have all of some words in their names, identifiers or makers, the likeliest
// first: those called so before those that have the words in the midst of something. Everything of a maker that is
// called so stands together, where the likeliest of it stands: what they supply or make now, and what companies do that
// they own now.
func (b *book) find(words string, kind policy.Kind, now time.Time) (found []hit) {
	q := newWanted(words)
	makers := makersCalled{book: b, q: q, now: now, known: map[string]*policy.Supplier{}}
	for i := range b.world.Products {
		p := &b.world.Products[i]
		if kind != 0 && p.Kind != kind {
			continue
		}
		h := hit{product: p, name: strings.ToLower(b.name(p))}
		if q.text != "" {
			h.rank, h.by = b.rank(p, q)
			if h.of = makers.behind(p); h.rank == notFound && h.of == nil {
				continue
			}
		}
		found = append(found, h)
	}
	sortHits(found)
	return found
}

// sortHits puts the likeliest first, and what is of one maker that was found together.
func sortHits(found []hit) {
	best := map[*policy.Supplier]int{}
	for _, h := range found {
		if was, known := best[h.of]; h.of != nil && (!known || h.rank < was) {
			best[h.of] = h.rank
		}
	}
	place := func(h *hit) (rank int, name, maker string) {
		if h.of == nil {
			return h.rank, h.name, ""
		}
		return best[h.of], strings.ToLower(cmp.Or(h.of.Name, h.of.ID)), h.of.ID
	}
	slices.SortFunc(found, func(x, y hit) int {
		rank, name, maker := place(&x)
		otherRank, otherName, otherMaker := place(&y)
		return cmp.Or(cmp.Compare(rank, otherRank), strings.Compare(name, otherName), strings.Compare(maker, otherMaker),
			cmp.Compare(x.rank, y.rank), strings.Compare(x.name, y.name), strings.Compare(x.product.ID, y.product.ID))
	})
}

// makersCalled are the companies that are called by some words.
type makersCalled struct {
	*book
	q     wanted
	now   time.Time
	known map[string]*policy.Supplier // by a company: the answer of above
}

// behind is the company that is called so and stands behind a product now; nil where none does.
func (m *makersCalled) behind(p *policy.Product) *policy.Supplier {
	if s := m.above(p.Supplier); s != nil {
		return s
	}
	for _, e := range p.MadeBy {
		if e.Contains(m.now) {
			if s := m.above(e.Supplier); s != nil {
				return s
			}
		}
	}
	return nil
}

// above is the company that is called so and owns one now, or that company itself; the topmost of several.
func (m *makersCalled) above(id string) *policy.Supplier {
	found, known := m.known[id]
	s := m.suppliers[id]
	if known || s == nil {
		return found
	}
	if fitsSupplier(s, m.q) != notFound {
		found = s
	}
	m.known[id] = found // companies may own each other in a ring
	for _, e := range s.OwnedBy {
		if e.Contains(m.now) {
			if owner := m.above(e.Supplier); owner != nil {
				found = owner
			}
		}
	}
	m.known[id] = found
	return found
}

// How well a text fits, the best first.
const (
	fitsWhole = iota
	fitsBeginning
	fitsWords
	fitsInside // of an identifier
	notFound
)

// wanted is words that are looked for, in lower case: as they were typed, and one by one.
type wanted struct {
	text  string
	words []string
}

func newWanted(words string) wanted {
	words = strings.ToLower(strings.TrimSpace(words))
	return wanted{words, strings.FieldsFunc(words, apart)}
}

// rank tells how well a product fits what is wanted, and by which name or identifier where that is not
// its name.
func (b *book) rank(p *policy.Product, q wanted) (rank int, by string) {
	rank = notFound
	better := func(n int, text string) {
		if n < rank {
			rank, by = n, text
		}
	}
	better(fits(b.name(p), q), "")
	better(fits(p.ID, q), p.ID)
	for _, alias := range p.Aliases {
		better(fits(alias, q), alias)
	}
	for _, platform := range slices.Sorted(maps.Keys(p.Identifiers)) {
		for _, id := range p.Identifiers[platform] {
			switch folded := strings.ToLower(id.ID); {
			case folded == q.text:
				better(fitsWhole, id.ID)
			case len(q.text) > 2 && strings.Contains(folded, q.text):
				better(fitsInside, id.ID)
			}
		}
	}
	return rank, by
}

// fitsSupplier tells how well a supplier fits what is wanted.
func fitsSupplier(s *policy.Supplier, q wanted) int {
	rank := min(fits(cmp.Or(s.Name, s.ID), q), fits(s.ID, q))
	for _, alias := range s.Aliases {
		rank = min(rank, fits(alias, q))
	}
	return rank
}

// fits tells how well a name fits what is wanted: each word is to be the beginning of one of its own.
func fits(name string, q wanted) int {
	name = strings.ToLower(name)
	switch {
	case name == q.text:
		return fitsWhole
	case strings.HasPrefix(name, q.text):
		return fitsBeginning
	case len(q.words) == 0:
		return notFound
	}
	for _, word := range q.words {
		if !begins(name, word) {
			return notFound
		}
	}
	return fitsWords
}

// begins tells whether a word of a name begins so.
func begins(name, word string) bool {
	for from := 0; ; {
		at := strings.Index(name[from:], word)
		if at < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(name[:from+at])
		if from+at == 0 || apart(before) {
			return true
		}
		from += at + len(word)
	}
}

func apart(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }
