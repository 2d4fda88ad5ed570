package alerts_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"portcullis/alerts"
	"portcullis/alerts/mail"
	"portcullis/alerts/mailtest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/store"
)

// childVariable makes the test binary a server that sends: it holds the data directory, the URL of
// the database, and the host and port of the mail server, with a space between.
const childVariable = "PORTCULLIS_ALERTS_CHILD"

// child sends what is due until it is killed.
func child() {
	if err := childSends(strings.Split(os.Getenv(childVariable), "|")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func childSends(args []string) error {
	// The child must not outlive a test that ends early: its standard input ends with the parent.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		stop()
	}()
	db, err := store.Open(ctx, store.Options{Data: args[0], Database: args[1], Now: time.Now, Chance: rand.Reader})
	if err != nil {
		return err
	}
	defer db.Close()
	l, err := ledger.New(rand.Reader, alerts.Kinds...)
	if err != nil {
		return err
	}
	r, err := alerts.New(alerts.Config{Base: "https://apps.example.gov", Domain: "example.gov", MailboxOf: mailboxOf, Ledger: l, Chance: rand.Reader})
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	t, err := mail.New(mail.Config{Host: args[2], Port: port, TLS: mail.TLSOff, From: "apps@example.gov"})
	if err != nil {
		return err
	}
	alerts.NewSender(db, r, alerts.Mail, t, quiet()).Run(ctx)
	return nil
}

// server is a child that runs.
type server struct {
	command *exec.Cmd
	close   func() error
}

func startServer(t *testing.T, data, database string, sink *mailtest.Server) *server {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%s|%d", childVariable, data, database, sink.Host, sink.Port))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &server{command: c, close: in.Close}
	t.Cleanup(s.kill)
	return s
}

// kill ends the server as a power cut does.
func (s *server) kill() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	_ = s.close()
}

// after waits for a random time of up to most.
func after(t *testing.T, most time.Duration) <-chan time.Time {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(int64(most)))
	if err != nil {
		t.Fatal(err)
	}
	return time.After(time.Duration(n.Int64()))
}

// arrivals counts the mails to each address, and fails where two have different Message-IDs.
func arrivals(t *testing.T, sink *mailtest.Server) map[string]int {
	t.Helper()
	count, id := map[string]int{}, map[string]string{}
	for _, m := range sink.Mails() {
		count[m.To]++
		if known, twice := id[m.To]; twice && known != m.Header("Message-ID") {
			t.Errorf("%s has it as %s and as %s", m.To, known, m.Header("Message-ID"))
		}
		id[m.To] = m.Header("Message-ID")
	}
	return count
}

// account holds that everybody got the message, and nobody twice whose record does not say so.
func account(t *testing.T, db *store.DB, sink *mailtest.Server, mails int) (twice, marked int) {
	t.Helper()
	count := arrivals(t, sink)
	records := deliveries(t, db, alerts.Filter{Channel: alerts.Mail})
	if len(records) != mails {
		t.Errorf("%d records of %d mails", len(records), mails)
	}
	for address, d := range records {
		if d.MaybeTwice {
			marked++
		}
		switch n := count[address]; {
		case n == 0:
			t.Errorf("%s got nothing, and the record says %s", address, d.State)
		case n > 1 && !d.MaybeTwice:
			t.Errorf("%s got %d mails, and the record does not say so: %v", address, n, history(t, db, d.ID))
		case n > 1:
			twice++
		}
		if d.State != alerts.Sent {
			t.Errorf("%s is %s", address, d.State)
		}
	}
	return twice, marked
}

func TestNothingIsLostUnderKill(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, data, database string) {
		const mails = 600
		db, err := store.Open(t.Context(), store.Options{Data: data, Database: database, Now: time.Now, Chance: rand.Reader})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.Migrate(t.Context(), schemas...); err != nil {
			t.Fatal(err)
		}
		r, _ := newRoom(t)
		sink := new(mailtest.Server)
		// Slow enough that kills fall everywhere.
		var pace sync.Mutex
		sink.OnEnd = func(string) error {
			pace.Lock()
			defer pace.Unlock()
			<-time.After(time.Millisecond)
			return nil
		}
		sink.Start(t)
		put(t, db, r, message(persons(mails)...))
		left := func() int64 { return read(t, db, alerts.StatsOf).Queued }
		kills := 0
		for deadline := time.Now().Add(90 * time.Second); left() > 0; {
			if time.Now().After(deadline) {
				t.Fatalf("%d are left after %d kills", left(), kills)
			}
			s := startServer(t, data, database, sink)
			before := sink.Count()
			// A server that has begun to send is killed at a moment of its own.
			until(t, "the server sends", 30*time.Second, func() bool { return sink.Count() > before || left() == 0 })
			<-after(t, 400*time.Millisecond)
			s.kill()
			kills++
		}
		twice, marked := account(t, db, sink, mails)
		t.Logf("%d kills: %d of %d went twice, %d are marked", kills, twice, mails, marked)
		if kills < 3 {
			t.Errorf("only %d kills", kills)
		}
	})
}

func TestTwoServersSendNothingTwice(t *testing.T) {
	const mails = 1000
	database := storetest.Database(t)
	open := func() *store.DB {
		db, err := store.Open(t.Context(), store.Options{Database: database, Now: time.Now, Chance: rand.Reader})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	one, two := open(), open()
	if err := one.Migrate(t.Context(), schemas...); err != nil {
		t.Fatal(err)
	}
	r, _ := newRoom(t)
	sink := new(mailtest.Server).Start(t)
	put(t, one, r, message(persons(mails)...))
	ctx, stop := context.WithCancel(t.Context())
	var both sync.WaitGroup
	for _, db := range []*store.DB{one, two} {
		both.Go(func() { sender(db, r, smtpTo(t, sink)).Run(ctx) })
	}
	until(t, "all sent", 60*time.Second, func() bool { return read(t, one, alerts.StatsOf).Queued == 0 })
	stop()
	both.Wait()
	if twice, marked := account(t, one, sink, mails); twice > 0 || marked > 0 {
		t.Errorf("%d went twice and %d are marked, though nothing failed", twice, marked)
	}
}

func TestAnotherServerTakesOver(t *testing.T) {
	t.Parallel()
	const mails = 50
	database := storetest.Database(t)
	db, err := store.Open(t.Context(), store.Options{Database: database, Now: time.Now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context(), schemas...); err != nil {
		t.Fatal(err)
	}
	r, _ := newRoom(t)
	sink := new(mailtest.Server)
	var mu sync.Mutex
	var killed bool
	sink.OnEnd = func(string) error {
		for { // a mail server that hangs until the first sender is dead
			mu.Lock()
			over := killed
			mu.Unlock()
			if over {
				return nil
			}
			<-time.After(10 * time.Millisecond)
		}
	}
	sink.Start(t)
	put(t, db, r, message(persons(mails)...))
	first := startServer(t, "", database, sink)
	until(t, "the first server sends", 30*time.Second, func() bool { return sink.Connections() > 0 })
	second := sender(db, r, smtpTo(t, sink))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		second.Run(ctx)
	}()
	<-time.After(time.Second) // so that the claim has been renewed
	first.kill()
	mu.Lock()
	killed = true
	mu.Unlock()
	began := time.Now()
	until(t, "the second server has sent all", 30*time.Second, func() bool { return read(t, db, alerts.StatsOf).Queued == 0 })
	t.Logf("taken over and all sent after %v", time.Since(began))
	stop()
	<-ended
	account(t, db, sink, mails)
}
