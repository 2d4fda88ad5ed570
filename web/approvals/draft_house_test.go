package approvals_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	rooms "portcullis/approvals"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/people"
)

// draftWorld is a government with a ban that a minister's office clears exemptions from, and a police force that is
// nobody's child.
const draftWorld = `
organisations:
  - {id: gov, name: Government}
  - {id: dept-a, name: Department A, parent: gov}
  - {id: dept-b, name: Department B, parent: gov, list: own}
  - {id: police, name: Police}
suppliers:
  - {id: group, name: Umber Group}
  - {id: maker, name: Umber Apps Ltd, owned_by: [{supplier: group, from: 2024-05-01}]}
products:
  - {id: parrot, kind: app, name: Parrot Chat, supplier: maker, identifiers: {android: [com.parrot]}}
  - {id: notes, kind: app, name: Notes, identifiers: {android: [com.notes]}}
  - {id: maps, kind: app, name: Maps, identifiers: {android: [com.maps], ios: [org.maps]}, contains: [{product: tiles, since: "2"}]}
  - {id: tiles, kind: app, name: Tiles, identifiers: {android: [com.tiles]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: minister, mitigations: [dedicated-device], scope: gov, from: 2026-01-01, reason: "It reads contacts"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: dept-a, from: 2026-01-01, reason: "for work"}
  - {id: ban-tiles-b, effect: ban, target: {product: tiles}, components: false, clearance: none, scope: dept-b, from: 2026-01-01, reason: "It is old"}
exemptions:
  - {id: press, lifts: [ban-parrot], product: parrot, scope: dept-a, subject: {person: anna}, purpose: press work, mitigations: [dedicated-device], clearance: {office: minister, by: The Minister, at: 2026-01-02}, from: 2026-01-02, until: 2026-05-01}
hosts:
  - {id: a1, kind: device, organisation: dept-a, platform: android, holder: anna, groups: [press], installed: [{identifier: com.parrot, version: "1"}, {identifier: com.notes, version: "2"}]}
  - {id: a2, kind: device, organisation: dept-a, platform: android, installed: [{identifier: com.maps, version: "2"}]}
  - {id: a3, kind: device, organisation: dept-a, platform: android, installed: [{identifier: com.parrot, version: "1"}]}
  - {id: b1, kind: device, organisation: dept-b, platform: android, installed: [{identifier: com.maps, version: "2"}]}
  - {id: p1, kind: device, organisation: police, platform: android, installed: [{identifier: com.parrot, version: "2"}]}
`

// eachDrafting runs a test on both engines, over the world of those who draft.
func eachDrafting(t *testing.T, test func(t *testing.T, h *house)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) { test(t, newHouse(t, open, draftWorld)) })
}

// drafter is a person with a role in a body, the same each time; a name tells several apart.
func (h *house) drafter(role people.Role, body, name string) visitor {
	h.T.Helper()
	return h.known(fmt.Sprintf("%s@%s/%s", role, body, name), people.Particulars{Name: "The person " + name, UserName: name, Mail: name + "@merrow.example"}, role, body)
}

// proposed follows a browser to what it has just proposed.
func (v visitor) proposed(p pagetest.Page) rooms.View {
	v.T.Helper()
	id, is := strings.CutPrefix(p.Location, "/proposals/")
	id, _, _ = strings.Cut(id, "?")
	if p.Status != http.StatusSeeOther || !is || strings.Contains(id, "/") {
		v.T.Fatalf("%s: %d to %q: %.4000s", p.Request, p.Status, p.Location, p.Main())
	}
	v.Get(p.Location).Shows(http.StatusOK)
	view, err := v.room.Proposal(v.T.Context(), v.Actor(), id)
	if err != nil {
		v.T.Fatal(err)
	}
	return view
}
