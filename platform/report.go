package platform

import (
	"io"
	"time"

	"portcullis/policy"
)

// Reader reads one export. It returns an error where the input as a whole cannot be read (not this
// format, cut off before anything useful, the underlying reader failed) or where the sink returned
// one; what it handed to the sink before stands.
type Reader func(r io.Reader, sink Sink) error

// Sink takes what a reader finds, in the order of the input.
type Sink interface {
	// Report takes one device's inventory. An error stops the reader, which returns it.
	Report(Report) error
	// Problem takes one row that could not be read or must not be trusted.
	Problem(Problem)
}

// Report is what one export says of one device.
type Report struct {
	// Device is the tool's stable id for the device: its UUID or serial number before its name.
	// Empty where the format names none (a package manager's own listing).
	Device string
	// Name is the device's display name; empty where the export has none or Device is it.
	Name string
	// Platform is zero where the export does not state it.
	Platform policy.Platform
	// Ownership is zero where the export does not state it.
	Ownership policy.Ownership
	// At is when the inventory was taken; zero where the export does not say.
	At time.Time
	// Partial is set where the list is known not to be the whole inventory (events of what ran,
	// differences, one page of several): what it does not name may still be installed.
	Partial bool
	// NoInventory is set where the export describes the device and not what is installed on it
	// (a list of managed devices): Apps is then empty, and says nothing.
	NoInventory bool
	// Line is where the report begins in the input, counted from 1; 0 where lines mean nothing.
	Line int
	Apps []App
}

// App is one thing that an export says is installed.
type App struct {
	// Identifier is the platform's own (package name, bundle id, package-manager id); empty where
	// the export gives names alone, and then Name is all there is to go by.
	Identifier string
	// Name and Publisher are for people and for suggestions: nothing is matched by them silently.
	Name, Publisher string
	// Platform is set where it is not the device's own (an add-on in a browser).
	Platform    policy.Platform
	Version     string
	VersionCode *int64
	// Signer is the SHA-256 of the signing certificate, in lower-case hex; empty where not given.
	Signer string
	// Managed is nil where the export does not say.
	Managed *bool
	// Line is where the entry stands in the input, counted from 1; 0 where lines mean nothing.
	Line int
}

// Problem is a part of an export that was not used, and why.
type Problem struct {
	// Device is set where it is known whose part it is.
	Device string
	// Line is counted from 1; 0 where the problem is with the whole input or lines mean nothing.
	Line int
	// Reason is for people: what is wrong and, where there is one, the way out.
	Reason string
}
