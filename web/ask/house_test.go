package ask_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	rooms "portcullis/devices"
	"portcullis/handbook"
	"portcullis/internal/pagetest"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/ask"
	"portcullis/web/gate"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, register.Schema, rooms.Schema, handbook.Schema}
)

// market is a world in which one may ask for many things.
const market = `
organisations:
  - {id: gov, name: Government of Merrow}
  - {id: dept-a, parent: gov, name: Ministry of Tides}
  - {id: dept-b, parent: gov, name: Harbour Board, list: own, monitor: {from: 2026-01-01, until: 2026-06-01, reason: "rolling out"}}
suppliers:
  - {id: maker, name: Maker Ltd}
  - {id: shady, name: Umberfell}
products:
  - {id: parrot, kind: app, name: Parrot, aliases: [Chirper], supplier: shady, identifiers: {android: [com.parrot], ios: [com.parrot.ios]}}
  - {id: notes, kind: app, name: Notes, supplier: maker, identifiers: {android: [com.notes], ios: [com.notes.ios], windows: [notes.exe]}}
  - {id: notes-pro, kind: app, name: Notes Pro, supplier: maker, identifiers: {android: [com.notes.pro]}}
  - {id: maps, kind: app, name: Maps, supplier: maker, identifiers: {android: [com.maps]}}
  - {id: ends, kind: app, name: Ends, supplier: maker, identifiers: {android: [com.ends]}}
  - {id: old, kind: app, name: Oldster, supplier: maker, identifiers: {windows: [old.exe]}}
  - {id: clock, kind: app, name: Clock, identifiers: {ios: [clock]}, builtin_on: [ios]}
  - {id: camera, kind: equipment, name: Camera}
  - {id: kit, kind: app, name: Kit, supplier: shady}
  - {id: ferries, kind: app, name: Ferries, supplier: maker, identifiers: {android: [com.ferries]}, contains: [{product: kit}]}
  - {id: tides, kind: app, name: Tides, supplier: maker, identifiers: {android: [com.tides]}}
  - {id: shifts, kind: app, name: Shifts, supplier: maker, identifiers: {ios: [com.shifts]}}
  - {id: "<b>bold</b>", kind: app, name: "<b>Bold</b>", identifiers: {android: ["<b>"]}}
rules:
  - {id: ban-shady, effect: ban, target: {supplier: shady}, components: true, clearance: minister, mitigations: [dedicated-device], scope: gov, from: 2026-01-01, until: 2027-01-01, reason: "It sends what it hears abroad"}
  - {id: allow-parrot, effect: allow, target: {product: parrot}, scope: gov, from: 2025-01-01, reason: "was fine"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, min_version: "2.5", platforms: [android, ios], reason: "for work"}
  - {id: allow-ends, effect: allow, target: {product: ends}, scope: gov, from: 2026-01-01, until: 2026-09-01, reason: "for work"}
  - {id: allow-old, effect: allow, target: {product: old}, scope: gov, from: 2026-01-01, reason: "for work"}
  - {id: out-old, effect: phase-out, target: {product: old}, components: false, clearance: none, scope: gov, from: 2026-01-01, deadline: 2026-05-01, reason: "No longer mended"}
  - {id: allow-tides, effect: allow, target: {product: tides}, scope: gov, from: 2026-01-01, reason: "for work"}
  - {id: ban-tides, effect: ban, target: {product: tides}, versions: {since: "3.0"}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: "It was sold"}
  - {id: allow-shifts, effect: allow, target: {product: shifts}, scope: gov, from: 2026-01-01, reason: "for work"}
  - {id: ban-shifts, effect: ban, target: {product: shifts}, versions: {until: "6.0"}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: "It leaked"}
exemptions:
  - {id: named, product: maps, scope: dept-a, subject: {person: Ada Wren}, from: 2026-01-01, until: 2026-04-01, purpose: drawing}
  - {id: lifted, lifts: [ban-shady], product: parrot, scope: dept-a, subject: {person: reporter@dept-a.example}, from: 2026-01-01, until: 2026-04-01, purpose: "press work", mitigations: [dedicated-device], clearance: {office: minister, by: "M", ref: "1", at: 2026-01-01}}
hosts:
  - {id: w1, kind: device, organisation: dept-a, platform: android, holder: Ada Wren}
  - {id: k1, kind: device, organisation: dept-a, platform: ios, holder: keeper@dept-a.example}
  - {id: k2, kind: device, organisation: dept-a, platform: android, ownership: personal, holder: keeper@dept-a.example}
  - {id: k3, kind: device, organisation: dept-b, platform: android, holder: keeper@dept-a.example}
`

// house is the pages over the rooms that they show, with all that these write down.
type house struct {
	*pagetest.House
	log *strings.Builder
}

// each runs test on both engines over the market.
func each(t *testing.T, area ask.Area, test func(h house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) { test(newHouse(t, open, area)) })
}

func newHouse(t testing.TB, open storetest.Open, area ask.Area) house {
	t.Helper()
	h := house{pagetest.New(t, open, noon, people.Kinds, register.Kinds, rooms.Kinds, handbook.Kinds), &strings.Builder{}}
	h.Log = slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.People.Log = h.Log
	things := h.Devices()
	h.Import(things, market)
	roomtest.Follow(t, things)
	area.Enquiries = rooms.NewEnquiries(things)
	h.Serve([]gate.Place{ask.Place()}, ask.Routes(area)...)
	return h
}

// guest is a browser in which somebody has signed in, or nobody.
type guest struct{ pagetest.Visitor }

// guest is somebody of an organisation, without a role.
func (h house) guest(name, organisation string) guest {
	h.T.Helper()
	return guest{h.SignIn(h.Person(organisation, people.Particulars{Name: name, Mail: name + "@" + organisation + ".example"}))}
}

// work asks about a device of work, own about one's own: names and values, and so on.
func (g guest) work(pairs ...string) pagetest.Page {
	return g.Get("/ask?" + pagetest.Values(pairs...).Encode())
}

func (g guest) own(pairs ...string) pagetest.Page { return g.Post("/ask", pairs...) }
