package index

import "hash/maphash"

// AppendThings appends ascending numbers of things, each once, in the form that a row has them.
func AppendThings(b []byte, things []uint32) []byte { return packThings(b, things) }

// ParseThings reads what AppendThings wrote, and nothing else.
func ParseThings(b []byte) ([]uint32, error) { return unpackThings(b) }

// Without returns those of some ascending numbers that are not among others, ascending too.
func Without(things, others []uint32) []uint32 { return without(things, others) }

// Lookup returns the number of a thing, and whether it has one.
func (d *Dictionary) Lookup(t Thing) (uint32, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	n, _, known := d.find(&t, maphash.Comparable(d.seed, t))
	return n, known
}
