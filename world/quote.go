package world

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// plainWord tells whether a text may stand without quotes: every YAML reader, of 1.1 or 1.2, takes
// it for a text, and it needs no thought. Names with blanks are quoted although they need not be.
func plainWord(text string) bool {
	const longest = 80
	if text == "" || len(text) > longest || !letter(text[0]) {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if !letter(c) && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	// YAML 1.1 takes these for booleans or nothing, in any case.
	return !slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(text))
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// appendQuoted appends a text in double quotes, such that JSON, YAML 1.1 and YAML 1.2 read it alike:
// what any of them would not take, or not take for itself, is escaped as JSON does.
func appendQuoted(out []byte, text string) ([]byte, error) {
	out = append(out, '"')
	start := 0
	for i := 0; i < len(text); {
		if c := text[i]; c >= 0x20 && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			return out, fmt.Errorf("the text %s cannot be written: it is not UTF-8", quote(text))
		}
		if r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			out = appendEscape(append(out, text[start:i]...), r)
			start = i + n
		}
		i += n
	}
	return append(append(out, text[start:]...), '"'), nil
}

func appendEscape(out []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(out, '\\', byte(r))
	case '\n':
		return append(out, `\n`...)
	case '\t':
		return append(out, `\t`...)
	}
	return fmt.Appendf(out, `\u%04x`, r)
}
