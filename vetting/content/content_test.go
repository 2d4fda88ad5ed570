package content

import (
	"archive/zip"
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func noise(n int) []byte {
	out := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(out)
	return out
}

// TestOf: bytes are told by what they begin with, and encrypted ones by how evenly they are mixed.
func TestOf(t *testing.T) {
	for begin, want := range map[string]Kind{"": Plain, "dex\n035\x00": DEX, "PK\x03\x04": ZIP, "\x7fELF": ELF, "\x1f\x8b\x08": GZIP, "\xfd7zXZ\x00": Packed,
		"\x89PNG\r\n\x1a\n": Media, "RIFF....WEBP": Media, "cdex": Code, strings.Repeat("words and words ", 1000): Plain, string(noise(Sampled)): Unknown, string(noise(Sampled - 1)): Plain} {
		if got, word := Of([]byte(begin)); got != want || (want == Unknown || want == Packed || want == Code) && word == "" {
			t.Errorf("%.20q: %d %q, want %d", begin, got, word, want)
		}
	}
}

// TestMixedWithin: much that is encrypted is told wherever it stands, and text with a little of it is not.
func TestMixedWithin(t *testing.T) {
	text := bytes.Repeat([]byte("words and words "), 20_000)
	if err := MixedWithin(text); err != nil {
		t.Error(err)
	}
	if err := MixedWithin(slices.Concat(text, noise(Sampled))); err != nil {
		t.Error(err)
	}
	if MixedWithin(slices.Concat(text, noise(100*Sampled), text)) == nil || MixedWithin(slices.Concat(text[:2*Sampled], noise(4*Sampled))) == nil {
		t.Error("encrypted bytes are not seen")
	}
}

// TestArchiveEnd: an archive is found in the middle of something else, and its mark alone is none.
func TestArchiveEnd(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.Create("a"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	before, after := []byte("something"), []byte(strings.Repeat("else ", 1000)+ArchiveMark)
	if got := ArchiveEnd(slices.Concat(before, b.Bytes(), after)); got != len(before)+b.Len() {
		t.Errorf("%d, want %d", got, len(before)+b.Len())
	}
	if got := ArchiveEnd([]byte(ArchiveMark + strings.Repeat("x", 100))); got != -1 {
		t.Errorf("%d where there is none", got)
	}
}

func FuzzOf(f *testing.F) {
	f.Add([]byte("PK\x05\x06"))
	f.Add(noise(2 * Sampled))
	f.Fuzz(func(t *testing.T, data []byte) {
		Of(data)
		_ = MixedWithin(data)
		if end := ArchiveEnd(data); end < -1 || end > len(data) {
			t.Errorf("%d of %d bytes", end, len(data))
		}
	})
}
