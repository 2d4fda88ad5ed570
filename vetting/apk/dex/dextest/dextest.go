package dextest

import (
	"cmp"
	"crypto/sha1"
	"encoding/binary"
	"hash/adler32"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// File describes one DEX file.
type File struct {
	Version    string   // "035" where it is empty
	Classes    []Class  // defined
	References []string // descriptors of types that are only referred to
	Strings    []string // literals
}

// Class describes one class. Types are written as descriptors: "Lcom/example/A;", "I", "[J".
type Class struct {
	Name       string
	Super      string // "Ljava/lang/Object;" where it is empty
	Flags      uint32
	Interfaces []string
	Fields     []string // their types
	Constants  []string // what the first static fields begin with, whatever their types; they are literals
	Methods    []Method
}

// Method describes one static method. It returns nothing and has no instructions.
type Method struct {
	Parameters []string
	Handlers   []Handler
	Locals     []Local
}

// Handler is what one part of a method does with exceptions: the types that it catches, and whether it catches all others.
type Handler struct {
	Types []string
	All   bool
}

// Local is a local variable that debug information names.
type Local struct{ Type, Signature string }

// Classes returns the descriptors of dotted class names as classes.
func Classes(names ...string) []Class {
	out := make([]Class, len(names))
	for i, name := range names {
		out[i].Name = "L" + strings.ReplaceAll(name, ".", "/") + ";"
	}
	return out
}

// Build writes the file.
func Build(f File) []byte {
	b := newBuilder(f)
	b.write(f, 0)
	b.finish(0, len(b.out))
	return b.out
}

// Container writes several files as one container of version 041.
func Container(files ...File) []byte {
	var out []byte
	var bases []int
	for _, f := range files {
		f.Version = "041"
		b := newBuilder(f)
		b.out = out
		bases = append(bases, len(out))
		b.write(f, len(out))
		out = b.out
	}
	for i, base := range bases {
		end := len(out)
		if i+1 < len(bases) {
			end = bases[i+1]
		}
		b := builder{out: out}
		binary.LittleEndian.PutUint32(out[base+112:], uint32(len(out)))
		binary.LittleEndian.PutUint32(out[base+116:], uint32(base))
		b.finish(base, end)
	}
	return out
}

// Sign puts right checksums into a file of one part that a test has changed.
func Sign(data []byte) {
	b := builder{out: data}
	b.finish(0, len(data))
}

type builder struct {
	out     []byte
	strings map[string]uint32
	types   map[string]uint32
	protos  map[string]uint32 // by the parameters, joined
	fields  []member
	methods []member
	items   []item // of the map
}

// member is a field or a method: its class, and its type or prototype.
type member struct{ class, of, name uint32 }

type item struct {
	kind   uint16
	n, off int
}

const (
	object = "Ljava/lang/Object;"
	name   = "m"
	shorty = "V"
)

func newBuilder(f File) *builder {
	b := &builder{strings: map[string]uint32{}, types: map[string]uint32{}, protos: map[string]uint32{}}
	literals := append([]string{name, shorty}, f.Strings...)
	types := append([]string{"V"}, f.References...)
	for i := range f.Classes {
		c := &f.Classes[i]
		types = append(types, c.Name, cmp.Or(c.Super, object))
		types = append(append(types, c.Interfaces...), c.Fields...)
		literals = append(literals, c.Constants...)
		for _, m := range c.Methods {
			types = append(types, m.Parameters...)
			for _, h := range m.Handlers {
				types = append(types, h.Types...)
			}
			for _, l := range m.Locals {
				types = append(types, l.Type)
				literals = append(literals, l.Signature)
			}
			b.protos[strings.Join(m.Parameters, "")] = 0
		}
	}
	number(b.types, types)
	number(b.strings, append(literals, types...))
	number(b.protos, slices.Collect(maps.Keys(b.protos)))
	return b
}

// number gives every name its place among all of them.
func number(into map[string]uint32, names []string) {
	for _, s := range names {
		into[s] = 0
	}
	for i, s := range slices.SortedFunc(maps.Keys(into), byUnits) {
		into[s] = uint32(i)
	}
}

// byUnits compares by UTF-16 units, as the format sorts.
func byUnits(x, y string) int {
	for i := range min(len(x), len(y)) {
		if x[i] >= 0x80 || y[i] >= 0x80 {
			return slices.Compare(utf16.Encode([]rune(x)), utf16.Encode([]rune(y)))
		}
		if x[i] != y[i] {
			return cmp.Compare(x[i], y[i])
		}
	}
	return cmp.Compare(len(x), len(y))
}

func (b *builder) u16(v uint16) { b.out = binary.LittleEndian.AppendUint16(b.out, v) }
func (b *builder) u32(v uint32) { b.out = binary.LittleEndian.AppendUint32(b.out, v) }

func (b *builder) uleb(v uint32) {
	for ; v >= 0x80; v >>= 7 {
		b.out = append(b.out, byte(v)|0x80)
	}
	b.out = append(b.out, byte(v))
}

func (b *builder) align() {
	for len(b.out)%4 != 0 {
		b.out = append(b.out, 0)
	}
}

// table begins a table of n entries of the kind.
func (b *builder) table(kind uint16, n int) {
	b.align()
	if n > 0 {
		b.items = append(b.items, item{kind, n, len(b.out)})
	}
}

func (b *builder) put(off int, v int) { binary.LittleEndian.PutUint32(b.out[off:], uint32(v)) }

// write appends the file with its header at base.
func (b *builder) write(f File, base int) {
	version, size := cmp.Or(f.Version, "035"), 0x70
	if version == "041" {
		size = 0x78
	}
	b.out = append(b.out, make([]byte, size)...)
	copy(b.out[base:], "dex\n"+version+"\x00")
	b.put(base+36, size)
	b.put(base+40, 0x12345678)
	b.items = append(b.items, item{0, 1, base})
	b.members(f)
	stringIDs := b.ids(f)
	b.data(f)
	b.stringData(stringIDs)
	b.align()
	b.put(base+52, len(b.out))
	b.u32(uint32(len(b.items)))
	for _, it := range b.items {
		b.u16(it.kind)
		b.u16(0)
		b.u32(uint32(it.n))
		b.u32(uint32(it.off))
		if it.kind >= 1 && it.kind <= 6 && it.n > 0 {
			b.put(base+48+8*int(it.kind), it.n)
			b.put(base+52+8*int(it.kind), it.off)
		}
	}
}

// members numbers fields and methods, class by class: one of each type and one of each prototype.
func (b *builder) members(f File) {
	for _, c := range f.Classes {
		class := b.types[c.Name]
		for _, t := range c.Fields {
			b.fields = append(b.fields, member{class, b.types[t], b.strings[name]})
		}
		for _, m := range c.Methods {
			b.methods = append(b.methods, member{class, b.protos[strings.Join(m.Parameters, "")], b.strings[name]})
		}
	}
}

// ids writes the tables, class definitions last, with room for what stands later. It returns where the string table is.
func (b *builder) ids(f File) int {
	b.table(1, len(b.strings))
	stringIDs := len(b.out)
	b.out = append(b.out, make([]byte, 4*len(b.strings))...)
	b.table(2, len(b.types))
	for _, t := range byNumber(b.types) {
		b.u32(b.strings[t])
	}
	b.table(3, len(b.protos))
	for range b.protos {
		b.u32(b.strings[shorty])
		b.u32(b.types["V"])
		b.u32(0)
	}
	b.table(4, len(b.fields))
	b.memberTable(b.fields)
	b.table(5, len(b.methods))
	b.memberTable(b.methods)
	b.table(6, len(f.Classes))
	for _, c := range f.Classes {
		b.u32(b.types[c.Name])
		b.u32(c.Flags)
		b.u32(b.types[cmp.Or(c.Super, object)])
		b.u32(0) // interfaces
		b.u32(0xffffffff)
		b.u32(0)
		b.u32(0) // data
		b.u32(0)
	}
	return stringIDs
}

func (b *builder) memberTable(list []member) {
	for _, m := range list {
		b.u16(uint16(m.class))
		b.u16(uint16(m.of))
		b.u32(m.name)
	}
}

func byNumber(m map[string]uint32) []string {
	out := make([]string, len(m))
	for s, i := range m {
		out[i] = s
	}
	return out
}

// at returns where entry i of the table of the kind is.
func (b *builder) at(kind uint16, i, width int) int {
	for _, it := range b.items {
		if it.kind == kind {
			return it.off + i*width
		}
	}
	panic("no such table")
}

// data writes what tables point to: lists of types, code and its debug information, class data.
func (b *builder) data(f File) {
	lists := map[string]int{}
	for _, c := range f.Classes {
		for _, m := range c.Methods {
			key := strings.Join(m.Parameters, "")
			if _, ok := lists[key]; ok || len(m.Parameters) == 0 {
				continue
			}
			lists[key] = b.typeList(m.Parameters)
			b.put(b.at(3, int(b.protos[key]), 12)+8, lists[key])
		}
	}
	field, method := 0, 0
	for i, c := range f.Classes {
		at := b.at(6, i, 32)
		if len(c.Interfaces) > 0 {
			b.put(at+12, b.typeList(c.Interfaces))
		}
		var codes []int
		for _, m := range c.Methods {
			codes = append(codes, b.code(m))
		}
		if len(c.Fields)+len(c.Methods) > 0 {
			b.put(at+24, len(b.out))
			b.classData(field, len(c.Fields), method, codes)
		}
		if len(c.Constants) > 0 {
			b.put(at+28, len(b.out))
			b.constants(c.Constants)
		}
		field, method = field+len(c.Fields), method+len(c.Methods)
	}
}

// constants writes an encoded array: null, a number, the strings, and an array with the last of them.
func (b *builder) constants(list []string) {
	b.uleb(uint32(len(list) + 3))
	b.out = append(b.out, 0x1e, 0x24, 0x39, 0x30)
	for _, s := range list {
		b.value(s)
	}
	b.out = append(b.out, 0x1c, 1)
	b.value(list[len(list)-1])
}

// value writes the string's index in two bytes.
func (b *builder) value(s string) {
	b.out = append(b.out, 0x37)
	b.u16(uint16(b.strings[s]))
}

func (b *builder) typeList(types []string) int {
	b.align()
	at := len(b.out)
	b.u32(uint32(len(types)))
	for _, t := range types {
		b.u16(uint16(b.types[t]))
	}
	return at
}

func (b *builder) classData(field, fields, method int, codes []int) {
	b.uleb(uint32(fields))
	b.uleb(0)
	b.uleb(uint32(len(codes)))
	b.uleb(0)
	for i := range fields {
		b.uleb(uint32(step(field, i)))
		b.uleb(8) // static
	}
	for i, code := range codes {
		b.uleb(uint32(step(method, i)))
		b.uleb(8)
		b.uleb(uint32(code))
	}
}

// step is the difference to the index before: the first one stands whole.
func step(first, i int) int {
	if i == 0 {
		return first
	}
	return 1
}

// code writes one method: a single return instruction, then its handlers.
func (b *builder) code(m Method) int {
	debug := 0
	if len(m.Locals) > 0 {
		debug = b.debug(m.Locals)
	}
	b.align()
	at := len(b.out)
	b.u16(uint16(len(m.Parameters)))
	b.u16(uint16(len(m.Parameters)))
	b.u16(0)
	tries := uint16(min(len(m.Handlers), 1))
	b.u16(tries)
	b.u32(uint32(debug))
	b.u32(1)
	b.u16(0x000e)
	if tries == 0 {
		return at
	}
	b.u16(0) // to a multiple of four
	b.u32(0)
	b.u16(1)
	b.u16(1)
	b.uleb(uint32(len(m.Handlers)))
	for _, h := range m.Handlers {
		b.handler(h)
	}
	return at
}

func (b *builder) handler(h Handler) {
	size := len(h.Types) // fewer than 64, so that it is one byte with its sign
	if h.All {
		size = -size
	}
	b.out = append(b.out, byte(size)&0x7f)
	for _, t := range h.Types {
		b.uleb(b.types[t])
		b.uleb(0)
	}
	if h.All {
		b.uleb(0)
	}
}

func (b *builder) debug(locals []Local) int {
	at := len(b.out)
	b.uleb(1)
	b.uleb(0)
	for i, l := range locals {
		kind := byte(3)
		if l.Signature != "" {
			kind = 4
		}
		b.out = append(b.out, 0x01, 0x02, 0x10, kind) // advance, a special one, then the variable
		b.uleb(uint32(i))
		b.uleb(b.strings[name] + 1)
		b.uleb(b.types[l.Type] + 1)
		if kind == 4 {
			b.uleb(b.strings[l.Signature] + 1)
		}
	}
	b.out = append(b.out, 0)
	return at
}

func (b *builder) stringData(ids int) {
	all := byNumber(b.strings)
	b.items = append(b.items, item{0x2002, len(all), len(b.out)})
	for i, s := range all {
		b.put(ids+4*i, len(b.out))
		b.uleb(uint32(len(utf16.Encode([]rune(s)))))
		b.out = append(append(b.out, MUTF8(s)...), 0)
	}
}

// MUTF8 is the string in modified UTF-8.
func MUTF8(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		switch {
		case u != 0 && u < 0x80:
			out = append(out, byte(u))
		case u < 0x800:
			out = append(out, 0xc0|byte(u>>6), 0x80|byte(u&0x3f))
		default:
			out = append(out, 0xe0|byte(u>>12), 0x80|byte(u>>6&0x3f), 0x80|byte(u&0x3f))
		}
	}
	return out
}

// finish writes size and checksums of the file from base to end.
func (b *builder) finish(base, end int) {
	head := b.out[base:end]
	binary.LittleEndian.PutUint32(head[32:], uint32(len(head)))
	sum := sha1.Sum(head[32:])
	copy(head[12:], sum[:])
	binary.LittleEndian.PutUint32(head[8:], adler32.Checksum(head[12:]))
}
