// Package devices keeps the hosts that are judged: what they are, what is on them, who says so and since
// when; and the answers for all of them at once.
//
// A report walks one way: Intake (one writer for each server, which commits what waits together before
// it acknowledges) into the tables; Fleet, on every server, follows the tables (but reads nothing back that
// its own server has just written), the register's decisions and the time, and has the index (package index)
// answer on them; everything that is asked about many hosts is asked of the Fleet. A host is one compact
// row; what changes on it is one row for each change, so that any past time can be asked.
//
// # Invariants
//
//   - A report is stored whole or not at all, before it is acknowledged. What was acknowledged as
//     unchanged is what this server knows to be stored; where a device reports to two servers within a
//     quarter of a second, the other one may have stored something else meanwhile, which its next
//     report mends.
//   - A report never changes whose a host is, what it is or where it belongs.
//   - Nothing that is installed on a personal device is stored, nor what is not said to be managed on a
//     managed-personal one, nor how people call it.
//   - What is on a host is what any of its sources names: an inventory that one tool renews does not
//     take away what another has seen.
//   - Every change of a host is in a numbered batch of the server that made it, in the same transaction.
//   - Verdicts are computed when they are asked for. What is stored is when a breach opened and closed.
//
// # Tables
//
//	devices_hosts       one row for each host; kept while it is known, and after it was retired, because decisions
//	                    about it can be asked for
//	devices_attributes  what hosts are, with two times (a store.History); kept as long
//	devices_changes     what came and went on a host, by report; kept as long
//	devices_seen        when hosts were last heard from; lags by a minute at most
//	devices_things      what can be installed, numbered once for all servers
//	devices_names       how people know identifiers
//	devices_counters    how many things are numbered
//	devices_servers     the last batch of each server
//	devices_batches     which hosts a batch changed; kept for two days, for other servers to follow
//	devices_releases    proposals that a corporate device become personal
//	devices_breaches    when breaches opened and closed, and why
//
// # Ledger entries
//
// Those of Kinds. Reports stay out of the ledger: a digest of their batches enters it each hour.
//
// # Who may call
//
// Rooms above may call everything exported; each operation on somebody's behalf asks the permission
// table itself. Fleet and its index ask for none: what they answer is shown by this room's operations.
package devices
