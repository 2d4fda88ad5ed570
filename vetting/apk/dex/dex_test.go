package dex_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/shared"
	"portcullis/vetting/apk/dex"
	"portcullis/vetting/apk/dex/dextest"
)

// sample has one of everything that a reader looks at.
var sample = dextest.File{
	Classes: []dextest.Class{
		{Name: "Lcom/example/A;", Flags: 0x11, Super: "Lcom/example/Base;", Interfaces: []string{"Lcom/example/I;"},
			Fields: []string{"[Lcom/example/Field;", "I"},
			Methods: []dextest.Method{
				{Parameters: []string{"Lcom/example/P;", "J"},
					Handlers: []dextest.Handler{{Types: []string{"Lcom/example/E1;", "Lcom/example/E2;"}, All: true}, {Types: []string{"Lcom/example/E3;"}}},
					Locals:   []dextest.Local{{Type: "Lcom/example/L;"}, {Type: "Ljava/util/List;", Signature: "Ljava/util/List<Lcom/example/G;>;"}}},
				{Parameters: []string{"Lcom/example/Q;"}},
				{}}},
		{Name: "Lcom/example/B$1;", Super: "Lcom/example/A;", Fields: []string{"Lcom/example/F1;", "Lcom/example/F2;"}, Constants: []string{"one", "two"}},
	},
	References: []string{"Lcom/example/Ref;", "[[Lcom/example/Arr;", "[Lcom/example/A;", "[Lcom/example/Ref;", "[[[Lcom/example/Arr;", "[I"},
	Strings:    []string{"https://example.com/a", "naïve", "𝄞 clef", "nul\x00 inside", "Lcom/example/Text;"},
}

func read(t testing.TB, data []byte) *dex.File {
	t.Helper()
	f, err := dex.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func collect(each func(func([]byte) bool)) []string {
	var out []string
	for s := range each {
		out = append(out, dex.Text(s))
	}
	return out
}

func classes(f *dex.File) []string {
	var out []string
	for c := range f.Classes {
		out = append(out, fmt.Sprintf("%s %s %x", c.Name, c.Super, c.Flags))
	}
	return out
}

func TestRead(t *testing.T) {
	f := read(t, dextest.Build(sample))
	if len(f.Problems) > 0 {
		t.Errorf("a whole file has problems: %v", f.Problems)
	}
	want := dex.Counts{Parts: 1, Strings: 33, Types: 23, Protos: 3, Fields: 4, Methods: 3, Classes: 2}
	if diff := cmp.Diff(want, f.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Lcom/example/A; Lcom/example/Base; 11", "Lcom/example/B$1; Lcom/example/A; 0"}, classes(f)); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Lcom/example/Base;", "Lcom/example/E1;", "Lcom/example/E2;", "Lcom/example/E3;", "Lcom/example/F1;",
		"Lcom/example/F2;", "Lcom/example/I;", "Lcom/example/L;", "Lcom/example/P;", "Lcom/example/Q;", "Lcom/example/Ref;", "Ljava/util/List;", "Lcom/example/Field;", "Lcom/example/Arr;"}, collect(f.References)); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"I", "J", "Lcom/example/Base;", "Lcom/example/E1;", "Lcom/example/E2;", "Lcom/example/E3;", "Lcom/example/F1;",
		"Lcom/example/F2;", "Lcom/example/I;", "Lcom/example/L;", "Lcom/example/P;", "Lcom/example/Q;", "Ljava/util/List;", "Ljava/util/List<Lcom/example/G;>;", "V", "[Lcom/example/Field;", "one", "two"}, collect(f.Declared)); diff != "" {
		t.Errorf("declared (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "Lcom/example/Text;", "Ljava/util/List<Lcom/example/G;>;", "https://example.com/a", "m", "naïve", "nul\x00 inside", "one", "two", "𝄞 clef"},
		collect(f.Literals)); diff != "" {
		t.Errorf("literals (-want +got):\n%s", diff)
	}
	if n := len(collect(f.Strings)); n != f.Counts.Strings {
		t.Errorf("%d strings are yielded of %d", n, f.Counts.Strings)
	}
}

