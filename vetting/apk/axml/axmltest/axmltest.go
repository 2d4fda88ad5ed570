package axmltest

import (
	"encoding/binary"
	"unicode/utf16"

	"portcullis/vetting/apk/axml"
)

var le = binary.LittleEndian

// Chunk is a chunk with a header of 8 bytes and what extra holds of it.
func Chunk(kind uint16, extra, body []byte) []byte {
	b := le.AppendUint16(nil, kind)
	b = le.AppendUint16(b, uint16(8+len(extra)))
	b = le.AppendUint32(b, uint32(8+len(extra)+len(body)))
	return append(append(b, extra...), body...)
}

// Words are numbers of 32 bits, one after the other.
func Words(words ...uint32) []byte {
	var b []byte
	for _, w := range words {
		b = le.AppendUint32(b, w)
	}
	return b
}

// Pool is a string pool, in UTF-16 or UTF-8.
func Pool(wide bool, texts ...string) []byte {
	var offsets, data []byte
	for _, s := range texts {
		offsets = le.AppendUint32(offsets, uint32(len(data)))
		units := utf16.Encode([]rune(s))
		if !wide {
			data = append(length(length(data, len(units)), len(s)), s...)
			data = append(data, 0)
			continue
		}
		data = le.AppendUint16(data, uint16(len(units)))
		for _, u := range append(units, 0) {
			data = le.AppendUint16(data, u)
		}
	}
	for len(data)%4 != 0 {
		data = append(data, 0)
	}
	flags := uint32(0x100)
	if wide {
		flags = 0
	}
	extra := Words(uint32(len(texts)), 0, flags, uint32(28+len(offsets)), 0)
	return Chunk(1, extra, append(offsets, data...))
}

func length(b []byte, n int) []byte {
	if n > 0x7f {
		b = append(b, byte(n>>8)&0x7f|0x80)
	}
	return append(b, byte(n))
}

// Android is an attribute of Android's own, with its resource id.
func Android(name string, id uint32, v axml.Value) axml.Attribute {
	return axml.Attribute{Namespace: axml.Android, Name: name, ID: id, Value: v}
}

// Text is a value that is text.
func Text(s string) axml.Value { return axml.Value{Type: axml.String, Text: s} }

// Plain is an attribute without a namespace.
func Plain(name, value string) axml.Attribute {
	return axml.Attribute{Name: name, Raw: value, Value: Text(value)}
}

// Writer writes one document. Its zero value writes it well; the fields make it odd.
type Writer struct {
	Wide   bool
	Stride int    // bytes from attribute to attribute, 20 where it is 0
	Before []byte // chunks before the string pool
	Middle []byte // chunks before the first element

	texts []string
	ids   []uint32
	index map[string]uint32
}

// Document writes root as binary XML.
func Document(root *axml.Element) []byte { return (&Writer{}).Document(root) }

// Document writes root.
func (w *Writer) Document(root *axml.Element) []byte {
	w.texts, w.ids, w.index = nil, nil, map[string]uint32{}
	w.name(root)
	nodes := w.element(nil, root)
	body := append(append([]byte{}, w.Before...), Pool(w.Wide, w.texts...)...)
	body = append(body, Chunk(0x180, nil, Words(w.ids...))...)
	body = append(append(body, w.Middle...), nodes...)
	return Chunk(3, nil, body)
}

// name puts the names that have ids first, as the resource map wants it.
func (w *Writer) name(e *axml.Element) {
	for _, a := range e.Attributes {
		key := idKey(a)
		if _, ok := w.index[key]; a.ID != 0 && !ok {
			w.index[key] = uint32(len(w.texts))
			w.texts = append(w.texts, a.Name)
			w.ids = append(w.ids, a.ID)
		}
	}
	for _, c := range e.Children {
		w.name(c)
	}
}

func idKey(a axml.Attribute) string { return "\x00" + string(Words(a.ID)) + a.Name }

func (w *Writer) text(s string) uint32 {
	if s == "" {
		return 0xffffffff
	}
	if _, ok := w.index[s]; !ok {
		w.index[s] = uint32(len(w.texts))
		w.texts = append(w.texts, s)
	}
	return w.index[s]
}

