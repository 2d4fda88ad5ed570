package alerts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"portcullis/store"
)

// flight is a batch on its way. It belongs to one goroutine.
type flight struct {
	sender *Sender
	held   map[string]store.Due // claimed and not ended, by the id of the delivery
}

// outgoing is a delivery with what is to be sent.
type outgoing struct {
	Delivery
	text, link, url, secret string
}

func (o *outgoing) form(base func(string) string, now store.Time) Outgoing {
	return Outgoing{
		ID: o.ID, MessageID: o.MessageID, Kind: o.Kind, Subject: o.Subject, Text: o.text, Link: base(o.link),
		Reference: o.Reference, Put: o.Put.Time(), Attempted: now.Time(), Name: o.Name, Address: o.Address, URL: o.url, Secret: o.secret,
	}
}

// begin writes down that the batch is being sent, before any of it is, and renews the claims.
func (f *flight) begin(ctx context.Context) (form []Outgoing, err error) {
	var kept map[string]store.Due
	err = f.sender.db.Write(ctx, func(tx *store.Tx) error {
		form, kept = nil, map[string]store.Due{}
		gone := maps.Clone(f.held)
		found, err := selectOutgoing(tx, slices.Collect(maps.Keys(f.held)))
		if err != nil {
			return err
		}
		var sending []string
		var events []Event
		for i := range found {
			o, due := &found[i], f.held[found[i].ID]
			delete(gone, o.ID)
			take, err := takes(tx, &o.Delivery, due)
			if err != nil {
				return err
			}
			if take {
				kept[o.ID] = due
				sending = append(sending, o.ID)
				events = append(events, o.attempt(tx.Now()))
				form = append(form, o.form(f.sender.room.link, tx.Now()))
			}
		}
		for _, due := range gone { // forgotten meanwhile
			if err := late(tx.Done(due)); err != nil {
				return err
			}
		}
		if len(sending) == 0 {
			return nil
		}
		return errors.Join(updateSending(tx, sending), insertEvents(tx, events))
	})
	f.held = kept
	return form, err
}

// takes tells whether a delivery that was claimed is to be sent, and renews the claim on it. Work on
// what is not to be sent is ended; what is another's by now is left to the other.
func takes(tx *store.Tx, d *Delivery, due store.Due) (bool, error) {
	if d.State != Queued && d.State != Sending { // a report has settled it
		return false, late(tx.Done(due))
	}
	if d.Put.Add(stale).Before(tx.Now()) {
		return false, late(expire(tx, d, due))
	}
	err := tx.Defer(due, tx.Now().Add(hold))
	return err == nil, late(err)
}

// expire gives up what could not be sent for so long that it would only confuse.
func expire(tx *store.Tx, d *Delivery, due store.Due) error {
	if err := tx.Done(due); err != nil {
		return err
	}
	d.State, d.Reply, d.Replied, d.Next = Failed, "it is too old to be sent: nothing was sent on this channel for two weeks", tx.Now(), store.Time{}
	event := change(d, tx.Now(), d.Reply)
	return errors.Join(updateDelivery(tx, d), insertEvents(tx, []Event{event}))
}

// attempt is the event of an attempt that begins: what updateSending does.
func (o *outgoing) attempt(now store.Time) Event {
	text := ""
	if o.State == Sending {
		text = "this may be the second time: the server that sent it before did not write down the reply"
	}
	o.State = Sending
	return change(&o.Delivery, now, text)
}

// late forgives that work is another's by now.
func late(err error) error {
	if errors.Is(err, store.ErrNotHolder) {
		return nil
	}
	return err
}

