package axml

import (
	"maps"
	"slices"
)

// Strings yields every text that a document or a table holds, in whichever form it is written: names,
// values, and whatever else lies in the string pools. What it yields is valid until the next. It is not
// ok where not all could be read.
func Strings(data []byte, yield func([]byte)) (ok bool) {
	c, isChunk := chunkAt(data)
	switch {
	case isChunk && !looksProtobuf(data):
		return poolStrings(c, 0, yield)
	case looksProtobuf(data):
		d := &Document{}
		d.protobuf(data)
		elementStrings(d.Root, yield)
		return d.Root != nil && len(d.Problems) == 0
	}
	t := &Table{}
	t.protobuf(data)
	for _, p := range t.packages {
		for _, id := range slices.Sorted(maps.Keys(p.values)) {
			for _, v := range p.values[id] {
				if v.Value.Text != "" {
					yield([]byte(v.Value.Text))
				}
			}
		}
	}
	return len(t.packages) > 0 && len(t.Problems) == 0
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
			narrow = append(narrow[:0], wideAt(s)...)
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

func elementStrings(e *Element, yield func([]byte)) {
	if e == nil {
		return
	}
	yield([]byte(e.Name))
	if e.Text != "" {
		yield([]byte(e.Text))
	}
	for _, a := range e.Attributes {
		if s := a.Value.String(); s != "" {
			yield([]byte(s))
		}
	}
	for _, c := range e.Children {
		elementStrings(c, yield)
	}
}
