package archtest

import (
	"slices"
	"strings"
)

// room is where a room stands in the order: over rooms, which it may import together with
// everything those are over; asks are single rooms of another wing.
type room struct {
	over, asks []string
}

// order is the written order of the rooms.
var order = map[string]room{
	// The foundation.
	"policy":    {},
	"catalogue": {}, // data
	"store":     {},
	"world":     {over: []string{"policy"}},
	"platform":  {over: []string{"policy"}},
	"ledger":    {over: []string{"policy", "world", "platform", "store", "catalogue"}},
	"people":    {over: []string{"ledger"}},
	"alerts":    {over: []string{"people"}},
	"handbook":  {over: []string{"people"}},

	// The wing of things.
	"register":  {over: []string{"alerts", "handbook"}},
	"devices":   {over: []string{"register"}},
	"approvals": {over: []string{"devices"}},
	"demo":      {over: []string{"people"}}, // data
	"estate":    {over: []string{"register"}},
	"vetting":   {over: []string{"approvals"}}, // a review is a step in a proposal, and one transaction with it
	"enforce":   {over: []string{"approvals", "estate", "vetting"}},

	// The wing of people.
	"duties":    {over: []string{"alerts", "handbook"}},
	"visits":    {over: []string{"alerts", "handbook"}},
	"incidents": {over: []string{"duties", "visits"}, asks: []string{"devices", "enforce"}},
	"drills":    {over: []string{"incidents"}},

	// Above both.
	"publish": {over: []string{"enforce", "drills"}},
	"web":     {over: []string{"publish"}},
	"cmd":     {over: []string{"web", "demo"}},

	// The side-by-side benchmarks, a module of their own.
	"bench": {over: []string{"web"}},
}

// mayImport are the rooms that room may import, itself among them.
func mayImport(name string) []string {
	seen := []string{name}
	for i := 0; i < len(seen); i++ {
		for _, lower := range order[seen[i]].over {
			if !slices.Contains(seen, lower) {
				seen = append(seen, lower)
			}
		}
	}
	return append(seen, order[name].asks...)
}

// policyIsPure: whoever checks a decision, on paper or in another language, has nothing but the
// standard library to read besides.
func policyIsPure(m *Module) []Breach {
	const why = "policy imports the standard library alone, so that a decision rests on nothing but what it is given"
	var breaches []Breach
	for _, p := range m.Packages {
		if p.Room() != "policy" {
			continue
		}
		for _, f := range p.Files {
			for _, path := range f.Imports {
				if !f.Test && !standard(m, path) && !m.own(path, "policy") {
					breaches = append(breaches, Breach{f.Path, "imports " + path, why})
				}
			}
		}
	}
	return breaches
}

// roomsImportDownwards holds the order, through the helpers below internal too. External tests are
// free of it: they stand outside the room, as its callers do.
func roomsImportDownwards(m *Module) []Breach {
	const why = "a room imports only rooms below it in the written order, so that it can be read, tested and changed without those above"
	var breaches []Breach
	for _, p := range m.Packages {
		if p.Room() == "internal" {
			continue
		}
		if _, known := order[p.Room()]; !known {
			breaches = append(breaches, Breach{p.Dir, "has no place in the order of the rooms",
				"give it one in internal/archtest and in the architecture, or put it into the room it belongs to"})
			continue
		}
		allowed := mayImport(p.Room())
		for _, f := range p.Files {
			for _, path := range m.reached(f) {
				if r := m.roomOf(path); !f.External && r != "" && !slices.Contains(allowed, r) {
					breaches = append(breaches, Breach{f.Path, "reaches " + path + " from " + p.Room(), why})
				}
			}
		}
	}
	return breaches
}

// storeAndHTTPApart: what holds a transaction must not wait for, or answer to, the network. The
// commands wire both together.
func storeAndHTTPApart(m *Module) []Breach {
	const why = "what works inside a transaction knows no HTTP: put the client or the handler into a sub-package of its own"
	return together(m, why, func(p Package) bool { return p.Room() != "cmd" }, m.Path+"/store", "net/http")
}

// webHasNoSQL: a page asks a room.
func webHasNoSQL(m *Module) []Breach {
	const why = "web holds no SQL: a page asks the room that owns the table, which also asks for permission"
	return together(m, why, func(p Package) bool { return p.Room() == "web" }, "database/sql")
}

// together finds the packages whose code, not its tests, imports all of the paths or something
// below each of them.
func together(m *Module, why string, held func(Package) bool, paths ...string) []Breach {
	var breaches []Breach
	for _, p := range m.Packages {
		missing := slices.Clone(paths)
		for _, f := range p.Files {
			if !f.Test {
				missing = slices.DeleteFunc(missing, func(path string) bool { return importsBelow(f, path) })
			}
		}
		if held(p) && len(missing) == 0 {
			breaches = append(breaches, Breach{p.Dir, "imports " + strings.Join(paths, " and "), why})
		}
	}
	return breaches
}

// clockIsAParameter: what reads a clock or rolls dice by itself can be neither tested nor asked
// about another time.
func clockIsAParameter(m *Module) []Breach {
	const why = "time and randomness come in as parameters; only a command reads the clock"
	readings := []string{"time.Now", "time.Since", "time.Until", "rand.Reader", "rand.Read", "rand.Text"}
	var breaches []Breach
	for _, p := range m.Packages {
		if p.Room() == "cmd" || p.Room() == "bench" || p.forTests() {
			continue
		}
		for _, f := range p.Files {
			for _, name := range f.Names {
				if !f.Test && slices.Contains(readings, name.Text) {
					breaches = append(breaches, Breach{at(f.Path, name.Line), "uses " + name.Text, why})
				}
			}
			if !f.Test && slices.ContainsFunc(f.Imports, func(path string) bool { return strings.HasPrefix(path, "math/rand") }) {
				breaches = append(breaches, Breach{f.Path, "imports math/rand", why})
			}
		}
	}
	return breaches
}

// reached are the paths that a file imports, and for each helper below internal what its code
// imports in turn.
func (m *Module) reached(f File) []string {
	paths := slices.Clone(f.Imports)
	for i := 0; i < len(paths); i++ {
		if !m.own(paths[i], "internal") {
			continue
		}
		for _, p := range m.Packages {
			if m.Path+"/"+p.Dir != paths[i] {
				continue
			}
			for _, helper := range p.Files {
				for _, path := range helper.Imports {
					if !helper.Test && !slices.Contains(paths, path) {
						paths = append(paths, path)
					}
				}
			}
		}
	}
	return paths
}

// roomOf is the room of an import path; "" for helpers below internal and for other modules.
func (m *Module) roomOf(path string) string {
	rest, own := strings.CutPrefix(path, m.Path+"/")
	if !own {
		return ""
	}
	room, _, _ := strings.Cut(rest, "/")
	if room == "internal" {
		return ""
	}
	return room
}

// own tells whether path is this module's package at dir or below.
func (m *Module) own(path, dir string) bool {
	return path == m.Path+"/"+dir || strings.HasPrefix(path, m.Path+"/"+dir+"/")
}

func importsBelow(f File, path string) bool {
	return slices.ContainsFunc(f.Imports, func(p string) bool { return p == path || strings.HasPrefix(p, path+"/") })
}

// standard tells whether path is of the standard library, whose paths begin without a host name.
func standard(m *Module, path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != m.Path
}
