// Package handbook is the pages of the room handbook: what people are advised, what they should know about private
// channels, the aid for deciding what goes to the official record, and the notes that say that something did.
//
// Pages hold no rule: they ask handbook.Room in the name of who is signed in, show what it answers, and put its faults
// at the fields.
//
// The aid (decide.go) works with GET alone: what was answered so far stands in the address, and nowhere else. The note
// (pass.go) is asked for one question at a time; what was answered so far goes along in the form and in no address,
// and is stored once, at the end.
//
// Each page has a file of its own, and the routes are all in routes.go.
package handbook
