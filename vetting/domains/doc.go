// Package domains finds the host names that code and data name: in URLs, and bare. Bytes in, hosts out.
//
// A host is told in lower case and in its ASCII form (IDNA), and only where it ends as registered names do, by the Public Suffix
// List. In a URL of the network that is enough. A bare name must look like a host besides, because code is full of words with
// dots: packages ("com.example.app"), properties ("user.name"), files ("config.zip"), versions. How strict the reader is
// depends on the ending: "example.com" is taken nearly anywhere, "example.io" where it stands alone, "www.example.zip" because it
// begins so. Hosts that only name XML vocabularies, and that nobody calls, are left out (vocabularies).
//
// # Invariants
//
//   - No input makes it panic; the work is one pass, and no name is looked at beyond 253 bytes.
//   - The same bytes give the same hosts. A Set that is full keeps the hosts that sort first, whatever their order, and says
//     that there were more.
package domains
