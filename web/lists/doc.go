// Package lists is the page on which two bodies' allow lists are held against each other: what only one of them
// allows, and what both do, but from other versions, on other platforms or until another day.
//
// What is compared, and what of it is shown, stands in the address, so that it can be sent on.
package lists
