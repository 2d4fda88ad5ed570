// Package gate stands before every route: it finds out who asks, from the cookie of a session or the
// token of a program, refuses who may not enter, and tells the handler the rest.
//
// A route names the permission without which nobody gets in at all. Where one may do something — in
// which organisation, to which person — the room's operation asks itself, in its transaction: the
// gate is there so that a route cannot be forgotten, not so that operations need not ask.
package gate
