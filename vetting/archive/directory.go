package archive

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// readDirectory reads the central directory for as far as it can be read.
func (a *Archive) readDirectory() error {
	limits := a.budget.limits
	length := min(a.end.room, limits.Directory)
	if a.end.count == 0 || length <= 0 {
		return nil
	}
	r := bufio.NewReaderSize(io.NewSectionReader(a.r, a.end.offset, length), 64<<10)
	var read int64
	for i := uint64(0); i < a.end.count; i++ {
		if len(a.entries) >= limits.Entries {
			a.end.exact = false
			a.miss(Limited, "%d of %d entries are listed: the rest is not read", len(a.entries), a.end.count)
			return nil
		}
		if a.depth > 0 && !a.budget.take(listed) { // many archives can lie at the same place
			a.end.exact = false
			a.miss(Limited, "%d of %d entries are listed: no more of the file is read", len(a.entries), a.end.count)
			return nil
		}
		e, n, err := a.readRecord(r)
		if err != nil {
			return a.endEarly(err, i, read)
		}
		read += n
		a.add(e)
	}
	if read != a.end.length {
		a.tell(a.path, Directory, "the directory takes %d bytes and is said to take %d", read, a.end.length)
		a.end.exact = a.end.exact && read < a.end.length
	}
	if sig, _ := r.Peek(4); string(sig) == centralSignature {
		a.miss(Directory, "the directory goes on after the %d entries that it is said to have: readers that do not count see more", a.end.count)
	}
	return nil
}

// errRecord is a record of the directory that is none.
var errRecord = errors.New("not a record of the directory")

// endEarly tells why the directory ended before its last entry. Only the reader's own trouble is an
// error.
func (a *Archive) endEarly(err error, i uint64, read int64) error {
	a.end.exact = false
	switch {
	case errors.Is(err, errRecord):
		a.miss(Directory, "the directory has %d readable entries of the %d that it is said to have: Android refuses the file", i, a.end.count)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		if a.end.room > a.budget.limits.Directory {
			a.miss(Limited, "%d bytes of the directory are read, with %d of %d entries: the rest is not", a.budget.limits.Directory, i, a.end.count)
			return nil
		}
		a.miss(Directory, "the directory ends after %d of the %d entries that it is said to have: Android refuses the file", i, a.end.count)
	default:
		return err
	}
	return nil
}

// readRecord reads one record and how many bytes it takes.
func (a *Archive) readRecord(r *bufio.Reader) (*Entry, int64, error) {
	var b [centralSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return nil, 0, err
	}
	if string(b[:4]) != centralSignature {
		return nil, 0, errRecord
	}
	le := binary.LittleEndian
	e := &Entry{
		archive:    a,
		Flags:      le.Uint16(b[8:]),
		Method:     le.Uint16(b[10:]),
		CRC:        le.Uint32(b[16:]),
		Compressed: int64(le.Uint32(b[20:])),
		Size:       int64(le.Uint32(b[24:])),
		Mode:       uint32(le.Uint16(b[40:])),
	}
	if b[5] != 3 { // made on another system than Unix, whose files have no mode
		e.Mode = 0
	}
	e.HeaderOffset = int64(le.Uint32(b[42:]))
	nameLen, extraLen, commentLen := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	rest := make([]byte, nameLen+extraLen)
	if _, err := io.ReadFull(r, rest); err != nil {
		return nil, 0, err
	}
	if _, err := r.Discard(commentLen); err != nil {
		return nil, 0, err
	}
	e.Name = string(rest[:nameLen])
	if e.Compressed == math.MaxUint32 || e.Size == math.MaxUint32 || e.HeaderOffset == math.MaxUint32 {
		if !e.widen(rest[nameLen:]) {
			a.tell(e.Path(), Directory, "its ZIP64 record is missing or damaged: Android does not open it")
		}
	}
	return e, int64(centralSize + nameLen + extraLen + commentLen), nil
}

// widen replaces the fields that are all ones by those of the ZIP64 extra field (APPNOTE 4.5.3), which
// has them in this order.
func (e *Entry) widen(extra []byte) bool {
	field := find(extra, 1)
	wide := func(v *int64) bool {
		if *v != math.MaxUint32 {
			return true
		}
		if len(field) < 8 || field[7] >= 0x80 {
			return false
		}
		*v, field = int64(binary.LittleEndian.Uint64(field)), field[8:]
		return true
	}
	if len(field) >= 24 && !(e.Size == math.MaxUint32 && e.Compressed == math.MaxUint32) {
		// Some writers give all three when one is needed; then each is where it would be.
		all := []*int64{&e.Size, &e.Compressed, &e.HeaderOffset}
		for i, v := range all {
			if *v == math.MaxUint32 && field[8*i+7] < 0x80 {
				*v = int64(binary.LittleEndian.Uint64(field[8*i:]))
			}
		}
		return true
	}
	return wide(&e.Size) && wide(&e.Compressed) && wide(&e.HeaderOffset)
}

// find is the content of the extra field of an id, or nil.
func find(extra []byte, id uint16) []byte {
	for len(extra) >= 4 {
		n := int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return nil
		}
		if binary.LittleEndian.Uint16(extra) == id {
			return extra[4 : 4+n]
		}
		extra = extra[4+n:]
	}
	return nil
}

// add appends an entry, under its name unless there is one already.
func (a *Archive) add(e *Entry) {
	if e.HeaderOffset <= math.MaxInt64-max(a.end.shift, 0) {
		e.HeaderOffset += a.end.shift
	}
	a.entries = append(a.entries, e)
	if _, twice := a.byName[e.Name]; twice {
		a.tell(e.Path(), Duplicate, "stands more than once in the directory: Android refuses the file, other readers take the first or the last")
		return
	}
	a.byName[e.Name] = e
}
