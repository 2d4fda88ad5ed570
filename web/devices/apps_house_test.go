package devices_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"portcullis/approvals"
	rooms "portcullis/devices"
	"portcullis/internal/pagetest"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/web/devices"
	"portcullis/web/gate"
)

// springTime is when these tests take place.
var springTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var roomSchemas = []store.Schema{ledger.Schema, people.Schema, register.Schema, rooms.Schema, approvals.Schema}

// quay is the pages about apps over the rooms that they show.
type quay struct {
	*pagetest.House
	devices *rooms.Room
	intake  *rooms.Intake
	held    int
}

// eachQuay runs test on both engines, over the world of a text.
func eachQuay(t *testing.T, text string, test func(q *quay)) {
	storetest.Run(t, roomSchemas, func(t *testing.T, open storetest.Open) { test(quayOver(t, open, text)) })
}

// inSQLite opens a database of one test alone: a browser sees no difference between the engines.
func inSQLite(t testing.TB) storetest.Open {
	return storetest.Opener(t, store.Options{Data: t.TempDir()}, roomSchemas)
}

// quayOver is a quay over the world of a text, in spring, whose fleet follows by itself.
func quayOver(t testing.TB, open storetest.Open, text string) *quay {
	t.Helper()
	q := newQuay(t, open, springTime)
	q.follows()
	q.Import(q.devices, text)
	q.catchUp()
	return q
}

// newQuay is a quay with nothing in it.
func newQuay(t testing.TB, open storetest.Open, at time.Time) *quay {
	t.Helper()
	q := &quay{House: pagetest.New(t, open, at, people.Kinds, register.Kinds, rooms.Kinds, approvals.Kinds)}
	q.Log = slog.New(slog.DiscardHandler) // the intake goes on for a moment when the test has ended
	q.People.Log = q.Log
	q.devices = q.Devices()
	q.intake = rooms.NewIntake(q.devices, q.Clock.Now)
	go q.intake.Run(t.Context())
	q.Serve(devices.Places(), q.routes()...)
	return q
}

// follows has the fleet follow by itself from now on.
func (q *quay) follows() {
	roomtest.Run(q.T, q.devices.Fleet.Run)
}

func (q *quay) routes() []gate.Route {
	return devices.Routes(devices.Rooms{Devices: q.devices, Register: &register.Room{People: q.People}, People: q.People, Approvals: &approvals.Room{People: q.People, Devices: q.devices}})
}

// catchUp waits until the fleet answers on all that has been decided.
func (q *quay) catchUp() {
	q.T.Helper()
	roomtest.Await(q.T, q.devices)
}

// decided adds a rule as somebody has decided it, and returns its id. It holds since a while, unless it says since when.
func (q *quay) decided(rule policy.Rule) string {
	q.T.Helper()
	if rule.From.IsZero() {
		rule.From = springTime.AddDate(0, -1, 0)
	}
	return does(q, func(tx *people.Tx) (policy.Rule, error) { return register.AddRule(tx, rule) }).ID
}

// ends has a rule end, now where no time is given.
func (q *quay) ends(rule string, until time.Time, reason string) {
	q.T.Helper()
	does(q, func(tx *people.Tx) (policy.Rule, error) {
		return register.EndRule(tx, rule, people.TimeOf(until), reason)
	})
}

// guest is a browser in which somebody with a role has signed in.
type guest struct{ pagetest.Visitor }

func (q *quay) guest(role people.Role, organisation string) guest {
	if organisation == people.Everywhere {
		return q.guestOf(role, organisation, "gov")
	}
	return q.guestOf(role, organisation, organisation)
}

// guestOf is one whose home is another organisation than the one that their role is for.
func (q *quay) guestOf(role people.Role, organisation, home string) guest {
	q.T.Helper()
	q.held++
	who := people.Particulars{Name: "Holder of " + role.Name(), Mail: fmt.Sprintf("holder-%d@merrow.example", q.held)}
	return guest{q.SignIn(q.Person(home, who, people.Grant{Role: role, Organisation: organisation}))}
}

// answer opens a question, fills it in and sends it.
func (v guest) answer(path string, pairs ...string) pagetest.Page {
	return v.Send(path, v.Get(path).Shows(200).Filled(pairs...))
}

// told has a device report an identifier by a name, as its tool does.
func (q *quay) told(reports ...rooms.Report) {
	q.T.Helper()
	got, err := q.intake.Report(q.T.Context(), pagetest.Command, reports)
	if err != nil {
		q.T.Fatal(err)
	}
	for _, err := range got.Errors {
		if err != nil {
			q.T.Fatal(err)
		}
	}
	deadline := time.Now().Add(20 * time.Second)
	for _, r := range reports {
		for {
			if h, _, err := q.devices.Fleet.Index().Verdicts(r.Host); err == nil && len(h.Installed) >= len(r.Installed) {
				break
			}
			if time.Now().After(deadline) {
				q.T.Fatalf("%s is not known", r.Host)
			}
			q.devices.Fleet.Wake()
		}
	}
}

// inventory is a report of a device of A.
func inventory(host, identifier, name, publisher string) rooms.Report {
	return rooms.Report{
		Host: host, Organisation: "dept-a", Platform: policy.Android, Installed: []policy.Installation{{Identifier: identifier, Version: "1"}},
		Names: []rooms.Named{{Identifier: identifier, Platform: policy.Android, Name: name, Publisher: publisher}},
	}
}
