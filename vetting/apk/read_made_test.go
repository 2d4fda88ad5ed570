package apk

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/vetting/apk/apktest"
	"portcullis/vetting/apk/axml"
	"portcullis/vetting/apk/axml/axmltest"
	"portcullis/vetting/apk/dex/dextest"
	"portcullis/vetting/archive"
)

// made is a ZIP archive of the files, which are given as name and content in turn.
func made(t testing.TB, method uint16, files ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: files[i].(string), Method: method})
		if err != nil {
			t.Fatal(err)
		}
		content, ok := files[i+1].([]byte)
		if !ok {
			content = []byte(files[i+1].(string))
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func manifestBytes(pkg, split string) []byte {
	root := el("manifest", a{"package", pkg}, el("uses-sdk", a{"minSdkVersion", 24, "targetSdkVersion", 34}),
		el("application", nil, el("activity", a{"name", ".Main"}), el("meta-data", a{"name", "key", "value", "v"})))
	if split != "" {
		root.Attributes = append(root.Attributes, axmltest.Plain("split", split))
	}
	return axmltest.Document(root)
}

func code(class string) []byte {
	return dextest.Build(dextest.File{Classes: []dextest.Class{{Name: class}}, Strings: []string{"https://" + strings.ToLower(strings.Trim(class, "L;")) + ".example.com/x"}})
}

func readMade(t testing.TB, data []byte, opt Options) (*App, error) {
	t.Helper()
	return Read(context.Background(), File{"a.apk", bytes.NewReader(data), int64(len(data))}, opt)
}

// seen notes all sightings, as lines.
type seen struct {
	mu    sync.Mutex
	lines []string
}

type place struct {
	all   *seen
	where string
}

func (s *seen) see(where string) Sightings { return place{s, where} }

func (p place) add(what, s string) {
	p.all.mu.Lock()
	defer p.all.mu.Unlock()
	p.all.lines = append(p.all.lines, p.where+" "+what+" "+s)
}
func (p place) Class(d []byte, defined bool) { p.add(fmt.Sprintf("class %v", defined), string(d)) }
func (p place) Declared(s []byte)            { p.add("declared", string(s)) }
func (p place) Component(name string)        { p.add("component", name) }
func (p place) Library(name string)          { p.add("library", name) }
func (p place) Key(name, value string)       { p.add("key", name+"="+value) }
func (p place) String(text []byte)           { p.add("string", string(text)) }

func gz(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// elfHeader is the beginning of a 64-bit library for ARM, without any section.
func elfHeader() []byte {
	h := make([]byte, 64)
	copy(h, "\x7fELF\x02\x01\x01")
	h[16], h[18], h[20], h[52], h[54] = 3, 183, 1, 64, 56
	h[58] = 64
	return append(h, "\x00https://native.example.com\x00"...)
}

// TestHidingPlaces is about code where nobody would look by name.
func TestHidingPlaces(t *testing.T) {
	inner := made(t, zip.Deflate, manifestName, manifestBytes("org.nested", ""), "classes.dex", code("LNested;"))
	compiled := manifestBytes("org.example", "")
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		data := made(t, method,
			manifestName, manifestBytes("org.example", ""), "classes.dex", code("LOne;"), "classes2.dex", code("LTwo;"),
			"assets/picture.png", code("LPicture;"),
			"assets/data.bin", made(t, zip.Deflate, "x", code("LInZip;")),
			"assets/deep.dat", made(t, zip.Deflate, "y", made(t, zip.Store, "z", code("LDeep;"))),
			"res/raw/other", inner, "res/layout/l.xml", code("LScreen;"), "assets/x.jar", made(t, zip.Store, "classes.dex", code("LJar;")),
			"assets/g", gz(code("LInGzip;")),
			"res/xml/b.xml", slices.Concat(compiled, code("LTail;")), "res/xml/t.xml", slices.Concat(compiled, []byte("https://appended.example.com/")),
			"assets/real.png", append([]byte("\x89PNG\r\n\x1a\n........"), made(t, zip.Store, "p", code("LBehind;"))...),
			"lib/arm64-v8a/libx.so", elfHeader(), "assets/index.js", `fetch("https://script.example.com/")`)
		var s seen
		app, err := readMade(t, data, Options{See: s.see})
		if err != nil {
			t.Fatal(err)
		}
		sums(t, "", app.Coverage)
		for _, workers := range []int{1, 2, 8} {
			again, err := readMade(t, data, Options{Workers: workers})
			if err != nil || cmp.Diff(text(t, app), text(t, again)) != "" {
				t.Errorf("%d workers find something else: %v", workers, err)
			}
		}
		var nested []string
		for _, n := range app.Nested {
			nested = append(nested, fmt.Sprintf("%s %s %s %d", n.Where, n.Format, n.Package, n.Code.Classes))
		}
		want := []string{
			"a.apk!assets/picture.png dex  1",
			"a.apk!assets/data.bin zip  0", "a.apk!assets/data.bin!x dex  1",
			"a.apk!assets/deep.dat zip  0", "a.apk!assets/deep.dat!y zip  0", "a.apk!assets/deep.dat!y!z dex  1",
			"a.apk!res/raw/other apk org.nested 1",
			"a.apk!assets/x.jar zip  0", "a.apk!assets/x.jar!classes.dex dex  1",
			"a.apk!assets/g dex  1",
			"a.apk!assets/real.png zip  0", "a.apk!assets/real.png!p dex  1",
			"a.apk!res/layout/l.xml dex  1",
			fmt.Sprintf("a.apk!res/xml/b.xml (at byte %d) dex  1", len(compiled)),
		}
		if diff := cmp.Diff(want, nested); diff != "" {
			t.Errorf("nested (-want +got):\n%s", diff)
		}
		if app.Code != (Code{2, 2, app.Code.Strings}) || app.Manifest.Package != "org.example" || app.Format != APK {
			t.Errorf("the app's own code is %+v, its package %s", app.Code, app.Manifest.Package)
		}
		hosts := []string{"appended", "behind", "deep", "ingzip", "inzip", "jar", "native", "nested", "one", "picture", "screen", "script", "tail", "two"}
		for i := range hosts {
			hosts[i] += ".example.com"
		}
		if diff := cmp.Diff(hosts, app.Domains); diff != "" {
			t.Errorf("domains (-want +got):\n%s", diff)
		}
		for _, line := range []string{
			"a.apk!classes2.dex class true LTwo;", "a.apk!res/raw/other!classes.dex class true LNested;",
			"a.apk!AndroidManifest.xml component org.example.Main", "a.apk!AndroidManifest.xml key key=v",
			"a.apk!lib/arm64-v8a/libx.so library libx.so", "a.apk!assets/deep.dat!y!z class true LDeep;", "a.apk!res/layout/l.xml class true LScreen;",
		} {
			if !slices.Contains(s.lines, line) {
				t.Errorf("nobody was shown %q", line)
			}
		}
		if len(app.Libraries) != 1 || app.Libraries[0].Architecture != "arm64-v8a" {
			t.Errorf("libraries are %+v", app.Libraries)
		}
		if len(app.Coverage.NotAnalysed) > 0 {
			t.Errorf("not analysed: %+v", app.Coverage.NotAnalysed)
		}
	}
}

func TestCoverage(t *testing.T) {
	random := make([]byte, 20<<10)
	r := rand.NewChaCha8([32]byte{})
	r.Read(random)
	long := bytes.Repeat([]byte("words and https://long.example.com/ more\n"), 200<<10)
	data := made(t, zip.Deflate,
		manifestName, manifestBytes("org.example", ""), "classes.dex", random, "classes2.dex", "not code",
		"assets/font", "\x00\x01\x00\x00\x00\x0f...", "assets/secret", random, "assets/a.xz", "\xfd7zXZ\x00......",
		"assets/oat", "vdex027", "assets/long.txt", long, "META-INF/X.SF", "Name: res/api.example.com", "assets/", "")
	app, err := readMade(t, data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	sums(t, "", app.Coverage)
	var not []string
	for _, n := range app.Coverage.NotAnalysed {
		not = append(not, strings.TrimPrefix(n.Path, "a.apk!"))
		if n.Why == "" {
			t.Errorf("%s: not said why", n.Path)
		}
	}
	if diff := cmp.Diff([]string{"classes.dex", "classes2.dex", "assets/secret", "assets/a.xz", "assets/oat"}, not); diff != "" {
		t.Errorf("not analysed (-want +got):\n%s", diff)
	}
	if c := app.Coverage; c.FilesTotal != 9 || c.FilesMedia != 1 || c.FilesRead != 3 {
		t.Errorf("coverage is %+v", c)
	}
	if diff := cmp.Diff([]string{"long.example.com"}, app.Domains); diff != "" {
		t.Errorf("domains (-want +got):\n%s", diff)
	}
}

// TestLongFiles is about files that are not held in memory as a whole.
func TestLongFiles(t *testing.T) {
	lines := bytes.Repeat([]byte("words of no interest\n"), 300<<10)
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		data := made(t, method, manifestName, manifestBytes("org.example", ""),
			"lib/x86/liblong.so", slices.Concat(elfHeader(), lines),
			"assets/film.bin", slices.Concat(lines, made(t, zip.Store, "p", code("LBehind;"))))
		var s seen
		app, err := readMade(t, data, Options{See: s.see})
		if err != nil {
			t.Fatal(err)
		}
		sums(t, "", app.Coverage)
		if diff := cmp.Diff([]string{"behind.example.com", "native.example.com"}, app.Domains); diff != "" {
			t.Errorf("domains (-want +got):\n%s", diff)
		}
		if len(app.Libraries) != 1 || app.Libraries[0].Facts == nil || len(app.Nested) != 2 || app.Coverage.FilesNot != 0 {
			t.Errorf("libraries %+v, nested %+v, coverage %+v", app.Libraries, app.Nested, app.Coverage)
		}
	}
}

func TestSets(t *testing.T) {
	base := made(t, zip.Deflate, manifestName, manifestBytes("org.example", ""), "classes.dex", code("LBase;"))
	feature := made(t, zip.Deflate, manifestName, manifestBytes("org.example", "camera"), "classes.dex", code("LFeature;"))
	whole := made(t, zip.Deflate, manifestName, manifestBytes("org.example", ""), "classes.dex", code("LBase;"), "classes2.dex", code("LFeature;"))
	other := made(t, zip.Deflate, manifestName, manifestBytes("org.other", ""), "classes.dex", code("LOther;"))
	for name, c := range map[string]struct {
		marker string
		want   Format
	}{"xapk": {"manifest.json", XAPK}, "apkm": {"info.json", APKM}, "apks": {"toc.pb", APKS}} {
		app, err := readMade(t, made(t, zip.Store, "config.camera.apk", feature, "b.bin", base, "whole.apk", whole, "extra.apk", other, c.marker, "{}"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		sums(t, name, app.Coverage)
		if app.Format != c.want || app.Manifest.Package != "org.example" || len(app.Parts) != 2 || app.Code.Classes != 2 || len(app.Manifest.Components) != 2 {
			t.Errorf("%s: %s of %s, %d parts, %+v, %d components", name, app.Format, app.Manifest.Package, len(app.Parts), app.Code, len(app.Manifest.Components))
		}
		if app, err := readMade(t, made(t, zip.Store, "folder/x", made(t, zip.Store, "b.apk", base)), Options{}); err != nil || app.Manifest.Package != "org.example" {
			t.Errorf("a set inside an archive: %v", err)
		}
		if len(app.Nested) != 2 || app.Nested[0].Where != "a.apk!whole.apk" || app.Nested[1].Package != "org.other" {
			t.Errorf("%s: beside it lie %+v", name, app.Nested)
		}
	}
	file := func(name string, data []byte) File { return File{name, bytes.NewReader(data), int64(len(data))} }
	app, err := ReadSet(context.Background(), []File{file("f.apk", feature), file("b.apk", base)}, Options{})
	if err != nil || app.Format != SplitSet || app.Name != "b.apk" || app.Code.Classes != 2 {
		t.Errorf("two files are %+v, %v", app, err)
	}
	if _, err := ReadSet(context.Background(), []File{file("o.apk", other), file("b.apk", base)}, Options{}); err == nil || !strings.Contains(err.Error(), "is not a part of") {
		t.Errorf("two apps are one: %v", err)
	}
	if _, err := readMade(t, made(t, zip.Store, "a.txt", "text"), Options{}); !errors.Is(err, ErrNoApp) {
		t.Errorf("an archive without an app: %v", err)
	}
}

// TestSetSignature: a split's signature is checked for the versions that the base installs on, for most splits say nothing of
// versions, and v2 alone is enough for a base that needs Android 7 or later.
func TestSetSignature(t *testing.T) {
	one, two := apktest.NewSigner(t, "one"), apktest.NewSigner(t, "two")
	base := apktest.Build(t, apktest.App{Package: "org.example", Signer: one})
	split := func(s *apktest.Signer) []byte {
		return apktest.Build(t, apktest.App{Package: "org.example", Split: "config.de", Signer: s})
	}
	changed := split(one)
	changed[len(changed)/4] ^= 1
	for name, c := range map[string]struct {
		split []byte
		want  string // of the first problem
	}{"signed": {split(one), ""}, "another signer": {split(two), "a.apk!s.apk has another signer"}, "nobody": {split(nil), "a.apk!s.apk: v1: there is no signature"}, "changed": {changed, "a.apk!s.apk: v2"}} {
		for _, method := range []uint16{zip.Store, zip.Deflate} {
			app, err := readMade(t, made(t, method, "b.apk", base, "s.apk", c.split), Options{})
			if err != nil || len(app.Parts) != 2 {
				t.Fatalf("%s: %+v, %v", name, app, err)
			}
			got := strings.Join(app.Signing.Problems, "; ")
			if app.Signing.Verifies != (c.want == "") || !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: verifies %v, %q, want %q", name, app.Signing.Verifies, got, c.want)
			}
		}
	}
	file := func(name string, data []byte) File { return File{name, bytes.NewReader(data), int64(len(data))} }
	app, err := ReadSet(context.Background(), []File{file("s.apk", split(one)), file("b.apk", base)}, Options{})
	if err != nil || !app.Signing.Verifies || app.Signing.Certificates[0].SHA256 != one.Certificate() {
		t.Errorf("two files: %+v, %v", app, err)
	}
	if app, err := readMade(t, split(one), Options{}); err != nil || app.Signing.Verifies {
		t.Errorf("a split alone, for Android 1 and later: %+v, %v", app.Signing, err)
	}
}

func TestBundle(t *testing.T) {
	root := el("manifest", a{"package", "org.example"}, el("uses-sdk", a{"minSdkVersion", 24}),
		el("application", a{"label", ref(0x7f010001)}))
	module := el("manifest", a{"package", "org.example", "split", "camera"}, el("uses-permission", a{"name", "android.permission.CAMERA"}))
	app, err := readMade(t, made(t, zip.Deflate, "BundleConfig.pb", "x",
		"base/manifest/AndroidManifest.xml", axmltest.Protobuf(root),
		"base/resources.pb", axmltest.ProtobufTable("string", "", map[uint32]axml.Value{1: axmltest.Text("see https://table.example.com/")}),
		"base/res/raw/page.xml", `<a href="https://raw.example.com/">`,
		"base/dex/classes.dex", code("LBase;"), "camera/dex/classes.dex", code("LCamera;"),
		"camera/manifest/AndroidManifest.xml", axmltest.Protobuf(module)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	sums(t, "", app.Coverage)
	if app.Format != AAB || app.Manifest.Package != "org.example" || app.Code.Classes != 2 || app.Manifest.Label != "see https://table.example.com/" ||
		len(app.Manifest.Permissions) != 1 || !slices.Contains(app.Domains, "table.example.com") || !slices.Contains(app.Domains, "raw.example.com") || len(app.Problems) > 0 {
		t.Errorf("%s: %+v, %+v, %q, %q", app.Format, app.Manifest, app.Code, app.Domains, app.Problems)
	}
}

// TestBundleWithoutBase is about a bundle that has a module and no base, or a base that cannot be read.
func TestBundleWithoutBase(t *testing.T) {
	module := axmltest.Protobuf(el("manifest", a{"package", "org.example", "split", "camera"}))
	for name, files := range map[string][]any{
		"no base":        {"BundleConfig.pb", "x", "camera/manifest/AndroidManifest.xml", module},
		"a base of junk": {"base/manifest/AndroidManifest.xml", "junk", "camera/manifest/AndroidManifest.xml", module},
	} {
		app, err := readMade(t, made(t, zip.Deflate, files...), Options{})
		if err != nil || app.Format != AAB || app.Signing.Verifies || !strings.Contains(strings.Join(app.Signing.Problems, "; "), "the lowest Android version") {
			t.Errorf("%s: %+v, %v", name, app, err)
		}
	}
}

// TestOddManifest is about a manifest whose first bytes are not those of binary XML, which Android does
// not look at.
func TestOddManifest(t *testing.T) {
	manifest := manifestBytes("org.example", "")
	manifest[0] = 0
	var s seen
	app, err := readMade(t, made(t, zip.Deflate, manifestName, manifest), Options{See: s.see})
	if err != nil || app.Manifest.Package != "org.example" || !slices.Contains(s.lines, "a.apk!AndroidManifest.xml key key=v") {
		t.Errorf("%+v, %v, %q", app.Manifest, err, s.lines)
	}
}

// TestTruncated reads an app that ends at every byte: what is missing is told, and nothing breaks.
func TestTruncated(t *testing.T) {
	data := made(t, zip.Deflate, manifestName, manifestBytes("org.example", ""), "classes.dex", code("LOne;"))
	for n := range data {
		app, err := readMade(t, data[:n], Options{Workers: 1})
		if err == nil {
			sums(t, "", app.Coverage)
		} else if !errors.Is(err, archive.ErrFormat) && !errors.Is(err, ErrNoApp) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	data := made(t, zip.Deflate, manifestName, manifestBytes("org.example", ""))
	if _, err := Read(ctx, File{"", bytes.NewReader(data), int64(len(data))}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled read returns %v", err)
	}
}

func TestJavaName(t *testing.T) {
	for mangled, want := range map[string]string{
		"com_example_A_run": "com/example/A/run", "com_ex_1ample_A_run__I": "com/ex_ample/A/run", "": "", "_": "/",
	} {
		if got := javaName(mangled); got != want {
			t.Errorf("%s is %s, want %s", mangled, got, want)
		}
	}
}

// TestBombs is about little that would become much.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 32<<20)
	data := made(t, zip.Deflate, manifestName, manifestBytes("org.example", ""), "a", zeros, "b", zeros)
	app, err := readMade(t, data, Options{Limits: archive.Limits{Entry: 1 << 20, Total: 3 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	sums(t, "", app.Coverage)
	if app.Coverage.FilesNot != 2 || app.Coverage.BytesRead > 4<<20 {
		t.Errorf("coverage is %+v", app.Coverage)
	}
	deep := code("LDeep;")
	for range 30 {
		deep = made(t, zip.Deflate, "a", deep)
	}
	app, err = readMade(t, made(t, zip.Deflate, manifestName, manifestBytes("org.example", ""), "a", deep), Options{})
	if err != nil || app.Coverage.FilesNot != 1 || !strings.Contains(app.Coverage.NotAnalysed[0].Why, "depth") {
		t.Errorf("archives in archives: %+v, %v", app, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(made(f, zip.Deflate, manifestName, manifestBytes("org.example", ""), "classes.dex", code("LOne;")))
	f.Add(made(f, zip.Store, "x.apk", made(f, zip.Store, manifestName, manifestBytes("org.example", "")), "a.so", elfHeader(), "g", gz([]byte("text"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		if app, err := readMade(t, data, Options{Workers: 1, Limits: archive.Limits{Floor: 1 << 20, Total: 1 << 20}}); err == nil {
			sums(t, "", app.Coverage)
		}
	})
}
