// Package apk reads Android apps: what the manifest says, and what the package holds.
//
// It reads as Android does, and keeps apart what the app asks for, what Android adds, and what could
// not be read. Nothing in it judges an app; package vetting does, over what this package tells.
//
// Invariants:
//   - The same bytes give the same App, whatever the number of workers.
//   - No input makes it panic; time and memory are bounded by archive.Limits.
//   - Every file of a package was read by a reader that understands it, searched as bytes, counted as
//     media, or is named in Coverage.NotAnalysed with the reason. The sums add up.
package apk
