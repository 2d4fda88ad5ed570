// Package axml reads the XML and the resources that Android apps carry in compiled form: binary XML
// and resources.arsc of an APK, their protobuf forms in an app bundle (aapt.pb), and plain XML text,
// which some hand-made packages hold in their place. It turns bytes into a tree and a table, and does
// nothing else.
//
// The formats are those of ResourceTypes.h in Android's androidfw and of Resources.proto in aapt2.
//
// Invariants:
//   - No input makes it panic, and its work and memory grow with the input's size alone: what can be
//     named often (strings, attributes, references) has a budget, and loops of references end.
//   - It reads what Android reads: an attribute is what its resource id says, whatever its name says;
//     unknown chunks are skipped; the first of equal attributes counts.
//   - Where Android would give up, it reads on as far as it can and says so in Problems, so that a
//     damaged file is never mistaken for an empty one.
//
// A Document and a Table belong to one goroutine at a time: both read strings when asked for them.
package axml
