package elf_test

import (
	stdzip "archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/shared"
	vetelf "portcullis/vetting/elf"
)

// made is a 64-bit library for arm64, put together from its parts as a linker would.
type made struct {
	machine  elf.Machine
	kind     elf.Type
	stack    elf.ProgFlag
	relro    bool
	flags    elf.DynFlag
	needed   []string
	imports  []string
	exports  []string
	gnu      bool // has a GNU hash table and no other
	note     bool
	interp   bool
	sections []elf.SectionType
	textRel  bool
}

const base = 0x10000

func (m made) bytes() []byte {
	le := binary.LittleEndian
	var strs bytes.Buffer
	strs.WriteByte(0)
	name := func(s string) uint64 {
		at := strs.Len()
		strs.WriteString(s + "\x00")
		return uint64(at)
	}
	symbols := make([]byte, 24)
	add := func(s string, section uint16) {
		sym := le.AppendUint32(nil, uint32(name(s)))
		sym = append(sym, 1<<4|2, 0)
		sym = le.AppendUint16(sym, section)
		symbols = append(symbols, append(sym, make([]byte, 16)...)...)
	}
	for _, s := range m.imports {
		add(s, 0)
	}
	for _, s := range m.exports {
		add(s, 7)
	}
	count := uint32(len(symbols) / 24)
	hash := le.AppendUint32(le.AppendUint32(nil, 1), count)
	if m.gnu {
		first := uint32(1 + len(m.imports))
		hash = nil
		for _, n := range []uint32{1, first, 1, 0, 0, 0, first} { // one bucket, one word of the filter
			hash = le.AppendUint32(hash, n)
		}
		for i := range m.exports {
			end := uint32(0)
			if i == len(m.exports)-1 {
				end = 1
			}
			hash = le.AppendUint32(hash, 0x1000<<1|end)
		}
	}
	var needed []uint64
	for _, n := range m.needed {
		needed = append(needed, name(n))
	}
	soname, runpath := name("libmade.so"), name("$ORIGIN:/system/lib64")
	notes := append(le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, 8), 132), 1), "Android\x00"...)
	notes = append(le.AppendUint32(notes, 21), append([]byte("r27c"), make([]byte, 124)...)...)

	const head = 64 + 7*56
	at := uint64(head)
	place := func(b []byte) uint64 { p := at; at += uint64(len(b)+7) / 8 * 8; return p }
	strAt, symAt, hashAt, noteAt := place(strs.Bytes()), place(symbols), place(hash), place(notes)
	var dyn []byte
	entry := func(tag elf.DynTag, v uint64) { dyn = le.AppendUint64(le.AppendUint64(dyn, uint64(tag)), v) }
	for _, n := range needed {
		entry(elf.DT_NEEDED, n)
	}
	entry(elf.DT_SONAME, soname)
	entry(elf.DT_RUNPATH, runpath)
	entry(elf.DT_STRTAB, base+strAt)
	entry(elf.DT_STRSZ, uint64(strs.Len()))
	entry(elf.DT_SYMTAB, base+symAt)
	if m.gnu {
		entry(elf.DT_GNU_HASH, base+hashAt)
	} else {
		entry(elf.DT_HASH, base+hashAt)
	}
	if m.textRel {
		entry(elf.DT_TEXTREL, 0)
	}
	entry(elf.DT_FLAGS, uint64(m.flags))
	entry(elf.DT_NULL, 0)
	dynAt := place(dyn)
	sectionsAt := at

	file := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	file = le.AppendUint16(le.AppendUint16(file, uint16(m.kind)), uint16(m.machine))
	file = le.AppendUint64(append(file, make([]byte, 12)...), 64)
	file = le.AppendUint64(file, sectionsAt)
	for _, n := range []uint16{0, 0, 64, 56, 7, 64, uint16(len(m.sections)), 0} {
		file = le.AppendUint16(file, n)
	}
	header := func(kind elf.ProgType, flags elf.ProgFlag, off, size uint64) {
		file = le.AppendUint32(le.AppendUint32(file, uint32(kind)), uint32(flags))
		for _, n := range []uint64{off, base + off, base + off, size, size, 8} {
			file = le.AppendUint64(file, n)
		}
	}
	either := func(yes bool, kind elf.ProgType) elf.ProgType {
		if yes {
			return kind
		}
		return elf.PT_NULL
	}
	header(elf.PT_LOAD, elf.PF_R|elf.PF_X, 0, at)
	header(elf.PT_DYNAMIC, elf.PF_R, dynAt, uint64(len(dyn)))
	header(elf.PT_GNU_STACK, m.stack, 0, 0)
	header(either(m.relro, elf.PT_GNU_RELRO), elf.PF_R, dynAt, 8)
	header(either(m.note, elf.PT_NOTE), elf.PF_R, noteAt, uint64(len(notes)))
	header(either(m.interp, elf.PT_INTERP), elf.PF_R, 0, 0)
	header(elf.PT_NULL, 0, 0, 0)
	for _, part := range [][]byte{strs.Bytes(), symbols, hash, notes, dyn} {
		file = append(file, append(bytes.Clone(part), make([]byte, (8-len(part)%8)%8)...)...)
	}
	for _, s := range m.sections {
		file = append(append(le.AppendUint32(file, 0), le.AppendUint32(nil, uint32(s))...), make([]byte, 56)...)
	}
	return file
}

