package archive

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkNames tells names that readers understand differently, or that would lead out of a folder that
// they are unpacked into.
func (a *Archive) checkNames() {
	folders := map[string]bool{}
	for _, e := range a.entries {
		if what := nameTrouble(e.Name); what != "" {
			a.tell(e.Path(), Name, "%s", what)
		}
		a.checkFolders(e, folders)
	}
}

// nameTrouble says what is wrong with a name; "" for nothing.
func nameTrouble(name string) string {
	switch {
	case name == "":
		return "an entry has no name: Android refuses the file"
	case strings.ContainsRune(name, 0):
		return "its name holds a NUL, where some readers end it: Android refuses the file"
	case !utf8.ValidString(name):
		return "its name is not UTF-8: Android refuses the file"
	case strings.HasPrefix(name, "/"):
		return "its name begins at the root of the disk: it would be written outside the folder that it is unpacked into"
	case leaves(name):
		return "its name leads upwards: it would be written outside the folder that it is unpacked into"
	case strings.Contains(name, `\`):
		return "its name holds a backslash, which is part of the name on Android and divides folders on Windows"
	case len(name) >= 2 && name[1] == ':' && unicode.IsLetter(rune(name[0])):
		return "its name begins with a drive of Windows"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "its name holds control characters"
	}
	return ""
}

// leaves tells whether a name has ".." as one of its folders, with either kind of slash.
func leaves(name string) bool {
	if !strings.Contains(name, "..") {
		return false
	}
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == ".." {
			return true
		}
	}
	return false
}

// Limits of the folders that are looked at. Names beyond them cannot be unpacked on most systems.
const (
	maxFolders = 64
	maxName    = 1024
)

// checkFolders tells an entry whose folder is itself a file of the archive: unpackers fail on one of
// both, Android reads each by its name. folders are those that have been looked at.
func (a *Archive) checkFolders(e *Entry, folders map[string]bool) {
	name := e.Name
	if len(name) > maxName {
		return
	}
	for range maxFolders {
		i := strings.LastIndexByte(name, '/')
		if i <= 0 || folders[name[:i]] {
			return
		}
		name = name[:i]
		folders[name] = true
		if a.byName[name] != nil {
			a.tell(a.Within(name), Name, "is a file and a folder at once: readers that unpack lose one of them, Android reads both")
		}
	}
}
