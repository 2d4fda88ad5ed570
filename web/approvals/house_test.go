package approvals_test

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/alerts"
	rooms "portcullis/approvals"
	"portcullis/devices"
	"portcullis/internal/pagetest"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, register.Schema, devices.Schema, rooms.Schema}
)

// government has a few devices, a ban that a minister's office clears exemptions from, and a police force that is
// nobody's child.
const government = `
organisations:
  - {id: gov, name: Government of Merrow}
  - {id: light, name: "Department of Light, Fog and Signals", parent: gov}
  - {id: pilots, name: Board of Pilots, parent: light}
  - {id: justice, name: Department of Justice, parent: gov, list: own}
  - {id: police, name: Harbour Police}
suppliers:
  - {id: group, name: Umberfell Group}
  - {id: maker, name: Umberfell Apps, owned_by: [{supplier: group, from: 2020-01-01}]}
products:
  - {id: parrot, kind: app, name: Parrot Chat, supplier: maker, identifiers: {android: [com.parrot]}}
  - {id: notes, kind: app, name: Fog Notes, identifiers: {android: [com.notes]}}
  - {id: maps, kind: app, name: Tide Maps, identifiers: {android: [com.maps]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: minister, mitigations: [dedicated-device], scope: gov, from: 2026-01-01, reason: "It sends what is typed to servers abroad."}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, reason: "for work"}
exemptions:
  - {id: old-press, lifts: [ban-parrot], product: parrot, scope: justice, subject: {host: j1}, purpose: "to read what is said there", from: 2026-01-10, until: 2026-03-20, mitigations: [dedicated-device], clearance: {office: minister, by: The Minister, ref: PO/25/7, at: 2026-01-09}}
hosts:
  - {id: l1, kind: device, organisation: light, platform: android, holder: anna, installed: [{identifier: com.parrot, version: "1"}, {identifier: com.notes, version: "2"}]}
  - {id: l2, kind: device, organisation: light, platform: android, installed: [{identifier: com.notes, version: "2"}]}
  - {id: j1, kind: device, organisation: justice, platform: android, installed: [{identifier: com.maps, version: "2"}]}
  - {id: p1, kind: device, organisation: police, platform: android, installed: [{identifier: com.parrot, version: "2"}]}
`

// house is the pages over the rooms that they show, and the pages of devices that lead to them.
type house struct {
	*pagetest.House
	room *rooms.Room
	here map[string]visitor
}

// each runs a test on both engines, over the government.
func each(t *testing.T, test func(h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) { test(newHouse(t, open, government)) })
}

// newHouse is a house over the world of a text.
func newHouse(t testing.TB, open storetest.Open, text string) *house {
	t.Helper()
	h := &house{House: pagetest.New(t, open, noon, people.Kinds, alerts.Kinds, register.Kinds, devices.Kinds, rooms.Kinds), here: map[string]visitor{}}
	things := h.Devices()
	outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: h.People.Ledger, Chance: rand.Reader})
	h.Do(outbox, err)
	h.room = &rooms.Room{People: h.People, Devices: things, Outbox: outbox}
	roomtest.Run(t, things.Fleet.Run)
	all := &register.Room{People: h.People}
	pages := approvals.Rooms{Approvals: h.room, Devices: h.room.Devices, People: h.People, Register: all}
	h.Serve(approvals.Places(), slices.Concat(approvals.Routes(pages), []gate.Route{{Pattern: "GET /{$}", Permission: people.Own, Handler: today(pages)}},
		devicepages.Routes(devicepages.Rooms{Devices: h.room.Devices, Register: all, People: h.People, Approvals: h.room}))...)
	h.Import(h.room.Devices, text)
	h.catchUp()
	return h
}

// today is a first page of what waits, and of devices.
func today(pages approvals.Rooms) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		waits, err := pages.Today(r)
		if err != nil {
			return err
		}
		if waits == nil {
			waits = ui.Para("Nothing waits")
		}
		seen, err := devicepages.Rooms{Devices: pages.Devices, Register: pages.Register, People: pages.People, Approvals: pages.Approvals}.Today(r)
		if err != nil {
			return err
		}
		return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Today", Content: []ui.Component{waits, ui.Stack{seen}}})
	}
}

