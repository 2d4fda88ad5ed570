// Package report owns what is told of an app that was looked at: the facts, what could not be looked at, and
// how each criterion stands; and the forms in which that is written down.
//
// A report says what was found and where, and never that nothing is there: what was not analysed is named, with
// why, and counted. The same report makes the same bytes in every form.
//
// The forms are JSON, of which the names of members do not change once published; text; a page that stands alone;
// SARIF 2.1.0 (OASIS); and the NIAP's XML schema for app vetting. The package is pure.
package report
