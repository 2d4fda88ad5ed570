package report

import (
	"cmp"
	"maps"
	"slices"
)

// The traits that are looked for.
const (
	Debuggable       = "debuggable"
	TestOnly         = "test-only"
	Backup           = "backup"
	Cleartext        = "cleartext"
	UserCertificates = "user-certificates"
	SharedUser       = "shared-user"
	Unguarded        = "unguarded-components"
	LoadsCode        = "loads-code"
	Polyglot         = "polyglot"
	HiddenCode       = "hidden-code"
	Accessibility    = "accessibility-service"
	Administrator    = "device-administrator"
	Encrypted        = "encrypted-code"
	Executable       = "executable-memory"
	Tracking         = "tracking"
)

// Traits are the traits as people read them.
var Traits = map[string]string{
	Debuggable:       "anybody with the device in hand can look into the app while it runs",
	TestOnly:         "it says of itself that it is for tests only",
	Backup:           "what it stores goes into the system's backups",
	Cleartext:        "it may speak without encryption",
	UserCertificates: "it trusts certificates that somebody has added to the device",
	SharedUser:       "it shares its identity with other apps of its maker",
	Unguarded:        "other apps may start parts of it without any permission",
	LoadsCode:        "it can load code that is not part of it",
	Polyglot:         "the file is two formats at once",
	HiddenCode:       "code or apps lie inside it as data",
	Accessibility:    "it can read and operate the screen for people who need that, and for anybody else",
	Administrator:    "it can administer the device",
	Encrypted:        "its code is encrypted",
	Executable:       "its libraries ask for memory that can be both written and executed",
	Tracking:         "it says that it follows people across other companies' apps",
}

// OfCode are the traits that code has, so that they are not known where code was not analysed; the others are declared.
var OfCode = []string{LoadsCode, HiddenCode, Polyglot, Executable, Encrypted}

// ofAndroid are the traits that are looked for in Android's apps alone: apps of Apple's systems cannot have some of them, all
// have others, and do not say.
var ofAndroid = []string{TestOnly, Backup, UserCertificates, SharedUser, Unguarded, Accessibility, Administrator, Polyglot}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
