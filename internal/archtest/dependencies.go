package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// maxLinked is how many modules a person can still know by name.
const maxLinked = 30

// dependenciesFile explains every module that is asked for by name.
const dependenciesFile = "docs/dependencies.md"

// linkedSection is the heading of the modules that are part of the binary.
const linkedSection = "Linked into the binary"

func dependenciesAreFew(m *Module) []Breach {
	if !slices.Contains(m.Linked, m.Path) {
		return []Breach{{"cmd/" + m.Path, "could not be listed", "without the binary its dependencies cannot be counted"}}
	}
	var linked []string
	for _, r := range m.Requires {
		if m.linked(r) {
			linked = append(linked, r.Path)
		}
	}
	if len(linked) <= maxLinked {
		return nil
	}
	return []Breach{{"go.mod", fmt.Sprintf("%d direct dependencies are linked into the binary: %s", len(linked), strings.Join(linked, ", ")),
		fmt.Sprintf("at most %d can be watched: which can be done without?", maxLinked)}}
}

// dependenciesAreExplained compares what is required with what is explained, both ways.
func dependenciesAreExplained(m *Module) []Breach {
	var breaches []Breach
	for _, r := range m.Requires {
		i := slices.IndexFunc(m.Explained, func(e Explanation) bool { return e.Path == r.Path && e.Version == r.Version })
		if i < 0 {
			breaches = append(breaches, Breach{r.GoMod, fmt.Sprintf("%s %s is not explained", r.Path, r.Version),
				"a row of " + dependenciesFile + " says at this very version why it is here and what we would do without it"})
			continue
		}
		if e := m.Explained[i]; (e.Section == linkedSection) != m.linked(r) {
			breaches = append(breaches, Breach{at(dependenciesFile, e.Line), fmt.Sprintf("%s stands under %q", e.Path, e.Section),
				fmt.Sprintf("%q is for what cmd/%s is made of, and for nothing else", linkedSection, m.Path)})
		}
	}
	for _, e := range m.Explained {
		required := slices.ContainsFunc(m.Requires, func(r Require) bool { return r.Path == e.Path && r.Version == e.Version })
		if !required {
			breaches = append(breaches, Breach{at(dependenciesFile, e.Line), fmt.Sprintf("no go.mod requires %s %s by name", e.Path, e.Version),
				"what is no longer used is no longer explained: take the row out or correct its version"})
		}
		if e.Why == "" || e.Without == "" {
			breaches = append(breaches, Breach{at(dependenciesFile, e.Line), e.Path + " has an empty cell",
				"a row says why the module is here and what we would do without it"})
		}
	}
	return breaches
}

// linked tells whether a module that the product's own go.mod requires is part of the binary.
func (m *Module) linked(r Require) bool {
	return r.GoMod == "go.mod" && slices.Contains(m.Linked, r.Path)
}