func TestContainer(t *testing.T) {
	data := dextest.Container(
		dextest.File{Classes: dextest.Classes("a.One"), Strings: []string{"first"}},
		dextest.File{Classes: dextest.Classes("b.Two", "b.Three"), References: []string{"La/One;"}})
	f := read(t, data)
	if len(f.Problems) > 0 {
		t.Errorf("a whole container has problems: %v", f.Problems)
	}
	if f.Version != "041" || f.Counts.Parts != 2 || f.Counts.Classes != 3 {
		t.Errorf("version %s, %+v", f.Version, f.Counts)
	}
	if diff := cmp.Diff([]string{"La/One; Ljava/lang/Object; 0", "Lb/Two; Ljava/lang/Object; 0", "Lb/Three; Ljava/lang/Object; 0"}, classes(f)); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	lie := slices.Clone(data)
	binary.LittleEndian.PutUint32(lie[112:], 7)
	binary.LittleEndian.PutUint32(lie[116:], 8)
	if f := read(t, lie); f.Counts.Classes != 3 || !told(f, "container_size is 7") || !told(f, "header_offset is 8; the header is at byte 0") {
		t.Errorf("a header that lies about its container: %+v, %v", f.Counts, f.Problems)
	}
	second := binary.LittleEndian.Uint32(data[32:])
	copy(data[second:], "xxxx")
	if f := read(t, data); f.Counts.Classes != 1 || !told(f, "the next DEX file in the container") {
		t.Errorf("a broken second header: %+v, %v", f.Counts, f.Problems)
	}
}

func told(f *dex.File, what string) bool {
	return slices.ContainsFunc(f.Problems, func(p dex.Problem) bool { return strings.Contains(p.String(), what) })
}

func TestProblems(t *testing.T) {
	put := func(off int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.LittleEndian.PutUint32(b[off:], v); return b }
	}
	at := func(b []byte, off int) int { return int(binary.LittleEndian.Uint32(b[off:])) }
	tests := []struct {
		name   string
		edit   func([]byte) []byte
		unsign bool // leave the checksums as they were
		want   string
		lost   bool // then not all can be read
	}{
		{"checksum", put(8, 1), true, "header: checksum is 00000001; the bytes have", false},
		{"endian tag", put(40, 7), false, "header: endian_tag is", false},
		{"header size", put(36, 0x78), false, "header: header_size is 120; version 035 has 112", false},
		{"version", func(b []byte) []byte { copy(b[4:], "042"); return b }, false, "header: version 042 is not one that Android reads", false},
		{"cut off", func(b []byte) []byte { return b[:len(b)-4] }, true, "it is cut off", true},
		{"more behind", func(b []byte) []byte { return append(b, "PK"...) }, true, "header: 2 bytes follow after the end", false},
		{"table too long", put(56, 0x7fffffff), false, "string_ids: 2147483647 entries are stated, and there is room for", true},
		{"table outside", put(60, 0x7fffffff), false, "string_ids: 33 entries are stated at byte 2147483647, beyond the end", true},
		{"table askew", func(b []byte) []byte { return put(60, uint32(at(b, 60)+1))(b) }, false, "which is not a multiple of 4", true},
		{"no map", put(52, 0), false, "map_list: there is none", false},
		{"map outside", put(52, 0xfffffff0), false, "map_list: is stated at byte 4294967280", false},
		{"map disagrees", put(96, 1), false, "map_list: says 2 entries at byte", true},
		{"map lies about its size", func(b []byte) []byte { return put(at(b, 52), 0x10000000)(b) }, false, "map_list: states 268435456 items", false},
		{"map out of order", func(b []byte) []byte { return put(at(b, 52)+4+12+8, 0)(b) }, false, "map_list: item 1 is not in the order", true},
		{"string outside", func(b []byte) []byte { return put(at(b, 60), 0xffffff)(b) }, false, "string_ids: entry 0 names no string", true},
		{"string length", func(b []byte) []byte { b[at(b, at(b, 60)+4)]++; return b }, false, "string_ids: entry 1 has another length than is stated", false},
		{"string form", func(b []byte) []byte { b[at(b, at(b, 60)+4)+1] = 0xff; return b }, false, "string_ids: entry 1 is not in modified UTF-8", false},
		{"type outside", func(b []byte) []byte { return put(at(b, 68)+8, 9999)(b) }, false, "type_ids: entry 2 names no string", true},
		{"type is no type", func(b []byte) []byte { return put(at(b, 68), 0)(b) }, false, "type_ids: entry 0 is no type descriptor", false},
		{"class outside", func(b []byte) []byte { return put(at(b, 100), 9999)(b) }, false, "class_defs: entry 0 names no type", true},
		{"class twice", func(b []byte) []byte { return put(at(b, 100)+32, uint32(at(b, at(b, 100))))(b) }, false, "class_defs: entry 1 defines a class that", false},
		{"members outside", func(b []byte) []byte { return put(at(b, 100)+24, 9999)(b) }, false, "class_defs: entry 0 has its fields and methods beyond the end", true},
		{"super outside", func(b []byte) []byte { return put(at(b, 100)+8, 9999)(b) }, false, "class_defs: entry 0 extends a type that is not there", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data := test.edit(dextest.Build(sample))
			if !test.unsign {
				dextest.Sign(data)
			}
			f := read(t, data)
			if !told(f, test.want) {
				t.Errorf("want %q, got %v", test.want, f.Problems)
			}
			if lost := test.lost; f.Lost() != lost {
				t.Errorf("lost is %t: %v", f.Lost(), f.Problems)
			}
			if !test.unsign && told(f, "checksum is") {
				t.Errorf("the checksum is right: %v", f.Problems)
			}
			exhaust(f)
		})
	}
}

