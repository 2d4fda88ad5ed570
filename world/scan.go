package world

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// The scanner reads the part of YAML 1.2 that people and programs really write: JSON, flow
// collections, block collections, plain and quoted scalars on one line, comments, and the anchors,
// aliases and tags that YAML libraries write. It declines whatever else it meets (its methods then
// return false) and the YAML library reads that text instead. It never takes a text otherwise than
// the library would, with three exceptions on JSON's side, in double-quoted texts, that the library
// does not know: a \ud83d\ude00 pair is one character, \/ is a slash, and any character but the
// control codes below U+0020 may stand for itself.
type scanner struct {
	src  []byte
	pos  int
	line int32 // of pos
	bol  int   // where that line begins
	col  int   // of the content that content found; -1 at the end

	// short is set once the end of src was reached: where src is only the beginning of a text, what
	// was read may go on.
	short bool
	depth int
	tree  *tree

	anchors  map[string]int // the nodes that they stand for
	followed int            // nodes that aliases stand for
}

// deepest is how deep a document may nest for the scanner; world files need six.
const deepest = 64

// longestKey is a little less than the bytes that YAML lets a key have before its colon.
const longestKey = 1000

// class sorts bytes by what they do inside a scalar.
type class uint8

const (
	ordinary class = iota
	high           // part of a character beyond ASCII
	space
	lineBreak
	colon
	flowMark // an indicator inside flow collections only
	control
)

