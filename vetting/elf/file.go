package elf

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errPlace is something that does not lie in the file.
var errPlace = errors.New("it does not lie in the file")

// file is an ELF file's headers.
type file struct {
	r       io.ReaderAt
	size    int64
	order   binary.ByteOrder
	bits    int
	kind    elf.Type
	machine elf.Machine

	segments    []segment
	broken      string // what is wrong with the program headers
	sections    segment
	sectionSize int

	failed error // the reader's own trouble
}

// segment is one program header.
type segment struct {
	kind                  elf.ProgType
	flags                 elf.ProgFlag
	offset, address, size int64 // size in the file
}

// open reads the headers.
func open(r io.ReaderAt, size int64) (*file, error) {
	f := &file{r: r, size: size, order: binary.LittleEndian}
	ident, err := f.read(0, 16)
	if err != nil || string(ident[:4]) != elf.ELFMAG {
		return nil, errors.Join(fmt.Errorf("%w: it does not begin as one", ErrFormat), f.failed)
	}
	if elf.Data(ident[elf.EI_DATA]) == elf.ELFDATA2MSB {
		f.order = binary.BigEndian
	}
	switch class := elf.Class(ident[elf.EI_CLASS]); class {
	case elf.ELFCLASS32:
		f.bits = 32
	case elf.ELFCLASS64:
		f.bits = 64
	default:
		return nil, fmt.Errorf("%w: its class is %d", ErrFormat, class)
	}
	length := int64(52)
	if f.bits == 64 {
		length = 64
	}
	h, err := f.read(0, length)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: its header is cut off", ErrFormat), f.failed)
	}
	f.kind, f.machine = elf.Type(f.order.Uint16(h[16:])), elf.Machine(f.order.Uint16(h[18:]))
	place, counts := h[28:], h[42:]
	if f.bits == 64 {
		place, counts = h[32:], h[54:]
	}
	word := int64(f.bits / 8)
	headers, sections := f.word(place), f.word(place[word:])
	f.readHeaders(headers, int(f.order.Uint16(counts)), int(f.order.Uint16(counts[2:])))
	f.sectionSize = int(f.order.Uint16(counts[4:]))
	f.sections = segment{offset: sections, size: int64(f.sectionSize) * int64(min(f.order.Uint16(counts[6:]), maxHeaders))}
	if sections == 0 {
		f.sections.offset = -1
	}
	return f, nil
}

// readHeaders reads the program headers.
func (f *file) readHeaders(at int64, size, count int) {
	least := 32
	if f.bits == 64 {
		least = 56
	}
	if count > maxHeaders || count > 0 && size < least {
		f.broken = fmt.Sprintf("its %d program headers of %d bytes are not read", count, size)
		return
	}
	b, err := f.read(at, int64(size)*int64(count))
	if err != nil {
		f.broken = "its program headers do not lie in the file"
		return
	}
	for ; count > 0; count, b = count-1, b[size:] {
		s := segment{kind: elf.ProgType(f.order.Uint32(b))}
		if f.bits == 64 {
			s.flags, s.offset, s.address, s.size = elf.ProgFlag(f.order.Uint32(b[4:])), f.word(b[8:]), f.word(b[16:]), f.word(b[32:])
		} else {
			s.flags, s.offset, s.address, s.size = elf.ProgFlag(f.order.Uint32(b[24:])), f.word(b[4:]), f.word(b[8:]), f.word(b[16:])
		}
		f.segments = append(f.segments, s)
	}
}

// word is a number as wide as the file's addresses. What does not fit is negative, which is the place
// of nothing.
func (f *file) word(b []byte) int64 {
	if f.bits == 64 {
		return int64(f.order.Uint64(b))
	}
	return int64(f.order.Uint32(b))
}

// read reads n bytes at off.
func (f *file) read(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || n > maxStrings || off > f.size || n > f.size-off {
		return nil, errPlace
	}
	b := make([]byte, n)
	if got, err := f.r.ReadAt(b, off); got < len(b) {
		if err != nil && !errors.Is(err, io.EOF) {
			f.failed = fmt.Errorf("reading %d bytes at %d: %w", n, off, err)
		}
		return nil, errPlace
	}
	return b, nil
}

// memory reads up to n bytes of what lies at an address once the file is loaded, and at least one.
func (f *file) memory(address, n int64) ([]byte, error) {
	for _, s := range f.segments {
		if s.kind == elf.PT_LOAD && address >= s.address && s.size > 0 && address-s.address < s.size {
			skip := address - s.address
			if s.offset < 0 || s.offset > f.size-skip {
				return nil, errPlace
			}
			return f.read(s.offset+skip, min(n, s.size-skip, f.size-s.offset-skip))
		}
	}
	return nil, errPlace
}
