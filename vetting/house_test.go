package vetting_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/vetting"
	"portcullis/vetting/apk/apktest"
	"portcullis/vetting/report"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, register.Schema, devices.Schema, approvals.Schema, vetting.Schema}
	command = people.Actor{Command: true}
)

// house is a government with an app on its devices of which nobody has looked into the file yet.
const house = `
organisations:
  - {id: gov, name: Government}
  - {id: dept-a, name: Department A, parent: gov}
  - {id: dept-b, name: Department B, parent: gov}
  - {id: police, name: Police}
suppliers:
  - {id: maker, name: Umber Apps Ltd}
products:
  - {id: notes, kind: app, name: Notes, supplier: maker, identifiers: {android: [com.notes]}}
hosts:
  - {id: a1, kind: device, organisation: dept-a, platform: android, installed: [{identifier: com.politedroid, version: "1.5"}, {identifier: com.notes, version: "2"}]}
  - {id: b1, kind: device, organisation: dept-b, platform: android, installed: [{identifier: com.politedroid, version: "1.4"}]}
`

// server is one server over the test's database.
type server struct {
	*vetting.Room
	devices *devices.Room
	clock   *storetest.Clock
	here    map[string]one

	sequencer *ledger.Sequencer
}

func start(t testing.TB, open storetest.Open, clock *storetest.Clock) *server {
	t.Helper()
	persons := roomtest.People(t, open, clock, slog.New(slog.DiscardHandler), people.Kinds, alerts.Kinds, register.Kinds, devices.Kinds, approvals.Kinds, vetting.Kinds)
	outbox, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: people.MailboxOf, Ledger: persons.Ledger, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	things := roomtest.Devices(t, persons, clock)
	decisions := &approvals.Room{People: persons, Devices: things, Outbox: outbox}
	return &server{Room: vetting.New(persons, decisions, things.Fleet), devices: things, clock: clock, here: map[string]one{}}
}

// each runs a test on both engines, with a server over the house.
func each(t *testing.T, test func(t *testing.T, s *server)) {
	t.Helper()
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		s := start(t, open, storetest.NewClock(noon))
		roomtest.Import(t, s.devices, house)
		test(t, s)
	})
}

// one is somebody who has signed in.
type one struct {
	people.Actor
	id string
}

// somebody is a person with a role in a body, the same each time; a name tells several apart.
func (s *server) somebody(t testing.TB, role people.Role, body, name string) one {
	t.Helper()
	key := fmt.Sprintf("%s@%s/%s", role, body, name)
	if a, known := s.here[key]; known {
		return a
	}
	home := body
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

// polite is a made app, as devices of the house have it; somebody has signed it where a signer is given.
func polite(t testing.TB, version string, signer *apktest.Signer, classes ...string) []byte {
	t.Helper()
	return apktest.Build(t, apktest.App{Package: "com.politedroid", VersionName: version, VersionCode: 4, Permissions: []string{"android.permission.READ_CONTACTS"}, Classes: classes, Signer: signer})
}

func upload(name string, text []byte, body, proposal string) vetting.Upload {
	return vetting.Upload{Organisation: body, Proposal: proposal, Name: name, Size: int64(len(text)), File: bytes.NewReader(text)}
}

func (s *server) assess(t testing.TB, who one, u vetting.Upload) vetting.Assessment {
	t.Helper()
	s.clock.Advance(time.Second) // what is later has a later id
	a, err := s.Assess(t.Context(), who.Actor, u)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// ask opens a request for an app that devices have.
func (s *server) ask(t testing.TB, who one, body, identifier string) approvals.Proposal {
	t.Helper()
	p, err := s.Approvals.Propose(t.Context(), who.Actor, approvals.Draft{Kind: approvals.Allow, Reason: "For work", Content: approvals.Content{
		Rule:  &policy.Rule{Effect: policy.Allow, Scope: body, Platforms: []policy.Platform{policy.Android}},
		Found: &register.Found{Platform: policy.Android, Identifier: identifier, Name: "Polite"}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// answers answer everything that is not met or not known.
func answers(a *vetting.Assessment) (said []vetting.Answer) {
	for _, c := range a.Report.Criteria {
		if c.Result != report.Met {
			said = append(said, vetting.Answer{Criterion: c.ID, Text: "Seen, and it is needed"})
		}
	}
	return said
}

// allowing is a conclusion that an app may be allowed.
func allowing(a *vetting.Assessment, p approvals.Proposal) vetting.Conclusion {
	return vetting.Conclusion{Assessment: a.ID, Proposal: p.ID, Version: p.Version, Outcome: vetting.Allow, Rationale: "It does one thing.", Risk: "Small.", Answers: answers(a)}
}

// entries are the payloads of the entries of a kind that the ledger has.
func (s *server) entries(t testing.TB, kind string) (payloads []string) {
	t.Helper()
	if s.sequencer == nil {
		secret, _, err := note.GenerateKey(rand.Reader, "ledger.example/test")
		if err != nil {
			t.Fatal(err)
		}
		key, err := ledger.ParseKey(secret)
		if err != nil {
			t.Fatal(err)
		}
		if s.sequencer, err = ledger.NewSequencer(s.People.DB, s.People.Ledger, key, "test", s.People.Log); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.sequencer.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		payloads = nil
		all, err := ledger.Entries(tx, 0, 5000)
		for _, e := range all {
			if e.Kind.Name == kind {
				payloads = append(payloads, string(e.Payload))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return payloads
}

// named is a made app that goes by a name.
func named(t testing.TB, name string) []byte {
	t.Helper()
	return apktest.Build(t, apktest.App{Package: name, VersionName: "1", VersionCode: 1})
}
