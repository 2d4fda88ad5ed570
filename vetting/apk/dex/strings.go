package dex

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// budgets are the bytes and steps that reading may spend, all parts of a container together. A file that is what
// it says stays far below: its strings do not overlap, nor do its tables.
type budgets struct {
	tables  int // bytes that tables fill
	strings int // bytes of strings gone over, by the string table
	types   int // and by the type table
	classes int // and by the class table
}

// spread is how often the bytes of a container may be gone over, whose DEX files share strings. Those of one file stand in
// it once each, and are gone over twice at most.
const spread = 8

func newBudgets(size, version int) *budgets {
	all := 2*size + 4096
	if version >= 41 {
		all = spread*size + 4096
	}
	return &budgets{tables: size, strings: all, types: all, classes: all}
}

// uleb reads the unsigned LEB128 number at off: five bytes at most, as the format says. It returns the offset
// after it, or a negative one where there is none.
func uleb(b []byte, off int) (uint32, int) {
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		if uint(off) >= uint(len(b)) {
			return 0, -1
		}
		c := b[off]
		off++
		v |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return v, off
		}
	}
	return 0, -1
}

// stringData returns string i of the part, as it stands in the file (MUTF-8, without its closing zero), and the number of
// UTF-16 units that it is said to have. Where nothing can be read it returns nil.
func (f *File) stringData(p *part, i int) ([]byte, uint32) {
	if uint(i) >= uint(p.strings.n) {
		return nil, 0
	}
	off := binary.LittleEndian.Uint32(f.data[p.strings.at(i):])
	units, at := uleb(f.data, int(off))
	if at < 0 {
		return nil, 0
	}
	if at > f.lastZero { // there is no end to find
		return nil, 0
	}
	end := at + bytes.IndexByte(f.data[at:], 0)
	return f.data[at:end:end], units
}

// typeName returns the descriptor of type i, nil where there is none.
func (f *File) typeName(p *part, i int) []byte {
	if uint(i) >= uint(p.types.n) {
		return nil
	}
	name, _ := f.stringData(p, f.typeString(p, i))
	return name
}

// typeString returns the index of the string that names type i, which is below p.types.n; -1 where it can be none.
func (f *File) typeString(p *part, i int) int {
	s := binary.LittleEndian.Uint32(f.data[p.types.at(i):])
	if int64(s) >= int64(p.strings.n) {
		return -1
	}
	return int(s)
}

// walkTables goes over strings, types and classes of part n once, tells what is wrong, and cuts what iterators
// walk where the work would pass the bound.
func (f *File) walkTables(n int, left *budgets) {
	p := &f.parts[n]
	f.walkStrings(n, p, &left.strings)
	f.walkTypes(n, p, &left.types)
	f.walkClasses(n, p, &left.classes)
}

func (f *File) walkStrings(n int, p *part, left *int) {
	lost := tally{place: "string_ids", what: "names no string that can be read", lost: true}
	length := tally{place: "string_ids", what: "has another length than is stated with it"}
	form := tally{place: "string_ids", what: "is not in modified UTF-8"}
	for i := range p.strings.walk {
		s, units := f.stringData(p, i)
		if s == nil {
			lost.add(i)
			continue
		}
		if *left -= len(s) + 1; *left < 0 {
			f.lose(n, "string_ids", overlong)
			p.strings.walk = i
			break
		}
		if have, ok := utf16Units(s); !ok {
			form.add(i)
		} else if have != int(units) {
			length.add(i)
		}
	}
	f.tell(n, &lost, &length, &form)
}

const overlong = "names the same long strings again and again; the rest is not read"

func (f *File) walkTypes(n int, p *part, left *int) {
	lost := tally{place: "type_ids", what: "names no string that can be read", lost: true}
	form := tally{place: "type_ids", what: "is no type descriptor"}
	for i := range p.types.walk {
		name := f.typeName(p, i)
		if name == nil {
			lost.add(i)
			continue
		}
		if *left -= len(name) + 1; *left < 0 {
			f.lose(n, "type_ids", overlong)
			p.types.walk = i
			break
		}
		if !descriptor(name) {
			form.add(i)
		}
	}
	f.tell(n, &lost, &form)
}

// descriptor reports whether name can be a type: one letter, or the name of a class between L and ";", or an array.
func descriptor(name []byte) bool {
	for len(name) > 0 && name[0] == '[' {
		name = name[1:]
	}
	if len(name) == 1 {
		return bytes.IndexByte([]byte("VZBSCIJFD"), name[0]) >= 0
	}
	return len(name) > 2 && name[0] == 'L' && name[len(name)-1] == ';'
}

// utf16Units counts the UTF-16 units that modified UTF-8 stands for, and reports whether it is well-formed.
func utf16Units(s []byte) (int, bool) {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if binary.LittleEndian.Uint64(s[i:])&0x8080808080808080 != 0 {
			break
		}
	}
	units := i
	for i < len(s) {
		n := sequence(s[i:])
		if n == 0 {
			return 0, false
		}
		i += n
		units++
	}
	return units, true
}

// sequence returns how many bytes at the beginning of s, which is not empty, make one UTF-16 unit in modified UTF-8; 0
// where they make none. Characters above U+FFFF are two sequences of three bytes there.
func sequence(s []byte) int {
	n := 0
	switch c := s[0]; {
	case c < 0x80:
		return 1
	case c>>5 == 0b110:
		n = 2
	case c>>4 == 0b1110:
		n = 3
	default:
		return 0
	}
	if len(s) < n || s[1]>>6 != 0b10 || s[n-1]>>6 != 0b10 {
		return 0
	}
	return n
}

// Text turns modified UTF-8 into a Go string: surrogate pairs become one character, and what is no character
// becomes U+FFFD.
func Text(s []byte) string {
	if utf8.Valid(s) {
		return string(s)
	}
	out := make([]rune, 0, len(s))
	for i := 0; i < len(s); {
		r, n := unit(s[i:])
		if utf16.IsSurrogate(r) && i+n < len(s) {
			low, m := unit(s[i+n:])
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				out = append(out, pair)
				i += n + m
				continue
			}
		}
		out = append(out, r) // a surrogate alone becomes U+FFFD in the conversion below
		i += n
	}
	return string(out)
}

// unit decodes the UTF-16 unit at the beginning of s, which is not empty, and how many bytes it takes.
func unit(s []byte) (rune, int) {
	switch n := sequence(s); n {
	case 1:
		return rune(s[0]), 1
	case 2:
		return rune(s[0]&0x1f)<<6 | rune(s[1]&0x3f), 2
	case 3:
		return rune(s[0]&0x0f)<<12 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), 3
	default:
		return utf8.RuneError, 1
	}
}
