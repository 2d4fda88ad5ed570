package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// Signatures and sizes of the records of APPNOTE 4.3.
const (
	localSignature   = "PK\x03\x04"
	centralSignature = "PK\x01\x02"
	endSignature     = "PK\x05\x06"
	end64Signature   = "PK\x06\x06"
	locatorSignature = "PK\x06\x07"

	localSize   = 30
	centralSize = 46
	endSize     = 22
	end64Size   = 56
	locatorSize = 20

	maxComment = 1<<16 - 1
)

// end is what the end record says, and what is true of it.
type end struct {
	at      int64 // of the record
	count   uint64
	offset  int64 // of the directory, mended where bytes stand before the archive
	length  int64
	shift   int64 // what is to be added to every offset, for the same reason
	room    int64 // bytes from the directory's beginning to where it must have ended
	comment int
	exact   bool
}

// findEnd finds the end record: the last whose comment ends where the file does. Where there is none
// such, the last at all.
func (a *Archive) findEnd() error {
	tail := make([]byte, min(a.size, endSize+maxComment))
	from := a.size - int64(len(tail))
	if short, err := a.readFull(tail, from); err != nil {
		return err
	} else if short {
		return fmt.Errorf("%w: it is shorter than it was said to be", ErrFormat)
	}
	last, best := -1, -1
	for i := len(tail) - endSize; i >= 0 && best < 0; i-- {
		i = bytes.LastIndex(tail[:i+4], []byte(endSignature))
		if i < 0 {
			break
		}
		if last < 0 {
			last = i
		}
		if i+endSize+int(binary.LittleEndian.Uint16(tail[i+20:])) == len(tail) {
			best = i
		}
	}
	switch {
	case last < 0:
		return fmt.Errorf("%w: it has no end record, or its end is missing", ErrFormat)
	case best < 0:
		a.tell(a.path, End, "the comment of the end record does not end where the file does: Android refuses the file")
		err := a.readEnd(tail[last:], from+int64(last))
		a.end.exact = false
		return err
	case last != best:
		a.tell(a.path, End, "the last end record's comment does not end where the file does, and an earlier one's does: Android refuses the file, and what checks signatures takes the earlier")
	}
	return a.readEnd(tail[best:], from+int64(best))
}

// readEnd takes the record at the beginning of b, which lies at offset at of the file.
func (a *Archive) readEnd(b []byte, at int64) error {
	le := binary.LittleEndian
	e := end{at: at, count: uint64(le.Uint16(b[10:])), length: int64(le.Uint32(b[12:])), offset: int64(le.Uint32(b[16:])),
		comment: int(le.Uint16(b[20:]))}
	if le.Uint16(b[4:]) != 0 || le.Uint16(b[6:]) != 0 || le.Uint16(b[8:]) != le.Uint16(b[10:]) {
		a.tell(a.path, End, "the end record speaks of several volumes: some readers refuse the file, Android ignores it")
	}
	limit := at // where the directory must have ended
	if le.Uint16(b[8:]) == math.MaxUint16 || e.count == math.MaxUint16 || e.length == math.MaxUint32 || e.offset == math.MaxUint32 {
		at64, err := a.readEnd64(&e)
		if err != nil {
			return err
		}
		if at64 >= 0 {
			limit = at64
		}
	}
	a.end = e
	return a.placeDirectory(limit)
}

// readEnd64 replaces what e says by what the ZIP64 end record says, whose place it returns, or -1
// where there is none.
func (a *Archive) readEnd64(e *end) (int64, error) {
	le := binary.LittleEndian
	var loc [locatorSize]byte
	short, err := a.readFull(loc[:], e.at-locatorSize)
	if err != nil {
		return -1, err
	}
	if short || string(loc[:4]) != locatorSignature {
		a.tell(a.path, End, "the end record sends readers to a ZIP64 end record that is not there: Android refuses the file")
		return -1, nil
	}
	at := int64(le.Uint64(loc[8:]))
	var b [end64Size]byte
	if at > e.at-locatorSize-end64Size {
		short = true
	} else if short, err = a.readFull(b[:], at); err != nil {
		return -1, err
	}
	if short || string(b[:4]) != end64Signature {
		a.tell(a.path, End, "the ZIP64 end record is not where the file says it is: Android refuses the file")
		return -1, nil
	}
	e.count, e.length, e.offset = le.Uint64(b[32:]), int64(le.Uint64(b[40:])), int64(le.Uint64(b[48:]))
	return at, nil
}

// placeDirectory finds where the directory truly begins. It lies before limit; where it is said to
// begin elsewhere than it does, as when bytes were put before an archive, all offsets are off by as
// much.
func (a *Archive) placeDirectory(limit int64) error {
	e := &a.end
	if e.count == 0 {
		e.exact = e.offset >= 0 && e.length >= 0 && e.offset <= limit && e.length <= limit-e.offset
		a.tell(a.path, Unsettling, "the archive is empty: Android refuses it")
		return nil
	}
	begins := func(at int64) (bool, error) {
		var sig [4]byte
		short, err := a.readFull(sig[:], at)
		return err == nil && !short && at >= 0 && at < limit && string(sig[:]) == centralSignature, err
	}
	e.exact = e.offset >= 0 && e.length >= 0 && e.offset <= limit && e.length <= limit-e.offset
	said, err := begins(e.offset)
	if err != nil || said {
		e.room = limit - e.offset
		if !e.exact {
			a.tell(a.path, End, "the directory is said to reach beyond its end: Android refuses the file")
		}
		return err
	}
	e.exact = false
	if e.length > 0 && e.length <= limit {
		before, err := begins(limit - e.length)
		if err != nil {
			return err
		}
		if before {
			e.shift = limit - e.length - e.offset
			e.offset, e.room = limit-e.length, e.length
			a.tell(a.path, End, "every place is off by %d bytes, as if something had been put before the archive: Android refuses the file, most other readers do not", e.shift)
			return nil
		}
	}
	a.miss(Directory, "the directory is not where the file says it is, so its entries are not known: Android refuses the file")
	e.count = 0
	return nil
}
