package axml

import "encoding/binary"

// Types of chunks (ResourceTypes.h, ResChunk_header).
const (
	chunkPool        = 0x0001
	chunkTable       = 0x0002
	chunkXML         = 0x0003
	chunkFirstNode   = 0x0100
	chunkStart       = 0x0102
	chunkEnd         = 0x0103
	chunkText        = 0x0104
	chunkLastNode    = 0x017f
	chunkResourceMap = 0x0180
	chunkPackage     = 0x0200
	chunkType        = 0x0201
)

// none is the index that stands for nothing.
const none = 0xffffffff

// chunk is one block of either format: its header, and all its bytes with the header.
type chunk struct {
	kind   int
	header int // bytes of the header
	data   []byte
	cut    bool // it claims more bytes than there are
}

// chunkAt reads the chunk at the beginning of data. It is not ok where its header cannot be: then
// nobody knows where the next one begins.
func chunkAt(data []byte) (c chunk, ok bool) {
	if len(data) < 8 {
		return chunk{}, false
	}
	c = chunk{kind: int(u16(data, 0)), header: int(u16(data, 2)), data: data}
	size := u32(data, 4)
	switch {
	case size < 8 || c.header < 8 || uint32(c.header) > size:
		return c, false
	case uint64(size) > uint64(len(data)):
		c.cut = true
	default:
		c.data = data[:size]
	}
	return c, c.header <= len(c.data)
}

// body is what follows the header.
func (c chunk) body() []byte { return c.data[c.header:] }

// u16 reads a number, little-endian; 0 beyond the end.
func u16(data []byte, at int) uint16 {
	if at < 0 || at > len(data)-2 {
		return 0
	}
	return binary.LittleEndian.Uint16(data[at:])
}

// u32 reads a number, little-endian; 0 beyond the end.
func u32(data []byte, at int) uint32 {
	if at < 0 || at > len(data)-4 {
		return 0
	}
	return binary.LittleEndian.Uint32(data[at:])
}
