package alerts

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// Mailbox is where a person is written to. Those who have left, and are not active, get no mail.
type Mailbox = people.Mailbox

// Config is what the room is made of.
type Config struct {
	// Base is the address of this server as people open it, such as https://apps.example.gov; links
	// are made absolute by it.
	Base string
	// Domain stands behind the @ of Message-IDs; by custom that of the sender's address.
	Domain string
	// NoMail says that there is no mail server: a mail is recorded as failed for that reason.
	NoMail bool
	// MailboxOf finds a person, by custom people.MailboxOf. Its error ends the transaction that puts the message.
	MailboxOf func(tx *store.Tx, person string) (Mailbox, error)
	// Ledger takes the digests in.
	Ledger *ledger.Ledger
	// Chance is where ids come from: crypto/rand.Reader, or what stands in for it in a test. It
	// must be safe for concurrent use.
	Chance io.Reader
}

// Room puts messages. There is one for each process. It is safe for concurrent use.
type Room struct {
	Config
	wake map[Channel]chan struct{} // tells this process's senders that something was put
}

// Keep is how long messages and their records are kept.
const Keep = 2 * 365 * 24 * time.Hour

// New makes the room.
func New(c Config) (*Room, error) {
	base, err := url.Parse(c.Base)
	switch {
	case c.MailboxOf == nil || c.Ledger == nil || c.Chance == nil:
		return nil, errors.New("alerts need people, a ledger and a source of randomness")
	case err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil:
		return nil, fault.In("base", "%q is not the address of this server: write it as people open it, such as https://apps.example.gov", c.Base)
	case checkAddress("domain", "x@"+c.Domain) != nil:
		return nil, fault.In("domain", "%q is not a domain for Message-IDs, such as example.gov", c.Domain)
	}
	c.Base = strings.TrimSuffix(c.Base, "/")
	wake := map[Channel]chan struct{}{Mail: make(chan struct{}, 1), Webhook: make(chan struct{}, 1)}
	return &Room{Config: c, wake: wake}, nil
}

// Put writes m and a delivery for each recipient and channel, in the caller's transaction, and
// returns the message's id. They go out once the transaction is committed. What is wrong with m
// comes back as faults of the fields kind, subject, text, link, reference and to.
func (r *Room) Put(tx *store.Tx, m Message) (id string, err error) {
	m.Text = strings.TrimSpace(strings.ReplaceAll(m.Text, "\r\n", "\n"))
	if err := m.check(); err != nil {
		return "", err
	}
	if id, err = store.NewID(tx.Now(), r.Chance); err != nil {
		return "", err
	}
	deliveries, err := r.address(tx, m.To)
	if err == nil {
		err = r.insert(tx, id, &m, deliveries)
	}
	if err != nil {
		return "", fmt.Errorf("putting a message of the kind %s: %w", m.Kind, err)
	}
	return id, nil
}

// insert writes a message with its deliveries and schedules what must be sent.
func (r *Room) insert(tx *store.Tx, id string, m *Message, deliveries []Delivery) error {
	if err := insertMessage(tx, id, m); err != nil {
		return err
	}
	events := make([]Event, len(deliveries))
	for i := range deliveries {
		deliveries[i].Message = id
		events[i] = change(&deliveries[i], tx.Now(), deliveries[i].Reply)
	}
	if err := insertDeliveries(tx, deliveries); err != nil {
		return err
	}
	if err := insertEvents(tx, events); err != nil {
		return err
	}
	for _, d := range deliveries {
		if d.State != Queued {
			continue
		}
		if err := tx.Schedule(store.Due{ID: dueID(d.ID), Kind: dueKind(d.Channel), At: d.Next, Payload: d.ID}); err != nil {
			return err
		}
		tx.AfterCommit(func() { r.signal(d.Channel) })
	}
	return nil
}

// address makes the deliveries to the recipients, each once.
func (r *Room) address(tx *store.Tx, to []Recipient) (deliveries []Delivery, err error) {
	told := map[Recipient]bool{}
	add := func(d Delivery) error {
		key := Recipient{Person: d.Person, Address: strings.ToLower(d.Address), Endpoint: d.Endpoint}
		if d.Channel == Mail {
			key.Person = "" // the same mailbox is not written to twice
		}
		if told[key] {
			return nil
		}
		told[key] = true
		if d.ID, err = store.NewID(tx.Now(), r.Chance); err != nil {
			return err
		}
		d.MessageID = d.ID + "@" + r.Domain
		d.Put = tx.Now()
		if d.Channel == Mail && d.State == "" && r.NoMail {
			d.State, d.Reply = Failed, "no mail server is configured"
		}
		if d.State == "" {
			d.State, d.Next = Queued, tx.Now()
		}
		deliveries = append(deliveries, d)
		return nil
	}
	for _, recipient := range to {
		switch {
		case recipient.Person != "":
			err = r.addPerson(tx, recipient.Person, add)
		case recipient.Endpoint != "":
			var e Endpoint
			if e, err = EndpointOf(tx, recipient.Endpoint); err == nil {
				err = add(Delivery{Channel: Webhook, Endpoint: e.ID})
			}
		default:
			err = add(Delivery{Channel: Mail, Name: recipient.Name, Address: recipient.Address})
		}
		if err != nil {
			return nil, err
		}
	}
	return deliveries, nil
}

// addPerson makes the deliveries to a person. A name or an address that would add a header ends the
// transaction; an address that merely cannot be used must not, because a decision would wait for
// it: the record says so, and the inbox has the message.
func (r *Room) addPerson(tx *store.Tx, person string, add func(Delivery) error) error {
	box, err := r.MailboxOf(tx, person)
	if err != nil {
		return fmt.Errorf("the mailbox of the person %s: %w", person, err)
	}
	err = errors.Join(line("to", "the name of a recipient", box.Name, 0, MaxLine), line("to", "the mail address", box.Address, 0, MaxAddress))
	if err != nil {
		return err
	}
	if err := add(Delivery{Channel: Inbox, Person: person, Name: box.Name, State: Delivered}); err != nil {
		return err
	}
	if box.Address == "" || !box.Active {
		return nil
	}
	d := Delivery{Channel: Mail, Person: person, Name: box.Name, Address: box.Address}
	if err := checkAddress("to", box.Address); err != nil {
		d.State, d.Reply = Failed, spoken(err.Error())
	}
	return add(d)
}

// change counts a change of a delivery and returns its event.
func change(d *Delivery, at store.Time, text string) Event {
	d.Changes++
	return Event{Delivery: d.ID, Number: d.Changes, At: at, State: d.State, Text: text}
}

// signal wakes this process's sender of a channel, or leaves it the signal that is there already.
func (r *Room) signal(c Channel) {
	select {
	case r.wake[c] <- struct{}{}:
	default:
	}
}

func dueKind(c Channel) string     { return "alerts." + string(c) }
func dueID(delivery string) string { return "alerts/" + delivery }
func (r *Room) link(path string) string {
	if path == "" {
		return ""
	}
	return r.Base + path
}
