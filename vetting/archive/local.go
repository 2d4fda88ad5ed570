package archive

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// checkLocals compares each entry's local header with the directory, and finds where its bytes begin.
func (a *Archive) checkLocals() error {
	buf := make([]byte, localSize, 512)
	for _, e := range a.entries {
		var err error
		if buf, err = a.checkLocal(e, buf); err != nil {
			return err
		}
		a.checkMethod(e)
	}
	return nil
}

// checkLocal compares one. buf is room to read into.
func (a *Archive) checkLocal(e *Entry, buf []byte) ([]byte, error) {
	want := localSize + len(e.Name)
	buf = slices.Grow(buf[:0], want)[:want]
	if short, err := a.readFull(buf, e.HeaderOffset); err != nil {
		return buf, err
	} else if short {
		// The name may reach beyond the file where the header does not.
		buf = buf[:localSize]
		if short, err = a.readFull(buf, e.HeaderOffset); err != nil {
			return buf, err
		} else if short {
			e.refuse(Truncated, "its local header lies outside the file")
			return buf, nil
		}
	}
	if string(buf[:4]) != localSignature {
		e.refuse(Local, "there is no local header where the directory says: Android does not open it")
		return buf, nil
	}
	le := binary.LittleEndian
	nameLen, extraLen := int64(le.Uint16(buf[26:])), int64(le.Uint16(buf[28:]))
	e.data = e.HeaderOffset + localSize + nameLen + extraLen
	if e.data > a.size {
		e.refuse(Truncated, "its bytes lie outside the file")
		return buf, nil
	}
	if int(nameLen) != len(e.Name) || string(buf[localSize:]) != e.Name {
		e.differs("its local header has another name: Android does not open it, readers that go through the file see the other")
	}
	if m := le.Uint16(buf[8:]); m != e.Method {
		a.tell(e.Path(), Local, "its local header says method %d and the directory %d, which counts on Android", m, e.Method)
	}
	e.localFlags = le.Uint16(buf[6:])
	if (e.localFlags^e.Flags)&descriptorFlag != 0 {
		a.tell(e.Path(), Local, "its local header and the directory disagree on whether a data descriptor follows")
	}
	crc, compressed, size := le.Uint32(buf[14:]), le.Uint32(buf[18:]), le.Uint32(buf[22:])
	if e.localFlags&descriptorFlag == 0 && !e.agrees(crc, compressed, size) {
		e.differs("its local header has another size or checksum than the directory: Android does not open it")
	}
	return buf, nil
}

// agrees tells whether a local header's checksum and sizes are the directory's. Sizes of all ones
// stand in a ZIP64 field of the header's, which is not looked at.
func (e *Entry) agrees(crc, compressed, size uint32) bool {
	same := func(local uint32, central int64) bool {
		return local == math.MaxUint32 || int64(local) == central
	}
	return crc == e.CRC && same(compressed, e.Compressed) && same(size, e.Size)
}

// checkMethod tells what readers make of the method, and whether the bytes lie in the file.
func (a *Archive) checkMethod(e *Entry) {
	if (e.Flags|e.localFlags)&encryptedFlag != 0 {
		a.tell(e.Path(), Encrypted, "is marked as encrypted, which Android ignores and other readers believe")
	}
	switch e.Method {
	case Deflate:
	case Store:
		if e.Compressed != e.Size {
			a.tell(e.Path(), Local, "is stored with %d bytes and said to have %d: Android reads the second number of bytes", e.Compressed, e.Size)
		}
	default:
		a.tell(e.Path(), Method, "has the unknown method %d: Android takes it as stored when it reads the manifest, resources or assets and as deflated when it checks JAR signatures, does not load code from it, and other readers refuse it", e.Method)
	}
	if e.broken != nil {
		return
	}
	if e.span() > a.size-e.data {
		a.tell(e.Path(), Truncated, "its bytes reach beyond the end of the file: Android does not open it")
		e.Inconsistent = true
	} else if e.span() > a.end.offset-e.data && a.end.count > 0 {
		a.tell(e.Path(), Overlap, "its bytes reach into the directory: Android does not open it")
		e.Inconsistent = true
	}
}

// checkOverlaps tells entries that share bytes of the file, which is how small bombs become large, and
// how one file is two.
func (a *Archive) checkOverlaps() {
	sorted := make([]*Entry, 0, len(a.entries))
	for _, e := range a.entries {
		if e.broken == nil {
			sorted = append(sorted, e)
		}
	}
	slices.SortStableFunc(sorted, func(x, y *Entry) int { return cmp.Compare(x.HeaderOffset, y.HeaderOffset) })
	var reach int64
	var by *Entry
	for _, e := range sorted {
		if by != nil && e.HeaderOffset < reach {
			a.tell(e.Path(), Overlap, "shares bytes of the file with %.200q", by.Name)
		}
		if to := e.data + min(e.span(), a.size-e.data); to > reach {
			reach, by = to, e
		}
	}
}
