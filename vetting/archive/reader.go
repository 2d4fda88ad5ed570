package archive

import (
	"errors"
	"fmt"
	"github.com/klauspost/compress/flate"
	"hash/crc32"
	"io"
	"strings"
	"sync"
)

// ErrChecksum is wrapped by Check's error where size and bytes are as many as they should be and their
// checksum is another.
var ErrChecksum = errors.New("the checksum differs")

// inflater is what flate.NewReader makes.
type inflater interface {
	io.ReadCloser
	flate.Resetter
}

// inflaters are kept, because each has a window of 32 KiB and its tables.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(strings.NewReader("")) }}

// Reader reads what comes out of one entry. It is for one goroutine.
type Reader struct {
	entry    *Entry
	src      io.Reader
	inflater inflater // in use, or nil
	n        int64    // bytes that came out
	crc      uint32
	err      error // that every further Read returns
	wrong    error // how what came out differs from what the directory says
}

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	left := r.entry.Size - r.n
	if left <= 0 {
		r.err = r.finish(r.more())
		return 0, r.err
	}
	most := max(1, r.entry.archive.budget.limits.Entry-r.n)
	n, err := r.src.Read(p[:min(int64(len(p)), left, most)])
	r.n += int64(n)
	r.crc = crc32.Update(r.crc, crc32.IEEETable, p[:n])
	if limit := r.entry.charge(r.n); limit != nil {
		r.err = limit
		r.entry.archive.tell(r.entry.Path(), Limited, "%v", limit)
		return n, r.err
	}
	if err != nil {
		r.err = r.ended(err)
	}
	if n > 0 {
		return n, nil
	}
	return 0, r.err
}

// Close gives the reader's tables back. It does not fail.
func (r *Reader) Close() error {
	if r.inflater != nil {
		inflaters.Put(r.inflater)
		r.inflater, r.src = nil, nil
	}
	if r.err == nil {
		r.err = errors.New("the entry was closed")
	}
	return nil
}

// Check tells, once the entry has been read to its end, whether as many bytes came out as the directory
// says and with its checksum. Before, it is an error too.
func (r *Reader) Check() error {
	if r.err != io.EOF {
		return fmt.Errorf("%q has not been read to its end", r.entry.Path())
	}
	return r.wrong
}

// more tells whether bytes come after the last that the directory speaks of.
func (r *Reader) more() bool {
	if r.inflater == nil {
		return false
	}
	var b [1]byte
	for range 4 { // an empty block at the end comes with no bytes and no error
		if n, err := r.src.Read(b[:]); n > 0 || err != nil {
			return n > 0
		}
	}
	return false
}

// finish compares what came out with what the directory says, and returns io.EOF.
func (r *Reader) finish(more bool) error {
	e := r.entry
	switch {
	case more:
		r.wrong = fmt.Errorf("more comes out of it than the %d bytes that it is said to have", e.Size)
	case r.n != e.Size:
		r.wrong = fmt.Errorf("%d bytes come out of it and it is said to have %d", r.n, e.Size)
	case r.crc != e.CRC:
		e.sized.Store(true)
		r.wrong = fmt.Errorf("%w: it is %08x and should be %08x, which Android does not check", ErrChecksum, r.crc, e.CRC)
	default:
		e.sized.Store(true)
		return io.EOF
	}
	if e.Method == Store || e.Method == Deflate {
		e.archive.tell(e.Path(), Mismatch, "%v", r.wrong)
	}
	return io.EOF
}

// ended is what Read returns once the source has ended with err.
func (r *Reader) ended(err error) error {
	e := r.entry
	var corrupt flate.CorruptInputError
	switch {
	case err == io.EOF:
		return r.finish(false)
	case errors.As(err, &corrupt):
		err = fmt.Errorf("its bytes cannot be inflated after the first %d", r.n)
		e.archive.tell(e.Path(), Corrupt, "%v", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("its bytes end too early, after %d of %d", r.n, e.Size)
		e.archive.tell(e.Path(), Corrupt, "%v", err)
	}
	return fmt.Errorf("%q: %w", e.Path(), err)
}

// charge counts what came out of the entry beyond what came out of it before, and says which limit has
// been reached.
func (e *Entry) charge(n int64) error {
	b := e.archive.budget
	for {
		before := e.charged.Load()
		if n <= before {
			break
		}
		if e.charged.CompareAndSwap(before, n) {
			if !b.take(n - before) {
				return limitError("%d bytes came out of the file's entries, and no more are read", b.total)
			}
			break
		}
	}
	if n >= b.limits.Entry && n < e.Size {
		return limitError("%d bytes of one entry are read, and it goes on", b.limits.Entry)
	}
	return nil
}
