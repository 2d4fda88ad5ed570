package apple

import (
	"bytes"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
	"portcullis/platform/platformtest"
	"portcullis/policy"
)

var update = flag.Bool("update", false, "write the artefacts under testdata anew")

// bundle and signed make identifiers of words: of an iPhone's app, and of a Mac's program.
func bundle(word string) string { return "uk.gov.example." + word }
func signed(word string) string { return "EQHXZ8M8AV:" + bundle(word) }

func TestArtefacts(t *testing.T) {
	for name, c := range map[string]struct {
		write platform.Artefact
		list  *platform.List
	}{
		"profile-closed.mobileconfig": {WriteProfile, platformtest.Example(policy.IOS, true, bundle)},
		"profile-open.mobileconfig":   {WriteProfile, platformtest.Example(policy.IOS, false, bundle)},
		"declaration-ios.json":        {WriteDeclaration, platformtest.Example(policy.IOS, true, bundle)},
		"declaration-macos.json":      {WriteDeclaration, platformtest.Example(policy.MacOS, true, signed)},
		"declaration-macos-open.json": {WriteDeclaration, platformtest.Example(policy.MacOS, false, signed)},
	} {
		t.Run(name, func(t *testing.T) { platformtest.Golden(t, *update, name, c.write, c.list) })
	}
}

func BenchmarkAppleProfile(b *testing.B) {
	platformtest.Writing(b, WriteProfile, platformtest.Many(policy.IOS, 3000, bundle))
}

func BenchmarkAppleDeclaration(b *testing.B) {
	platformtest.Writing(b, WriteDeclaration, platformtest.Many(policy.MacOS, 3000, signed))
}

func TestIdentifiers(t *testing.T) {
	hash := strings.Repeat("0a", 20)
	for id, want := range map[string]*program{
		"EQHXZ8M8AV:com.google.Chrome":    {TeamID: "EQHXZ8M8AV", SigningID: "com.google.Chrome"},
		"platform:com.apple.curl":         {TeamID: "*APPLE*", SigningID: "com.apple.curl"},
		"cdhash:" + hash:                  {CDHash: hash},
		"com.google.Chrome":               nil, // whose?
		"cdhash:" + hash + "0a":           nil,
		"cdhash:" + strings.ToUpper(hash): nil,
		"EQHXZ8M8AV:":                     nil, // all of a team's
		"EQHXZ8M8AV:*":                    nil,
		"EQHXZ8M8A:com.google.Chrome":     nil,
		"*APPLE*:com.apple.curl":          nil,
		"platform:":                       nil,
		":com.google.Chrome":              nil,
		"sha256:" + hash:                  nil,
		"EQHXZ8M8AV:a b":                  {TeamID: "EQHXZ8M8AV", SigningID: "a b"},
	} {
		got, ok := parseProgram(id)
		if ok != (want != nil) || ok && got != *want {
			t.Errorf("%q is read as %+v, %t", id, got, ok)
		}
	}
	for id, want := range map[string]bool{
		"pinterest": true, "com.example.A-b_0": true,
		"": false, "com.example.*": false, "com example": false, "com.example\n": false, "com.éxample": false, strings.Repeat("a", 256): false,
	} {
		if got := IsBundleID(id); got != want {
			t.Errorf("%q is a bundle identifier: %t", id, got)
		}
	}
}

// held is a device that holds what is written of a list.
func held(t *testing.T, write platform.Artefact, holding platformtest.Holding, l *platform.List) platformtest.Device {
	t.Helper()
	var b bytes.Buffer
	if _, err := write(&b, l); err != nil {
		t.Fatal(err)
	}
	d, err := holding(b.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, b.Bytes())
	}
	return d
}

// TestHash: what a team's signature lets in is kept out where its hash is banned.
func TestHash(t *testing.T) {
	hash := strings.Repeat("0a", 20)
	d := held(t, WriteDeclaration, platformtest.AppleDeclaration, &platform.List{Platform: policy.MacOS, Closed: true, Shared: []platform.Entry{
		{Identifier: signed("app"), Listed: true},
		{Identifier: "cdhash:" + hash, Banned: []policy.Window{{}}},
	}})
	if d.Denies(policy.Installation{Identifier: signed("app")}) || !d.Denies(policy.Installation{Identifier: "cdhash:" + hash}) {
		t.Error("a hash does not count beside a signature")
	}
}

