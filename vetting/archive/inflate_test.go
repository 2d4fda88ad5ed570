package archive

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"os"
	"testing"
)

// slow is what compress/flate makes of src, if that is exactly size bytes; ok is false otherwise.
func slow(src []byte, size int) (b []byte, ok bool) {
	r := flate.NewReader(bytes.NewReader(src))
	b, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	return b, err == nil && len(b) == size
}

func checkInflate(t *testing.T, src []byte, size int) {
	t.Helper()
	want, ok := slow(src, size)
	got := make([]byte, size)
	err := inflate(got, src)
	if err == nil && (!ok || !bytes.Equal(got, want)) {
		t.Fatalf("%d bytes became %d others than with compress/flate", len(src), size)
	}
}

// TestInflate holds every kind of block against compress/flate.
func TestInflate(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	skewed := make([]byte, 300_000)
	for i := range skewed {
		skewed[i] = byte(rng.ExpFloat64() * rng.ExpFloat64() * 9)
	}
	code, err := os.ReadFile("inflate.go")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"empty": nil, "one": {7}, "zeros": make([]byte, 200_000), "noise": noise, "skewed": skewed, "code": code,
		"code and noise": bytes.Join([][]byte{code, noise, code, skewed, noise}, nil),
		"pairs":          bytes.Repeat([]byte("ab"), 50_000), "sevens": bytes.Repeat([]byte("1234567"), 10_000),
	} {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
			var b bytes.Buffer
			w, err := flate.NewWriter(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			for i, part := range [][]byte{data[:len(data)/3], data[len(data)/3:]} {
				if _, err := w.Write(part); err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					if err := w.Flush(); err != nil { // a block that ends in the middle
						t.Fatal(err)
					}
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(data))
			if err := inflate(got, b.Bytes()); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s at level %d: %v", name, level, err)
			}
			if len(data) > 0 && inflate(got[:len(data)-1], b.Bytes()) == nil {
				t.Errorf("%s at level %d: fits into less room than it needs", name, level)
			}
			if inflate(make([]byte, len(data)+1), b.Bytes()) == nil {
				t.Errorf("%s at level %d: fills more room than it needs", name, level)
			}
			for _, cut := range []int{1, 2, b.Len() / 2, b.Len() - 1} {
				if cut < b.Len() {
					checkInflate(t, b.Bytes()[:b.Len()-cut], len(data))
				}
			}
		}
	}
}

func FuzzInflate(f *testing.F) {
	for _, s := range []string{"", "text text text text", "\x00\x01\x02\xff"} {
		for _, level := range []int{flate.HuffmanOnly, 0, 9} {
			var b bytes.Buffer
			w, err := flate.NewWriter(&b, level)
			if err != nil {
				f.Fatal(err)
			}
			if _, err := w.Write([]byte(s)); err != nil {
				f.Fatal(err)
			}
			if err := w.Close(); err != nil {
				f.Fatal(err)
			}
			f.Add(b.Bytes(), uint16(len(s)))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, size uint16) {
		checkInflate(t, src, int(size))
		if b, _ := slow(src, 1<<16); len(b) <= 1<<16 { // as long as it truly is
			checkInflate(t, src, len(b))
		}
	})
}

// BenchmarkInflate puts the two ways of inflating beside each other.
func BenchmarkInflate(b *testing.B) {
	code, err := os.ReadFile("inflate.go")
	if err != nil {
		b.Fatal(err)
	}
	var z bytes.Buffer
	w, err := flate.NewWriter(&z, 6)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := w.Write(code); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, len(code))
	b.Run("here", func(b *testing.B) {
		b.SetBytes(int64(len(code)))
		for b.Loop() {
			if err := inflate(dst, z.Bytes()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("compress/flate", func(b *testing.B) {
		b.SetBytes(int64(len(code)))
		r := flate.NewReader(bytes.NewReader(nil))
		for b.Loop() {
			if err := r.(flate.Resetter).Reset(bytes.NewReader(z.Bytes()), nil); err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(r, dst); err != nil {
				b.Fatal(err)
			}
		}
	})
}
