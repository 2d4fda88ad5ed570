package approvals_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, register.Schema, devices.Schema, approvals.Schema}
	command = people.Actor{Command: true}
)

// house is a government with a few devices, a ban that a minister's office clears exemptions from, and a police
// force that is nobody's child.
const house = `
organisations:
  - {id: gov, name: Government}
  - {id: dept-a, name: Department A, parent: gov}
  - {id: unit, name: Unit of A, parent: dept-a}
  - {id: dept-b, name: Department B, parent: gov, list: own}
  - {id: office, name: Private Office, parent: gov}
  - {id: police, name: Police}
suppliers:
  - {id: group, name: Umber Group}
  - {id: maker, name: Umber Apps Ltd}
products:
  - {id: parrot, kind: app, name: Parrot Chat, supplier: maker, identifiers: {android: [com.parrot]}}
  - {id: notes, kind: app, name: Notes, identifiers: {android: [com.notes]}}
  - {id: maps, kind: app, name: Maps, identifiers: {android: [com.maps]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: minister, mitigations: [dedicated-device], scope: gov, from: 2026-01-01, reason: "a reason"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, reason: "for work"}
hosts:
  - {id: a1, kind: device, organisation: dept-a, platform: android, holder: anna, installed: [{identifier: com.parrot, version: "1"}, {identifier: com.notes, version: "2"}]}
  - {id: a2, kind: device, organisation: dept-a, platform: android, installed: [{identifier: com.notes, version: "2"}]}
  - {id: b1, kind: device, organisation: dept-b, platform: android, installed: [{identifier: com.maps, version: "2"}]}
  - {id: p1, kind: device, organisation: police, platform: android, installed: [{identifier: com.parrot, version: "2"}]}
`

// server is one server over the test's database.
type server struct {
	*approvals.Room
	clock *storetest.Clock
	book  *ledger.Ledger
	here  map[string]one // by role, body and name
}

func start(t testing.TB, open storetest.Open, clock *storetest.Clock) *server {
	t.Helper()
	persons := roomtest.People(t, open, clock, slog.New(slog.DiscardHandler), people.Kinds, alerts.Kinds, register.Kinds, devices.Kinds, approvals.Kinds)
	outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: persons.Ledger, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	room := &approvals.Room{People: persons, Devices: roomtest.Devices(t, persons, clock), Outbox: outbox}
	return &server{Room: room, clock: clock, book: persons.Ledger, here: map[string]one{}}
}

// each runs a test on both engines, with a server over the house.
func each(t *testing.T, test func(t *testing.T, s *server)) {
	run(t, func(t *testing.T, s *server) {
		s.load(t, house)
		test(t, s)
	})
}

// run runs a test on both engines, with a server over nothing.
func run(t *testing.T, test func(t *testing.T, s *server)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		test(t, start(t, open, storetest.NewClock(noon)))
	})
}

func (s *server) load(t testing.TB, text string) { t.Helper(); roomtest.Import(t, s.Devices, text) }

func (s *server) follow(t testing.TB) { t.Helper(); roomtest.Follow(t, s.Devices) }

func (s *server) desk() alerts.Desk { return alerts.Desk{People: s.People, Outbox: s.Outbox} }

// one is somebody who has signed in.
type one struct {
	people.Actor
	id string
}

// somebody is a person with a role in a body, the same each time; a name tells several apart. They work there, or
// where it is said.
func (s *server) somebody(t testing.TB, role people.Role, body, name string, at ...string) one {
	t.Helper()
	key := fmt.Sprintf("%s@%s/%s", role, body, name)
	if a, known := s.here[key]; known {
		return a
	}
	home := append(at, body)[0]
	if home == people.Everywhere {
		home = "gov"
	}
	p, err := s.People.AddPerson(t.Context(), command, home, people.Particulars{Name: name, UserName: key})
	if err == nil && role != "" {
		_, err = s.People.GiveRole(t.Context(), command, p.ID, people.Grant{Role: role, Organisation: body}, store.Period{})
	}
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.People.OpenSession(t.Context(), p.ID, "test", "", "")
	if err != nil {
		t.Fatal(err)
	}
	s.here[key] = one{people.Actor{Session: session}, p.ID}
	return s.here[key]
}

// take takes a step in what was proposed as it is now.
func (s *server) take(t testing.TB, who one, id string, do approvals.Doing) (approvals.Proposal, error) {
	t.Helper()
	if do.Version == 0 {
		v, err := s.Proposal(t.Context(), who.Actor, id)
		if err != nil {
			return v.Proposal, err
		}
		do.Version = v.Version
	}
	return s.Take(t.Context(), who.Actor, id, do)
}

// verdict is what the rules say of an identifier on a host now.
func (s *server) verdict(t testing.TB, host, identifier string) string {
	t.Helper()
	return verdictOf(t, s, host, identifier)
}

func verdictOf(t interface {
	Helper()
	Context() context.Context
	Fatal(...any)
}, s *server, host, identifier string) string {
	t.Helper()
	if err := s.Devices.Fleet.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	judged, err := s.Devices.Decisions(t.Context(), command, devices.PastQuery{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range judged.Decisions {
		if d.Identifier == identifier {
			return d.Verdict.String()
		}
	}
	return "not there"
}

// settle has a body belong elsewhere, as if all had agreed to it.
func settle(ctx context.Context, s *server, body string, p people.Position) error {
	_, err := people.Act(ctx, s.People, command, func(tx *people.Tx) (people.Organisation, error) {
		tx.Asked("it is what a test begins with")
		return tx.Settle(body, p, store.Time{})
	})
	return err
}
