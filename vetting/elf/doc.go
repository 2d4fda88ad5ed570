// Package elf reads native libraries and programs as Android's loader does: what they need, what they
// export to Java, for which processor they are, and which protections they were built with.
//
// The format is the System V ABI (gABI 4.1), the GNU hash table, and the Android note of the NDK. Like the
// loader, and unlike most tools, it goes by the program headers and the dynamic table alone; the section
// headers, which packers remove or falsify, are asked only whether the file has been stripped.
//
// Invariants:
//
//   - No input makes it panic. Time and memory are bounded by the limits in this package and by the
//     file's size.
//   - What cannot be read is a Problem, and the other facts still stand. Only a file that is no ELF file
//     of a known class is an error.
//   - The same bytes give the same facts in the same order.
package elf
