// Package world owns world files: the form in which a register is exported, imported and judged
// offline. Load reads one strictly, Write writes one, and what Write wrote Load reads as the same
// world. The form is the contract in docs/decision.md, section "World files".
//
// What every caller relies on:
//
//   - nothing is given back until everything is validated. Load returns a world that policy accepts
//     and hosts that policy's HostValidator accepts, or else Errors, each with file, line and key;
//   - nothing is guessed. A key that is not known, a key given twice, a word that is on no list and
//     a time without a zone are errors; a text is taken as it is written, whatever YAML would make
//     of it (`min_version: 4.10` is the text "4.10");
//   - memory is bounded by the sections other than hosts and by the largest host, not by the file:
//     of each host only its id and its place are held, and Hosts.Read reads it again.
//
// How a file is read. Split takes the hosts out of the text, because they are what is large, and
// leaves a short document with a stand-in for them. That document and each host are read by a
// scanner of our own, which knows the YAML that people and programs really write (JSON, flow, plain
// blocks) and declines everything else; what it declines goes to the YAML library, for that host
// alone. Split may guess where the hosts end, since the scanner then has to come to the same place:
// where it does not, or where one host leans on another (an alias), the whole file is read in one
// piece, up to a size. Both readers yield one tree, which the strict decoder turns into types.
//
// Division of labour with package policy: here stands what has to do with shape and presence
// (keys, kinds of value, words, times, what must be said and where it may be said); policy.Validate
// and policy.HostValidator look at what the values mean to one another. The one relation seen here
// is that an exemption's host is declared, because only the reader sees all hosts.
//
// Any room may call it; it knows no store and asks no permission.
package world
