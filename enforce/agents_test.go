package enforce_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// times compares times.
var times = cmp.Comparer(func(a, b store.Time) bool { return a == b })

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, alerts.Schema, register.Schema, devices.Schema, enforce.Schema, approvals.Schema}
	command = people.Actor{Command: true}
)

// office is one server over the test's database.
type office struct {
	*enforce.Agents
	people *people.Room
	things *devices.Room
	intake *devices.Intake
	clock  *storetest.Clock
	stop   func()
}

// each runs test on both engines with the first of the servers that another opens, over two bodies.
func each(t *testing.T, test func(t *testing.T, o *office, another func() *office)) {
	eachOf(t, bodies, test)
}

// eachOf is each over the world of a text.
func eachOf(t *testing.T, text string, test func(t *testing.T, o *office, another func() *office)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		another := func() *office { return opened(t, open, clock) }
		first := another()
		first.load(t, text)
		test(t, first, another)
	})
}

const bodies = `
organisations:
  - {id: gov}
  - {id: dept-a, parent: gov}
  - {id: dept-b, parent: gov, list: own}
products:
  - {id: parrot, kind: app, name: Parrot, identifiers: {macos: ["ABCDE12345:com.parrot"]}}
  - {id: notes, kind: app, name: Notes, identifiers: {macos: ["ABCDE12345:com.notes"]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: "a reason"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, reason: "for work"}
`

func opened(t testing.TB, open storetest.Open, clock *storetest.Clock) *office {
	t.Helper()
	persons := roomtest.People(t, open, clock, slog.New(slog.DiscardHandler), people.Kinds, register.Kinds, devices.Kinds, enforce.Kinds)
	things := roomtest.Devices(t, persons, clock)
	o := &office{Agents: enforce.NewAgents(persons, things.Fleet, clock.Now), people: persons, things: things, intake: devices.NewIntake(things, clock.Now), clock: clock}
	o.stop = roomtest.Run(t, o.intake.Run, o.Agents.Run)
	return o
}

// load imports a world file, and has the fleet follow.
func (o *office) load(t testing.TB, text string) { t.Helper(); roomtest.Import(t, o.things, text) }

func (o *office) follow(t testing.TB) { t.Helper(); roomtest.Follow(t, o.things) }

