package dex

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes that the format gives, in bytes.
const (
	headerSize    = 0x70 // up to version 040
	headerSize041 = 0x78
	maxParts      = 1024 // DEX files in one container; more are told and left
)

// ErrNotDEX says that the bytes do not begin as a DEX file does.
var ErrNotDEX = errors.New("not a DEX file")

// File is one DEX file, or one container with several of them.
type File struct {
	// Version is what the first header says, "035" to "041".
	Version string
	// Counts are those of the tables, over all DEX files of a container. A table that states more entries
	// than the file holds counts with what it holds.
	Counts Counts
	// Problems are what is wrong with the file, in the order of the file. Declared can add to them. Where one of them is
	// Lost, what the file yields is not all that it may hold.
	Problems []Problem

	data     []byte
	lastZero int // where the last zero byte is; no string ends after it
	parts    []part
}

// Counts says how many entries tables have.
type Counts struct {
	Parts   int // DEX files in the container; 1 up to version 040
	Strings int
	Types   int
	Protos  int
	Fields  int // fields referred to, defined or not
	Methods int // methods referred to, defined or not
	Classes int // classes defined
}

// part is one DEX file of a container. Offsets count from the beginning of the container, which up to version 040 is
// the file itself.
type part struct {
	base    int // of the header
	version int
	strings, types, protos, fields, methods,
	classes table
}

// table is one of the lists of equal entries that the header names, cut to what the file holds.
type table struct {
	off   int // of the first entry
	n     int // entries
	width int // bytes of one entry
	walk  int // entries that iterators go over: fewer than n where the work would pass the file's bound
}

// at returns where entry i begins; i is below t.n.
func (t *table) at(i int) int { return t.off + i*t.width }

// Read reads the headers and checks the tables of data, which it keeps. The error is ErrNotDEX, or says which kind of
// DEX file it is that cannot be read; everything else that is wrong is in Problems.
func Read(data []byte) (*File, error) {
	version, err := readMagic(data)
	if err != nil {
		return nil, err
	}
	f := &File{Version: fmt.Sprintf("%03d", version), data: data, lastZero: bytes.LastIndexByte(data, 0)}
	left := newBudgets(len(data), version)
	for base := 0; ; {
		next, err := f.readPart(base, left)
		if err != nil {
			if base == 0 {
				return nil, err
			}
			f.lose(len(f.parts), "header", fmt.Sprintf("the next DEX file in the container, at byte %d, cannot be read: %v", base, err))
			break
		}
		if next == 0 {
			break
		}
		if len(f.parts) == maxParts {
			f.lose(len(f.parts), "header", fmt.Sprintf("only the first %d DEX files of the container are read", maxParts))
			break
		}
		base = next
	}
	return f, nil
}

// readMagic returns the version that the first eight bytes give.
func readMagic(data []byte) (int, error) {
	if len(data) < headerSize {
		return 0, fmt.Errorf("%w: %d bytes are fewer than its header has", ErrNotDEX, len(data))
	}
	switch string(data[:4]) {
	case "dex\n":
	case "dey\n":
		return 0, fmt.Errorf("%w, but one optimised for one device (ODEX)", ErrNotDEX)
	case "cdex":
		return 0, fmt.Errorf("%w, but a compact one (CDEX), which only devices make", ErrNotDEX)
	default:
		return 0, ErrNotDEX
	}
	version := 0
	for _, c := range data[4:7] {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%w: its version is %q", ErrNotDEX, data[4:7])
		}
		version = version*10 + int(c-'0')
	}
	return version, nil
}

// readPart reads the DEX file whose header is at base, and returns where the next one is, 0 for none.
func (f *File) readPart(base int, left *budgets) (int, error) {
	head := f.data[base:]
	version, err := readMagic(head)
	if err != nil {
		return 0, err
	}
	u32 := func(off int) uint32 { return binary.LittleEndian.Uint32(head[off:]) }
	if tag := u32(40); tag == 0x78563412 {
		return 0, errors.New("its bytes are in big-endian order, which no Android reads")
	}
	p := part{base: base, version: version}
	n := len(f.parts)
	f.checkHeader(n, head, version, u32)
	for _, t := range []struct {
		table *table
		name  string
		at    int
		width int
	}{
		{&p.strings, "string_ids", 56, 4}, {&p.types, "type_ids", 64, 4}, {&p.protos, "proto_ids", 72, 12},
		{&p.fields, "field_ids", 80, 8}, {&p.methods, "method_ids", 88, 8}, {&p.classes, "class_defs", 96, 32},
	} {
		*t.table = f.clip(n, t.name, u32(t.at), u32(t.at+4), t.width, &left.tables)
	}
	f.checkMap(n, u32(52), head)
	f.parts = append(f.parts, p)
	f.walkTables(n, left)
	f.count(&p)
	if version < 41 || len(head) < headerSize041 {
		return 0, nil
	}
	return f.nextPart(n, base, u32), nil
}

// nextPart returns where the header after the one at base is in a container, 0 for none.
func (f *File) nextPart(n, base int, u32 func(int) uint32) int {
	size, container := u32(32), u32(112)
	if at := u32(116); uint64(at) != uint64(base) {
		f.problem(n, "header", fmt.Sprintf("header_offset is %d; the header is at byte %d", at, base))
	}
	if uint64(container) != uint64(len(f.data)) {
		f.problem(n, "header", fmt.Sprintf("container_size is %d; the container has %d bytes", container, len(f.data)))
	}
	next := uint64(base) + uint64(size)
	if size < headerSize041 || next >= uint64(len(f.data)) {
		return 0
	}
	return int(next)
}

func (f *File) count(p *part) {
	c := &f.Counts
	c.Parts++
	c.Strings += p.strings.n
	c.Types += p.types.n
	c.Protos += p.protos.n
	c.Fields += p.fields.n
	c.Methods += p.methods.n
	c.Classes += p.classes.n
}

// clip makes the table of n entries at off, as the header states it, no longer than the file and what is left
// of the bytes that tables of all parts may fill together.
func (f *File) clip(part int, name string, n, off uint32, width int, left *int) table {
	t := table{off: int(off), n: int(n), width: width}
	if n == 0 {
		return table{width: width}
	}
	if int64(off) >= int64(len(f.data)) {
		f.lose(part, name, fmt.Sprintf("%d entries are stated at byte %d, beyond the end of the file", n, off))
		return table{width: width}
	}
	if off%4 != 0 {
		f.problem(part, name, fmt.Sprintf("begins at byte %d, which is not a multiple of 4", off))
	}
	room := min(len(f.data)-t.off, *left) / width
	if t.n > room {
		f.lose(part, name, fmt.Sprintf("%d entries are stated, and there is room for %d", n, room))
		t.n = room
	}
	*left -= t.n * width
	t.walk = t.n
	return t
}
