// Package vetting keeps what was found in apps that somebody looked at, and what reviewers concluded from it.
//
// A reviewer gives a file (Assess). It is looked at by package vetting/inspect, held to the criteria of the body, and its
// report is kept; the file is not. Beside the report stand how it differs from the one before of the same app, which
// product it is, and whose code is in it. Somebody then concludes (Conclude): the app may be allowed, it is refused, who
// asked for it or the centre is asked, or what stands may stay as it is. That is a step in a proposal of package approvals,
// and the review, the step and the kits that the reviewer confirms enter the register in one transaction.
//
// A body's criteria are its own file, that of the nearest body above it that has one, or those that come with the
// program. So is the list of trackers that is looked for besides what the program knows. Who decides in the body sets them
// (people.DecideProcess).
//
// # Invariants
//
//   - A report that is kept is never changed. The same bytes, looked at with the same tables and criteria for the same
//     proposal, are one report.
//   - A conclusion rests on a report that is kept, of the very app that the proposal is about, held to the criteria
//     that hold as it is drawn. What is not met and what is not known needs an answer before the app is allowed or
//     stays; a file that could not be read is no ground for that.
//   - A conclusion is a review, a step, and what the register has from then on: all of it, or nothing.
//   - That an app contains a kit holds for all bodies. Who confirms it needs people.LinkIdentifiers Everywhere: what
//     others have seen waits for them (Confirm). The file must be signed as its system demands, by whoever alone may sign
//     the app where the register says who that is.
//   - At most two files are looked at at once by one server. Who waits may leave.
//   - What was looked at for a marked proposal is seen by those alone who see the proposal.
//
// # Tables
//
//	vetting_reports   what was found, held to the criteria; kept as long as decisions rest on it
//	vetting_reviews   what reviewers concluded; with them
//	vetting_criteria  the criteria of bodies, since when each file counted, and who set it; kept for ever
//	vetting_trackers  the lists of trackers of bodies, in the same way
//
// All name persons by their ids. Ledger entries: those of Kinds. None is public: what may be published of a review
// stands in it.
//
// # Who may call
//
// Faces call the operations of Room, which ask for their permissions.
package vetting
