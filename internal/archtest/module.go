package archtest

import (
	"fmt"
	"strings"
)

// Module is a module's source as the checks see it. Paths are slash-separated and relative to the
// module's root.
type Module struct {
	Path     string // the module's own, such as "portcullis"
	Packages []Package
	Texts    []Text
	// Requires are the modules asked for by name in go.mod and in those of nested modules.
	Requires []Require
	// Linked are the paths of the modules, this one among them, that the binary is made of.
	Linked []string
	// Explained are the rows of docs/dependencies.md.
	Explained []Explanation
}

// Package is the Go files of one folder.
type Package struct {
	Dir   string // "." at the root
	Doc   string // its package comment, from whichever file has one
	Files []File
}

// File is one Go file.
type File struct {
	Path     string
	Test     bool // its name ends in _test.go
	External bool // it is of the package's external tests, package x_test
	Imports  []string
	Lines    int
	Funcs    []Func
	Strings  []Piece // the values of its string literals
	Comments []Piece
	Names    []Piece // the qualified names that it uses, such as time.Now
}

// Func is one function or method with a body.
type Func struct {
	Name        string
	Line, Lines int
}

// Piece is a part of a file.
type Piece struct {
	Line int
	Text string
}

// Text is a file that is text, whatever its kind; Go files are among them.
type Text struct {
	Path, Content string
}

// Require is one module at one version.
type Require struct {
	Path, Version string
	GoMod         string // the go.mod that requires it
}

// Explanation is a row of docs/dependencies.md.
type Explanation struct {
	Section                     string // the heading it stands under
	Path, Version, Why, Without string
	Line                        int
}

// Breach is a place in the module that does not keep a rule.
type Breach struct {
	Place string // a file, with its line where that helps
	What  string
	Why   string // the reason for the rule, or the way out
}

func (b Breach) String() string { return fmt.Sprintf("%s: %s: %s", b.Place, b.What, b.Why) }

// Check finds the breaches of one rule.
type Check struct {
	Name string
	Find func(*Module) []Breach
}

// Checks are all the rules.
func Checks() []Check {
	return []Check{
		{"policy is pure", policyIsPure},
		{"rooms import downwards", roomsImportDownwards},
		{"store and HTTP apart", storeAndHTTPApart},
		{"web has no SQL", webHasNoSQL},
		{"SQL stands in sql.go", sqlStandsApart},
		{"tables belong to rooms", tablesBelongToRooms},
		{"time and randomness are parameters", clockIsAParameter},
		{"files are short", filesAreShort},
		{"functions are short", functionsAreShort},
		{"packages are explained", packagesAreExplained},
		{"dependencies are few", dependenciesAreFew},
		{"dependencies are explained", dependenciesAreExplained},
		{"tests run", testsRun},
		{"nothing is left for later", nothingLeftForLater},
		{"no machine's paths", noMachinePaths},
	}
}

// Room is the first element of the package's folder: "web" for web/ui.
func (p Package) Room() string {
	room, _, _ := strings.Cut(p.Dir, "/")
	return room
}

// forTests tells whether the package exists for tests alone: its name says so (policytest), or it
// is a helper below internal.
func (p Package) forTests() bool {
	return strings.HasSuffix(p.Dir, "test") || p.Room() == "internal"
}

// at is a line of a file as a place.
func at(path string, line int) string { return fmt.Sprintf("%s:%d", path, line) }
