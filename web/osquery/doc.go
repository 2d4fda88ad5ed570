// Package osquery is the TLS server that osquery speaks to (docs/protocols/osquery.md): POST /osquery/enroll, config,
// log, distributed/read and distributed/write.
//
// # Invariants
//
//   - Who asks stands in the body: an enroll secret or a node key. Whoever has neither that is good changes nothing,
//     and is told node_invalid in osquery's own form.
//   - A body is at most 8 MiB, unpacked as well: what is larger is refused without being unpacked to the end.
//   - What was answered is committed before osquery is told that it was taken.
package osquery
