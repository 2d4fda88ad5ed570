package devices_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/policy"
	"portcullis/store"
)

// BenchmarkKeeper writes that 100,000 breaches opened by one decision, and closed by another; and compares
// all of them with what is in breach, as a server does that takes over.
func BenchmarkKeeper(b *testing.B) {
	const hosts = 100_000
	var text strings.Builder
	text.WriteString(house + "hosts:\n")
	for i := range hosts {
		fmt.Fprintf(&text, "  - {id: h-%06d, kind: device, organisation: dept-a, ownership: corporate, platform: android, installed: [{identifier: com.notes, version: \"3\"}]}\n", i)
	}
	for name, options := range map[string]store.Options{"sqlite": {Data: b.TempDir()}, "postgres": {Database: storetest.Database(b)}} {
		b.Run(name, func(b *testing.B) {
			clock := storetest.NewClock(noon)
			open := storetest.Opener(b, options, schemas)
			s := start(b, open, clock)
			s.load(b, text.String())
			k, deciding := keep(b, s, 240), s.decisions()
			k.step(b)
			for b.Loop() {
				clock.Advance(time.Minute)
				rule, err := deciding.AddRule(b.Context(), s.officer(b), policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "notes"}, Scope: "gov", Clearance: policy.ClearanceNone, Reason: "measured"})
				if err != nil {
					b.Fatal(err)
				}
				timed(b, s, k, "open-s")
				clock.Advance(time.Minute)
				if _, err := deciding.EndRule(b.Context(), s.officer(b), rule.ID, store.Time{}, "measured"); err != nil {
					b.Fatal(err)
				}
				timed(b, s, k, "close-s")
			}
			if _, err := deciding.AddRule(b.Context(), s.officer(b), policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "notes"}, Scope: "gov", Clearance: policy.ClearanceNone, Reason: "measured"}); err != nil {
				b.Fatal(err)
			}
			k.step(b)
			two := keep(b, start(b, open, clock), 240)
			clock.Advance(time.Minute)
			two.follow(b)
			_ = two.keeper.Step(context.Background())
			timed(b, two.server, two, "takeover-s")
		})
	}
}

// timed measures one step.
func timed(b *testing.B, s *server, k *kept, unit string) {
	b.Helper()
	s.follow(b)
	began := time.Now()
	if err := k.keeper.Step(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), unit)
}
