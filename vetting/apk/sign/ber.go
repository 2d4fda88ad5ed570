package sign

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// Android and apksigner read signature blocks as BER, not as DER: lengths may be longer than they need
// be or left open, which encoding/asn1 refuses. This reads what X.690 calls BER, as far as signatures
// and certificates need it.

// Tags of the universal class, constructed where they always are.
const (
	tagBoolean   = 0x01
	tagInteger   = 0x02
	tagBitString = 0x03
	tagOctets    = 0x04
	tagOID       = 0x06
	tagSequence  = 0x30
	tagSet       = 0x31
	tagContext0  = 0xa0 // [0], constructed
	tagContext3  = 0xa3
)

var errBER = errors.New("it is not well-formed ASN.1")

// maxNesting is how deep values without a length may be nested.
const maxNesting = 32

// element is one value. Only tags below 31 are known, which are all that certificates use.
type element struct {
	tag     byte
	raw     []byte // all of it
	content []byte // without tag and length
}

// readElement reads the first value of b and returns what follows it.
func readElement(b []byte) (element, []byte, error) {
	e, rest, _, err := readNested(b, 0)
	return e, rest, err
}

// readNested reads a value; end tells that it was the mark at the end of a value without a length.
func readNested(b []byte, depth int) (e element, rest []byte, end bool, err error) {
	if len(b) < 2 || b[0]&0x1f == 0x1f || depth > maxNesting {
		return e, nil, false, errBER
	}
	tag, n, head := b[0], int(b[1]), 2
	switch {
	case n == 0x80:
		return readOpen(b, depth)
	case n > 0x80:
		wide := n & 0x7f
		if wide > 8 || len(b) < 2+wide {
			return e, nil, false, errBER
		}
		var length uint64
		for _, x := range b[2 : 2+wide] {
			length = length<<8 | uint64(x)
		}
		if length > uint64(len(b)) {
			return e, nil, false, errBER
		}
		n, head = int(length), 2+wide
	}
	if n > len(b)-head {
		return e, nil, false, errBER
	}
	return element{tag, b[:head+n], b[head : head+n]}, b[head+n:], tag == 0 && n == 0, nil
}

// readOpen reads a value without a length, which ends with two zero bytes.
func readOpen(b []byte, depth int) (e element, rest []byte, end bool, err error) {
	if b[0]&0x20 == 0 {
		return e, nil, false, errBER
	}
	for rest = b[2:]; ; {
		before := rest
		if _, rest, end, err = readNested(rest, depth+1); err != nil {
			return e, nil, false, err
		}
		if end {
			size := len(b) - len(before)
			return element{b[0], b[:len(b)-len(rest)], b[2:size]}, rest, false, nil
		}
	}
}

// readOne reads a value that must have the tag.
func readOne(b []byte, tag byte) (element, error) {
	e, _, err := readElement(b)
	if err == nil && e.tag != tag {
		err = errBER
	}
	return e, err
}

// berCursor reads the values inside a value one after another. After the first that is not as it
// should be, everything is empty and err is set.
type berCursor struct {
	b   []byte
	err error
}

// next is the next value, of any tag.
func (c *berCursor) next() element {
	if c.err != nil {
		return element{}
	}
	e, rest, err := readElement(c.b)
	c.b, c.err = rest, err
	return e
}

// want is the next value, which must have the tag.
func (c *berCursor) want(tag byte) element {
	e := c.next()
	if c.err == nil && e.tag != tag {
		c.err = errBER
		return element{}
	}
	return e
}

// maybe is the next value if it has the tag; ok is false where it has another or there is none.
func (c *berCursor) maybe(tag byte) (e element, ok bool) {
	if c.err != nil || len(c.b) == 0 || c.b[0] != tag {
		return element{}, false
	}
	return c.next(), c.err == nil
}

// into is a cursor over what is inside the next value.
func (c *berCursor) into(tag byte) *berCursor {
	e := c.want(tag)
	return &berCursor{b: e.content, err: c.err}
}

func (c *berCursor) more() bool { return c.err == nil && len(c.b) > 0 }

// integer is the next value, a whole number in two's complement.
func (c *berCursor) integer() *big.Int {
	e := c.want(tagInteger)
	if c.err != nil || len(e.content) == 0 {
		c.err = errBER
		return new(big.Int)
	}
	n := new(big.Int).SetBytes(e.content)
	if e.content[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(e.content))))
	}
	return n
}

// oid is the next value, an object identifier in dotted form.
func (c *berCursor) oid() string {
	e := c.want(tagOID)
	if c.err != nil {
		return ""
	}
	s, ok := dotted(e.content)
	if !ok {
		c.err = errBER
	}
	return s
}

// dotted is an object identifier in its usual form.
func dotted(b []byte) (string, bool) {
	if len(b) == 0 || len(b) > 128 || b[len(b)-1] >= 0x80 {
		return "", false
	}
	var s strings.Builder
	var n uint64
	first := true
	for _, x := range b {
		if n > 1<<56 {
			return "", false
		}
		n = n<<7 | uint64(x&0x7f)
		if x >= 0x80 {
			continue
		}
		if first {
			top := min(n/40, 2)
			s.WriteString(strconv.FormatUint(top, 10))
			n -= 40 * top
			first = false
		}
		s.WriteString("." + strconv.FormatUint(n, 10))
		n = 0
	}
	return s.String(), true
}

// bits are the bytes of a bit string.
func bits(e element) ([]byte, error) {
	if len(e.content) == 0 || e.content[0] > 7 {
		return nil, errBER
	}
	return e.content[1:], nil
}
