// Package platform owns what the readers of inventories share: the form in which a tool's export
// says what is installed where. Each format has a folder below this one, with a pure codec that
// opens nothing and keeps nothing.
//
// A reader turns bytes into Reports and Problems and hands them to a Sink as it goes. What it
// promises, held by platform/platformtest:
//
//   - a row that cannot be read becomes a Problem that names its place and the reason, and the
//     rest goes on; an input that cannot be read at all is an error;
//   - a query that failed, a device that answered "not now", a state that is not known is a
//     Problem, never an empty list: nothing installed is said only by an inventory that says so;
//   - what has been uninstalled is not installed;
//   - nothing is guessed: a platform or an ownership that the export does not state stays zero, for
//     the person who imports to state;
//   - names, serial numbers and the like identify devices; user names, e-mail addresses, telephone
//     numbers and IMEIs are left in the file.
package platform
