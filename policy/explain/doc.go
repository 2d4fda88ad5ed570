// Package explain says in plain words why a decision is what it is and what would change it: for
// the command line, for pages and for anyone who must act on it.
//
// It decides nothing: everything it says is read off package policy's answers, and it is pure as
// policy is.
package explain
