package dex

// Kinds of encoded values whose bytes need more than to be passed over.
const (
	valueString     = 0x17
	valueArray      = 0x1c
	valueAnnotation = 0x1d
	valueNull       = 0x1e
	valueBoolean    = 0x1f
)

// maxNesting is how deep encoded arrays and annotations stand in each other at most; what stands deeper is left.
const maxNesting = 16

// array reads an encoded array.
func (c *cursor) array(depth int) {
	for n := c.uleb(); n > 0 && c.ok(); n-- {
		c.value(depth)
	}
}

// value reads an encoded value and notes it if it is a string.
func (c *cursor) value(depth int) {
	head := c.byte()
	size := int(head>>5) + 1
	switch head & 0x1f {
	case valueNull, valueBoolean:
	case valueArray, valueAnnotation:
		if depth == maxNesting {
			c.w.deep, c.at = true, -1
			return
		}
		if head&0x1f == valueArray {
			c.array(depth + 1)
		} else {
			c.annotation(depth + 1)
		}
	case valueString:
		index := 0
		for i := range min(size, 4) {
			index |= int(c.byte()) << (8 * i)
		}
		if c.at >= 0 {
			c.w.strings.add(index)
		}
	default:
		for range size {
			c.byte()
		}
	}
}

// annotation reads an encoded annotation.
func (c *cursor) annotation(depth int) {
	c.uleb() // type
	for n := c.uleb(); n > 0 && c.ok(); n-- {
		c.uleb() // name
		c.value(depth)
	}
}
