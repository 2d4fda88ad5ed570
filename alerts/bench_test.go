package alerts_test

import (
	"crypto/rand"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/alerts/mailtest"
	"portcullis/internal/storetest"
	"portcullis/store"
)

// BenchmarkSend2000 sends 2,000 mails over SMTP on the loopback address, each with its durable
// record before and after. What is timed includes the putting of the message.
func BenchmarkSend2000(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSend(b, store.Options{Data: b.TempDir()}) })
	b.Run("postgres", func(b *testing.B) { benchmarkSend(b, store.Options{Database: storetest.Database(b)}) })
}

func benchmarkSend(b *testing.B, o store.Options) {
	o.Now, o.Chance = time.Now, rand.Reader
	db, err := store.Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(b.Context(), schemas...); err != nil {
		b.Fatal(err)
	}
	r, _ := newRoom(b)
	sink := new(mailtest.Server).Start(b)
	s := sender(db, r, smtpTo(b, sink))
	const mails = 2000
	var putting time.Duration
	for b.Loop() {
		began := time.Now()
		put(b, db, r, message(persons(mails)...))
		putting += time.Since(began)
		for step(b, s) > 0 {
		}
	}
	b.ReportMetric(putting.Seconds()/float64(b.N), "s-putting/op")
	if got := read(b, db, func(tx *store.Tx) (alerts.Stats, error) { return alerts.StatsOf(tx) }); got.Queued != 0 || sink.Count() != mails*b.N {
		b.Fatalf("%d mails arrived of %d, and %d wait", sink.Count(), mails*b.N, got.Queued)
	}
}
