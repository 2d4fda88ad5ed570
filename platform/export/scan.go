package export

import "fmt"

// scanner finds the end of a JSON value (RFC 8259) in text that may arrive in parts. It checks the
// order of brackets, commas, colons, keys and values, so that a broken line is known at once and
// does not swallow those after it; what is inside numbers, words and escapes is left to encoding/json.
type scanner struct {
	at      int    // how far the text has been looked at
	open    []byte // the brackets that are open
	state   state
	escaped bool // the byte before, in a string, was a backslash
}

// state is what a scanner expects next, or is inside of.
type state uint8

const (
	value state = iota
	valueOrEnd
	key
	keyOrEnd
	colon
	commaOrEnd
	inKey
	inString
	inWord // a number, true, false or null
	done
)

// expected tells for people what a state waits for.
var expected = [...]string{value: "a value", valueOrEnd: "a value or ]", key: "a key in quotes", keyOrEnd: "a key in quotes or }",
	colon: "a colon", commaOrEnd: "a comma or the closing bracket", inKey: "the end of a key", inString: "the end of a text", inWord: "a value", done: "nothing"}

// fault is a place that is not JSON: offset counts from the start of the scanned text.
type fault struct {
	offset int
	reason string
}

func (f *fault) Error() string { return f.reason }

// scan goes on over text, which begins with what it was given before. The end is -1 where the
// value goes on beyond the text.
func (s *scanner) scan(text []byte) (end int, err error) {
	for ; s.at < len(text); s.at++ {
		if s.state == inString || s.state == inKey {
			if s.at = s.plain(text); s.at == len(text) {
				break
			}
		}
		c := text[s.at]
		if s.state == inWord && !isWord(c) {
			if s.ended(); s.state == done {
				return s.at, nil // a word ends before a byte that is not its own
			}
		}
		if !s.step(c) {
			return 0, &fault{s.at, fmt.Sprintf("expected %s, found %q", expected[s.state], rune(c))}
		}
		if s.state == done {
			return s.at + 1, nil
		}
	}
	return -1, nil
}

// plain passes over what means nothing inside a text: most of the input.
func (s *scanner) plain(text []byte) int {
	at := s.at
	if s.escaped {
		return at
	}
	for at < len(text) && text[at] != '"' && text[at] != '\\' && text[at] >= ' ' {
		at++
	}
	return at
}

// step takes one byte; it is false where the byte cannot stand there.
func (s *scanner) step(c byte) bool {
	switch s.state {
	case inKey, inString:
		return s.quoted(c)
	case inWord:
		return true
	}
	switch c {
	case ' ', '\t', '\r', '\n':
		return true
	case '{', '[':
		return s.opened(c)
	case '}', ']':
		return s.closed(c)
	case '"':
		return s.quote()
	case ':':
		return s.move(s.state == colon, value)
	case ',':
		if s.state != commaOrEnd {
			return false
		}
		if s.open[len(s.open)-1] == '{' {
			return s.move(true, key)
		}
		return s.move(true, value)
	}
	return isWord(c) && s.move(s.state == value || s.state == valueOrEnd, inWord)
}

func (s *scanner) move(allowed bool, to state) bool {
	if allowed {
		s.state = to
	}
	return allowed
}

func (s *scanner) quoted(c byte) bool {
	switch {
	case s.escaped:
		s.escaped = false
	case c == '\\':
		s.escaped = true
	case c == '"' && s.state == inKey:
		s.state = colon
	case c == '"':
		s.ended()
	}
	return c >= ' '
}

func (s *scanner) quote() bool {
	if s.state == key || s.state == keyOrEnd {
		return s.move(true, inKey)
	}
	return s.move(s.state == value || s.state == valueOrEnd, inString)
}

func (s *scanner) opened(c byte) bool {
	if s.state != value && s.state != valueOrEnd {
		return false
	}
	s.open = append(s.open, c)
	if c == '{' {
		return s.move(true, keyOrEnd)
	}
	return s.move(true, valueOrEnd)
}

func (s *scanner) closed(c byte) bool {
	if len(s.open) == 0 || s.open[len(s.open)-1] != c-2 { // { and }, [ and ] are two apart
		return false
	}
	if s.state != commaOrEnd && s.state != keyOrEnd && s.state != valueOrEnd {
		return false
	}
	s.open = s.open[:len(s.open)-1]
	s.ended()
	return true
}

// ended is called after a value.
func (s *scanner) ended() {
	s.state = commaOrEnd
	if len(s.open) == 0 {
		s.state = done
	}
}

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '+' || c == '.'
}
