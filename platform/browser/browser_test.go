package browser

import (
	"bytes"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"portcullis/platform"
	"portcullis/platform/platformtest"
	"portcullis/policy"
)

var update = flag.Bool("update", false, "write the files under testdata anew")

const (
	notes   = "abcdefghijklmnopabcdefghijklmnop"
	tides   = "bbcdefghijklmnopabcdefghijklmnop"
	ferries = "cbcdefghijklmnopabcdefghijklmnop"
	maps    = "dbcdefghijklmnopabcdefghijklmnop"
)

// harbour is a list with something of everything, with ids that are hostile among others.
func harbour(on policy.Platform, id func(string) string) *platform.List {
	entry := func(identifier string, e platform.Entry) platform.Entry {
		e.Identifier, e.Product = identifier, "p-"+identifier[:1]
		return e
	}
	code := int64(7)
	signers := []string{strings.Repeat("a0", 32)}
	return &platform.List{Platform: on, Organisation: "harbour", Generation: 7, At: time.Unix(1, 0), Closed: true,
		Shared: []platform.Entry{
			entry("\"*\": {},\n", platform.Entry{Listed: true}),
			entry("*", platform.Entry{Listed: true}),
			entry(id(notes), platform.Entry{Listed: true, Signers: signers}),
			entry(id(tides), platform.Entry{Listed: true, Banned: []policy.Window{{Since: "2", Until: "3"}}}),
			entry(id(ferries), platform.Entry{Listed: true, Floors: []platform.Floor{{Version: "10.1"}, {Version: "4.2"}, {Code: &code}}}),
			entry(id(maps), platform.Entry{Listed: true, Floors: []platform.Floor{{Version: "4.2"}, {Version: "4.1-beta"}}}),
		},
		Domains: []platform.Domain{{Name: "cdn.tides.example"}, {Name: "*"}, {Name: "tides.example"}, {Name: "Bücher.example"}, {Name: "a.example\",\"b.example", Product: "p"}}}
}

var forms = []struct {
	name  string
	on    policy.Platform
	write platform.Artefact
	id    func(string) string
	holds platformtest.Holding
}{
	{"chromium", policy.Chrome, Chromium, func(id string) string { return id }, platformtest.Chromium},
	{"firefox", policy.Firefox, Firefox, func(id string) string { return id + "@maker.example" }, platformtest.Firefox},
}

func TestGolden(t *testing.T) {
	for _, f := range forms {
		platformtest.Golden(t, *update, f.name+".json", f.write, harbour(f.on, f.id))
	}
}

