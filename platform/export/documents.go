package export

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"portcullis/platform"
	"portcullis/platform/stream"
)

// maxDocument bounds one JSON document. One device with 100,000 apps takes about 50 MiB.
const maxDocument = 1 << 30

// Documents reads the JSON objects of an export: one, one a line, one after the other, or the
// elements of a list. Other text between them is passed over line by line.
type Documents struct {
	in    *bufio.Reader
	text  []byte // what has been read and not yet returned
	line  int    // of the first byte of text, counted from 1
	last  []byte // what was returned last, still at the front of text
	lists int    // lists that are open
	ended bool
}

// NewDocuments returns the documents of in, of which the first line is numbered after the passed ones.
func NewDocuments(in *bufio.Reader, passed int) *Documents {
	return &Documents{in: in, line: passed + 1}
}

// Next returns the next document; its error is io.EOF after the last. A list that is not closed at
// the end of the input is told by a last document that is cut and empty.
func (d *Documents) Next() (Document, error) {
	d.drop(len(d.last))
	d.last = nil
	for {
		c, err := d.peek()
		switch {
		case err == io.EOF && d.lists > 0:
			d.lists = 0
			return Document{Line: d.line, Cut: true}, nil
		case err != nil:
			return Document{}, err
		case c == '{':
			return d.object()
		case c == ',': // in a list, or in one that lost its brackets
			d.drop(1)
		case c == ']' && d.lists > 0:
			d.lists--
			d.drop(1)
		default:
			list := false
			if c == '[' {
				if list, err = d.list(); err != nil {
					return Document{}, err
				}
			}
			if !list {
				return d.broken(0, errors.New("expected a JSON object"))
			}
			d.lists++
			d.drop(1)
		}
	}
}

// peek passes over space and NUL bytes and returns the byte that stands next.
func (d *Documents) peek() (byte, error) {
	for {
		n := 0
		for n < len(d.text) && isBlank(d.text[n]) {
			n++
		}
		d.drop(n)
		if len(d.text) > 0 {
			return d.text[0], nil
		}
		if err := d.fill(); err != nil {
			return 0, err
		}
	}
}

// isBlank tells whether c may stand between documents. The last three are the bytes of a byte-order
// mark, which stands there where files were strung together; no other text begins with them.
func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0 || c == 0xef || c == 0xbb || c == 0xbf
}

// list tells whether the bracket that stands next opens a list of objects: a line of a log can
// begin with one too.
func (d *Documents) list() (bool, error) {
	for n := 1; ; n++ {
		for n >= len(d.text) {
			if err := d.fill(); err == io.EOF {
				return true, nil // a list that is cut
			} else if err != nil {
				return false, err
			}
		}
		if c := d.text[n]; !isBlank(c) {
			return c == '{' || c == ']' || c == '[', nil
		}
	}
}

// object returns the object that stands next.
func (d *Documents) object() (Document, error) {
	var s scanner
	for {
		end, err := s.scan(d.text)
		if wrong := (*fault)(nil); errors.As(err, &wrong) {
			return d.fault(wrong)
		}
		if end >= 0 {
			d.last = d.text[:end]
			return Document{Line: d.line, JSON: d.last}, nil
		}
		if len(d.text) > maxDocument {
			return Document{}, fmt.Errorf("line %d: this JSON object is larger than %d MiB", d.line, maxDocument>>20)
		}
		if err := d.fill(); err == io.EOF {
			d.last, d.lists = d.text, 0
			return Document{Line: d.line, JSON: d.last, Cut: true}, nil
		} else if err != nil {
			return Document{}, err
		}
	}
}

// near is how many lines after its beginning an object may break for its other lines to be read
// again: a line of a log that was cut breaks on the next one, or on the one after that.
const near = 2

