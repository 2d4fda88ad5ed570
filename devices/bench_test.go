package devices_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"portcullis/devices"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// BenchmarkIntake is a changed report of 60 apps until it is committed, from 64 senders at once, without
// HTTP. cmd/portcullis measures it with.
func BenchmarkIntake(b *testing.B) {
	for _, engine := range []struct {
		name    string
		options func() store.Options
	}{
		{"sqlite", func() store.Options { return store.Options{Data: b.TempDir()} }},
		{"postgres", func() store.Options { return store.Options{Database: storetest.Database(b)} }},
	} {
		b.Run(engine.name, func(b *testing.B) {
			clock := storetest.NewClock(noon)
			open := storetest.Opener(b, engine.options(), []store.Schema{ledger.Schema, people.Schema, register.Schema, devices.Schema})
			s := start(b, open, clock)
			s.load(b, house)
			go s.Fleet.Run(b.Context())
			const hosts = 1000
			var round, failed atomic.Int64
			work := make(chan int)
			var done sync.WaitGroup
			for range 64 {
				done.Go(func() {
					for i := range work {
						if _, err := s.send(b, command, benchReport(i%hosts, int(round.Load())+i/hosts)); err != nil {
							failed.Add(1)
							b.Error(err)
						}
					}
				})
			}
			for i := range hosts {
				work <- i
			}
			b.ResetTimer()
			for i := range b.N {
				work <- i + hosts
			}
			close(work)
			done.Wait()
		})
	}
}

func benchReport(host, round int) devices.Report {
	r := devices.Report{Host: fmt.Sprintf("device-%06d", host), Organisation: "dept-a", Platform: policy.Android}
	for app := range 60 {
		r.Installed = append(r.Installed, policy.Installation{Identifier: fmt.Sprintf("com.example.app%d", app), Version: fmt.Sprintf("4.%d.1", (round-app+59)/60)})
	}
	return r
}
