package ipa

import (
	"archive/zip"
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"howett.net/plist"

	"portcullis/vetting/archive"
	"portcullis/vetting/ipa/macho/machotest"
)

// pack packs files into an archive, in the order of their names.
func pack(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func list(t testing.TB, format int, value any) string {
	t.Helper()
	data, err := plist.Marshal(value, format)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// letters is an app with everything that is read.
func letters(t testing.TB) map[string]string {
	info := map[string]any{
		"CFBundleIdentifier": "org.example.letters", "CFBundleDisplayName": "Letters", "CFBundleShortVersionString": "4.2", "CFBundleVersion": "42.1",
		"MinimumOSVersion": "15.0", "DTPlatformVersion": "18.1", "CFBundleExecutable": "Letters", "UIBackgroundModes": []string{"location"},
		"NSContactsUsageDescription": "to find your friends", "LSApplicationQueriesSchemes": []string{"whatsapp"}, "GADApplicationIdentifier": "ca-1",
		"CFBundleURLTypes": []any{map[string]any{"CFBundleURLSchemes": []string{"letters"}}},
		"NSAppTransportSecurity": map[string]any{"NSAllowsArbitraryLoads": true, "NSExceptionDomains": map[string]any{
			"old.example.org": map[string]any{"NSExceptionAllowsInsecureHTTPLoads": true}, "new.example.org": map[string]any{}}},
	}
	privacy := map[string]any{"NSPrivacyTracking": true, "NSPrivacyTrackingDomains": []string{"track.example.org"}, "NSPrivacyCollectedDataTypes": []any{
		map[string]any{"NSPrivacyCollectedDataType": "NSPrivacyCollectedDataTypeContacts", "NSPrivacyCollectedDataTypeLinked": true, "NSPrivacyCollectedDataTypeTracking": false,
			"NSPrivacyCollectedDataTypePurposes": []string{"NSPrivacyCollectedDataTypePurposeAnalytics"}}}}
	root := "Payload/Letters.app/"
	return map[string]string{
		root + "Info.plist":                              list(t, plist.BinaryFormat, info),
		root + "Letters":                                 string(machotest.Program(false)),
		root + "PrivacyInfo.xcprivacy":                   list(t, plist.XMLFormat, privacy),
		root + "Frameworks/BUAdSDK.framework/BUAdSDK":    string(machotest.Program(true)),
		root + "Frameworks/BUAdSDK.framework/Info.plist": list(t, plist.XMLFormat, map[string]any{"CFBundleIdentifier": "com.bytedance.BUAdSDK", "CFBundleShortVersionString": "6.1"}),
		root + "main.jsbundle":                           `fetch("https://log.example.net/x")`,
		root + "assets.zip":                              string(pack(t, map[string]string{"a.js": `"https://hidden.example.com/"`})),
		root + "embedded.mobileprovision":                "\x30\x80cms" + list(t, plist.XMLFormat, map[string]any{"Name": "Ours", "TeamName": "Example Ltd", "ProvisionsAllDevices": true}) + "\x00",
		root + "broken/Info.plist":                       "bplist00",
		root + "PlugIns/Share.appex/Info.plist":          list(t, plist.XMLFormat, map[string]any{"CFBundleIdentifier": "org.example.letters.share"}),
	}
}

// seen writes down what is seen.
type seen struct {
	where string
	into  *[]string
}

func (s seen) Class(descriptor []byte, defined bool) { s.add("class " + string(descriptor)) }
func (s seen) Library(name string)                   { s.add("library " + name) }
func (s seen) Key(name, value string) {
	if strings.HasPrefix(name, "GAD") {
		s.add("key " + name + "=" + value)
	}
}
func (s seen) String(text []byte) {
	for text := range bytes.SplitSeq(text, []byte{0}) {
		if bytes.Contains(text, []byte("http")) && len(text) < 100 {
			s.add("text " + string(text))
		}
	}
}
func (s seen) add(what string) { *s.into = append(*s.into, s.where+": "+what) }

func read(t testing.TB, data []byte) (*App, []string, error) {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		return nil, nil, err
	}
	var all []string
	app, err := Read(t.Context(), a, func(where string) Sightings { return seen{where, &all} })
	slices.Sort(all)
	return app, all, err
}

// TestRead: everything that an app says is read; code that is encrypted, and what is damaged, is named as not analysed.
func TestRead(t *testing.T) {
	app, all, err := read(t, pack(t, letters(t)))
	if err != nil {
		t.Fatal(err)
	}
	m := app.Main
	m.Keys = nil
	want := Bundle{Identifier: "org.example.letters", Name: "Letters", Version: "4.2", Build: "42.1", Minimum: "15.0", Made: "18.1", Executable: "Letters",
		Usage: []Pair{{"NSContactsUsageDescription", "to find your friends"}}, Cleartext: []string{"to any host (NSAllowsArbitraryLoads)", "to old.example.org (NSExceptionAllowsInsecureHTTPLoads)"}, Background: []string{"location"},
		Schemes: []string{"letters"}, Asks: []string{"whatsapp"}}
	if diff := gocmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	root := "Payload/Letters.app/"
	if diff := gocmp.Diff([]Privacy{{root + "PrivacyInfo.xcprivacy", true, []string{"track.example.org"}, []Collected{{"Contacts", true, false, []string{"Analytics"}}}}}, app.Privacy); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff(&Provision{"Ours", "Example Ltd", true}, app.Provision); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff([]Code{
		{Path: root + "Frameworks/BUAdSDK.framework/BUAdSDK", Architecture: "arm64", Libraries: []string{"@rpath/BUAdSDK.framework/BUAdSDK"}, Encrypted: true, Signed: true, Team: "TEAM123456", Entitlements: []Pair{{"get-task-allow", "true"}}},
		{Path: root + "Letters", Architecture: "arm64", Libraries: []string{"@rpath/BUAdSDK.framework/BUAdSDK"}, Signed: true, Team: "TEAM123456", Entitlements: []Pair{{"get-task-allow", "true"}}},
	}, app.Code); diff != "" {
		t.Error(diff)
	}
	if len(app.Others) != 2 || app.Others[0].Version != "6.1" || app.Mac {
		t.Errorf("%+v", app.Others)
	}
	for _, host := range []string{"pangle.io", "log.example.net", "hidden.example.com", "track.example.org"} {
		if !slices.Contains(app.Domains, host) {
			t.Errorf("%s is not among %q", host, app.Domains)
		}
	}
	for _, want := range []string{"Letters: class LBUAdSDKManager;", "Letters: library BUAdSDK.framework", "Info.plist: key GADApplicationIdentifier=ca-1", "Letters: text https://pangle.io/a"} {
		if !slices.Contains(all, root+want) {
			t.Errorf("%s was not seen: %q", want, all)
		}
	}
	c := app.Coverage
	slices.SortFunc(c.NotAnalysed, func(a, b Unread) int { return cmp.Compare(a.Path, b.Path) })
	if c.FilesTotal != 11 || c.FilesRead != 9 || len(c.NotAnalysed) != 2 || !strings.Contains(c.NotAnalysed[0].Why, "encrypted") || c.NotAnalysed[1].Path != root+"broken/Info.plist" || c.BytesRead >= c.BytesTotal {
		t.Errorf("%+v", c)
	}
}

// TestTexts: hosts are found as they are in property lists in the binary form, where other bytes stand close to them, and in
// UTF-16; the address of Apple's definition of the form is none.
func TestTexts(t *testing.T) {
	info := list(t, plist.XMLFormat, map[string]any{"CFBundleIdentifier": "a"})
	values := map[string]any{"a": "pangle.io", "b": []string{"log.example.net", "x.example.com"}, "c": "ü https://wide.example.de/", "d": []byte("\x01https://data.example.org/\x02")}
	text := "\xfe\xff"
	for _, c := range `"k" = "https://strings.example.org/";` {
		text += "\x00" + string(c)
	}
	app, _, err := read(t, pack(t, map[string]string{"Payload/A.app/Info.plist": info, "Payload/A.app/b.plist": list(t, plist.BinaryFormat, values), "Payload/A.app/x.plist": info, "Payload/A.app/a.strings": text}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"data.example.org", "log.example.net", "pangle.io", "strings.example.org", "wide.example.de", "x.example.com"}, app.Domains); diff != "" {
		t.Error(diff)
	}
}

// TestTwice: a key that stands in an Info.plist more than once is told, once.
func TestTwice(t *testing.T) {
	text := `<plist><dict>` + strings.Repeat(`<key>CFBundleIdentifier</key><string>a</string>`, 5) + `</dict></plist>`
	app, _, err := read(t, pack(t, map[string]string{"Payload/A.app/Info.plist": text}))
	if err != nil || len(app.Problems) != 1 || !strings.Contains(app.Problems[0].What, `"CFBundleIdentifier" twice`) {
		t.Errorf("%+v, %v", app, err)
	}
}

// TestSwift: a library of Swift that is part of the program itself has the names of its classes alone.
func TestSwift(t *testing.T) {
	for class, want := range map[string]string{"_TtC11FBAEMKitABC5Event": "FBAEMKitABC", "_TtGC4Main4Boxs": "Main", "_TtC9": "", "NSObject": "", "_TtCs12_SwiftObject": "", "_TtC0": ""} {
		if got := moduleOf([]byte(class)); got != want {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
}

// TestMac: an app for macOS in a ZIP is one, too.
func TestMac(t *testing.T) {
	app, _, err := read(t, pack(t, map[string]string{
		"Letters.app/Contents/Info.plist":    list(t, plist.XMLFormat, map[string]any{"CFBundleIdentifier": "org.example.letters", "LSMinimumSystemVersion": "13.0"}),
		"Letters.app/Contents/MacOS/Letters": string(machotest.Program(false)),
	}))
	if err != nil || !app.Mac || app.Main.Identifier != "org.example.letters" || app.Main.Minimum != "13.0" || len(app.Code) != 1 {
		t.Fatalf("%+v, %v", app, err)
	}
}

// TestNone: what holds no app is said to hold none, and an app without a readable Info.plist has a problem.
func TestNone(t *testing.T) {
	if app, _, err := read(t, pack(t, map[string]string{"a.txt": "b"})); err != ErrNoApp {
		t.Errorf("%+v, %v", app, err)
	}
	app, _, err := read(t, pack(t, map[string]string{"Payload/A.app/Info.plist": "no"}))
	if err != nil || len(app.Problems) == 0 || len(app.Coverage.NotAnalysed) != 1 {
		t.Errorf("%+v, %v", app, err)
	}
	app, _, err = read(t, pack(t, map[string]string{"Payload/A.app/Info.plist": list(t, plist.XMLFormat, map[string]any{"CFBundleIdentifier": "a"}),
		"Payload/B.app/Info.plist": list(t, plist.XMLFormat, map[string]any{"CFBundleIdentifier": "b"})}))
	if err != nil || app.Main.Identifier != "a" || len(app.Others) != 1 || len(app.Problems) == 0 {
		t.Errorf("two apps: %+v, %v", app, err)
	}
}

// TestManifestsOfOthers: privacy manifests as their makers published them are read whole.
func TestManifestsOfOthers(t *testing.T) {
	names, err := filepath.Glob("../../../shared/data/xcprivacy/*.xcprivacy")
	if err != nil || len(names) < 5 {
		t.Fatalf("the shared privacy manifests are not there: %v, %v", names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		app, _, err := read(t, pack(t, map[string]string{"Payload/A.app/Info.plist": list(t, plist.XMLFormat, map[string]any{"CFBundleIdentifier": "a"}), "Payload/A.app/PrivacyInfo.xcprivacy": string(data)}))
		if err != nil {
			t.Fatal(err)
		}
		// An independent reader's opinion.
		var theirs struct {
			NSPrivacyTracking           bool
			NSPrivacyTrackingDomains    []string
			NSPrivacyCollectedDataTypes []struct {
				NSPrivacyCollectedDataType         string
				NSPrivacyCollectedDataTypePurposes []string
			}
		}
		if _, err := plist.Unmarshal(data, &theirs); err != nil {
			t.Fatal(err)
		}
		p := app.Privacy[0]
		if p.Tracking != theirs.NSPrivacyTracking || !slices.Equal(p.Domains, theirs.NSPrivacyTrackingDomains) || len(p.Data) != len(theirs.NSPrivacyCollectedDataTypes) {
			t.Errorf("%s: %+v, want %+v", name, p, theirs)
			continue
		}
		for i, d := range theirs.NSPrivacyCollectedDataTypes {
			if "NSPrivacyCollectedDataType"+p.Data[i].Kind != d.NSPrivacyCollectedDataType || len(p.Data[i].Purposes) != len(d.NSPrivacyCollectedDataTypePurposes) {
				t.Errorf("%s: %+v, want %+v", name, p.Data[i], d)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(pack(f, letters(f)))
	f.Add(pack(f, map[string]string{"Payload/A.app/Info.plist": "no"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		app, _, err := read(t, data)
		if err != nil {
			return
		}
		if c := app.Coverage; c.FilesRead+len(c.NotAnalysed) != c.FilesTotal {
			t.Errorf("%d read and %d not, of %d", c.FilesRead, len(c.NotAnalysed), c.FilesTotal)
		}
	})
}
