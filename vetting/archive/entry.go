package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// Methods that Android knows (APPNOTE 4.4.5).
const (
	Store   uint16 = 0
	Deflate uint16 = 8
)

// Flags (APPNOTE 4.4.4).
const (
	encryptedFlag  = 1 << 0
	descriptorFlag = 1 << 3
)

// Entry is one entry of a directory, with what the directory says of it.
type Entry struct {
	Name         string // as it stands there, byte for byte
	Method       uint16
	Flags        uint16
	CRC          uint32
	Compressed   int64  // bytes that it takes in the file
	Size         int64  // bytes that come out of it
	HeaderOffset int64  // of its local header
	Mode         uint32 // Unix's st_mode, where the archive was made on one; 0 otherwise

	// Inconsistent is set where Android does not open the entry, because its local header or its
	// place in the file do not go with the directory; a problem says why. It may still be readable.
	Inconsistent bool

	archive    *Archive
	data       int64  // where its bytes begin
	localFlags uint16 // of its local header
	broken     error  // why no bytes of it can be found
	charged    atomic.Int64
	sized      atomic.Bool // has been read whole, and had Size bytes
}

// Path is the entry's path, with "!" between nested archives.
func (e *Entry) Path() string { return e.archive.Within(e.Name) }

// Archive is what the entry is in.
func (e *Entry) Archive() *Archive { return e.archive }

// Folder tells whether the entry stands for a folder.
func (e *Entry) Folder() bool { return len(e.Name) > 0 && e.Name[len(e.Name)-1] == '/' }

// Offset is where the entry's bytes begin in its archive, behind the local header; -1 where they
// cannot be found.
func (e *Entry) Offset() int64 {
	if e.broken != nil {
		return -1
	}
	return e.data
}

// Sized tells whether the entry has been read to its end, and as many bytes came out as the directory
// says.
func (e *Entry) Sized() bool { return e.sized.Load() }

// refuse notes that the entry cannot be read, and tells why.
func (e *Entry) refuse(code Code, what string) {
	e.archive.tell(e.Path(), code, "%s", what)
	e.Inconsistent = true
	e.broken = errors.New(what)
}

// differs notes that Android does not open the entry, which others may.
func (e *Entry) differs(what string) {
	e.archive.tell(e.Path(), Local, "%s", what)
	e.Inconsistent = true
}

// span is how many bytes of the file the entry takes up.
func (e *Entry) span() int64 {
	if e.Method == Store {
		return max(e.Compressed, e.Size)
	}
	return e.Compressed
}

// Open reads the entry as Android's asset reader does: a deflated entry is inflated, every other one is
// taken as stored. See OpenAs.
func (e *Entry) Open() (*Reader, error) {
	if e.Method == Deflate {
		return e.OpenAs(Deflate)
	}
	return e.OpenAs(Store)
}

// OpenAs reads the entry as if it had the method Store or Deflate. At most Size bytes come out. The
// error is that no bytes of it can be found; the reader's errors are a limit (ErrLimit), bytes that
// cannot be inflated, and the underlying reader's own. Each of them is told as a problem too.
func (e *Entry) OpenAs(method uint16) (*Reader, error) {
	if e.broken != nil {
		return nil, fmt.Errorf("%q cannot be read: %w", e.Path(), e.broken)
	}
	r := &Reader{entry: e}
	switch method {
	case Store:
		r.src = e.section(e.Size)
	case Deflate:
		r.inflater = inflaters.Get().(inflater)
		if err := r.inflater.Reset(e.compressed(), nil); err != nil {
			return nil, err
		}
		r.src = r.inflater
	default:
		return nil, fmt.Errorf("%q cannot be read with method %d, only with %d and %d", e.Path(), method, Store, Deflate)
	}
	return r, nil
}

// mostHeld is how many compressed bytes are read at once: inflating from memory is quicker.
const mostHeld = 4 << 20

// compressed reads what the entry takes up in the file.
func (e *Entry) compressed() io.Reader {
	section := e.section(e.Compressed)
	if section.Size() > mostHeld {
		return section
	}
	held := make([]byte, section.Size())
	if _, err := io.ReadFull(section, held); err != nil {
		return e.section(e.Compressed) // which says what is wrong, where it is
	}
	return bytes.NewReader(held)
}

// section is n bytes of the file from where the entry's begin, or as many as there are.
func (e *Entry) section(n int64) *io.SectionReader {
	return io.NewSectionReader(e.archive.r, e.data, max(0, min(n, e.archive.size-e.data)))
}

// Stored is the entry's bytes where they stand in the file as they are, so that they need not be copied
// to be read at any place; ok is false where they are deflated. What is read through it is not counted.
func (e *Entry) Stored() (r *io.SectionReader, ok bool) {
	if e.Method == Deflate || e.broken != nil {
		return nil, false
	}
	return e.section(e.Size), true
}

// maxDeflate is how many bytes one deflated byte can become, rounded up.
const maxDeflate = 1032

// Bytes are what Open reads, at most limit bytes of it, or as many as Limits.Entry where limit is 0.
// Where the entry is longer the error wraps ErrLimit. What was read before an error comes with it.
func (e *Entry) Bytes(limit int64) ([]byte, error) {
	if limit <= 0 {
		limit = e.archive.budget.limits.Entry
	}
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b := bytes.NewBuffer(make([]byte, 0, e.room(limit)+bytes.MinRead))
	if _, err := b.ReadFrom(io.LimitReader(r, limit)); err != nil {
		return b.Bytes(), err
	}
	if e.Size > limit && int64(b.Len()) == limit {
		return b.Bytes(), limitError("%q has %d bytes, of which %d are read", e.Path(), e.Size, limit)
	}
	// The end has to be seen for size and checksum to be compared.
	var more [1]byte
	if _, err := r.Read(more[:]); err != nil && err != io.EOF {
		return b.Bytes(), err
	}
	return b.Bytes(), nil
}

// room is how many bytes can come out of the entry: a header may promise what its bytes cannot hold.
func (e *Entry) room(limit int64) int64 {
	room := min(e.Size, limit)
	if e.Method == Deflate {
		return max(0, min(room, (min(e.Compressed, e.archive.size)+1)*maxDeflate))
	}
	return max(0, min(room, e.archive.size))
}

// Nested opens what the caller has read of the entry, by Bytes or Stored, as an archive inside this
// one, with the same budget and one level deeper. Its error is Open's, or wraps ErrLimit where archives
// are nested too deeply, which is also told as a problem of this archive.
func (e *Entry) Nested(r io.ReaderAt, size int64) (*Archive, error) {
	a, err := open(r, size, e.archive.budget, e.Path(), e.archive.depth+1)
	if errors.Is(err, ErrLimit) {
		e.archive.tell(e.Path(), Limited, "%v: it is not read", err)
	}
	return a, err
}
