package export

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"

	"portcullis/platform"
)

// Inflated returns the input decompressed where its first bytes are those of gzip (RFC 1952) or
// zlib (RFC 1950, without a preset dictionary), and as it is where they are not. Lines of what was
// compressed are no lines of the input, so that the sink that comes back leaves them out.
func Inflated(r io.Reader, sink platform.Sink) (io.Reader, platform.Sink, error) {
	in := bufio.NewReader(r)
	head, err := in.Peek(2)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	var inflate io.Reader
	switch {
	case len(head) < 2:
	case head[0] == 0x1f && head[1] == 0x8b:
		if inflate, err = gzip.NewReader(in); err != nil {
			return nil, nil, fmt.Errorf("the input begins like gzip: %w", err)
		}
	case head[0] == 0x78 && head[1]&0x20 == 0 && (int(head[0])<<8|int(head[1]))%31 == 0:
		if inflate, err = zlib.NewReader(in); err != nil {
			return nil, nil, fmt.Errorf("the input begins like zlib: %w", err)
		}
	}
	if inflate == nil {
		return in, sink, nil
	}
	return &inflated{inflate}, &unlined{sink}, nil
}

// inflated says of a compressed input that ends too early what it is.
type inflated struct{ r io.Reader }

func (i *inflated) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	if err == io.ErrUnexpectedEOF {
		err = fmt.Errorf("the compressed input ends too early: %w", err)
	}
	return n, err
}

// unlined leaves out the lines of what it hands on.
type unlined struct{ sink platform.Sink }

func (u *unlined) Report(r platform.Report) error {
	r.Line = 0
	for i := range r.Apps {
		r.Apps[i].Line = 0
	}
	return u.sink.Report(r)
}

func (u *unlined) Problem(p platform.Problem) {
	p.Line = 0
	u.sink.Problem(p)
}

// maxLine bounds a line of text: no tool writes a longer one, and memory has to have an end.
const maxLine = 16 << 20

// Lines reads text line by line.
type Lines struct {
	in *bufio.Reader
	// Line is the number of the line that Next returned last, counted from 1.
	Line int
	long []byte
}

// NewLines returns the lines of in, of which the first is numbered after the passed ones.
func NewLines(in *bufio.Reader, passed int) *Lines { return &Lines{in: in, Line: passed} }

// Next returns the next line without its end; it holds until the next call. The end may be missing
// on the last line, which can then be cut off. After the last line the error is io.EOF.
func (l *Lines) Next() (text []byte, ended bool, err error) {
	l.long = l.long[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		if err == nil && len(l.long) == 0 {
			l.Line++
			return trimEnd(part), true, nil
		}
		l.long = append(l.long, part...)
		switch {
		case err == nil:
			l.Line++
			return trimEnd(l.long), true, nil
		case len(l.long) > maxLine:
			return nil, false, fmt.Errorf("line %d is longer than %d MiB: this is not a text export", l.Line+1, maxLine>>20)
		case err == io.EOF && len(l.long) > 0:
			l.Line++
			return l.long, false, nil
		case err != bufio.ErrBufferFull:
			return nil, false, err
		}
	}
}

func trimEnd(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}

// SkipBlank passes over space and NUL bytes and returns how many line ends were among them.
func SkipBlank(in *bufio.Reader) (lines int, err error) {
	for {
		c, err := in.ReadByte()
		if err != nil {
			return lines, err
		}
		switch c {
		case '\n':
			lines++
		case ' ', '\t', '\r', 0:
		default:
			return lines, in.UnreadByte()
		}
	}
}
