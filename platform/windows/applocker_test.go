package windows

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
	"portcullis/platform/platformtest"
	"portcullis/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

const maker = "publisher:O=Example Ltd, C=GB|"

// applocked is a list with entries of every kind, some of them hostile.
func applocked(closed bool) *platform.List {
	all := []policy.Window{{}}
	return &platform.List{Platform: policy.Windows, Organisation: "gov", Generation: 7, Closed: closed, Shared: []platform.Entry{
		{Identifier: "Example.Editor", Product: "winget", Listed: true},
		{Identifier: "appx:CN=Example Ltd, C=GB|Example.Board", Product: "board", Name: `<"Board"> & ]]> --` + "\n", Banned: all, Decisions: []string{"ban-1", "ban-2"}},
		{Identifier: `path:%PROGRAMFILES%\Example\*`, Product: "folder", Name: "Folder", Listed: true, Floors: []platform.Floor{{Version: "3"}}},
		{Identifier: `path:C:\tools\old.ps1`, Product: "script", Listed: true, Banned: []policy.Window{{Until: "2"}}},
		{Identifier: maker + "*|*", Product: "maker", Name: "Maker", Banned: all},
		{Identifier: maker + "Editor|*", Product: "editor", Name: "Editor", Listed: true, Signers: []string{strings.Repeat("a", 64)},
			Floors: []platform.Floor{{Version: "4.2"}}, Banned: []policy.Window{{Since: "5", Until: "5.1.2"}, {Since: "7"}}},
		{Identifier: maker + "Editor|Plugin.exe", Product: "plugin", Name: "Plugin", Banned: all},
		{Identifier: maker + "Odd|*", Product: "odd", Name: "Odd", Listed: true, Banned: []policy.Window{{Since: "2024.70000"}}},
		{Identifier: maker + "Unlisted|*", Product: "unlisted", Name: "Unlisted", Signers: []string{strings.Repeat("a", 64)}},
		{Identifier: "sha256:" + strings.Repeat("b", 64), Product: "tool", Name: "Tool", Listed: true},
	}}
}

func TestGolden(t *testing.T) {
	platformtest.Golden(t, *update, "applocker-closed.xml", Write, applocked(true))
	platformtest.Golden(t, *update, "applocker-open.xml", Write, applocked(false))
}

func TestWriteFails(t *testing.T) { platformtest.Fails(t, Write, applocked(true)) }

// files are what somebody starts, and whether applocked denies it.
var files = []struct {
	identifier, version string
	closed, open        bool
}{
	{maker + "EDITOR|EDITOR.EXE", "4.1", true, false},
	{maker + "EDITOR|EDITOR.EXE", "4.2", false, false},
	{maker + "EDITOR|EDITOR.EXE", "4.65535.65535.65535", false, false},
	{maker + "EDITOR|EDITOR.EXE", "5", true, true},
	{maker + "EDITOR|EDITOR.EXE", "5.1.1.65535", true, true},
	{maker + "EDITOR|EDITOR.EXE", "5.1.2", false, false},
	{maker + "EDITOR|EDITOR.EXE", "7", true, true},
	{maker + "EDITOR|EDITOR.EXE", "", true, true},
	{maker + "EDITOR|PLUGIN.EXE", "6", true, true},
	{maker + "ODD|ODD.EXE", "1", true, true},
	{maker + "UNLISTED|A.EXE", "1", true, false}, // that its maker is banned is another decision
	{maker + "OTHER|A.EXE", "1", true, true},
	{"publisher:O=OTHER|OTHER|A.EXE", "1", true, false},
	{"appx:CN=Example Ltd, C=GB|Example.Board", "1", true, true},
	{"appx:CN=Example Ltd, C=GB|Example.Other", "1", true, false},
	{"appx:CN=Microsoft Windows, O=Microsoft Corporation, L=Redmond, S=Washington, C=US|Shell", "1", false, false},
	{`path:%PROGRAMFILES%\Example\a\b.exe`, "1", false, false},
	{`path:%WINDIR%\explorer.exe`, "1", false, false},
	{`path:%WINDIR%\Temp\evil.exe`, "1", true, false},
	{"sha256:" + strings.Repeat("b", 64), "", false, false},
	{"sha256:" + strings.Repeat("c", 64), "", true, false},
	{`path:C:\tools\old.ps1`, "1", true, true},
	{`path:C:\tools\new.ps1`, "1", true, false},
	{`path:C:\tools\setup.msi`, "1", true, false},
	{`path:%WINDIR%\Installer\1.msi`, "1", false, false},
}

