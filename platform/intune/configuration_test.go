package intune

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
	"portcullis/platform/apple"
	"portcullis/platform/platformtest"
	"portcullis/platform/windows"
	"portcullis/policy"
)

var update = flag.Bool("update", false, "write the configurations under testdata anew")

func named(word string) string { return "uk.gov.example." + word }

func published(word string) string {
	return "publisher:O=EXAMPLE LTD, C=GB|" + strings.ToUpper(word) + "|*"
}

func TestConfiguration(t *testing.T) {
	for name, l := range map[string]*platform.List{
		"android.json":    platformtest.Example(policy.Android, true, named),
		"ios.json":        platformtest.Example(policy.IOS, true, named),
		"macos-open.json": platformtest.Example(policy.MacOS, false, named),
	} {
		platformtest.Golden(t, *update, name, Write, l)
	}
}

// TestSettings: the settings for Windows are AppLocker's policy, and what it leaves is left.
func TestSettings(t *testing.T) {
	for _, closed := range []bool{true, false} {
		l := platformtest.Example(policy.Windows, closed, published)
		var rules, b bytes.Buffer
		want, err := windows.Write(&rules, l)
		if err != nil {
			t.Fatal(err)
		}
		left, err := Write(&b, l)
		if diff := cmp.Diff(want, left); err != nil || diff != "" {
			t.Errorf("what is left: %v\n%s", err, diff)
		}
		var c struct {
			OmaSettings []struct{ OmaURI, Value string }
		}
		if err := json.Unmarshal(b.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		got := "<AppLockerPolicy Version=\"1\">\n"
		for _, s := range c.OmaSettings {
			got += s.Value + "\n"
		}
		if diff := cmp.Diff(rules.String(), got+"</AppLockerPolicy>\n"); diff != "" {
			t.Errorf("closed %t (-AppLocker's +settings)\n%s", closed, diff)
		}
	}
}

func BenchmarkIntune(b *testing.B) {
	b.Run("android", func(b *testing.B) { platformtest.Writing(b, Write, platformtest.Many(policy.Android, 3000, named)) })
	makers := func(word string) string { // a hundred, of whom each has thirty
		return "publisher:O=EXAMPLE " + word[len(word)-2:] + ", C=GB|" + strings.ToUpper(word) + "|*"
	}
	b.Run("windows", func(b *testing.B) { platformtest.Writing(b, Write, platformtest.Many(policy.Windows, 3000, makers)) })
}

// TestRoom: Graph takes 10,000 apps, of those that a list names; and none is not no list.
func TestRoom(t *testing.T) {
	for _, c := range []struct {
		name           string
		closed         bool
		listed, banned int
		fits           bool
	}{
		{"none", true, 0, 0, true},
		{"none but bans", true, 0, 1, true},
		{"none, open", false, 0, 0, true},
		{"as many as there is room for", true, 10_000, 9, true},
		{"one more", true, 10_001, 0, false},
		{"as many bans, open", false, 11_000, 10_000, true},
		{"one more, open", false, 0, 10_001, false},
	} {
		l := &platform.List{Platform: policy.MacOS, Organisation: "gov", Closed: c.closed}
		for i := range c.banned {
			l.Shared = append(l.Shared, platform.Entry{Identifier: named(fmt.Sprintf("a%05d", i)), Banned: []policy.Window{{}}})
		}
		for i := range c.listed {
			l.Shared = append(l.Shared, platform.Entry{Identifier: named(fmt.Sprintf("b%05d", i)), Listed: true})
		}
		var b bytes.Buffer
		if _, err := Write(&b, l); (err == nil) != c.fits || (b.Len() > 0) != c.fits {
			t.Errorf("%s: %v, and %d bytes", c.name, err, b.Len())
			continue
		}
		if !c.fits {
			continue
		}
		d, err := platformtest.Intune(b.Bytes())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d.Denies(policy.Installation{Identifier: named("other")}) != c.closed || c.banned > 0 && !d.Denies(policy.Installation{Identifier: named("a00000")}) {
			t.Errorf("%s: it does something else", c.name)
		}
	}
}

// TestGroup: settings of an organisation and of a device are in groups of their own, the same in every
// generation.
func TestGroup(t *testing.T) {
	group := func(organisation, host string, generation int64) string {
		var b bytes.Buffer
		if _, err := Write(&b, &platform.List{Platform: policy.Windows, Organisation: organisation, Host: host, Generation: generation}); err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(b.String(), "ApplicationLaunchRestrictions/")
		group, _, _ := strings.Cut(rest, "/")
		return group
	}
	if a, b := group("gov", "", 1), group("gov", "", 2); a != b || len(a) != 32 {
		t.Errorf("the group is %q, and then %q", a, b)
	}
	seen := map[string]bool{}
	for _, g := range []string{group("gov", "", 1), group("gov", "press", 1), group("other", "", 1), group("other", "press", 1)} {
		seen[g] = true
	}
	if len(seen) != 4 {
		t.Errorf("groups are shared: %v", seen)
	}
}

func FuzzWrite(f *testing.F) {
	platformtest.Hostile(f, policy.MacOS, Write, platformtest.Intune, apple.IsBundleID, named("app"))
}
