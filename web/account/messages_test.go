package account_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"portcullis/alerts"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// TestMessages reads a message that was put, and acknowledges it.
func TestMessages(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		s := newSite(t, open)
		w := pagetest.WalkAt(t, s.url)
		w.Authenticator()
		w.Browser.Go(s.first(t))
		w.Type("#name", "Ada Quay")
		w.Type("#mail", "ada@harbour.example")
		w.Type("#organisationName", "Harbour Office")
		w.Submit("main form button[type=submit]")
		w.Click("form[data-passkey] button")
		w.WaitFor(`document.title.startsWith("Hello Ada Quay")`)
		for _, subject := range []string{"The app Harbour Tides is banned from 1 December", "Bannað: Þjóðvegir & Fjörður <b>veður</b>, Wind and Radar for Sailors, Anglers and Everybody Else in the Northern and Western Approaches"} {
			s.put(t, alerts.Message{Kind: "register.decided", Subject: subject, Text: "It sends what is typed to its maker.\n\nRemove it by then, or ask for an exemption.\nAsk early.", Link: "/account", Reference: "REQ-2026-0041"})
		}
		w.Go("/account/messages")
		w.Seen("account-messages")
		w.Submit("main tbody tr:last-child a")
		if got := w.Text("main"); !strings.Contains(got, "ask for an exemption") || !strings.Contains(got, "REQ-2026-0041") {
			t.Errorf("the message shows %q", got)
		}
		w.Seen("account-message")
		w.Submit("main form button")
		if got := w.Text("main"); !strings.Contains(got, "You acknowledged it") {
			t.Errorf("the acknowledged message shows %q", got)
		}
		w.Seen("account-message-acknowledged")
		w.Go("/account/messages")
		if got := w.Text("main"); !strings.Contains(got, "Acknowledged") || !strings.Contains(got, "Unread") {
			t.Errorf("the messages are %q", got)
		}
	})
}

// put puts a message to everybody who is there.
func (s *site) put(t *testing.T, m alerts.Message) {
	t.Helper()
	book, err := ledger.New(rand.Reader, alerts.Kinds...)
	if err != nil {
		t.Fatal(err)
	}
	outbox, err := alerts.New(alerts.Config{Base: s.url, Domain: "harbour.example", Ledger: book, Chance: rand.Reader,
		MailboxOf: people.MailboxOf})
	if err != nil {
		t.Fatal(err)
	}
	everybody, err := s.people.Persons(t.Context(), people.Actor{Command: true}, people.PersonQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range everybody {
		m.To = append(m.To, alerts.Recipient{Person: p.ID})
	}
	err = s.people.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := outbox.Put(tx, m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
