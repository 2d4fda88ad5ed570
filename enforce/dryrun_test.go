package enforce_test

import (
	"crypto/rand"
	"slices"
	"testing"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/internal/pagetest"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// coast has an app on several platforms, with a name on the network; a ban that ends by itself, and a device of
// somebody whom the centre knows alone.
const coast = `
organisations:
  - {id: gov}
  - {id: light, parent: gov}
  - {id: fog, parent: gov}
products:
  - {id: parrot, kind: app, name: Parrot, domains: [parrot.example], identifiers: {android: [com.parrot], ios: [org.parrot], macos: ["ABCDE12345:org.parrot"], windows: ["publisher:O=PARROT, C=GB|PARROT|*"], chrome: [abcdefghijklmnopabcdefghijklmnop], firefox: [parrot@parrot.example]}}
  - {id: maps, kind: app, name: Maps, identifiers: {android: [com.maps]}}
rules:
  - {id: allow-parrot, effect: allow, target: {product: parrot}, scope: gov, from: 2026-01-01, reason: "for work"}
  - {id: ban-maps, effect: ban, target: {product: maps}, components: false, clearance: none, scope: gov, from: 2026-01-01, until: 2026-03-05, reason: "a reason"}
  - {id: allow-maps, effect: allow, target: {product: maps}, scope: gov, from: 2026-01-01, reason: "for work"}
hosts:
  - {id: known-to-few, kind: device, organisation: fog, platform: android}
`

// harbour is a server on which something is proposed, and a centre officer who proposes it.
type harbour struct {
	*pagetest.House
	lists   *enforce.Room
	rooms   *approvals.Room
	officer pagetest.Visitor
}

func eachHarbour(t *testing.T, test func(h *harbour)) {
	schemas := []store.Schema{ledger.Schema, people.Schema, alerts.Schema, register.Schema, devices.Schema, enforce.Schema, approvals.Schema}
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		h := &harbour{House: pagetest.New(t, open, noon, people.Kinds, alerts.Kinds, register.Kinds, devices.Kinds, approvals.Kinds)}
		things := h.Devices()
		outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: h.People.Ledger, Chance: rand.Reader})
		h.Do(outbox, err)
		h.lists = &enforce.Room{People: h.People, Fleet: things.Fleet}
		h.rooms = &approvals.Room{People: h.People, Devices: things, Outbox: outbox}
		h.Import(h.rooms.Devices, coast)
		roomtest.Follow(t, things)
		h.officer = h.SignIn(h.Person("gov", people.Particulars{Name: "Ada", Mail: "ada@gov.example"}, people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere}))
		test(h)
	})
}

// proposes opens a proposal and returns its id.
func (h *harbour) proposes(d approvals.Draft) string {
	h.T.Helper()
	p, err := h.rooms.Propose(h.T.Context(), h.officer.Actor(), d)
	h.Do(p, err)
	return p.ID
}

func (h *harbour) tries(proposal string, q enforce.Query) *enforce.DryRun {
	h.T.Helper()
	d, err := h.lists.DryRun(h.T.Context(), h.officer.Actor(), h.rooms, proposal, q)
	h.Do(d, err)
	return d
}

// banned is a draft of a ban of the app on all platforms.
func banned(scope string) approvals.Draft {
	return approvals.Draft{Kind: approvals.Ban, Reason: "a reason", Narrower: "nothing would do", Content: approvals.Content{
		Rule: &policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: scope, Clearance: policy.ClearanceNone}}}
}

// everyForm asks for each form on each of its platforms, for a body.
func everyForm(organisation string) (all []enforce.Query) {
	for _, f := range enforce.Forms {
		for _, p := range append(slices.Clone(f.Platforms), 0)[:max(len(f.Platforms), 1)] {
			all = append(all, enforce.Query{Form: f.Name, Organisation: organisation, Platform: p})
		}
	}
	return all
}

// TestDryRunOfNothing holds that where a list stays the same nothing is said to differ, in any form: not for the time
// that has gone by, nor for what a date brings before what is proposed begins.
func TestDryRunOfNothing(t *testing.T) {
	eachHarbour(t, func(h *harbour) {
		now, later := h.proposes(banned("light")), banned("light")
		later.Rule.From = noon.AddDate(0, 0, 9) // another ban has ended by then
		then := h.proposes(later)
		h.Clock.Advance(3600e9)
		for _, q := range everyForm("fog") {
			for _, proposal := range []string{now, then} {
				if d := h.tries(proposal, q); d.Diff != "" || len(d.Changes)+len(d.Domains) > 0 || d.Before.SHA256 != d.After.SHA256 {
					t.Errorf("%+v: %v %v %s", q, d.Changes, d.Domains, d.Diff)
				}
			}
		}
		changed := 0
		for _, q := range everyForm("light") {
			d := h.tries(then, q)
			if len(d.Changes) > 1 {
				t.Errorf("%+v: what a date brings is laid on the ban: %v", q, d.Changes)
			}
			if !d.From.Equal(later.Rule.From) {
				t.Errorf("from %s", d.From)
			}
			if d.Diff != "" {
				changed++
			}
		}
		if changed < 8 {
			t.Errorf("the ban changes %d artefacts where it holds", changed)
		}
	})
}

