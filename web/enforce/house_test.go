package enforce_test

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"portcullis/alerts"
	rooms "portcullis/approvals"
	"portcullis/devices"
	lists "portcullis/enforce"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/enforce"
	"portcullis/web/gate"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, register.Schema, devices.Schema, lists.Schema, rooms.Schema}
)

// government has apps on several platforms, one with signers, one from a version on, and one with a name on the
// network; a device with an exemption, a personal one, and one whose platform no form is for but browsers'.
const government = `
organisations:
  - {id: gov, name: Government of Merrow}
  - {id: light, name: "Department of Light, Fog and Signals", parent: gov}
  - {id: justice, name: Department of Justice, parent: gov, list: own}
suppliers: [{id: maker, name: Umberfell}]
products:
  - {id: parrot, kind: app, name: Parrot Chat, supplier: maker, domains: [parrot.example], identifiers: {android: [com.parrot], ios: [org.parrot]}}
  - {id: notes, kind: app, name: Fog Notes, identifiers: {android: [com.notes], ios: [org.notes]}}
  - {id: maps, kind: app, name: Tide Maps, supplier: maker, identifiers: {android: [com.maps], ios: [org.maps], macos: ["ABCDE12345:org.maps"]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2026-01-01, until: 2026-12-01, reason: "It sends what is typed abroad."}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, min_version: "4.2", reason: "for work"}
  - {id: allow-maps, effect: allow, target: {product: maps}, scope: gov, from: 2026-01-01, reason: "for work"}
exemptions:
  - {id: press, lifts: [ban-parrot], product: parrot, scope: light, subject: {host: l1}, purpose: "to read what is said there", from: 2026-01-10, until: 2026-05-20}
hosts:
  - {id: l1, kind: device, organisation: light, platform: android, holder: anna}
  - {id: l2, kind: device, organisation: light, platform: ios}
  - {id: l3, kind: device, organisation: light, platform: chromeos}
  - {id: own, kind: device, organisation: light, platform: ios, ownership: personal}
  - {id: j1, kind: device, organisation: justice, platform: android}
`

// house is the pages over the rooms that they show, with those that lead to them.
type house struct {
	*pagetest.House
	room *rooms.Room
}

// each runs a test on both engines, over the government.
func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) { test(newHouse(t, open, government)) })
}

// newHouse is a house over the world of a text.
func newHouse(t testing.TB, open storetest.Open, text string) *house {
	t.Helper()
	h := &house{House: pagetest.New(t, open, noon, people.Kinds, alerts.Kinds, register.Kinds, devices.Kinds, rooms.Kinds)}
	things := h.Devices()
	outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: h.People.Ledger, Chance: rand.Reader})
	h.Do(outbox, err)
	h.room = &rooms.Room{People: h.People, Devices: things, Outbox: outbox}
	all := &register.Room{People: h.People}
	h.Serve(slices.Concat(approvals.Places(), devicepages.Places()[2:3], []gate.Place{enforce.Place()}), slices.Concat(
		enforce.Routes(enforce.Rooms{Enforce: &lists.Room{People: h.People, Fleet: things.Fleet}, Approvals: h.room, Devices: h.room.Devices}),
		approvals.Routes(approvals.Rooms{Approvals: h.room, Devices: h.room.Devices, People: h.People, Register: all}),
		devicepages.Routes(devicepages.Rooms{Devices: h.room.Devices, Register: all, People: h.People, Approvals: h.room}))...)
	h.Import(h.room.Devices, text)
	h.follow()
	return h
}

// follow has the fleet answer on all that was decided.
func (h *house) follow() {
	h.T.Helper()
	h.Do(nil, h.room.Devices.Fleet.Follow(h.T.Context()))
}

// guest is a browser in which somebody with a role in a body has signed in.
func (h *house) guest(role people.Role, body string) pagetest.Visitor {
	h.T.Helper()
	return h.Somebody(people.Particulars{Name: "Holder of " + role.Name() + " in " + body, UserName: string(role) + "." + body}, role, body)
}

// proposes opens a proposal and returns its id.
func (h *house) proposes(v pagetest.Visitor, d rooms.Draft) string {
	h.T.Helper()
	p, err := h.room.Propose(h.T.Context(), v.Actor(), d)
	h.Do(p, err)
	return p.ID
}

// ban is a draft of one.
func ban(scope, product string) rooms.Draft {
	return rooms.Draft{Kind: rooms.Ban, Reason: "It sends contacts abroad", Narrower: "It does so on every platform", Content: rooms.Content{Rule: &policy.Rule{
		Effect: policy.Ban, Target: policy.Target{Product: product}, Scope: scope, Clearance: policy.ClearanceNone,
	}}}
}
