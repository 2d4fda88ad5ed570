package archive

import (
	"fmt"
	"strings"
)

// Code names a kind of problem, for whoever sorts them.
type Code string

// The kinds of problems.
const (
	Prefix     Code = "prefix"     // bytes stand before the first entry
	Janus      Code = "janus"      // the file is DEX code at its beginning and an archive at its end (CVE-2017-13156)
	End        Code = "end"        // the end record lies, or there are several
	Directory  Code = "directory"  // the central directory is damaged, or goes on where it should end
	Local      Code = "local"      // a local header is missing or tells something else than the directory
	Method     Code = "method"     // a method that readers understand differently
	Encrypted  Code = "encrypted"  // marked as encrypted, which Android ignores
	Duplicate  Code = "duplicate"  // a name stands twice in the directory
	Name       Code = "name"       // a name that leaves its folder or that readers understand differently
	Overlap    Code = "overlap"    // entries share bytes
	Truncated  Code = "truncated"  // an entry's bytes do not lie in the file
	Corrupt    Code = "corrupt"    // compressed bytes that cannot be inflated
	Mismatch   Code = "mismatch"   // size or checksum of what came out differ from what the directory says
	Limited    Code = "limit"      // a limit ended the reading
	Unsettling Code = "unsettling" // unusual, and harmless by itself
)

// Problem is something that is wrong with an archive, or that readers of archives would understand
// differently.
type Problem struct {
	Path string `json:"path"` // of the entry or nested archive; empty for the outermost archive itself
	Code Code   `json:"code"`
	What string `json:"what"` // a sentence without its full stop
}

func (p Problem) String() string {
	if p.Path == "" {
		return p.What
	}
	return fmt.Sprintf("%q: %s", p.Path, p.What)
}

// maxProblems is how many problems of one archive are kept. A hostile archive has one for each entry.
const maxProblems = 1000

// maxPath is how much of a path a problem names. A name may have 64 KiB, and a hostile archive many.
const maxPath = 2048

// tell notes a problem once.
func (a *Archive) tell(path string, code Code, format string, args ...any) {
	if len(path) > maxPath {
		path = strings.ToValidUTF8(path[:maxPath], "") + "…"
	}
	p := Problem{path, code, fmt.Sprintf(format, args...)}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told[p] {
		return
	}
	if len(a.problems) >= maxProblems {
		a.untold++
		return
	}
	if a.told == nil {
		a.told = map[Problem]bool{}
	}
	a.told[p] = true
	a.problems = append(a.problems, p)
}

// Problems are what has been found wrong so far, in the order in which it was found. Reading entries
// finds more. Of a very long list the end is left out, and its last problem says so.
func (a *Archive) Problems() []Problem {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := append([]Problem(nil), a.problems...)
	if a.untold > 0 {
		list = append(list, Problem{a.path, Limited, fmt.Sprintf("%d more problems of this archive are not listed", a.untold)})
	}
	return list
}
