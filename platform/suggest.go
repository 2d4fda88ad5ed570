package platform

import (
	"cmp"
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

// Suggester finds products by what people call them: their names, their former names, their makers.
// It is safe for concurrent use.
type Suggester struct {
	products []suggested
	byWord   map[string][]int
}

type suggested struct {
	id     string
	names  []phrase
	makers []phrase
}

// phrase is a name cut into the words that tell things apart.
type phrase struct {
	text  string
	words []string
}

// NewSuggester prepares to suggest products of w.
func NewSuggester(w *policy.World) *Suggester {
	suppliers := make(map[string]*policy.Supplier, len(w.Suppliers))
	for i := range w.Suppliers {
		suppliers[w.Suppliers[i].ID] = &w.Suppliers[i]
	}
	s := &Suggester{byWord: make(map[string][]int)}
	for i := range w.Products {
		p := &w.Products[i]
		entry := suggested{id: p.ID, names: phrases(p.Name, p.Aliases)}
		if supplier, ok := suppliers[p.Supplier]; ok {
			entry.makers = phrases(supplier.Name, supplier.Aliases)
			for _, edge := range supplier.OwnedBy {
				entry.makers = append(entry.makers, phrases(suppliers[edge.Supplier].Name, suppliers[edge.Supplier].Aliases)...)
			}
		}
		s.products = append(s.products, entry)
		for _, name := range entry.names {
			for _, word := range name.words {
				if at := s.byWord[word]; len(at) == 0 || at[len(at)-1] != i {
					s.byWord[word] = append(at, i)
				}
			}
		}
	}
	return s
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
	words, maker := tellingWords(name), tellingWords(publisher)
	tried := map[int]bool{}
	var found []Suggestion
	for _, word := range words {
		for _, i := range s.byWord[word] {
			if tried[i] {
				continue
			}
			tried[i] = true
			if suggestion := s.products[i].score(words, maker); suggestion.Confidence >= leastConfidence {
				found = append(found, suggestion)
			}
		}
	}
	slices.SortFunc(found, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.Product, b.Product))
	})
	return found[:min(len(found), maxSuggestions)]
}

func (p *suggested) score(words, maker []string) Suggestion {
	best, which := 0.0, phrase{}
	for _, name := range p.names {
		if likeness := alike(words, name.words); likeness > best {
			best, which = likeness, name
		}
	}
	why := "the name is " + which.text
	if best < 1 {
		why = "the name resembles " + which.text
	}
	factor := 0.75
	switch agrees, known := p.madeBy(maker); {
	case !known:
		why += "; the makers cannot be compared"
	case agrees:
		factor = 0.95
		why += "; the maker agrees"
	default:
		factor = 0.45
		why += "; the maker is another"
	}
	return Suggestion{p.id, best * factor, why}
}

func (p *suggested) madeBy(maker []string) (agrees, known bool) {
	if len(maker) == 0 || len(p.makers) == 0 {
		return false, false
	}
	return slices.ContainsFunc(p.makers, func(m phrase) bool { return alike(maker, m.words) >= 0.5 }), true
}

// alike is the share of words that two phrases have in common, from 0 to 1.
func alike(a, b []string) float64 {
	common := 0
	for _, word := range a {
		if slices.Contains(b, word) {
			common++
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b))
}
