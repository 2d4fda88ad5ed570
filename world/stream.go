package world

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// largestHost is how many bytes a host may take in a file. It bounds what a stream holds.
const largestHost = 64 << 20

// form is how a list of hosts is written.
type form uint8

const (
	unknownForm form = iota
	blockForm        // a line with a dash for each host
	flowForm         // [ … , … ]
	endForm          // behind the list, where nothing may be
)

// stream reads the hosts of one span, window by window.
type stream struct {
	src  *source
	off  int64 // of what comes next
	end  int64
	line int32 // of off
	form form
	col  int // of the dashes in block form
}

// batch is the hosts of one window of a file. It is made to be reused.
type batch struct {
	buf   []byte
	tree  tree
	items []item
	bytes int64 // of the file that the batch deals with
	err   error // errUnsplit, a *syntaxError, or one of reading; it ends the stream
}

// item is one host in a batch.
type item struct {
	root int
	at   extent
}

// extent is where the text of a host is: its bytes, its first line, and the form of its list.
type extent struct {
	off  int64
	size int32
	line int32
	form form
}

// next fills the batch with the hosts of the next window. It is false where none can follow: the
// stream is at its end, or b.err is set.
func (st *stream) next(b *batch) bool {
	b.items, b.bytes, b.err = b.items[:0], 0, nil
	for st.off < st.end {
		size := min(int64(cap(b.buf)), st.end-st.off)
		b.buf = b.buf[:size]
		if _, err := st.src.file.ReadAt(b.buf, st.off); err != nil {
			b.err = fmt.Errorf("reading %s: %w", st.src.name, err)
			return false
		}
		b.tree.reset(b.buf)
		w := window{st: st, b: b, final: st.off+size == st.end}
		w.s = scanner{src: b.buf, line: st.line, tree: &b.tree}
		w.used, w.line = 0, st.line
		b.err = w.read()
		st.off, st.line, b.bytes = st.off+int64(w.used), w.line, int64(w.used)
		if b.err != nil || w.used > 0 {
			return b.err == nil
		}
		if cap(b.buf) >= largestHost {
			b.err = &syntaxError{st.line, fmt.Sprintf("a host that takes more than %d MiB", largestHost>>20)}
			return false
		}
		b.buf = make([]byte, min(2*cap(b.buf), largestHost))
	}
	return false
}

// window is the scanner over a part of a list of hosts.
type window struct {
	s     scanner
	st    *stream
	b     *batch
	final bool // the list ends in it
	used  int  // how much of it is dealt with
	line  int32
}

// read reads the hosts that are whole in the window.
func (w *window) read() (err error) {
	if w.st.form == unknownForm {
		err = w.begin()
	}
	if err == nil && w.st.form == blockForm {
		err = w.blockItems()
	}
	if err == nil && w.st.form == flowForm {
		err = w.flowItems()
	}
	if err == nil && w.st.form == endForm {
		err = w.end()
	}
	return err
}

// cut tells whether the window ended before what was read did: it must be read again in a longer
// one, and what was made of it does not count.
func (w *window) cut() bool { return w.s.short && !w.final }

// deal says that all before the scanner's place is dealt with.
func (w *window) deal() { w.used, w.line = w.s.pos, w.s.line }

// begin finds the form of the list: on the line of its key, or on one below.
func (w *window) begin() error {
	s := &w.s
	for s.peek() == ' ' || s.peek() == '\t' {
		s.pos++
	}
	sameLine := s.peek() == '['
	ok := sameLine || s.endLine()
	switch {
	case w.cut():
		return nil
	case !ok:
		return errUnsplit
	case sameLine, s.col > 0 && s.src[s.pos] == '[':
		s.pos++
		w.st.form = flowForm
	case s.col < 0:
		w.st.form = endForm
	case s.dash():
		w.st.form, w.st.col = blockForm, s.col
		s.pos = s.bol
	default:
		return errUnsplit
	}
	w.deal()
	return nil
}

// blockItems reads items from the beginning of a line on.
func (w *window) blockItems() error {
	s := &w.s
	for ok := s.content(); ; {
		switch {
		case w.cut():
			return nil
		case ok && s.col < 0:
			w.deal()
			w.st.form = endForm
			return nil
		case !ok || s.col != w.st.col || !s.dash():
			return errUnsplit
		}
		dash, nodes := s.pos, len(s.tree.nodes)
		s.pos = s.bol
		w.deal()
		s.pos = dash
		root := nodes
		s.forget()
		if ok = s.entry(s.col) && s.col <= w.st.col; !ok && !w.cut() {
			n := itemEnd(s.src[w.used:], w.st.col)
			if n < 0 && w.final {
				n = len(s.src) - w.used
			}
			if n > 0 {
				var err error
				if root, err = w.library(nodes, n, blockForm); err != nil {
					return err
				}
				s.bol = s.pos
				ok = s.content()
			}
			s.short = s.short || n < 0
		}
		if w.cut() {
			s.tree.nodes = s.tree.nodes[:nodes]
			return nil
		}
		end := len(s.src)
		if s.col >= 0 {
			end = s.bol
		}
		w.add(root, end, blockForm)
	}
}

