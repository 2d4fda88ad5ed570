package archive

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// ErrFormat is wrapped by Open's error for what is no ZIP archive, or has lost its end.
var ErrFormat = errors.New("not a ZIP archive")

// Archive is an open archive.
type Archive struct {
	r      io.ReaderAt
	size   int64
	budget *Budget
	path   string // of the entry that it is nested in
	depth  int

	end     end
	entries []*Entry
	byName  map[string]*Entry

	mu       sync.Mutex
	problems []Problem
	missing  []string
	told     map[Problem]bool
	untold   int
}

// Open reads the directory of the archive of size bytes in r, which must stay readable for as long as
// entries are. budget may be nil: then it is one of the Defaults. The error wraps ErrFormat where no
// end record is found, and is r's own where r cannot be read; everything else that is wrong is told
// by Problems.
func Open(r io.ReaderAt, size int64, budget *Budget) (*Archive, error) {
	if budget == nil {
		budget = NewBudget(Limits{}, size)
	}
	return open(r, size, budget, "", 0)
}

func open(r io.ReaderAt, size int64, budget *Budget, path string, depth int) (*Archive, error) {
	if depth > budget.limits.Depth {
		return nil, limitError("archives inside archives are read to a depth of %d", budget.limits.Depth)
	}
	a := &Archive{r: r, size: size, budget: budget, path: path, depth: depth, byName: map[string]*Entry{}}
	if err := a.findEnd(); err != nil {
		return nil, err
	}
	if err := a.readDirectory(); err != nil {
		return nil, err
	}
	a.checkBeginning()
	a.checkNames()
	if err := a.checkLocals(); err != nil {
		return nil, err
	}
	a.checkOverlaps()
	return a, nil
}

// Entries are the entries in the order of the central directory, which is not to be changed. Folders
// have entries of their own in some archives, whose names end in "/".
func (a *Archive) Entries() []*Entry { return a.entries }

// Lookup is the entry of a name, letter for letter, or nil. Where two have the name it is the first,
// as in Android's readers of the time before they refused such archives; others take the last.
func (a *Archive) Lookup(name string) *Entry { return a.byName[name] }

// Path is the path of the entry that the archive is nested in; empty for the outermost archive.
func (a *Archive) Path() string { return a.path }

// Depth is how many archives the archive is nested in.
func (a *Archive) Depth() int { return a.depth }

// Budget is what the archive shares with those nested in the same file.
func (a *Archive) Budget() *Budget { return a.budget }

// Size is the size of the archive in bytes.
func (a *Archive) Size() int64 { return a.size }

// ReaderAt reads the archive's own bytes.
func (a *Archive) ReaderAt() io.ReaderAt { return a.r }

// CentralOffset is where the central directory begins, and CentralSize how long it says it is.
func (a *Archive) CentralOffset() int64 { return a.end.offset }

// CentralSize is how many bytes the end record gives to the central directory.
func (a *Archive) CentralSize() int64 { return a.end.length }

// EndOffset is where the end record begins that counts. Its comment ends where the archive ends,
// unless a problem with code End tells otherwise.
func (a *Archive) EndOffset() int64 { return a.end.at }

// Exact tells whether the directory lies where the end record says, inside the room before it, and was
// read in full, and the end record ends where the file does: what signs places in the file can rely on nothing else.
func (a *Archive) Exact() bool { return a.end.exact }

// Missing is why there may be more entries than Entries has: a limit, or a directory that is damaged or says
// less than there is. Whoever tells what is in the archive has to tell this as well. It is empty for most.
func (a *Archive) Missing() []string { return a.missing }

// miss tells a problem that means that entries may be missing. It is called while the archive is opened.
func (a *Archive) miss(code Code, format string, args ...any) {
	a.tell(a.path, code, format, args...)
	a.missing = append(a.missing, fmt.Sprintf(format, args...))
}

// Within is the path of something inside the archive.
func (a *Archive) Within(name string) string {
	if a.path == "" {
		return name
	}
	return a.path + "!" + name
}

// checkBeginning tells what stands before the first entry. Android 8 and later refuse a file that does
// not begin with a local header.
func (a *Archive) checkBeginning() {
	if len(a.entries) == 0 {
		return
	}
	var head [8]byte
	n, _ := a.r.ReadAt(head[:min(int64(len(head)), a.size)], 0)
	switch begin := string(head[:n]); {
	case len(begin) >= 4 && begin[:4] == localSignature:
	case len(begin) >= 4 && begin[:4] == "dex\n":
		a.tell(a.path, Janus, "the file begins as DEX code and ends as an archive: Android before 8 may run the code without any signature covering it, later ones refuse the file (CVE-2017-13156)")
	case len(begin) >= 4 && (begin[:4] == "\x7fELF" || begin[:2] == "MZ"):
		a.tell(a.path, Prefix, "the file begins as a program of another kind and ends as an archive: Android 8 and later refuse it")
	default:
		a.tell(a.path, Prefix, "the file does not begin with an entry: Android 8 and later refuse it")
	}
}

// readFull reads len(p) bytes at off. It tells a place outside the archive (short) from trouble of
// the reader's own (err).
func (a *Archive) readFull(p []byte, off int64) (short bool, err error) {
	if off < 0 || off > a.size || int64(len(p)) > a.size-off {
		return true, nil
	}
	n, err := a.r.ReadAt(p, off)
	if n == len(p) {
		return false, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, fmt.Errorf("reading %d bytes at %d: %w", len(p), off, err)
}
