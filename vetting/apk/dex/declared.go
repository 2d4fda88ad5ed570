package dex

// Declared yields what the declarations of the defined classes name besides them: what they extend and implement, the types
// of their fields, of their methods' results and parameters, of the exceptions that they catch, and of local variables
// (where debug information is left), and the strings that static fields begin with. These are what a tool that lists a file without
// its instructions (dexdump) shows. What is yielded are type descriptors as the file has them, arrays too, generic signatures
// ("Ljava/util/List<Lcom/example/A;>;"), and other strings, in the order of the string table. It walks most of the file: call it where
// that is wanted.
func (f *File) Declared(yield func([]byte) bool) {
	w := walker{f: f, left: spread*len(f.data) + 4096, codes: newBits(len(f.data)), debug: newBits(len(f.data))}
	for k := range f.parts {
		p := &f.parts[k]
		w.part(p)
		if w.left < 0 {
			f.lose(k, "class_data", "takes more steps than the file has room for; not all declarations are read")
		}
		if w.deep {
			f.lose(k, "static_values", "stand deeper in each other than is read")
			w.deep = false
		}
		for i := range p.strings.walk {
			if !w.strings.has(i) {
				continue
			}
			if s, _ := f.stringData(p, i); s != nil && !yield(s) {
				return
			}
		}
	}
}

// walker goes over what a part's classes declare and notes the strings that it comes by.
type walker struct {
	f       *File
	p       *part
	strings bits // of the part at hand
	types   bits // whose strings are noted or need not be
	codes   bits // offsets of code that was gone over
	debug   bits // and of debug information: methods share it
	left    int  // steps until it is too much
	deep    bool // values stood deeper in each other than is read
}

func (w *walker) part(p *part) {
	w.p = p
	w.strings = newBits(p.strings.n)
	w.types = w.f.defined(p)
	for i := 0; i < p.classes.walk && w.left >= 0; i++ {
		at := p.classes.at(i)
		w.typ(w.f.u32(at + classSuper))
		w.typeList(w.f.u32(at + classInterfaces))
		w.classData(w.f.u32(at + classData))
		if off := w.f.u32(at + classStatics); w.room(off, 1) {
			c := cursor{w: w, at: int(off)}
			c.array(0)
		}
	}
}

// step spends n steps and reports whether there are any left.
func (w *walker) step(n int) bool {
	w.left -= n
	return w.left >= 0
}

// typ notes the type's name, unless the part defines it.
func (w *walker) typ(i uint32) {
	if int64(i) < int64(w.p.types.n) && w.types.add(int(i)) {
		w.strings.add(w.f.typeString(w.p, int(i)))
	}
}

// room reports whether n bytes are in the file at off, which is not 0: there the header is.
func (w *walker) room(off uint32, n int) bool {
	return off != 0 && int64(off)+int64(n) <= int64(len(w.f.data))
}

func (w *walker) typeList(off uint32) {
	if !w.room(off, 4) {
		return
	}
	n := int(w.f.u32(int(off)))
	for i := 0; i < n; i++ {
		at := int(off) + 4 + 2*i
		if at+2 > len(w.f.data) || !w.step(1) {
			return
		}
		w.typ(uint32(w.f.u16(at)))
	}
}

// classData goes over fields and methods of one class.
func (w *walker) classData(off uint32) {
	if !w.room(off, 4) {
		return
	}
	c := cursor{w: w, at: int(off)}
	static, instance, direct, virtual := c.uleb(), c.uleb(), c.uleb(), c.uleb()
	for _, n := range []uint32{static, instance} {
		index := uint32(0)
		for i := uint32(0); i < n && c.ok(); i++ {
			index += c.uleb()
			c.uleb() // access flags
			if c.at >= 0 {
				w.field(index)
			}
		}
	}
	for _, n := range []uint32{direct, virtual} {
		index := uint32(0)
		for i := uint32(0); i < n && c.ok(); i++ {
			index += c.uleb()
			c.uleb() // access flags
			if code := c.uleb(); c.at >= 0 {
				w.method(index)
				w.code(code)
			}
		}
	}
}

func (w *walker) field(i uint32) {
	if int64(i) < int64(w.p.fields.n) {
		w.typ(uint32(w.f.u16(w.p.fields.at(int(i)) + 2)))
	}
}

