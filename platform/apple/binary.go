package apple

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf16"
)

// binaryMagic begins a binary property list.
const binaryMagic = "bplist"

// maxBinary bounds a binary property list, which can only be read whole: its end says where its
// values are.
const maxBinary = 64 << 20

var (
	errNotWhole  = errors.New("the binary property list is damaged or not whole")
	errEntangled = errors.New("the binary property list uses the same values over and over")
)

// binaryValues are the values of a binary property list (version 00, as CFBinaryPList.c of Apple's
// CoreFoundation describes it): objects that refer to each other by number, then a table of their
// offsets, then a trailer of 32 bytes.
type binaryValues struct {
	data    []byte
	objects int // how many there are
	table   int // where their offsets are
	size    int // bytes of an offset
	refSize int // bytes of a reference
	pinned  int // the line of the whole

	at int // the present object
	// budget bounds the work: a short list can refer to one long value a great many times.
	budget int
}

// newBinary reads a binary property list and returns its values at the root, and the root's kind.
func newBinary(in io.Reader, line int) (*binaryValues, string, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxBinary+1))
	if err != nil {
		return nil, "", err
	}
	const trailer = 32
	if len(data) > maxBinary {
		return nil, "", fmt.Errorf("a binary property list is longer than %d MiB", maxBinary>>20)
	}
	if len(data) < len(binaryMagic)+2+trailer {
		return nil, "", errNotWhole
	}
	end := len(data) - trailer
	tail := data[end:]
	count, root, table := binary.BigEndian.Uint64(tail[8:]), binary.BigEndian.Uint64(tail[16:]), binary.BigEndian.Uint64(tail[24:])
	b := &binaryValues{data: data[:end], size: int(tail[6]), refSize: int(tail[7]), pinned: line, budget: 64*len(data) + 4096}
	switch {
	case b.size < 1 || b.size > 8 || b.refSize < 1 || b.refSize > 8,
		table > uint64(end), count > (uint64(end)-table)/uint64(b.size), root >= count:
		return nil, "", errNotWhole
	}
	b.objects, b.table, b.at = int(count), int(table), int(root)
	kind, err := b.kind()
	return b, kind, err
}

func (b *binaryValues) line() int { return b.pinned }

// number reads a number of size bytes at a place; the highest bit comes first.
func (b *binaryValues) number(at, size int) (uint64, error) {
	if at < 0 || at > len(b.data)-size {
		return 0, errNotWhole
	}
	var n uint64
	for _, c := range b.data[at : at+size] {
		n = n<<8 | uint64(c)
	}
	return n, nil
}

// The kinds of object, in the upper half of their first byte.
const (
	binaryInteger = 0x10
	binaryReal    = 0x20
	binaryData    = 0x40
	binaryASCII   = 0x50
	binaryUTF16   = 0x60
	binaryArray   = 0xa0
	binaryDict    = 0xd0
)

// kinds are their names in XML; other kinds are not read.
var kinds = map[byte]string{
	binaryInteger: "integer", binaryReal: "real", binaryData: "data", binaryASCII: "string", binaryUTF16: "string", binaryArray: "array", binaryDict: "dict",
}

// head reads the beginning of an object: its kind, the number in it (the count of its entries, of
// its characters or, for a number and data, of its bytes) and where its content begins.
func (b *binaryValues) head(object int) (kind byte, count, start int, err error) {
	offset, err := b.number(b.table+object*b.size, b.size)
	if err != nil || offset >= uint64(len(b.data)) {
		return 0, 0, 0, errNotWhole
	}
	at := int(offset)
	kind, low := b.data[at]&0xf0, int(b.data[at]&0xf)
	switch {
	case kind == binaryInteger && low > 4, kind == binaryReal && low != 2 && low != 3:
		return 0, 0, 0, errNotWhole
	case kind == binaryInteger, kind == binaryReal:
		return kind, 1 << low, at + 1, nil
	case low != 0xf:
		return kind, low, at + 1, nil
	}
	size, err := b.number(at+1, 1)
	if err != nil || size&0xf0 != binaryInteger || size&0xf > 3 {
		return 0, 0, 0, errNotWhole
	}
	bytes := 1 << (size & 0xf)
	n, err := b.number(at+2, bytes)
	if err != nil || n > uint64(len(b.data)) {
		return 0, 0, 0, errNotWhole
	}
	return kind, int(n), at + 2 + bytes, nil
}

// kind is the name of the present object's kind.
func (b *binaryValues) kind() (string, error) {
	kind, low, _, err := b.head(b.at)
	switch name, ok := kinds[kind]; {
	case ok:
		return name, err
	case kind == 0 && low == 8:
		return "false", err
	case kind == 0 && low == 9:
		return "true", err
	}
	return "other", err
}

// reference reads the i-th of the references that begin at start.
func (b *binaryValues) reference(start, i int) (int, error) {
	n, err := b.number(start+i*b.refSize, b.refSize)
	if err != nil || n >= uint64(b.objects) {
		return 0, errNotWhole
	}
	return int(n), nil
}

func (b *binaryValues) spend(n int) error {
	if b.budget -= n; b.budget < 0 {
		return errEntangled
	}
	return nil
}

func (b *binaryValues) dict(member func(key, kind string) error) error {
	kind, count, start, err := b.head(b.at)
	if err != nil || kind != binaryDict {
		return err
	}
	return b.each(count, func(i int) error {
		if b.at, err = b.reference(start, i); err != nil {
			return err
		}
		key, err := b.text()
		if err != nil {
			return err
		}
		if b.at, err = b.reference(start, count+i); err != nil {
			return err
		}
		kind, err := b.kind()
		if err != nil {
			return err
		}
		return member(key, kind)
	})
}

func (b *binaryValues) array(element func(kind string) error) error {
	kind, count, start, err := b.head(b.at)
	if err != nil || kind != binaryArray {
		return err
	}
	return b.each(count, func(i int) error {
		if b.at, err = b.reference(start, i); err != nil {
			return err
		}
		kind, err := b.kind()
		if err != nil {
			return err
		}
		return element(kind)
	})
}

// each calls entry for each of count entries.
func (b *binaryValues) each(count int, entry func(i int) error) error {
	for i := range count {
		if err := b.spend(1); err != nil {
			return err
		}
		if err := entry(i); err != nil {
			return err
		}
	}
	return nil
}

func (b *binaryValues) text() (string, error) {
	kind, count, start, err := b.head(b.at)
	if err != nil {
		return "", err
	}
	if kind == binaryUTF16 {
		count *= 2
	}
	if err := b.spend(count); err != nil {
		return "", err
	}
	if start+count > len(b.data) {
		return "", errNotWhole
	}
	content := b.data[start : start+count]
	switch kind {
	case binaryASCII, binaryData:
		return string(content), nil
	case binaryUTF16:
		units := make([]uint16, count/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(content[2*i:])
		}
		return string(utf16.Decode(units)), nil
	case binaryInteger:
		n, err := b.number(start, min(count, 8))
		return strconv.FormatInt(int64(n), 10), err
	case binaryReal:
		n, err := b.number(start, count)
		if real := math.Float64frombits(n); count == 8 {
			return strconv.FormatFloat(real, 'g', -1, 64), err
		}
		return strconv.FormatFloat(float64(math.Float32frombits(uint32(n))), 'g', -1, 32), err
	}
	return "", nil
}

func (b *binaryValues) bytes() (string, error) { return b.text() }
