package macho

import (
	"bytes"
	stdmacho "debug/macho"
	"encoding/base64"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portcullis/vetting/ipa/macho/machotest"
)

// TestRead: everything that a file says is read.
func TestRead(t *testing.T) {
	all, err := Read(machotest.Program(false))
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	f := all[0]
	if f.Architecture != "arm64" || !slices.Equal(f.Libraries, []string{"@rpath/BUAdSDK.framework/BUAdSDK"}) || f.Encrypted || !f.Signed ||
		f.Team != "TEAM123456" || f.Identifier != "org.example.app" || !strings.Contains(string(f.Entitlements), "get-task-allow") || !f.Independent || f.Executable || len(f.Problems) > 0 {
		t.Errorf("%+v", f)
	}
	var texts, classes []string
	for text, class := range f.Texts {
		if class {
			classes = append(classes, string(text))
		} else {
			texts = append(texts, string(text))
		}
	}
	if !slices.Equal(texts, []string{"hello", "https://pangle.io/a"}) || !slices.Equal(classes, []string{"BUAdSDKManager", "AppDelegate"}) {
		t.Errorf("%q, %q", texts, classes)
	}
	all, err = Read(machotest.Program(true))
	if err != nil || !all[0].Encrypted {
		t.Fatal("not known to be encrypted", err)
	}
	for text := range all[0].Texts {
		t.Errorf("%q was read of encrypted code", text)
	}
}

// TestSegments: how a part of it is loaded, and whether it is there, is read; libraries that are loaded late count, too.
func TestSegments(t *testing.T) {
	le := binary.LittleEndian
	const segment = 32 // where the first command is
	for what, change := range map[string]func(data []byte){
		"writable":  func(data []byte) { le.PutUint32(data[segment+60:], 7) },
		"protected": func(data []byte) { le.PutUint32(data[segment+68:], 8) },
		"cut off":   func(data []byte) { le.PutUint64(data[segment+48:], 1<<20) },
		"late":      func(data []byte) { data[bytes.Index(data, []byte("@rpath"))-24] = loadLazy },
	} {
		data := machotest.Program(false)
		change(data)
		all, err := Read(data)
		if err != nil {
			t.Fatal(err)
		}
		if f := &all[0]; f.Writable != (what == "writable") || f.Encrypted != (what == "protected") || (f.Lost != "") != (what == "cut off") || len(f.Libraries) != 1 {
			t.Errorf("%s: %+v", what, f)
		}
	}
}