// token makes a token that keys of devices are made from.
func (o *office) token(t testing.TB, organisation string) people.Made {
	t.Helper()
	made, err := o.people.MakeToken(t.Context(), command, "keys", people.Grant{Role: people.DeviceAdministrator, Organisation: organisation}, store.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// keyed is a device with a key of its own.
func keyed(made people.Made, host string) people.Actor {
	return people.Actor{Agent: people.Agent{Token: made.ID, Host: host, Key: people.DeviceKey(made.Secret, host, 0)}}
}

// enrol has a Mac report itself, so that it is known.
func (o *office) enrol(t testing.TB, actor people.Actor) {
	t.Helper()
	got, err := o.intake.Report(t.Context(), actor, []devices.Report{{Host: actor.Agent.Host, Platform: policy.MacOS, NoInventory: true}})
	if err != nil || got.Errors[0] != nil {
		t.Fatal(err, got.Errors)
	}
	o.follow(t)
}

// open asks for an agent.
func (o *office) open(t testing.TB, actor people.Actor) enforce.Agent {
	t.Helper()
	a, _, err := o.Open(t.Context(), actor, "santa")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (o *office) put(t testing.TB, actor people.Actor, c enforce.Step) enforce.Agent {
	t.Helper()
	a, err := o.Put(t.Context(), actor, "santa", c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// confirms has an agent confirm a content.
func confirms(digest string, generation int64) func(*enforce.Agent, store.Time) error {
	return func(a *enforce.Agent, now store.Time) error {
		c := enforce.Content{Clock: enforce.Clock{Digest: digest, Generation: generation, At: now}, Base: "base-" + digest, Own: []byte("own " + digest)}
		a.Offered, a.Fetched, a.Confirmed = c, c.Clock, c
		return nil
	}
}

// rows are what a query finds, a row a line.
func (o *office) rows(t testing.TB, query string, columns int) (found []string) {
	t.Helper()
	err := o.people.DB.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Rows(query, nil, func(scan func(...any) error) error {
			values := make([]any, columns)
			into := make([]any, columns)
			for i := range values {
				into[i] = &values[i]
			}
			err := scan(into...)
			found = append(found, strings.TrimSpace(fmt.Sprintln(values...)))
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAgents(t *testing.T) {
	each(t, func(t *testing.T, o *office, another func() *office) {
		made := o.token(t, "dept-a")
		mac := keyed(made, "mac-1")
		if _, _, err := o.Open(t.Context(), mac, "santa"); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody knows it: %v", err)
		}
		o.enrol(t, mac)
		if diff := cmp.Diff(enforce.Agent{Host: "mac-1", Form: "santa"}, o.open(t, mac), times); diff != "" {
			t.Errorf("a new agent (-want +got):\n%s", diff)
		}
		put := o.put(t, mac, enforce.Step{Do: confirms("one", 3)})
		if put.Confirmed.Digest != "one" || !put.Confirmed.At.Time().Equal(noon) || !put.Settled() {
			t.Errorf("what was put: %+v", put)
		}
		other := another()
		for name, server := range map[string]*office{"its own": o, "another": other} {
			if diff := cmp.Diff(put, server.open(t, mac), times); diff != "" {
				t.Errorf("on %s server (-put +got):\n%s", name, diff)
			}
		}
		refused := fault.New(fault.Conflict, "no")
		if _, err := o.Put(t.Context(), mac, "santa", enforce.Step{Do: func(a *enforce.Agent, _ store.Time) error {
			a.Confirmed.Digest = "never"
			return refused
		}}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a change that cannot be: %v", err)
		}
		o.put(t, mac, enforce.Step{Do: confirms("two", 4)})
		o.put(t, mac, enforce.Step{Do: confirms("two", 5)}) // nothing new was taken
		taken := o.rows(t, `SELECT host, form, generation FROM enforce_taken ORDER BY generation`, 3)
		if diff := cmp.Diff([]string{"mac-1 santa 3", "mac-1 santa 4"}, taken); diff != "" {
			t.Errorf("taken (-want +got):\n%s", diff)
		}
	})
}

// TestAgentsAreTheirOwn attacks: nobody opens the agent of another device, nor one that they may not.
func TestAgentsAreTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		made, foreign := o.token(t, "dept-a"), o.token(t, "dept-b")
		mac := keyed(made, "mac-1")
		o.enrol(t, mac)
		o.open(t, mac)
		taken := mac
		taken.Agent.Host = "mac-2"
		staff, err := o.people.MakeToken(t.Context(), command, "keys", people.Grant{Role: people.Staff, Organisation: "dept-a"}, store.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			actor people.Actor
			want  fault.Kind
		}{
			"another host's key":      {taken, fault.SignedOut},
			"another body's token":    {keyed(foreign, "mac-1"), fault.Refused},
			"a token that may not":    {keyed(staff, "mac-1"), fault.Refused},
			"a program":               {people.Actor{Token: made.Secret}, fault.Refused},
			"somebody at the console": {command, fault.Refused},
			"nobody":                  {people.Actor{}, fault.SignedOut},
		} {
			if _, _, err := o.Open(t.Context(), c.actor, "santa"); !fault.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		epoch, err := o.EndAgent(t.Context(), command, "mac-1")
		if err != nil || epoch != 1 {
			t.Fatal(epoch, err)
		}
		o.clock.Advance(time.Second)
		if _, _, err := o.Open(t.Context(), mac, "santa"); !fault.Is(err, fault.SignedOut) {
			t.Errorf("its keys have ended: %v", err)
		}
		mac.Agent.Key = people.DeviceKey(made.Secret, "mac-1", 1)
		o.open(t, mac)
		if _, err := o.EndAgent(t.Context(), people.Actor{Token: foreign.Secret}, "mac-1"); !fault.Is(err, fault.Refused) {
			t.Errorf("another body ended it: %v", err)
		}
	})
}

// TestStill holds that an unchanged agent costs no write until the flush, and that a flush never puts back what has
// changed meanwhile, on whichever server.
func TestStill(t *testing.T) {
	each(t, func(t *testing.T, o *office, another func() *office) {
		made := o.token(t, "dept-a")
		mac := keyed(made, "mac-1")
		o.enrol(t, mac)
		a := o.put(t, mac, enforce.Step{Do: confirms("one", 3)})
		stored := func() enforce.Agent {
			o.clock.Advance(time.Second)
			return o.open(t, mac)
		}
		o.clock.Advance(time.Minute)
		o.StillFetched(&a, 5)
		o.StillConfirmed(&a, 5)
		if got := stored(); got.Confirmed.Generation != 3 || got.Fetched.At != a.Fetched.At {
			t.Errorf("it was written at once: %+v", got)
		}
		if err := o.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := stored()
		if at := noon.Add(time.Minute); got.Confirmed.Generation != 5 || !got.Confirmed.At.Time().Equal(at) || !got.Fetched.At.Time().Equal(at) || got.Fetched.Generation != 5 || string(got.Confirmed.Own) != "own one" {
			t.Errorf("flushed: %+v", got)
		}
		if seen, err := o.people.Token(t.Context(), command, made.ID); err != nil || seen.Used.IsZero() {
			t.Errorf("the use of the token: %+v, %v", seen, err)
		}
		// Another server gives something else meanwhile: what this one heard is no longer so.
		o.clock.Advance(time.Minute)
		o.StillConfirmed(&got, 6)
		offered := another().put(t, mac, enforce.Step{Do: func(a *enforce.Agent, now store.Time) error {
			a.Fetched = enforce.Clock{Digest: "two", Generation: 6, At: now}
			return nil
		}})
		if err := o.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := stored(); got.Settled() || got.Confirmed.At != offered.Confirmed.At || got.Confirmed.Generation != 5 {
			t.Errorf("what is no longer known was confirmed: %+v", got)
		}
		// A clock that runs backwards takes nothing back.
		o.clock.Advance(-time.Hour)
		o.StillFetched(&offered, 1)
		if err := o.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.clock.Advance(2 * time.Hour)
		if got := stored(); got.Fetched.Generation != 6 {
			t.Errorf("the clock took back: %+v", got.Fetched)
		}
	})
}

// TestTogether has many change at once, on two servers: each finds what the others did.
func TestTogether(t *testing.T) {
	each(t, func(t *testing.T, o *office, another func() *office) {
		made, second := o.token(t, "dept-a"), another()
		var wait sync.WaitGroup
		for n := range 40 {
			server := []*office{o, second}[n%2]
			wait.Go(func() {
				_, err := server.Put(t.Context(), keyed(made, fmt.Sprint("mac-", n%4)), "santa", enforce.Step{
					Do: func(a *enforce.Agent, _ store.Time) error {
						a.Offered.Generation++
						return nil
					},
					Keep:      &enforce.Kept{Digest: "list", Form: "santa", Data: []byte("data")},
					Published: &enforce.Published{Form: "santa", Organisation: "dept-a", Platform: policy.MacOS, Digest: "list", Generation: int64(n)},
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if diff := cmp.Diff([]string{"mac-0 10", "mac-1 10", "mac-2 10", "mac-3 10"}, o.rows(t, `SELECT host, offered_generation FROM enforce_agents ORDER BY host`, 2)); diff != "" {
			t.Errorf("agents (-want +got):\n%s", diff)
		}
		if n := len(o.rows(t, `SELECT digest FROM enforce_published`, 1)); n != 1 {
			t.Errorf("one list was published %d times", n)
		}
		if data, err := o.List(t.Context(), "list"); err != nil || string(data) != "data" {
			t.Errorf("the list: %q, %v", data, err)
		}
		o.clock.Advance(25 * time.Hour)
		o.put(t, keyed(made, "mac-1"), enforce.Step{Do: confirms("x", 1), Keep: &enforce.Kept{Digest: "base-x", Form: "santa", Data: []byte("kept")}})
		o.clock.Advance(25 * time.Hour)
		if err := o.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"base-x"}, o.rows(t, `SELECT digest FROM enforce_lists`, 1)); diff != "" {
			t.Errorf("lists that some device has (-want +got):\n%s", diff)
		}
		o.clock.Advance(400 * 24 * time.Hour)
		if err := o.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := o.rows(t, `SELECT host FROM enforce_taken`, 1); len(left) != 0 {
			t.Errorf("kept for too long: %v", left)
		}
	})
}

// TestStops holds that nobody is told that something is written which is not.
func TestStops(t *testing.T) {
	each(t, func(t *testing.T, o *office, _ func() *office) {
		mac := keyed(o.token(t, "dept-a"), "mac-1")
		o.stop()
		if _, err := o.Put(t.Context(), mac, "santa", enforce.Step{Do: confirms("one", 1)}); !errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("the server has stopped: %v", err)
		}
	})
}
