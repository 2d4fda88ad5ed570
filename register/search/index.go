package search

import (
	"cmp"
	"slices"
	"strings"

	"portcullis/policy"
)

// field is what a text is of its thing.
type field uint8

const (
	name field = iota
	oldName
	identifier
)

// text is something that a thing is called.
type text struct {
	thing  int32
	field  field
	shown  string // as it stands in the world
	joined string
}

// thing is a product, or a supplier where supplier is set.
type thing struct {
	id       string
	supplier bool
	kind     policy.Kind
	place    int32 // in the order of names
	texts    extent
}

// extent is [from, to) of a list.
type extent struct{ from, to int32 }

// Index finds the things of one world.
type Index struct {
	things   []thing // the products, then the suppliers
	products int
	texts    []text // by thing
	byJoined []int32
	words    []string // sorted, each once
	wordOf   grouped  // by word: the texts that have it
	makes    grouped  // by thing: the products that a supplier makes or has made
	owns     grouped  // by thing: the suppliers that a supplier owns or has owned
	maker    []int32  // by product: its supplier, or -1
}

// grouped is lists of numbers, by number.
type grouped struct {
	from []int32
	all  []int32
}

func (g *grouped) of(i int32) []int32 { return g.all[g.from[i]:g.from[i+1]] }

// pair is a member of a group.
type pair struct{ group, member int32 }

// group makes n groups of pairs, which it sorts.
func group(n int, pairs []pair) grouped {
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.member, b.member)) })
	pairs = slices.Compact(pairs)
	g := grouped{make([]int32, n+1), make([]int32, len(pairs))}
	for i, p := range pairs {
		g.all[i] = p.member
		g.from[p.group+1]++
	}
	for i := range n {
		g.from[i+1] += g.from[i]
	}
	return g
}

// New makes the index of a world's products and suppliers.
func New(w *policy.World) *Index {
	b := builder{x: &Index{products: len(w.Products)}, wordIDs: map[string]int32{}}
	for i := range w.Products {
		b.product(&w.Products[i])
	}
	for i := range w.Suppliers {
		s := &w.Suppliers[i]
		b.thing(thing{id: s.ID, supplier: true}, cmp.Or(s.Name, s.ID), s.Aliases, s.ID)
	}
	b.order()
	b.connect(w)
	return b.x
}

// builder is an index while it is made.
type builder struct {
	x       *Index
	wordIDs map[string]int32
	pairs   []pair // of words and texts
}

func (b *builder) product(p *policy.Product) {
	identifiers := []string{p.ID}
	for platform := range policy.PlatformWords {
		for _, id := range p.Identifiers[policy.Platform(platform)] {
			if !slices.Contains(identifiers, id.ID) {
				identifiers = append(identifiers, id.ID)
			}
		}
	}
	b.thing(thing{id: p.ID, kind: p.Kind}, cmp.Or(p.Name, p.ID), p.Aliases, append(identifiers, p.Domains...)...)
}

// thing adds one with what it is called.
func (b *builder) thing(t thing, named string, aliases []string, identifiers ...string) {
	number := int32(len(b.x.things))
	t.texts.from = int32(len(b.x.texts))
	add := func(f field, shown string) {
		p := newPhrase(shown)
		if p.joined == "" {
			return
		}
		at := int32(len(b.x.texts))
		b.x.texts = append(b.x.texts, text{number, f, shown, p.joined})
		for _, word := range p.words {
			id, known := b.wordIDs[word]
			if !known {
				id = int32(len(b.wordIDs))
				b.wordIDs[word] = id
			}
			b.pairs = append(b.pairs, pair{id, at})
		}
	}
	add(name, named)
	for _, alias := range aliases {
		add(oldName, alias)
	}
	for _, id := range identifiers {
		add(identifier, id)
	}
	t.texts.to = int32(len(b.x.texts))
	b.x.things = append(b.x.things, t)
}

// order sorts what is looked up, and gives each thing its place in the order of names.
func (b *builder) order() {
	x := b.x
	x.words = make([]string, len(b.wordIDs))
	for word, id := range b.wordIDs {
		x.words[id] = word
	}
	slices.Sort(x.words)
	place := make([]int32, len(x.words))
	for i, word := range x.words {
		place[b.wordIDs[word]] = int32(i)
	}
	for i := range b.pairs {
		b.pairs[i].group = place[b.pairs[i].group]
	}
	x.wordOf = group(len(x.words), b.pairs)

	x.byJoined = numbers(len(x.texts))
	slices.SortFunc(x.byJoined, func(i, k int32) int {
		return cmp.Or(strings.Compare(x.texts[i].joined, x.texts[k].joined), cmp.Compare(i, k))
	})

	named := make([]string, len(x.things))
	for i := range x.things {
		if t := &x.things[i]; t.texts.from < t.texts.to && x.texts[t.texts.from].field == name {
			named[i] = fold(x.texts[t.texts.from].shown)
		}
	}
	inOrder := numbers(len(x.things))
	slices.SortFunc(inOrder, func(i, k int32) int {
		a, c := &x.things[i], &x.things[k]
		return cmp.Or(strings.Compare(named[i], named[k]), compareFalseFirst(a.supplier, c.supplier), strings.Compare(a.id, c.id))
	})
	for at, i := range inOrder {
		x.things[i].place = int32(at)
	}
}

func compareFalseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func numbers(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// connect enters who makes what and who owns whom, at whatever time: whoever looks for a maker may know it
// from before.
func (b *builder) connect(w *policy.World) {
	x, suppliers := b.x, make(map[string]int32, len(w.Suppliers))
	for i := range w.Suppliers {
		suppliers[w.Suppliers[i].ID] = int32(len(w.Products) + i)
	}
	var makes, owns []pair
	x.maker = make([]int32, len(w.Products))
	for i := range w.Products {
		p := &w.Products[i]
		x.maker[i] = -1
		if s, known := suppliers[p.Supplier]; known {
			x.maker[i] = s
			makes = append(makes, pair{s, int32(i)})
		}
		for _, e := range p.MadeBy {
			if s, known := suppliers[e.Supplier]; known {
				makes = append(makes, pair{s, int32(i)})
			}
		}
	}
	for i := range w.Suppliers {
		for _, e := range w.Suppliers[i].OwnedBy {
			if s, known := suppliers[e.Supplier]; known {
				owns = append(owns, pair{s, int32(len(w.Products) + i)})
			}
		}
	}
	x.makes, x.owns = group(len(x.things), makes), group(len(x.things), owns)
}
