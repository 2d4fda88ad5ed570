package world

import "unicode/utf8"

// escapes are what one character after a backslash stands for (YAML 1.2, section 5.7; JSON's are
// among them).
var escapes = map[byte]rune{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
	'0': 0, 'a': '\a', 'e': 0x1b, 'v': '\v', ' ': ' ', 'N': 0x85, '_': 0xa0, 'L': 0x2028, 'P': 0x2029,
}

// escaped reads on in a double-quoted scalar that begins at start and has its first backslash at i.
func (s *scanner) escaped(start, i int) (piece, bool) {
	from := len(s.tree.scratch)
	out := append(s.tree.scratch, s.src[start:i]...)
	for i < len(s.src) {
		c := s.src[i]
		switch {
		case c == '"':
			s.tree.scratch, s.pos = out, i+1
			return piece{int32(from), int32(len(out) - from), true}, utf8.Valid(out[from:])
		case c == '\\':
			r, n := s.escape(i)
			if n == 0 {
				return piece{}, false
			}
			out = utf8.AppendRune(out, r)
			i += n
		case c < 0x20 && c != '\t':
			return piece{}, false
		default:
			out = append(out, c)
			i++
		}
	}
	s.short = true
	return piece{}, false
}

// escape returns the character of the escape at i and its length, which is 0 for one that stands
// for no character: half of a pair, say.
func (s *scanner) escape(i int) (rune, int) {
	switch c := s.at(i + 1); c {
	case 'x':
		return s.hex(i+2, 2)
	case 'u':
		r, n := s.hex(i+2, 4)
		if n == 0 || r < 0xd800 || r > 0xdfff {
			return r, n
		}
		return s.pair(r, i+n)
	case 'U':
		r, n := s.hex(i+2, 8)
		if !utf8.ValidRune(r) {
			return 0, 0
		}
		return r, n
	default:
		if r, ok := escapes[c]; ok && i+1 < len(s.src) {
			return r, 2
		}
		return 0, 0
	}
}

// pair joins the high half of a surrogate pair with the low half that must follow at i.
func (s *scanner) pair(first rune, i int) (rune, int) {
	if first > 0xdbff || s.at(i) != '\\' || s.at(i+1) != 'u' {
		return 0, 0
	}
	second, n := s.hex(i+2, 4)
	if n == 0 || second < 0xdc00 || second > 0xdfff {
		return 0, 0
	}
	return 0x10000 + (first-0xd800)<<10 + (second - 0xdc00), 2 * n
}

// hex reads the digits of an escape, and returns its whole length with the backslash and letter.
func (s *scanner) hex(i, digits int) (rune, int) {
	var r rune
	for d := range digits {
		c := s.at(i + d)
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, 0
		}
	}
	return r, digits + 2
}
