package sign

import (
	"encoding/binary"
)

// file is where the parts of a file lie that v2 and newer sign: contents, central directory and end
// record. The APK Signing Block stands between the first two.
type file struct {
	contents int64 // ends where the APK Signing Block begins
	central  int64
	end      int64
	size     int64
	pairs    map[uint32]pair
}

// pair is where a value lies in the file.
type pair struct{ at, size int64 }

const (
	blockMagic  = "APK Sig Block 42"
	blockFooter = 8 + len(blockMagic)

	idV2  = 0x7109871a
	idV3  = 0xf05368c0
	idV31 = 0x1b93ad61

	// Limits: real blocks have at most some dozens of pairs, and a signature takes some thousand bytes.
	maxPairs     = 10_000
	maxSignature = 1 << 20
)

// blockNames are what the numbers of the APK Signing Block's pairs stand for. None but the first three
// says who made an app.
var blockNames = map[uint32]string{
	idV2:       "APK Signature Scheme v2",
	idV3:       "APK Signature Scheme v3",
	idV31:      "APK Signature Scheme v3.1",
	0x42726577: "padding",
	0x2b09189e: "source stamp v1",
	0x6dff800d: "source stamp v2",
	0x504b4453: "list of dependencies for Google Play",
	0x2146444e: "Google Play's metadata",
	0x71777777: "channel (Walle)",
	0x881155ff: "channel (VasDolly)",
}

// readBlock finds the APK Signing Block and lists its pairs. That there is none is no problem by
// itself; one that is damaged is none for Android too, so it is a note.
func (v *Verification) readBlock() {
	a := v.archive
	v.file = file{central: a.CentralOffset(), contents: a.CentralOffset(), end: a.EndOffset(), size: a.Size(), pairs: map[uint32]pair{}}
	footer, err := v.read(v.file.central-int64(blockFooter), int64(blockFooter))
	if err != nil || string(footer[8:]) != blockMagic {
		return
	}
	if v.file.central+a.CentralSize() != v.file.end {
		v.note("there is an APK Signing Block, which does not count: the archive's end record does not follow its directory at once")
		return
	}
	le := binary.LittleEndian
	size := le.Uint64(footer)
	if size < uint64(blockFooter) || size > uint64(v.file.central-8) {
		v.note("there is an APK Signing Block, which does not count: its size is out of range")
		return
	}
	start := v.file.central - int64(size) - 8
	header, err := v.read(start, 8)
	if err != nil || le.Uint64(header) != size {
		v.note("there is an APK Signing Block, which does not count: its sizes at its beginning and end differ")
		return
	}
	v.file.contents = start
	v.readPairs(start+8, v.file.central-int64(blockFooter))
}

// readPairs lists the pairs between from and to. The first of an id counts, as on Android.
func (v *Verification) readPairs(from, to int64) {
	le := binary.LittleEndian
	for n := 1; from < to; n++ {
		head, err := v.read(from, 12)
		if n > maxPairs || err != nil || to-from < 12 {
			v.note("the APK Signing Block is not read after its first %d values", n-1)
			return
		}
		size, id := le.Uint64(head), le.Uint32(head[8:])
		if size < 4 || size > uint64(to-from-8) {
			v.note("value %d of the APK Signing Block does not lie in the block, and what follows is not read", n)
			return
		}
		p := pair{from + 12, int64(size) - 4}
		if _, twice := v.file.pairs[id]; twice {
			v.note("the APK Signing Block has two values of the number %#x (%s): Android takes the first, other readers may take the last", id, blockNames[id])
		} else {
			v.file.pairs[id] = p
		}
		if len(v.result.Blocks) < maxTold {
			v.result.Blocks = append(v.result.Blocks, Block{id, blockNames[id], p.size})
		}
		from += 8 + int64(size)
	}
}

// read reads n bytes of the file at off.
func (v *Verification) read(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || n > v.file.size-off {
		return nil, errShort
	}
	b := make([]byte, n)
	if got, err := v.archive.ReaderAt().ReadAt(b, off); got < len(b) {
		if v.readErr == nil && err != nil {
			v.readErr = err
		}
		return nil, err
	}
	return b, nil
}
