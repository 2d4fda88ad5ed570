package enforce_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// BenchmarkZones is what a ban costs where each of 400 bodies has a zone of 300 names: from the decision to the new
// serials of all of them, on SQLite.
func BenchmarkZones(b *testing.B) {
	const bodies, apps = 400, 300
	var world strings.Builder
	world.WriteString("organisations:\n  - {id: gov}\n")
	for i := range bodies {
		fmt.Fprintf(&world, "  - {id: body%d, parent: gov}\n", i)
	}
	world.WriteString("products:\n")
	for i := range apps + 200 {
		fmt.Fprintf(&world, "  - {id: app%d, kind: app, domains: [app%d.example]}\n", i, i)
	}
	world.WriteString("rules:\n")
	for i := range apps {
		fmt.Fprintf(&world, "  - {id: ban%d, effect: ban, target: {product: app%d}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: r}\n", i, i)
	}
	clock := storetest.NewClock(noon)
	open := storetest.Opener(b, store.Options{Data: b.TempDir()}, schemas)
	persons := roomtest.People(b, open, clock, slog.New(slog.DiscardHandler), people.Kinds, register.Kinds, devices.Kinds, enforce.Kinds)
	o := &office{people: persons, things: roomtest.Devices(b, persons, clock), clock: clock}
	o.load(b, world.String())
	n := o.resolving(b)
	for i := range bodies {
		if _, _, err := n.room.AddZone(b.Context(), command, enforce.Zone{Name: fmt.Sprintf("rpz.body%d.example", i), Organisation: fmt.Sprintf("body%d", i)}); err != nil {
			b.Fatal(err)
		}
	}
	n.look(b)
	next := apps
	for b.Loop() {
		b.StopTimer()
		n.decide(b, policy.Rule{ID: fmt.Sprint("late", next), Effect: policy.Ban, Target: policy.Target{Product: fmt.Sprint("app", next)}})
		n.follow(b)
		next++
		b.StartTimer()
		n.lookAgain(b)
	}
}