// send hands a batch over. At every beat it writes down the replies that have come, and now and then
// renews the claims on the rest. Where that fails for as long as claims last, or another has one of
// them by now, nothing more is begun.
func (f *flight) send(ctx context.Context, outgoing []Outgoing) error {
	sending, stop := context.WithCancel(ctx)
	defer stop()
	replies := make(chan Reply, len(outgoing))
	go func() {
		defer close(replies)
		if len(outgoing) > 0 {
			f.sender.transport.Send(sending, outgoing, func(r Reply) { replies <- r })
		}
	}()
	// What has been sent must be written down though ctx has ended.
	ctx = context.WithoutCancel(ctx)
	beats := time.NewTicker(beat)
	defer beats.Stop()
	var waiting []Reply
	for missed, old := 0, 0; ; { // old is how many beats ago the claims were renewed
		select {
		case reply, open := <-replies:
			if !open {
				return f.last(ctx, waiting, beats.C)
			}
			waiting = append(waiting, reply)
		case <-beats.C:
			old++
			renew := old >= renewBeats
			if len(waiting) == 0 && !renew {
				continue
			}
			whole, err := f.record(ctx, waiting, renew)
			if err != nil {
				missed++
				f.sender.log.Warn("replies wait to be written down", "channel", f.sender.channel, "error", err)
			} else {
				waiting, missed = nil, 0
				if renew {
					old = 0
				}
			}
			if missed == misses || !whole {
				stop()
			}
		}
	}
}

// last writes down the replies that are left, and tries for a while.
func (f *flight) last(ctx context.Context, waiting []Reply, beats <-chan time.Time) (err error) {
	for range lastTries {
		if _, err = f.record(ctx, waiting, false); err == nil {
			return nil
		}
		<-beats
	}
	return fmt.Errorf("writing down the replies, so that what was sent will go again and say so: %w", err)
}

// record writes down replies, and renews the claims on what is still held where it is to. It tells
// whether none of these was found to be another's.
func (f *flight) record(ctx context.Context, replies []Reply, renew bool) (whole bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	var left map[string]store.Due
	err = f.sender.db.Write(ctx, func(tx *store.Tx) error {
		whole, left = true, maps.Clone(f.held)
		if err := f.end(tx, replies); err != nil {
			return err
		}
		for _, r := range replies {
			delete(left, r.ID)
		}
		if !renew {
			return nil
		}
		for id, due := range left {
			err := tx.Defer(due, tx.Now().Add(hold))
			if errors.Is(err, store.ErrNotHolder) {
				whole = false
				delete(left, id)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return true, err
	}
	f.held = left
	return whole, nil
}

// end settles the deliveries that were replied to. Those that are another's by now stay as they are:
// whoever has them has marked them.
func (f *flight) end(tx *store.Tx, replies []Reply) error {
	var ids []string
	for _, r := range replies {
		if _, held := f.held[r.ID]; held {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := selectDeliveriesByID(tx, ids)
	if err != nil {
		return err
	}
	var events []Event
	for _, r := range replies {
		d, due := found[r.ID], f.held[r.ID]
		if d == nil {
			continue
		}
		event, err := settleIn(tx, d, due, r)
		switch {
		case errors.Is(err, store.ErrNotHolder):
		case err != nil:
			return err
		default:
			events = append(events, event)
		}
	}
	return insertEvents(tx, events)
}

// settleIn writes down one reply, and ends or defers the work.
func settleIn(tx *store.Tx, d *Delivery, due store.Due, r Reply) (Event, error) {
	// A report may have come before the reply was written down: then it stands.
	if d.State == Sending {
		settle(d, r, tx.Now())
	}
	finish := tx.Done
	if d.State == Queued {
		finish = func(due store.Due) error { return tx.Defer(due, d.Next) }
	}
	if err := finish(due); err != nil {
		return Event{}, err
	}
	event := change(d, tx.Now(), spoken(r.Text))
	if r.Outcome == Gone && d.Endpoint != "" {
		if err := disableEndpoint(tx, d.Endpoint, spoken(r.Text)); err != nil {
			return Event{}, err
		}
	}
	return event, updateDelivery(tx, d)
}
