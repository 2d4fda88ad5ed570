// Package policytest makes one government at its full size, and the questions that are asked about
// it: 400 organisations, 20,000 products, 5,000 allow rules, 200 bans, 100 phase-outs and 20,000
// exemptions. Benchmarks and load tests use it, so that their numbers are of one world.
//
// The same seed gives the same world, questions and hosts, to the byte. Suppliers and products are
// of two sorts. Those that are watched are the targets of bans and phase-outs; allow rules are for
// the others, which contain nothing that is watched. So a question can be made to come out in a
// certain way from the world alone, without asking the decision that it will test.
//
// Like the package that it serves, it imports the standard library alone. Tests may call it; what
// is part of the binary may not.
package policytest
