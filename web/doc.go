// Package web answers over HTTP: pages, the API's frame and what operators ask a server. It holds
// no rule and no SQL: what it shows comes from the rooms through functions that it is given, and
// every route names who may use it.
//
// Routes has them all in one list. Whoever adds one says its permission there; a test holds that
// none is without.
package web
