package platform

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"portcullis/policy"
)

// Suggestion is a product that an unmatched app may be. It is for a person to judge: nothing is
// matched by it.
type Suggestion struct {
	Product string
	// Confidence is from 0 to 1. Above 0.9 name and maker agree; around 0.7 one of them does and
	// the other is not known; below 0.5 something disagrees.
	Confidence float64
	// Why is for people: what agreed and what did not.
	Why string
}

// Suggester finds products by what people call them: their names, their former names, their makers. Words tell the more
// the fewer products have them. It is an index of words, to be made once for a world, and is safe for concurrent use.
type Suggester struct {
	products []suggested
	numbers  map[string]int32 // of the words in names
	has      [][]int32        // by word: the products that have it in a name, ascending
	weights  []float64        // by word
	stranger float64          // the weight of a word that no product has
}

type suggested struct {
	id     string
	names  []title
	makers []phrase
}

// title is a name of a product, as the numbers of the words that tell it apart.
type title struct {
	text   string
	words  []int32
	weight float64 // of all of them
	own    bool    // one of them is as good as its own
}

// phrase is a name cut into the words that tell things apart.
type phrase struct {
	text  string
	words []string
}

// NewSuggester prepares to suggest products of w.
func NewSuggester(w *policy.World) *Suggester {
	makers := make(map[string][]phrase, len(w.Suppliers))
	for i := range w.Suppliers {
		makers[w.Suppliers[i].ID] = phrases(w.Suppliers[i].Name, w.Suppliers[i].Aliases)
	}
	withOwners := make(map[string][]phrase, len(w.Suppliers))
	for i := range w.Suppliers {
		supplier := &w.Suppliers[i]
		all := slices.Clone(makers[supplier.ID])
		for _, edge := range supplier.OwnedBy {
			all = append(all, makers[edge.Supplier]...)
		}
		withOwners[supplier.ID] = all
	}
	s := &Suggester{products: make([]suggested, len(w.Products)), numbers: make(map[string]int32)}
	for i := range w.Products {
		p := &w.Products[i]
		s.products[i] = suggested{id: p.ID, makers: withOwners[p.Supplier]}
		for _, name := range phrases(p.Name, p.Aliases) {
			s.products[i].names = append(s.products[i].names, title{text: name.text, words: s.enter(int32(i), name.words)})
		}
	}
	s.weigh()
	return s
}

