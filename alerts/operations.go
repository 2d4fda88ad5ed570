package alerts

import (
	"context"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
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

// The kinds of entries about endpoints. The subjects are the organisation and the endpoint; the payload
// is an endpointEntry. Secrets stay out of it.
var (
	endpointAdded   = ledger.Kind{Name: "alerts.endpoint-added", Version: 1}
	endpointChanged = ledger.Kind{Name: "alerts.endpoint-changed", Version: 1}
	endpointRemoved = ledger.Kind{Name: "alerts.endpoint-removed", Version: 1}
)

type endpointEntry struct {
	URL      string   `json:"url"`
	Kinds    []string `json:"kinds,omitempty"`
	Disabled bool     `json:"disabled,omitempty"`
}

func (e Endpoint) entry() endpointEntry { return endpointEntry{e.URL, e.Kinds, !e.Disabled.IsZero()} }

// Endpoints returns the endpoints that the actor may change, without their secrets.
func (d Desk) Endpoints(ctx context.Context, actor people.Actor) ([]Endpoint, error) {
	return people.See(ctx, d.People, actor, func(tx *people.Tx) (mine []Endpoint, err error) {
		if _, err := tx.Reach(people.ChangeEndpoints); err != nil {
			return nil, err
		}
		all, err := Endpoints(tx.Tx)
		for _, e := range all {
			may, err := tx.May(people.ChangeEndpoints, e.Organisation)
			if err != nil {
				return nil, err
			}
			if may {
				e.Secret = ""
				mine = append(mine, e)
			}
		}
		return mine, err
	})
}

// AddEndpoint adds an endpoint of an organisation, and returns it with its secret, which is not shown
// again.
func (d Desk) AddEndpoint(ctx context.Context, actor people.Actor, e Endpoint) (Endpoint, error) {
	// A secret is not kept to be told again: a request that is repeated makes another endpoint.
	actor.Key, actor.Digest = "", ""
	return people.Act(ctx, d.People, actor, func(tx *people.Tx) (none Endpoint, err error) {
		if err := tx.Exists("organisation", e.Organisation); err != nil {
			return none, err
		}
		if err := tx.Require(people.ChangeEndpoints, e.Organisation); err != nil {
			return none, err
		}
		added := e
		if added.Secret, err = NewSecret(d.Outbox.Chance); err != nil {
			return none, err
		}
		if added.ID, err = d.Outbox.AddEndpoint(tx.Tx, added); err != nil {
			return none, err
		}
		return added, tx.Record(endpointAdded, added.Organisation, []string{added.ID}, added.entry())
	})
}

// endpoint returns an endpoint that the actor may change.
func endpoint(tx *people.Tx, id string) (none Endpoint, err error) {
	e, err := EndpointOf(tx.Tx, id)
	if fault.Is(err, fault.NotFound) {
		// Only who may see all learns that one is not there.
		if err := tx.Require(people.ChangeEndpoints, people.Everywhere); err != nil {
			return none, err
		}
	}
	if err != nil {
		return none, err
	}
	return e, tx.Require(people.ChangeEndpoints, e.Organisation)
}

// EndpointChange is what is to change of an endpoint; nil is as it was.
type EndpointChange struct {
	URL      *string
	Kinds    *[]string
	Disabled *bool
}

// ChangeEndpoint changes an endpoint, and returns it without its secret.
func (d Desk) ChangeEndpoint(ctx context.Context, actor people.Actor, id string, c EndpointChange) (Endpoint, error) {
	return people.Act(ctx, d.People, actor, func(tx *people.Tx) (none Endpoint, err error) {
		e, err := endpoint(tx, id)
		if err != nil {
			return none, err
		}
		if c.URL != nil {
			e.URL = *c.URL
		}
		if c.Kinds != nil {
			e.Kinds = *c.Kinds
		}
		switch {
		case c.Disabled == nil:
		case !*c.Disabled:
			e.Disabled, e.Why = store.Time{}, ""
		case e.Disabled.IsZero():
			e.Disabled, e.Why = tx.Now(), "switched off by hand"
		}
		if err := d.Outbox.ChangeEndpoint(tx.Tx, e); err != nil {
			return none, err
		}
		e.Secret = ""
		return e, tx.Record(endpointChanged, e.Organisation, []string{id}, e.entry())
	})
}

// RemoveEndpoint removes an endpoint and its secret.
func (d Desk) RemoveEndpoint(ctx context.Context, actor people.Actor, id string) error {
	_, err := people.Act(ctx, d.People, actor, func(tx *people.Tx) (none struct{}, err error) {
		e, err := endpoint(tx, id)
		if err != nil {
			return none, err
		}
		if err := RemoveEndpoint(tx.Tx, id); err != nil {
			return none, err
		}
		return none, tx.Record(endpointRemoved, e.Organisation, []string{id}, e.entry())
	})
	return err
}

// trial is the kind of the message that tries an endpoint out.
const trial = "alerts.trial"

// TryEndpoint sends an endpoint a message that means nothing, and returns the message's id: the register
// of notices then tells what the other side said.
func (d Desk) TryEndpoint(ctx context.Context, actor people.Actor, id string) (message string, err error) {
	return people.Act(ctx, d.People, actor, func(tx *people.Tx) (string, error) {
		e, err := endpoint(tx, id)
		if err != nil {
			return "", err
		}
		tx.NoEntry(outOfLedger)
		return d.Outbox.Put(tx.Tx, Message{
			Kind: trial, Subject: "A trial", Text: "Somebody tries whether messages arrive here. Nothing has happened.", To: []Recipient{{Endpoint: e.ID}},
		})
	})
}

// TakeBounce takes in a report that a mail server sent back, as Bounce does: for whoever runs the
// server's mail.
func (d Desk) TakeBounce(ctx context.Context, actor people.Actor, report []byte) (delivery string, err error) {
	return people.Act(ctx, d.People, actor, func(tx *people.Tx) (string, error) {
		if err := tx.Require(people.ChangeEndpoints, people.Everywhere); err != nil {
			return "", err
		}
		tx.NoEntry(outOfLedger)
		return d.Outbox.Bounce(tx.Tx, report)
	})
}

// The kinds of the messages about one-time links.
const (
	invitation = "people.invitation" // with the link
	linkMade   = "people.link-made"
)

// Invite makes a one-time link for a person and sends it to them by mail. The link is void
// after a day or its first use, and forgotten once the mail has gone out.
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
			Kind: invitation, Subject: "Your way into Portcullis", Link: "/join/" + link, LinkSecret: true,
			Text: "Dear " + box.Name + ",\n\n" +
				"you have been invited to Portcullis, by " + by(tx.Who()) + ". Open the link below on the phone or computer that you work with. It takes a minute: you add a passkey, and from then on you sign in with your finger, your face or your PIN.\n\n" +
				"The link works once, until this time tomorrow. If you did not expect this, do not use it and tell your security team.",
			To: []Recipient{{Name: box.Name, Address: box.Address}},
		})
		return none, err
	})
	return err
}

