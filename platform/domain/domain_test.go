package domain

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
)

func TestASCII(t *testing.T) {
	long := strings.Repeat("a", 63)
	for name, want := range map[string]string{
		"app.example":                    "app.example",
		"App.Example.":                   "app.example",
		"bücher.example":                 "xn--bcher-kva.example",
		"BÜCHER.example":                 "xn--bcher-kva.example",
		"xn--bcher-kva.example":          "xn--bcher-kva.example",
		"例え。テスト":                         "xn--r8jz45g.xn--zckzah",
		"straße.example":                 "xn--strae-oqa.example",
		"_dmarc.app.example":             "_dmarc.app.example",
		"4chan.example":                  "4chan.example",
		long + ".example":                long + ".example",
		long + "a.example":               "",
		strings.Repeat("a.", 126) + "ab": "",
		strings.Repeat("a.", 126) + "a":  strings.Repeat("a.", 126) + "a",
		"":                               "",
		".":                              "",
		"com":                            "",
		"com.":                           "",
		"app..example":                   "",
		".app.example":                   "",
		"app.example..":                  "",
		"*.app.example":                  "",
		"*":                              "",
		"-app.example":                   "",
		"app-.example":                   "",
		"app .example":                   "",
		"app.example\n* CNAME .":         "",
		"app.example;":                   "",
		"app.example/path":               "",
		"app.example:443":                "",
		"https://app.example":            "",
		"user@app.example":               "",
		`app\.example.com`:               "",
		`"app".example`:                  "",
		"app.example\x00":                "",
		"\xff.example":                   "",
		"xn--a.example":                  "",
		"10.0.0.1":                       "",
		"0x7f.1":                         "",
		"0x7f.0x1":                       "",
		"[::1]":                          "",
		"١٠.١":                           "",
	} {
		got, ok := ASCII(name)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	l := &platform.List{Domains: []platform.Domain{
		{Name: "*", Product: "all"}, {Name: "app.example", Product: "app"}, {Name: "app.example", Product: "other"},
		{Name: "deep.cdn.app.example", Product: "app"}, {Name: "myapp.example", Product: "other"}, {Name: "z.APP.example."}, {Name: "b.example"}}}
	names, left := Names(l)
	if diff := cmp.Diff([]string{"app.example", "b.example", "myapp.example"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if len(left) != 1 || left[0].Identifier != "*" || left[0].Product != "all" || left[0].Reason == "" {
		t.Errorf("left: %+v", left)
	}
}

// FuzzASCII: what is a name says the same again, and holds nothing that means something where it is
// written.
func FuzzASCII(f *testing.F) {
	for _, name := range []string{"app.example", "Bücher.example.", "xn--bcher-kva.example", "例え。テスト", "a\n.b", "1.2"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		once, ok := ASCII(name)
		if !ok {
			return
		}
		if again, ok := ASCII(once); !ok || again != once {
			t.Errorf("%q is %q and then %q, %t", name, once, again, ok)
		}
		if strings.Trim(once, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || strings.Contains(once, "..") || len(once) > maxName {
			t.Errorf("%q is %q", name, once)
		}
	})
}
