package dex

import (
	"encoding/binary"
	"hash/maphash"
)

// Class is one class that a DEX file defines.
type Class struct {
	// Name is its type descriptor, "Lcom/example/Reader$Page;".
	Name []byte
	// Super is the descriptor of the class that it extends; nil where it has none.
	Super []byte
	// Flags are its access flags (public 0x1, final 0x10, interface 0x200, abstract 0x400, and the others of the format).
	Flags uint32
}

const noIndex = 0xffffffff

// Fields of class_def_item, by offset.
const (
	classType       = 0
	classFlags      = 4
	classSuper      = 8
	classInterfaces = 12
	classData       = 24
	classStatics    = 28
)

func (f *File) u32(off int) uint32 { return binary.LittleEndian.Uint32(f.data[off:]) }
func (f *File) u16(off int) uint16 { return binary.LittleEndian.Uint16(f.data[off:]) }

func (f *File) walkClasses(n int, p *part, left *int) {
	lost := tally{place: "class_defs", what: "names no type that can be read", lost: true}
	again := tally{place: "class_defs", what: "defines a class that an entry before it defines"}
	super := tally{place: "class_defs", what: "extends a type that is not there"}
	members := tally{place: "class_defs", what: "has its fields and methods beyond the end of the file", lost: true}
	seen := newBits(p.types.n)
	for i := range p.classes.walk {
		at := p.classes.at(i)
		index := f.u32(at + classType)
		name := f.typeName(p, int(index))
		if name == nil {
			lost.add(i)
			continue
		}
		if *left -= len(name) + 1; *left < 0 {
			f.lose(n, "class_defs", overlong)
			p.classes.walk = i
			break
		}
		if !seen.add(int(index)) {
			again.add(i)
		}
		if int64(f.u32(at+classData)) >= int64(len(f.data)) {
			members.add(i)
		}
		if s := f.u32(at + classSuper); s != noIndex {
			base := f.typeName(p, int(s))
			if base == nil {
				super.add(i)
			}
			*left -= len(base) + 1
		}
	}
	f.tell(n, &lost, &again, &super, &members)
}

// Classes yields the classes that are defined, in the order of the file.
func (f *File) Classes(yield func(Class) bool) {
	for k := range f.parts {
		p := &f.parts[k]
		for i := range p.classes.walk {
			at := p.classes.at(i)
			c := Class{Name: f.typeName(p, int(f.u32(at+classType))), Flags: f.u32(at + classFlags)}
			if c.Name == nil {
				continue
			}
			if super := f.u32(at + classSuper); super != noIndex {
				c.Super = f.typeName(p, int(super))
			}
			if !yield(c) {
				return
			}
		}
	}
}

// References yields the descriptors of classes that the file refers to and does not define, each once for each DEX file
// of a container. Of an array it yields the class of its elements.
func (f *File) References(yield func(name []byte) bool) {
	for k := range f.parts {
		if p := &f.parts[k]; !f.references(p, f.defined(p), yield) {
			return
		}
	}
}

func (f *File) references(p *part, defined bits, yield func([]byte) bool) bool {
	arrays := f.arrays(p)
	for i := range p.types.walk {
		name := f.typeName(p, i)
		if len(name) < 3 || name[0] == '[' { // nothing, a primitive, or an array
			continue
		}
		arrays.drop(name)
		if !defined.has(i) && !yield(name) {
			return false
		}
	}
	for _, i := range arrays.order {
		if name := elements(f.typeName(p, i)); arrays.drop(name) && !yield(name) {
			return false
		}
	}
	return true
}

// arrays are the classes that a part's arrays are made of, by a hash of their names: names can be long.
type arrays struct {
	seed  maphash.Seed
	names map[uint64]bool
	order []int // types, one for each name
}

func (f *File) arrays(p *part) *arrays {
	a := &arrays{seed: maphash.MakeSeed(), names: map[uint64]bool{}}
	for i := range p.types.walk {
		name := f.typeName(p, i)
		if len(name) < 4 || name[0] != '[' {
			continue
		}
		if name = elements(name); len(name) < 3 {
			continue
		}
		if h := maphash.Bytes(a.seed, name); !a.names[h] {
			a.names[h] = true
			a.order = append(a.order, i)
		}
	}
	return a
}

// drop takes the name out and reports whether it was there.
func (a *arrays) drop(name []byte) bool {
	if len(a.names) == 0 {
		return false
	}
	h := maphash.Bytes(a.seed, name)
	if !a.names[h] {
		return false
	}
	delete(a.names, h)
	return true
}

// elements is what an array, of whatever depth, is made of; of any other type, the type itself.
func elements(name []byte) []byte {
	for len(name) > 0 && name[0] == '[' {
		name = name[1:]
	}
	return name
}

// defined returns which types the part defines.
func (f *File) defined(p *part) bits {
	b := newBits(p.types.n)
	for i := range p.classes.walk {
		b.add(int(f.u32(p.classes.at(i) + classType)))
	}
	return b
}

// Strings yields every string of the tables, in modified UTF-8 (Text makes a Go string of it), in the order of the file: literals, and
// the names of types, fields and methods. DEX files of a container can have the same string, which is then yielded for each.
func (f *File) Strings(yield func([]byte) bool) {
	f.eachString(func(*part) bits { return nil }, yield)
}

// Literals yields the strings that do not name a type: constants of the code, and names of fields and methods.
func (f *File) Literals(yield func([]byte) bool) {
	f.eachString(func(p *part) bits {
		names := newBits(p.strings.n)
		for i := range p.types.n {
			names.add(f.typeString(p, i))
		}
		return names
	}, yield)
}

func (f *File) eachString(except func(*part) bits, yield func([]byte) bool) {
	for k := range f.parts {
		p := &f.parts[k]
		skip := except(p)
		for i := range p.strings.walk {
			if skip.has(i) {
				continue
			}
			if s, _ := f.stringData(p, i); s != nil && !yield(s) {
				return
			}
		}
	}
}

// bits is a set of small numbers.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

// has reports whether i is in the set; nothing outside its size is.
func (b bits) has(i int) bool {
	return uint(i) < uint(len(b)*64) && b[i/64]&(1<<(i%64)) != 0
}

// add puts i into the set and reports whether it was not there. Outside its size nothing is kept.
func (b bits) add(i int) bool {
	if uint(i) >= uint(len(b)*64) || b.has(i) {
		return false
	}
	b[i/64] |= 1 << (i % 64)
	return true
}
