// Package platformtest is the suite that every reader of inventories runs. It holds the promises
// that package platform makes for all of them, over the reader's own samples:
//
//   - the same bytes give the same reports, however they arrive;
//   - of a file that is cut off anywhere, no app is reported that the whole file does not have, and
//     nothing panics;
//   - line ends, a byte-order mark and NUL bytes in front change nothing in a text format (NUL bytes
//     may also be refused);
//   - an input with nothing in it is an error, and so are a reader that fails and a sink that does;
//   - what is reported is well formed, and lines are lines of the input.
//
// Only tests import it.
package platformtest
