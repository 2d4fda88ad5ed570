// Package pagetest gives the tests of pages what they have in common: a House, which is an area's pages over
// rooms with an empty database; a Visitor, who is a browser in which somebody has signed in; a Page, which is
// what came back, with what a test holds of it; and a Walk, which goes through the pages in Chromium, on a desk
// and on a phone, with axe-core. An area's own tests add the rooms, the world and the words that are theirs.
//
//	h := pagetest.New(t, open, noon, people.Kinds, handbook.Kinds)
//	h.Serve(handbook.Places(), handbook.Routes(rooms)...)
//	grace := h.SignIn(h.Person("harbour", people.Particulars{Name: "Grace Holm"}))
//	grace.Leads(grace.Answer("/advice/add", "title", "Scanners"), "/advice/").Shows(200, "The advice has been added")
//
// Every page that comes back is held against what all pages must have: well-formed HTML, nothing that the content
// security policy would stop, and a label for every input. Whatever is not as it should be fails the test with the
// request, the text that is missing or should not be there, and what the page says instead.
package pagetest