func (w *walker) method(i uint32) {
	if int64(i) >= int64(w.p.methods.n) {
		return
	}
	proto := int(w.f.u16(w.p.methods.at(int(i)) + 2))
	if proto >= w.p.protos.n {
		return
	}
	at := w.p.protos.at(proto)
	w.typ(w.f.u32(at + 4))
	w.typeList(w.f.u32(at + 8))
}

// code goes over a method's handlers and its debug information; the instructions are passed over.
func (w *walker) code(off uint32) {
	if !w.room(off, 16) || !w.codes.add(int(off)) {
		return
	}
	at := int(off)
	tries, debug, units := int(w.f.u16(at+6)), w.f.u32(at+8), int64(w.f.u32(at+12))
	w.debugInfo(debug)
	if tries == 0 {
		return
	}
	units += units % 2 // the handlers begin at a multiple of four
	handlers := int64(at) + 16 + 2*units + 8*int64(tries)
	if handlers >= int64(len(w.f.data)) {
		return
	}
	c := cursor{w: w, at: int(handlers)}
	for n := c.uleb(); n > 0 && c.ok(); n-- {
		size := c.sleb()
		for i := max(size, -size); i > 0 && c.ok(); i-- {
			if typ := c.uleb(); c.at >= 0 {
				w.typ(typ)
			}
			c.uleb() // address
		}
		if size <= 0 {
			c.uleb() // address of what catches all
		}
	}
}

// Instructions of debug information that have operands or end it; those above are special ones, of one byte.
const (
	debugEnd           = 0x00
	debugAdvancePC     = 0x01
	debugAdvanceLine   = 0x02
	debugLocal         = 0x03
	debugLocalExtended = 0x04
	debugEndLocal      = 0x05
	debugRestartLocal  = 0x06
	debugSetFile       = 0x09
)

// debugInfo goes over the local variables that debug information names.
func (w *walker) debugInfo(off uint32) {
	if !w.room(off, 3) || !w.debug.add(int(off)) {
		return
	}
	c := cursor{w: w, at: int(off)}
	c.uleb() // first line
	for n := c.uleb(); n > 0 && c.ok(); n-- {
		c.uleb() // name of a parameter
	}
	for c.ok() {
		switch c.byte() {
		case debugEnd:
			return
		case debugAdvancePC, debugAdvanceLine, debugEndLocal, debugRestartLocal, debugSetFile:
			c.uleb() // or a signed one: as many bytes
		case debugLocal:
			c.local(false)
		case debugLocalExtended:
			c.local(true)
		}
	}
}

// cursor reads numbers one after the other. Beyond the end of the file its offset is negative, and all it reads is 0.
type cursor struct {
	w  *walker
	at int
}

// ok reports whether there is more to read, and spends a step.
func (c *cursor) ok() bool { return c.w.step(1) && c.at >= 0 }

func (c *cursor) byte() byte {
	if uint(c.at) >= uint(len(c.w.f.data)) {
		c.at = -1
		return 0
	}
	c.at++
	return c.w.f.data[c.at-1]
}

func (c *cursor) uleb() uint32 {
	if c.at < 0 {
		return 0
	}
	var v uint32
	v, c.at = uleb(c.w.f.data, c.at)
	return v
}

// sleb reads a signed LEB128 number.
func (c *cursor) sleb() int64 {
	from := c.at
	v := c.uleb()
	if c.at < 0 {
		return 0
	}
	width := 7 * (c.at - from)
	if width >= 32 {
		return int64(int32(v))
	}
	if v>>(width-1)&1 == 1 {
		return int64(v) - 1<<width
	}
	return int64(v)
}

// local reads what starts a local variable: register, name, type and, where it is extended, its generic signature.
func (c *cursor) local(extended bool) {
	c.uleb() // register
	c.uleb() // name
	typ := c.uleb()
	signature := uint32(0)
	if extended {
		signature = c.uleb()
	}
	if c.at < 0 { // indices are one higher here, so that 0 is none
		return
	}
	if typ != 0 {
		c.w.typ(typ - 1)
	}
	if signature != 0 && int64(signature-1) < int64(c.w.p.strings.n) {
		c.w.strings.add(int(signature - 1))
	}
}