func (w *Writer) element(b []byte, e *axml.Element) []byte {
	stride := w.Stride
	if stride == 0 {
		stride = 20
	}
	ext := Words(w.text(e.Namespace), w.text(e.Name))
	for _, n := range []int{20, stride, len(e.Attributes), 0, 0, 0} {
		ext = le.AppendUint16(ext, uint16(n))
	}
	for _, a := range e.Attributes {
		ext = append(ext, w.attribute(a)...)
		ext = append(ext, make([]byte, max(0, stride-20))...)
	}
	b = append(b, Chunk(0x102, Words(1, 0xffffffff), ext)...)
	if e.Text != "" {
		b = append(b, Chunk(0x104, Words(1, 0xffffffff), append(Words(w.text(e.Text)), 8, 0, 0, 0, 0, 0, 0, 0))...)
	}
	for _, c := range e.Children {
		b = w.element(b, c)
	}
	return append(b, Chunk(0x103, Words(1, 0xffffffff), Words(w.text(e.Namespace), w.text(e.Name)))...)
}

func (w *Writer) attribute(a axml.Attribute) []byte {
	name := w.index[idKey(a)]
	if a.ID == 0 {
		name = w.text(a.Name)
	}
	data, raw := a.Value.Data, uint32(0xffffffff)
	if a.Value.Type == axml.String {
		data = w.text(a.Value.Text)
		raw = data
	}
	b := Words(w.text(a.Namespace), name, raw)
	b = append(b, 8, 0, 0, byte(a.Value.Type))
	return le.AppendUint32(b, data)
}

// Block is one chunk of a table's values: entries of one type by index, for one configuration.
type Block struct {
	Config  []byte // after its size; may be empty
	Flags   byte   // 1 for sparse offsets, 2 for short ones
	Compact bool
	Entries map[uint32]axml.Value // of type 1
}

// Table writes resources.arsc with one package of id 0x7f, whose first type is called kind and whose
// entries are called name.
func Table(kind string, blocks ...Block) []byte {
	var texts []string
	var chunks []byte
	for _, b := range blocks {
		chunks = append(chunks, b.chunk(&texts)...)
	}
	types := Pool(true, kind)
	keys := Pool(false, "name")
	head := Words(0x7f)
	head = append(head, make([]byte, 256)...)
	size := uint32(8 + len(head) + 20)
	head = append(head, Words(size, 0, size+uint32(len(types)), 0, 0)...)
	body := append(append(types, keys...), chunks...)
	return Chunk(2, Words(1), append(Pool(false, texts...), Chunk(0x200, head, body)...))
}

func (b Block) chunk(texts *[]string) []byte {
	var offsets, entries []byte
	count := uint32(0)
	for index := range uint32(64) {
		v, ok := b.Entries[index]
		at := len(entries)
		if ok {
			if v.Type == axml.String {
				v.Data = uint32(len(*texts))
				*texts = append(*texts, v.Text)
			}
			entries = append(entries, b.entry(v)...)
		}
		switch {
		case b.Flags&1 != 0 && ok:
			offsets = le.AppendUint16(le.AppendUint16(offsets, uint16(index)), uint16(at/4))
		case b.Flags&2 != 0 && ok:
			offsets = le.AppendUint16(offsets, uint16(at/4))
		case b.Flags&2 != 0:
			offsets = le.AppendUint16(offsets, 0xffff)
		case b.Flags&1 == 0 && ok:
			offsets = le.AppendUint32(offsets, uint32(at))
		case b.Flags&1 == 0:
			offsets = le.AppendUint32(offsets, 0xffffffff)
		}
		if ok || b.Flags&1 == 0 {
			count++
		}
	}
	config := le.AppendUint32(nil, uint32(4+len(b.Config)))
	config = append(config, b.Config...)
	extra := append([]byte{1, b.Flags, 0, 0}, Words(count, uint32(20+len(config)+len(offsets)))...)
	return Chunk(0x201, append(extra, config...), append(offsets, entries...))
}

func (b Block) entry(v axml.Value) []byte {
	if b.Compact {
		return append([]byte{0, 0, 8, byte(v.Type)}, Words(v.Data)...)
	}
	e := append([]byte{8, 0, 0, 0}, Words(0)...)
	return append(append(e, 8, 0, 0, byte(v.Type)), Words(v.Data)...)
}
