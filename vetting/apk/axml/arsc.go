package axml

import (
	"sort"
	"strings"
)

// block is a chunk of values: those of one type, for one configuration.
type block struct {
	config  Config
	flags   byte
	offsets []byte
	count   int
	entries []byte
}

// Flags of a block and of an entry (ResourceTypes.h, ResTable_type and ResTable_entry).
const (
	blockSparse  = 0x01
	blockShort   = 0x02 // offsets of two bytes
	entryComplex = 0x01
	entryCompact = 0x08
)

// maxPackages bounds what a table may name; apps have one, or a few with shared libraries.
const maxPackages = 256

// arsc finds the packages, types and pools. Entries are read when somebody asks.
func (t *Table) arsc(outer chunk) {
	if outer.cut {
		t.problem("the table is shorter than its header says")
	}
	t.each(outer.body(), func(c chunk) {
		var problems []string
		switch {
		case c.kind == chunkPool && t.strings == nil:
			t.strings, problems = newPool(c)
		case c.kind == chunkPackage && len(t.packages) < maxPackages:
			t.packages = append(t.packages, t.resources(c))
		}
		t.Problems = note(t.Problems, problems...)
	})
}

// each calls f for one chunk after the other.
func (t *Table) each(rest []byte, f func(chunk)) {
	for len(rest) > 0 {
		c, ok := chunkAt(rest)
		if !ok {
			t.problem("no chunk can begin %d bytes before the end; what follows was not read", len(rest))
			return
		}
		if c.cut {
			t.problem("a chunk of type 0x%04x claims more bytes than there are", c.kind)
		}
		f(c)
		rest = rest[len(c.data):]
	}
}

func (t *Table) resources(c chunk) *resources {
	const nameAt, nameSize = 12, 256
	p := &resources{id: u32(c.data, 8), blocks: map[uint32][]block{}}
	p.name = wideName(c.data[min(nameAt, len(c.data)):min(nameAt+nameSize, len(c.data))])
	p.types = t.poolAt(c, u32(c.data, nameAt+nameSize))
	p.keys = t.poolAt(c, u32(c.data, nameAt+nameSize+8))
	t.each(c.body(), func(inner chunk) {
		if inner.kind != chunkType || len(inner.data) < 20 {
			return
		}
		b := newBlock(inner)
		id := uint32(inner.data[8])
		p.blocks[id] = append(p.blocks[id], b)
	})
	return p
}

// poolAt reads the string pool at an offset of a package.
func (t *Table) poolAt(c chunk, at uint32) *pool {
	if uint64(at) >= uint64(len(c.data)) {
		return nil
	}
	inner, ok := chunkAt(c.data[at:])
	if !ok || inner.kind != chunkPool {
		return nil
	}
	p, problems := newPool(inner)
	t.Problems = note(t.Problems, problems...)
	return p
}

// wideName is a text of UTF-16 up to its first zero.
func wideName(data []byte) string {
	var b strings.Builder
	for i := 0; i+1 < len(data) && u16(data, i) != 0; i += 2 {
		b.WriteRune(rune(u16(data, i)))
	}
	return b.String()
}

func newBlock(c chunk) block {
	start := min(u32(c.data, 16), uint32(len(c.data)))
	config := c.data[min(20, c.header):c.header]
	return block{
		flags:   c.data[9],
		count:   int(min(u32(c.data, 12), 1<<16)),
		offsets: c.body(),
		entries: c.data[start:],
		config:  newConfig(config),
	}
}

// newConfig reads a configuration (ResTable_config): its size, the operator, language and country,
// and much that is only told apart from nothing.
func newConfig(data []byte) Config {
	if size := u32(data, 0); uint64(size) < uint64(len(data)) {
		data = data[:size]
	}
	c := Config{SDK: uint32(u16(data, 24))}
	if len(data) >= 12 {
		c.Locale = letters(data[8:10], 'a')
		if region := letters(data[10:12], '0'); region != "" {
			c.Locale += "-" + region
		}
	}
	for i, b := range data {
		locale := i >= 8 && i < 12 || i >= 36 && i < 48
		if b != 0 && i >= 4 && !locale && (i < 24 || i >= 28) && i < 52 {
			c.Other = true
		}
	}
	return c
}

// letters reads a language or region: two letters, or three packed into two bytes.
func letters(code []byte, base byte) string {
	switch {
	case code[0] == 0:
		return ""
	case code[0]&0x80 == 0:
		return string(code)
	}
	return string([]byte{
		base + code[1]&0x1f,
		base + code[1]>>5 + code[0]&0x03<<3,
		base + code[0]>>2&0x1f,
	})
}

// entry is where a block holds one resource.
type entry struct {
	key   uint32
	flags uint16
	data  []byte // from the entry's beginning to the block's end
}

// entry finds the entry with the index; not ok where the block has none.
func (b block) entry(index uint32) (entry, bool) {
	offset, ok := b.offset(index)
	if !ok || uint64(offset)+8 > uint64(len(b.entries)) {
		return entry{}, false
	}
	data := b.entries[offset:]
	e := entry{flags: u16(data, 2), data: data}
	if e.flags&entryCompact != 0 {
		e.key = uint32(u16(data, 0))
		return e, true
	}
	e.key = u32(data, 4)
	return e, u16(data, 0) >= 8
}

// offset is where the entry begins, counted from the first entry.
func (b block) offset(index uint32) (uint32, bool) {
	switch {
	case b.flags&blockSparse != 0:
		n := min(b.count, len(b.offsets)/4) // in the order of their indexes
		i := sort.Search(n, func(i int) bool { return uint32(u16(b.offsets, i*4)) >= index })
		return uint32(u16(b.offsets, i*4+2)) * 4, i < n && uint32(u16(b.offsets, i*4)) == index
	case int(index) >= b.count:
		return 0, false
	case b.flags&blockShort != 0:
		short := u16(b.offsets, int(index)*2)
		return uint32(short) * 4, short != 0xffff && int(index)*2+2 <= len(b.offsets)
	}
	long := u32(b.offsets, int(index)*4)
	return long, long != none && int(index)*4+4 <= len(b.offsets)
}

// read gives the values of a resource, one of each block that has it.
func (t *Table) read(p *resources, id uint32) []Configured {
	var values []Configured
	for _, b := range p.blocks[id>>16&0xff] {
		if !t.step(1) {
			break
		}
		e, ok := b.entry(id & 0xffff)
		if !ok {
			continue
		}
		c := Configured{Config: b.config}
		switch {
		case e.flags&entryCompact != 0:
			c.Value = t.value(byte(e.flags>>8), u32(e.data, 4))
		case e.flags&entryComplex != 0:
			c.Parent, c.Bag = u32(e.data, 8), t.bag(e.data)
		default:
			size := int(u16(e.data, 0))
			if size+8 > len(e.data) {
				continue
			}
			c.Value = t.value(e.data[size+3], u32(e.data, size+4))
		}
		values = append(values, c)
	}
	return values
}

// bag reads the items of a complex entry.
func (t *Table) bag(data []byte) []Item {
	const itemSize = 12
	var items []Item
	count := u32(data, 12)
	at := int(u16(data, 0))
	for ; count > 0 && at+itemSize <= len(data) && len(items) < 1<<12; count-- {
		items = append(items, Item{Name: u32(data, at), Value: t.value(data[at+7], u32(data, at+8))})
		at += itemSize
	}
	return items
}

func (t *Table) value(kind byte, data uint32) Value {
	v := Value{Type: Type(kind), Data: data}
	if v.Type == String {
		v.Text, _ = t.strings.get(data)
	}
	return v
}
