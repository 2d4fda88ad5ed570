package inspect_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"howett.net/plist"

	"portcullis/vetting/criteria"
	"portcullis/vetting/inspect"
	"portcullis/vetting/ipa/macho/machotest"
	"portcullis/vetting/report"
)

func list(t testing.TB, value any) []byte {
	t.Helper()
	data, err := plist.Marshal(value, plist.BinaryFormat)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// ios is an app for iOS: its Info.plist with what is given besides, its program, and other files.
func ios(t testing.TB, info map[string]any, files ...any) []byte {
	t.Helper()
	return appleApp(t, "Payload/A.app/", "Payload/A.app/A", info, files...)
}

func appleApp(t testing.TB, root, program string, info map[string]any, files ...any) []byte {
	t.Helper()
	all := map[string]any{"CFBundleIdentifier": "org.example.a", "CFBundleExecutable": "A", "DTPlatformVersion": "18.1"}
	for key, value := range info {
		all[key] = value
	}
	return pack(t, zip.Deflate, slices.Concat([]any{root + "Info.plist", list(t, all), program, machotest.Program(false)}, files)...)
}

func kindsOf(r *report.Report) (kinds []string) {
	for _, d := range r.Data {
		kinds = append(kinds, d.Kind)
	}
	return kinds
}

func traitsOf(r *report.Report) (ids []string) {
	for _, trait := range r.Traits {
		ids = append(ids, trait.ID)
	}
	return ids
}

// TestAppleHidden: code that lies in an app for iOS as data is told, wherever it lies.
func TestAppleHidden(t *testing.T) {
	in := inspector(t)
	inner := pack(t, zip.Deflate, "lib", machotest.Program(false))
	for name, data := range map[string][]byte{
		"an archive": inner, "behind a picture": slices.Concat([]byte("\x89PNG\r\n\x1a\nIEND"), inner), "behind a program": slices.Concat(machotest.Program(false), inner),
	} {
		r := vet(t, in, ios(t, nil, "Payload/A.app/x", data))
		if result(r, "no-nested-code") != report.NotMet || !slices.Contains(traitsOf(r), report.HiddenCode) {
			t.Errorf("%s: %s, %+v", name, result(r, "no-nested-code"), r.Traits)
		}
	}
	for name, data := range map[string][]byte{
		"behind a program": slices.Concat(machotest.Program(false), noise(80<<10)), "a picture that is none": slices.Concat([]byte("\x89PNG\r\n\x1a\n"), noise(80<<10)),
		"a program of very many architectures": append([]byte("\xca\xfe\xba\xbe\x00\x00\x00\x2c"), make([]byte, 100)...),
		"a property list that is cut off":      list(t, map[string]any{"a": "https://pangle.io/"})[:60],
	} {
		r := vet(t, in, ios(t, nil, "Payload/A.app/x", data))
		if len(r.Coverage.NotAnalysed) != 1 || result(r, "no-nested-code") != report.Unknown || result(r, "sdk-jurisdiction") == report.Met {
			t.Errorf("%s: %+v, %s", name, r.Coverage, result(r, "no-nested-code"))
		}
	}
	if r := vet(t, in, ios(t, nil)); result(r, "no-nested-code") != report.Met {
		t.Errorf("with nothing in it: %+v", r.Criteria)
	}
}

// TestApplePrograms: what a signature entitles to is not known where the program is not there, or not whole.
func TestApplePrograms(t *testing.T) {
	in := inspector(t)
	in.Workers = 1
	whole := machotest.Program(false)
	info := list(t, map[string]any{"CFBundleIdentifier": "org.example.a", "CFBundleExecutable": "A"})
	for n := range len(whole) + 1 {
		r := vet(t, in, pack(t, zip.Store, "Payload/A.app/Info.plist", info, "Payload/A.app/A", whole[:n]))
		got := result(r, "not-for-tests") // it may be looked into, as its entitlements say
		if got == report.Met || n == len(whole) && got != report.NotMet || n < len(whole) && result(r, "contacts") == report.Met {
			t.Fatalf("%d of %d bytes of the program: %s, %s, %+v", n, len(whole), got, result(r, "contacts"), r.Problems)
		}
	}
	r := vet(t, in, pack(t, zip.Store, "Payload/A.app/Info.plist", info))
	if result(r, "contacts") != report.Unknown || result(r, "not-for-tests") != report.Unknown || result(r, "analysed") == report.Met {
		t.Errorf("without a program: %+v", r.Criteria)
	}
	r = vet(t, in, ios(t, nil))
	if result(r, "contacts") != report.Met || !slices.Contains(r.Permissions.Declared, "get-task-allow") || !slices.Contains(r.Signing.Problems, "its signature names the team TEAM123456") {
		t.Errorf("with a whole one: %+v, %+v", r.Permissions, r.Signing)
	}
}

// TestAppleData: what people are asked for, entitled to or told of reaches the data, from what can ask alone.
func TestAppleData(t *testing.T) {
	in := inspector(t)
	asks := map[string]any{"NSContactsUsageDescription": "to find friends"}
	for where, want := range map[string]report.Result{"PlugIns/B.appex/": report.NotMet, "Watch/B.app/": report.NotMet, "Frameworks/B.framework/": report.Met, "B.bundle/": report.Met} {
		if r := vet(t, in, ios(t, nil, "Payload/A.app/"+where+"Info.plist", list(t, asks))); result(r, "contacts") != want {
			t.Errorf("%s: contacts %s, want %s", where, result(r, "contacts"), want)
		}
	}
	r := vet(t, in, ios(t, map[string]any{"NSFaceIDUsageDescription": "to unlock", "NSLocationTemporaryUsageDescriptionDictionary": map[string]any{"Find": "to find you"}, "NSSpeechRecognitionUsageDescription": "to type",
		"NSAppTransportSecurity": map[string]any{"NSAllowsArbitraryLoadsInWebContent": true}}))
	if !slices.Equal(kindsOf(r), []string{"location", "microphone"}) || !slices.Contains(r.Permissions.Declared, "NSFaceIDUsageDescription") || result(r, "encrypted-network") != report.NotMet {
		t.Errorf("%v, %v, %s", kindsOf(r), r.Permissions.Declared, result(r, "encrypted-network"))
	}
	keyboard := map[string]any{"NSExtension": map[string]any{"NSExtensionPointIdentifier": "com.apple.keyboard-service"}}
	if r := vet(t, in, ios(t, nil, "Payload/A.app/PlugIns/K.appex/Info.plist", list(t, keyboard))); result(r, "content") != report.NotMet {
		t.Errorf("a keyboard: %+v", r.Data)
	}
	var types []any
	for _, kind := range []string{"SearchHistory", "CreditInfo", "CrashData", "SensitiveInfo", "OtherDataTypes", "SomethingNew", "Hands"} {
		types = append(types, map[string]any{"NSPrivacyCollectedDataType": "NSPrivacyCollectedDataType" + kind, "NSPrivacyCollectedDataTypeLinked": true})
	}
	r = vet(t, in, ios(t, nil, "Payload/A.app/PrivacyInfo.xcprivacy", list(t, map[string]any{"NSPrivacyCollectedDataTypes": types, "NSPrivacyTrackingDomains": []string{"pangle.io"}})))
	if !slices.Equal(kindsOf(r), []string{"diagnostics", "money", "other", "sensitive", "sensors", "tracking", "usage"}) || !slices.Equal(r.Domains, []string{"pangle.io"}) {
		t.Errorf("%+v, %q", r.Data, r.Domains)
	}
	for _, d := range r.Data {
		if d.Kind != "tracking" && !strings.Contains(d.Evidence[0].What, "linked to the person") {
			t.Errorf("%+v", d)
		}
	}
}

// TestAppleMac: an app for macOS that is in no sandbox can read files; whoever packed it may have packed the folder, too.
func TestAppleMac(t *testing.T) {
	r := vet(t, inspector(t), appleApp(t, "A-1.0/A.app/Contents/", "A-1.0/A.app/Contents/MacOS/A", map[string]any{"DTPlatformVersion": "GM", "DTSDKName": "macosx10.14"}))
	if r.Format != report.Mac || result(r, "content") != report.NotMet || *r.TargetSDK != "10.14" {
		t.Errorf("%s %s, %+v", r.Format, *r.TargetSDK, r.Criteria)
	}
	if r := vet(t, inspector(t), pack(t, zip.Store, "Payload/", []byte{})); !strings.Contains(r.Error, "neither") {
		t.Errorf("without an app: %q", r.Error)
	}
}

// TestAppleOld: an app that was made for iOS before 9 may speak without encryption, whatever it says.
func TestAppleOld(t *testing.T) {
	for made, want := range map[string]report.Result{"8.4": report.NotMet, "9.0": report.Met, "18.1": report.Met} {
		if r := vet(t, inspector(t), ios(t, map[string]any{"DTPlatformVersion": made})); result(r, "encrypted-network") != want {
			t.Errorf("made for %s: %s", made, result(r, "encrypted-network"))
		}
	}
}

// TestAppleNotAsked: what is looked for in Android's apps alone is not known of others, and versions are compared by their
// first number.
func TestAppleNotAsked(t *testing.T) {
	set, err := criteria.Read([]byte(`
name: Ours
version: "1"
criteria:
  - {id: backup, title: No backup, standard: ours, fact: trait, none: [backup]}
  - {id: debug, title: Not for tests, standard: ours, fact: trait, none: [debuggable, test-only]}
  - {id: new, title: Made for iOS 17, standard: ours, fact: target-sdk, least: 17}
  - {id: newer, title: Made for iOS 26, standard: ours, fact: target-sdk, least: 26}
`))
	if err != nil {
		t.Fatal(err)
	}
	in := inspect.New(set)
	r := vet(t, in, ios(t, nil))
	for id, want := range map[string]report.Result{"backup": report.Unknown, "debug": report.NotMet, "new": report.Met, "newer": report.NotMet} {
		if got := result(r, id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

// TestAppleBombs: texts that stand in a property list once and are used very often count as what comes out of the file.
func TestAppleBombs(t *testing.T) {
	in := inspector(t)
	in.Limits.Total, in.Limits.Floor = 1<<20, 1<<20
	long := strings.Repeat("x", 60_000)
	var many []any
	for range 50 {
		many = append(many, long)
	}
	r := vet(t, in, ios(t, nil, "Payload/A.app/x.plist", list(t, many)))
	if len(r.Coverage.NotAnalysed) == 0 || !strings.Contains(r.Coverage.NotAnalysed[0].Why, "no more are read") {
		t.Errorf("%+v", r.Coverage)
	}
}

// TestAppleEntitled: the newer form of entitlements counts as much as the older.
func TestAppleEntitled(t *testing.T) {
	der := func(tag byte, parts ...[]byte) []byte {
		all := bytes.Join(parts, nil)
		return append([]byte{tag, byte(len(all))}, all...)
	}
	pair := der(0x30, der(0x0c, []byte("com.apple.developer.healthkit")), der(0x01, []byte{0xff}))
	blob := der(0x70, der(0x02, []byte{1}), der(0xb0, pair))
	program := machotest.Program(false)
	super := bytes.Index(program, []byte("\xfa\xde\x0c\xc0"))
	entitlements := bytes.Index(program, []byte("\xfa\xde\x71\x71"))
	changed := append(bytes.Clone(program[:entitlements]), "\xfa\xde\x71\x72\x00\x00\x00"...)
	changed = append(append(changed, byte(8+len(blob))), blob...)
	changed = append(changed, make([]byte, len(program)-len(changed))...)
	if super < 0 || entitlements < 0 || len(changed) != len(program) || binary.BigEndian.Uint32(changed[super+8:]) != 2 {
		t.Fatal("the program has another form than is thought")
	}
	r := vet(t, inspector(t), pack(t, zip.Deflate, "Payload/A.app/Info.plist", list(t, map[string]any{"CFBundleIdentifier": "org.example.a", "CFBundleExecutable": "A"}), "Payload/A.app/A", changed))
	if !slices.Equal(r.Permissions.Declared, []string{"com.apple.developer.healthkit"}) || !slices.Equal(kindsOf(r), []string{"health"}) {
		t.Errorf("%+v, %+v, %+v", r.Permissions, r.Data, r.Problems)
	}
}

// TestAppleForged: whatever one byte of the file says instead, nothing that was found becomes what is not there.
func TestAppleForged(t *testing.T) {
	in := inspector(t)
	in.Workers = 1
	app := ios(t, map[string]any{"NSContactsUsageDescription": "to find friends"})
	for i := range app {
		for _, to := range []byte{0, 0xff, app[i] ^ 1} {
			forged := bytes.Clone(app)
			forged[i] = to
			r := vet(t, in, forged)
			if r.Error == "" && (result(r, "contacts") == report.Met || result(r, "not-for-tests") == report.Met) {
				t.Fatalf("byte %d from %d to %d: %s, %s, %+v", i, app[i], to, result(r, "contacts"), result(r, "not-for-tests"), r.Problems)
			}
		}
	}
}

// TestAppleSeal: bytes that are not those that were signed make a signature that no system takes; where all are, whose
// signature it is is not known.
func TestAppleSeal(t *testing.T) {
	in := inspector(t)
	info := list(t, map[string]any{"CFBundleIdentifier": "org.example.a", "CFBundleExecutable": "A", "NSContactsUsageDescription": "to find friends"})
	other := list(t, map[string]any{"CFBundleIdentifier": "org.example.a", "CFBundleExecutable": "A"})
	files := []byte("<plist/>")
	whole := machotest.Sealed(info, files)
	changed := bytes.Replace(whole, []byte("pangle.io"), []byte("pangle.co"), 1)
	for name, test := range map[string]struct {
		info, program, files []byte
		want                 report.Result
		says                 string
	}{
		"whole":                 {info, whole, files, report.Unknown, ""},
		"without a list":        {info, whole, nil, report.Unknown, ""},
		"another Info.plist":    {other, whole, files, report.NotMet, "Info.plist is not the one"},
		"another list":          {info, whole, []byte("<plist></plist>"), report.NotMet, "list of sealed files"},
		"another program":       {info, changed, files, report.NotMet, "1 of the 1 pages"},
		"a program without one": {info, machotest.Program(false), files, report.Unknown, ""},
	} {
		entries := []any{"Payload/A.app/Info.plist", test.info, "Payload/A.app/A", test.program}
		if test.files != nil {
			entries = append(entries, "Payload/A.app/_CodeSignature/CodeResources", test.files)
		}
		r := vet(t, in, pack(t, zip.Deflate, entries...))
		told := slices.ContainsFunc(r.Signing.Problems, func(p string) bool { return test.says != "" && strings.Contains(p, test.says) })
		if result(r, "signature") != test.want || told != (test.says != "") || r.Signing.Verifies {
			t.Errorf("%s: %s, %q", name, result(r, "signature"), r.Signing.Problems)
		}
	}
}
