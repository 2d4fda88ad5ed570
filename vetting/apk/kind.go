package apk

import (
	"bytes"
)

// kind is what a file is by its first bytes. Names lie.
type kind int

const (
	plainKind   kind = iota // anything else: searched as bytes
	dexKind                 // code
	zipKind                 // an archive
	elfKind                 // a native library
	xmlKind                 // binary XML, or a table of resources
	gzipKind                // one compressed file
	packedKind              // compressed in a way that is not read
	mediaKind               // a picture, sound, a film, a font
	codeKind                // code in a form that is not read
	protoKind               // protobuf XML or resources of a bundle
	unknownKind             // evenly mixed bytes: encrypted or compressed
)

// magic is what a file of a kind begins with, at an offset.
type magic struct {
	at    int
	bytes string
	kind  kind
	word  string
}

var magics = []magic{
	{0, "dex\n", dexKind, "DEX code"},
	{0, "PK\x03\x04", zipKind, "an archive"},
	{0, "PK\x05\x06", zipKind, "an empty archive"},
	{0, "\x7fELF", elfKind, "a native library"},
	{0, "\x03\x00\x08\x00", xmlKind, "binary XML"},
	{0, "\x02\x00\x0c\x00", xmlKind, "resources"},
	{0, "\x1f\x8b\x08", gzipKind, "compressed with gzip"},
	{0, "cdex", codeKind, "compact DEX code, which only devices make"},
	{0, "dey\n", codeKind, "DEX code optimised for one device"},
	{0, "vdex", codeKind, "verified DEX code of one device"},
	{0, "\xfd7zXZ\x00", packedKind, "compressed with xz"},
	{0, "BZh", packedKind, "compressed with bzip2"},
	{0, "\x28\xb5\x2f\xfd", packedKind, "compressed with Zstandard"},
	{0, "\x04\x22\x4d\x18", packedKind, "compressed with LZ4"},
	{0, "XALZ", packedKind, "compressed with LZ4, as .NET for Android does"},
	{0, "7z\xbc\xaf\x27\x1c", packedKind, "a 7-Zip archive"},
	{0, "Rar!\x1a\x07", packedKind, "a RAR archive"},
	{0, "\x5d\x00\x00", packedKind, "compressed with LZMA"},
	{0, "\x89PNG\r\n\x1a\n", mediaKind, ""},
	{0, "\xff\xd8\xff", mediaKind, ""},
	{0, "GIF8", mediaKind, ""},
	{0, "\x00\x00\x01\x00", mediaKind, ""}, // icon
	{0, "OggS", mediaKind, ""},
	{0, "fLaC", mediaKind, ""},
	{0, "ID3", mediaKind, ""},
	{0, "\xff\xfb", mediaKind, ""}, // MP3
	{0, "\xff\xf3", mediaKind, ""},
	{0, "\xff\xf1", mediaKind, ""}, // AAC
	{0, "MThd", mediaKind, ""},
	{0, "\x1aE\xdf\xa3", mediaKind, ""},        // Matroska, WebM
	{0, "\x00\x01\x00\x00\x00", mediaKind, ""}, // TrueType
	{0, "true\x00", mediaKind, ""},
	{0, "OTTO\x00", mediaKind, ""},
	{0, "ttcf\x00", mediaKind, ""},
	{0, "wOFF", mediaKind, ""},
	{0, "wOF2", mediaKind, ""},
	{0, "\x13\xab\xa1\x5c", mediaKind, ""}, // ASTC
	{0, "\xabKTX ", mediaKind, ""},
	{0, "DDS ", mediaKind, ""},
	{4, "ftyp", mediaKind, ""}, // MP4, HEIF
	{8, "WEBP", mediaKind, ""},
	{8, "WAVEfmt", mediaKind, ""},
	{8, "AVI LIST", mediaKind, ""},
}

// headSize is how much of a file is looked at to know its kind.
const headSize = 16 << 10

// kindOf tells what a file is, and in words where it is not read.
func kindOf(head []byte) (kind, string) {
	for _, m := range magics {
		if len(head) >= m.at+len(m.bytes) && string(head[m.at:m.at+len(m.bytes)]) == m.bytes {
			return m.kind, m.word
		}
	}
	if mixed(head) {
		return unknownKind, "its bytes are evenly mixed: it is encrypted, or compressed in a way that is not known"
	}
	return plainKind, ""
}

// sampled is how many bytes are looked at to tell whether they are mixed.
const sampled = 4 << 10

// mixed tells whether bytes are as evenly mixed as encrypted ones: how often two bytes of a sample are
// equal is once in 256 for those, and far more often in text, code and tables.
func mixed(head []byte) bool {
	if len(head) < sampled {
		return false
	}
	var counts [256]int
	for _, b := range head[len(head)-sampled:] {
		counts[b]++
	}
	equal := 0
	for _, n := range counts {
		equal += n * (n - 1)
	}
	return equal*256*4 < sampled*(sampled-1)*5
}

// tailSize is how much of a file's end is looked at for an archive behind it.
const tailSize = 2 << 10

// archiveBehind tells whether the last bytes of a file are the end of an archive.
func archiveBehind(tail []byte) bool {
	tail = tail[max(0, len(tail)-tailSize):]
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	return i >= 0 && len(tail)-i >= 22 && i+22+int(tail[i+20])+int(tail[i+21])<<8 == len(tail)
}
