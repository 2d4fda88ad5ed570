package elf

import (
	"debug/elf"
	"errors"
	"fmt"
)

// dynamic is the table that the loader goes by.
type dynamic struct {
	f       *file
	entries []entry
	strings []byte
}

type entry struct {
	tag   elf.DynTag
	value int64
}

// dynamic reads the table; nil where there is none.
func (f *file) dynamic() (*dynamic, error) {
	for _, s := range f.segments {
		if s.kind != elf.PT_DYNAMIC {
			continue
		}
		width := int64(f.bits / 4)
		b, err := f.read(s.offset, min(s.size, maxDynamic*width))
		if err != nil {
			return nil, fmt.Errorf("its dynamic table: %w", err)
		}
		d := &dynamic{f: f}
		for ; int64(len(b)) >= width; b = b[width:] {
			e := entry{elf.DynTag(f.word(b)), f.word(b[width/2:])}
			if e.tag == elf.DT_NULL {
				break
			}
			d.entries = append(d.entries, e)
		}
		at, size := d.value(elf.DT_STRTAB), d.value(elf.DT_STRSZ)
		if d.strings, err = f.memory(at, min(size, maxStrings)); err != nil || size <= 0 {
			return nil, errors.New("its names do not lie in the file")
		}
		return d, nil
	}
	return nil, nil //nolint:nilnil // the caller asks for a table that need not be there
}

// value is that of the last entry of a tag, as the loader takes it; 0 where there is none.
func (d *dynamic) value(tag elf.DynTag) (value int64) {
	for _, e := range d.entries {
		if e.tag == tag {
			value = e.value
		}
	}
	return value
}

// name is the name that begins at a place of the names.
func (d *dynamic) name(at int64) string {
	if at < 0 || at >= int64(len(d.strings)) {
		return ""
	}
	b := d.strings[at:min(at+4096, int64(len(d.strings)))]
	return text(b)
}

// bindsNow tells whether all functions are found when the file is loaded.
func (d *dynamic) bindsNow() bool {
	for _, e := range d.entries {
		if e.tag == elf.DT_BIND_NOW || e.tag == elf.DT_FLAGS && elf.DynFlag(e.value)&elf.DF_BIND_NOW != 0 ||
			e.tag == elf.DT_FLAGS_1 && elf.DynFlag1(e.value)&elf.DF_1_NOW != 0 {
			return true
		}
	}
	return false
}

// symbols calls each with every symbol that others may use, or that is used of others.
func (d *dynamic) symbols(each func(name string, imported bool)) error {
	at := d.value(elf.DT_SYMTAB)
	if at == 0 {
		return nil
	}
	count, err := d.count()
	if err != nil {
		return err
	}
	width := int64(16)
	if d.f.bits == 64 {
		width = 24
	}
	b, err := d.f.memory(at, min(count, maxSymbols)*width)
	if err != nil {
		return fmt.Errorf("their table: %w", err)
	}
	n := int64(0)
	for ; int64(len(b)) >= width; n, b = n+1, b[width:] {
		info, section := b[4], d.f.order.Uint16(b[6:])
		if d.f.bits == 32 {
			info, section = b[12], d.f.order.Uint16(b[14:])
		}
		name := int64(d.f.order.Uint32(b))
		if bind := elf.ST_BIND(info); name != 0 && bind != elf.STB_LOCAL {
			each(d.name(name), elf.SectionIndex(section) == elf.SHN_UNDEF)
		}
	}
	if n < count {
		return fmt.Errorf("%d of %d were read", n, count)
	}
	return nil
}

// count is how many symbols there are, which only the hash tables tell.
func (d *dynamic) count() (int64, error) {
	if at := d.value(elf.DT_HASH); at != 0 {
		if b, err := d.f.memory(at, 8); err == nil && len(b) == 8 {
			return int64(d.f.order.Uint32(b[4:])), nil
		}
	}
	at := d.value(elf.DT_GNU_HASH)
	if at == 0 {
		return 0, errors.New("there is no hash table that would say how many there are")
	}
	head, err := d.f.memory(at, 16)
	if err != nil || len(head) < 16 {
		return 0, errors.New("their hash table does not lie in the file")
	}
	order := d.f.order
	buckets, first, bloom := int64(order.Uint32(head)), int64(order.Uint32(head[4:])), int64(order.Uint32(head[8:]))
	table := at + 16 + bloom*int64(d.f.bits/8)
	b, err := d.f.memory(table, min(buckets*4, maxStrings))
	if err != nil || int64(len(b)) < buckets*4 {
		if buckets == 0 {
			return first, nil
		}
		return 0, errors.New("their hash table does not lie in the file")
	}
	last := int64(0)
	for ; len(b) >= 4; b = b[4:] {
		last = max(last, int64(order.Uint32(b)))
	}
	if last < first {
		return first, nil // nothing is exported; imports come before
	}
	return d.chainEnd(table+buckets*4, first, last)
}

// chainEnd follows the chain of the symbol last to its end, which an odd hash marks.
func (d *dynamic) chainEnd(chains, first, last int64) (int64, error) {
	b, err := d.f.memory(chains+(last-first)*4, maxSymbols*4)
	if err != nil {
		return 0, errors.New("their hash table does not lie in the file")
	}
	for ; len(b) >= 4; b = b[4:] {
		last++
		if d.f.order.Uint32(b)&1 != 0 {
			return last, nil
		}
	}
	return 0, errors.New("their hash table has no end")
}
