// Package devices is the pages about hosts: which there are, what is on each and what the rules say of
// it, what is in breach, how much of what a body has is judged, where an app is, and what a ban that
// is not yet made would cover.
//
// Pages hold no rule: they ask the room of the devices, and that of the register, in the name of who
// is signed in, show what it answers, and put its faults at the fields. Names of organisations,
// products and suppliers are those of the world that the fleet answers on. A page about one thing
// shows the buttons that the rooms allow in its organisation; a list of many, those that somebody may
// use anywhere. Whether one works, the room says.
//
// Every page is looked at with GET and changes something with POST, which answers with a redirect to
// where the change can be seen: once the fleet answers on it, or after two seconds without.
//
// What a host is, is asked for by several people at once: forms carry its version; who comes second is
// told, sees it as it now is, and keeps what they typed.
//
// Each page has a file of its own; the routes of an area stand in its file of routes.
package devices
