// Package windows reads what Windows' own package manager exports, and writes AppLocker's policy.
//
// Read is the JSON of `winget export` (schemas winget-packages 1.0 and 2.0 of microsoft/winget-cli), from any
// source.
//
// Read are CreationDate and, of each of Sources[].Packages[], PackageIdentifier (Id in schema 1.0) and
// Version, which is there only with --include-versions. The sources' addresses are left in the file.
//
// What the format cannot say: which device it is from, and all that is installed. winget leaves out
// what none of its sources knows, so every report is partial.
//
// Written is the XML of AppLocker (Write), enforced or, of a list for an audit, audited alone. Identify is the one place that knows by which identifiers
// AppLocker can tell programs; those of winget's packages are none.
package windows
