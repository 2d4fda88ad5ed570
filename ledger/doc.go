// Package ledger keeps the record that every decision enters: append-only, in one order, signed, and
// to be checked by anybody without this server.
//
// # How an entry comes in
//
// A room records an entry in the transaction of what it decides (Record). There the entry is
// pending. One server at a time, the Sequencer, gives pending entries their places, hashes them into
// a Merkle tree as RFC 6962 says, and signs a checkpoint of the tree, all in one transaction and
// within a second. The place of an entry, its index, is the order that others follow; an id or a
// time is not. An entry that has a place never moves and never changes.
//
// # What is hashed
//
// The leaf of an entry is made of fixed fields: id, kind and its version, time, actor, subjects,
// generation, and a commitment to the payload, which is the SHA-256 of a random salt and the payload.
// Payload and salt stand apart, so that they can be erased (Redact) and the tree still verifies.
//
// A kind says whether it is public. The leaf of a public entry is these fields as they are. The leaf
// of any other entry is sealed: the salted SHA-256 of the fields. So the whole tree, entries included,
// can be served and exported to everybody, and who may not see a private entry learns that there is
// one, and nothing else. A room puts into actor and subjects ids, never names.
//
// # What is served
//
// Serve answers the paths of C2SP tlog-tiles (https://c2sp.org/tlog-tiles), with checkpoints as in
// https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note, so that other people's tools can
// follow this ledger. Export writes it as a file; Verify checks such a file, offline, and compares it
// with checkpoints that somebody saved, or with an earlier export.
//
// # Invariants
//
//   - A transaction that is rolled back leaves no entry; one that is committed leaves all of its own,
//     in the order in which they were recorded.
//   - A checkpoint is signed only for a tree that grew from the last one: the stored tiles must lead
//     to the root that was signed, and the last signature must be of the same key. Else nothing is
//     signed, and what is wrong is said: a ledger that stands still is mended, a forked one is not.
//   - A payload is absent exactly where a later entry of the kind ledger.redacted says so.
//   - Signing keys are the caller's; this room keeps none.
//
// Tables: ledger_pending, ledger_entry, ledger_payload, ledger_tile, ledger_checkpoint. Ledger
// entries: ledger.redacted. Every room above may record, read and follow; whether somebody may is
// asked by the room that calls, because the permissions stand above this room. The Sequencer is
// started by the command. Time comes from the transaction, randomness is given to New.
package ledger
