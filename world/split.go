package world

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"sync"
)

// errUnsplit says that the hosts of a file cannot be told from the rest by their place alone.
var errUnsplit = errors.New("the hosts lean on the rest of the file, or on one another")

const (
	// mostSections is how large what a file holds besides hosts may be.
	mostSections = 64 << 20
	// mostWhole is how large a file may be to be read in one piece, and its hosts held.
	mostWhole = 32 << 20
)

// span is where the value of a hosts section stands in a file: its bytes and its first line.
type span struct {
	off, end int64
	line     int32
}

// skeleton is a file without its hosts: a short document that has a stand-in where each of the
// spans was. Where the spans end is only guessed here, by the look of lines and brackets. The guess
// is harmless, because it has to be confirmed twice: the skeleton must parse with the stand-ins as
// what they are, and a span must parse as a list of hosts that fills it.
type skeleton struct {
	text  []byte
	spans []span
	// shifts are where lines of the text are no longer those of the file, in order.
	shifts []shift

	off  int64 // in the file
	line int32
}

// shift says how many lines lie between those of the skeleton, at line and below, and the file's.
type shift struct{ line, by int32 }

// standIn is the text in the skeleton for the nth span. No other text is likely to be it.
func standIn(n int) string { return fmt.Sprintf("\x00hosts %d", n) }

// split reads a file into its skeleton.
func split(src *source) (*skeleton, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(src.file, 0, src.size), 1<<20)
	head, err := r.Peek(min(1<<16, int(src.size)))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading %s: %w", src.name, err)
	}
	mark, err := markLen(head)
	if err != nil {
		return nil, err
	}
	if _, err := r.Discard(mark); err != nil {
		return nil, fmt.Errorf("reading %s: %w", src.name, err)
	}
	k := &skeleton{off: int64(mark), line: 1}
	if flowDocument().Match(head[mark:]) {
		err = k.flow(r)
	} else {
		err = k.block(r)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", src.name, err)
	}
	return k, nil
}

