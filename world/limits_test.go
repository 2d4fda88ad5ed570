package world

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestLimits has files that are too large for the way in which they are written. Comments make them
// large, since those are quick to read.
func TestLimits(t *testing.T) {
	comment := func(size int) string { return strings.Repeat("#"+strings.Repeat(" ", 1022)+"\n", size>>10) }
	const (
		gov = "organisations: [{id: gov}]\n"
		a   = "- {id: a, kind: &k device, organisation: gov, platform: ios}\n"
		b   = "- {id: b, kind: *k, organisation: gov, platform: ios}\n"
	)
	for name, row := range map[string]struct{ text, want string }{
		"hosts that lean on one another": {gov + "hosts:\n" + a + comment(mostWhole) + b, "32772 : not YAML: unknown anchor 'k' referenced"},
		"hosts that are no list":         {gov + comment(mostWhole) + "hosts: {a: b}\n", "32770 : the hosts of a file of this size must each stand alone"},
		"a host that is not YAML":        {gov + "hosts:\n" + comment(mostWhole) + "- {id: a\n- {id: b}\n", "32771 : not YAML: did not find expected ',' or '}'"},
		"sections":                       {gov + comment(mostSections) + "sites: []\n", "65537 : what is not a list of hosts takes more than 64 MiB"},
		"sections that are not plain":    {gov + comment(mostLibrary) + "sites: !!seq []\n", "16386 : not YAML, or not as plain as a text of more than 16 MiB must be"},
		"a host":                         {gov + "hosts:\n- " + hostText("a") + "\n- id: b\n" + comment(largestHost) + "  kind: device\n", "4 : a host that takes more than 64 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, "world.yaml", row.text), nil, Options{})
			if got := failures(t, err); !strings.HasPrefix(got, row.want) {
				t.Errorf("%s\nwant %s", got, row.want)
			}
		})
	}
}

// TestHeld has hosts that are large beside what is held of them.
func TestHeld(t *testing.T) {
	for form := range benchForms {
		path := writeBenchFile(t, form, 500)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		before := heap()
		l, err := Load(path, nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if held := heap() - before; held > info.Size()/10 {
			t.Errorf("%s: %d bytes are held for a file of %d", benchForms[form].name, held, info.Size())
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