// flowItems reads items from behind a bracket or a comma on.
func (w *window) flowItems() error {
	s := &w.s
	for {
		ok := s.blank()
		switch {
		case w.cut():
			return nil
		case !ok || s.pos == len(s.src):
			return errUnsplit
		case s.src[s.pos] == ']':
			s.pos++
			w.deal()
			w.st.form = endForm
			return nil
		}
		w.deal()
		root, nodes := len(s.tree.nodes), len(s.tree.nodes)
		s.forget()
		ok = s.flow()
		end := s.pos
		if ok = ok && s.blank() && w.separated(); !ok && !w.cut() {
			n := elementEnd(s.src[w.used:])
			if n > 0 {
				end = w.used + n
				var err error
				if root, err = w.library(nodes, n, flowForm); err != nil {
					return err
				}
				ok = w.separated()
			} else if n == 0 || w.final {
				return errUnsplit
			}
			s.short = s.short || n < 0
		}
		if w.cut() {
			s.tree.nodes = s.tree.nodes[:nodes]
			return nil
		}
		if !ok {
			return errUnsplit
		}
		w.add(root, end, flowForm)
		w.deal()
	}
}

// add takes in the item that begins at what is dealt with.
func (w *window) add(root, end int, f form) {
	at := extent{w.st.off + int64(w.used), int32(end - w.used), w.line, f}
	w.b.items = append(w.b.items, item{root, at})
}

// library reads an item of n bytes, which the scanner declined, with the YAML library, and moves
// the scanner behind it.
func (w *window) library(nodes, n int, f form) (root int, err error) {
	s := &w.s
	s.tree.nodes = s.tree.nodes[:nodes]
	text := s.src[w.used : w.used+n]
	if root, err = parseItem(text, w.line, f, s.tree); err != nil {
		return 0, err
	}
	s.pos, s.line = w.used+n, w.line+int32(bytes.Count(text, []byte{'\n'}))
	return root, nil
}

// parseItem reads the text of one item with the YAML library, as a list of one.
func parseItem(text []byte, line int32, f form, t *tree) (root int, err error) {
	if f == flowForm {
		// No line end is put before the bracket: if the text ended in a comment, so does the list.
		text = bytes.Join([][]byte{{'['}, text, {']'}}, nil)
	}
	list, err := parseYAML(text, line, t)
	if err != nil {
		return 0, err
	}
	root = list + 1
	if n := t.nodes[list]; n.kind != sequence || n.size < 2 || n.size != 1+t.nodes[root].size {
		return 0, errUnsplit
	}
	return root, nil
}

// separated moves over the comma behind an item, which the last one need not have.
func (w *window) separated() bool {
	switch w.s.peek() {
	case ',':
		w.s.pos++
		return true
	case ']':
		return true
	}
	return false
}

// end makes sure that nothing follows the list.
func (w *window) end() error {
	s := &w.s
	ok := s.blank()
	switch {
	case w.cut():
		return nil
	case !ok || s.pos < len(s.src):
		return errUnsplit
	}
	w.deal()
	return nil
}

// itemEnd finds where a block item with its dash at column col ends by indentation alone: at the
// next line that is neither deeper nor blank. It is -1 where text does not show that.
func itemEnd(text []byte, col int) int {
	for at := 0; ; {
		n := bytes.IndexByte(text[at:], '\n')
		if n < 0 {
			return -1
		}
		at += n + 1
		i := at
		for i < len(text) && text[i] == ' ' {
			i++
		}
		if i == len(text) {
			return -1
		}
		if c := text[i]; i-at <= col && c != '\n' && c != '\r' && c != '#' {
			return at
		}
	}
}

// elementEnd finds where an element of a flow list ends by its brackets alone; -1 where text does
// not show that.
func elementEnd(text []byte) int {
	walk := flowWalk{depth: 1}
	for at := 0; at < len(text); {
		n, m := walk.next(text[at:])
		at += n
		if m == comma && walk.depth == 1 || m == closed && walk.depth == 0 {
			return at - 1
		}
	}
	return -1
}

// readHostAgain reads the text of a host that was read before, into buf where that is large enough,
// and then into the tree.
func readHostAgain(f io.ReaderAt, e extent, buf []byte, t *tree) (root int, grown []byte, err error) {
	if cap(buf) < int(e.size) {
		buf = make([]byte, e.size+e.size/4)
	}
	buf = buf[:e.size]
	if _, err := f.ReadAt(buf, e.off); err != nil && !errors.Is(err, io.EOF) {
		return 0, buf, err
	}
	t.reset(buf)
	s := scanner{src: buf, line: e.line, tree: t}
	if e.form == flowForm {
		if s.flow() && s.pos == len(buf) {
			return 0, buf, nil
		}
	} else if s.content() && s.dash() && s.entry(s.col) && s.col < 0 {
		return 0, buf, nil
	}
	t.reset(nil)
	root, err = parseItem(buf, e.line, e.form, t)
	return root, buf, err
}