// TestTeam: what is listed of a team that is banned is kept out, and that is said.
func TestTeam(t *testing.T) {
	l := &platform.List{Platform: policy.MacOS, Closed: true, Shared: []platform.Entry{
		{Identifier: "EQHXZ8M8AV", Banned: []policy.Window{{}}},
		{Identifier: signed("app"), Product: "app", Listed: true},
		{Identifier: "ZZHXZ8M8AV", Listed: true},
		{Identifier: "ZZHXZ8M8AV:listed", Listed: true},
		{Identifier: "ZZHXZ8M8AV:unlisted", Signers: []string{"k0"}, Product: "unlisted"},
		{Identifier: "ZZZZZ8M8AV", Signers: []string{"k0"}}, // unlisted, and not banned
		{Identifier: "ZZZZZ8M8AV:app", Listed: true},
	}}
	d := held(t, WriteDeclaration, platformtest.AppleDeclaration, l)
	for id, want := range map[string]bool{signed("app"): true, "ZZHXZ8M8AV:more": false, "ZZHXZ8M8AV:unlisted": true, "ZZZZZ8M8AV:app": false, "ZZZZZ8M8AV:more": true} {
		if d.Denies(policy.Installation{Identifier: id}) != want {
			t.Errorf("%s is denied: %t", id, !want)
		}
	}
	left, err := WriteDeclaration(io.Discard, l)
	left = slices.DeleteFunc(left, func(l platform.Left) bool { return !strings.Contains(l.Reason, "team is banned") })
	if err != nil || len(left) != 1 || left[0].Product != "app" {
		t.Errorf("what is left: %+v, %v", left, err)
	}
}

// TestWebClips: web clips are no apps, and go only where a list names them.
func TestWebClips(t *testing.T) {
	clips := policy.Installation{Identifier: "com.apple.webapp"}
	for _, c := range []struct {
		shared []platform.Entry
		closed bool
		denied bool
	}{
		{nil, true, false},
		{nil, false, false},
		{[]platform.Entry{{Identifier: "com.apple.webapp", Listed: true}}, true, false},
		{[]platform.Entry{{Identifier: "com.apple.webapp", Listed: true, Banned: []policy.Window{{}}}}, true, true},
		{[]platform.Entry{{Identifier: "com.apple.webapp", Banned: []policy.Window{{}}}}, false, true},
	} {
		l := &platform.List{Platform: policy.IOS, Closed: c.closed, Shared: c.shared}
		for form, d := range map[string]platformtest.Device{
			"profile": held(t, WriteProfile, platformtest.AppleProfile, l), "declaration": held(t, WriteDeclaration, platformtest.AppleDeclaration, l),
		} {
			if d.Denies(clips) != c.denied {
				t.Errorf("%s, closed %t, %v: web clips are denied: %t", form, c.closed, c.shared, !c.denied)
			}
			if c.closed && !d.Denies(policy.Installation{Identifier: bundle("other")}) {
				t.Errorf("%s, %v: what is not listed is let in", form, c.shared)
			}
		}
	}
}

// TestSamePlace: what is written next stands in the place of the last, and says by its token or its UUID
// whether it says the same.
func TestSamePlace(t *testing.T) {
	written := func(write platform.Artefact, change func(*platform.List)) string {
		l := platformtest.Example(policy.IOS, true, bundle)
		change(l)
		var b bytes.Buffer
		if _, err := write(&b, l); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	lines := func(s, part string) (found []string) {
		all := strings.Split(s, "\n")
		for i, line := range all {
			if strings.Contains(line, part) {
				if found = append(found, line); strings.HasSuffix(line, "</key>") {
					found = append(found, all[i+1])
				}
			}
		}
		return found
	}
	same := func(*platform.List) {}
	next := func(l *platform.List) { l.Generation++ }
	other := func(l *platform.List) { l.Shared = l.Shared[:3] }
	shared := func(l *platform.List) { l.Host = "" }
	for _, c := range []struct {
		name   string
		write  platform.Artefact
		part   string
		change func(*platform.List)
		same   bool
	}{
		{"a profile's UUIDs in the next generation", WriteProfile, "PayloadUUID", next, true},
		{"a profile's UUIDs when it says something else", WriteProfile, "PayloadUUID", other, false},
		{"a profile's identifiers for everybody", WriteProfile, "PayloadIdentifier", shared, true},
		{"a declaration's tokens in the next generation", WriteDeclaration, "ServerToken", next, true},
		{"a declaration's tokens when it says something else", WriteDeclaration, "ServerToken", other, false},
		{"a declaration's identifiers when it says something else", WriteDeclaration, `"Identifier"`, other, true},
		{"a declaration's identifiers for everybody", WriteDeclaration, `"Identifier"`, shared, false},
	} {
		before, after := lines(written(c.write, same), c.part), lines(written(c.write, c.change), c.part)
		if diff := cmp.Diff(before, after); len(before) == 0 || (diff == "") != c.same {
			t.Errorf("%s: the same %t\n%s", c.name, !c.same, diff)
		}
	}
}

func FuzzProfile(f *testing.F) {
	platformtest.Hostile(f, policy.IOS, WriteProfile, platformtest.AppleProfile, IsBundleID, bundle("app"), webClips, Nobody)
}

func FuzzDeclaration(f *testing.F) {
	platformtest.Hostile(f, policy.MacOS, WriteDeclaration, platformtest.AppleDeclaration, func(id string) bool { _, ok := parseProgram(id); return ok },
		signed("app"), "platform:com.apple.curl", "cdhash:"+strings.Repeat("0a", 20), "EQHXZ8M8AV")
}
