package ledger

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"portcullis/store"
)

// The lines of an export are JSON, but of one form only: fixed keys in a fixed order, no spaces, no
// escape that is not needed. So every byte of a line is held against what was signed, and no two
// programs can read different entries out of one line, as they may where a key stands twice. This
// file writes that form and reads nothing else.

// header is the first line of an export.
type header struct {
	version int64
	view    View
	key     string
}

// exportVersion is the version of the form that is written.
const exportVersion = 1

func (h header) append(out []byte) []byte {
	out = append(out, `{"export":"portcullis ledger","version":`...)
	out = strconv.AppendInt(out, h.version, 10)
	out = appendString(out, `,"view":`, string(h.view))
	return append(appendString(out, `,"key":`, h.key), "}\n"...)
}

func parseHeader(text []byte) (h header, err error) {
	s := scanner{line: text}
	s.literal(`{"export":"portcullis ledger","version":`)
	h.version = s.integer()
	if s.err == nil && h.version != exportVersion {
		return header{}, fmt.Errorf("an export of version %d: this program reads version %d", h.version, exportVersion)
	}
	s.literal(`,"view":`)
	h.view = View(s.text())
	s.literal(`,"key":`)
	h.key = s.text()
	s.literal("}\n")
	return h, s.err
}

// The keys of the two kinds of lines that carry a signed checkpoint: one on the way, and the last.
const (
	onTheWay = `{"signed":`
	atTheEnd = `{"checkpoint":`
)

func appendSigned(out []byte, key, signed string) []byte {
	return append(appendString(out, key, signed), "}\n"...)
}

func parseSigned(text []byte, key string) (signed string, err error) {
	s := scanner{line: text}
	s.literal(key)
	signed = s.text()
	s.literal("}\n")
	return signed, s.err
}

// entryLine is a line that carries an entry.
type entryLine struct {
	index int64
	// leaf is all that a public export has of a sealed entry; then the body has no fields.
	leaf []byte
	body body
	seal []byte // nil where the entry is public
	// salt is nil where the payload has been erased.
	salt    []byte
	payload []byte
	// root is that of the tree which ends with this entry.
	root tlog.Hash
}

func (l *entryLine) append(out []byte) []byte {
	out = append(out, `{"index":`...)
	out = strconv.AppendInt(out, l.index, 10)
	if l.leaf != nil {
		out = appendBase64(out, `,"leaf":`, l.leaf)
	} else {
		out = l.appendFields(out)
	}
	return append(appendBase64(out, `,"root":`, l.root[:]), "}\n"...)
}

func (l *entryLine) appendFields(out []byte) []byte {
	b := &l.body
	out = appendString(out, `,"id":`, b.id)
	out = appendString(out, `,"kind":`, b.kind)
	out = strconv.AppendInt(append(out, `,"version":`...), int64(b.version), 10)
	out = appendString(out, `,"time":`, b.at.String())
	out = appendString(out, `,"actor":`, b.actor)
	out = append(out, `,"subjects":[`...)
	for i, subject := range b.subjects {
		comma := ","
		if i == 0 {
			comma = ""
		}
		out = appendString(out, comma, subject)
	}
	out = strconv.AppendInt(append(out, `],"generation":`...), int64(b.generation), 10)
	out = appendBase64(out, `,"commitment":`, b.commitment[:])
	if l.seal != nil {
		out = appendBase64(out, `,"seal":`, l.seal)
	}
	if l.salt != nil {
		out = appendBase64(out, `,"salt":`, l.salt)
		out = appendString(out, `,"payload":`, l.payload)
	}
	return out
}

// String names the entry in a message. What it holds may be anybody's text, and is quoted.
func (l *entryLine) String() string {
	if l.leaf != nil {
		return "a sealed entry"
	}
	return fmt.Sprintf("%q of %s (id %q)", l.body.kind, l.body.at, l.body.id)
}

func parseEntryLine(text []byte) (l entryLine, err error) {
	s := scanner{line: text}
	s.literal(`{"index":`)
	l.index = s.integer()
	if s.has(`,"leaf":`) {
		l.leaf = s.base64()
	} else {
		s.fields(&l)
	}
	s.literal(`,"root":`)
	s.sum((*[sha256.Size]byte)(&l.root))
	s.literal("}\n")
	return l, s.err
}

func (s *scanner) fields(l *entryLine) {
	b := &l.body
	s.literal(`,"id":`)
	b.id = s.text()
	s.literal(`,"kind":`)
	b.kind = s.text()
	s.literal(`,"version":`)
	b.version = int(s.integer())
	s.literal(`,"time":`)
	b.at = s.time()
	s.literal(`,"actor":`)
	b.actor = s.text()
	s.literal(`,"subjects":[`)
	for s.err == nil && !s.has(`]`) {
		if len(b.subjects) > 0 {
			s.literal(`,`)
		}
		b.subjects = append(b.subjects, s.text())
	}
	s.literal(`,"generation":`)
	b.generation = store.Generation(s.integer())
	s.literal(`,"commitment":`)
	s.sum(&b.commitment)
	if s.has(`,"seal":`) {
		l.seal = s.salt()
	}
	if s.has(`,"salt":`) {
		l.salt = s.salt()
		s.literal(`,"payload":`)
		l.payload = s.quoted()
	}
}

