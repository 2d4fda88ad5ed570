// Package sheet reads tables that people keep and consoles export: CSV (RFC 4180) or TSV with a head,
// separated by commas, semicolons, tabs or bars (Excel's line sep=; is heeded), in UTF-8 or in UTF-16
// with a byte-order mark. Each row is one app on one device.
//
// Columns are known by their heads, whatever the case, spaces and punctuation. What is read:
//
//   - the device: UUID or UDID, else serial number, else device (id, asset), else host or computer name;
//   - the app: identifier (bundle id, package, app id), name (application, software, product),
//     publisher (vendor), version, version code, signer (SHA-256 of the certificate), managed;
//   - platform (os, operating system), which is the add-on's where it is a browser, and ownership;
//   - state or status, of which only words for "not installed" count: such rows are not installed.
//
// All other columns are left in the file, those that name people among them. A table needs a column of
// identifiers or of names; one of devices, or of counts of devices, is refused. Where no column names
// the device, all rows are of one, which the person who imports must name.
//
// A row with more or fewer cells than the head is a problem. Where a quote is never closed, what comes
// after it is not read. In both cases the reports that it may concern are partial. A last row needs no
// line end, as some tools write none: that its last cell was cut off cannot be told.
package sheet
