package macho

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
)

// Seal is what a signature's code directory (<kern/cs_blobs.h>) says of the bytes that were signed. Who signed them is not
// looked at.
type Seal struct {
	hash              func(data []byte) []byte
	info, resources   []byte
	checked, mistaken int // pages
	// Broken is how the bytes differ from those that were signed; empty where they do not, or that is not known.
	Broken string
}

// hashes are those of a code directory, by their numbers.
var hashes = map[byte]func(data []byte) []byte{
	1: func(data []byte) []byte { h := sha1.Sum(data); return h[:] },
	2: func(data []byte) []byte { h := sha256.Sum256(data); return h[:] },
	3: func(data []byte) []byte { h := sha256.Sum256(data); return h[:20] },
	4: func(data []byte) []byte { h := sha512.Sum384(data); return h[:] },
}

// leastPage is how short a page may be, as a power of two: shorter ones would cost time.
const leastPage = 12

// readSeal checks the pages of code against a code directory. ok is false for a directory that cannot be checked.
func readSeal(dir, code []byte) (s Seal, ok bool) {
	be := binary.BigEndian
	if len(dir) < 64 {
		return s, false
	}
	version, slots, special, count := be.Uint32(dir[8:]), int(be.Uint32(dir[16:])), int(be.Uint32(dir[24:])), int(be.Uint32(dir[28:]))
	limit, size, page := uint64(be.Uint32(dir[32:])), int(dir[36]), dir[39]
	if version >= 0x20400 && be.Uint64(dir[56:]) != 0 {
		limit = be.Uint64(dir[56:])
	}
	s.hash = hashes[dir[37]]
	scattered := version >= 0x20100 && be.Uint32(dir[44:]) != 0
	if s.hash == nil || size != len(s.hash(nil)) || page < leastPage || page > 30 || scattered {
		return s, false
	}
	if slots > len(dir) || count > (len(dir)-slots)/size || special > slots/size {
		return s, false
	}
	slot := func(i int) []byte { return dir[slots+i*size:][:size] }
	if special >= 1 {
		s.info = bytes.Clone(slot(-1))
	}
	if special >= 3 {
		s.resources = bytes.Clone(slot(-3))
	}
	if limit > uint64(len(code)) || uint64(count) != (limit+1<<page-1)>>page {
		s.Broken = fmt.Sprintf("its signature is for %d bytes in %d pages, and it is not of that form", limit, count)
		return s, true
	}
	for i := range count {
		part := cut(code[:limit], uint64(i)<<page, 1<<page)
		if s.checked++; !bytes.Equal(s.hash(part), slot(i)) {
			s.mistaken++
		}
	}
	if s.mistaken > 0 {
		s.Broken = fmt.Sprintf("%d of the %d pages of its code are not those that were signed", s.mistaken, s.checked)
	}
	return s, true
}

// Differs is how an app's Info.plist and its list of sealed files differ from what was signed with its program; empty where
// they do not, are nil, or the signature does not speak of them.
func (s *Seal) Differs(info, resources []byte) string {
	differs := func(data, signed []byte) bool {
		return s.hash != nil && data != nil && len(bytes.Trim(signed, "\x00")) > 0 && !bytes.Equal(s.hash(data), signed)
	}
	switch {
	case differs(info, s.info):
		return "the app's Info.plist is not the one that was signed"
	case differs(resources, s.resources):
		return "the app's list of sealed files is not the one that was signed"
	}
	return ""
}
