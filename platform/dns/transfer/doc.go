// Package transfer hands zones out to name servers: AXFR (RFC 5936) over TCP, SOA over TCP and UDP, IXFR
// (RFC 1995) answered with the whole zone, and NOTIFY (RFC 1996) to those that are configured when a
// serial has risen.
//
// # Invariants
//
//   - Nothing is said of any zone but to one who signs with a key (TSIG, RFC 8945, hmac-sha256) that may
//     take it, and all that is said to them is signed. A zone that is not there is answered as one that
//     the key may not take.
//   - Connections are bounded in number, in all and for each address, and in time.
//
// Zones and keys come in through interfaces: it knows no store.
package transfer
