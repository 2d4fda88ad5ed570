package sign

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portcullis/internal/shared"
	"portcullis/vetting/archive"
)

// blocks are the signature blocks of the real files with a JAR signature, and their signature files.
func blocks(t testing.TB) (list [][2][]byte) {
	t.Helper()
	dir := shared.Dir(t)
	if dir == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "apks", "apksig", "v1-only-*.apk"))
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := archive.Open(bytes.NewReader(b), int64(len(b)), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range a.Entries() {
			ext := filepath.Ext(e.Name)
			if sf := a.Lookup(strings.TrimSuffix(e.Name, ext) + ".SF"); sf != nil && ext != ".SF" {
				block, err := e.Bytes(0)
				if err != nil {
					t.Fatal(err)
				}
				file, err := sf.Bytes(0)
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, [2][]byte{block, file})
			}
		}
	}
	return list
}

// openLengths wraps every value of a block that holds others so that it has no length but an end.
func openLengths(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		e, rest, err := readElement(b)
		if err != nil {
			return append(out, b...)
		}
		switch {
		case e.tag == tagContext0 && len(out) > 0 && out[0] == 2, e.tag&0x20 == 0:
			out = append(out, e.raw...)
		default:
			out = append(append(append(out, e.tag, 0x80), openLengths(e.content)...), 0, 0)
		}
		b = rest
	}
	return out
}

// A block says the same with and without lengths, as BER allows and DER does not.
func TestOpenLengths(t *testing.T) {
	for _, b := range blocks(t) {
		d, err := readSignedData(b[0])
		if err != nil {
			t.Fatal(err)
		}
		open, err := readSignedData(openLengths(b[0]))
		if err != nil || len(open.infos) != len(d.infos) || len(open.certificates) != len(d.certificates) || open.contentType != d.contentType {
			t.Fatalf("without lengths: %v", err)
		}
		for i, c := range open.certificates {
			if c.serial.Cmp(d.certificates[i].serial) != 0 || c.Subject != d.certificates[i].Subject {
				t.Errorf("certificate %d is %q without lengths, and %q with", i, c.Subject, d.certificates[i].Subject)
			}
		}
	}
}

func FuzzSignedData(f *testing.F) {
	for i, b := range blocks(f) {
		if i%8 == 0 {
			f.Add(b[0], b[1])
			f.Add(openLengths(b[0]), b[1])
		}
	}
	f.Fuzz(func(t *testing.T, block, file []byte) {
		d, err := readSignedData(block)
		if err != nil {
			return
		}
		for _, info := range d.infos {
			if cert, _, err := d.check(info, file, sdkN); err == nil && cert != nil {
				d.chain(cert)
			}
		}
	})
}

func TestDepth(t *testing.T) {
	deep := bytes.Repeat([]byte{tagSequence, 0x80}, 1_000_000)
	if _, _, err := readElement(deep); err == nil {
		t.Error("values are nested a million times, and are read")
	}
}

// Names are the same where Java says so.
func TestNameKey(t *testing.T) {
	name := func(tag byte, value string) []byte {
		attr := append([]byte{6, 3, 0x55, 4, 3, tag, byte(len(value))}, value...)
		set := append([]byte{tagSequence, byte(len(attr))}, attr...)
		set = append([]byte{tagSet, byte(len(set))}, set...)
		return append([]byte{tagSequence, byte(len(set))}, set...)
	}
	if nameKey(name(12, " Ada  LOVELACE")) != nameKey(name(19, "ada lovelace")) {
		t.Error("case, spaces and the type of string make a difference")
	}
	if nameKey(name(12, "ada")) == nameKey(name(12, "adb")) || nameKey(name(12, "0403616461")) == nameKey(name(4, "ada")) {
		t.Error("names that differ are the same")
	}
}
