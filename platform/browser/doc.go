// Package browser writes what decisions say of add-ons and of sites as the managed policies of browsers:
// for Chromium, Chrome and Edge, and for Firefox. Each is one JSON file, as those browsers read it from
// their policy directory or take it from a management service.
//
// Nothing enters a file but ids, names of hosts and versions of the form that the browser has for them.
package browser
