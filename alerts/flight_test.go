package alerts

import (
	"context"
	"crypto/rand"
	"log/slog"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/store"
)

// none is a transport for tests that send nothing.
type none struct{}

func (none) Send(context.Context, []Outgoing, func(Reply)) {}

// A claim may be lost between the claiming and the first word of the record: nothing was sent then,
// and nothing is marked.
func TestClaimLostBeforeTheSending(t *testing.T) {
	storetest.Run(t, []store.Schema{ledger.Schema, Schema}, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC))
		db := open(clock.Now)
		l, err := ledger.New(rand.Reader, Kinds...)
		if err != nil {
			t.Fatal(err)
		}
		r, err := New(Config{Base: "https://a.example", Domain: "a.example", Ledger: l, Chance: rand.Reader,
			MailboxOf: func(*store.Tx, string) (Mailbox, error) { return Mailbox{}, nil }})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := r.Put(tx, Message{Kind: "a.b", Subject: "s", Text: "t", To: []Recipient{{Address: "a@example.org"}}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s := NewSender(db, r, Mail, none{}, slog.New(slog.DiscardHandler))
		claim := func() *flight {
			f := &flight{sender: s, held: map[string]store.Due{}}
			claimed, err := db.Claim(t.Context(), dueKind(Mail), batch, hold)
			if err != nil || len(claimed) != 1 {
				t.Fatalf("claimed %v, %v", claimed, err)
			}
			f.held[claimed[0].Payload] = claimed[0]
			return f
		}
		first := claim()
		clock.Advance(hold)
		second := claim()
		for _, test := range []struct {
			f    *flight
			want int
		}{{first, 0}, {second, 1}} {
			if form, err := test.f.begin(t.Context()); err != nil || len(form) != test.want || len(test.f.held) != test.want {
				t.Errorf("begun with %v, %v", form, err)
			}
		}
		err = db.Read(t.Context(), func(tx *store.Tx) error {
			found, err := Deliveries(tx, Filter{}, "", 10)
			if err != nil || len(found) != 1 || found[0].MaybeTwice || found[0].Attempts != 1 || found[0].State != Sending {
				t.Errorf("the records are %+v", found)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
