package alerts_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/alerts/mailtest"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/store"
)

func TestSend(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, _ := newRoom(t)
		sink := new(mailtest.Server)
		var busy atomic.Bool
		busy.Store(true)
		sink.OnRcpt = func(to string) error {
			switch {
			case mailtest.To(to, "full") && busy.Load():
				return mailtest.Say(452, [3]int{4, 2, 2}, "mailbox full")
			case mailtest.To(to, "unknown"):
				return mailtest.Say(550, [3]int{5, 1, 1}, "no such user")
			}
			return nil
		}
		sink.Drop = func(to string) bool { return mailtest.To(to, "cut") && busy.Load() }
		sink.Start(t)
		s := sender(db, r, smtpTo(t, sink))
		put(t, db, r, message(person("ann"), person("full"), person("unknown"), person("cut"), person("umlaut")))
		if n := step(t, s); n != 5 {
			t.Fatalf("%d were sent", n)
		}
		mails := deliveries(t, db, alerts.Filter{Channel: alerts.Mail})
		check := func(name string, state alerts.State, attempts int64, twice bool, reply string) {
			t.Helper()
			d := mails[name+"@example.org"]
			if d.State != state || d.Attempts != attempts || d.MaybeTwice != twice || d.Reply != reply || d.Replied != store.TimeOf(clock.Now()) {
				t.Errorf("%s: %s after %d attempts, twice %v: %q", name, d.State, d.Attempts, d.MaybeTwice, d.Reply)
			}
		}
		check("ann", alerts.Sent, 1, false, "2.0.0 OK: queued")
		check("joerg", alerts.Sent, 1, false, "2.0.0 OK: queued")
		check("full", alerts.Queued, 1, false, "452 4.2.2 mailbox full")
		check("unknown", alerts.Bounced, 1, false, "550 5.1.1 no such user")
		check("cut", alerts.Queued, 1, true, "the connection broke: EOF")
		if n := step(t, s); n != 0 {
			t.Errorf("%d went again before their time", n)
		}
		clock.Advance(time.Minute)
		busy.Store(false)
		if n := step(t, s); n != 2 {
			t.Errorf("%d went again", n)
		}
		mails = deliveries(t, db, alerts.Filter{Channel: alerts.Mail})
		check("full", alerts.Sent, 2, false, "2.0.0 OK: queued")
		check("cut", alerts.Sent, 2, true, "2.0.0 OK: queued")
		want := []alerts.State{alerts.Queued, alerts.Sending, alerts.Queued, alerts.Sending, alerts.Sent}
		if h := history(t, db, mails["full@example.org"].ID); !slices.Equal(h, want) {
			t.Errorf("the history is %v", h)
		}
		arrived := map[string][]string{}
		for _, m := range sink.Mails() {
			arrived[m.To] = append(arrived[m.To], m.Header("Message-ID"))
		}
		cut := arrived["cut@example.org"]
		if len(cut) != 2 || cut[0] != cut[1] || cut[0] != "<"+mails["cut@example.org"].MessageID+">" {
			t.Errorf("what may have gone twice came as %q", cut)
		}
		if len(arrived) != 4 || sink.Count() != 5 {
			t.Errorf("arrived: %v", arrived)
		}
		if stats := read(t, db, alerts.StatsOf); stats.Queued != 0 || stats.Oldest != 0 {
			t.Errorf("the outbox stands at %+v", stats)
		}
	})
}

func TestLinkIsAbsolute(t *testing.T) {
	db := openSQLite(t)
	r, _ := newRoom(t)
	m := message(person("ann"))
	put(t, db, r, m)
	m.Link = ""
	put(t, db, r, m)
	tr := always(alerts.Accepted, "")
	step(t, sender(db, r, tr))
	var links []string
	for _, o := range tr.sent() {
		links = append(links, o.Link)
	}
	slices.Sort(links)
	if !slices.Equal(links, []string{"", "https://apps.example.gov/requests/4"}) {
		t.Errorf("the links are %q", links)
	}
}

func TestGivenUpAfterThreeDays(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, _ := newRoom(t)
		id := put(t, db, r, message(alerts.Recipient{Address: "a@example.org"}))
		tr := always(alerts.Later, "451 try again")
		s := sender(db, r, tr)
		for range 100 {
			step(t, s)
			clock.Advance(time.Hour)
		}
		d := deliveries(t, db, alerts.Filter{Message: id})["a@example.org"]
		if d.State != alerts.Failed || d.Attempts != 14 || !d.Next.IsZero() || d.MaybeTwice {
			t.Errorf("it is %s after %d attempts, next %v", d.State, d.Attempts, d.Next)
		}
	})
}

