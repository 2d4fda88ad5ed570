// Package approvals is how decisions come about, and who may make them: proposals, the steps that people take
// in them, and each body's process, which says who takes which.
//
// # How a decision comes about
//
// Somebody proposes (Propose): a ban, a phase-out, an allow rule (which is what a request for an app asks for), the
// end of a rule, an exemption, a time of watching rather than enforcing, a change of who owns a supplier or
// makes a product, a change of who decides, or another place for a body among the others. Others take steps in it (Take): they recommend, grant, sign as the
// second person, clear for an office, say that what is demanded is in place. With the last step that is missing it
// is made, in the same transaction: room register has it from then on, and every server answers by it.
// The path of each kind is the body's own process (Process, Path), or that of the nearest above it that has
// set one, or Default. What stands fast whatever a body sets is in Path.check and Case: a ban, an exemption
// and a monitor period are never one person's word; what a rule demands of an exemption (clearance,
// mitigations) cannot be set aside; nobody decides about what they asked for or what is for them; nobody takes
// two steps that count in one proposal, by whatever role, or by a program that they made (people.Who.Principal).
//
// A proposal may be revised; then all that was said to it counts no more, and who revised it does not decide. What it
// was before is kept, and each step's entry in the ledger has the digest of what it was taken in.
// It may be refused, with a reason, by whoever may take the next step; taken back by who opened it; and asked
// again, with the former beside it. Whoever may take the next step may consult the centre; nobody need wait for
// the answer, which is recorded. They may ask who opened it, and for whom it is: it then waits for the answer, all that
// was said stays, and who may decide still can.
//
// In an emergency two duty officers ban something for a day, whatever the body demands otherwise. It lapses by its
// own end unless a third person reviews it; whether it stays or ends at once is for a third person too.
//
// Where a body belongs decides which bans hold in it, and whether the lists above it do. So that is decided as a ban is,
// in the nearest body above both places, whose bans go on to hold; where there is none, in the topmost above it, all of
// whose bans it leaves; and a root, which leaves none, decides for itself. Who proposes it may say where organisations
// belong there and at the new place. If anything above has moved meanwhile so that others would have to decide, it is not made.
//
// A process counts as it is when a step is taken. Where it has changed so that an open proposal has all that it
// needs, one more person who may decide says so, and it is made. Where the second person is to be of the
// organisation above and there is none, it is another person of the body itself.
//
// # Invariants
//
//   - Nothing enters the register from here without all steps that its path demands at the moment of the last
//     one, each by another person. A process that has changed meanwhile counts as it is then.
//   - What holds is checked again as it is made. What cannot be any more is a fault of the last step, and
//     nothing is half-done.
//   - A step is taken from the version that its taker saw.
//   - Who signs a rule sees whom it reaches, and the numbers are part of the step. One that reaches more than half of
//     what there is must be affirmed with the number.
//   - What is marked is seen by those alone who are assigned to it. Others are told how many there are, and of
//     one that they ask for by its id, that it is not there; that they asked is noted.
//   - A restricted reason is read by those whom its audience names, and by who takes a step; on the proposal's own
//     page, and in no list. Nor do the ledger and messages have what is said in steps of such a proposal.
//
// # Tables
//
//	approvals_proposals  what was proposed, and how far it came; kept as long as the decisions that came of it
//	approvals_steps      who did what in it; with it. Both name persons by their ids
//	approvals_processes  who decides in a body, since when, and when that was recorded; kept for ever
//
// Due work: approvals.ending, which reminds people before an exemption ends. Ledger entries: those of Kinds,
// beside those that room register makes of what is decided.
//
// # Who may call
//
// Faces call the operations of Room, which ask for their permissions. The functions of room register that change
// it and ask for none are called from here.
package approvals
