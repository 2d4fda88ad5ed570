// Package directory is the pages about people and organisations: who there is, which roles they have,
// how they get in, where bodies belong, groups, programs' tokens, and the access log.
//
// Pages hold no rule: they ask people.Room in the name of who is signed in, show what it answers, and
// put its faults at the fields. A page about one thing shows the buttons that the room allows in its
// organisation; a list of many, those that somebody may use anywhere. Whether one works, the room says.
//
// Every page is looked at with GET and changes something with POST, which answers with a redirect to
// where the change can be seen. Two pages answer a POST with a page: those that show a secret, which is
// kept nowhere and so can be shown once only.
//
// What can be changed by two people at once carries its version in the form; who comes second is told,
// sees it as it now is, and keeps what they typed.
//
// Each page has a file of its own, and the routes are all in routes.go.
package directory
