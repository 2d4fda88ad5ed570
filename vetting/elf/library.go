package elf

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrFormat is wrapped by Read's error for what is no ELF file, or one of an unknown class.
var ErrFormat = errors.New("not an ELF file")

// Limits of what is read. The largest libraries of real apps stay far below them.
const (
	maxHeaders = 4096     // program headers; section headers
	maxDynamic = 4096     // entries of the dynamic table
	maxStrings = 64 << 20 // bytes of names
	maxSymbols = 1 << 20  // symbols of the dynamic table
	maxJNI     = 100_000  // names that are kept
)

// Relro is how much of what the loader fills in is made read-only afterwards.
type Relro string

// The kinds of it.
const (
	NoRelro      Relro = "none"
	PartialRelro Relro = "partial" // functions that are found when they are first called stay writable
	FullRelro    Relro = "full"
)

// Library is what is known of one file.
type Library struct {
	Processor string `json:"processor"` // arm64-v8a, armeabi-v7a, x86, x86_64, riscv64, or another in ELF's own words
	Bits      int    `json:"bits"`      // 32 or 64
	Program   bool   `json:"program"`   // is started by itself, and not a library

	Name    string   `json:"name,omitempty"` // that it gives itself (DT_SONAME)
	Needed  []string `json:"needed"`         // libraries that it cannot be loaded without, in their order
	RunPath []string `json:"run_path,omitempty"`

	JNI       []string `json:"jni"`        // functions that Java calls by their name, and JNI_OnLoad; sorted
	Exports   int      `json:"exports"`    // symbols that others may use
	Imports   int      `json:"imports"`    // symbols that it uses of others
	APILevel  int      `json:"api_level"`  // of Android that it was built for; 0 where it does not say
	NDK       string   `json:"ndk"`        // version that it was built with; empty where it does not say
	Stripped  bool     `json:"stripped"`   // has no table of its internal symbols
	PIE       bool     `json:"pie"`        // may be loaded at any address
	Relro     Relro    `json:"relro"`      //
	NX        bool     `json:"nx"`         // its stack cannot be executed
	WriteExec bool     `json:"write_exec"` // has memory that can be both written and executed
	TextRel   bool     `json:"text_rel"`   // its code is changed when it is loaded, which Android 6 and later refuse
	Canary    bool     `json:"canary"`     // checks for overwritten stacks
	Fortify   bool     `json:"fortify"`    // calls checked variants of unsafe functions

	Problems []string `json:"problems,omitempty"`
}

// processors are Android's own names (NDK, ABIs).
var processors = map[elf.Machine]string{
	elf.EM_AARCH64: "arm64-v8a", elf.EM_ARM: "armeabi-v7a", elf.EM_386: "x86", elf.EM_X86_64: "x86_64", elf.EM_RISCV: "riscv64",
	elf.EM_MIPS: "mips",
}

// Read reads the file of size bytes in r. The error is r's own, or wraps ErrFormat.
func Read(r io.ReaderAt, size int64) (*Library, error) {
	f, err := open(r, size)
	if err != nil {
		return nil, err
	}
	l := &Library{Bits: f.bits, Relro: NoRelro, Needed: []string{}, JNI: []string{}}
	l.Processor = processors[f.machine]
	if l.Processor == "" {
		l.Processor = strings.ToLower(strings.TrimPrefix(f.machine.String(), "EM_"))
	}
	l.readSegments(f)
	l.readDynamic(f)
	l.readSections(f)
	return l, f.failed
}

func (l *Library) problem(format string, args ...any) {
	l.Problems = append(l.Problems, fmt.Sprintf(format, args...))
}