const hexDigits = "0123456789abcdef"

// The escapes of one letter: letters[i] stands for the byte meant[i].
const (
	letters = `"\bfnrt`
	meant   = "\"\\\b\f\n\r\t"
)

// appendString writes a key and a string, escaped as RFC 8785 (section 3.2.2.2) says: only what
// cannot stand in a string of JSON as it is, and with one letter where there is one for it. The text
// is UTF-8.
func appendString[T ~string | ~[]byte](out []byte, key string, text T) []byte {
	out = append(append(out, key...), '"')
	start := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[start:i]...)
		start = i + 1
		if n := strings.IndexByte(meant, c); n >= 0 {
			out = append(out, '\\', letters[n])
		} else {
			out = append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(out, text[start:]...), '"')
}

func appendBase64(out []byte, key string, data []byte) []byte {
	out = append(append(out, key...), '"')
	return append(base64.StdEncoding.AppendEncode(out, data), '"')
}

// scanner reads a line from the left. After its first error it reads nothing more.
type scanner struct {
	line []byte
	at   int
	err  error
}

func (s *scanner) fail(expected string) {
	if s.err == nil {
		s.err = fmt.Errorf("at byte %d %s is expected", s.at+1, expected)
	}
}

// has reads what is given, where it comes next.
func (s *scanner) has(next string) bool {
	if s.err != nil || len(s.line)-s.at < len(next) || string(s.line[s.at:s.at+len(next)]) != next {
		return false
	}
	s.at += len(next)
	return true
}

func (s *scanner) literal(next string) {
	if !s.has(next) {
		s.fail(fmt.Sprintf("%q", next))
	}
}

// integer reads a number from 0 up, without leading zeros.
func (s *scanner) integer() int64 {
	end := s.at
	for end < len(s.line) && s.line[end] >= '0' && s.line[end] <= '9' {
		end++
	}
	digits := s.line[s.at:end]
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if s.err != nil || err != nil || len(digits) > 1 && digits[0] == '0' {
		s.fail("a whole number")
		return 0
	}
	s.at = end
	return n
}

// quoted reads a string as appendString writes it.
func (s *scanner) quoted() []byte {
	const expected = "a string that is escaped as in RFC 8785"
	s.literal(`"`)
	if s.err != nil {
		return nil
	}
	out := make([]byte, 0, s.length())
	for start := s.at; s.err == nil && s.at < len(s.line); s.at++ {
		c := s.line[s.at]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, s.line[start:s.at]...)
		switch {
		case c == '"' && utf8.Valid(out):
			s.at++
			return out
		case c != '\\':
			s.fail(expected)
		default:
			out = append(out, s.escaped())
			start = s.at + 1
		}
	}
	s.fail(expected)
	return nil
}

// length is how many bytes there are until the next quotation mark that is not escaped: at least as
// many as the string has.
func (s *scanner) length() int {
	for i := s.at; i < len(s.line); i++ {
		switch s.line[i] {
		case '"':
			return i - s.at
		case '\\':
			i++
		}
	}
	return 0
}

// escaped reads the byte that an escape stands for, and stops at the end of the escape.
func (s *scanner) escaped() byte {
	rest := s.line[s.at:]
	if len(rest) >= 2 {
		if n := strings.IndexByte(letters, rest[1]); n >= 0 {
			s.at++
			return meant[n]
		}
	}
	if len(rest) >= 6 && string(rest[:4]) == `\u00` {
		high, low := digit(rest[4]), digit(rest[5])
		c := high<<4 | low
		if high < 2 && low < 16 && strings.IndexByte(meant, c) < 0 {
			s.at += 5
			return c
		}
	}
	s.fail("an escape that is needed")
	return 0
}

// digit is the value of a hexadecimal digit, or 255.
func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

func (s *scanner) text() string { return string(s.quoted()) }

// base64 reads bytes as appendBase64 writes them.
func (s *scanner) base64() []byte {
	s.literal(`"`)
	start := s.at
	for s.at < len(s.line) && s.line[s.at] != '"' {
		s.at++
	}
	data, err := base64.StdEncoding.Strict().AppendDecode(nil, s.line[start:s.at])
	// The decoder passes over the ends of lines, and the form has none.
	if err != nil || s.at-start != base64.StdEncoding.EncodedLen(len(data)) {
		s.at = start
		s.fail("base64")
		return nil
	}
	s.literal(`"`)
	return data
}

// time reads a time as it is stored.
func (s *scanner) time() store.Time {
	start := s.at
	text := s.text()
	t, err := store.ParseTime(text)
	if s.err == nil && (err != nil || t.String() != text) {
		s.at = start
		s.fail("a time such as 2026-03-01T12:00:00.000000Z")
	}
	return t
}

func (s *scanner) sum(into *[sha256.Size]byte) { copy(into[:], s.sized(sha256.Size)) }

func (s *scanner) salt() []byte { return s.sized(saltSize) }

func (s *scanner) sized(size int) []byte {
	start := s.at
	data := s.base64()
	if s.err == nil && len(data) != size {
		s.at = start
		s.fail(fmt.Sprintf("base64 of %d bytes", size))
		return nil
	}
	return data
}
