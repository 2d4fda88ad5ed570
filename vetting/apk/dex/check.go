package dex

import (
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"slices"
)

// Problem is one thing that is wrong with a DEX file. Wrong entries of one table that are wrong alike are one problem.
type Problem struct {
	Part  int    // which DEX file of the container, from 0
	Place string // the header or the table, as the format calls it: "header", "string_ids"
	What  string
	Times int // how often; 1 or more
	// Lost says that some of the file could not be read because of it: what was read is not all that there is.
	Lost bool
}

// String is the problem as a person reads it.
func (p Problem) String() string {
	if p.Times > 1 {
		return fmt.Sprintf("%s: %s (%d times)", p.Place, p.What, p.Times)
	}
	return p.Place + ": " + p.What
}

// maxProblems is how many problems a file is told about; the last one then says that there are more.
const maxProblems = 100

// problem tells what is odd; all of it can be read nevertheless.
func (f *File) problem(part int, place, what string) {
	f.add(Problem{Part: part, Place: place, What: what, Times: 1})
}

// lose tells why some of the file is not read.
func (f *File) lose(part int, place, what string) {
	f.add(Problem{Part: part, Place: place, What: what, Times: 1, Lost: true})
}

func (f *File) add(p Problem) {
	if len(f.Problems) < maxProblems-1 {
		f.Problems = append(f.Problems, p)
		return
	}
	if len(f.Problems) < maxProblems {
		f.Problems = append(f.Problems, Problem{Part: p.Part, Place: "file", What: "has more problems than are listed"})
	}
	last := &f.Problems[maxProblems-1]
	last.Times += p.Times
	last.Lost = last.Lost || p.Lost
}

// Lost reports whether some of the file could not be read.
func (f *File) Lost() bool {
	return slices.ContainsFunc(f.Problems, func(p Problem) bool { return p.Lost })
}

// tally gathers entries of one table that are wrong alike.
type tally struct {
	place, what string
	lost        bool // they could not be read
	first, n    int
}

func (t *tally) add(i int) {
	if t.n == 0 {
		t.first = i
	}
	t.n++
}

func (f *File) tell(part int, tallies ...*tally) {
	for _, t := range tallies {
		if t.n == 0 {
			continue
		}
		f.add(Problem{Part: part, Place: t.place, What: fmt.Sprintf("entry %d %s", t.first, t.what), Times: t.n, Lost: t.lost})
	}
}

// checkHeader tells what is wrong with the header at the beginning of head, the checksums among it.
func (f *File) checkHeader(part int, head []byte, version int, u32 func(int) uint32) {
	say := func(format string, args ...any) { f.problem(part, "header", fmt.Sprintf(format, args...)) }
	if version < 35 || version > 41 {
		say("version %03d is not one that Android reads (035 to 041); it is read as they are", version)
	}
	if head[7] != 0 {
		say("the magic number does not end in a zero byte")
	}
	if part > 0 && version < 41 {
		say("version %03d in a container, which begins with version 041", version)
	}
	if tag := u32(40); tag != 0x12345678 {
		say("endian_tag is %#08x; 0x12345678 is meant", tag)
	}
	want := uint32(headerSize)
	if version >= 41 {
		want = headerSize041
	}
	if size := u32(36); size != want {
		say("header_size is %d; version %03d has %d", size, version, want)
	}
	size := int64(u32(32))
	switch have := int64(len(head)); {
	case size < int64(want):
		say("file_size is %d, less than the header", size)
		return
	case size > have:
		f.lose(part, "header", fmt.Sprintf("file_size is %d, and there are %d bytes: it is cut off", size, have))
		size = have
	case size < have && version < 41:
		say("%d bytes follow after the end that file_size gives", have-size)
	}
	if sum := adler32.Checksum(head[12:size]); sum != u32(8) {
		say("checksum is %08x; the bytes have %08x (Adler-32)", u32(8), sum)
	}
}

// The types of map items that stand for what the header names too, in the order of the header's fields from byte 56.
var mapTables = [...]uint16{0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0006}

// maxMapItems is far above the kinds of items that there are, each of which a map names once.
const maxMapItems = 64

// checkMap compares the map list at off with the header.
func (f *File) checkMap(part int, off uint32, head []byte) {
	say := func(format string, args ...any) { f.problem(part, "map_list", fmt.Sprintf(format, args...)) }
	if off == 0 {
		say("there is none")
		return
	}
	if int64(off)+4 > int64(len(f.data)) {
		say("is stated at byte %d, beyond the end of the file", off)
		return
	}
	items := f.data[off+4:]
	n := min(int64(binary.LittleEndian.Uint32(f.data[off:])), maxMapItems, int64(len(items)/12))
	if stated := binary.LittleEndian.Uint32(f.data[off:]); int64(stated) != n {
		say("states %d items, and %d can be read", stated, n)
	}
	last := int64(-1)
	for i := range int(n) {
		item := items[12*i:]
		kind, size, at := binary.LittleEndian.Uint16(item), binary.LittleEndian.Uint32(item[4:]), binary.LittleEndian.Uint32(item[8:])
		if int64(at) <= last {
			say("item %d is not in the order of offsets", i)
		}
		if last = int64(at); last >= int64(len(f.data)) {
			say("item %d is stated at byte %d, beyond the end of the file", i, at)
		}
		for field, k := range mapTables {
			if k != kind {
				continue
			}
			inHeader := binary.LittleEndian.Uint32(head[56+8*field:])
			if offset := binary.LittleEndian.Uint32(head[60+8*field:]); size != inHeader || offset != at {
				f.lose(part, "map_list", fmt.Sprintf("says %d entries at byte %d where the header says %d at byte %d: one of them hides something", size, at, inHeader, offset))
			}
		}
	}
}