// Where nothing was sent for weeks, what is old is not sent in one night.
func TestStaleMessagesAreNotSent(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, _ := newRoom(t)
		old := put(t, db, r, message(alerts.Recipient{Address: "old@example.org"}))
		clock.Advance(14*24*time.Hour - time.Minute)
		put(t, db, r, message(alerts.Recipient{Address: "new@example.org"}))
		clock.Advance(2 * time.Minute)
		tr := always(alerts.Accepted, "")
		s := sender(db, r, tr)
		for range 2 {
			step(t, s)
		}
		if got := tr.sent(); len(got) != 1 || got[0].Address != "new@example.org" {
			t.Errorf("sent were %+v", got)
		}
		d := deliveries(t, db, alerts.Filter{Message: old})["old@example.org"]
		if d.State != alerts.Failed || d.Attempts != 0 || !strings.Contains(d.Reply, "too old") || len(history(t, db, d.ID)) != 2 {
			t.Errorf("the record: %+v", d)
		}
	})
}

func TestWithoutAMailServer(t *testing.T) {
	db := openSQLite(t)
	r, _ := newRoom(t)
	r.NoMail = true
	put(t, db, r, message(person("ann")))
	if d := deliveries(t, db, alerts.Filter{})["ann@example.org"]; d.State != alerts.Failed || d.Reply != "no mail server is configured" {
		t.Errorf("the record: %+v", d)
	}
}

// A server that was held up for longer than its claims last finds that another has them, and begins
// nothing more of its batch.
func TestSentAgainAndMarkedAfterAStandstill(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		held, live := open(clock.Now), open(clock.Now)
		r, _ := newRoom(t)
		put(t, held, r, message(person("ann"), person("bob")))
		handed := make(chan struct{})
		stuck := &transport{reply: func(ctx context.Context, _ alerts.Outgoing) alerts.Reply {
			close(handed)
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Second):
				t.Error("nobody told the first server to begin nothing more")
			}
			return alerts.Reply{Outcome: alerts.Accepted, Text: "too late"}
		}}
		ended := make(chan error)
		go func() {
			_, err := sender(held, r, stuck).Step(context.Background())
			ended <- err
		}()
		<-handed
		other := always(alerts.Accepted, "taken")
		s := sender(live, r, other)
		if n := step(t, s); n != 0 {
			t.Fatal("what one server sends another sent too")
		}
		until(t, "the other server has them", 10*time.Second, func() bool {
			clock.Advance(4 * time.Second) // before the claims are renewed, or else once more
			return step(t, s) == 2
		})
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for address, d := range deliveries(t, live, alerts.Filter{Channel: alerts.Mail}) {
			if d.State != alerts.Sent || !d.MaybeTwice || d.Attempts != 2 || d.Reply != "taken" {
				t.Errorf("the record of %s: %+v", address, d)
			}
		}
		if first, all := stuck.sent(), other.sent(); len(first) != 1 || len(all) != 2 || !slices.ContainsFunc(all, func(o alerts.Outgoing) bool { return o.MessageID == first[0].MessageID }) {
			t.Errorf("sent at first %+v, and then %+v", first, all)
		}
	})
}

// A mail server may take its time: the claim is renewed for as long as the sender lives.
func TestSlowServerIsNotOvertaken(t *testing.T) {
	t.Parallel()
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		one, two := open(time.Now), open(time.Now)
		r, _ := newRoom(t)
		put(t, one, r, message(person("ann"), person("bob")))
		handed, release := make(chan struct{}, 2), make(chan struct{})
		slow := &transport{reply: func(context.Context, alerts.Outgoing) alerts.Reply {
			handed <- struct{}{}
			<-release
			return alerts.Reply{Outcome: alerts.Accepted}
		}}
		ended := make(chan error)
		go func() {
			_, err := sender(one, r, slow).Step(context.Background())
			ended <- err
		}()
		<-handed
		other := sender(two, r, always(alerts.Accepted, ""))
		held := time.After(4 * time.Second) // longer than a claim lasts
		for waiting := true; waiting; {
			select {
			case <-held:
				waiting = false
			case <-time.After(50 * time.Millisecond):
				if n := step(t, other); n != 0 {
					t.Fatalf("the other server took %d", n)
				}
			}
		}
		close(release)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, d := range deliveries(t, one, alerts.Filter{Channel: alerts.Mail}) {
			if d.State != alerts.Sent || d.MaybeTwice || d.Attempts != 1 {
				t.Errorf("the record: %+v", d)
			}
		}
	})
}

