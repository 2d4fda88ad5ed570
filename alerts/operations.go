package alerts

import (
	"context"

	"portcullis/internal/fault"
	"portcullis/people"
)

// Desk is what a face shows of this room, on an actor's behalf.
type Desk struct {
	People *people.Room
	// Outbox puts messages.
	Outbox *Room
}

// outOfLedger is why reading a message makes no entry.
const outOfLedger = "deliveries stay out of the ledger; a digest of them enters it each hour"

// Messages returns the actor's messages as InboxOf does.
func (d Desk) Messages(ctx context.Context, actor people.Actor, before string, limit int) ([]Item, error) {
	return people.See(ctx, d.People, actor, func(tx *people.Tx) ([]Item, error) {
		person, err := tx.RequireOwn()
		if err != nil {
			return nil, err
		}
		return InboxOf(tx.Tx, person, before, limit)
	})
}

// Unread returns how many messages the actor has not opened.
func (d Desk) Unread(ctx context.Context, actor people.Actor) (int64, error) {
	return people.See(ctx, d.People, actor, func(tx *people.Tx) (int64, error) {
		person, err := tx.RequireOwn()
		if err != nil {
			return 0, err
		}
		return Unread(tx.Tx, person)
	})
}

// Open returns one of the actor's messages, and marks it as read.
func (d Desk) Open(ctx context.Context, actor people.Actor, id string) (Item, error) {
	return people.Act(ctx, d.People, actor, func(tx *people.Tx) (none Item, err error) {
		person, err := tx.RequireOwn()
		if err != nil {
			return none, err
		}
		tx.NoEntry(outOfLedger)
		return Open(tx.Tx, person, id)
	})
}

// Acknowledge marks one of the actor's messages as acknowledged.
func (d Desk) Acknowledge(ctx context.Context, actor people.Actor, id string) (Item, error) {
	return people.Act(ctx, d.People, actor, func(tx *people.Tx) (none Item, err error) {
		person, err := tx.RequireOwn()
		if err != nil {
			return none, err
		}
		tx.NoEntry(outOfLedger)
		return Acknowledge(tx.Tx, person, id)
	})
}

// Notices returns the register of notices: which messages went to whom, and what became of them.
func (d Desk) Notices(ctx context.Context, actor people.Actor, f Filter, before string, limit int) ([]Delivery, error) {
	return people.See(ctx, d.People, actor, func(tx *people.Tx) ([]Delivery, error) {
		// A message may go to anybody: who sees the register sees all of it.
		if err := tx.Require(people.SeeNotices, people.Everywhere); err != nil {
			return nil, err
		}
		return Deliveries(tx.Tx, f, before, limit)
	})
}

// invitation is the kind of the mail with a one-time link.
const invitation = "people.invitation"

// Invite makes a one-time link for a person and sends it to them by mail. The link stands in the
// message until that is forgotten, and is void after a day or its first use.
func (d Desk) Invite(ctx context.Context, actor people.Actor, person string) error {
	_, err := people.Act(ctx, d.People, actor, func(tx *people.Tx) (none struct{}, err error) {
		link, err := tx.Invite(person)
		if err != nil {
			return none, err
		}
		box, err := people.MailboxOf(tx.Tx, person)
		if err != nil {
			return none, err
		}
		if box.Address == "" {
			return none, fault.New(fault.Conflict, "There is no mail address for %s: add one first, or hand the link over yourself", box.Name)
		}
		_, err = d.Outbox.Put(tx.Tx, Message{
			Kind: invitation, Subject: "Your way into Portcullis", Link: "/join/" + link,
			Text: "Dear " + box.Name + ",\n\n" +
				"you have been invited to Portcullis. Open the link below on the phone or computer that you work with. It takes a minute: you add a passkey, and from then on you sign in with your finger, your face or your PIN.\n\n" +
				"The link works once, until this time tomorrow. If you did not expect this, do not use it and tell your security team.",
			To: []Recipient{{Name: box.Name, Address: box.Address}},
		})
		return none, err
	})
	return err
}