// enter notes that a product has words in a name, and returns their numbers, each once.
func (s *Suggester) enter(product int32, words []string) (numbers []int32) {
	for _, word := range words {
		n, known := s.numbers[word]
		if !known {
			n = int32(len(s.has))
			s.numbers[word], s.has = n, append(s.has, nil)
		}
		if had := s.has[n]; len(had) == 0 || had[len(had)-1] != product {
			s.has[n] = append(had, product)
		}
		if !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// weigh finds how much each word tells: that of a product's own name much, one that many have little.
func (s *Suggester) weigh() {
	weight := func(has int) float64 { return 1 + math.Log(float64(len(s.products)+1)/float64(has+1)) }
	s.stranger = weight(0)
	for _, has := range s.has {
		s.weights = append(s.weights, weight(len(has)))
	}
	for i := range s.products {
		for k := range s.products[i].names {
			t := &s.products[i].names[k]
			for _, n := range t.words {
				t.weight += s.weights[n]
				t.own = t.own || len(s.has[n]) <= ownWord
			}
		}
	}
}

func phrases(name string, aliases []string) (found []phrase) {
	for _, text := range append([]string{name}, aliases...) {
		if words := tellingWords(text); len(words) > 0 {
			found = append(found, phrase{text, words})
		}
	}
	return found
}

// idle are words that do not tell one product or company from another.
var idle = map[string]bool{
	"inc": true, "ltd": true, "llc": true, "gmbh": true, "corp": true, "corporation": true, "co": true, "limited": true,
	"pte": true, "sa": true, "ag": true, "bv": true, "plc": true, "srl": true, "oy": true, "ab": true, "company": true, "the": true,
	"x64": true, "x86": true, "amd64": true, "arm64": true, "64": true, "32": true, "bit": true, "user": true,
	"for": true, "app": true, "version": true, "technologies": true, "technology": true, "software": true, "de": true, "en": true, "us": true, "gb": true,
}

// tellingWords cuts text at everything but letters and digits, in lower case, without version
// numbers and idle words. Text that has nothing else keeps its idle words.
func tellingWords(text string) []string {
	all := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	numeric := func(word string) bool { return strings.Trim(word, "0123456789") == "" }
	var telling []string
	for i, word := range all {
		if !idle[word] && (i == 0 || !numeric(word)) {
			telling = append(telling, word)
		}
	}
	if len(telling) == 0 {
		return all
	}
	return telling
}

// maxSuggestions is how many are worth a person's time; leastConfidence where they stop being so.
const (
	maxSuggestions  = 3
	leastConfidence = 0.3
)

// For returns the likeliest products for an app by its name and publisher, the likeliest first.
func (s *Suggester) For(name, publisher string) []Suggestion {
	app, maker := s.ask(tellingWords(name)), tellingWords(publisher)
	tried := map[int32]bool{}
	var best []likely
	rest := app.weight
	for _, n := range app.words {
		if n == unknownWord {
			rest -= s.stranger
			continue
		}
		if len(s.has[n]) > ownWord && sameMaker*2*rest/(app.weight+rest) < threshold(best) {
			break // what shares no more than the words that are left is less likely than what was found
		}
		rest -= s.weights[n]
		for _, i := range s.has[n] {
			if tried[i] {
				continue
			}
			tried[i] = true
			if l := s.score(&s.products[i], &app, maker, threshold(best)); l.confidence >= leastConfidence {
				best = l.among(best)
			}
		}
	}
	var found []Suggestion
	for _, l := range best {
		found = append(found, Suggestion{l.product.id, l.confidence, l.why()})
	}
	return found
}

// unknownWord is the number of a word that no product has.
const unknownWord = -1

// asked is the name of an app: its words, each once and those first that tell most, with what all of them weigh. Those
// that no product has stand each by itself.
type asked struct {
	words  []int32
	weight float64
}

func (s *Suggester) ask(words []string) (app asked) {
	for i, word := range words {
		if slices.Contains(words[:i], word) {
			continue
		}
		n, known := s.numbers[word]
		if !known {
			n = unknownWord
		}
		app.words = append(app.words, n)
		app.weight += s.weight(n)
	}
	slices.SortStableFunc(app.words, func(a, b int32) int { return cmp.Compare(s.weight(b), s.weight(a)) })
	return app
}

func (s *Suggester) weight(word int32) float64 {
	if word == unknownWord {
		return s.stranger
	}
	return s.weights[word]
}

// likely is a product that an app may be, and why.
type likely struct {
	product    *suggested
	confidence float64
	name       *title
	likeness   float64
	contained  bool
	factor     float64
}

// among puts one among the likeliest, in their order.
func (l likely) among(best []likely) []likely {
	at := len(best)
	for at > 0 && (l.confidence > best[at-1].confidence || l.confidence == best[at-1].confidence && l.product.id < best[at-1].product.id) {
		at--
	}
	best = slices.Insert(best, at, l)
	return best[:min(len(best), maxSuggestions)]
}

// threshold is what a product must reach to be among the likeliest.
func threshold(best []likely) float64 {
	if len(best) < maxSuggestions {
		return leastConfidence
	}
	return best[len(best)-1].confidence
}

func (l *likely) why() string {
	why := "the name resembles "
	switch {
	case l.likeness == 1:
		why = "the name is "
	case l.contained:
		why = "the name contains "
	}
	why += l.name.text
	switch l.factor {
	case unknownMaker:
		return why + "; the makers cannot be compared"
	case sameMaker:
		return why + "; the maker agrees"
	}
	return why + "; the maker is another"
}

// What is left of a likeness by what is known of the makers.
const (
	sameMaker    = 0.95
	unknownMaker = 0.75
	otherMaker   = 0.45
)

// A word is as good as a product's own where so few products have it, and describes where so many have.
const (
	ownWord        = 2
	describingWord = 4
)

// score tells how likely a product is. One that cannot reach the least is given up early.
func (s *Suggester) score(p *suggested, app *asked, maker []string, least float64) (l likely) {
	best := 0.0
	for i := range p.names {
		likeness, contained := s.alike(app, &p.names[i])
		if contained {
			likeness = containing(likeness)
		}
		best = max(best, likeness)
	}
	if best*sameMaker < least {
		return l
	}
	l = likely{product: p, factor: otherMaker}
	switch agrees, known := p.madeBy(maker); {
	case !known:
		l.factor = unknownMaker
	case agrees:
		l.factor = sameMaker
	}
	for i := range p.names {
		likeness, contained := s.alike(app, &p.names[i])
		if contained = contained && (l.factor == sameMaker || s.describes(app, &p.names[i])); contained {
			likeness = containing(likeness)
		}
		if likeness > l.likeness {
			l.name, l.likeness, l.contained = &p.names[i], likeness, contained
		}
	}
	l.confidence = l.likeness * l.factor
	return l
}

// containing is the likeness of a name that has all of a product's own in it, and describes it besides or is of the
// same maker, which tells more than what is common to the two: VLC media player is VLC.
func containing(likeness float64) float64 { return max(likeness, 0.75+0.2*likeness) }

// alike is how much of what two names tell they have in common, from 0 to 1; contained where the app's has all of a
// product's that is its own, and more.
func (s *Suggester) alike(app *asked, t *title) (likeness float64, contained bool) {
	common, found := 0.0, 0
	for _, n := range t.words {
		if slices.Contains(app.words, n) {
			common, found = common+s.weights[n], found+1
		}
	}
	if found == len(t.words) && found == len(app.words) {
		return 1, false
	}
	return min(2*common/(app.weight+t.weight), 0.99), found == len(t.words) && t.own
}

// describes tells whether what an app's name has besides a product's are words that many products have.
func (s *Suggester) describes(app *asked, t *title) bool {
	return !slices.ContainsFunc(app.words, func(n int32) bool {
		return !slices.Contains(t.words, n) && (n == unknownWord || len(s.has[n]) < describingWord)
	})
}

func (p *suggested) madeBy(maker []string) (agrees, known bool) {
	if len(maker) == 0 || len(p.makers) == 0 {
		return false, false
	}
	return slices.ContainsFunc(p.makers, func(m phrase) bool { return shared(maker, m.words) >= 0.5 }), true
}

// shared is the share of words that two phrases have in common, from 0 to 1.
func shared(a, b []string) float64 {
	common := 0
	for _, word := range a {
		if slices.Contains(b, word) {
			common++
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b))
}
