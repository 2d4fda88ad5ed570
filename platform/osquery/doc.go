// Package osquery reads what osquery says of installed software, in the forms of its result log
// (osquery 5.x, docs/wiki/deployment/logging.md) and of its TLS API: results in the event form, in
// the batch form (diffResults) and snapshots; bodies of POST log ({node_key, log_type, data}) and of
// distributed/write ({node_key, queries, statuses, messages}); and the bare rows of osqueryi --json.
// They may stand one a line, one after the other or in a list, with other lines between.
//
// A row is known by its columns, by a column table_name (or source, as Fleet's queries have) or by
// the name of its query. What is read of which table (specs/ of osquery/osquery):
//
//	apps               macos    bundle_identifier, bundle_name, bundle_short_version
//	programs           windows  name, publisher, version: the registry has no identifier
//	deb_packages       linux    name, version; not what its status says was removed
//	rpm_packages       linux    name, vendor, version-release
//	homebrew_packages  macos    name, version
//	safari_extensions  macos    identifier, name, version
//	chrome_extensions  edge where browser_type says Edge, else chrome: the identifiers of all browsers
//	                   made from Chromium are the Chrome Web Store's
//	firefox_addons     firefox  identifier, name, creator, version
//
// Rows of other tables are passed over, but for uuid, hardware_serial and host name in system_info.
// The device is decorations.host_uuid, else hostIdentifier, else what system_info says. The node key
// is a secret, and no id. Maintainers, users, uids and paths are left in the file.
//
// What is installed at the end of the log is worked out for each host and query, by unixTime and
// counter and not by the order of lines: the newest snapshot, or the newest run that began anew
// (counter 0), with the rows added and removed since. A query of which the log has no such beginning
// gives a partial report: its rows were added, and what was there before is not known. So does a
// host of which no table of its operating system is there, and a query that failed.
//
// What the log cannot say: which rows a query asked for. A snapshot of some packages looks like one of
// all; schedule the tables whole. And nothing is ever reported to have no software: a query that
// came back empty is a problem.
//
// The package also has what a server of the TLS API reads and answers (docs/wiki/deployment/remote.md): ReadEnrolment
// and ReadMessage, the queries that it asks about each platform's software (Questions), and Answers, which are a whole
// inventory only where all that each device of the platform can answer was answered, and nothing failed.
package osquery
