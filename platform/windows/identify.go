package windows

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is by what AppLocker knows a program: the condition of a rule.
type Kind uint8

const (
	Publisher Kind = iota + 1 // of a signed file
	Package                   // of a packaged app (Appx, MSIX)
	Path
	Hash
)

// Target is what an identifier means to AppLocker.
type Target struct {
	Kind Kind
	// Publisher, Product and Binary are set for publishers and packages; * is any product or binary.
	Publisher, Product, Binary string
	// Value is the path, or the hash in lower-case hex.
	Value string
	// Types are the collections that the rule belongs in.
	Types []Type
}

// Type is a collection of AppLocker: what kind of file its rules are about.
type Type uint8

const (
	Exe Type = iota
	Msi
	Script
	Appx
)

var typeWords = [...]string{Exe: "Exe", Msi: "Msi", Script: "Script", Appx: "Appx"}

func (t Type) String() string { return typeWords[t] }

var (
	signed   = []Type{Exe, Msi}         // what has a product and a file's name in its signature
	anyFile  = []Type{Exe, Msi, Script} // what is a file
	packaged = []Type{Appx}
	// byEnding are the files that each collection is about, as AppLocker's documentation has them.
	byEnding = map[string][]Type{
		".exe": {Exe}, ".com": {Exe}, ".msi": {Msi}, ".msp": {Msi}, ".mst": {Msi},
		".ps1": {Script}, ".bat": {Script}, ".cmd": {Script}, ".vbs": {Script}, ".js": {Script},
	}
)

// Identify reads an identifier of Windows as AppLocker can tell programs by it; the error says, for people,
// why it cannot. The forms are
//
//	publisher:O=EXAMPLE LTD, L=LONDON, C=GB|EXAMPLE EDITOR|EDITOR.EXE    product and file may be *
//	appx:CN=Example Ltd, O=Example Ltd, C=GB|Example.Editor              the name of the package may be *
//	path:%PROGRAMFILES%\Example\editor.exe, path:C:\Example\*            a file, or all in a folder
//	sha256:c4bc09fd…                                                     lower-case hex, 64 digits
//
// Of a program (PE) or an installer the hash is Authenticode's, which leaves the signature out, and not the
// file's own. Ids of winget's packages are none of these.
func Identify(identifier string) (Target, error) {
	if !utf8.ValidString(identifier) || strings.ContainsFunc(identifier, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return Target{}, errors.New("it holds characters that cannot be seen")
	}
	form, value, _ := strings.Cut(identifier, ":")
	switch form {
	case "publisher":
		return publisher(strings.ToUpper(value))
	case "appx":
		return packageOf(value)
	case "path":
		return path(value)
	case "sha256":
		if len(value) != 64 || strings.Trim(value, "0123456789abcdef") != "" {
			return Target{}, errors.New("its hash is not 64 digits of lower-case hex")
		}
		return Target{Kind: Hash, Value: value, Types: anyFile}, nil
	}
	return Target{}, errors.New("AppLocker does not know packages by it, as winget does, and needs a publisher, a package's name, a path or a hash (publisher:, appx:, path:, sha256:)")
}

func publisher(value string) (Target, error) {
	maker, rest, _ := strings.Cut(value, "|")
	product, file, ok := strings.Cut(rest, "|")
	if !ok || strings.Contains(file, "|") || !isName(maker, "O=", "CN=") || !isPart(product) || !isPart(file) {
		return Target{}, errors.New("a publisher is given as publisher:O=…|product|file, where product and file may be *")
	}
	if product == "*" && file != "*" {
		return Target{}, errors.New("AppLocker cannot tell a file by its name where its product may be any")
	}
	t := Target{Kind: Publisher, Publisher: maker, Product: product, Binary: file, Types: signed}
	if t.Product == "*" { // scripts are signed, but name no product
		t.Types = anyFile
	}
	return t, nil
}

func packageOf(value string) (Target, error) {
	maker, name, _ := strings.Cut(value, "|")
	if !isName(maker, "CN=") || !isPart(name) || strings.Contains(name, "|") {
		return Target{}, errors.New("a package is given as appx:CN=…|name, where the name may be *")
	}
	return Target{Kind: Package, Publisher: maker, Product: name, Binary: "*", Types: packaged}, nil
}

// isName tells whether s names a maker, with one of the beginnings that such names have.
func isName(s string, beginnings ...string) bool {
	for _, b := range beginnings {
		if name, ok := strings.CutPrefix(s, b); ok {
			return name != "" && strings.TrimSpace(s) == s && !strings.Contains(s, "*")
		}
	}
	return false
}

// isPart tells whether s is the name of a product, a package or a file, or stands for any.
func isPart(s string) bool {
	return s == "*" || s != "" && strings.TrimSpace(s) == s && !strings.Contains(s, "*")
}

// roots are what stands for a folder in AppLocker's paths.
var roots = []string{`%WINDIR%`, `%SYSTEM32%`, `%OSDRIVE%`, `%PROGRAMFILES%`, `%REMOVABLE%`, `%HOT%`}

// special are the characters that no file's name has, and % which begins a word.
const special = `*?/:<>"|%`

func path(value string) (Target, error) {
	root, rest, ok := cutRoot(value)
	if !ok {
		return Target{}, errors.New(`a path begins with a drive, with \\server\share, or with a folder that AppLocker has a word for, as %PROGRAMFILES%`)
	}
	folder := strings.HasSuffix(rest, `\*`)
	names := strings.Split(strings.TrimSuffix(rest, `\*`), `\`)
	for _, name := range names {
		if name == "" || name == "." || name == ".." || strings.TrimSpace(name) != name || strings.ContainsAny(name, special) {
			return Target{}, errors.New(`a path names one file, or ends in \* behind a folder's name, and goes there without detours`)
		}
	}
	t := Target{Kind: Path, Value: root + `\` + rest, Types: anyFile}
	if folder {
		return t, nil
	}
	last := names[len(names)-1]
	t.Types = byEnding[strings.ToLower(last[max(0, strings.LastIndexByte(last, '.')):])]
	if t.Types == nil {
		return Target{}, errors.New("AppLocker decides on programs, installers and scripts (.exe, .msi, .ps1 and the like), and this path has none of their endings")
	}
	return t, nil
}

// cutRoot splits a path behind where it begins.
func cutRoot(value string) (root, rest string, ok bool) {
	if share, isShare := strings.CutPrefix(value, `\\`); isShare {
		server, rest, ok := strings.Cut(share, `\`)
		return `\\` + server, rest, ok && server != "" && !strings.ContainsAny(server, special)
	}
	root, rest, ok = strings.Cut(value, `\`)
	begins := len(root) == 2 && root[1] == ':' && 'A' <= root[0]&^0x20 && root[0]&^0x20 <= 'Z'
	for _, r := range roots {
		begins = begins || strings.EqualFold(root, r)
	}
	return root, rest, ok && begins
}
