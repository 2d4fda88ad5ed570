// Package dns writes what decisions say of domains as a response policy zone, which name servers answer
// from in place of the domains themselves: as the text of a zone (RFC 1035) for those that load a file or
// fetch it by HTTP, and as records for those that take it by transfer, which package transfer serves.
//
// Nothing enters a zone but names of hosts, networks and numbers.
package dns
