// Package stream walks JSON and XML in the order in which they come, for readers of exports that
// hold many devices in one document.
//
// What a reader can rely on:
//
//   - memory is bounded by the largest value that is asked for, not by the document: what is not
//     asked for is passed over without being kept;
//   - every value has the line where it begins, counted from 1 over the input's line feeds, whatever
//     the line ends and byte-order mark;
//   - an input that ends too early is an error that says so and wraps io.ErrUnexpectedEOF;
//   - a List keeps package platform's promises about apps: each has an identifier or a name, none is
//     in it twice, and text is UTF-8 without control characters.
//
// The readers below package platform call it, and nobody else.
package stream
