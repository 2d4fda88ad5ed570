// Package policy is the decision: a world, an installation and a time go in; findings, a verdict
// and whether it is a breach come out.
//
// It is pure: it imports the standard library alone, reads no clock and holds no state between
// calls. A World is what is known; Compile turns it into the form that answers at one time, which
// stays right until the next date in the world (Policy.ValidUntil), and Recompile makes the next such
// form from it where little has changed; a Subject is one host of it, and judges any number of
// installations.
//
// What every caller relies on:
//
//   - evaluation never stops at the first reason: all three findings (ban, phase-out, listing) are
//     made independently, with all their rules;
//   - an error never allows: a world that cannot be relied on does not compile, and a host whose
//     organisation is not known is an error, not a verdict;
//   - unknown is not clean: what applies to a host but is not known (a version, a site's class)
//     matches bans and phase-outs and never an allow rule;
//   - time alone changes nothing between two dates of the world.
//
// The rules themselves are the contract in docs/decision.md. Anyone may call; nothing here
// authorises or records.
package policy
