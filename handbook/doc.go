// Package handbook keeps what people are advised: for their own devices, for each platform's data policy,
// for single products and for private channels. It also keeps the notes by which somebody says that a
// conversation on a private channel went to the official record, and holds a short aid for deciding whether it
// has to.
//
// # Advice
//
// Advice is about personal devices, one platform, one product or one channel, and stays about that. It has a
// title and a text of paragraphs and lists (Blocks). A starter set ships in the binary (starter.yaml). A piece of it
// stands until the centre changes it or takes it back, each piece for itself; Advice.Starter tells which it is.
//
// A version is never changed or lost: a further one replaces it, and each has the times at which it was recorded
// and replaced, so that one can see what was advised at any time. Of a piece of the starter set the text is kept
// from the moment on at which the centre first replaces it; until then it is that of the running program.
//
// # Notes
//
// A note says on which day, on which channel, with whom and about what somebody spoke, and where the record of it
// went. What was said is in no note. A correction keeps what stood there before. A note stays with the organisation to
// which its writer belonged when they wrote it.
//
// # Who may call
//
// Reading advice is everybody's who has come in, programs among them, and keeping one's own notes every person's; to
// change advice is for who has people.KeepAdvice Everywhere, and others' notes are seen by who has people.SeePassed where
// they belong.
//
// # Tables
//
//	handbook_advice   advice in all its versions; no personal data but who kept it; kept for ever
//	handbook_passed   notes in all their versions; KeepPassed (six years) from when a note was first written
//
// Due work: handbook.forget. Ledger entries: those of Kinds. Advice is public, with its text; of a note the ledger
// has that it is there, and none of its texts.
package handbook
