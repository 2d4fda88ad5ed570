package sdk

import (
	"encoding/binary"
	"regexp"
	"unicode"
	"unicode/utf8"
)

// pattern is one sign of a list, which may stand anywhere in a name: bytes, of which some stand for any one
// character, or else a regular expression.
type pattern struct {
	bytes []byte // anyByte stands for any one
	re    *regexp.Regexp
	entry int
}

// anyByte stands in patterns for any one character; narrow stands in names for one character outside ASCII.
const (
	anyByte = 0x00
	narrow  = 0xff
)

// gram is how many bytes of a pattern are looked up before the rest is compared.
const gram = 4

// patterns finds all of a set of patterns in a name. It looks up every four bytes of the name in a small table of bits; only
// where four bytes of some pattern can be does it compare. Its zero value is empty.
type patterns struct {
	all   []pattern
	bits  [1 << 16 / 64]uint64
	grams map[uint32][]placed
	slow  []int // patterns without four known bytes in a row, and regular expressions
}

// placed is a pattern and where in it the four bytes stand.
type placed struct{ pattern, at int }

func (p *patterns) empty() bool { return len(p.all) == 0 }

func (p *patterns) add(entry int, list []pattern) {
	for _, one := range list {
		one.entry = entry
		p.all = append(p.all, one)
	}
}

// build prepares the set when all are added. Of each pattern those four bytes are taken that the fewest patterns have.
func (p *patterns) build() {
	often := map[uint32]int{}
	for _, one := range p.all {
		for at := range one.grams {
			often[binary.LittleEndian.Uint32(one.bytes[at:])]++
		}
	}
	p.grams = map[uint32][]placed{}
	for i, one := range p.all {
		best, least := -1, 0
		for at := range one.grams {
			if n := often[binary.LittleEndian.Uint32(one.bytes[at:])]; best < 0 || n < least {
				best, least = at, n
			}
		}
		if best < 0 {
			p.slow = append(p.slow, i)
			continue
		}
		g := binary.LittleEndian.Uint32(one.bytes[best:])
		p.grams[g] = append(p.grams[g], placed{i, best})
		p.bits[bit(g)/64] |= 1 << (bit(g) % 64)
	}
}

// grams yields where four known bytes stand in a row.
func (p *pattern) grams(yield func(at int) bool) {
	if p.re != nil {
		return
	}
	known := 0
	for i, b := range p.bytes {
		if known++; b == anyByte {
			known = 0
		}
		if known >= gram && !yield(i+1-gram) {
			return
		}
	}
}

// bit is the place of four bytes in the table of bits.
func bit(g uint32) uint32 { return g * 0x9e3779b1 >> 16 }

// match calls found with the entry of every pattern that is in name, more than once where it is more than once.
func (p *patterns) match(name []byte, found func(entry int)) {
	for i := 0; i+gram <= len(name); i++ {
		g := binary.LittleEndian.Uint32(name[i:])
		b := bit(g)
		if p.bits[b/64]&(1<<(b%64)) == 0 {
			continue
		}
		for _, c := range p.grams[g] {
			if one := &p.all[c.pattern]; one.is(name, i-c.at) {
				found(one.entry)
			}
		}
	}
	for _, i := range p.slow {
		if p.all[i].in(name) {
			found(p.all[i].entry)
		}
	}
}

// is reports whether the pattern stands in name at i, which may be outside it.
func (p *pattern) is(name []byte, i int) bool {
	if i < 0 || i+len(p.bytes) > len(name) {
		return false
	}
	for k, b := range p.bytes {
		if b != anyByte && b != name[i+k] {
			return false
		}
	}
	return true
}

// in reports whether the pattern is anywhere in name.
func (p *pattern) in(name []byte) bool {
	if p.re != nil {
		return p.re.Match(name)
	}
	for i := range len(name) - len(p.bytes) + 1 {
		if p.is(name, i) {
			return true
		}
	}
	return false
}

// eachJavaName calls name with every Java name of packages and a class in text, by the rule of exodus-core: one or more of A to Z,
// then words with slashes between them, a slash at least: [A-Z]+((?:\w+\/)+\w+). Inner classes lose what begins with "$".
func eachJavaName(text []byte, name func([]byte)) {
	for i := 0; i < len(text); {
		if text[i] < 'A' || text[i] > 'Z' {
			i++
			continue
		}
		word := wordEnd(text, i)
		end := word
		for end < len(text) && text[end] == '/' {
			next := wordEnd(text, end+1)
			if next == end+1 {
				break
			}
			end = next
		}
		if end == word { // no slash follows with a word behind it: nor does one for a later beginning in this word
			i = word
			continue
		}
		start := i + 1
		for start < word && 'A' <= text[start] && text[start] <= 'Z' {
			start++
		}
		if start == word { // letters A to Z alone: the last of them is the package
			start--
		}
		if start == i { // a single one
			i = word
			continue
		}
		name(text[start:end])
		i = end
	}
}

// wordEnd returns where the run of letters, digits and "_" from i on ends.
func wordEnd(text []byte, i int) int {
	for i < len(text) {
		switch b := text[i]; {
		case b < utf8.RuneSelf:
			if !identifier(b) {
				return i
			}
			i++
		default:
			r, n := utf8.DecodeRune(text[i:])
			if r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsNumber(r) {
				return i
			}
			i += n
		}
	}
	return i
}

// appendNarrow appends name with one byte for each character.
func appendNarrow(b, name []byte) []byte {
	for i := 0; i < len(name); {
		if name[i] < utf8.RuneSelf {
			b = append(b, name[i])
			i++
			continue
		}
		_, n := utf8.DecodeRune(name[i:])
		b = append(b, narrow)
		i += n
	}
	return b
}

// appendDotted appends name with dots for slashes and in lower case (ASCII).
func appendDotted(b, name []byte) []byte {
	for _, x := range name {
		switch {
		case x == '/':
			x = '.'
		case 'A' <= x && x <= 'Z':
			x += 'a' - 'A'
		}
		b = append(b, x)
	}
	return b
}
