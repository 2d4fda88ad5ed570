package search

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"portcullis/internal/nearest"
	"portcullis/policy"
)

// By is what something was found by.
type By string

// What something can be found by.
const (
	Name       By = "name"
	OldName    By = "old name"
	Identifier By = "identifier"
	Maker      By = "maker"
)

// Hit is something that was found.
type Hit struct {
	// Exactly one of the two, by its id.
	Product, Supplier string
	By                By
	// Text is the name, identifier or maker's name that was found, as the world has it.
	Text string
	// Exact says that it is called just so, or was, or has just that identifier.
	Exact bool
	// Near says that it is not called so, and that somebody who makes a slip may have meant it.
	Near bool
}

// class is how well something fits, the best first.
type class uint8

const (
	exactName class = iota
	exactIdentifier
	exactOldName
	nameBegins
	nameWords
	nameAndMaker
	oldNameWords
	identifierPart
	ofMaker
	nearName
	nearOldName
	nearMaker
	someWords
	guess
	notFound
)

// Find returns at most limit products and suppliers that fit a query, the likeliest first.
func (x *Index) Find(query string, limit int) []Hit {
	return x.find(query, limit, func(*thing) bool { return true })
}

// Products is Find for the products of one kind alone.
func (x *Index) Products(query string, kind policy.Kind, limit int) []Hit {
	return x.find(query, limit, func(t *thing) bool { return !t.supplier && t.kind == kind })
}

func (x *Index) find(query string, limit int, wanted func(*thing) bool) []Hit {
	s := &seeking{Index: x, q: asked(query), wanted: wanted}
	if s.q.joined == "" || limit < 1 {
		return nil
	}
	s.prepare()
	s.begins()
	s.wordsOf(s.each)
	s.full(nameWords, nameAndMaker, oldNameWords, identifierPart)
	s.made(ofMaker)
	if s.found < limit {
		s.nearly()
	}
	if s.found == 0 {
		s.partly()
	}
	if s.found == 0 {
		s.guessed()
	}
	return s.best(limit)
}

// seeking is a search under way.
type seeking struct {
	*Index
	q      phrase
	wanted func(*thing) bool

	masks  []uint8 // by text: a bit for each word of the query that it has
	marked []int32 // the texts whose mask is not 0
	all    uint8   // the mask of a text that has every word
	found  int     // how many things that are wanted
	class  []class // by thing
	by     []int32 // by thing: the text that it was found by
	things []int32 // that were found
	makers []int32 // the texts by which suppliers were found
}

func (s *seeking) prepare() {
	s.masks, s.class, s.by = make([]uint8, len(s.texts)), make([]class, len(s.Index.things)), make([]int32, len(s.Index.things))
	for i := range s.class {
		s.class[i] = notFound
	}
	s.all = uint8(1<<len(s.q.words) - 1)
}

// note notes that a thing was found by a text.
func (s *seeking) note(thing int32, c class, text int32) {
	if was := s.class[thing]; c > was || c == was && text >= s.by[thing] {
		return
	} else if was == notFound {
		if !s.wanted(&s.Index.things[thing]) {
			return
		}
		s.found++
		s.things = append(s.things, thing)
	}
	s.class[thing], s.by[thing] = c, text
}

// noteText notes the thing that a text is of. By a supplier's name, what it makes is found too.
func (s *seeking) noteText(c class, at int32) {
	t := &s.texts[at]
	s.note(t.thing, c, at)
	if t.field != identifier && s.Index.things[t.thing].supplier {
		s.makers = append(s.makers, at)
	}
}

