// Package roomtest puts together the rooms that tests of higher rooms stand on, over a test's database: people, and
// devices with their fleet, which follows when it is told to.
package roomtest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"portcullis/devices"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/world"
)

// Command is whoever sits at the server, who may do what a test begins with.
var Command = people.Actor{Command: true}

// People is the room of people over a database. Its ledger takes these kinds.
func People(t testing.TB, open storetest.Open, clock *storetest.Clock, log *slog.Logger, kinds ...[]ledger.Kind) *people.Room {
	t.Helper()
	book, err := ledger.New(rand.Reader, slices.Concat(kinds...)...)
	if err != nil {
		t.Fatal(err)
	}
	return &people.Room{DB: open(clock.Now), Ledger: book, Chance: rand.Reader, Log: log}
}

// Devices is the room of devices beside that of people, as a server has it.
func Devices(t testing.TB, persons *people.Room, clock *storetest.Clock) *devices.Room {
	t.Helper()
	server, err := persons.DB.NewID()
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := devices.OpenFleet(t.Context(), persons.DB, clock.Now, persons.Log)
	if err != nil {
		t.Fatal(err)
	}
	return &devices.Room{People: persons, Server: server, Fleet: fleet}
}

// Load reads the world of a text. It closes with the test.
func Load(t testing.TB, text string, options world.Options) *world.Loaded {
	t.Helper()
	path := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := world.Load(path, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = loaded.Close() })
	return loaded
}

// Import imports the world of a text, and has the fleet follow.
func Import(t testing.TB, things *devices.Room, text string) {
	t.Helper()
	if _, err := things.Import(t.Context(), Command, Load(t, text, world.Options{}), nil); err != nil {
		t.Fatal(err)
	}
	Follow(t, things)
}

// Follow has the fleet answer on all that was done.
func Follow(t testing.TB, things *devices.Room) {
	t.Helper()
	if err := things.Fleet.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Await waits until a fleet that follows by itself answers on all that was done.
func Await(t testing.TB, things *devices.Room) {
	t.Helper()
	entry, err := things.People.Enter(t.Context(), Command, "")
	if err == nil {
		err = things.Fleet.Await(t.Context(), entry.Generation)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Run runs what a server runs beside its rooms, until it is stopped: at the latest, at the end of the test.
func Run(t testing.TB, runs ...func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, run := range runs {
		running.Go(func() { run(ctx) })
	}
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return stop
}