// TestLimit: what browsers would pass over is not written, and said.
func TestLimit(t *testing.T) {
	for _, f := range forms {
		l := &platform.List{Platform: f.on}
		for i := range maxNames + 2 {
			l.Domains = append(l.Domains, platform.Domain{Name: fmt.Sprintf("h%04d.example", i)})
		}
		var b bytes.Buffer
		left, err := f.write(&b, l)
		if err != nil {
			t.Fatal(err)
		}
		d, err := f.holds(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if d := d.(platformtest.Network); !d.Blocks("h0999.example") || d.Blocks("h1000.example") {
			t.Errorf("%s: not the first %d", f.name, maxNames)
		}
		if len(left) != 2 || left[0].Identifier != "h1000.example" || left[1].Identifier != "h1001.example" {
			t.Errorf("%s: left: %+v", f.name, left)
		}
	}
}

// TestOpen: a list that only bans leaves all else alone.
func TestOpen(t *testing.T) {
	for _, f := range forms {
		var b bytes.Buffer
		l := &platform.List{Platform: f.on, Shared: []platform.Entry{{Identifier: f.id(notes), Banned: []policy.Window{{}}}, {Identifier: f.id(tides), Listed: true, Floors: []platform.Floor{{Version: "2"}}}}}
		if _, err := f.write(&b, l); err != nil {
			t.Fatal(err)
		}
		d, err := f.holds(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]bool{notes: true, tides: false, maps: false} {
			if got := d.Denies(policy.Installation{Identifier: f.id(id), Version: "1"}); got != want {
				t.Errorf("%s: %s: denied %t\n%s", f.name, id, got, b.String())
			}
		}
	}
}

// TestWatched: a list that leaves alone what is too old, and still bans what it does not name.
func TestWatched(t *testing.T) {
	for _, f := range forms {
		var b bytes.Buffer
		l := &platform.List{Platform: f.on, Banned: []policy.Window{{}}, Shared: []platform.Entry{{Identifier: f.id(tides), Listed: true, Floors: []platform.Floor{{Version: "2"}}}}}
		if _, err := f.write(&b, l); err != nil {
			t.Fatal(err)
		}
		d, err := f.holds(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]bool{tides: false, maps: true} {
			if got := d.Denies(policy.Installation{Identifier: f.id(id), Version: "1"}); got != want {
				t.Errorf("%s: %s: denied %t\n%s", f.name, id, got, b.String())
			}
		}
	}
}

func TestWriteFails(t *testing.T) {
	for _, f := range forms {
		platformtest.Fails(t, f.write, harbour(f.on, f.id))
	}
}

func TestVersions(t *testing.T) {
	for v, want := range map[string]bool{"1": true, "4.2": true, "1.2.3.4": true, "0.65535": true, "": false, "1.": false, "1..2": false, "1.2.3.4.5": false,
		"65536": false, "01": false, "1.02": false, "4.2-beta": false, "v4": false, "+4": false, "-4": false, "1\n": false, "４": false} {
		if got := isVersion(v); got != want {
			t.Errorf("%q: %t", v, got)
		}
	}
}

func TestAddOns(t *testing.T) {
	const uuid = "{0123abcd-4567-89AB-cdef-0123456789ab}"
	for id, want := range map[string]bool{uuid: true, "uBlock0@maker.example": true, "@maker": true, "": false, "name": false, "name@": false, "a@b@c": false,
		"na me@b": false, "a@b\n": false, "*": false, uuid[1:]: false, strings.ReplaceAll(uuid, "-", "0"): false, strings.ReplaceAll(uuid, "a", "g"): false,
		"@" + strings.Repeat("a", 79): true, "@" + strings.Repeat("a", 80): false} {
		if got := isAddOn(id); got != want {
			t.Errorf("%q: %t", id, got)
		}
	}
}

// FuzzIdentifiers: whatever an identifier, a version and a domain are, the browser takes the file, and
// nothing is let in that is not on the list.
func FuzzIdentifiers(f *testing.F) {
	f.Add(notes, "4.2", "tides.example")
	f.Add("a@b", "4.2-beta", "Bücher.example")
	f.Add("*", "", "*")
	f.Add("\",\"*\":{\"installation_mode\":\"allowed\"},\"", "\"}", "\"]")
	f.Fuzz(func(t *testing.T, id, version, name string) {
		for _, form := range forms {
			var b bytes.Buffer
			l := &platform.List{Platform: form.on, Closed: true, Shared: []platform.Entry{{Identifier: id, Listed: true, Floors: []platform.Floor{{Version: version}}}}, Domains: []platform.Domain{{Name: name}}}
			if _, err := form.write(&b, l); err != nil {
				t.Fatal(err)
			}
			d, err := form.holds(b.Bytes())
			if err != nil {
				t.Fatalf("%s: %v\n%s", form.name, err, b.String())
			}
			if other := form.id(maps); other != id && !d.Denies(policy.Installation{Identifier: other, Version: "1"}) {
				t.Errorf("%s: another add-on is let in\n%s", form.name, b.String())
			}
		}
	})
}

// large is a list of n apps, and as many domains as browsers read.
func large(on policy.Platform, n int, id func(string) string) *platform.List {
	l := &platform.List{Platform: on, Organisation: "harbour", Closed: true}
	for i := range n {
		e := platform.Entry{Identifier: id(strings.NewReplacer("0", "a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6", "g", "7", "h", "8", "i", "9", "j").Replace(fmt.Sprintf("%032d", i))), Listed: true}
		if i%3 == 0 {
			e.Banned = []policy.Window{{}}
		}
		l.Shared = append(l.Shared, e)
		if i < maxNames {
			l.Domains = append(l.Domains, platform.Domain{Name: fmt.Sprintf("h%04d.example", i)})
		}
	}
	return l
}

func BenchmarkChromium(b *testing.B) { benchmark(b, 0) }
func BenchmarkFirefox(b *testing.B)  { benchmark(b, 1) }

func benchmark(b *testing.B, form int) {
	f := forms[form]
	platformtest.Writing(b, f.write, large(f.on, 3000, f.id))
}
