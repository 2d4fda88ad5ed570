// Package content tells what bytes are by what they look like: names lie. Bytes in, a kind out.
//
// Invariants:
//   - No input makes it panic; what it looks at is bounded by what it is given, and gone over once.
//   - What is none of the kinds that are known, and is not evenly mixed, is Plain: there is no proof that it means nothing.
package content

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Kind is what a file is by its first bytes.
type Kind int

const (
	Plain   Kind = iota // anything else: searched as bytes
	DEX                 // code
	ZIP                 // an archive
	ELF                 // a native library
	XML                 // binary XML, or a table of resources
	GZIP                // one compressed file
	Packed              // compressed in a way that is not read
	Media               // a picture, sound, a film, a font
	Code                // code in a form that is not read
	Unknown             // evenly mixed bytes: encrypted or compressed
)

// magic is what a file of a kind begins with, at an offset.
type magic struct {
	at    int
	bytes string
	kind  Kind
	word  string
}

var magics = []magic{
	{0, "dex\n", DEX, "DEX code"},
	{0, "PK\x03\x04", ZIP, "an archive"},
	{0, "PK\x05\x06", ZIP, "an empty archive"},
	{0, "\x7fELF", ELF, "a native library"},
	{0, "\x03\x00\x08\x00", XML, "binary XML"},
	{0, "\x02\x00\x0c\x00", XML, "resources"},
	{0, "\x1f\x8b\x08", GZIP, "compressed with gzip"},
	{0, "cdex", Code, "compact DEX code, which only devices make"},
	{0, "dey\n", Code, "DEX code optimised for one device"},
	{0, "vdex", Code, "verified DEX code of one device"},
	{0, "\xfd7zXZ\x00", Packed, "compressed with xz"},
	{0, "BZh", Packed, "compressed with bzip2"},
	{0, "\x28\xb5\x2f\xfd", Packed, "compressed with Zstandard"},
	{0, "\x04\x22\x4d\x18", Packed, "compressed with LZ4"},
	{0, "XALZ", Packed, "compressed with LZ4, as .NET for Android does"},
	{0, "7z\xbc\xaf\x27\x1c", Packed, "a 7-Zip archive"},
	{0, "Rar!\x1a\x07", Packed, "a RAR archive"},
	{0, "\x5d\x00\x00", Packed, "compressed with LZMA"},
	{0, "BOMStore", Media, ""}, // a catalogue of pictures
	{0, "\x89PNG\r\n\x1a\n", Media, ""},
	{0, "\xff\xd8\xff", Media, ""},
	{0, "GIF8", Media, ""},
	{0, "icns\x00", Media, ""},         // icons of macOS
	{0, "\x00\x00\x01\x00", Media, ""}, // icon
	{0, "OggS", Media, ""},
	{0, "fLaC", Media, ""},
	{0, "ID3", Media, ""},
	{0, "\xff\xfb", Media, ""}, // MP3
	{0, "\xff\xf3", Media, ""},
	{0, "\xff\xf1", Media, ""}, // AAC
	{0, "MThd", Media, ""},
	{0, "\x1aE\xdf\xa3", Media, ""},        // Matroska, WebM
	{0, "\x00\x01\x00\x00\x00", Media, ""}, // TrueType
	{0, "true\x00", Media, ""},
	{0, "OTTO\x00", Media, ""},
	{0, "ttcf\x00", Media, ""},
	{0, "wOFF", Media, ""},
	{0, "wOF2", Media, ""},
	{0, "\x13\xab\xa1\x5c", Media, ""}, // ASTC
	{0, "\xabKTX ", Media, ""},
	{0, "DDS ", Media, ""},
	{4, "ftyp", Media, ""}, // MP4, HEIF
	{8, "WEBP", Media, ""},
	{8, "WAVEfmt", Media, ""},
	{8, "AVI LIST", Media, ""},
}

// HeadSize is how much of a file is looked at to know its kind.
const HeadSize = 16 << 10

// Of tells what a file is, and in words where it is not read.
func Of(head []byte) (Kind, string) {
	for _, m := range magics {
		if len(head) >= m.at+len(m.bytes) && string(head[m.at:m.at+len(m.bytes)]) == m.bytes {
			return m.kind, m.word
		}
	}
	if Mixed(head) {
		return Unknown, "its bytes are evenly mixed: it is encrypted, or compressed in a way that is not known"
	}
	return Plain, ""
}

// Sampled is how many bytes are looked at to tell whether they are mixed.
const Sampled = 4 << 10

// Mixed tells whether bytes are as evenly mixed as encrypted ones: how often two bytes of a sample are
// equal is once in 256 for those, and far more often in text, code and tables.
func Mixed(head []byte) bool {
	if len(head) < Sampled {
		return false
	}
	sample := head[len(head)-Sampled:]
	// Most files are told by a few bytes. Of those, chance alone makes the measure larger by a seventh.
	return equal(sample[:Sampled/8], 2) && equal(sample, 1.25)
}

// equal tells whether two bytes of a sample are equal no more than most times as often as those of evenly mixed ones.
func equal(sample []byte, most float64) bool {
	var counts [256]int
	for _, b := range sample {
		counts[b]++
	}
	pairs := 0
	for _, n := range counts {
		pairs += n * (n - 1)
	}
	return float64(pairs)*256 < most*float64(len(sample))*float64(len(sample)-1)
}

// ArchiveMark is what the end record of an archive begins with.
const ArchiveMark = "PK\x05\x06"

// ArchiveEnd is where the last archive in data ends: behind the end record that says where its directory is, which has
// to be there. It is -1 where there is none.
func ArchiveEnd(data []byte) int {
	le := binary.LittleEndian
	if !bytes.Contains(data, []byte(ArchiveMark)) {
		return -1 // as most have none, and are searched forwards many times faster
	}
	for rest := data; ; {
		i := bytes.LastIndex(rest, []byte(ArchiveMark))
		if i < 0 {
			return -1
		}
		rest = rest[:i]
		if len(data)-i < 22 {
			continue
		}
		at := i - int(le.Uint32(data[i+12:]))
		if at >= 0 && at < i && bytes.HasPrefix(data[at:], []byte("PK\x01\x02")) {
			return min(len(data), i+22+int(le.Uint16(data[i+20:])))
		}
	}
}

// MixedWithin is an error where much of data is as evenly mixed as encrypted bytes are, though its beginning is not.
func MixedWithin(data []byte) error {
	n, step := 0, Sampled
	if len(data) > 64*Sampled { // long ones are looked at here and there
		step = 4 * Sampled
	}
	for at := 0; at+Sampled <= len(data); at += step {
		if Mixed(data[at : at+Sampled]) {
			n += step
		}
	}
	if n == 0 || n < len(data)/4 && n < 16*Sampled {
		return nil
	}
	return fmt.Errorf("%d of its bytes are evenly mixed: they are encrypted, or compressed in a way that is not known", n)
}