// begins finds what is called just so, or begins so.
func (s *seeking) begins() {
	exact := [...]class{name: exactName, oldName: exactOldName, identifier: exactIdentifier}
	longer := [...]class{name: nameBegins, oldName: oldNameWords, identifier: identifierPart}
	from := sort.Search(len(s.byJoined), func(i int) bool { return s.texts[s.byJoined[i]].joined >= s.q.joined })
	for _, at := range s.byJoined[from:] {
		t := &s.texts[at]
		if !strings.HasPrefix(t.joined, s.q.joined) {
			return
		}
		if len(t.joined) == len(s.q.joined) {
			s.noteText(exact[t.field], at)
		} else {
			s.noteText(longer[t.field], at)
		}
	}
}

// wordsOf marks the texts that have words of the query; which tells the words of the index that a word of the
// query stands for.
func (s *seeking) wordsOf(which func(word string, mark func(i int))) {
	for k, word := range s.q.words {
		which(word, func(i int) {
			for _, at := range s.wordOf.of(int32(i)) {
				if s.masks[at] == 0 {
					s.marked = append(s.marked, at)
				}
				s.masks[at] |= 1 << k
			}
		})
	}
}

// each marks the words that begin so.
func (s *seeking) each(word string, mark func(i int)) {
	for i, _ := slices.BinarySearch(s.words, word); i < len(s.words) && strings.HasPrefix(s.words[i], word); i++ {
		mark(i)
	}
}

// full notes the things of texts that have every word of the query.
func (s *seeking) full(named, withMaker, old, part class) {
	byField := [...]class{name: named, oldName: old, identifier: part}
	for _, at := range s.marked {
		switch t := &s.texts[at]; {
		case s.masks[at] == s.all:
			if c := byField[t.field]; c != notFound {
				s.noteText(c, at)
			}
		case t.field == name && int(t.thing) < s.products && s.masks[at]|s.makerMask(t.thing) == s.all:
			s.note(t.thing, withMaker, at)
		}
	}
}

// makerMask is the words of the query that a product's maker has in its names.
func (s *seeking) makerMask(product int32) (mask uint8) {
	if maker := s.maker[product]; maker >= 0 {
		for at := s.Index.things[maker].texts.from; at < s.Index.things[maker].texts.to; at++ {
			if s.texts[at].field != identifier {
				mask |= s.masks[at]
			}
		}
	}
	return mask
}

// made notes what the suppliers make that were found, and those that they own.
func (s *seeking) made(c class) {
	slices.Sort(s.makers)
	seen := map[int32]bool{}
	type reached struct{ supplier, by int32 }
	var todo []reached
	reach := func(supplier, by int32) {
		if !seen[supplier] {
			seen[supplier] = true
			todo = append(todo, reached{supplier, by})
		}
	}
	for _, at := range s.makers {
		reach(s.texts[at].thing, at)
	}
	for i := 0; i < len(todo); i++ {
		for _, product := range s.makes.of(todo[i].supplier) {
			s.note(product, c, todo[i].by)
		}
		for _, owned := range s.owns.of(todo[i].supplier) {
			reach(owned, todo[i].by)
		}
	}
	s.makers = s.makers[:0]
}

// nearly finds what may have been meant, were there one slip in a word or in the whole.
func (s *seeking) nearly() {
	if slips(s.q.joined) {
		for i := range s.texts {
			switch t := &s.texts[i]; {
			case t.field == identifier || !near(s.q.joined, t.joined):
			case t.field == name:
				s.noteText(nearName, int32(i))
			default:
				s.noteText(nearOldName, int32(i))
			}
		}
	}
	s.wordsOf(func(word string, mark func(i int)) {
		if slips(word) {
			for i, known := range s.words {
				if near(word, known) {
					mark(i)
				}
			}
		}
	})
	s.full(nearName, nearName, nearOldName, notFound)
	s.made(nearMaker)
}

// leastLetters is how long a word is in which a slip is forgiven.
const leastLetters = 5

func slips(word string) bool { return utf8.RuneCountInString(word) >= leastLetters }