func TestNotDEX(t *testing.T) {
	whole := dextest.Build(sample)
	for name, data := range map[string][]byte{"empty": nil, "short": whole[:100], "other": make([]byte, 200),
		"optimised": append([]byte("dey\n036\x00"), whole...), "compact": append([]byte("cdex001\x00"), whole...), "version": append([]byte("dex\nabc\x00"), whole...)} {
		if _, err := dex.Read(data); !errors.Is(err, dex.ErrNotDEX) {
			t.Errorf("%s: %v", name, err)
		}
	}
	binary.LittleEndian.PutUint32(whole[40:], 0x78563412)
	if _, err := dex.Read(whole); err == nil || !strings.Contains(err.Error(), "big-endian") {
		t.Errorf("big-endian: %v", err)
	}
}

// exhaust calls everything that reads, and returns how many bytes it was given.
func exhaust(f *dex.File) int {
	n := 0
	for c := range f.Classes {
		n += len(c.Name) + len(c.Super)
	}
	for _, each := range []func(func([]byte) bool){f.References, f.Strings, f.Literals, f.Declared} {
		for s := range each {
			n += len(s)
		}
	}
	return n
}

// TestBounded gives one long string many names: what iterators yield stays within a multiple of the file.
func TestBounded(t *testing.T) {
	data := dextest.Build(dextest.File{Strings: []string{strings.Repeat("x", 1<<20)}, Classes: dextest.Classes(names(1000)...)})
	strings, types := binary.LittleEndian.Uint32(data[60:]), binary.LittleEndian.Uint32(data[68:])
	n, kinds := binary.LittleEndian.Uint32(data[56:]), binary.LittleEndian.Uint32(data[64:])
	long := binary.LittleEndian.Uint32(data[strings+4*(n-1):])
	for i := range n {
		binary.LittleEndian.PutUint32(data[strings+4*i:], long)
	}
	for i := range kinds {
		binary.LittleEndian.PutUint32(data[types+4*i:], n-1)
	}
	f := read(t, data)
	for _, table := range []string{"string_ids", "type_ids", "class_defs"} {
		if !told(f, table+": names the same long strings again") {
			t.Errorf("%s is not told: %v", table, f.Problems)
		}
	}
	if got, most := exhaust(f), 5*9*len(data); got > most {
		t.Errorf("%d bytes are yielded of a file of %d", got, len(data))
	}
}

