// Package enforce turns the decisions in force into each platform's own list, and knows which device has which.
//
// A list is compiled from the same compiled policy that judges devices, by asking it about every known
// identifier, so that what a list denies is what would be a breach. It is shared by all devices of an
// organisation that no exemption singles out; for one that is, only what those exemptions touch is
// asked again.
//
// What devices do with their lists is in one row for each device and form (Agents, one writer for each server,
// which commits together what waits): what it was offered, what it fetched, and what it confirmed. That it still
// has what it had is kept in memory for half a minute.
//
// How a decision takes hold (Uptake) is found by comparing its generation with those that devices fetched and confirmed
// last: nothing is kept for a decision and a device together. Each server reads the rows of all agents when somebody
// asks. Where they are many it reads them as it starts and every five minutes (Room.Run), answers from what it read last,
// and reads them anew beside where that is older than half a minute.
//
// Orders (Room.Ask, Room.Answer) are that a lost device be locked, or erased at two people's word.
//
// # Invariants
//
//   - A device that is judged as personal gets no list.
//   - A list never says less than the decision: what cannot be compiled is an error and no list.
//   - The same world, time and device give the same list.
//   - What a device is told that rests on a row is told after that row is committed. What it has is what it
//     confirmed last, or, where it was offered something else since, one of the two.
//   - A device that speaks for itself opens its own agent and no other.
//   - That a device still has something is never noted where it was offered something else meanwhile, on
//     whichever server.
//   - No order is sent to a device that is somebody's own, in whole or in part, or in use no more, whatever it was when
//     the order was asked for or agreed.
//   - Silence is unknown: a device counts as having a decision when it has said so itself, of a list that has it.
//   - One serial of a zone is one text, on every server and for ever; a zone that says something else has a higher one. A server
//     that is behind publishes nothing.
//
// # Tables
//
//	enforce_agents     one row for each device and form; kept
//	enforce_taken      when a device first confirmed another list; kept for 400 days
//	enforce_lists      shared lists that some device was offered or has confirmed; removed a day after none has
//	enforce_published  when a server first had another list for an organisation's devices; kept
//	enforce_orders     what was asked for of lost devices, and what became of it; kept
//	enforce_zones      what name servers take, with the serial in force; kept when it has ended, for the next of its name
//	enforce_zone_secrets  keys of zones, in clear, for they sign, and digests of addresses; removed as soon as they are good no longer
//	enforce_zone_networks  networks that zones pass, with who proposed them and who agreed; kept
package enforce
