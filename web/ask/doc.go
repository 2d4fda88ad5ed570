// Package ask is the page on which anybody who has signed in asks "May I install this?": one box for the name
// that they know, and the answer in one screen with what to do next.
//
// What is asked about a device of work stands in the address, so that it can be sent on and gone back to. What is
// asked about somebody's own device is posted: it stands in no address, and is written down nowhere. The answer
// is then advice.
//
// It decides nothing: package devices answers, and this package says it in words. What is not known is never said
// to be harmless.
package ask
