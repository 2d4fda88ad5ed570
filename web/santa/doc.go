// Package santa is the sync server of Macs with Santa (santa.sync.v1) over HTTP: bodies in three compressions and two
// encodings, the stages, and the protocol's errors. Who asks stands in the address, as docs/protocols/santa.md has it.
//
// What is asked goes to a Server, which knows no HTTP. Nothing of a body is looked at before the key in the address
// was found to be the device's; no more than maxBody bytes of it are unpacked.
package santa
