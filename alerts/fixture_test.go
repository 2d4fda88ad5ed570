package alerts_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/alerts/mail"
	"portcullis/alerts/mailtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/store"
)

var schemas = []store.Schema{ledger.Schema, alerts.Schema}

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		child()
		return
	}
	storetest.Main(m)
}

var start = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// people stands in for the room of that name. Persons not in it have an address of their id.
var people = map[string]alerts.Mailbox{
	"deaf":   {Person: "deaf", Name: "Nobody Reachable", Active: true},
	"left":   {Person: "left", Name: "Long Gone", Address: "left@example.org"},
	"odd":    {Person: "odd", Name: "Odd Address", Address: "not an address", Active: true},
	"eve":    {Person: "eve", Name: "Eve\r\nBcc: all@example.org", Address: "eve@example.org", Active: true},
	"umlaut": {Person: "umlaut", Name: "Jörg Müller", Address: "joerg@example.org", Active: true},
}

func mailboxOf(_ *store.Tx, person string) (alerts.Mailbox, error) {
	if box, known := people[person]; known {
		return box, nil
	}
	return alerts.Mailbox{Person: person, Name: "Person " + person, Address: person + "@example.org", Active: true}, nil
}

func newRoom(tb testing.TB) (*alerts.Room, *ledger.Ledger) {
	tb.Helper()
	l, err := ledger.New(rand.Reader, alerts.Kinds...)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := alerts.New(alerts.Config{Base: "https://apps.example.gov/", Domain: "example.gov", MailboxOf: mailboxOf, Ledger: l, Chance: rand.Reader})
	if err != nil {
		tb.Fatal(err)
	}
	return r, l
}

func message(to ...alerts.Recipient) alerts.Message {
	return alerts.Message{
		Kind: "register.decided", Subject: "Your request was cleared", Text: "Signal may be used.\n\nUntil the end of May.",
		Link: "/requests/4", Reference: "PC-4", To: to,
	}
}

func person(id string) alerts.Recipient { return alerts.Recipient{Person: id} }

func persons(n int) (to []alerts.Recipient) {
	for i := range n {
		to = append(to, alerts.Recipient{Address: fmt.Sprintf("p%d@example.org", i)})
	}
	return to
}

func put(tb testing.TB, db *store.DB, r *alerts.Room, m alerts.Message) (id string) {
	tb.Helper()
	err := db.Write(tb.Context(), func(tx *store.Tx) (err error) {
		id, err = r.Put(tx, m)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

func read[T any](tb testing.TB, db *store.DB, f func(tx *store.Tx) (T, error)) (value T) {
	tb.Helper()
	err := db.Read(tb.Context(), func(tx *store.Tx) (err error) {
		value, err = f(tx)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

func write[T any](tb testing.TB, db *store.DB, f func(tx *store.Tx) (T, error)) (value T, err error) {
	tb.Helper()
	err = db.Write(tb.Context(), func(tx *store.Tx) (err error) {
		value, err = f(tx)
		return err
	})
	return value, err
}

// deliveries returns the records of a filter by the address, or the channel where there is none.
func deliveries(tb testing.TB, db *store.DB, f alerts.Filter) map[string]alerts.Delivery {
	tb.Helper()
	found := map[string]alerts.Delivery{}
	for _, d := range read(tb, db, func(tx *store.Tx) ([]alerts.Delivery, error) { return alerts.Deliveries(tx, f, "", 100_000) }) {
		key := d.Address
		if key == "" {
			key = string(d.Channel)
		}
		found[key] = d
	}
	return found
}

func history(tb testing.TB, db *store.DB, id string) (states []alerts.State) {
	tb.Helper()
	for _, e := range read(tb, db, func(tx *store.Tx) ([]alerts.Event, error) { return alerts.History(tx, id) }) {
		states = append(states, e.State)
	}
	return states
}

func smtpTo(tb testing.TB, s *mailtest.Server) *mail.Transport {
	tb.Helper()
	t, err := mail.New(mail.Config{Host: s.Host, Port: s.Port, TLS: mail.TLSOff, From: "Clearing office <apps@example.gov>"})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func sender(db *store.DB, r *alerts.Room, t alerts.Transport) *alerts.Sender {
	return alerts.NewSender(db, r, alerts.Mail, t, quiet())
}

// step sends what is due.
func step(tb testing.TB, s *alerts.Sender) (n int) {
	tb.Helper()
	n, err := s.Step(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// transport replies as a function says, and keeps what it was given.
type transport struct {
	reply func(ctx context.Context, o alerts.Outgoing) alerts.Reply
	mu    sync.Mutex
	given []alerts.Outgoing
}

func (t *transport) Send(ctx context.Context, batch []alerts.Outgoing, replied func(alerts.Reply)) {
	for _, o := range batch {
		if ctx.Err() != nil {
			replied(alerts.Reply{ID: o.ID, Outcome: alerts.Untried, Text: "stopping"})
			continue
		}
		t.mu.Lock()
		t.given = append(t.given, o)
		t.mu.Unlock()
		r := t.reply(ctx, o)
		r.ID = o.ID
		replied(r)
	}
}

func always(o alerts.Outcome, text string) *transport {
	return &transport{reply: func(context.Context, alerts.Outgoing) alerts.Reply { return alerts.Reply{Outcome: o, Text: text} }}
}

func (t *transport) sent() []alerts.Outgoing {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]alerts.Outgoing(nil), t.given...)
}

// until waits until a condition holds.
func until(tb testing.TB, what string, limit time.Duration, holds func() bool) {
	tb.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			tb.Fatalf("after %v not yet: %s", limit, what)
		case <-tick.C:
		}
	}
}

// openSQLite opens an empty database for what does not depend on the engine.
func openSQLite(tb testing.TB) *store.DB {
	tb.Helper()
	db, err := store.Open(tb.Context(), store.Options{Data: tb.TempDir(), Now: storetest.NewClock(start).Now, Chance: rand.Reader})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(tb.Context(), schemas...); err != nil {
		tb.Fatal(err)
	}
	return db
}
