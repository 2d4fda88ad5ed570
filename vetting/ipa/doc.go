// Package ipa reads apps for Apple's systems: IPA files, and macOS apps in a ZIP. It tells what an app says of itself
// (Info.plist, entitlements, privacy manifests), what its programs load and name, and which of its files could not be
// analysed: code that the store has encrypted is one of those.
//
// Of Apple's signatures it is checked whether the bytes of programs, Info.plist and list of sealed files are those that were
// signed. Whose certificates they are, and whether every other file is as the list has it, is not: what a signature says of
// itself is told as what it says.
//
// Invariants:
//   - The same bytes give the same App.
//   - No input makes it panic; time and memory are bounded by archive.Limits.
//   - Every file was read by a reader that understands it, or searched as bytes, or is named in Coverage.NotAnalysed
//     with the reason. The sums add up.
package ipa
