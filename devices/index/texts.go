package index

import (
	"hash/maphash"
	"slices"
	"strings"
)

// texts gives texts numbers from 0 on. A million short ones take far less memory here than as the keys of
// a map: their bytes lie together, and what finds them holds numbers alone.
type texts struct {
	items []string // parts of longer texts
	chunk strings.Builder
	seed  maphash.Seed
	// found leads from a text's hash, or the first place after it that is the text's, to its number: a
	// part of the hash, and the number and 1; 0 where the place is free. Its length is a power of 2.
	found []uint64
	taken int
}

const textChunk = 1 << 16

func newTexts() texts { return texts{seed: maphash.MakeSeed(), found: make([]uint64, 16)} }

// find returns the number of a text, or false.
func (t *texts) find(text string) (n uint32, known bool) {
	at := t.found[t.place(text, maphash.String(t.seed, text))]
	return uint32(at) - 1, at != 0
}

// number returns the number of a text, and whether it is a new one.
func (t *texts) number(text string) (n uint32, fresh bool) {
	hash := maphash.String(t.seed, text)
	place := t.place(text, hash)
	if at := t.found[place]; at != 0 {
		return uint32(at) - 1, false
	}
	return t.put(t.keep(text), hash, place), true
}

// take gives a new text the next number, and keeps it where it is; false where it has one.
func (t *texts) take(text string) bool {
	hash := maphash.String(t.seed, text)
	place := t.place(text, hash)
	if t.found[place] != 0 {
		return false
	}
	t.put(text, hash, place)
	return true
}

// reserve makes room for as many texts, where there are none as yet.
func (t *texts) reserve(n int) {
	t.items = slices.Grow(t.items, n)
	places := len(t.found)
	for places*2/3 < n {
		places *= 2
	}
	t.found = make([]uint64, places)
}

// renumber gives a text a new number even if it has one: that one keeps the text, but is not found.
func (t *texts) renumber(text string) uint32 {
	hash := maphash.String(t.seed, text)
	return t.put(t.keep(text), hash, t.place(text, hash))
}

// skip gives a number to nothing.
func (t *texts) skip() { t.items = append(t.items, "") }

func (t *texts) put(text string, hash uint64, place int) uint32 {
	n := uint32(len(t.items))
	t.items = append(t.items, text)
	if t.found[place] == 0 {
		t.taken++
	}
	t.found[place] = hash&^(1<<32-1) | uint64(n+1)
	if t.taken > len(t.found)*2/3 {
		t.grow()
	}
	return n
}

// keep copies a text to where others are.
func (t *texts) keep(text string) string {
	if t.chunk.Cap()-t.chunk.Len() < len(text) {
		t.chunk.Reset()
		t.chunk.Grow(max(textChunk, len(text)))
	}
	from := t.chunk.Len()
	t.chunk.WriteString(text)
	return t.chunk.String()[from:]
}

// place is where a text is or might be put.
func (t *texts) place(text string, hash uint64) int {
	mask := len(t.found) - 1
	for i := int(hash>>32) & mask; ; i = (i + 1) & mask {
		at := t.found[i]
		if at == 0 || at>>32 == hash>>32 && t.items[uint32(at)-1] == text {
			return i
		}
	}
}

func (t *texts) grow() {
	found := make([]uint64, 2*len(t.found))
	mask := len(found) - 1
	for _, at := range t.found {
		if at == 0 {
			continue
		}
		i := int(at>>32) & mask
		for found[i] != 0 {
			i = (i + 1) & mask
		}
		found[i] = at
	}
	t.found = found
}
