package ledger

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"portcullis/store"
)

// VerifyOptions say what an export is held against besides itself.
type VerifyOptions struct {
	// Key is the verifier key that the export must be signed with. Where it is empty the export's
	// own is used, and it is for the reader to compare it with the one that is published.
	Key string
	// Saved is what somebody kept of this ledger, or nil: one or more checkpoints, one after the
	// other, or an earlier export. Only an export tells exactly where a ledger was forked.
	Saved io.Reader
}

// Report is what an export was found to hold.
type Report struct {
	Checkpoint        // the one at the end
	Key        string // the verifier key that it is signed with
	View       View
	Sealed     int64      // entries that the export does not open
	Erased     int64      // entries whose payload is erased, as a later entry says
	From, To   store.Time // the earliest and the latest time of an entry that is not sealed
	Compared   int        // how many saved checkpoints agree; 1 for an export
}

// Fault is that an export is not what was signed, or not what was saved.
type Fault struct {
	// First and Last are the entries among which the first wrong one is. They are the same where it
	// is known exactly, and -1 where no entry is wrong.
	First, Last int64
	Line        int64 // of the export, from 1; 0 where it is about no single one
	Why         string
}

func (f *Fault) Error() string {
	var where string
	switch {
	case f.First < 0:
	case f.First == f.Last:
		where = fmt.Sprintf("entry %d", f.First)
	default:
		where = fmt.Sprintf("one of the entries %d to %d", f.First, f.Last)
	}
	switch {
	case f.Line > 0 && where != "":
		where += fmt.Sprintf(" (line %d)", f.Line)
	case f.Line > 0:
		where = fmt.Sprintf("line %d", f.Line)
	}
	if where != "" {
		where += ": "
	}
	return where + f.Why
}

// Verify reads an export to its end and checks every byte of it: each entry against the root beside
// it, payloads against their commitments, the tree against the signed checkpoints, and that each
// payload which is missing was redacted. What is wrong is a *Fault, the first of all; other errors
// are of reading.
//
// It needs the memory of the longest line, and some bytes for each payload that is missing until its
// redaction is met. A ledger that its own server signed anew agrees with itself: only what was saved
// shows that.
func Verify(export io.Reader, o VerifyOptions) (Report, error) {
	r, err := openExport(export, o.Key)
	if err != nil {
		return Report{}, err
	}
	saved, err := openSaved(o.Saved, r)
	if err != nil {
		return Report{}, fmt.Errorf("what was saved: %w", err)
	}
	for more := true; more; {
		if err := saved.compare(r); err != nil {
			return Report{}, err
		}
		if more, err = r.next(); err != nil {
			return Report{}, err
		}
	}
	// Only now is it known that the export is what its key signed, and so a difference is a fork.
	r.report.Compared, err = saved.finish(r.tree.size)
	return r.report, err
}

// longestLine is more than the longest entry takes, with every byte of it escaped.
const longestLine = 8 << 20

// reading is an export as it is read.
type reading struct {
	in      *bufio.Reader
	long    []byte // a line that in cannot hold
	line    int64
	by      note.Verifier
	tree    edge
	last    entryLine      // the last entry that was read
	leaf    tlog.Hash      // the hash of its leaf
	signed  int64          // the size of the last checkpoint that was right
	missing map[int64]bool // the entries without payload of which no redaction was met yet
	report  Report
}

// openExport reads the header. The key must be the one given, if any.
func openExport(export io.Reader, key string) (*reading, error) {
	r := &reading{in: bufio.NewReaderSize(export, 1<<16), missing: map[int64]bool{}}
	text, err := r.readLine()
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, r.fault(-1, fmt.Sprintf("this is not the header of an export of a ledger: %v", err))
	}
	if h.view != Full && h.view != Public {
		return nil, r.fault(-1, fmt.Sprintf("the view %q is not known: %s or %s", h.view, Full, Public))
	}
	if key != "" && key != h.key {
		return nil, r.fault(-1, fmt.Sprintf("the export names the key %s, and is to be checked with %s", h.key, key))
	}
	if r.by, err = verifier(h.key); err != nil {
		return nil, r.fault(-1, err.Error())
	}
	r.report.Key, r.report.View = h.key, h.view
	return r, nil
}

// readLine returns the next line with its end. It is good until the next call.
func (r *reading) readLine() ([]byte, error) {
	r.line++
	text, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.long = r.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) && len(r.long) < longestLine {
			r.long = append(r.long, text...)
			text, err = r.in.ReadSlice('\n')
		}
		r.long = append(r.long, text...)
		text = r.long
	}
	switch {
	case err == nil:
		return text, nil
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, r.fault(r.tree.size, fmt.Sprintf("it is longer than %d bytes, which no entry is", longestLine))
	case errors.Is(err, io.EOF) && len(text) == 0:
		return nil, r.fault(-1, fmt.Sprintf("the export ends here, after %d entries and without its checkpoint: lines were cut off", r.tree.size))
	case errors.Is(err, io.EOF):
		return nil, r.fault(-1, "the export ends in the middle of this line: bytes were cut off")
	}
	return nil, fmt.Errorf("line %d of the export: %w", r.line, err)
}

