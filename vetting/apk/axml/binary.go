package axml

import "strings"

// binaryReader walks the chunks of binary XML.
type binaryReader struct {
	doc     *Document
	strings *pool
	ids     []byte // of attributes' names, four bytes each, in the pool's order
	open    []*Element
	skipped int // open elements that are not kept, being too deep
	left    int // attributes that may still be read
}

const attributeSize = 20

// binary reads Android's binary XML. The outermost chunk's type is not looked at: Android does not.
func (d *Document) binary(data []byte) {
	outer, ok := chunkAt(data)
	if !ok {
		d.lose("the header is not one of binary XML")
		return
	}
	switch {
	case outer.cut:
		d.lose("the file is shorter than its header says: Android would refuse it")
	case len(outer.data) < len(data):
		d.problem("%d bytes follow the document, and are no part of it", len(data)-len(outer.data))
	}
	if outer.kind != chunkXML {
		d.problem("the file does not call itself binary XML, which Android does not mind")
	}
	r := &binaryReader{doc: d, left: len(data)/8 + 16}
	r.walk(outer)
	if r.strings != nil && r.strings.astray {
		d.lose("it names strings that are not there")
	}
	if r.strings != nil && r.strings.exhausted {
		d.lose("strings overlap so often that not all were read")
	}
}

func (r *binaryReader) walk(outer chunk) {
	rest := outer.body()
	for len(rest) > 0 {
		offset := len(outer.data) - len(rest)
		c, ok := chunkAt(rest)
		if !ok {
			r.doc.lose("byte %d: no chunk can begin here; what follows was not read", offset)
			return
		}
		if c.cut {
			r.doc.lose("byte %d: a chunk claims more bytes than there are", offset)
		}
		r.read(c, offset)
		rest = rest[len(c.data):]
	}
	if len(r.open) > 0 {
		r.doc.lose("the document ends inside the element %s", r.open[len(r.open)-1].Name)
	}
}

// read takes in one chunk. String pools and resource maps count before the first node alone: that is
// when Android looks for them.
func (r *binaryReader) read(c chunk, offset int) {
	begun := r.doc.Root != nil
	switch {
	case c.kind == chunkPool && !begun:
		var problems []string
		r.strings, problems = newPool(c)
		r.doc.Problems = note(r.doc.Problems, problems...)
	case c.kind == chunkResourceMap && !begun:
		r.ids = c.body()
	case c.kind == chunkStart:
		r.start(c, offset)
	case c.kind == chunkEnd:
		r.end()
	case c.kind == chunkText:
		if len(r.open) > 0 && r.skipped == 0 {
			text, _ := r.strings.get(u32(c.body(), 0))
			e := r.open[len(r.open)-1]
			e.Text = joined(e.Text, text)
		}
	case c.kind >= chunkFirstNode && c.kind <= chunkLastNode:
		// Namespaces: their prefixes matter to nobody who goes by their addresses.
	default:
		r.doc.problem("byte %d: a chunk of type 0x%04x was skipped, as Android does", offset, c.kind)
	}
}

// joined is two pieces of text as one, without growing beyond reason.
func joined(a, b string) string {
	if len(a)+len(b) > 8<<10 {
		return a
	}
	return a + strings.TrimSpace(b)
}

func (r *binaryReader) start(c chunk, offset int) {
	ext := c.body()
	if len(ext) < 20 {
		r.doc.lose("byte %d: an element is cut off", offset)
		return
	}
	if len(r.open) >= maxDepth {
		r.skipped++
		r.doc.lose("elements lie deeper than %d: those were not read", maxDepth)
		return
	}
	e := &Element{}
	e.Namespace, _ = r.strings.get(u32(ext, 0))
	e.Name, _ = r.strings.get(u32(ext, 4))
	if !r.strings.ends(u32(ext, 0)) || !r.strings.ends(u32(ext, 4)) {
		r.doc.Refused = "names of its elements do not end in a zero: newer versions of Android do not read it"
		r.doc.problem("%s", r.doc.Refused)
	}
	first, stride, count := int(u16(ext, 8)), int(u16(ext, 10)), int(u16(ext, 12))
	if count > 0 && stride != attributeSize {
		r.doc.problem("byte %d: attributes are %d bytes apart instead of %d", offset, stride, attributeSize)
	}
	for i := range count {
		at := first + i*stride
		if at+attributeSize > len(ext) || r.left == 0 {
			r.doc.lose("byte %d: the element %s claims more attributes than it has", offset, e.Name)
			break
		}
		r.left--
		e.Attributes = append(e.Attributes, r.attribute(ext[at:at+attributeSize]))
	}
	r.doc.attach(r.open, e)
	r.open = append(r.open, e)
}

// attach puts an element where it belongs. A second root is none: Android stops at the end of the
// first.
func (d *Document) attach(open []*Element, e *Element) {
	switch {
	case len(open) > 0:
		parent := open[len(open)-1]
		parent.Children = append(parent.Children, e)
	case d.Root == nil:
		d.Root = e
	default:
		d.problem("the element %s follows the end of the document, where Android does not look", e.Name)
	}
}

func (r *binaryReader) end() {
	switch {
	case r.skipped > 0:
		r.skipped--
	case len(r.open) > 0:
		r.open = r.open[:len(r.open)-1]
	default:
		r.doc.problem("an element ends that never began")
	}
}

func (r *binaryReader) attribute(data []byte) Attribute {
	var a Attribute
	name := u32(data, 4)
	a.Namespace, _ = r.strings.get(u32(data, 0))
	a.Name, _ = r.strings.get(name)
	if uint64(name) < uint64(len(r.ids)/4) {
		a.ID = u32(r.ids, int(name)*4)
	}
	a.Raw, _ = r.strings.get(u32(data, 8))
	a.Value = Value{Type: Type(data[15]), Data: u32(data, 16)}
	if a.Value.Type == String {
		a.Value.Text, _ = r.strings.get(a.Value.Data)
	}
	a.settle()
	if a.ID == 0 && a.Namespace == Android {
		r.doc.problem("the attribute android:%s carries no resource id, so Android does not see it", a.Name)
	}
	return a
}

// settle gives the attribute the name that Android knows it by.
func (a *Attribute) settle() {
	if known := attributeNames[a.ID]; known != "" {
		if a.Name != known {
			a.Written = a.Name
		}
		a.Name, a.Namespace = known, Android
	}
}
