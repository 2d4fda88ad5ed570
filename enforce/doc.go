// Package enforce turns the decisions in force into each platform's own list.
//
// A list is compiled from the same compiled policy that judges devices, by asking it about every known
// identifier, so that what a list denies is what would be a breach. It is shared by all devices of an
// organisation that no exemption singles out; for one that is, only what those exemptions touch is
// asked again.
//
// # Invariants
//
//   - A device that is judged as personal gets no list.
//   - A list never says less than the decision: what cannot be compiled is an error and no list.
//   - The same world, time and device give the same list.
package enforce
