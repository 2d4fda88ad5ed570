package axml

import (
	"bytes"
	"math"
	"strings"
	"unicode/utf16"
)

// pool is a string pool. Strings are decoded when asked for: most of an app's are never needed here.
type pool struct {
	offsets []byte // four bytes a string
	text    []byte
	wide    bool // UTF-16
	known   map[uint32]string
	// left is how many more bytes may be decoded: offsets may overlap, so that a small pool could
	// otherwise be made to hold any number of bytes.
	left      int
	exhausted bool
	astray    bool            // a string was asked for that is not there
	unended   map[uint32]bool // strings that were asked for and that no zero follows
}

const (
	poolUTF8   = 0x100
	poolHeader = 28
)

// newPool reads the header of a string pool, and says what is odd about it.
func newPool(c chunk) (*pool, []string) {
	p := &pool{known: map[uint32]string{}, unended: map[uint32]bool{}}
	if len(c.data) < poolHeader {
		return p, []string{"a string pool is cut off in its header"}
	}
	var problems []string
	if c.cut {
		problems = append(problems, "a string pool is cut off")
	}
	count, flags := u32(c.data, 8), u32(c.data, 16)
	start, styles := int64(u32(c.data, 20)), int64(u32(c.data, 24))
	p.wide = flags&poolUTF8 == 0
	p.offsets = c.body()
	if most := uint32(len(p.offsets) / 4); count > most {
		problems = append(problems, "a string pool claims more strings than it has room for")
		count = most
	}
	p.offsets = p.offsets[:4*count]
	end := int64(len(c.data))
	if u32(c.data, 12) > 0 && styles > start && styles < end {
		end = styles
	}
	if start > end {
		problems = append(problems, "the strings of a string pool begin behind its end")
		start = end
	}
	p.text = c.data[start:end]
	p.left = 4*len(p.text) + 1<<20
	return p, problems
}

// get is the string with the index; not ok where there is none.
func (p *pool) get(index uint32) (string, bool) {
	if p == nil || uint64(index) >= uint64(len(p.offsets)/4) {
		if p != nil && index != math.MaxUint32 {
			p.astray = true
		}
		return "", false
	}
	if s, ok := p.known[index]; ok {
		return s, true
	}
	if p.left < 0 {
		p.exhausted = true
		return "", false
	}
	at := u32(p.offsets, int(index)*4)
	if uint64(at) >= uint64(len(p.text)) {
		p.astray = true
		return "", false
	}
	s, ended := p.decode(p.text[at:])
	if !ended {
		p.unended[index] = true
	}
	if p.left -= len(s) + 16; p.left < 0 {
		p.exhausted = true
		return "", false
	}
	p.known[index] = s
	return s, true
}

// ends tells whether a zero follows the string with the index, which has been asked for.
func (p *pool) ends(index uint32) bool { return p == nil || !p.unended[index] }

// decode reads the string at the beginning of data, and whether it ends in a zero.
func (p *pool) decode(data []byte) (s string, ended bool) {
	if p.wide {
		return wideAt(data)
	}
	return narrowAt(data)
}

// narrowAt reads a string of UTF-8: its length in UTF-16, its length in bytes, the bytes and a zero.
func narrowAt(data []byte) (s string, ended bool) {
	_, data = shortLength(data)
	size, data := shortLength(data)
	// The length has 15 bits: those of longer strings are cut, and the zero at the end finds them.
	for long := size + 0x8000; at(data, size) != 0 && long < len(data); long += 0x8000 {
		if data[long] == 0 {
			size = long
		}
	}
	return sound(data[:min(size, len(data))]), size < len(data) && data[size] == 0
}

// at is the byte at i, 0 beyond the end.
func at(data []byte, i int) byte {
	if i < len(data) {
		return data[i]
	}
	return 0
}

// shortLength reads a length of one byte, or of two where the first has its highest bit set.
func shortLength(data []byte) (int, []byte) {
	switch {
	case len(data) == 0:
		return 0, nil
	case data[0]&0x80 == 0:
		return int(data[0]), data[1:]
	case len(data) == 1:
		return 0, nil
	}
	return int(data[0]&0x7f)<<8 | int(data[1]), data[2:]
}

// wideAt reads a string of UTF-16: its length in units (two units where the first has its highest bit
// set), the units and a zero.
func wideAt(data []byte) (s string, ended bool) {
	size := int(u16(data, 0))
	data = data[min(2, len(data)):]
	if size&0x8000 != 0 {
		size = size&0x7fff<<16 | int(u16(data, 0))
		data = data[min(2, len(data)):]
	}
	size = min(size, len(data)/2)
	units := make([]uint16, size)
	for i := range units {
		units[i] = u16(data, 2*i)
	}
	return string(utf16.Decode(units)), 2*size+1 < len(data) && u16(data, 2*size) == 0
}

// sound is data as a string of proper UTF-8. Old tools wrote characters outside the first plane as
// two surrogates of three bytes each; those are put together.
func sound(data []byte) string {
	if !bytes.Contains(data, []byte{0xed}) {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	var b strings.Builder
	for i := 0; i < len(data); {
		high, ok := surrogate(data[i:])
		if low, also := surrogate(data[min(i+3, len(data)):]); ok && also {
			if r := utf16.DecodeRune(high, low); r != 0xfffd {
				b.WriteRune(r)
				i += 6
				continue
			}
		}
		b.WriteByte(data[i])
		i++
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// surrogate decodes half of a pair, written as if it were a character.
func surrogate(data []byte) (rune, bool) {
	if len(data) < 3 || data[0] != 0xed || data[1] < 0xa0 || data[1]&0xc0 != 0x80 || data[2]&0xc0 != 0x80 {
		return 0, false
	}
	return 0xd000 | rune(data[1]&0x3f)<<6 | rune(data[2]&0x3f), true
}