// near tells whether one letter put in, taken out or changed, or two that change places, make a of b.
func near(a, b string) bool {
	if len(a)-len(b) > utf8.UTFMax || len(b)-len(a) > utf8.UTFMax {
		return false
	}
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	for same > 0 && (same < len(a) && !utf8.RuneStart(a[same]) || same < len(b) && !utf8.RuneStart(b[same])) {
		same--
	}
	a, b = a[same:], b[same:]
	firstA, n := utf8.DecodeRuneInString(a)
	firstB, m := utf8.DecodeRuneInString(b)
	restA, restB := a[n:], b[m:]
	if n == 0 || m == 0 {
		return n != m && restA == "" && restB == ""
	}
	if restA == restB || restA == b || a == restB {
		return true
	}
	secondA, i := utf8.DecodeRuneInString(restA)
	secondB, k := utf8.DecodeRuneInString(restB)
	return i > 0 && k > 0 && firstA == secondB && firstB == secondA && restA[i:] == restB[k:]
}

// partly finds what has the most of several words, if that is half of all letters or more.
func (s *seeking) partly() {
	total, most := 0, 0
	letters := func(mask uint8) (n int) {
		for ; mask != 0; mask &= mask - 1 {
			n += utf8.RuneCountInString(s.q.words[bits.TrailingZeros8(mask)])
		}
		return n
	}
	if total = letters(s.all); len(s.q.words) < 2 {
		return
	}
	for _, at := range s.marked {
		if s.texts[at].field != identifier && s.wanted(&s.Index.things[s.texts[at].thing]) {
			most = max(most, letters(s.masks[at]))
		}
	}
	if most == 0 || 2*most < total {
		return
	}
	for _, at := range s.marked {
		if s.texts[at].field != identifier && letters(s.masks[at]) == most {
			s.note(s.texts[at].thing, someWords, at)
		}
	}
}

// guessed finds what is most like the query, though with more than one slip.
func (s *seeking) guessed() {
	if !slips(s.q.joined) {
		return
	}
	var known []string
	most := 1 + len(s.q.joined)/4 // what package nearest forgives: what is longer or shorter by more need not be tried
	for i := range s.texts {
		t := &s.texts[i]
		if longer := len(t.joined) - len(s.q.joined); t.field != identifier && -most <= longer && longer <= most && s.wanted(&s.Index.things[t.thing]) {
			known = append(known, t.joined)
		}
	}
	meant := nearest.Of(s.q.joined, known)
	if meant == "" {
		return
	}
	from := sort.Search(len(s.byJoined), func(i int) bool { return s.texts[s.byJoined[i]].joined >= meant })
	for _, at := range s.byJoined[from:] {
		if s.texts[at].joined != meant {
			return
		}
		if s.texts[at].field != identifier {
			s.note(s.texts[at].thing, guess, at)
		}
	}
}

// best are at most limit of the hits, in their order.
func (s *seeking) best(limit int) []Hit {
	compare := func(i, k int32) int {
		return cmp.Or(cmp.Compare(s.class[i], s.class[k]), cmp.Compare(s.Index.things[i].place, s.Index.things[k].place))
	}
	var top []int32
	for _, i := range s.things {
		if len(top) == limit && compare(i, top[limit-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, i, compare)
		if top = slices.Insert(top, at, i); len(top) > limit {
			top = top[:limit]
		}
	}
	hits := make([]Hit, len(top))
	for n, i := range top {
		hits[n] = s.hit(i)
	}
	return hits
}

func (s *seeking) hit(i int32) Hit {
	t, found, c := &s.Index.things[i], &s.texts[s.by[i]], s.class[i]
	h := Hit{Product: t.id, By: [...]By{name: Name, oldName: OldName, identifier: Identifier}[found.field], Text: found.shown, Exact: c <= exactOldName, Near: c >= nearName}
	if t.supplier {
		h.Product, h.Supplier = "", t.id
	}
	if c == ofMaker || c == nearMaker {
		h.By = Maker
	}
	return h
}
