// Package register keeps the decisions themselves and what they are about: suppliers, products,
// sites, rules and exemptions, as a world that package policy can judge by.
//
// What stands so far is its beginning: a whole world comes in at once, from a world file, into an
// empty register (Import); a world goes out as it is or as it was known at an earlier time (Export);
// and every room above asks for the world to decide by (World). Single changes, requests,
// consultation and clearance are still to come.
//
// # Two times
//
// When something holds stands in its document (package policy's periods). When it was recorded, and
// when it was replaced, stand beside the document; nothing that was recorded is changed or lost. So
// the register can be asked what it knew at any time. Organisations are room people's, with their own
// two times. A world file says that an organisation has its parent and its list, and not since when;
// so they hold from the beginning of the calendar (the year 1), and a decision about any past time
// finds them there.
//
// # Invariants
//
//   - World returns a world that policy.Validate accepts: what comes in is validated, by package
//     world, before anything is written, and comes in whole or not at all.
//   - What was imported is exported as the very bytes that world.Write gives for it, and their SHA-256
//     is in the ledger. Two things are said in one way: a name that is the organisation's id is left
//     out, and so are the blanks around it; a monitor period that begins with the calendar has no from.
//   - An id has 200 bytes at most, on one line, and no blanks at its ends.
//
// # Tables
//
//	register_items          documents of sites, suppliers, products, rules and exemptions; kept for ever,
//	                        because decisions rest on them. An exemption may name the person it is for,
//	                        by the id that the world file has for them.
//	register_organisations  the order in which a world file had the organisations
//	register_hosts          the hosts of an imported world, each as its line of the file. They wait here
//	                        for rooms devices and estate, which are to take them over, with their
//	                        keeping times; nothing is judged from them yet
//
// # Ledger entries
//
// Those of Kinds: one for an import, and one for each rule and exemption. What concerns an exemption is
// not public.
//
// # Who may call
//
// Rooms above may call World in their own transactions; it asks for no permission. Import and Export
// ask for theirs, see there.
package register