// Link makes a one-time link for a person, to be handed to them, and tells them that there is one: whoever has it signs in
// as them. It is void after a day or its first use.
func (d Desk) Link(ctx context.Context, actor people.Actor, person string) (link string, err error) {
	actor.Key, actor.Digest = "", "" // a secret is not kept to be told again
	return people.Act(ctx, d.People, actor, func(tx *people.Tx) (string, error) {
		link, err := tx.Invite(person)
		if err != nil {
			return "", err
		}
		box, err := people.MailboxOf(tx.Tx, person)
		if err != nil {
			return "", err
		}
		_, err = d.Outbox.Put(tx.Tx, Message{
			Kind: linkMade, Subject: "Somebody has made a link that signs in as you", Link: "/account/passkeys",
			Text: "Dear " + box.Name + ",\n\n" +
				"on " + tx.Now().Time().Format("2 January 2006 at 15:04 UTC") + " a link was made with which one can sign in to Portcullis as you, by " + by(tx.Who()) + ". " +
				"It works once, for a day, and is to be handed to you and to nobody else.\n\n" +
				"If you have asked for it, because you are new, have another phone or have lost your passkey, there is nothing to do.\n\n" +
				"If you did not expect this, tell your security team at once, by a number that you know and not by answering this message: they can sign you out everywhere and make the link void. " +
				"If you can sign in, look at your passkeys and at where you are signed in, and remove what is not yours.",
			To: []Recipient{{Person: person}},
		})
		return link, err
	})
}

// by is who did something, for whom it was done to.
func by(who people.Who) string {
	switch {
	case who.Program():
		return "a program called " + who.Name
	case who.ID == people.CommandLine:
		return "somebody who runs the server, at its command line"
	}
	return who.Name
}