var (
	classes = classify(" ", "\n\r", ":", ",[]{}?")
	// inDouble is 0 for what stands for itself between double quotes.
	inDouble = stops(`"\`)
)

func classify(spaces, breaks, colons, marks string) (t [256]class) {
	for c := range t {
		switch {
		case bytes.IndexByte([]byte(spaces), byte(c)) >= 0:
			t[c] = space
		case bytes.IndexByte([]byte(breaks), byte(c)) >= 0:
			t[c] = lineBreak
		case bytes.IndexByte([]byte(colons), byte(c)) >= 0:
			t[c] = colon
		case bytes.IndexByte([]byte(marks), byte(c)) >= 0:
			t[c] = flowMark
		case c < 0x20 || c == 0x7f:
			t[c] = control
		case c >= 0x80:
			t[c] = high
		}
	}
	return t
}

func stops(marks string) (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x80 || c < 0x20 && c != '\t' || bytes.IndexByte([]byte(marks), byte(c)) >= 0
	}
	return t
}

// peek returns the byte at pos, 0 at the end.
func (s *scanner) peek() byte { return s.at(s.pos) }

func (s *scanner) at(i int) byte {
	if i < len(s.src) {
		return s.src[i]
	}
	s.short = true
	return 0
}

// ends tells whether a blank, the end of a line or the end of the text is at i.
func (s *scanner) ends(i int) bool {
	switch s.at(i) {
	case ' ', '\n', '\r', '\t':
		return true
	}
	return i >= len(s.src)
}

// newline moves over the end of a line, which is at pos.
func (s *scanner) newline() bool {
	if s.src[s.pos] == '\r' {
		s.pos++
		if s.peek() != '\n' {
			return false
		}
	}
	s.pos++
	s.line++
	s.bol = s.pos
	return true
}

// comment moves to the end of the line. What it skips must still be text.
func (s *scanner) comment() bool {
	n := bytes.IndexByte(s.src[s.pos:], '\n')
	if n < 0 {
		n = len(s.src) - s.pos
		s.short = true
	}
	text := s.src[s.pos : s.pos+n]
	if n > 0 && text[n-1] == '\r' {
		text = text[:n-1]
	}
	plain := true
	for _, c := range text {
		switch classes[c] {
		case control, lineBreak:
			if c != '\t' {
				return false
			}
		case high:
			plain = false
		}
	}
	s.pos += len(text)
	return plain || printable(text)
}

// marker tells whether a line of --- or ..., which ends a document, begins at pos.
func (s *scanner) marker() bool {
	if s.pos != s.bol {
		return false
	}
	if len(s.src)-s.pos < 3 {
		s.short = true
		return false
	}
	text := string(s.src[s.pos : s.pos+3])
	return text == "---" || text == "..."
}

// blank skips what may stand between the tokens of a flow collection.
func (s *scanner) blank() bool {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t':
			s.pos++
		case '\n', '\r':
			if !s.newline() || s.marker() {
				return false
			}
		case '#':
			if !s.afterBlank() || !s.comment() {
				return false
			}
		default:
			return true
		}
	}
	s.short = true
	return true
}

// afterBlank tells whether a comment may begin at pos.
func (s *scanner) afterBlank() bool {
	if s.pos == 0 {
		return true
	}
	switch s.src[s.pos-1] {
	case ' ', '\t', '\n':
		return true
	}
	return false
}

// token reads a scalar, with a tag or without.
func (s *scanner) token(flow bool) (text piece, quoted, ok bool) {
	if s.peek() != '!' {
		return s.untagged(flow)
	}
	asText, ok := s.tag()
	if !ok {
		return piece{}, false, false
	}
	text, _, ok = s.untagged(flow)
	return text, asText, ok
}

// tags are those that YAML libraries write on scalars, and whether they say that it is a text.
var tags = map[string]bool{"!!str": true, "!!bool": false, "!!int": false, "!!float": false, "!!timestamp": false}

// tag reads a tag, and the blanks behind it.
func (s *scanner) tag() (asText, ok bool) {
	n := bytes.IndexByte(s.src[s.pos:min(s.pos+16, len(s.src))], ' ')
	if n < 0 {
		s.short = s.short || s.pos+16 > len(s.src)
		return false, false
	}
	asText, ok = tags[string(s.src[s.pos:s.pos+n])]
	for s.pos += n; s.peek() == ' '; {
		s.pos++
	}
	return asText, ok
}

// untagged reads a scalar of any of the three styles.
func (s *scanner) untagged(flow bool) (text piece, quoted, ok bool) {
	switch s.peek() {
	case '"':
		text, ok = s.double()
		return text, true, ok
	case '\'':
		text, ok = s.single()
		return text, true, ok
	}
	text, ok = s.plain(flow)
	return text, false, ok
}

// plain reads a plain scalar up to what ends it: a colon before a blank, a comment, the end of the
// line, in flow collections also a comma or a bracket.
func (s *scanner) plain(flow bool) (piece, bool) {
	if !s.plainStart(flow) {
		return piece{}, false
	}
	i, end, foreign := s.pos, s.pos, false
scan:
	for i < len(s.src) {
		switch classes[s.src[i]] {
		case ordinary:
			i++
			end = i
		case high:
			foreign = true
			i++
			end = i
		case space:
			i++
			if s.at(i) == '#' {
				break scan
			}
		case colon:
			if s.ends(i + 1) {
				break scan
			}
			if flow && classes[s.src[i+1]] == flowMark {
				return piece{}, false
			}
			i++
			end = i
		case flowMark:
			if flow {
				if c := s.src[i]; c == '[' || c == '{' || c == '?' {
					return piece{}, false
				}
				break scan
			}
			i++
			end = i
		case lineBreak:
			break scan
		default:
			return piece{}, false
		}
	}
	if i == len(s.src) {
		s.short = true
	}
	text := s.cut(s.pos, end)
	s.pos = i
	return text, !foreign || printable(s.src[text.off:end])
}

// plainStart tells whether a plain scalar may begin at pos. It is stricter than YAML where a mark
// is followed by a mark.
func (s *scanner) plainStart(flow bool) bool {
	switch c := s.peek(); c {
	case '-':
		return !s.ends(s.pos+1) && !(flow && classes[s.src[s.pos+1]] == flowMark)
	case ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '?', ':':
		return false
	default:
		return classes[c] == ordinary || classes[c] == high
	}
}

func (s *scanner) cut(start, end int) piece { return piece{off: int32(start), len: int32(end - start)} }

// double reads a double-quoted scalar.
func (s *scanner) double() (piece, bool) {
	start, foreign := s.pos+1, false
	for i := start; i < len(s.src); i++ {
		c := s.src[i]
		if !inDouble[c] {
			continue
		}
		switch {
		case c == '"':
			s.pos = i + 1
			return s.cut(start, i), !foreign || utf8.Valid(s.src[start:i])
		case c == '\\':
			return s.escaped(start, i)
		case c >= 0x80:
			foreign = true
		default:
			return piece{}, false
		}
	}
	s.short = true
	return piece{}, false
}

// single reads a single-quoted scalar, in which a doubled quote is a quote.
func (s *scanner) single() (piece, bool) {
	start, foreign, doubled := s.pos+1, false, false
	for i := start; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == '\'' && s.at(i+1) == '\'':
			doubled = true
			i++
		case c == '\'':
			s.pos = i + 1
			if foreign && !printable(s.src[start:i]) {
				return piece{}, false
			}
			if doubled {
				return s.tree.keep(strings.ReplaceAll(string(s.src[start:i]), "''", "'")), true
			}
			return s.cut(start, i), true
		case c >= 0x80:
			foreign = true
		case classes[c] == control && c != '\t' || classes[c] == lineBreak:
			return piece{}, false
		}
	}
	s.short = true
	return piece{}, false
}

// printable tells whether YAML lets a text stand outside double quotes. The separators that YAML
// 1.1 took for line ends are left to the library.
func printable(text []byte) bool {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1, r >= 0x7f && r < 0xa0, r < 0x20 && r != '\t',
			r == 0x2028, r == 0x2029, r == 0xfeff, r == 0xfffe, r == 0xffff:
			return false
		}
		text = text[n:]
	}
	return true
}
