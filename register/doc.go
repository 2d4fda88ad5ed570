// Package register keeps the decisions themselves and what they are about: suppliers, products,
// sites, rules and exemptions, as a world that package policy can judge by.
//
// A whole world comes in at once, from a world file, into an empty register (ImportIn; what is brought to one in use
// is proposed, see package approvals), and goes out as it
// is or as it was known at an earlier time (WorldIn). Its hosts are the business of whoever calls these, and
// come in and go out beside it. Single decisions change it: AddRule and EndRule, AddSupplier,
// AddProduct and LinkIdentifier, and Triage, which decides about thousands of apps at once. Every room above
// asks for the world to decide by: World for any time, and Changes for a server that keeps one in memory.
// Requests, consultation, clearance and second signatures are still to come.
//
// # Following
//
// Every write raises the store's generation, once in its transaction, and every row carries the generation in
// which it was recorded and the one in which it was replaced. A server begins with Changes since 0, applied to
// a world of nothing; whenever the generation has risen it asks for the Changes since its own, and applies
// them: unchanged sections are shared, so that the world of a moment ago may go on being read. Organisations
// come whole with every Delta, as they are few; a move that was planned for a later time raises no
// generation when that time comes, which is why a Delta says until when they stay as they are. What holds
// by a period in its document needs nothing of this: the world has the period.
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
//   - What was imported goes out as the very bytes that world.Write gives for it. Two things are said in one
//     way: a name that is the organisation's id is left out, and so are the blanks around it; a monitor
//     period that begins with the calendar has no from.
//   - A single decision is checked by policy.Validate too, in a world of the new thing and of those that it
//     names, and by what package world asks of a file besides: no text in a list is empty.
//   - A row is never changed but for its end of counting. A rule that ends gets a further row with its until; one
//     that would end before it begins is taken back, and no world has it from then on, but as it was known.
//   - An identifier on a platform belongs to one product. The id of one thing is never given to another, also
//     when the first was taken back.
//   - What is new stands at the end of its section, and what is replaced where it stood.
//   - An id has 200 bytes at most, on one line, and no blanks at its ends.
//
// # Triage
//
// A body that allows an app for a while has no other date for its review than the rule's own end: from then
// on the app is unlisted, and asked about again. So there is nothing beside a rule that a world file would not
// know. That an app is left unlisted is a decision too, with its entry, but no rule: it stands in
// register_triage, and a later choice for the same product undoes it, as it undoes the rule of an earlier one.
//
// # Tables
//
//	register_items          documents of sites, suppliers, products, rules and exemptions; kept for ever,
//	                        because decisions rest on them. An exemption may name the person it is for,
//	                        by the id that the world file has for them. Why a rule is as it is stands
//	                        beside it
//	register_identifiers    which product an identifier on a platform is now, by the SHA-256 of both, for
//	                        looking it up: the documents are what counts
//	register_triage         what bodies chose in a triage, with the rule that it made; kept for ever
//	register_organisations  the order in which a world file had the organisations
//
// # Ledger entries
//
// Those of Kinds: one for an import, and one for each decision, also where many are made at once. What
// concerns an exemption is not public, nor is what a body leaves unlisted.
//
// # Who may call
//
// Rooms above may call World, Changes and LeftUnlisted in their own transactions; these ask for no permission.
// The operations of Room, ImportIn and WorldIn ask for theirs, see there.
package register
