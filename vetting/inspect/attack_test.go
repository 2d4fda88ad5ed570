package inspect_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"portcullis/vetting/apk/apktest"
	"portcullis/vetting/apk/dex/dextest"
	"portcullis/vetting/archive"
	"portcullis/vetting/inspect"
	"portcullis/vetting/ipa/macho/machotest"
	"portcullis/vetting/report"
)

const kit, kitClass = "bytedance-pangle", "com.bytedance.sdk.openadsdk.TTAdSdk"

// kitCode is code of a kit whose owner is in China.
func kitCode() []byte { return dextest.Build(dextest.File{Classes: dextest.Classes(kitClass)}) }

func vet(t testing.TB, in *inspect.Inspector, data []byte) *report.Report {
	t.Helper()
	r, err := in.File(context.Background(), "a.apk", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// result is how an app stands to a criterion; empty where it is not asked of it.
func result(r *report.Report, id string) report.Result {
	for _, c := range r.Criteria {
		if c.ID == id {
			return c.Result
		}
	}
	return ""
}

func pack(t testing.TB, method uint16, files ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: files[i].(string), Method: method})
		if err == nil {
			_, err = f.Write(files[i+1].([]byte))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func masked(data []byte, key ...byte) []byte {
	out := bytes.Clone(data)
	for i := range out {
		out[i] ^= key[i%len(key)]
	}
	return out
}

func noise(n int) []byte {
	out := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(out)
	return out
}

// TestHidingPlaces: code of a kit is found wherever it lies, with the grade and the place that are right; what could hold
// it and cannot be read is named as not analysed.
func TestHidingPlaces(t *testing.T) {
	in := inspector(t)
	code, text := kitCode(), bytes.Repeat([]byte("words that mean nothing, "), 1000)
	png := append([]byte("\x89PNG\r\n\x1a\n"), "........IEND\xaeB\x60\x82"...)
	inner := apktest.Build(t, apktest.App{Package: "org.example.inner", Classes: []string{kitClass}})
	deep := pack(t, zip.Deflate, "a", pack(t, zip.Store, "b", pack(t, zip.Deflate, "c", code)))
	elf := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	tests := []struct {
		name  string
		path  string
		data  []byte
		grade string // of the kit; empty where it cannot be found
		where string // where it is found, or what was not analysed
	}{
		{"a second DEX", "classes2.dex", code, "class-defined", "classes2.dex"},
		{"only a domain left", "classes2.dex", dextest.Build(dextest.File{Classes: dextest.Classes("a.b"), Strings: []string{"https://api16-access.pangle.io/x"}}), "domain", "classes2.dex"},
		{"an archive without a name, stored", "assets/data.bin", pack(t, zip.Store, "x", code), "class-defined", "assets/data.bin!x"},
		{"an archive without a name, deflated", "assets/data.bin", pack(t, zip.Deflate, "x", code), "class-defined", "assets/data.bin!x"},
		{"three archives deep", "assets/data.bin", deep, "class-defined", "assets/data.bin!a!b!c"},
		{"an archive behind a picture", "res/raw/a.png", slices.Concat(png, pack(t, zip.Store, "x", code)), "class-defined", "res/raw/a.png!x"},
		{"an archive behind a picture, with more behind", "res/raw/a.png", slices.Concat(png, pack(t, zip.Deflate, "x", code), text), "class-defined", "res/raw/a.png!x"},
		{"an archive behind a library", "lib/arm64-v8a/liba.so", slices.Concat(elf, pack(t, zip.Deflate, "x", code)), "class-defined", "lib/arm64-v8a/liba.so!x"},
		{"a nested app in assets", "assets/a", inner, "class-defined", "assets/a!classes.dex"},
		{"a nested app in lib", "lib/x86/liba.so", inner, "class-defined", "lib/x86/liba.so!classes.dex"},
		{"a nested app in META-INF", "META-INF/services/a", inner, "class-defined", "META-INF/services/a!classes.dex"},
		{"code called a picture", "assets/a.png", code, "class-defined", "assets/a.png"},
		{"code behind a picture's beginning", "assets/a.png", slices.Concat(png, code), "class-defined", "assets/a.png"},
		{"code inside a library", "lib/x86/liba.so", slices.Concat(elf, code, text), "class-defined", "lib/x86/liba.so"},
		{"code inside a text", "assets/a.txt", slices.Concat(text, code, text), "class-defined", "assets/a.txt"},
		{"code inside a long text", "assets/a.txt", slices.Concat(bytes.Repeat(text, 200), code, text), "class-defined", "assets/a.txt"},
		{"code behind other code", "classes2.dex", slices.Concat(dextest.Build(dextest.File{Classes: dextest.Classes("a.b")}), code), "class-defined", "classes2.dex"},
		{"compressed code", "assets/a.gz", zipped(code), "class-defined", "assets/a.gz"},
		{"code compressed twice", "assets/a.gz", zipped(zipped(code)), "class-defined", "assets/a.gz"},
		{"an archive that is compressed", "assets/a.gz", zipped(pack(t, zip.Deflate, "x", code)), "class-defined", "assets/a.gz!x"},
		{"code under a mask of one byte", "assets/a", masked(code, 0x5a), "class-defined", "assets/a"},
		{"code under a mask of five", "assets/a", masked(code, 1, 2, 3, 4, 5), "class-defined", "assets/a"},
		{"an archive under a mask", "assets/a", masked(pack(t, zip.Store, "x", code), 0x5a), "class-defined", "assets/a!x"},
		{"the first half of code", "res/raw/a", code[:len(code)/2], "", "res/raw/a"},
		{"the second half of code", "res/raw/b", code[len(code)/2-0x10:], "string", "res/raw/b"},
		{"the first half of an archive", "res/raw/a", pack(t, zip.Deflate, "x", code)[:100], "", "res/raw/a"},
		{"the second half of an archive", "res/raw/b", pack(t, zip.Deflate, "x", code)[100:], "", "res/raw/b"},
		{"encrypted bytes", "assets/a", noise(20 << 10), "", "assets/a"},
		{"encrypted bytes behind a text", "assets/a", slices.Concat(text, noise(40<<10)), "", "assets/a"},
		{"encrypted bytes behind a long text", "assets/a", slices.Concat(bytes.Repeat(text, 200), noise(8<<20)), "", "assets/a"},
		{"encrypted bytes that begin as a picture", "assets/a.png", slices.Concat(png[:8], noise(20<<10)), "", "assets/a.png"},
		{"encrypted bytes behind code", "classes2.dex", slices.Concat(dextest.Build(dextest.File{}), noise(20<<10)), "", "classes2.dex"},
		{"compressed in a way that is not read", "assets/a", []byte("\xfd7zXZ\x00........"), "", "assets/a"},
	}
	for _, test := range tests {
		data := apktest.Build(t, apktest.App{Package: "org.example", Files: map[string][]byte{test.path: test.data}})
		expectKit(t, test.name, vet(t, in, data), test.grade, test.where)
	}
	whole := apktest.Build(t, apktest.App{Package: "org.example"})
	expectKit(t, "code before the archive", vet(t, in, slices.Concat(code, whole)), "class-defined", "(before the archive)")
	commented := slices.Concat(whole, code)
	binary.LittleEndian.PutUint16(commented[len(whole)-2:], uint16(len(code)))
	expectKit(t, "code in the archive's comment", vet(t, in, commented), "class-defined", "(outside of its entries")
	expectKit(t, "noise in the archive's comment", vet(t, in, append(whole[:len(whole)-2:len(whole)-2], append([]byte{0, 0x20}, noise(0x2000)...)...)), "", "(outside of its entries")
}

// expectKit asks that the kit is found, with grade and place, or that the place is named as not analysed.
func expectKit(t *testing.T, name string, r *report.Report, grade, where string) {
	t.Helper()
	at := slices.IndexFunc(r.SDKs, func(s report.SDK) bool { return s.ID == kit })
	switch {
	case grade != "" && at < 0:
		t.Errorf("%s: the kit is not found: %+v, %+v", name, r.Coverage, r.Nested)
	case grade != "" && !slices.ContainsFunc(r.SDKs[at].Evidence, func(e report.Evidence) bool { return e.Grade == grade && strings.HasPrefix(e.Where, where) }):
		t.Errorf("%s: %+v", name, r.SDKs[at].Evidence)
	case grade == "" && !slices.ContainsFunc(r.Coverage.NotAnalysed, func(n report.NotAnalysed) bool { return strings.HasPrefix(n.Path, where) && n.Why != "" }):
		t.Errorf("%s: nothing is said to be not analysed there: %+v", name, r.Coverage)
	}
	if result(r, "sdk-jurisdiction") == report.Met {
		t.Errorf("%s: no such code is said to be in it", name)
	}
}

// silent tells whether a report of an app with the kit's code reads as if there were none.
func silent(r *report.Report) bool {
	return r.Error == "" && (result(r, "sdk-jurisdiction") == report.Met || result(r, "analysed") == report.Met && len(r.SDKs) == 0)
}

// TestTruncated: an app that ends too early is never one without the code that it lost.
func TestTruncated(t *testing.T) {
	in := inspector(t)
	in.Workers = 1
	app := apktest.Build(t, apktest.App{Package: "org.example", Classes: []string{kitClass}, Permissions: []string{"android.permission.READ_CONTACTS"}})
	for n := range app {
		r := vet(t, in, app[:n])
		if r.Error == "" && (silent(r) || result(r, "contacts") == report.Met) {
			t.Fatalf("%d of %d bytes: %+v", n, len(app), r.Criteria)
		}
	}
	apple := pack(t, zip.Deflate, "Payload/A.app/Info.plist", []byte(`<plist version="1.0"><dict><key>CFBundleIdentifier</key><string>org.example</string></dict></plist>`), "Payload/A.app/A", machotest.Program(false))
	for n := range apple {
		if r := vet(t, in, apple[:n]); silent(r) {
			t.Fatalf("%d of %d bytes: %+v", n, len(apple), r.Criteria)
		}
	}
	for name, whole := range map[string][]byte{"code": kitCode(), "manifest": manifest(t, app)} {
		for n := range whole {
			file := map[string][]byte{"code": whole, "manifest": whole}[name][:n]
			data := pack(t, zip.Deflate, "AndroidManifest.xml", manifest(t, app), "classes.dex", file)
			if name == "manifest" {
				data = pack(t, zip.Deflate, "AndroidManifest.xml", file, "classes.dex", kitCode())
			}
			if r := vet(t, in, data); silent(r) || result(r, "contacts") == report.Met {
				t.Fatalf("%d of %d bytes of the %s: %+v", n, len(whole), name, r.Criteria)
			}
		}
	}
}

func manifest(t testing.TB, app []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(app), int64(len(app)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	f, err := z.Open("AndroidManifest.xml")
	if err == nil {
		_, err = b.ReadFrom(f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestForged: whatever one byte of the archive's own records or of the code's header says instead, the code is found or is
// said to be not analysed.
func TestForged(t *testing.T) {
	in := inspector(t)
	in.Workers = 1
	app := pack(t, zip.Store, "AndroidManifest.xml", manifest(t, apktest.Build(t, apktest.App{Package: "org.example"})), "classes.dex", kitCode())
	code := bytes.Index(app, []byte("dex\n035"))
	for i := range app {
		if inside := i > 49 && i < code-50 || i >= code+0x70 && i < code+len(kitCode()); inside {
			continue
		}
		for _, to := range []byte{0, 0xff, app[i] ^ 1, app[i] + 0x10} {
			forged := bytes.Clone(app)
			forged[i] = to
			if r := vet(t, in, forged); silent(r) {
				t.Errorf("byte %d from %d to %d: %+v, %+v", i, app[i], to, r.Coverage, r.Problems)
			}
		}
	}
}

// TestDamagedPart: a part of a set that cannot be read is not left out silently.
func TestDamagedPart(t *testing.T) {
	app := apktest.Build(t, apktest.App{Package: "org.example"})
	r := vet(t, inspector(t), pack(t, zip.Deflate, "manifest.json", []byte("{}"), "base.apk", app, "config.en.apk", []byte("junk")))
	if r.Format != report.XAPK || r.Package != "org.example" || len(r.Coverage.NotAnalysed) != 1 || silent(r) {
		t.Errorf("%s %s, %+v", r.Format, r.Package, r.Coverage)
	}
}

// TestBothSystems: an app of one system cannot pass for one of the other by a file that lies beside it.
func TestBothSystems(t *testing.T) {
	app := apktest.Build(t, apktest.App{Package: "org.example", Classes: []string{kitClass}, Files: map[string][]byte{"Payload/A.app/Info.plist": []byte("<plist/>")}})
	r := vet(t, inspector(t), app)
	if r.Format != report.APK || r.Package != "org.example" || len(r.SDKs) == 0 || len(r.Coverage.NotAnalysed) == 0 {
		t.Errorf("%s %s, %+v, %+v", r.Format, r.Package, r.SDKs, r.Coverage)
	}
}

// raw is an archive whose entries say whatever a test wants.
func raw(entries ...rawEntry) []byte {
	le := binary.LittleEndian
	var out, directory []byte
	for _, e := range entries {
		at := uint32(len(out))
		common := le.AppendUint16(nil, e.method)
		common = le.AppendUint32(common, 0)
		common = le.AppendUint32(common, crc32.ChecksumIEEE(e.data))
		common = le.AppendUint32(common, uint32(len(e.data)))
		common = le.AppendUint32(common, e.size)
		common = le.AppendUint16(common, uint16(len(e.name)))
		out = append(append(append(append(out, "PK\x03\x04\x14\x00\x00\x00"...), common...), 0, 0), e.name...)
		out = append(out, e.data...)
		directory = append(append(directory, "PK\x01\x02\x14\x00\x14\x00\x00\x00"...), common...)
		directory = append(directory, make([]byte, 12)...)
		directory = append(le.AppendUint32(directory, at), e.name...)
	}
	end := le.AppendUint16(append([]byte("PK\x05\x06"), 0, 0, 0, 0), uint16(len(entries)))
	end = le.AppendUint16(end, uint16(len(entries)))
	end = le.AppendUint32(end, uint32(len(directory)))
	end = le.AppendUint32(end, uint32(len(out)))
	return slices.Concat(out, directory, end, []byte{0, 0})
}

type rawEntry struct {
	name   string
	method uint16
	size   uint32
	data   []byte
}

// TestSizesThatLie: what comes out beyond what an entry says, or is not there, was not analysed.
func TestSizesThatLie(t *testing.T) {
	in := inspector(t)
	app := apktest.Build(t, apktest.App{Package: "org.example"})
	m, harmless := manifest(t, app), dextest.Build(dextest.File{Classes: dextest.Classes("a.b")})
	deflated := func(data []byte) []byte {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, 9)
		w.Write(data)
		w.Close()
		return b.Bytes()
	}
	base := []rawEntry{{"AndroidManifest.xml", 0, uint32(len(m)), m}, {"classes.dex", 0, uint32(len(harmless)), harmless}}
	hidden := slices.Concat(make([]byte, 100), kitCode())
	for name, e := range map[string]rawEntry{
		"more than it says, deflated": {"assets/a", 8, 100, deflated(hidden)},
		"less than it says, deflated": {"assets/a", 8, 5000, deflated(hidden[:200])},
		"less than it says, stored":   {"assets/a", 0, 1 << 30, []byte("x")},
		"a folder with bytes in it":   {"assets/", 8, 0, deflated(hidden)},
	} {
		if r := vet(t, in, raw(append(base, e)...)); r.Error != "" || silent(r) {
			t.Errorf("%s: %s %+v, %+v", name, r.Error, r.Coverage, r.SDKs)
		}
	}
	if r := vet(t, in, raw(append(base, rawEntry{"assets/a", 0, 100, hidden})...)); len(r.SDKs) == 0 {
		t.Errorf("more than it says, stored: %+v, %+v", r.Coverage, r.SDKs)
	}
	if r := vet(t, in, raw(base...)); result(r, "sdk-jurisdiction") != report.Met || len(r.Coverage.NotAnalysed) > 0 {
		t.Errorf("with nothing in it: %+v", r.Coverage)
	}
}

// TestBombs: what the limits leave out is named as not analysed, and the report names the limits.
func TestBombs(t *testing.T) {
	in := inspector(t)
	in.Limits = archive.Limits{Entries: 50, Depth: 3, Entry: 1 << 20, Total: 4 << 20, Floor: 4 << 20}
	nest := kitCode()
	for range 1000 {
		nest = raw(rawEntry{"n", 0, uint32(len(nest)), nest})
	}
	many := map[string][]byte{}
	for i := range 100 {
		many[fmt.Sprintf("assets/%d", i)] = []byte("x")
	}
	large := map[string][]byte{}
	for i := range 8 {
		large[fmt.Sprintf("assets/%d.gz", i)] = zipped(make([]byte, 900<<10))
	}
	for name, files := range map[string]map[string][]byte{
		"1,000 archives in each other":         {"assets/a": nest},
		"more entries than are read":           many,
		"an entry that is longer than is read": {"assets/a": make([]byte, 2<<20)},
		"more in all than is read":             large,
		"strings that are shared":              {"assets/a": shared1000()},
	} {
		r := vet(t, in, apktest.Build(t, apktest.App{Package: "org.example", Files: files}))
		if len(r.Coverage.NotAnalysed) == 0 || result(r, "sdk-jurisdiction") == report.Met || result(r, "analysed") == report.Met {
			t.Errorf("%s: %s %+v", name, r.Error, r.Coverage)
		}
		if !strings.HasPrefix(r.Tables["limits"], "50 entries, 3 deep, 1 MiB an entry, 4 MiB in all") {
			t.Errorf("%s: the limits are told as %q", name, r.Tables["limits"])
		}
	}
}

// TestOverlaidArchives: the same archive at the same place, under many names, is listed no more often than the limits allow.
func TestOverlaidArchives(t *testing.T) {
	in := inspector(t)
	in.Limits = archive.Limits{Total: 4 << 20, Floor: 4 << 20}
	var entries []rawEntry
	for i := range 3000 {
		entries = append(entries, rawEntry{name: fmt.Sprint(i)})
	}
	inner := raw(entries...)
	one := raw(rawEntry{"assets/a", 0, uint32(len(inner)), inner})
	le, end := binary.LittleEndian, len(one)-22
	from := int(le.Uint32(one[end+16:]))
	many := slices.Concat(one[:from], bytes.Repeat(one[from:end], 100), one[end:])
	last := many[len(many)-22:]
	le.PutUint16(last[8:], 100)
	le.PutUint16(last[10:], 100)
	le.PutUint32(last[12:], uint32(100*(end-from)))
	r := vet(t, in, many)
	if r.Error == "" {
		t.Fatal("an archive without an app is one")
	}
	for name, data := range map[string][]byte{
		"android": apktest.Build(t, apktest.App{Package: "org.example", Files: map[string][]byte{"assets/a.zip": many}}),
		"ios":     ios(t, nil, "Payload/A.app/a.zip", many),
	} {
		if r := vet(t, in, data); r.Coverage.FilesTotal > 10_000 || len(r.Coverage.NotAnalysed) == 0 || result(r, "sdk-jurisdiction") == report.Met {
			t.Errorf("%s: %d files, %s", name, r.Coverage.FilesTotal, r.Error)
		}
	}
}

// shared1000 is code whose table of strings names one long string a thousand times.
func shared1000() []byte {
	const n = 1000
	data := dextest.Build(dextest.File{})
	le := binary.LittleEndian
	at := uint32(len(data))
	le.PutUint32(data[56:], n)
	le.PutUint32(data[60:], at)
	for range n {
		data = le.AppendUint32(data, at+4*n)
	}
	data = append(append(append(data, 0x80, 0x80, 4), bytes.Repeat([]byte("a"), 1<<16)...), 0)
	le.PutUint32(data[32:], uint32(len(data)))
	dextest.Sign(data)
	return data
}

// TestSameBombs: where a limit ends the reading, it ends at the same place however many read.
func TestSameBombs(t *testing.T) {
	var files []any
	for i := range 40 {
		files = append(files, fmt.Sprint(i), bytes.Repeat([]byte("https://a.example.com/ "), 20_000+1000*i))
	}
	inner := pack(t, zip.Deflate, files...)
	app := apktest.Build(t, apktest.App{Package: "org.example", Files: map[string][]byte{"assets/a": inner, "assets/b": inner}})
	var before []byte
	for _, workers := range []int{1, 4, 4, 4} {
		in := inspector(t)
		in.Workers, in.Limits = workers, archive.Limits{Total: 8 << 20, Floor: 8 << 20}
		var text bytes.Buffer
		if err := report.WriteJSON(&text, vet(t, in, app)); err != nil {
			t.Fatal(err)
		}
		if before != nil && !bytes.Equal(before, text.Bytes()) {
			t.Fatalf("with %d workers:\n%s\nbefore:\n%s", workers, text.Bytes(), before)
		}
		before = text.Bytes()
	}
	if !bytes.Contains(before, []byte("no more are read")) {
		t.Error("no limit ended it")
	}
}
