// Package santa speaks with Santa, which decides on Macs what runs: it reads what ran, and writes the rules.
//
// Read is what Santa says of programs that ran, or were kept from running, in the forms that
// northpolesec/santa and google/santa write:
//
//   - bodies of the sync protocol's event upload, {"events": […]}, plain, zlib or gzip, with keys in
//     snake_case or camelCase (protobuf JSON), and events by themselves, one a line or in a list;
//   - telemetry of executions as protobuf JSON, v1 to v8, in its message or bare;
//   - santa.log: action=EXEC lines of keys and values, with or without a time in front.
//
// Other kinds of event are passed over: they name no program that is there.
//
// Read are the bundle's id, name and short version, the signing id, the file's SHA-256, the SHA-256
// of the leaf certificate and its organisation, the time, and the machine's id. An app is identified by
// the first there is of
//
//	its bundle id            org.mozilla.firefox
//	its signing id           EQHXZ8M8AV:com.google.Chrome, or platform:com.apple.curl
//	its file's hash          sha256:c4bc09fd…
//
// where telemetry, which gives the team and the signing id apart, is put together as the sync protocol
// has them. Users, sessions, arguments, environments, URLs and paths are left in the file; of a path only
// the name of the app or the file in it is kept.
//
// Every report is partial: a program that never ran is not in it, and nothing is said of one that was
// removed. Where a program ran in several versions, or with several signers, the latest run counts and
// a problem names both. santa.log has no versions.
//
// Written are the rules and the mode of the sync protocol (santa.sync.v1), as JSON and for whoever serves
// them page by page: Rules gives them in order, Difference what a device needs that has others. Identify
// is the one place that knows by which identifiers Santa can tell programs; those of bundles are none.
package santa
