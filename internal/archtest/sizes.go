package archtest

import (
	"fmt"
	"path"
	"strings"
)

// What a reader can hold in the head.
const (
	maxFileLines   = 800
	maxFuncLines   = 80
	longFuncsOneIn = 100
)

func filesAreShort(m *Module) []Breach {
	var breaches []Breach
	for _, p := range m.Packages {
		for _, f := range p.Files {
			if f.Lines > maxFileLines {
				breaches = append(breaches, Breach{f.Path, fmt.Sprintf("has %d lines", f.Lines),
					fmt.Sprintf("a file has at most %d: cut it along its nouns", maxFileLines)})
			}
		}
	}
	return breaches
}

// functionsAreShort lets fewer than one function in a hundred be long.
func functionsAreShort(m *Module) []Breach {
	var long []Breach
	total := 0
	for _, p := range m.Packages {
		for _, f := range p.Files {
			total += len(f.Funcs)
			for _, fn := range f.Funcs {
				if fn.Lines > maxFuncLines {
					long = append(long, Breach{Place: at(f.Path, fn.Line), What: fmt.Sprintf("%s has %d lines", fn.Name, fn.Lines)})
				}
			}
		}
	}
	if len(long)*longFuncsOneIn < total {
		return nil
	}
	for i := range long {
		long[i].Why = fmt.Sprintf("fewer than 1 function in %d has over %d lines, and there are %d in %d: name its steps",
			longFuncsOneIn, maxFuncLines, len(long), total)
	}
	return long
}

// packagesAreExplained wants a comment that begins as Go's documentation does; a command's may begin
// with its own name instead.
func packagesAreExplained(m *Module) []Breach {
	const why = "a package says what it owns, its invariants and who may call it before its first line of code"
	var breaches []Breach
	for _, p := range m.Packages {
		begin := "Package " + path.Base(p.Dir) + " "
		if path.Base(path.Dir(p.Dir)) == "cmd" {
			begin = ""
		}
		if p.Doc == "" || !strings.HasPrefix(p.Doc, begin) {
			breaches = append(breaches, Breach{p.Dir, strings.TrimSpace("has no package comment " + begin), why})
		}
	}
	return breaches
}