// readSegments takes what the program headers say by themselves.
func (l *Library) readSegments(f *file) {
	if f.broken != "" {
		l.problem("%s", f.broken)
	}
	interpreter, stack := false, false
	for _, s := range f.segments {
		switch s.kind {
		case elf.PT_INTERP:
			interpreter = true
		case elf.PT_GNU_STACK:
			stack = true
			l.NX = s.flags&elf.PF_X == 0
		case elf.PT_GNU_RELRO:
			l.Relro = PartialRelro
		case elf.PT_LOAD:
			l.WriteExec = l.WriteExec || s.flags&(elf.PF_X|elf.PF_W) == elf.PF_X|elf.PF_W
		case elf.PT_NOTE:
			l.readNotes(f, s)
		}
	}
	if !stack && f.bits == 64 { // 64-bit systems have no executable stacks unless they are asked for
		l.NX = true
	}
	l.Program = interpreter || f.kind == elf.ET_EXEC
	l.PIE = f.kind == elf.ET_DYN
}

// readNotes takes the Android note: a level and the NDK's version.
func (l *Library) readNotes(f *file, s segment) {
	b, err := f.read(s.offset, min(s.size, 64<<10))
	if err != nil {
		l.problem("its notes do not lie in the file")
		return
	}
	for len(b) >= 12 {
		name, desc, kind := int64(f.order.Uint32(b)), int64(f.order.Uint32(b[4:])), f.order.Uint32(b[8:])
		at := 12 + (name+3)/4*4
		end := at + (desc+3)/4*4
		if name > int64(len(b)) || desc > int64(len(b)) || end > int64(len(b)) {
			return
		}
		if kind == 1 && string(b[12:12+name]) == "Android\x00" && desc >= 4 {
			l.APILevel = int(int32(f.order.Uint32(b[at:])))
			if desc >= 68 {
				l.NDK = text(b[at+4 : at+68])
			}
		}
		b = b[end:]
	}
}

// readDynamic takes what the loader goes by.
func (l *Library) readDynamic(f *file) {
	d, err := f.dynamic()
	if err != nil {
		l.problem("what it needs and exports is not known: %v", err)
		return
	}
	if d == nil {
		return // linked statically
	}
	for _, e := range d.entries {
		switch e.tag {
		case elf.DT_NEEDED:
			l.Needed = append(l.Needed, d.name(e.value))
		case elf.DT_SONAME:
			l.Name = d.name(e.value)
		case elf.DT_RUNPATH, elf.DT_RPATH:
			l.RunPath = append(l.RunPath, strings.Split(d.name(e.value), ":")...)
		case elf.DT_TEXTREL:
			l.TextRel = true
		case elf.DT_FLAGS:
			l.TextRel = l.TextRel || elf.DynFlag(e.value)&elf.DF_TEXTREL != 0
		}
	}
	if l.Relro == PartialRelro && d.bindsNow() {
		l.Relro = FullRelro
	}
	if err := d.symbols(l.addSymbol); err != nil {
		l.problem("not all of its symbols are known: %v", err)
	}
	slices.Sort(l.JNI)
	l.JNI = slices.Compact(l.JNI)
}

// addSymbol takes one symbol of the dynamic table.
func (l *Library) addSymbol(name string, imported bool) {
	if imported {
		l.Imports++
		l.Canary = l.Canary || name == "__stack_chk_fail"
		l.Fortify = l.Fortify || strings.HasPrefix(name, "__") && strings.HasSuffix(name, "_chk")
		return
	}
	l.Exports++
	if strings.HasPrefix(name, "Java_") || name == "JNI_OnLoad" || name == "JNI_OnUnload" {
		if len(l.JNI) < maxJNI {
			l.JNI = append(l.JNI, name)
		}
	}
}

// readSections asks the section headers for a table of internal symbols.
func (l *Library) readSections(f *file) {
	l.Stripped = true
	b, err := f.read(f.sections.offset, f.sections.size)
	if err != nil {
		return // there are none, as the loader does not mind
	}
	for ; len(b) >= f.sectionSize && f.sectionSize >= 8; b = b[f.sectionSize:] {
		if elf.SectionType(f.order.Uint32(b[4:])) == elf.SHT_SYMTAB {
			l.Stripped = false
		}
	}
}

// text is what stands before the first NUL, without control characters.
func text(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s), "�")
}
