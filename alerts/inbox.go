package alerts

import (
	"errors"

	"portcullis/internal/fault"
	"portcullis/store"
)

// Item is a message in a person's inbox.
type Item struct {
	ID        string // of the delivery
	Kind      string
	Subject   string
	Text      string
	Link      string // a path on this server; may be empty
	Reference string
	At        store.Time
	// State is Delivered until the message is read, then Read, and Acknowledged in the end.
	State        State
	ReadAt       store.Time
	Acknowledged store.Time
}

// InboxOf returns a person's messages, the newest first, at most limit. Before is the id of the last
// item of the page before, empty for the first page.
func InboxOf(tx *store.Tx, person, before string, limit int) ([]Item, error) {
	return selectInbox(tx, person, before, limit)
}

// Unread is how many messages a person has not opened.
func Unread(tx *store.Tx, person string) (int64, error) { return countUnread(tx, person) }

// Open returns one of a person's messages, and marks it as read.
func Open(tx *store.Tx, person, id string) (Item, error) {
	return mark(tx, person, id, func(d *Delivery) bool {
		if d.State != Delivered {
			return false
		}
		d.State, d.ReadAt = Read, tx.Now()
		return true
	})
}

// Acknowledge marks one of a person's messages as read and acknowledged: that they have understood
// it, and will do what it asks. Doing so again changes nothing.
func Acknowledge(tx *store.Tx, person, id string) (Item, error) {
	return mark(tx, person, id, func(d *Delivery) bool {
		if d.State == Acknowledged {
			return false
		}
		if d.ReadAt.IsZero() {
			d.ReadAt = tx.Now()
		}
		d.State, d.Acknowledged = Acknowledged, tx.Now()
		return true
	})
}

// mark changes a message in a person's inbox. What is another person's is not there.
func mark(tx *store.Tx, person, id string, do func(*Delivery) bool) (Item, error) {
	_, err := selectItem(tx, person, id)
	if errors.Is(err, store.ErrNotFound) {
		return Item{}, fault.New(fault.NotFound, "this message is not in your inbox; messages are kept for two years")
	}
	if err != nil {
		return Item{}, err
	}
	found, err := selectDeliveriesByID(tx, []string{id})
	if err != nil {
		return Item{}, err
	}
	if d := found[id]; do(d) {
		event := change(d, tx.Now(), "")
		if err := errors.Join(updateDelivery(tx, d), insertEvents(tx, []Event{event})); err != nil {
			return Item{}, err
		}
	}
	return selectItem(tx, person, id)
}