func TestStoppingSendsNothingMoreAndMarksNothing(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		db := open(time.Now)
		r, _ := newRoom(t)
		put(t, db, r, message(persons(10)...))
		ctx, stop := context.WithCancel(t.Context())
		tr := &transport{}
		tr.reply = func(context.Context, alerts.Outgoing) alerts.Reply {
			if len(tr.sent()) == 3 {
				stop()
			}
			return alerts.Reply{Outcome: alerts.Accepted}
		}
		sender(db, r, tr).Run(ctx)
		count := map[alerts.State]int{}
		for _, d := range deliveries(t, db, alerts.Filter{}) {
			count[d.State]++
			if d.MaybeTwice || d.State == alerts.Queued && d.Attempts != 0 || d.State == alerts.Sent && d.Attempts != 1 {
				t.Errorf("the record: %+v", d)
			}
		}
		if count[alerts.Sent] != 3 || count[alerts.Queued] != 7 {
			t.Errorf("stopped with %v", count)
		}
		if n := step(t, sender(db, r, tr)); n != 7 {
			t.Errorf("%d were left", n)
		}
	})
}

func TestPutWakesTheSender(t *testing.T) {
	db := openSQLite(t)
	r, _ := newRoom(t)
	tr := always(alerts.Accepted, "")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		sender(db, r, tr).Run(ctx)
	}()
	put(t, db, r, message(person("ann")))
	until(t, "sent", 5*time.Second, func() bool { return len(tr.sent()) == 1 })
	stop()
	<-ended
}

func TestBounce(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		db := open(storetest.NewClock(start).Now)
		r, _ := newRoom(t)
		put(t, db, r, message(person("ann"), person("bob"), person("carl")))
		step(t, sender(db, r, always(alerts.Accepted, "250 ok")))
		mails := deliveries(t, db, alerts.Filter{Channel: alerts.Mail})
		report := func(name, action, id string) error {
			raw := "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n" +
				"--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n" +
				"Final-Recipient: rfc822; " + name + "\r\nAction: " + action + "\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no\tsuch user\r\n" +
				"\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <" + id + ">\r\n\r\n--x--\r\n"
			_, err := write(t, db, func(tx *store.Tx) (string, error) { return r.Bounce(tx, []byte(raw)) })
			return err
		}
		for name, action := range map[string]string{"ann": "failed", "bob": "delayed", "carl": "delivered"} {
			if err := report(name, action, mails[name+"@example.org"].MessageID); err != nil {
				t.Error(err)
			}
		}
		mails = deliveries(t, db, alerts.Filter{Channel: alerts.Mail})
		for name, want := range map[string]alerts.State{"ann": alerts.Bounced, "bob": alerts.Sent, "carl": alerts.Delivered} {
			if d := mails[name+"@example.org"]; d.State != want || d.Changes != 4 || len(history(t, db, d.ID)) != 4 {
				t.Errorf("%s is %s: %s", name, d.State, d.Reply)
			}
		}
		if d := mails["ann@example.org"]; d.Reply != "5.1.1 failed: 550 no such user" {
			t.Errorf("the reply is %q", d.Reply)
		}
		if err := report("ann", "delivered", mails["ann@example.org"].MessageID); err != nil {
			t.Error(err)
		}
		if d := deliveries(t, db, alerts.Filter{})["ann@example.org"]; d.State != alerts.Bounced {
			t.Errorf("what bounced for one and arrived for another is %s", d.State)
		}
		if err := report("ann", "failed", "somebody@else.example"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a report about somebody else's mail: %v", err)
		}
		_, err := write(t, db, func(tx *store.Tx) (string, error) {
			return r.Bounce(tx, []byte("Subject: I am away\r\n\r\nUntil Monday.\r\n"))
		})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("a note of absence: %v", err)
		}
	})
}

// A report may be there before the reply is written down, or while the mail waits to go again.
func TestBounceBeforeTheReply(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, _ := newRoom(t)
		put(t, db, r, message(person("ann"), person("bob")))
		tr := &transport{}
		bounce := func(id string) {
			raw := "Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n" +
				"Original-Envelope-Id: " + id + "\r\n\r\nFinal-Recipient: rfc822; a\r\nAction: failed\r\nStatus: 5.0.0\r\n--x--\r\n"
			if _, err := write(t, db, func(tx *store.Tx) (string, error) { return r.Bounce(tx, []byte(raw)) }); err != nil {
				t.Error(err)
			}
		}
		tr.reply = func(_ context.Context, o alerts.Outgoing) alerts.Reply {
			if o.Address == "ann@example.org" {
				bounce(o.MessageID)
				return alerts.Reply{Outcome: alerts.Accepted, Text: "250 ok"}
			}
			return alerts.Reply{Outcome: alerts.Unknown, Text: "EOF"}
		}
		step(t, sender(db, r, tr))
		bounce(deliveries(t, db, alerts.Filter{})["bob@example.org"].MessageID)
		clock.Advance(time.Hour)
		step(t, sender(db, r, tr))
		for _, d := range deliveries(t, db, alerts.Filter{Channel: alerts.Mail}) {
			if d.State != alerts.Bounced || d.Attempts != 1 {
				t.Errorf("%s is %s after %d attempts", d.Address, d.State, d.Attempts)
			}
		}
		if len(tr.sent()) != 2 {
			t.Errorf("%d were sent", len(tr.sent()))
		}
	})
}
