// Package approvals is the pages on which decisions come about: what is proposed, the steps that people take in it,
// who decides in a body, and the exemptions that there are.
//
// A page of a proposal shows whoever looks at it what they may do now, as the room tells it (View.Can), and nothing
// else; where something bars them, it says what. Each act is a page of its own (act.go): GET shows it and POST takes
// it, from the version that its taker saw. The pages under /proposals/new make proposals (draft*.go); filled in with
// what is proposed, the same pages change it (revise.go).
//
// The clearance is for a phone, between two meetings: one screen, three answers, no jargon.
package approvals
