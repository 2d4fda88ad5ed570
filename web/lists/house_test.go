package lists_test

import (
	"testing"
	"time"

	rooms "portcullis/devices"
	"portcullis/internal/pagetest"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/gate"
	"portcullis/web/lists"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, register.Schema, rooms.Schema}
)

// bodies is a world of bodies with lists of their own and without.
const bodies = `
organisations:
  - {id: gov, name: Government of Merrow}
  - {id: tides, parent: gov, name: Ministry of Tides}
  - {id: harbour, parent: gov, name: Harbour Board, list: own}
  - {id: abbey, name: Abbey}
suppliers: [{id: maker, name: Umberfell}]
products:
  - {id: notes, kind: app, name: Notes, supplier: maker, identifiers: {android: [notes], ios: [notes]}}
  - {id: maps, kind: app, name: Maps, identifiers: {android: [maps], ios: [maps]}}
  - {id: coded, kind: app, name: Coded, identifiers: {android: [coded]}}
  - {id: both, kind: app, name: Both, identifiers: {android: [both]}}
  - {id: "..", kind: app, name: "<b>Bold</b>", identifiers: {android: ["<b>"]}}
rules:
  - {id: notes-gov, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, min_version: "2.5", reason: r}
  - {id: maps-gov, effect: allow, target: {product: maps}, scope: gov, from: 2026-01-01, until: 2026-12-01, reason: r}
  - {id: maps-harbour, effect: allow, target: {product: maps}, scope: harbour, from: 2026-01-01, platforms: [ios], reason: r}
  - {id: coded-gov, effect: allow, target: {product: coded}, scope: gov, from: 2026-01-01, min_version: "3", min_version_code: {android: 30}, reason: r}
  - {id: coded-harbour, effect: allow, target: {product: coded}, scope: harbour, from: 2026-01-01, min_version_code: {android: 31}, reason: r}
  - {id: both-gov, effect: allow, target: {product: both}, scope: gov, from: 2026-01-01, reason: r}
  - {id: both-harbour, effect: allow, target: {product: both}, scope: harbour, from: 2026-01-01, reason: r}
  - {id: "<i>", effect: allow, target: {product: ".."}, scope: harbour, from: 2026-01-01, reason: r}
`

// house is the pages over the rooms that they show.
type house struct{ *pagetest.House }

// each runs test on both engines over the bodies.
func each(t *testing.T, test func(h house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) { test(newHouse(t, open)) })
}

func newHouse(t testing.TB, open storetest.Open) house {
	t.Helper()
	h := house{pagetest.New(t, open, noon, people.Kinds, register.Kinds, rooms.Kinds)}
	things := h.Devices()
	h.Import(things, bodies)
	roomtest.Follow(t, things)
	h.Serve([]gate.Place{lists.Place()}, lists.Routes(lists.Area{Enquiries: rooms.NewEnquiries(things)})...)
	return h
}

// guest is a browser in which somebody has signed in.
type guest struct{ pagetest.Visitor }

// guest is somebody with a role in an organisation.
func (h house) guest(role people.Role, organisation, home string) guest {
	h.T.Helper()
	who := people.Particulars{Name: "Holder of " + role.Name(), Mail: string(role) + "@" + home + ".example"}
	return guest{h.SignIn(h.Person(home, who, people.Grant{Role: role, Organisation: organisation}))}
}

// lists asks for the page: names and values, and so on.
func (g guest) lists(pairs ...string) pagetest.Page {
	return g.Get("/lists?" + pagetest.Values(pairs...).Encode())
}