// TestBoundedParts gives the tables of one part to many: together they are no longer than the file.
func TestBoundedParts(t *testing.T) {
	parts := make([]dextest.File, 50)
	parts[0] = dextest.File{Classes: dextest.Classes(names(1000)...)}
	data := dextest.Container(parts...)
	for at := 0; at < len(data); at += int(binary.LittleEndian.Uint32(data[at+32:])) {
		copy(data[at+56:at+112], data[56:112])
	}
	f := read(t, data)
	if !told(f, "string_ids: 1003 entries are stated, and there is room for") || f.Counts.Parts != 50 {
		t.Errorf("%+v, %v", f.Counts, f.Problems)
	}
	if size := 4*f.Counts.Strings + 4*f.Counts.Types + 32*f.Counts.Classes; size > len(data) {
		t.Errorf("tables of %d bytes in a container of %d", size, len(data))
	}
}

// TestBoundedSupers has many classes extend one of a long name.
func TestBoundedSupers(t *testing.T) {
	long := "L" + strings.Repeat("x", 1<<20) + ";"
	f := dextest.File{Classes: dextest.Classes(names(1000)...)}
	for i := range f.Classes {
		f.Classes[i].Super = long
	}
	data := dextest.Build(f)
	file := read(t, data)
	if !told(file, "class_defs: names the same long strings again") {
		t.Errorf("%v", file.Problems)
	}
	if got, most := exhaust(file), 5*9*len(data); got > most {
		t.Errorf("%d bytes are yielded of a file of %d", got, len(data))
	}
}

// TestBoundedDeclarations has many classes share one long list of interfaces.
func TestBoundedDeclarations(t *testing.T) {
	f := dextest.File{Classes: dextest.Classes(names(2000)...)}
	f.Classes[0].Interfaces = names(2000)
	data := dextest.Build(f)
	classes, n := binary.LittleEndian.Uint32(data[100:]), binary.LittleEndian.Uint32(data[96:])
	for i := range n {
		copy(data[classes+32*i+12:][:4], data[classes+12:])
	}
	file := read(t, data)
	if exhaust(file); !told(file, "class_data: takes more steps than the file has room for") {
		t.Errorf("%v", file.Problems)
	}
}

// TestDeepConstants has arrays in arrays to the end of the file.
func TestDeepConstants(t *testing.T) {
	data := dextest.Build(sample)
	binary.LittleEndian.PutUint32(data[binary.LittleEndian.Uint32(data[100:])+28:], uint32(len(data)))
	data = append(data, 1)
	data = append(data, bytes.Repeat([]byte{0x1c, 1}, 1<<16)...)
	f := read(t, data)
	if exhaust(f); !told(f, "static_values: stand deeper in each other than is read") {
		t.Errorf("%v", f.Problems)
	}
}

func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("com.example.p%03d.q%d.Class%d", i/97, i%7, i)
	}
	return out
}

func TestTruncated(t *testing.T) {
	whole := dextest.Container(sample, dextest.File{Classes: dextest.Classes("b.Two")})
	for n := range whole {
		f, err := dex.Read(whole[:n])
		if err != nil {
			continue
		}
		if len(f.Problems) == 0 {
			t.Fatalf("cut to %d of %d bytes, it has no problems", n, len(whole))
		}
		exhaust(f)
	}
}

// TestDamaged overwrites six bytes at every place.
func TestDamaged(t *testing.T) {
	whole := dextest.Build(sample)
	for at := range len(whole) - 6 {
		for _, with := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			data := slices.Clone(whole)
			copy(data[at:], bytes.Repeat([]byte{with}, 6))
			if f, err := dex.Read(data); err == nil {
				exhaust(f)
			}
		}
	}
}