// TestDryRunComes holds that what a dry run shows is what comes of signing.
func TestDryRunComes(t *testing.T) {
	eachHarbour(t, func(h *harbour) {
		id := h.proposes(banned("light"))
		q := enforce.Query{Form: "android", Organisation: "light"}
		before, err := h.lists.Artefact(t.Context(), h.officer.Actor(), q)
		h.Do(before, err)
		d := h.tries(id, q)
		if d.Before.SHA256 != before.SHA256 || len(d.Changes) != 1 || !d.Changes[0].Was.Listed || !d.Changes[0].Is.Bans() {
			t.Fatalf("%+v", d)
		}
		if again, err := h.lists.Artefact(t.Context(), h.officer.Actor(), q); err != nil || again != before {
			t.Errorf("what is shared was changed by trying: %v", err)
		}
		for _, name := range []string{"Grace", "Mary"} {
			signs := h.SignIn(h.Person("light", people.Particulars{Name: name, Mail: name + "@light.example"}, people.Grant{Role: people.SecurityOfficer, Organisation: "light"}))
			v, err := h.rooms.Proposal(t.Context(), signs.Actor(), id)
			h.Do(v, err)
			if v.State == approvals.Waiting {
				h.Do(h.rooms.Take(t.Context(), signs.Actor(), id, approvals.Doing{Act: approvals.Sign, Version: v.Version}))
			}
		}
		h.Do(nil, h.lists.Fleet.Follow(t.Context()))
		after, err := h.lists.Artefact(t.Context(), h.officer.Actor(), q)
		h.Do(after, err)
		if after.Digest() != d.After.Digest() || after.Digest() == before.Digest() {
			t.Errorf("the list is %s, and the dry run said %s", after.Data, d.After.Data)
		}
		if _, err := h.lists.DryRun(t.Context(), h.officer.Actor(), h.rooms, id, q); !fault.Is(err, fault.Conflict) {
			t.Errorf("of what is decided: %v", err)
		}
	})
}

// TestDryRunOfMarked holds that an exemption which only those know of who are assigned to it is named nowhere, and tried
// by nobody else.
func TestDryRunOfMarked(t *testing.T) {
	eachHarbour(t, func(h *harbour) {
		other := h.SignIn(h.Person("fog", people.Particulars{Name: "Edith", Mail: "edith@fog.example"}, people.Grant{Role: people.SecurityOfficer, Organisation: "fog"}))
		var assigned []string
		for _, name := range []string{"Rosa", "Clara"} {
			p := h.Person("fog", people.Particulars{Name: name, Mail: name + "@fog.example"}, people.Grant{Role: people.SecurityOfficer, Organisation: "fog"})
			assigned = append(assigned, p.ID)
		}
		id := h.proposes(approvals.Draft{Kind: approvals.Exemption, Reason: "a reason", Marked: true, Audience: assigned, Content: approvals.Content{Exemption: &policy.Exemption{
			Lifts: []string{"ban-maps"}, Product: "maps", Scope: "fog", Subject: policy.ExemptionSubject{Host: "known-to-few"}, Purpose: "work", Period: policy.Period{Until: noon.AddDate(0, 0, 3)}}}})
		q := enforce.Query{Form: "android", Host: "known-to-few"}
		d := h.tries(id, q)
		if len(d.Changes) != 1 {
			t.Fatalf("it changes %v", d.Changes)
		}
		for _, ids := range [][]string{d.Changes[0].Is.Decisions, d.After.Decisions(), d.After.Manifest().Decisions} {
			for _, named := range ids {
				if !slices.Contains([]string{"allow-parrot", "allow-maps", "ban-maps"}, named) {
					t.Errorf("%s is named in %v", named, ids)
				}
			}
		}
		if d, err := h.lists.DryRun(t.Context(), other.Actor(), h.rooms, id, q); d != nil || err == nil {
			t.Errorf("it is tried by one who is not assigned to it: %+v %v", d, err)
		}
	})
}