// fault passes over an object that breaks at f.
func (d *Documents) fault(f *fault) (Document, error) {
	before := d.text[:f.offset]
	lines := bytes.Count(before, []byte("\n"))
	reason := fmt.Errorf("not JSON: line %d: %w", d.line+lines, f)
	if lines <= near {
		return d.broken(0, reason)
	}
	return d.broken(bytes.LastIndexByte(before, '\n'), reason)
}

// broken passes over text that is no document: to the first line end from n on.
func (d *Documents) broken(n int, reason error) (Document, error) {
	for {
		if end := bytes.IndexByte(d.text[n:], '\n'); end >= 0 {
			d.last = d.text[:n+end]
			break
		}
		if n = len(d.text); n > maxLine {
			return Document{}, fmt.Errorf("line %d is longer than %d MiB: %w", d.line, maxLine>>20, reason)
		}
		if err := d.fill(); err == io.EOF {
			d.last = d.text
			break
		} else if err != nil {
			return Document{}, err
		}
	}
	return Document{Line: d.line, JSON: d.last, Broken: reason}, nil
}

// drop forgets the first n bytes of text.
func (d *Documents) drop(n int) {
	d.line += bytes.Count(d.text[:n], []byte("\n"))
	d.text = d.text[n:]
}

// fill reads more text.
func (d *Documents) fill() error {
	if d.ended {
		return io.EOF
	}
	const chunk = 64 << 10
	if cap(d.text)-len(d.text) < chunk/4 {
		grown := make([]byte, len(d.text), 2*len(d.text)+chunk)
		copy(grown, d.text)
		d.text = grown
	}
	n, err := d.in.Read(d.text[len(d.text):cap(d.text)])
	d.text = d.text[:len(d.text)+n]
	d.ended = err == io.EOF
	if n > 0 && (err == nil || d.ended) {
		return nil
	}
	return err
}

// Refusal says that a document is not what a reader reads, and what it looks like instead.
type Refusal struct {
	Line   int
	Reason string
}

func (r *Refusal) Error() string { return fmt.Sprintf("line %d: %s", r.Line, r.Reason) }

// maxHeld bounds the problems that are kept until it is known whether anything can be read.
const maxHeld = 1000

// refusals are problems where something was taken, and else the first is an error.
type refusals struct {
	sink  platform.Sink
	first *Refusal
	held  []platform.Problem
	taken bool
}

func (r *refusals) refuse(refusal Refusal) {
	if r.first == nil {
		r.first = &refusal
	}
	p := platform.Problem{Line: refusal.Line, Reason: refusal.Reason}
	if r.taken {
		r.sink.Problem(p)
	} else if len(r.held) < maxHeld {
		r.held = append(r.held, p)
	}
}

func (r *refusals) take() {
	r.taken = true
	for _, p := range r.held {
		r.sink.Problem(p)
	}
	r.held = nil
}

// Each calls read with each document of in. What read refuses is a problem where other documents
// were taken, and else the first refusal is the error; text between the documents is dealt with in
// the same way. Where read returns ErrCut it has taken what was complete in a document that the input
// ends in. Any other error stops it.
func Each(in *Documents, sink platform.Sink, read func(Document) error) error {
	r := refusals{sink: sink}
	for {
		doc, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		refusal := (*Refusal)(nil)
		if err = outcome(doc, read); err == nil {
			r.take()
		} else if errors.Is(err, ErrCut) {
			r.take()
			r.refuse(Refusal{doc.Line, "the file ends in the middle of what begins here: it was cut off"})
		} else if errors.As(err, &refusal) {
			r.refuse(*refusal)
		} else {
			return err
		}
	}
	switch {
	case r.taken:
		return nil
	case r.first != nil:
		return r.first
	}
	return stream.ErrEmpty
}

// outcome calls read where there is something to be read.
func outcome(doc Document, read func(Document) error) error {
	switch {
	case doc.Broken != nil:
		return &Refusal{doc.Line, doc.Broken.Error()}
	case len(doc.JSON) == 0:
		return &Refusal{doc.Line, "the file ends in the middle of a list: it was cut off"}
	}
	return read(doc)
}
