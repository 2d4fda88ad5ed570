package archive_test

import (
	stdzip "archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/shared"
	"portcullis/vetting/archive"
)

func open(t testing.TB, b []byte) *archive.Archive {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(b), int64(len(b)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// codes are the problems of an archive after all entries were read, sorted, each once.
func codes(a *archive.Archive) []archive.Code {
	for _, e := range a.Entries() {
		_, _ = e.Bytes(0) // what is wrong is told as a problem
	}
	var list []archive.Code
	for _, p := range a.Problems() {
		list = append(list, p.Code)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestProblems makes one archive for each thing that can be wrong.
func TestProblems(t *testing.T) {
	text := []byte(strings.Repeat("a text that can be deflated. ", 40))
	good := item{name: "good.txt", data: text, method: 8}
	with := func(change func(*item)) []byte {
		it := item{name: "a.txt", data: text, method: 8}
		change(&it)
		return build(t, good, it)
	}
	whole := build(t, good)
	for _, c := range []struct {
		name string
		file []byte
		want []archive.Code
		text string // that comes out of the last entry
	}{
		{"nothing", whole, nil, string(text)},
		{"a descriptor", with(func(it *item) { it.descriptor = true }), nil, string(text)},
		{"stored", with(func(it *item) { it.method = 0 }), nil, string(text)},
		{"an empty entry", with(func(it *item) { it.method, it.data = 0, nil }), nil, ""},
		{"a folder", build(t, item{name: "a/"}, item{name: "a/b", data: text}), nil, string(text)},

		{"bytes before", append([]byte("#!/bin/sh\n"), whole...), []archive.Code{archive.End, archive.Prefix}, string(text)},
		{"DEX before", append([]byte("dex\n035\x00"), whole...), []archive.Code{archive.End, archive.Janus}, string(text)},
		{"bytes after", append(slices.Clone(whole), "more"...), []archive.Code{archive.End}, string(text)},
		{"a comment that lies", lying(whole), []archive.Code{archive.End}, string(text)},
		{"no entries", build(t), []archive.Code{archive.Unsettling}, ""},
		{"an end record in the comment", commented(whole, append([]byte("PK\x05\x06"), make([]byte, 30)...)), []archive.Code{archive.End}, string(text)},
		{"a count that is too small", counted(build(t, good, item{name: "other.txt", data: text, method: 8}), 1), []archive.Code{archive.Directory}, string(text)},
		{"a count that is too large", counted(whole, 5), []archive.Code{archive.Directory}, string(text)},
		{"a directory elsewhere", patched(patched(whole, -6, 3), -10, 9), []archive.Code{archive.Directory}, ""},

		{"another name", with(func(it *item) { it.localName = "b.txt" }), []archive.Code{archive.Local}, string(text)},
		{"a longer name", with(func(it *item) { it.localName = "ab.txt" }), []archive.Code{archive.Local}, string(text)},
		{"another method", with(func(it *item) { it.localMethod = 1 }), []archive.Code{archive.Local}, string(text)},
		{"another size", with(func(it *item) { it.localSize = 1 }), []archive.Code{archive.Local}, string(text)},
		{"no local header", with(func(it *item) { it.at = 1 }), []archive.Code{archive.Local}, ""},
		{"outside the file", with(func(it *item) { it.at = 1 << 30 }), []archive.Code{archive.Truncated}, ""},
		{"encrypted, it says", with(func(it *item) { it.flags = 1 }), []archive.Code{archive.Encrypted}, string(text)},
		{"an unknown method", with(func(it *item) { it.method = 21 }), []archive.Code{archive.Method}, string(text)},
		{"twice", build(t, good, item{name: "good.txt", data: []byte("other")}), []archive.Code{archive.Duplicate}, "other"},
		{"shared bytes", build(t, good, item{name: "b.txt", data: text, method: 8, again: true}), []archive.Code{archive.Local, archive.Overlap}, string(text)},

		{"a wrong checksum", with(func(it *item) { it.crc = 1 }), []archive.Code{archive.Mismatch}, string(text)},
		{"less than is said", with(func(it *item) { it.size = 5 }), []archive.Code{archive.Mismatch}, string(text)},
		{"more than is said", with(func(it *item) { it.size = -5 }), []archive.Code{archive.Mismatch}, string(text[:len(text)-5])},
		{"not deflated", with(func(it *item) { it.raw = []byte("\xffnothing of the kind") }), []archive.Code{archive.Corrupt}, ""},
		{"deflated and cut off", with(func(it *item) { it.raw = deflated(t, text)[:5] }), []archive.Code{archive.Corrupt}, ""},
		{"4 GiB in a header", with(func(it *item) { it.size = 1<<32 - 2 - int64(len(text)) }), []archive.Code{archive.Mismatch}, string(text)},
		{"4 GiB stored", with(func(it *item) { it.size, it.method = 1<<32-2-int64(len(text)), 0 }), []archive.Code{archive.Local, archive.Mismatch, archive.Truncated}, ""},

		{"upwards", build(t, item{name: "../../etc/passwd", data: text}), []archive.Code{archive.Name}, string(text)},
		{"upwards, for Windows", build(t, item{name: `a\..\b`, data: text}), []archive.Code{archive.Name}, string(text)},
		{"two dots in a name", build(t, item{name: "a..b/c..", data: text}), nil, string(text)},
		{"from the root", build(t, item{name: "/etc/passwd", data: text}), []archive.Code{archive.Name}, string(text)},
		{"from a drive", build(t, item{name: "C:evil", data: text}), []archive.Code{archive.Name}, string(text)},
		{"a NUL", build(t, item{name: "a\x00b", data: text}), []archive.Code{archive.Name}, string(text)},
		{"not UTF-8", build(t, item{name: "a\xff", data: text}), []archive.Code{archive.Name}, string(text)},
		{"no name", build(t, item{data: text}), []archive.Code{archive.Name}, string(text)},
		{"a line in a name", build(t, item{name: "a\nb", data: text}), []archive.Code{archive.Name}, string(text)},
		{"a file and a folder", build(t, item{name: "classes.dex", data: text}, item{name: "classes.dex/x", data: text}), []archive.Code{archive.Name}, string(text)},
		{"a file and its folder's entry", build(t, item{name: "classes.dex", data: text}, item{name: "classes.dex/"}), []archive.Code{archive.Name}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := open(t, c.file)
			if diff := cmp.Diff(c.want, codes(a)); diff != "" {
				t.Errorf("problems (-want +got):\n%s\n%v", diff, a.Problems())
			}
			if entries := a.Entries(); len(entries) > 0 && c.text != "" {
				b, err := entries[len(entries)-1].Bytes(0)
				if string(b) != c.text {
					t.Errorf("got %q (%v), want %q", b, err, c.text)
				}
			}
		})
	}
}

// patched changes the 16 bits that lie as far from the end as at says.
func patched(file []byte, at int, to uint16) []byte {
	b := slices.Clone(file)
	binary.LittleEndian.PutUint16(b[len(b)+at:], to)
	return b
}

func counted(file []byte, n uint16) []byte { return patched(patched(file, -14, n), -12, n) }

func lying(file []byte) []byte { return patched(file, -2, 7) }

func commented(file, comment []byte) []byte {
	return append(patched(file, -2, uint16(len(comment))), comment...)
}

func TestZIP64(t *testing.T) {
	text := []byte("some text")
	plain := build(t, item{name: "a", data: text})
	end := len(plain) - 22
	at := int(binary.LittleEndian.Uint32(plain[end+16:]))
	le := binary.LittleEndian
	// The directory's sizes and place go into an extra field, and the end record's into its own.
	record := slices.Clone(plain[at:end])
	le.PutUint32(record[20:], math.MaxUint32)
	le.PutUint32(record[24:], math.MaxUint32)
	le.PutUint16(record[30:], 28)
	le.PutUint32(record[42:], math.MaxUint32)
	record = append(record, 1, 0, 24, 0)
	for _, n := range []int{len(text), len(text), 0} {
		record = le.AppendUint64(record, uint64(n))
	}
	file := append(slices.Clone(plain[:at]), record...)
	at64 := len(file)
	file = append(file, "PK\x06\x06"...)
	file = le.AppendUint64(file, 44)
	file = append(file, make([]byte, 12)...)
	for _, n := range []int{1, 1, len(record), at} {
		file = le.AppendUint64(file, uint64(n))
	}
	file = append(file, "PK\x06\x07\x00\x00\x00\x00"...)
	file = le.AppendUint64(file, uint64(at64))
	file = append(file, 1, 0, 0, 0)
	file = append(file, "PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...)
	a := open(t, file)
	if got := codes(a); got != nil {
		t.Fatalf("problems: %v", a.Problems())
	}
	if b, err := a.Lookup("a").Bytes(0); string(b) != string(text) || err != nil || !a.Exact() {
		t.Errorf("got %q, %v, exact %v", b, err, a.Exact())
	}
	lost := slices.Clone(file)
	lost[len(lost)-22-12]++ // the locator's
	if got := codes(open(t, lost)); !slices.Contains(got, archive.End) {
		t.Errorf("without its ZIP64 end record: %v", got)
	}
}

// TestExact: what signs places in a file can rely on them only if the archive ends where the file does.
func TestExact(t *testing.T) {
	whole := build(t, item{name: "a", data: []byte("text")})
	for name, c := range map[string]struct {
		file  []byte
		exact bool
	}{"whole": {whole, true}, "a comment": {commented(whole, []byte("said")), true}, "a byte behind": {append(slices.Clone(whole), 0), false}, "bytes before": {append([]byte("12"), whole...), false}} {
		if a := open(t, c.file); a.Exact() != c.exact || a.Lookup("a") == nil {
			t.Errorf("%s: exact is %v", name, a.Exact())
		}
	}
}

func TestUnknownMethodAsOthers(t *testing.T) {
	text := []byte(strings.Repeat("deflated all the same ", 20))
	a := open(t, build(t, item{name: "classes.dex", data: text, method: 77, raw: deflated(t, text)}))
	r, err := a.Lookup("classes.dex").OpenAs(archive.Deflate)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if string(b) != string(text) || err != nil || r.Check() != nil {
		t.Errorf("got %q, %v, %v", b, err, r.Check())
	}
}

func TestNotAnArchive(t *testing.T) {
	for _, file := range [][]byte{nil, []byte("PK"), []byte("PK\x05\x06"), bytes.Repeat([]byte("text "), 50_000)} {
		if _, err := archive.Open(bytes.NewReader(file), int64(len(file)), nil); !errors.Is(err, archive.ErrFormat) {
			t.Errorf("%.10q: %v", file, err)
		}
	}
	if _, err := archive.Open(bytes.NewReader(nil), 100, nil); !errors.Is(err, archive.ErrFormat) {
		t.Errorf("a file that is shorter than it is said to be: %v", err)
	}
}

// Whatever another reader of ZIP finds in the real files is found here, byte for byte.
func TestAsStandardReader(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "apks", "*.apk"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	compared := 0
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		std, err := stdzip.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			continue
		}
		a := open(t, file)
		if len(a.Entries()) != len(std.File) {
			t.Errorf("%s: %d entries, want %d", name, len(a.Entries()), len(std.File))
			continue
		}
		for i, f := range std.File {
			r, err := f.Open()
			if err != nil {
				continue
			}
			want, err := io.ReadAll(r)
			if err != nil {
				continue
			}
			if got, err := a.Entries()[i].Bytes(0); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %s: %v, %d bytes and not %d", name, f.Name, err, len(got), len(want))
			}
			compared++
		}
	}
	if compared < 350 {
		t.Errorf("%d entries were compared", compared)
	}
}

// A file that has been cut off is never read as if it were whole.
func TestTruncated(t *testing.T) {
	file := build(t, item{name: "a.txt", data: []byte("some text"), method: 8}, item{name: "b/c.txt", data: []byte("other text"), descriptor: true})
	for n := range file {
		a, err := archive.Open(bytes.NewReader(file[:n]), int64(n), nil)
		if err == nil && len(codes(a)) == 0 {
			t.Errorf("the first %d bytes are read without a word", n)
		}
	}
}

func FuzzOpen(f *testing.F) {
	text := []byte(strings.Repeat("text ", 100))
	f.Add(build(f, item{name: "a/b", data: text, method: 8}, item{name: "c", data: text, descriptor: true}))
	f.Add(append([]byte("dex\n"), build(f, item{name: "a", data: text, method: 9})...))
	f.Add(build(f, item{name: "x.zip", data: build(f, item{name: "y", data: text})}))
	limits := archive.Limits{Entry: 1 << 20, Total: 4 << 20, Depth: 3}
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := archive.Open(bytes.NewReader(file), int64(len(file)), archive.NewBudget(limits, int64(len(file))))
		if err != nil {
			return
		}
		walk(a)
		if a.Budget().Spent() > limits.Total {
			t.Errorf("%d bytes came out", a.Budget().Spent())
		}
	})
}

// walk reads everything, archives inside archives too.
func walk(a *archive.Archive) {
	for _, e := range a.Entries() {
		b, _ := e.Bytes(0) // an error ends this entry alone
		if bytes.HasPrefix(b, []byte("PK\x03\x04")) {
			if nested, err := e.Nested(bytes.NewReader(b), int64(len(b))); err == nil {
				walk(nested)
			}
		}
	}
}
