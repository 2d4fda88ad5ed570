package archtest

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// later are the words for work that is put off.
var later = regexp.MustCompile(`\b(TODO|FIXME)\b`)

// machinePath finds a path that is right on one machine alone. What stands before it keeps the
// paths of web addresses out.
var machinePath = regexp.MustCompile("(?m)(?:^|[\\s\"'`(=:,;|>])(/(?:work|root|tmp|home/[\\w.-]+|Users/[\\w.-]+)/)")

// testsRun: a test that may be passed over proves nothing, and one that sleeps proves it slowly.
func testsRun(m *Module) []Breach {
	var breaches []Breach
	for _, p := range m.Packages {
		for _, f := range p.Files {
			for _, name := range f.Names {
				switch {
				case skips(name.Text):
					breaches = append(breaches, Breach{at(f.Path, name.Line), "uses " + name.Text,
						"a test runs or fails: bring along what it needs"})
				case name.Text == "time.Sleep" && (f.Test || p.forTests()):
					breaches = append(breaches, Breach{at(f.Path, name.Line), "uses " + name.Text,
						"a test waits for what it expects (a channel, testing/synctest), never for a while"})
				}
			}
		}
	}
	return breaches
}

// skips tells whether a qualified name is a method of a test, benchmark or fuzz run that ends it
// as not run.
func skips(name string) bool {
	receiver, method, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"t", "b", "f", "tb"}, receiver) &&
		slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, method)
}

// nothingLeftForLater reads the comments of Go files and the whole of others.
func nothingLeftForLater(m *Module) []Breach {
	const why = "do it or write down in the documents why not: nobody reads a note in passing"
	var breaches []Breach
	find := func(file string, p Piece) {
		for _, i := range later.FindAllStringIndex(p.Text, -1) {
			line := p.Line + strings.Count(p.Text[:i[0]], "\n")
			breaches = append(breaches, Breach{at(file, line), "says " + p.Text[i[0]:i[1]], why})
		}
	}
	for _, p := range m.Packages {
		for _, f := range p.Files {
			for _, c := range f.Comments {
				find(f.Path, c)
			}
		}
	}
	for _, t := range m.Texts {
		if path.Ext(t.Path) != ".go" && !strings.Contains(t.Path, "testdata/") {
			find(t.Path, Piece{1, t.Content})
		}
	}
	return breaches
}

// noMachinePaths leaves samples alone: the paths in an inventory are those of a machine that somebody
// made up.
func noMachinePaths(m *Module) []Breach {
	const why = "a path of one machine is wrong on every other: make it relative, or ask os.TempDir or mktemp"
	var breaches []Breach
	for _, t := range m.Texts {
		if strings.Contains(t.Path, "testdata/") || strings.HasPrefix(t.Path, "demo/") {
			continue
		}
		for _, i := range machinePath.FindAllStringSubmatchIndex(t.Content, -1) {
			line := 1 + strings.Count(t.Content[:i[2]], "\n")
			breaches = append(breaches, Breach{at(t.Path, line), "says " + t.Content[i[2]:i[3]], why})
		}
	}
	return breaches
}
