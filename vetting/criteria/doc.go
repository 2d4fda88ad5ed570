// Package criteria owns what is asked of an app: files with named criteria over the facts of a report, and how an app
// stands to each.
//
// A criterion has no weight and there is no sum: each is met, not met, or not known, with what that rests on. What was
// not analysed makes a criterion not known; it never makes one met. The set that comes with the program is drawn from
// what governments have said that they look at; an organisation replaces it with its own file.
//
// The package is pure.
package criteria