// TestDevice: what versions decide, and whether the more or the less special identifier does.
func TestDevice(t *testing.T) {
	for _, closed := range []bool{true, false} {
		var b bytes.Buffer
		if _, err := Write(&b, applocked(closed)); err != nil {
			t.Fatal(err)
		}
		d, err := platformtest.AppLocker(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range files {
			want := c.open
			if closed {
				want = c.closed
			}
			if got := d.Denies(policy.Installation{Identifier: c.identifier, Version: c.version}); got != want {
				t.Errorf("closed %t: %s %s: denied %t", closed, c.identifier, c.version, got)
			}
		}
	}
}

// TestAudit: under a list for an audit everything runs, and what the enforced one prevents is noted, event for event. Nothing
// in it can be taken for the list that is enforced.
func TestAudit(t *testing.T) {
	type logger interface {
		platformtest.Device
		Event(policy.Installation) int
	}
	device := func(l *platform.List) (logger, []byte, []platform.Left) {
		var b bytes.Buffer
		left, err := Write(&b, l)
		if err != nil {
			t.Fatal(err)
		}
		d, err := platformtest.AppLocker(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return d.(logger), b.Bytes(), left
	}
	prevented := map[int]int{8004: 8003, 8007: 8006, 8022: 8021}
	for _, closed := range []bool{true, false} {
		l := applocked(closed)
		enforced, rules, left := device(l)
		enforcedDigest := l.Digest()
		l.Audit = true
		audited, tried, untold := device(l)
		seen := map[int]int{}
		for _, f := range files {
			in := policy.Installation{Identifier: f.identifier, Version: f.version}
			want := enforced.Event(in)
			seen[want]++
			if noted, denied := prevented[want]; denied {
				want = noted
			}
			if got := audited.Event(in); got != want || audited.Denies(in) {
				t.Errorf("closed %t: %s %s: event %d, where the enforced one has %d; denied %t", closed, f.identifier, f.version, got, enforced.Event(in), audited.Denies(in))
			}
		}
		for _, event := range []int{8002, 8004, 8007, 8020, 8022} {
			if seen[event] == 0 {
				t.Errorf("closed %t: no file had event %d: %v", closed, event, seen)
			}
		}
		if bytes.Contains(tried, []byte("Enabled")) || bytes.Count(tried, []byte(`EnforcementMode="AuditOnly"`)) != 4 || bytes.Contains(rules, []byte("AuditOnly")) {
			t.Errorf("closed %t: the modes are\n%s", closed, tried)
		}
		if l.Digest() == enforcedDigest || bytes.Contains(tried, []byte(enforcedDigest)) || !bytes.Contains(tried, []byte(`Description="Audit only, this denies nothing: `)) {
			t.Errorf("closed %t: it says that it is %s\n%s", closed, l.Stamp(), tried)
		}
		if len(untold) == 0 || untold[0].Identifier != "" || !strings.Contains(untold[0].Reason, "nothing is denied") {
			t.Fatalf("closed %t: what is left is %+v", closed, untold)
		}
		if diff := cmp.Diff(left, untold[1:]); diff != "" {
			t.Errorf("closed %t: the rest of what is left (-enforced +audit)\n%s", closed, diff)
		}
	}
}

// TestStable: a rule keeps its id for as long as it says the same.
func TestStable(t *testing.T) {
	var a, b bytes.Buffer
	l := applocked(true)
	if _, err := Write(&a, l); err != nil {
		t.Fatal(err)
	}
	l.Generation++
	if _, err := Write(&b, l); err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(b.String(), "generation 8", "generation 7"); got != a.String() {
		t.Errorf("another generation (-7 +8)\n%s", cmp.Diff(a.String(), got))
	}
}

func TestIdentify(t *testing.T) {
	hex := strings.Repeat("0f", 32)
	for _, c := range []struct {
		identifier string
		want       Target
	}{
		{"publisher:O=Example, C=GB|Editor|*", Target{Kind: Publisher, Publisher: "O=EXAMPLE, C=GB", Product: "EDITOR", Binary: "*", Types: signed}},
		{"publisher:O=Example|*|*", Target{Kind: Publisher, Publisher: "O=EXAMPLE", Product: "*", Binary: "*", Types: anyFile}},
		{"appx:CN=Example|Example.Editor", Target{Kind: Package, Publisher: "CN=Example", Product: "Example.Editor", Binary: "*", Types: packaged}},
		{`path:%PROGRAMFILES%\Example\a.EXE`, Target{Kind: Path, Value: `%PROGRAMFILES%\Example\a.EXE`, Types: []Type{Exe}}},
		{`path:\\server\share\setup.msi`, Target{Kind: Path, Value: `\\server\share\setup.msi`, Types: []Type{Msi}}},
		{`path:C:\Example\*`, Target{Kind: Path, Value: `C:\Example\*`, Types: anyFile}},
		{"sha256:" + hex, Target{Kind: Hash, Value: hex, Types: anyFile}},
		{"Example.Editor", Target{}},
		{"", Target{}},
		{"publisher:*|*|*", Target{}},
		{"publisher:O=*|*|*", Target{}},
		{"publisher:O=|*|*", Target{}},
		{"publisher:O=Example|*|a.exe", Target{}},
		{"publisher:O=Example|Ed*|*", Target{}},
		{"publisher:O=Example||*", Target{}},
		{"publisher:O=Example|*", Target{}},
		{"publisher:O=Example\n|a|*", Target{}},
		{"publisher:Example|a|*", Target{}},
		{"appx:O=Example|a", Target{}},
		{"appx:CN=Example|a|b", Target{}},
		{"appx:CN=Example", Target{}},
		{"path:*", Target{}},
		{`path:C:\*`, Target{}},
		{`path:%PROGRAMFILES%\*`, Target{}},
		{`path:\\server\*`, Target{}},
		{`path:\\*\share\a.exe`, Target{}},
		{`path:C:\a*\b.exe`, Target{}},
		{`path:C:\a\..\b.exe`, Target{}},
		{`path:C:\a\\b.exe`, Target{}},
		{`path:C:/a/b.exe`, Target{}},
		{`path:C:\a\%TEMP%\b.exe`, Target{}},
		{`path:%TEMP%\b.exe`, Target{}},
		{`path:a.exe`, Target{}},
		{`path:C:\a\readme`, Target{}},
		{`path:C:\a\exe`, Target{}},
		{"sha256:" + strings.ToUpper(hex), Target{}},
		{"sha256:" + hex[1:], Target{}},
	} {
		got, err := Identify(c.identifier)
		if diff := cmp.Diff(c.want, got); diff != "" || (err == nil) != (c.want.Kind != 0) {
			t.Errorf("%q: %v (-want +got)\n%s", c.identifier, err, diff)
		}
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		in    string
		tails bool
		want  string // empty: not told
	}{
		{"4.2", false, "4.2.0.0"}, {"1.2.3.4", false, "1.2.3.4"}, {"1.2.3.4.0", false, "1.2.3.4"}, {"007", false, "7.0.0.0"},
		{"1.2.3.4.5", false, ""}, {"70000", false, ""}, {"4.2-rc1", false, ""}, {"4.2-rc1", true, "4.2.0.0"}, {"4.x", true, ""}, {"4.", true, ""}, {"65535.65535.65535.65535", false, "*"},
	} {
		v, ok := parseVersion(c.in, c.tails)
		if got := string(v.append(nil)); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s: %s, %t", c.in, got, ok)
		}
	}
	code := int64(5)
	for _, c := range []struct {
		floors []platform.Floor
		want   []span
		ok     bool
	}{
		{nil, []span{every}, true},
		{[]platform.Floor{{Version: "3"}, {Version: "2"}}, []span{{2 << 48, newest}}, true},
		{[]platform.Floor{{Code: &code}}, nil, true},
		{[]platform.Floor{{Version: "3"}, {Version: "2b"}}, nil, false},
	} {
		got, ok := admitted(&platform.Entry{Floors: c.floors})
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(span{})); diff != "" || ok != c.ok {
			t.Errorf("%+v: %t (-want +got)\n%s", c.floors, ok, diff)
		}
	}
}

// FuzzWrite: whatever an identifier and a name are, a device takes the policy.
func FuzzWrite(f *testing.F) {
	for _, e := range applocked(true).Shared {
		f.Add(e.Identifier, e.Name, "1", "2")
	}
	f.Fuzz(func(t *testing.T, identifier, name, since, until string) {
		e := platform.Entry{Identifier: identifier, Name: name, Listed: true, Banned: []policy.Window{{Since: since, Until: until}}, Decisions: []string{name}}
		var b bytes.Buffer
		left, err := Write(&b, &platform.List{Platform: policy.Windows, Closed: true, Shared: []platform.Entry{e}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := platformtest.AppLocker(b.Bytes()); err != nil {
			t.Errorf("%v\n%s", err, b.String())
		}
		if _, err := Identify(identifier); err != nil && len(left) != 1 {
			t.Errorf("left %+v", left)
		}
	})
}

func BenchmarkAppLocker(b *testing.B) {
	platformtest.Writing(b, Write, platformtest.Many(policy.Windows, 3000, func(word string) string { return "publisher:O=EXAMPLE, C=GB|" + strings.ToUpper(word) + "|*" }))
}