var (
	// flowDocument is how a document begins that is one flow mapping, such as JSON.
	flowDocument = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\A(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:---[ \t]*\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*)?[ \t]*\{`)
	})
	// blockHosts is the key of a hosts section at the beginning of a line, flowHosts that in a flow
	// mapping at the end of a text.
	blockHosts = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?:hosts|"hosts"|'hosts') *:(?:[ \t\r\n]|\z)`) })
	flowHosts  = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:\A|[\s{,])(?:hosts[ \t]*:\s+|(?:"hosts"|'hosts')[ \t]*:\s*)\z`)
	})
)

// keep puts a piece of the file into the text.
func (k *skeleton) keep(piece []byte) error {
	if len(k.text)+len(piece) > mostSections {
		return &syntaxError{k.line, fmt.Sprintf("what is not a list of hosts takes more than %d MiB", mostSections>>20)}
	}
	k.text = append(k.text, piece...)
	return nil
}

// pass counts a piece of the file, kept or not.
func (k *skeleton) pass(piece []byte) {
	k.off += int64(len(piece))
	k.line += int32(bytes.Count(piece, []byte{'\n'}))
}

// replace puts a stand-in into the text for the span that ends here.
func (k *skeleton) replace(s span) {
	s.end = k.off
	k.text = fmt.Appendf(k.text, " %q\n", standIn(len(k.spans)))
	k.spans = append(k.spans, s)
	next := int32(1 + bytes.Count(k.text, []byte{'\n'}))
	k.shifts = append(k.shifts, shift{next, k.line - next})
}

// fix gives the line in the file for a line of the text.
func (k *skeleton) fix(line int32) int32 {
	n := sort.Search(len(k.shifts), func(i int) bool { return k.shifts[i].line > line })
	if n == 0 {
		return line
	}
	return line + k.shifts[n-1].by
}

// block splits a document of block sections, which begin with a key at the beginning of a line.
func (k *skeleton) block(r *bufio.Reader) error {
	var hosts *span
	for {
		head, err := r.Peek(64)
		if len(head) == 0 {
			if hosts != nil {
				k.replace(*hosts)
			}
			return eof(err)
		}
		if hosts != nil && beginsSection(head) {
			k.replace(*hosts)
			hosts = nil
		}
		if hosts == nil && blockHosts().Match(head) {
			key := bytes.IndexByte(head, ':') + 1
			if err := k.keep(head[:key]); err != nil {
				return err
			}
			hosts = &span{off: k.off + int64(key), line: k.line}
		}
		if err := k.passLine(r, hosts == nil); err != nil {
			return err
		}
	}
}

func eof(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// passLine moves over a line, however long.
func (k *skeleton) passLine(r *bufio.Reader, kept bool) error {
	for {
		piece, err := r.ReadSlice('\n')
		if kept {
			if err := k.keep(piece); err != nil {
				return err
			}
		}
		k.pass(piece)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return eof(err)
		}
	}
}

// beginsSection tells whether a line looks as if it had a key of the document's own level, or ended
// the document.
func beginsSection(line []byte) bool {
	switch line[0] {
	case ' ', '\t', '\r', '\n', '#', '[', ']', '{', '}', ',':
		return false
	case '-':
		return bytes.HasPrefix(line, []byte("---"))
	}
	return true
}

// flow splits a document that is one flow mapping.
func (k *skeleton) flow(r *bufio.Reader) error {
	var walk flowWalk
	var hosts *span
	for {
		if _, err := r.Peek(1); err != nil {
			if hosts != nil {
				k.replace(*hosts)
			}
			return eof(err)
		}
		chunk, _ := r.Peek(r.Buffered())
		n, mark := walk.next(chunk)
		piece := chunk[:n]
		opens := mark == opened && walk.depth == 2 && hosts == nil && piece[n-1] == '['
		if opens {
			piece = piece[:n-1]
		}
		if hosts == nil {
			if err := k.keep(piece); err != nil {
				return err
			}
		}
		k.pass(piece)
		if opens {
			if flowHosts().Match(k.text[max(0, len(k.text)-64):]) {
				hosts = &span{off: k.off, line: k.line}
			} else if err := k.keep([]byte{'['}); err != nil {
				return err
			}
			k.pass([]byte{'['})
		}
		if mark == closed && walk.depth == 1 && hosts != nil {
			k.replace(*hosts)
			hosts = nil
		}
		if _, err := r.Discard(n); err != nil {
			return err
		}
	}
}

// mark is what flowWalk stops at.
type mark uint8

const (
	none mark = iota
	comma
	opened
	closed
)

// flowWalk goes over the brackets and commas of flow collections without reading what is between
// them. Its zero value stands before a document; to walk a list's elements, set depth to 1.
type flowWalk struct {
	depth   int
	quote   byte // the quote that a text is in
	escape  bool
	comment bool
	last    byte // the byte before
	token   byte // the last one that is no blank
}

// next goes on to behind the next bracket or comma at the first two levels, or to the end of src.
func (w *flowWalk) next(src []byte) (int, mark) {
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case w.comment:
			w.comment = c != '\n'
		case w.quote != 0:
			w.inQuote(c)
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
		case c == '"' && w.begins(), c == '\'' && (w.begins() || w.last == '\''):
			w.quote, w.token = c, c
		case c == '#' && (w.last == ' ' || w.last == '\n' || w.last == '\t'):
			w.comment = true
		default:
			w.token = c
			if m := w.bracket(c); m != none {
				w.last = c
				return i + 1, m
			}
		}
		w.last = c
	}
	return len(src), none
}

func (w *flowWalk) inQuote(c byte) {
	switch {
	case w.escape:
		w.escape = false
	case c == '\\' && w.quote == '"':
		w.escape = true
	case c == w.quote:
		w.quote = 0
	}
}

// begins tells whether a scalar may begin here, so that a quote is one.
func (w *flowWalk) begins() bool {
	switch w.token {
	case 0, '{', '[', ',', ':':
		return true
	}
	return false
}

func (w *flowWalk) bracket(c byte) mark {
	switch c {
	case '{', '[':
		if w.depth++; w.depth <= 2 {
			return opened
		}
	case '}', ']':
		if w.depth--; w.depth <= 1 {
			return closed
		}
	case ',':
		if w.depth <= 1 {
			return comma
		}
	}
	return none
}
