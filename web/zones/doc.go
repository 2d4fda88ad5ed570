// Package zones hands out the texts of response policy zones over HTTP, to name servers that fetch them, and is the pages
// on which people keep these zones. Which name server asks is told by a secret in the address, as docs/protocols/dns.md
// has it.
package zones