func TestStops(t *testing.T) {
	f := read(t, dextest.Build(sample))
	for name, each := range map[string]func(func([]byte) bool){"references": f.References, "strings": f.Strings, "literals": f.Literals, "declared": f.Declared} {
		n := 0
		for range each {
			n++
			break
		}
		if n != 1 {
			t.Errorf("%s: %d", name, n)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(dextest.Build(sample))
	f.Add(dextest.Container(sample, dextest.File{Classes: dextest.Classes("b.Two")}))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := dex.Read(data)
		if err != nil {
			return
		}
		if got, most := exhaust(file), 6*(9*len(data)+8192); got > most {
			t.Errorf("%d bytes are yielded of a file of %d", got, len(data))
		}
		if len(file.Problems) > 101 {
			t.Errorf("%d problems are told", len(file.Problems))
		}
	})
}

func TestText(t *testing.T) {
	for _, s := range []string{"", "plain", "naïve", "𝄞", "nul\x00", "日本"} {
		if got := dex.Text(dextest.MUTF8(s)); got != s {
			t.Errorf("%q becomes %q", s, got)
		}
	}
	for in, want := range map[string]string{"\xff": "\ufffd", "a\xed\xa0\xb4": "a\ufffd", "\xe2\x82": "\ufffd\ufffd"} {
		if got := dex.Text([]byte(in)); got != want {
			t.Errorf("%q becomes %q, not %q", in, got, want)
		}
	}
}

var officialDEX = regexp.MustCompile(`^classes\d*\.dex$`)

// apkDEX returns the DEX files of an APK that Android would load; nil where archive/zip cannot read it.
func apkDEX(t testing.TB, path string) [][]byte {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		return nil
	}
	defer r.Close()
	var out [][]byte
	for _, entry := range r.File {
		if !officialDEX.MatchString(entry.Name) {
			continue
		}
		rc, err := entry.Open()
		if err != nil {
			continue
		}
		data, err := io.ReadAll(rc)
		if err != nil {
			t.Logf("%s!%s: %v", path, entry.Name, err)
		}
		out = append(out, data)
	}
	return out
}

// TestOracle holds the counts of classes and strings equal to androguard's.
func TestOracle(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	file, err := os.Open(filepath.Join(dir, "apks", "ORACLE.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	type counts struct{ Classes, Strings *int }
	held := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var o struct {
			File       string
			Androguard *counts
		}
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		if o.Androguard == nil || o.Androguard.Classes == nil {
			continue
		}
		var c, s int
		for _, data := range apkDEX(t, filepath.Join(dir, "apks", o.File)) {
			f, err := dex.Read(data)
			if err != nil {
				t.Logf("%s: %v", o.File, err)
				continue
			}
			if len(f.Problems) > 0 {
				t.Logf("%s: %v", o.File, f.Problems)
			}
			exhaust(f)
			c, s = c+f.Counts.Classes, s+f.Counts.Strings
		}
		if c != *o.Androguard.Classes || s != *o.Androguard.Strings {
			t.Errorf("%s: %d classes and %d strings; androguard says %d and %d", o.File, c, s, *o.Androguard.Classes, *o.Androguard.Strings)
		}
		held++
	}
	if held < 20 {
		t.Errorf("only %d files were held against androguard", held)
	}
}

// BenchmarkRead reads the two DEX files of an app with 80,000 classes, and goes over all that they hold.
func BenchmarkRead(b *testing.B) {
	all := names(80_000)
	var files [][]byte
	size := 0
	for half := range slices.Chunk(all, 40_000) {
		f := dextest.File{Classes: dextest.Classes(half...)}
		for i, name := range half {
			f.Strings = append(f.Strings, name+" could not be opened", fmt.Sprintf("method%d", i), fmt.Sprintf("https://host%d.example/path", i%100))
			f.Classes[i].Fields = []string{"I", f.Classes[(i+1)%len(half)].Name}
		}
		files = append(files, dextest.Build(f))
		size += len(files[len(files)-1])
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, data := range files {
			f, err := dex.Read(data)
			if err != nil {
				b.Fatal(err)
			}
			exhaust(f)
		}
	}
}
