package approvals

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portcullis/alerts"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/register"
	"portcullis/store"
)

// StartHours has nothing to schedule: what falls due is scheduled as it is decided.
func (r *Room) StartHours(context.Context) error { return nil }

// Hourly does what is due: it reminds people of exemptions that end soon. It may be called at any time, by
// every server.
func (r *Room) Hourly(ctx context.Context) error {
	for {
		claimed, err := r.People.DB.Claim(ctx, endWork, 100, time.Minute)
		if err != nil || len(claimed) == 0 {
			return err
		}
		for _, due := range claimed {
			if err := r.People.DB.Write(ctx, func(tx *store.Tx) error { return r.remindOf(tx, due) }); err != nil && !errors.Is(err, store.ErrNotHolder) {
				return err
			}
		}
	}
}

// remindOf tells who asked for an exemption, and for whom it is, that it ends soon, where it still holds.
func (r *Room) remindOf(tx *store.Tx, due store.Due) error {
	made, err := selectProposals(tx, where{made: due.Payload, kind: Exemption, states: []State{Made}, noSteps: true})
	if err != nil {
		return err
	}
	for _, p := range made {
		e, there, err := stillHolds(tx, due.Payload)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		m := alerts.Message{Kind: ending, Subject: r.subject(&p) + " ends on " + e.Format("2 January 2006"), Link: Link(p.ID), Reference: p.ID,
			Text: fmt.Sprintf("From then on what it lifts is in breach again. If it is still needed, ask for another one now: open it and choose “Ask for it again”. That is a new decision, which takes its time. If it is not, nothing need be done, except to remove the app by %s.", e.Format("2 January"))}
		for _, person := range only(&p, []string{p.Principal, p.For}) {
			is, err := mailbox(tx, person)
			if err != nil {
				return err
			}
			if is && (len(m.To) == 0 || m.To[0].Person != person) {
				m.To = append(m.To, alerts.Recipient{Person: person})
			}
		}
		if len(m.To) > 0 {
			if _, err := r.Outbox.Put(tx, m); err != nil {
				return err
			}
		}
	}
	return tx.Done(due)
}

// stillHolds is when an exemption ends, and whether it holds until then as was decided.
func stillHolds(tx *store.Tx, exemption string) (time.Time, bool, error) {
	e, err := register.FindExemption(tx, exemption)
	if fault.Is(err, fault.NotFound) {
		return time.Time{}, false, nil
	}
	return e.Until, tx.Now().Time().Before(e.Until), err
}

// mailbox tells whether somebody is a person who can be told.
func mailbox(tx *store.Tx, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	_, err := people.MailboxOf(tx, id)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}