// fault is about one entry, or about none where it is -1, at the line that was read last.
func (r *reading) fault(entry int64, why string) error {
	return &Fault{First: entry, Last: entry, Line: r.line, Why: why}
}

// next reads the next entry. There are no more once the checkpoint at the end was met, and it and
// all that it stands for is right.
func (r *reading) next() (more bool, err error) {
	for {
		text, err := r.readLine()
		if err != nil {
			return false, err
		}
		switch {
		case bytes.HasPrefix(text, []byte(onTheWay)):
			if err := r.checkpoint(text, onTheWay); err != nil {
				return false, err
			}
		case bytes.HasPrefix(text, []byte(atTheEnd)):
			return false, r.finish(text)
		default:
			return true, r.entry(text)
		}
	}
}

// entry checks a line that should be the next entry.
func (r *reading) entry(text []byte) error {
	index := r.tree.size
	l, err := parseEntryLine(text)
	if err != nil {
		return r.fault(index, fmt.Sprintf("it is not in the form of an entry: %v", err))
	}
	if why := misplaced(l.index, index); why != "" {
		return r.fault(index, why)
	}
	opened, err := r.open(&l)
	if err != nil {
		return r.fault(index, err.Error())
	}
	r.last, r.leaf = l, tlog.RecordHash(opened)
	if r.tree.add(r.leaf, nil); r.tree.root() != l.root {
		return r.fault(index, "it does not lead to the root beside it: it was changed, or is not the entry that was recorded here")
	}
	return nil
}

func misplaced(index, expected int64) string {
	switch {
	case index > expected:
		return fmt.Sprintf("it is missing: entry %d follows here", index)
	case index < expected:
		return fmt.Sprintf("entry %d stands here again, or was moved or put in here", index)
	}
	return ""
}

// open checks the fields of an entry, where the line has them, and returns its leaf.
func (r *reading) open(l *entryLine) ([]byte, error) {
	if l.leaf != nil {
		if r.report.View == Full {
			return nil, errors.New("it is sealed, in an export that says it is full")
		}
		if len(l.leaf) == 0 || l.leaf[0] != sealedLeaf {
			return nil, errors.New("the leaf is not that of a sealed entry")
		}
		r.report.Sealed++
		return l.leaf, nil
	}
	b := &l.body
	if err := b.check(); err != nil {
		return nil, err
	}
	redacted, err := b.redacts(l.index)
	if err != nil {
		return nil, err
	}
	for _, index := range redacted {
		delete(r.missing, index)
	}
	switch {
	case l.salt == nil:
		r.missing[l.index] = true
		r.report.Erased++
	case commitment(l.salt, l.payload) != b.commitment:
		return nil, errors.New("the payload is not the one that was recorded")
	}
	if r.report.From.IsZero() || b.at.Before(r.report.From) {
		r.report.From = b.at
	}
	if r.report.To.Before(b.at) {
		r.report.To = b.at
	}
	return leaf(b.encode(), l.seal), nil
}

// checkpoint checks a line that carries a checkpoint, against the tree that was read so far.
func (r *reading) checkpoint(text []byte, key string) error {
	signed, err := parseSigned(text, key)
	if err != nil {
		return r.fault(-1, fmt.Sprintf("it is not in the form of a checkpoint: %v", err))
	}
	c, err := openCheckpoint(signed, r.by)
	switch {
	case err != nil:
		return r.fault(-1, err.Error())
	case !isPlain(signed):
		return r.fault(-1, "the checkpoint has more than its one signature, or that in another form")
	case c.Size > r.tree.size:
		return &Fault{First: r.signed, Last: r.tree.size, Line: r.line, Why: fmt.Sprintf(
			"the checkpoint here was signed for %d entries, and %d stand before it: entries were dropped", c.Size, r.tree.size)}
	case c.Size < r.tree.size:
		return &Fault{First: r.signed, Last: r.tree.size - 1, Line: r.line, Why: fmt.Sprintf(
			"the checkpoint here was signed for %d entries, and %d stand before it: entries were doubled or put in", c.Size, r.tree.size)}
	case c.Root != r.tree.root():
		return &Fault{First: r.signed, Last: c.Size - 1, Line: r.line, Why: fmt.Sprintf(
			"the checkpoint here was signed for other entries; the roots beside them were changed too, so the first one cannot be told exactly (the %d before are right)", r.signed)}
	}
	if c.Size == r.signed && (c.Size > 0 || key == onTheWay) {
		return r.fault(-1, "a checkpoint stands here again")
	}
	r.signed = c.Size
	r.report.Checkpoint = c
	return nil
}

// finish checks the last line, and that nothing comes after it.
func (r *reading) finish(text []byte) error {
	if err := r.checkpoint(text, atTheEnd); err != nil {
		return err
	}
	if _, err := r.in.ReadByte(); err == nil {
		r.line++
		return r.fault(-1, "something stands after the checkpoint at the end")
	} else if !errors.Is(err, io.EOF) {
		return fmt.Errorf("after line %d of the export: %w", r.line, err)
	}
	first := int64(-1)
	for index := range r.missing {
		if first < 0 || index < first {
			first = index
		}
	}
	if first >= 0 {
		return &Fault{First: first, Last: first, Why: "its payload is missing, and no later entry says that it was redacted"}
	}
	return nil
}
