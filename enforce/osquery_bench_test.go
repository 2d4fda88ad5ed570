package enforce_test

import (
	"crypto/rand"
	"fmt"
	"syscall"
	"testing"
	"time"

	"portcullis/enforce"
	"portcullis/internal/storetest"
	"portcullis/platform/osquery"
	"portcullis/store"
)

// cpu is how much of the processor this process has had.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkOsquery measures what a whole sync costs the server beside HTTP, where all is as it was: a device that asks
// and is asked nothing, and one that is asked and answers what is known, of 60 apps. Each comes a second or more after
// it came last, so that it is found out anew who it is.
func BenchmarkOsquery(b *testing.B) {
	for name, options := range map[string]func(b *testing.B) store.Options{
		"sqlite":   func(b *testing.B) store.Options { return store.Options{Data: b.TempDir()} },
		"postgres": func(b *testing.B) store.Options { return store.Options{Database: storetest.Database(b)} },
	} {
		b.Run(name, func(b *testing.B) { benchmarkOsquery(b, storetest.Opener(b, options(b), schemas)) })
	}
}

func benchmarkOsquery(b *testing.B, open storetest.Open) {
	o := opened(b, open, storetest.NewClock(noon))
	o.load(b, bodies)
	d := newDesk(b, o)
	d.Osquery = enforce.NewOsquery(o.Agents, o.intake, rand.Reader, 0)
	apps := make([]string, 60)
	for i := range apps {
		apps[i] = fmt.Sprintf("org.example.application%02d", i)
	}
	key := d.enrols(b, "mac-1")
	text := []byte(answer(key, apps...))
	if took, err := d.takes(b, string(text)); err != nil || took != (enforce.Took{}) {
		b.Fatal(took, err)
	}
	ask := func(b *testing.B) bool {
		m, err := osquery.ReadMessage([]byte(`{"node_key":"` + key + `"}`))
		if err != nil {
			b.Fatal(err)
		}
		_, asks, err := d.Ask(b.Context(), m.NodeKey, "")
		if err != nil {
			b.Fatal(err)
		}
		return asks
	}
	b.Run("asks", func(b *testing.B) {
		b.ReportAllocs()
		before := cpu(b)
		for b.Loop() {
			d.clock.Advance(time.Millisecond * 1100)
			ask(b)
		}
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
	})
	d.Osquery = enforce.NewOsquery(o.Agents, o.intake, rand.Reader, time.Second)
	b.Run("answers", func(b *testing.B) {
		b.ReportAllocs()
		before := cpu(b)
		for b.Loop() {
			d.clock.Advance(1100 * time.Millisecond)
			if !ask(b) {
				b.Fatal("it is not asked")
			}
			m, err := osquery.ReadMessage(text)
			if err != nil {
				b.Fatal(err)
			}
			if took, err := d.Take(b.Context(), m, ""); err != nil || !took.Unchanged {
				b.Fatal(took, err)
			}
		}
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
	})
}
