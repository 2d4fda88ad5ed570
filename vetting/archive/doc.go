// Package archive reads ZIP archives as Android reads them, and tells where other readers would see
// something else. It owns the limits that every reader of an app's files shares.
//
// The format is PKWARE's APPNOTE 6.3; "as Android" is libziparchive, which installs and runs apps, as
// it stands in Android 14, and where it differs the framework's asset reader:
//
//   - the end record is the last one in the file, and its comment ends where the file ends;
//   - the central directory alone says which entries there are, with which method and sizes. A local
//     header that tells another name, or other sizes or another checksum without announcing a data
//     descriptor, makes Android refuse the entry;
//   - two entries of one name, a name that is not UTF-8 or holds a NUL, or a file that does not begin
//     with a local header make Android refuse the archive (the last since Android 8, CVE-2017-13156);
//   - the "encrypted" flag is not looked at: the entry is read as if it were not set;
//   - checksums are not compared when an entry is read.
//
// # Unknown methods
//
// A method that is neither stored (0) nor deflated (8) is what malware uses to blind its readers, for
// Android's own differ:
//
//   - the framework's asset reader, which reads AndroidManifest.xml, resources.arsc and assets, takes
//     every method but 8 as stored (Android 9 and later);
//   - the runtime, which loads classes.dex, knows 0 and 8 and refuses others;
//   - what checks JAR signatures, on the device and in apksigner, takes every method but 0 as deflated;
//   - java.util.zip, unzip and most analysers refuse the entry, or the archive.
//
// Entry.Open reads as the first, Entry.OpenAs as anybody, and a problem tells that they differ.
//
// # Invariants
//
//   - No input makes it panic, or use more time or memory than the limits allow.
//   - What cannot be read is a Problem that names its place, and the rest is still read. Only a file
//     without any end record, or one nested too deeply, is an error of Open.
//   - What comes out of entries is counted once in the Budget that all archives inside one file share,
//     however often it is read.
//   - A place is a path with "!" between nested archives: "assets/x.zip!classes.dex".
//
// An Archive and its entries may be read by several goroutines at once. Nothing is written, and no
// name in an archive is ever used as a path of the machine.
package archive
