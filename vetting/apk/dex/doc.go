// Package dex reads Dalvik executables (the .dex format, versions 035 to 041, as source.android.com publishes it): which
// classes a file defines, which types it only refers to, which strings it holds. Bytes in, facts out: it opens
// nothing and writes nothing.
//
// Read walks the tables once and tells what is wrong with them; the iterators of File then go over the same bytes
// without copying any. Version 041 puts several DEX files into one container; they are read as one File.
//
// # Invariants
//
//   - No input makes it panic. Of a damaged file, what can be read is read, and the rest is told (File.Problems).
//   - A table that states more entries than fit is cut to what the file holds, so nothing is allocated by what a
//     header claims.
//   - Work is bounded by the file's length: a table that names the same long string again and again is cut, and told.
//   - What is yielded are slices of the data that was given to Read: they live as long as it, and nobody may change them.
package dex
