// Package zones serves the text of response policy zones over HTTP, to name servers that fetch it. Who asks is told by a
// secret in the address, as docs/protocols/dns.md has it.
package zones
