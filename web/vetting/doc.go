// Package vetting shows what was found in apps that were looked at, beside what is asked of them, and takes what their
// reviewers conclude. It has no rules of its own: what an app is and does is package vetting/report's to say, and what
// may be concluded from it package vetting's.
//
// # Invariants
//
//   - What was found stands before how it is judged.
//   - Where nothing was found it is said whether everything was looked at. "Not looked at" never reads as "nothing
//     found".
//   - A file that is uploaded is nobody's: it is gone when the answer is given, whatever happens.
package vetting
