package enforce

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/devices/index"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// BenchmarkUptake asks how far a ban has come with 1,000,000 devices of 400 organisations, 300,000 of them with an agent
// that has confirmed it, which are all that can tell. Beside the answer is how long it takes to read what the agents have
// and when they first had it, which the first who asks waits for.
func BenchmarkUptake(b *testing.B) {
	for name, options := range map[string]func() store.Options{
		"sqlite":   func() store.Options { return store.Options{Data: b.TempDir()} },
		"postgres": func() store.Options { return store.Options{Database: storetest.Database(b)} },
	} {
		b.Run(name, func(b *testing.B) { benchmarkUptake(b, options(), 1_000_000, 300_000) })
	}
}

func benchmarkUptake(b *testing.B, o store.Options, hosts, agents int) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := storetest.NewClock(at)
	open := storetest.Opener(b, o, []store.Schema{ledger.Schema, people.Schema, register.Schema, devices.Schema, Schema})
	persons := roomtest.People(b, open, clock, slog.New(slog.DiscardHandler), people.Kinds, register.Kinds, devices.Kinds, Kinds)
	things := roomtest.Devices(b, persons, clock)
	var world strings.Builder
	world.WriteString("organisations:\n  - {id: gov}\n")
	for i := range 400 {
		fmt.Fprintf(&world, "  - {id: dept-%d, parent: gov}\n", i)
	}
	world.WriteString("products:\n  - {id: parrot, kind: app, name: Parrot, identifiers: {macos: [\"ABCDE12345:com.parrot\"], android: [com.parrot], windows: [parrot.exe]}}\n" +
		"rules:\n  - {id: ban, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: \"a reason\"}\n")
	roomtest.Import(b, things, world.String())
	on := func(i int) policy.Platform {
		if i < agents {
			return policy.MacOS
		}
		return []policy.Platform{policy.Android, policy.Windows}[i%2]
	}
	for i := range hosts {
		row := index.Row{Kind: policy.Device, Organisation: fmt.Sprint("dept-", i%400), Ownership: policy.Corporate, Platform: on(i)}
		if _, err := things.Fleet.Index().Put(fmt.Sprintf("host-%07d", i), row); err != nil {
			b.Fatal(err)
		}
	}
	digest := strings.Repeat("d", 64)
	for first := 0; first < agents; first += 10_000 {
		err := persons.DB.Write(b.Context(), func(tx *store.Tx) error {
			var all []*Agent
			var taken []any
			for i := first; i < first+10_000; i++ {
				c := Clock{digest, 1 << 40, tx.Now().Add(time.Duration(i%3600) * time.Second)}
				a := &Agent{Host: fmt.Sprintf("host-%07d", i), Form: santaForm, Credential: "m", Enrolled: tx.Now(), Offered: Content{Clock: c, Base: digest}, Fetched: c, Confirmed: Content{Clock: c, Base: digest}}
				all, taken = append(all, a), append(taken, a.Host, a.Form, c.Generation, c.At)
			}
			if err := upsertAgents(tx, all); err != nil {
				return err
			}
			return insertTaken(tx, taken)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	clock.Advance(time.Hour)
	r := &Room{People: persons, Fleet: things.Fleet}
	begun := time.Now()
	if _, err := r.RuleUptake(b.Context(), roomtest.Command, "ban"); err != nil {
		b.Fatal(err)
	}
	first := time.Since(begun)
	warmed := &Room{People: persons, Fleet: things.Fleet}
	begun = time.Now()
	if err := warmed.warm(b.Context()); err != nil {
		b.Fatal(err)
	}
	reads := time.Since(begun)
	begun = time.Now()
	if _, err := warmed.RuleUptake(b.Context(), roomtest.Command, "ban"); err != nil {
		b.Fatal(err)
	}
	again := time.Since(begun)
	for b.Loop() {
		u, err := r.RuleUptake(b.Context(), roomtest.Command, "ban")
		if err != nil {
			b.Fatal(err)
		}
		if u.Total.Devices != hosts || u.Total.Confirmed != agents || len(u.Bodies) != 400 || u.Curve[mostPoints-1].Confirmed != agents {
			b.Fatalf("it counts %+v", u.Total)
		}
	}
	b.ReportMetric(float64(first.Milliseconds()), "ms-first")
	b.ReportMetric(float64(reads.Milliseconds()), "ms-read-at-start")
	b.ReportMetric(float64(again.Milliseconds()), "ms-first-warmed")
}
