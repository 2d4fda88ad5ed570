// Package sdk knows software development kits that are built into apps, and finds them on evidence.
//
// It owns the project's own table of facts (SDK: who makes it, who owns the maker, by what it is known), the readers
// of lists that a user brings (the Exodus Privacy form, the blocker-general-rules form), and the Matcher, which turns
// what others have read from an app (classes, strings, hosts, libraries, components, settings) into Hits.
//
// # Invariants
//
//   - It reads no app itself: no file, no archive, no network. Whoever reads one feeds a Collector.
//   - Every hit says by what it was found, where, and how strong that is (Grade); nothing is found without evidence.
//   - The same sightings give the same hits in the same order, whatever the number of workers and their order.
//   - A list that a user brings decides nothing but its own entries: their ids carry the list's name.
//   - What of a list cannot be used is told, entry by entry, never dropped in silence.
package sdk
