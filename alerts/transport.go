package alerts

import (
	"context"
	"time"

	"portcullis/store"
)

// Transport carries deliveries of one channel to the outside.
type Transport interface {
	// Send hands deliveries over and calls replied exactly once for each, in any order and from any
	// goroutine, but not after it has returned. When ctx ends, Send begins no further delivery,
	// replies Untried to those that it has not begun, and returns soon.
	Send(ctx context.Context, batch []Outgoing, replied func(Reply))
}

// Outgoing is a delivery as a transport needs it.
type Outgoing struct {
	ID        string // of the delivery
	MessageID string // without angle brackets
	Kind      string
	Subject   string
	Text      string
	Link      string // absolute; empty where there is none
	Reference string
	Put       time.Time // when the message was put
	Attempted time.Time // now, when this attempt began

	Name, Address string // of the recipient of a mail
	URL, Secret   string // of an endpoint; the URL is empty where the endpoint is switched off
}

// Outcome is what became of an attempt.
type Outcome int

// The outcomes.
const (
	// Unknown is that the other side may have it or not: it broke off before it replied.
	Unknown Outcome = iota
	// Accepted is that the other side has taken it.
	Accepted
	// Refused is that the other side does not take it and never will.
	Refused
	// Later is that the other side has not taken it now, and may at another time.
	Later
	// Gone is Refused, and that the endpoint asks for nothing more.
	Gone
	// Untried is that the attempt was not begun.
	Untried
)

// Reply is the end of an attempt.
type Reply struct {
	ID      string // of the delivery
	Outcome Outcome
	Text    string // what the other side said, or what went wrong
}

// pauses are how long after an attempt the next one follows; the last is repeated.
var pauses = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour,
}

// patience is how long after a message was put it is tried.
const patience = 72 * time.Hour

// next tells when a delivery is tried again after so many attempts, and whether it is.
func next(attempts int64, put, now store.Time) (at store.Time, again bool) {
	at = now.Add(pauses[min(max(attempts, 1), int64(len(pauses)))-1])
	return at, !put.Add(patience).Before(at)
}

// settle gives d its state after a reply. What must be tried again has Next.
func settle(d *Delivery, r Reply, now store.Time) {
	d.Reply, d.Replied, d.Next = spoken(r.Text), now, store.Time{}
	switch r.Outcome {
	case Untried:
		d.Attempts--
		d.State, d.Next = Queued, now
		return
	case Accepted:
		d.State = Sent
		if d.Channel == Webhook {
			d.State = Delivered
		}
		return
	case Refused:
		d.State = Bounced
		return
	case Gone:
		d.State = Failed
		return
	}
	at, again := next(d.Attempts, d.Put, now)
	if !again {
		d.State = Failed
		return
	}
	d.State, d.Next = Queued, at
	if r.Outcome == Unknown {
		d.MaybeTwice = true
	}
}
