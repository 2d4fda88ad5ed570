package axml

import "bytes"

// Strings yields every text that a document or a table holds, in whichever form it is written: names,
// values, and whatever else lies in the string pools. What it yields is valid until the next. It is not
// ok where not all could be read.
func Strings(data []byte, yield func([]byte)) (ok bool) {
	ok = len(data) > 0 && isMessage(data)
	if ok {
		m := messageStrings{yield: yield, left: 4*len(data) + 1<<20}
		m.read(data, 0)
		ok = m.left >= 0
	}
	if c, isChunk := chunkAt(data); isChunk && (!ok || !c.cut) { // some bytes can be taken for either
		behind := data[len(c.data):]
		ok = poolStrings(c, 0, yield) && len(bytes.Trim(behind, "\x00")) == 0
	}
	return ok
}

func isMessage(data []byte) bool { return fields(data, func(field) {}) }

// messageStrings yields the texts in protobuf messages of whichever kind: what is no message itself, and what can be
// one and begins as a text does.
type messageStrings struct {
	yield func([]byte)
	left  int // bytes that may still be yielded: messages lie in each other, so that a small one could go on for long
}

// maxMessages is how deep messages lie in each other: a table's lie 11 deep, and an element takes two.
const maxMessages = 100

func (m *messageStrings) read(message []byte, depth int) {
	fields(message, func(f field) {
		if len(f.bytes) == 0 {
			return
		}
		inner := depth < maxMessages && isMessage(f.bytes)
		if inner {
			m.read(f.bytes, depth+1)
		}
		if m.left >= 0 && (!inner || f.bytes[0] >= ' ') {
			m.left -= len(f.bytes)
			m.yield(f.bytes)
		}
	})
}

// poolStrings goes through the chunks inside c, and those inside packages.
func poolStrings(c chunk, depth int, yield func([]byte)) bool {
	whole := !c.cut
	for rest := c.body(); len(rest) > 0; {
		inner, ok := chunkAt(rest)
		if !ok {
			return false
		}
		switch {
		case inner.kind == chunkPool:
			p, problems := newPool(inner)
			whole = p.each(yield) && len(problems) == 0 && whole
		case inner.kind == chunkPackage && depth == 0:
			whole = poolStrings(inner, 1, yield) && whole
		}
		whole = whole && !inner.cut
		rest = rest[len(inner.data):]
	}
	return whole
}

// each yields the strings of a pool without keeping them. It is not ok where strings overlap so often
// that it had to stop.
func (p *pool) each(yield func([]byte)) bool {
	left := p.left
	var narrow []byte
	for i := 0; i < len(p.offsets); i += 4 {
		at := u32(p.offsets, i)
		if uint64(at) >= uint64(len(p.text)) {
			continue
		}
		s := p.text[at:]
		if p.wide {
			text, _ := wideAt(s)
			narrow = append(narrow[:0], text...)
			s = narrow
		} else {
			_, s = shortLength(s)
			var size int
			size, s = shortLength(s)
			s = s[:min(size, len(s))]
		}
		if left -= len(s) + 4; left < 0 {
			return false
		}
		yield(s)
	}
	return true
}