// catchUp waits until the fleet answers on all that has been decided.
func (h *house) catchUp() {
	h.T.Helper()
	roomtest.Await(h.T, h.room.Devices)
}

// visitor is a browser in which somebody has signed in.
type visitor struct {
	*house
	pagetest.Visitor
}

// somebody is a person with a role in a body, the same each time. Without a role they are of the body, and no more.
func (h *house) somebody(name string, role people.Role, body string) visitor {
	h.T.Helper()
	return h.known(name, people.Particulars{Name: name, UserName: strings.ReplaceAll(name, " ", ".")}, role, body)
}

// known is whoever is known by the key; at first, they are added.
func (h *house) known(key string, who people.Particulars, role people.Role, body string) visitor {
	h.T.Helper()
	if v, is := h.here[key]; is {
		return v
	}
	h.here[key] = visitor{h, h.Somebody(who, role, body)}
	return h.here[key]
}

// proposes opens a proposal.
func (v visitor) proposes(d rooms.Draft) rooms.Proposal {
	v.T.Helper()
	p, err := v.room.Propose(v.T.Context(), v.Actor(), d)
	if err != nil {
		v.T.Fatal(err)
	}
	v.catchUp()
	return p
}

// takes takes a step besides the pages.
func (v visitor) takes(id string, do rooms.Doing) rooms.Proposal {
	v.T.Helper()
	now, err := v.room.Proposal(v.T.Context(), v.Actor(), id)
	if err != nil {
		v.T.Fatal(err)
	}
	do.Version = now.Version
	p, err := v.room.Take(v.T.Context(), v.Actor(), id, do)
	if err != nil {
		v.T.Fatal(err)
	}
	v.catchUp()
	return p
}

// verdict is what the rules say of an identifier on a host now.
func (h *house) verdict(host, identifier string) string {
	h.T.Helper()
	h.catchUp()
	judged, err := h.room.Devices.Decisions(h.T.Context(), pagetest.Command, devices.PastQuery{Host: host})
	if err != nil {
		h.T.Fatal(err)
	}
	for _, d := range judged.Decisions {
		if d.Identifier == identifier {
			return d.Verdict.String()
		}
	}
	return "not there"
}

// answers opens the page of an act and sends its form with what is given and the version that it shows.
func (v visitor) answers(id string, act rooms.Act, pairs ...string) pagetest.Page {
	v.T.Helper()
	path := approvals.ProposalPath(id, string(act))
	version := v.Get(path).Shows(http.StatusOK).Fields().Get("version")
	if version == "" {
		v.T.Fatalf("%s: no version in its form", path)
	}
	return v.Post(path, append(pairs, "version", version)...)
}

// ban is a draft of one.
func ban(scope, product string) rooms.Draft {
	return rooms.Draft{Kind: rooms.Ban, Reason: "It sends contacts abroad", Narrower: "It does so on every platform", Content: rooms.Content{Rule: &policy.Rule{
		Effect: policy.Ban, Target: policy.Target{Product: product}, Scope: scope, Clearance: "minister", Mitigations: []string{"dedicated-device"},
	}}}
}

// exemption is a draft of one from the ban of Parrot Chat, for one device.
func exemption(scope, host, person string) rooms.Draft {
	return rooms.Draft{Kind: rooms.Exemption, Reason: "The press office must see what is said of the fog signals there", For: person, Content: rooms.Content{Exemption: &policy.Exemption{
		Lifts: []string{"ban-parrot"}, Product: "parrot", Scope: scope, Subject: policy.ExemptionSubject{Host: host}, Purpose: "to read what the public says", Period: policy.Period{Until: noon.AddDate(0, 3, 0)},
	}}}
}

// request is a draft that asks for an app.
func request(scope, product string) rooms.Draft {
	return rooms.Draft{Kind: rooms.Allow, Reason: "The pilots plan by it", Content: rooms.Content{Rule: &policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: product}, Scope: scope}}}
}
