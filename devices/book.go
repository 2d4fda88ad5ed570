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

// book finds the things of a world by their ids and by what people call them.
type book struct {
	world     *policy.World
	products  map[string]*policy.Product
	suppliers map[string]*policy.Supplier
}

func newBook(w *policy.World) *book {
	b := &book{w, make(map[string]*policy.Product, len(w.Products)), make(map[string]*policy.Supplier, len(w.Suppliers))}
	for i := range w.Products {
		b.products[w.Products[i].ID] = &w.Products[i]
	}
	for i := range w.Suppliers {
		b.suppliers[w.Suppliers[i].ID] = &w.Suppliers[i]
	}
	return b
}

// name is what people call a product.
func (b *book) name(p *policy.Product) string { return cmp.Or(p.Name, p.ID) }

// called is what people call the product of an id. What came with a decision of this moment may not be known yet.
func (b *book) called(id string) string {
	if p := b.products[id]; p != nil {
		return b.name(p)
	}
	return id
}

// hit is a product that was found: how well, and by what.
type hit struct {
	product *policy.Product
	name    string // in lower case
	rank    int
	by      string
}

// find returns the products that have all of some words in their names, identifiers or makers, the likeliest
// first: those called so before those that have the words in the midst of something.
func (b *book) find(words string, kind policy.Kind) (found []hit) {
	q := newWanted(words)
	for i := range b.world.Products {
		p := &b.world.Products[i]
		if kind != 0 && p.Kind != kind {
			continue
		}
		h := hit{product: p, name: strings.ToLower(b.name(p))}
		if q.text != "" {
			if h.rank, h.by = b.rank(p, q); h.rank == notFound {
				continue
			}
		}
		found = append(found, h)
	}
	slices.SortFunc(found, func(x, y hit) int {
		return cmp.Or(cmp.Compare(x.rank, y.rank), strings.Compare(x.name, y.name), strings.Compare(x.product.ID, y.product.ID))
	})
	return found
}

// How well a text fits, the best first.
const (
	fitsWhole = iota
	fitsBeginning
	fitsWords
	fitsInside // of an identifier
	fitsMaker
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
// its name, nor its maker's.
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
	if s := b.suppliers[p.Supplier]; rank == notFound && s != nil && fitsSupplier(s, q) != notFound {
		better(fitsMaker, "")
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

// Relation is how a company stands behind something.
type Relation string

// The relations.
const (
	SuppliedBy Relation = "supplied by"
	MadeBy     Relation = "made by"
	OwnedBy    Relation = "owned by"
)

// Maker is one step from something to a company behind it.
type Maker struct {
	Of       string // the product or, where the relation is OwnedBy, the company from which the step leads
	Relation Relation
	Supplier string
	policy.Period
	Holds bool // now
	Depth int  // how many steps stand before it
}

// makers are the companies behind a product, each before those that own it.
func (b *book) makers(p *policy.Product, now time.Time) (all []Maker) {
	if p.Supplier != "" {
		all = append(all, Maker{p.ID, SuppliedBy, p.Supplier, policy.Period{}, true, 0})
		all = b.owners(all, p.Supplier, 1, now, nil)
	}
	for _, e := range p.MadeBy {
		all = append(all, Maker{p.ID, MadeBy, e.Supplier, e.Period, e.Contains(now), 0})
		all = b.owners(all, e.Supplier, 1, now, nil)
	}
	return all
}

// owners adds who owns a company, and who owns these; seen are the companies on the way there.
func (b *book) owners(all []Maker, id string, depth int, now time.Time, seen []string) []Maker {
	s := b.suppliers[id]
	if s == nil || slices.Contains(seen, id) {
		return all
	}
	seen = append(slices.Clone(seen), id)
	for _, e := range s.OwnedBy {
		all = append(all, Maker{id, OwnedBy, e.Supplier, e.Period, e.Contains(now), depth})
		all = b.owners(all, e.Supplier, depth+1, now, seen)
	}
	return all
}

// owned adds the companies that a company owns, each before those that it owns itself.
func (b *book) owned(all []Maker, id string, depth int, now time.Time, seen []string) []Maker {
	if slices.Contains(seen, id) {
		return all
	}
	seen = append(slices.Clone(seen), id)
	for i := range b.world.Suppliers {
		s := &b.world.Suppliers[i]
		for _, e := range s.OwnedBy {
			if e.Supplier == id {
				all = append(all, Maker{s.ID, OwnedBy, id, e.Period, e.Contains(now), depth})
				all = b.owned(all, s.ID, depth+1, now, seen)
			}
		}
	}
	return all
}

// Part is a component of something.
type Part struct {
	In, Product string
	Versions    policy.Window // of what holds it
	Depth       int
}

// parts are the components of a product at any depth; what was named already is not opened again.
func (b *book) parts(p *policy.Product) (all []Part) {
	seen := map[string]bool{}
	var open func(p *policy.Product, depth int)
	open = func(p *policy.Product, depth int) {
		if p == nil || seen[p.ID] {
			return
		}
		seen[p.ID] = true
		for _, c := range p.Contains {
			all = append(all, Part{p.ID, c.Product, c.Versions, depth})
			open(b.products[c.Product], depth+1)
		}
	}
	open(p, 0)
	return all
}
