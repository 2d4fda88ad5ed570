// Package bench asks the same questions about the same world (policy/policytest) of four engines, in
// one run: portcullis's policy, cedar-go, OPA's Rego, and bare Go maps as the floor that nothing can
// be faster than. It is a module of its own, so that none of this is part of the product.
//
// All four must answer alike, or the comparison is void: TestAnswersAgree holds it, and the benchmarks
// begin with it. An answer is one of three: the installation is stopped (a ban stands, or a phase-out
// whose deadline has come), or else listed (allowed or exempt; permitted, for equipment), or neither.
//
// The others are given what makes them fast, before the clock starts:
//
//   - everything that time decides is decided (plain): what does not hold at that time is left out;
//   - chains of suppliers, and what products contain at any depth, are followed beforehand;
//   - versions are whole numbers, so that nobody else compares text;
//   - cedar-go gets, for each question, only the policies that can concern its product, organisation
//     and platform, parsed beforehand and found by one map look-up: bans and phase-outs of the product,
//     of its suppliers and of what it contains, with the scope at or above the organisation; the allow
//     rules with the nearest scope; the exemptions from these rules for this product, as conditions.
//     They are iterated as a slice, not as Cedar's own map. Hosts, products and their ancestors stand in
//     the entity store, with every ancestor as a direct parent. Requests are made beforehand;
//   - OPA gets one prepared query over data indexed by what a question knows (identifier, product,
//     scope), held as Rego's own values, inputs that are parsed beforehand, and one open transaction;
//   - the maps get the same slices as Cedar, as Go values.
//
// They answer less: the three outcomes, and with Cedar the deciding policies. Portcullis starts from
// the host and the installation as they are read, and gives all findings with all their rules and
// exemptions. What the world does not use is not translated: rules with the target any, exemptions
// for any product, apps that are built in.
package bench
