package apk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// maxBuried bounds how many pieces of code are read in the middle of one file.
const maxBuried = 16

// codeAt is where in data a DEX file begins, at least at from; -1 for nowhere.
func codeAt(data []byte, from int) int {
	for from < len(data) {
		i := bytes.Index(data[from:], []byte("dex\n0"))
		if i < 0 || len(data)-from-i < 0x70 {
			return -1
		}
		if i += from; data[i+7] == 0 && binary.LittleEndian.Uint32(data[i+40:]) == 0x12345678 {
			return i
		}
		from = i + 5
	}
	return -1
}

// buried reads code that stands in the middle of something else. The error is why not all of it is analysed.
func (s *session) buried(where string, data []byte, see Sightings, out *piece) error {
	var all error
	for i, n := codeAt(data, 0), 0; i >= 0; n++ {
		if n == maxBuried {
			return errors.Join(all, fmt.Errorf("more than %d pieces of code lie in it", maxBuried))
		}
		size := min(int(binary.LittleEndian.Uint32(data[i+32:])), len(data)-i)
		code, err := s.dex(where, data[i:i+max(size, 0x70)], see, out)
		if code.Files > 0 {
			out.nested = append(out.nested, Nested{Where: fmt.Sprintf("%s (at byte %d)", where, i), Format: DEX, Code: code})
		}
		if err != nil {
			all = errors.Join(all, fmt.Errorf("the code at byte %d: %w", i, err))
		}
		i = codeAt(data, i+max(size, 0x70))
	}
	return all
}

// maxMask is how long the keys are that masked code is looked for with.
const maxMask = 8

// unmasked is code or an archive that has been combined with a short key, byte by byte, so that nobody sees it for what
// it is; nil where data is none.
func unmasked(data []byte) []byte {
	if len(data) < 0x70 {
		return nil
	}
	// Bytes 36 to 43 of a DEX file are the same in all up to version 040, and the first seven nearly.
	known := []byte("\x70\x00\x00\x00\x78\x56\x34\x12")
	for n := 1; n <= maxMask; n++ {
		var key [maxMask]byte
		for i := range maxMask {
			key[(36+i)%n] = data[36+i] ^ known[i]
		}
		if same := func(at int, want string) bool {
			for i := range len(want) {
				if data[at+i]^key[(at+i)%n] != want[i] {
					return false
				}
			}
			return true
		}; same(0, "dex\n03") && same(7, "\x00") && same(36, string(known)) {
			return mask(data, key[:n])
		}
	}
	if k := data[0] ^ 'P'; data[1]^k == 'K' && data[2]^k == 3 && data[3]^k == 4 && data[5]^k == 0 {
		return mask(data, []byte{k})
	}
	return nil
}

func mask(data, key []byte) []byte {
	out := make([]byte, len(data))
	for i := range data {
		out[i] = data[i] ^ key[i%len(key)]
	}
	return out
}
