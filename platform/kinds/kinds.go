// Package kinds knows every kind of inventory that can be read, by the one word that people and programs
// use for it. It is where a new reader is entered.
package kinds

import (
	"maps"
	"slices"

	"portcullis/platform"
	"portcullis/platform/android"
	"portcullis/platform/apple"
	"portcullis/platform/glpi"
	"portcullis/platform/intune"
	"portcullis/platform/jamf"
	"portcullis/platform/linux"
	"portcullis/platform/ocs"
	"portcullis/platform/osquery"
	"portcullis/platform/santa"
	"portcullis/platform/sheet"
	"portcullis/platform/windows"
)

var readers = map[string]platform.Reader{
	"android":         android.Read,
	"apple":           apple.Read,
	"csv":             sheet.Read,
	"dpkg":            linux.Read,
	"glpi":            glpi.Read,
	"intune":          intune.Read,
	"jamf":            jamf.Read,
	"ocs":             ocs.Read,
	"osquery":         osquery.Read,
	"santa":           santa.Read,
	"system_profiler": apple.ReadSystemProfiler,
	"winget":          windows.Read,
}

// All are the kinds, in the order of the alphabet.
func All() []string { return slices.Sorted(maps.Keys(readers)) }

// Reader returns what reads a kind, and nil where it is none.
func Reader(kind string) platform.Reader { return readers[kind] }
