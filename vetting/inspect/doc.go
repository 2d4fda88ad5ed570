// Package inspect looks at a file and makes the report of it: it knows which reader is for which file, puts what they
// tell into the words of package report, and asks how the app stands to the criteria.
//
// Invariants:
//   - Every file makes a report; of one that cannot be read at all the report says why.
//   - What could not be analysed makes the kinds of facts not known that could lie in it.
//   - The same bytes, tables and criteria make the same report.
package inspect
