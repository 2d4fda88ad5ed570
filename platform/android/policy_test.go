package android

import (
	"bytes"
	"flag"
	"fmt"
	"strings"
	"testing"

	"portcullis/platform"
	"portcullis/platform/platformtest"
	"portcullis/policy"
)

var update = flag.Bool("update", false, "write the policies under testdata anew")

func named(word string) string { return "uk.gov.example." + word }

func TestPolicy(t *testing.T) {
	platformtest.Golden(t, *update, "policy-closed.json", Write, platformtest.Example(policy.Android, true, named))
	platformtest.Golden(t, *update, "policy-open.json", Write, platformtest.Example(policy.Android, false, named))
}

func BenchmarkAndroid(b *testing.B) {
	platformtest.Writing(b, Write, platformtest.Many(policy.Android, 3000, named))
}

// written is a device under what is written of a list, and what is left.
func written(t *testing.T, l *platform.List) (platformtest.Device, []platform.Left) {
	t.Helper()
	var b bytes.Buffer
	left, err := Write(&b, l)
	if err != nil {
		t.Fatal(err)
	}
	d, err := platformtest.Android(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return d, left
}

// entries are so many of a kind.
func entries(kind string, n int, e platform.Entry) (all []platform.Entry) {
	for i := range n {
		e.Identifier = named(fmt.Sprintf("%s%05d", kind, i))
		all = append(all, e)
	}
	return all
}

// TestRoom: a policy holds 3,000 apps.
func TestRoom(t *testing.T) {
	listed, banned, unlisted := platform.Entry{Listed: true}, platform.Entry{Banned: []policy.Window{{}}}, platform.Entry{Signers: []string{"k0"}}
	for _, c := range []struct {
		name                     string
		closed                   bool
		listed, banned, unlisted int
		fits                     bool
		// out is how many of those that are denied are left out.
		banneds, unlisteds int
	}{
		{"as many as there is room for", true, 3000, 0, 0, true, 0, 0},
		{"one more", true, 3001, 0, 0, false, 0, 0},
		{"bans beside what fills it", true, 3000, 2, 3, true, 2, 3},
		{"bans before what is not listed", true, 2000, 999, 3, true, 0, 2},
		{"bans that do not fit", true, 1, 3001, 5, true, 2, 5},
		{"an open list needs its bans alone", false, 5000, 3000, 0, true, 0, 0},
		{"and all of them", false, 0, 3001, 0, false, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &platform.List{Platform: policy.Android, Closed: c.closed}
			l.Shared = append(append(entries("a", c.listed, listed), entries("b", c.banned, banned)...), entries("c", c.unlisted, unlisted)...)
			if !c.fits {
				var b bytes.Buffer
				if _, err := Write(&b, l); err == nil || b.Len() > 0 || !strings.Contains(err.Error(), "3000") {
					t.Errorf("it is written: %v", err)
				}
				return
			}
			d, left := written(t, l)
			if d.Denies(policy.Installation{Identifier: l.Shared[0].Identifier}) != (c.listed == 0) || c.banned > 0 && !d.Denies(policy.Installation{Identifier: named(fmt.Sprintf("b%05d", c.banned-1))}) {
				t.Error("it does something else")
			}
			out := map[byte]int{}
			for _, l := range left {
				if strings.Contains(l.Reason, "holds 3000") {
					out[l.Identifier[len(named(""))]]++
				}
			}
			if out['a'] != 0 || out['b'] != c.banneds || out['c'] != c.unlisteds {
				t.Errorf("left out are %d of what is banned and %d of what is not listed", out['b'], out['c'])
			}
		})
	}
}

// TestMinimum: floors are carried where version codes say them, twenty at most, and the rest is said.
func TestMinimum(t *testing.T) {
	code := func(n int64) platform.Floor { return platform.Floor{Version: "1", Code: &n} }
	for _, c := range []struct {
		name   string
		floors []platform.Floor
		closed bool
		asks   int64
	}{
		{"a code", []platform.Floor{code(42)}, true, 42},
		{"the least of several", []platform.Floor{code(42), code(7), code(9)}, true, 7},
		{"one without a code", []platform.Floor{code(42), {Version: "1"}}, true, 0},
		{"more than the API takes", []platform.Floor{code(1 << 31)}, true, 0},
		{"the most that it takes", []platform.Floor{code(1<<31 - 1)}, true, 1<<31 - 1},
		{"every version", []platform.Floor{code(0)}, true, 0},
		{"none", nil, true, 0},
		{"an open list asks for nothing", []platform.Floor{code(42)}, false, 0},
	} {
		l := &platform.List{Platform: policy.Android, Closed: c.closed, Shared: []platform.Entry{{Identifier: named("floor"), Listed: true, Floors: c.floors}}}
		d, left := written(t, l)
		if got := d.(interface{ Asks(string) int64 }).Asks(named("floor")); got != c.asks || len(left) != min(len(c.floors), 1) {
			t.Errorf("%s: asked for is %d, and not %d; left %+v", c.name, got, c.asks, left)
		}
	}
	barred := &platform.List{Platform: policy.Android, Banned: []policy.Window{{}}, Shared: []platform.Entry{{Identifier: named("floor"), Listed: true, Floors: []platform.Floor{code(42)}}}}
	if d, _ := written(t, barred); d.(interface{ Asks(string) int64 }).Asks(named("floor")) != 0 || d.Denies(policy.Installation{Identifier: named("floor")}) || !d.Denies(policy.Installation{Identifier: named("other")}) {
		t.Error("an open list on which all else is banned does something else")
	}
	l := &platform.List{Platform: policy.Android, Closed: true, Shared: entries("a", 21, platform.Entry{Listed: true, Floors: []platform.Floor{code(42)}})}
	d, left := written(t, l)
	if last := left[len(left)-1]; len(left) != 21 || !strings.Contains(last.Reason, "by reports alone") || d.(interface{ Asks(string) int64 }).Asks(named("a00019")) != 42 {
		t.Errorf("the 21st minimum: %+v", last)
	}
}

func TestPackage(t *testing.T) {
	for id, want := range map[string]bool{
		"com.example": true, "com.Example.a_1": true, "a.b": true,
		"": false, "android": false, "com.": false, ".com": false, "com..example": false, "com.1example": false, "com._a": false,
		"com.exa-mple": false, "com.example ": false, "com.example\n": false, "com.éxample": false, "com." + strings.Repeat("a", 252): false,
	} {
		if got := IsPackage(id); got != want {
			t.Errorf("%q is the name of a package: %t", id, got)
		}
	}
}

func FuzzWrite(f *testing.F) {
	platformtest.Hostile(f, policy.Android, Write, platformtest.Android, IsPackage, named("app"))
}
