package alerts

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"portcullis/alerts/bounce"
	"portcullis/internal/fault"
	"portcullis/store"
)

// Filter says which deliveries are asked for; what is left empty is any.
type Filter struct {
	Message, Person, Address, Endpoint string
	Channel                            Channel
	State                              State
	Kind, Reference                    string
	From, Until                        store.Time // when the message was put; Until is not included
	MaybeTwice                         bool       // only those that may have gone twice
}

// Deliveries is the register of notices: the records that f asks for, the newest first, at most
// limit. Before is the id of the last record of the page before, empty for the first page.
func Deliveries(tx *store.Tx, f Filter, before string, limit int) ([]Delivery, error) {
	return selectDeliveries(tx, f, before, limit)
}

// History returns the events of a delivery in their order.
func History(tx *store.Tx, delivery string) ([]Event, error) { return selectHistory(tx, delivery) }

// Stats is how the outbox stands.
type Stats struct {
	Queued int64         // deliveries that wait or are being sent
	Oldest time.Duration // how long the oldest of them has waited since it was put
}

// StatsOf counts what has not gone out.
func StatsOf(tx *store.Tx) (s Stats, err error) {
	queued, oldest, err := selectStats(tx)
	if err == nil && !oldest.IsZero() {
		s.Oldest = max(0, tx.Now().Time().Sub(oldest.Time()))
	}
	s.Queued = queued
	return s, err
}

// Bounce takes in a report that a mail server sent back about a mail, as RFC 3464 has it, and
// writes it down at the delivery, whose id it returns. It is a fault of the field report where it is
// no such report, and NotFound where it is about no mail of ours. Reports are not authenticated:
// whoever got a mail can report about that mail, and about no other.
func (r *Room) Bounce(tx *store.Tx, raw []byte) (delivery string, err error) {
	report, err := bounce.Decode(bytes.NewReader(raw))
	if err != nil {
		return "", fault.In("report", "this is not a report on the delivery of a mail (RFC 3464): %v", err)
	}
	d, err := reported(tx, report.IDs())
	if errors.Is(err, store.ErrNotFound) {
		return "", fault.New(fault.NotFound, "the report is about no mail that was sent from here, or about one that is no longer kept")
	}
	if err != nil {
		return "", fmt.Errorf("the mail that a report is about: %w", err)
	}
	status := report.Worst()
	if d.State != Bounced { // a mail that went on to several may have bounced and arrived
		switch status.Action {
		case bounce.Failed:
			d.State = Bounced
		case bounce.Delivered:
			d.State = Delivered
		}
	}
	d.Reply, d.Replied = spoken(status.String()), tx.Now()
	event := change(&d, tx.Now(), d.Reply)
	return d.ID, errors.Join(updateDelivery(tx, &d), insertEvents(tx, []Event{event}))
}

// reported finds the mail by the first of the ids that is known.
func reported(tx *store.Tx, ids []string) (d Delivery, err error) {
	err = store.ErrNotFound
	for _, id := range ids {
		if d, err = selectByMessageID(tx, id); !errors.Is(err, store.ErrNotFound) {
			break
		}
	}
	return d, err
}
