package sign

import (
	"encoding/binary"
	"errors"
)

// errShort is something that ends before it should.
var errShort = errors.New("it ends too early")

// cursor reads the little-endian values of the APK signature schemes one after another. After the
// first that is not there, everything is empty and err is set.
type cursor struct {
	b   []byte
	err error
}

func (c *cursor) empty() bool { return len(c.b) == 0 || c.err != nil }

func (c *cursor) take(n int) []byte {
	if c.err != nil || n < 0 || n > len(c.b) {
		c.err = errShort
		return nil
	}
	b := c.b[:n:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// bytes are those of a value that begins with its length.
func (c *cursor) bytes() []byte {
	n := c.u32()
	if n > uint32(len(c.b)) {
		c.err = errShort
		return nil
	}
	return c.take(int(n))
}

// sub is a cursor over a value that begins with its length. Its error is this one's too.
func (c *cursor) sub() *cursor {
	return &cursor{b: c.bytes(), err: c.err}
}
