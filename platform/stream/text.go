package stream

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	encoding "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// ErrEmpty is returned for an input with nothing in it but space.
var ErrEmpty = errors.New("there is nothing in it")

// mostNUL is how many NUL bytes a log that was rotated badly may begin with.
const mostNUL = 64 << 20

// Text returns r's text as UTF-8. A byte-order mark is dropped and UTF-16 that begins with one is
// converted; so are NUL bytes dropped from the beginning, which a log that was rotated badly has.
func Text(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReader(r)
	for n := 0; ; n++ {
		b, err := in.ReadByte()
		switch {
		case n > mostNUL:
			return nil, fmt.Errorf("it begins with more than %d MiB of NUL bytes", mostNUL>>20)
		case err == io.EOF:
			return nil, ErrEmpty
		case err != nil:
			return nil, err
		case b != 0:
			_ = in.UnreadByte() // cannot fail right after ReadByte
			return bufio.NewReader(transform.NewReader(in, encoding.BOMOverride(transform.Nop))), nil
		}
	}
}

// First returns the first byte of in that is not space, and leaves all of it to be read.
func First(in *bufio.Reader) (byte, error) {
	head, err := in.Peek(in.Size())
	if head = bytes.TrimLeft(head, " \t\r\n"); len(head) > 0 {
		return head[0], nil
	}
	if err == io.EOF {
		return 0, ErrEmpty
	}
	if err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("it begins with more than %d bytes of space", in.Size())
}

// Clean makes text from an export fit to be matched and shown: it is trimmed of space and NUL
// bytes, and what is not UTF-8 or controls a terminal is replaced.
func Clean(s string) string {
	if plain(s) && (s == "" || s[0] != ' ' && s[len(s)-1] != ' ') {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == 0, r == '\ufeff':
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// plain tells whether s is printable ASCII without quotes and backslashes, which nearly all text is.
func plain[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return true
}

// trim takes space, NUL bytes and byte-order marks from around an identifier.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == 0 || r == '\ufeff' })
}

// damaged tells whether an identifier's bytes are not the ones that the tool had.
func damaged(s string) bool {
	return strings.ContainsRune(s, utf8.RuneError) || strings.ContainsFunc(s, unicode.IsControl)
}

// Some lists the first few of the names that were found, for an error that says what an input is
// instead of what was wanted.
func Some(names []string) string {
	switch {
	case len(names) == 0:
		return "nothing"
	case len(names) > 6:
		names = append(names[:6:6], "…")
	}
	return fmt.Sprintf("%.300s", Clean(strings.Join(names, ", ")))
}

// Guard lets at most Limit bytes be read between two calls of Reset, so that one value or row
// cannot fill the memory. Its error says so and names what is too long.
type Guard struct {
	In    io.Reader
	Limit int
	What  string

	read int // since Reset
}

// Reset begins the next value or row.
func (g *Guard) Reset() { g.read = 0 }

func (g *Guard) Read(p []byte) (int, error) {
	if g.read > g.Limit {
		return 0, fmt.Errorf("%s is longer than %d bytes", g.What, g.Limit)
	}
	n, err := g.In.Read(p)
	g.read += n
	return n, err
}
