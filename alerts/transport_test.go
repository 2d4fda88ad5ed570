package alerts

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/store"
)

func TestPausesGrowAndEnd(t *testing.T) {
	put := store.TimeOf(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	now, last := put, put
	var pauses []string
	for attempts := int64(1); ; attempts++ {
		at, again := next(attempts, put, now)
		if !again {
			break
		}
		pauses = append(pauses, at.Time().Sub(now.Time()).String())
		now, last = at, at
	}
	want := []string{"1m0s", "5m0s", "15m0s", "1h0m0s", "2h0m0s", "4h0m0s", "8h0m0s", "8h0m0s", "8h0m0s", "8h0m0s", "8h0m0s", "8h0m0s", "8h0m0s", "8h0m0s"}
	if diff := cmp.Diff(want, pauses); diff != "" {
		t.Error(diff)
	}
	if tried := last.Time().Sub(put.Time()); tried > patience || tried < patience-8*time.Hour {
		t.Errorf("the last attempt comes %v after the message", tried)
	}
}

func TestSettle(t *testing.T) {
	put := store.TimeOf(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	soon, late := put.Add(time.Second), put.Add(patience)
	for name, test := range map[string]struct {
		channel Channel
		outcome Outcome
		now     store.Time
		want    Delivery
	}{
		"a mail is taken":       {Mail, Accepted, soon, Delivery{State: Sent, Attempts: 1}},
		"a webhook is taken":    {Webhook, Accepted, soon, Delivery{State: Delivered, Attempts: 1}},
		"refused":               {Mail, Refused, soon, Delivery{State: Bounced, Attempts: 1}},
		"not now":               {Mail, Later, soon, Delivery{State: Queued, Attempts: 1, Next: soon.Add(time.Minute)}},
		"not now and no longer": {Mail, Later, late, Delivery{State: Failed, Attempts: 1}},
		"unknown":               {Mail, Unknown, soon, Delivery{State: Queued, Attempts: 1, Next: soon.Add(time.Minute), MaybeTwice: true}},
		"unknown at the end":    {Mail, Unknown, late, Delivery{State: Failed, Attempts: 1}},
		"untried":               {Mail, Untried, late, Delivery{State: Queued, Next: late}},
		"gone":                  {Webhook, Gone, soon, Delivery{State: Failed, Attempts: 1}},
	} {
		d := Delivery{Channel: test.channel, State: Sending, Put: put, Attempts: 1}
		settle(&d, Reply{Outcome: test.outcome, Text: "250\tok\r\nbye\x00\xff"}, test.now)
		test.want.Channel, test.want.Put, test.want.Replied, test.want.Reply = test.channel, put, test.now, "250 ok bye \uFFFD"
		if diff := cmp.Diff(test.want, d, cmp.AllowUnexported(store.Time{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