func read(t testing.TB, b []byte) *vetelf.Library {
	t.Helper()
	l, err := vetelf.Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestFacts(t *testing.T) {
	jni := []string{"Java_org_example_A_b", "JNI_OnLoad", "other"}
	strong := made{machine: elf.EM_AARCH64, kind: elf.ET_DYN, stack: elf.PF_R | elf.PF_W, relro: true, flags: elf.DF_BIND_NOW, needed: []string{"liblog.so", "libc.so"},
		imports: []string{"__stack_chk_fail", "__memcpy_chk"}, exports: jni, gnu: true, note: true}
	weak := made{machine: elf.EM_X86_64, kind: elf.ET_EXEC, stack: elf.PF_R | elf.PF_W | elf.PF_X, exports: jni, interp: true, textRel: true, sections: []elf.SectionType{elf.SHT_NULL, elf.SHT_SYMTAB}}
	for name, c := range map[string]struct {
		made made
		want vetelf.Library
	}{
		"strong": {strong, vetelf.Library{Processor: "arm64-v8a", Bits: 64, Name: "libmade.so", Needed: strong.needed, RunPath: []string{"$ORIGIN", "/system/lib64"},
			JNI: []string{"JNI_OnLoad", "Java_org_example_A_b"}, Exports: 3, Imports: 2, APILevel: 21, NDK: "r27c", Stripped: true, PIE: true, Relro: vetelf.FullRelro, NX: true, Canary: true, Fortify: true}},
		"weak": {weak, vetelf.Library{Processor: "x86_64", Bits: 64, Program: true, Name: "libmade.so", Needed: []string{}, RunPath: []string{"$ORIGIN", "/system/lib64"},
			JNI: []string{"JNI_OnLoad", "Java_org_example_A_b"}, Exports: 3, Relro: vetelf.NoRelro, TextRel: true}},
	} {
		if diff := cmp.Diff(&c.want, read(t, c.made.bytes())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The only native libraries among the real files, against the standard library's reader.
func TestReal(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	for _, name := range []string{"obfuscapk_original.apk", "obfuscapk_rebuild.apk"} {
		z, err := stdzip.OpenReader(filepath.Join(dir, "apks", name))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		f, err := z.Open("lib/x86/libnative-lib.so")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, b)
		l := read(t, b)
		if l.Processor != "x86" || l.Bits != 32 || l.APILevel != 24 || !slices.Contains(l.JNI, "Java_com_obfuscapk_demo_NativeLibraryDemo_stringFromJNI") {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// compare compares with what debug/elf finds.
func compare(t *testing.T, b []byte) {
	t.Helper()
	std, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := std.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	libraries, err := std.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	l := read(t, b)
	exports, imports := 0, 0
	for _, s := range symbols {
		switch {
		case s.Name == "" || elf.ST_BIND(s.Info) == elf.STB_LOCAL:
		case s.Section == elf.SHN_UNDEF:
			imports++
		default:
			exports++
		}
	}
	if l.Exports != exports || l.Imports != imports || !slices.Equal(l.Needed, libraries) || len(l.Problems) > 0 {
		t.Errorf("got %d exports, %d imports, %q, %q; want %d, %d, %q", l.Exports, l.Imports, l.Needed, l.Problems, exports, imports, libraries)
	}
}

func TestNotELF(t *testing.T) {
	for _, b := range []string{"", "\x7fEL", strings.Repeat("text", 100), "\x7fELF\x09" + strings.Repeat("\x00", 100), "\x7fELF\x02\x01" + strings.Repeat("\x00", 20)} {
		if _, err := vetelf.Read(strings.NewReader(b), int64(len(b))); !errors.Is(err, vetelf.ErrFormat) {
			t.Errorf("%.8q: %v", b, err)
		}
	}
}

// A file that has been cut off tells what is missing, and harms nobody.
func TestTruncated(t *testing.T) {
	whole := made{machine: elf.EM_AARCH64, kind: elf.ET_DYN, imports: []string{"a"}, exports: []string{"JNI_OnLoad"}, gnu: true}.bytes()
	for n := range whole {
		l, err := vetelf.Read(bytes.NewReader(whole[:n]), int64(n))
		if err == nil && len(l.Problems) == 0 {
			t.Errorf("the first %d of %d bytes are read without a word", n, len(whole))
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, gnu := range []bool{false, true} {
		f.Add(made{machine: elf.EM_ARM, kind: elf.ET_DYN, imports: []string{"a"}, exports: []string{"Java_b"}, gnu: gnu, note: true, needed: []string{"c"}, sections: []elf.SectionType{1}}.bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := vetelf.Read(bytes.NewReader(b), int64(len(b)))
		if err == nil && (l.Bits != 32 && l.Bits != 64 || l.Processor == "") {
			t.Errorf("%+v", l)
		}
	})
}