// TestEntitled: what is not in the form of entitlements is told, and bounded.
func TestEntitled(t *testing.T) {
	good := []byte("\x70\x1c\x02\x01\x01\xb0\x17\x30\x08\x0c\x03one\x01\x01\xff\x30\x0b\x0c\x03two\x0c\x04text")
	all, err := readEntitled(good)
	if err != nil || !slices.Equal(all, []Entitlement{{"one", "true"}, {"two", "text"}}) {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := readEntitled(append([]byte("\x31\x17"), good[7:]...)); err != nil || len(all) != 2 {
		t.Errorf("in the first form: %+v, %v", all, err)
	}
	for n := range good {
		if all, err := readEntitled(good[:n]); err == nil {
			t.Errorf("%d bytes of it: %+v", n, all)
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x20
		_, _ = readEntitled(bad)
	}
}

// TestSeveral: a file of several architectures is read of each, also of those of which one is not there.
func TestSeveral(t *testing.T) {
	one := machotest.Program(false)
	be := binary.BigEndian
	fat := be.AppendUint32(be.AppendUint32(nil, magicFat), 2)
	for _, at := range []uint32{64, 1 << 30} {
		for _, n := range []uint32{0x0100000c, 0, at, uint32(len(one)), 0} {
			fat = be.AppendUint32(fat, n)
		}
	}
	fat = append(append(fat, make([]byte, 64-len(fat))...), one...)
	all, err := Read(fat)
	if err != nil || len(all) != 2 || all[0].Team != "TEAM123456" || len(all[1].Problems) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, none := range []string{"", "MZ", "\xca\xfe\xba\xbe\x00\x00\x00\x34java", "\xca\xfe\xba\xbe\x00\x00\x00\x00"} {
		if _, err := Read([]byte(none)); err == nil {
			t.Errorf("%q was read", none)
		}
	}
}

// TestCut: of a file that is cut off anywhere, the rest is read or told.
func TestCut(t *testing.T) {
	whole := machotest.Program(false)
	for n := range len(whole) {
		all, err := Read(whole[:n])
		if err == nil && n < 700 && len(all[0].Problems) == 0 {
			t.Errorf("%d of %d bytes are no problem", n, len(whole))
		}
		for i := range all {
			for range all[i].Texts {
			}
		}
	}
}

// TestAgree: what Go's own reader reads of Go's own examples is read here, too.
func TestAgree(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(root)), "src/debug/macho/testdata")
	names, err := filepath.Glob(filepath.Join(dir, "*.base64"))
	if err != nil || len(names) < 4 {
		t.Fatalf("the examples of debug/macho are not where Go's source is: %v, %v", names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(text)))
		if err != nil {
			t.Fatal(err)
		}
		var theirs []*stdmacho.File
		if fat, err := stdmacho.NewFatFile(bytes.NewReader(data)); err == nil {
			for _, a := range fat.Arches {
				theirs = append(theirs, a.File)
			}
		} else if f, err := stdmacho.NewFile(bytes.NewReader(data)); err == nil {
			theirs = append(theirs, f)
		}
		ours, err := Read(data)
		if err != nil || len(ours) < len(theirs) {
			t.Errorf("%s: %d of %d: %v", name, len(ours), len(theirs), err)
			continue
		}
		for i, f := range theirs {
			want, err := f.ImportedLibraries()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(ours[i].Libraries, want) || (f.Flags&stdmacho.FlagPIE != 0) != ours[i].Independent {
				t.Errorf("%s: %+v, want %q", name, ours[i], want)
			}
			if s := f.Section("__cstring"); s != nil {
				want, err := s.Data()
				if err != nil {
					t.Fatal(err)
				}
				var got []byte
				for text, class := range ours[i].Texts {
					if !class {
						got = append(append(got, text...), 0)
					}
				}
				if !bytes.HasPrefix(bytes.ReplaceAll(want, []byte{0, 0}, []byte{0}), got[:min(len(got), 1)]) || len(got) == 0 && len(bytes.Trim(want, "\x00")) > 0 {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		}
	}
}

// TestOverlaid: many sections that are the whole file, each, are not all read.
func TestOverlaid(t *testing.T) {
	le := binary.LittleEndian
	const n = 1000
	segment := make([]byte, 64)
	for range n {
		s := make([]byte, 80)
		copy(s, "__cstring")
		le.PutUint64(s[40:], 1<<40)
		segment = append(segment, s...)
	}
	f := le.AppendUint32(nil, magic64)
	for _, v := range []uint32{0x0100000c, 0, 2, 1, uint32(8 + len(segment)), 0, 0, segment64, uint32(8 + len(segment))} {
		f = le.AppendUint32(f, v)
	}
	all, err := Read(append(f, segment...))
	if err != nil || len(all[0].texts) > 1 || len(all[0].Problems) != 2 || all[0].Lost == "" {
		t.Fatalf("%d sections, %q, %v", len(all[0].texts), all[0].Problems, err)
	}
}

// TestAlike: architectures that are all the same bytes are not all read, nor is one signature after the other.
func TestAlike(t *testing.T) {
	one := machotest.Program(false)
	be, le := binary.BigEndian, binary.LittleEndian
	fat := be.AppendUint32(be.AppendUint32(nil, magicFat), 30)
	for range 30 {
		for _, n := range []uint32{0x0100000c, 0, 1024, uint32(len(one)), 0} {
			fat = be.AppendUint32(fat, n)
		}
	}
	fat = append(append(fat, make([]byte, 1024-len(fat))...), one...)
	if all, err := Read(fat); err != nil || len(all) != 2 || all[0].Lost != "" || all[1].Lost == "" || all[1].SignatureLost == "" {
		t.Errorf("%d architectures, %v", len(all), err)
	}
	at := bytes.Index(one, []byte("@rpath")) - 24 // the command before the last two
	le.PutUint32(one[at:], signature)
	if all, err := Read(one); err != nil || all[0].SignatureLost == "" {
		t.Errorf("%+v, %v", all, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(machotest.Program(false))
	f.Add(machotest.Program(true)[:900])
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := Read(data)
		if err == nil && len(all) == 0 {
			t.Error("neither a file nor an error")
		}
		for i := range all {
			for range all[i].Texts {
			}
		}
	})
}

// TestSeal: every byte that is signed counts, and a directory that says what cannot be is told or not checked.
func TestSeal(t *testing.T) {
	whole := machotest.Sealed([]byte("a"), []byte("b"))
	all, err := Read(whole)
	if err != nil || all[0].Seal.Broken != "" || all[0].Seal.Differs([]byte("a"), []byte("b")) != "" || all[0].Seal.Differs([]byte("x"), nil) == "" {
		t.Fatalf("%+v, %v", all, err)
	}
	for i := 1024; i < all[0].Signature[0]; i++ {
		data := bytes.Clone(whole)
		data[i] ^= 1
		if all, err := Read(data); err != nil || all[0].Seal.Broken == "" {
			t.Fatalf("byte %d is not missed: %v", i, err)
		}
	}
	dir := bytes.Index(whole, []byte("\xfa\xde\x0c\x02"))
	for i := dir; i < dir+64; i++ {
		for _, to := range []byte{0, 0x7f, 0xff} {
			data := bytes.Clone(whole)
			data[i] = to
			if _, err := Read(data); err != nil {
				t.Fatal(err)
			}
		}
	}
}
