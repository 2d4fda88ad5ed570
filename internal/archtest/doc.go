// Package archtest holds the architecture: its test reads the module's source and fails where a
// room imports what stands above it, a table is written by a room that does not own it, a file has
// outgrown its reader, a dependency is not explained and the like, each time with the reason.
//
// Load turns a tree into a Module, a small description without syntax trees; every Check is a
// function of it, so that a test can describe a module in ten lines and see the check fail. The
// order of the rooms (rooms.go) names rooms before they exist: it binds them from their first file.
// A folder that has no place in the order is in breach of it.
//
// Nothing but its own test calls this package.
package archtest
