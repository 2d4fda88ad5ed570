package apk

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"portcullis/vetting/archive"
	"portcullis/vetting/content"
)

// leastOutside is how many bytes outside of entries are looked at: fewer are what aligns and describes entries.
const leastOutside = 64

// maxOutside bounds how many parts of a file outside of its entries are looked at.
const maxOutside = 1000

// outside reads what lies in the file and in none of its entries. Android does not look there, but for code at the
// beginning before Android 8; an app can read its own file.
func (r *reader) outside(a *archive.Archive, out *piece) {
	gaps := a.Gaps(leastOutside)
	for i, g := range gaps {
		if i == maxOutside {
			out.cover.not(r.whole(a), 0, fmt.Sprintf("of its %d parts outside of entries %d were looked at", len(gaps), i))
			return
		}
		where := fmt.Sprintf("%s (outside of its entries, at byte %d)", r.place(a.Path()), g.Offset)
		if g.Offset == 0 {
			where = r.place(a.Path()) + " (before the archive)"
		}
		r.gap(strings.TrimSpace(where), a, g, out)
	}
}

// whole is the place of an archive as such.
func (r *reader) whole(a *archive.Archive) string { return cmp.Or(r.place(a.Path()), "(the file)") }

func (r *reader) gap(where string, a *archive.Archive, g archive.Gap, out *piece) {
	if g.Size > holdLibrary {
		out.cover.not(where, g.Size, fmt.Sprintf("it belongs to no entry, and is longer than %d bytes", holdLibrary))
		return
	}
	if size := codeSize(a); g.Offset == 0 && size > g.Size { // such code has the archive in it
		g.Size = size
	}
	data := make([]byte, g.Size)
	if n, err := a.ReaderAt().ReadAt(data, g.Offset); n < len(data) {
		out.cover.not(where, g.Size, fmt.Sprintf("it could not be read: %v", err))
		return
	}
	for _, part := range unsigned(data) {
		if len(bytes.Trim(part, "\x00")) < leastOutside {
			continue
		}
		size := int64(len(part))
		if err := r.loose(where, part, out); err != nil {
			out.cover.not(where, size, err.Error())
		} else {
			out.cover.read(size)
		}
	}
}

// codeSize is how long the DEX file says that it is that a file begins as, as far as there is as much; 0 for none.
func codeSize(a *archive.Archive) int64 {
	var head [40]byte
	if n, _ := a.ReaderAt().ReadAt(head[:], 0); n < len(head) || string(head[:4]) != "dex\n" {
		return 0
	}
	return min(int64(binary.LittleEndian.Uint32(head[32:])), a.Size(), holdLibrary)
}

// loose reads bytes that have no name, as what they begin with. The error is why not all of them are analysed.
func (r *reader) loose(where string, data []byte, out *piece) error {
	see := r.opt.See(where)
	kind, word := content.Of(data[:min(len(data), content.HeadSize)])
	switch kind {
	case content.DEX:
		code, err := r.dex(where, data, see, out)
		if code.Files > 0 {
			out.nested = append(out.nested, Nested{Where: where, Format: DEX, Code: code})
		}
		return err
	case content.Packed, content.Unknown, content.Code:
		return errors.New(word)
	case content.Media:
		return r.buried(where, data, see, out)
	}
	out.hosts.Scan(data)
	see.String(data)
	if kind == content.ZIP || content.ArchiveEnd(data) >= 0 {
		return errors.New("it is an archive that belongs to no entry")
	}
	return errors.Join(r.buried(where, data, see, out), content.MixedWithin(data))
}

// The pairs of a signing block that are read with the signatures, or that Google's tools put there: versions 2, 3 and
// 3.1, padding, stamps of sources, what the store adds, and the list of libraries that only Google can read.
var signingPairs = map[uint32]bool{0x7109871a: true, 0xf05368c0: true, 0x1b93ad61: true, 0x42726577: true, 0x2b09189e: true, 0x6dff800d: true,
	0x2146444e: true, 0x504b4453: true}

const signingMagic = "APK Sig Block 42"

// unsigned are the parts of a gap that do not belong to signatures: of a signing block, pairs that are not known.
func unsigned(gap []byte) (parts [][]byte) {
	le := binary.LittleEndian
	if len(gap) < 32 || string(gap[len(gap)-16:]) != signingMagic {
		return [][]byte{gap}
	}
	size := le.Uint64(gap[len(gap)-24:])
	if size > uint64(len(gap)-8) || size < 24 {
		return [][]byte{gap}
	}
	begin := len(gap) - 8 - int(size)
	parts = append(parts, gap[:begin])
	for rest := gap[begin+8 : len(gap)-24]; len(rest) > 0; {
		if len(rest) < 12 || le.Uint64(rest) < 4 || le.Uint64(rest) > uint64(len(rest)-8) {
			return append(parts, rest)
		}
		length := int(le.Uint64(rest))
		if !signingPairs[le.Uint32(rest[8:])] {
			parts = append(parts, rest[12:8+length])
		}
		rest = rest[8+length:]
	}
	return parts
}
