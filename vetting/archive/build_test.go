package archive_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// item is one entry of an archive that is made here. What the directory says of it can be made to
// differ from what is true.
type item struct {
	name   string
	data   []byte // what should come out
	method uint16
	raw    []byte // what lies in the file, where it is not made from data

	localName   string // where the local header has another
	localMethod int    // the same, plus 1
	flags       uint16
	crc         uint32 // added to the true checksum
	size        int64  // added to the true size, in both headers
	localSize   int64  // added in the local header alone
	at          int64  // added to the local header's place
	again       bool   // has no bytes of its own, and shows those of the item before
	descriptor  bool
}

func deflated(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, 9)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// build makes an archive.
func build(t testing.TB, items ...item) []byte {
	t.Helper()
	var file, directory []byte
	var last int
	le := binary.LittleEndian
	for _, it := range items {
		raw := it.raw
		if raw == nil {
			if raw = it.data; it.method == 8 {
				raw = deflated(t, it.data)
			}
		}
		crc, size := crc32.ChecksumIEEE(it.data)+it.crc, int64(len(it.data))+it.size
		common := func(method uint16, size int64, flags uint16) []byte {
			h := le.AppendUint16(nil, 20)
			h = le.AppendUint16(h, flags)
			h = le.AppendUint16(h, method)
			h = append(h, 0, 0, 0x21, 0x58)
			h = le.AppendUint32(h, crc)
			h = le.AppendUint32(h, uint32(len(raw)))
			return le.AppendUint32(h, uint32(size))
		}
		flags := it.flags
		if it.descriptor {
			flags |= 8
		}
		if !it.again {
			last = len(file)
			localName, method := it.name, it.method
			if it.localName != "" {
				localName = it.localName
			}
			if it.localMethod > 0 {
				method = uint16(it.localMethod - 1)
			}
			head := common(method, size+it.localSize, flags)
			if it.descriptor {
				clear(head[10:])
			}
			file = append(append(file, "PK\x03\x04"...), head...)
			file = le.AppendUint16(file, uint16(len(localName)))
			file = le.AppendUint16(file, 0)
			file = append(append(file, localName...), raw...)
			if it.descriptor {
				file = append(append(file, "PK\x07\x08"...), common(0, size, 0)[10:]...)
			}
		}
		directory = append(append(append(directory, "PK\x01\x02"...), 20, 3), common(it.method, size, flags)...)
		directory = le.AppendUint16(directory, uint16(len(it.name)))
		directory = append(directory, make([]byte, 12)...)
		directory = le.AppendUint32(directory, uint32(int64(last)+it.at))
		directory = append(directory, it.name...)
	}
	return append(file, finish(len(file), directory, len(items))...)
}

// finish is a directory with its end record.
func finish(at int, directory []byte, count int) []byte {
	le := binary.LittleEndian
	end := append(bytes.Clone(directory), "PK\x05\x06\x00\x00\x00\x00"...)
	end = le.AppendUint16(end, uint16(count))
	end = le.AppendUint16(end, uint16(count))
	end = le.AppendUint32(end, uint32(len(directory)))
	end = le.AppendUint32(end, uint32(at))
	return append(end, 0, 0)
}
