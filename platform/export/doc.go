// Package export reads what the exports of several tools have in common and package stream does not
// read: JSON that stands in a log, with other lines between and a device's name after its rows;
// compressed input; plain lines; and the words that tools have for one and the same thing.
//
// What it holds:
//
//   - every place has its line, counted from 1 in the input as it was given;
//   - JSON objects are taken one by one, however they are strung together (one, one a line, one after
//     the other, a list): memory is bounded by the largest, and every format read in this way has at
//     most one device in an object;
//   - what is not JSON between two objects is passed over and said, a line that was cut does not
//     swallow those after it, and an input that ends too early is told apart from a broken one.
//
// The readers below package platform call it, and nobody else.
package export
