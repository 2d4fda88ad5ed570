package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"portcullis/alerts/mailtest"
	"portcullis/internal/storetest"
	"portcullis/store"
)

// cluster is several servers on one PostgreSQL database.
type cluster struct {
	program string
	where   []string // the data and the key
	said    []string // what each server is told
	load    *load
	sink    *mailtest.Server
	db      *store.DB // to look at what servers hold
	made    int       // decisions
}

// process is one server.
type process struct {
	*exec.Cmd
	address string
}

func newCluster(t testing.TB, sink *mailtest.Server) *cluster {
	t.Helper()
	where := place(t, "", storetest.Database(t))
	db, err := store.Open(t.Context(), store.Options{Database: where[1], Now: time.Now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	said := append(append([]string{}, where...), "--config", mailing(t, sink))
	return &cluster{program: itself(t), where: where, said: said, load: newLoad(t, where), sink: sink, db: db}
}

// start starts a server, which dies with the test if not before. Environment is added to its own.
func (c *cluster) start(t testing.TB, environment ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(c.program, append([]string{"serve", "--listen", "127.0.0.1:0"}, c.said...)...)}
	p.Env = append(os.Environ(), environment...)
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.address = launch(t, p.Cmd)
	return p
}

// stop stops a server in good order.
func (p *process) stop(t testing.TB) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("a server that was told to stop: %v", err)
	}
}

// lease is that of the sequencer.
func (c *cluster) lease(t testing.TB) (l store.Lease) {
	t.Helper()
	l.Name = "ledger.sequencer"
	err := c.db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT holder, until FROM store_lease WHERE name = $1`, []any{l.Name}, &l.Holder, &l.Until)
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// decide makes a decision on a server, and returns when that has entered the ledger.
func (c *cluster) decide(t testing.TB, p *process) {
	t.Helper()
	c.load.address.Store(p.address)
	before := treeSize(t, p.address)
	c.made++
	id := fmt.Sprint("decision-", c.made)
	c.load.ask(t, "POST", "/organisations", id, map[string]any{"id": id, "name": id})
	for deadline := time.Now().Add(30 * time.Second); treeSize(t, p.address) <= before; {
		if time.Now().After(deadline) {
			t.Fatal("the checkpoint does not grow")
		}
		<-time.After(5 * time.Millisecond)
	}
}

// treeSize is how many entries the ledger's checkpoint has; 0 before there is one.
func treeSize(t testing.TB, address string) int64 {
	t.Helper()
	_, text := get(t, address+"/ledger/checkpoint")
	lines := strings.Split(text, "\n")
	if len(lines) < 2 {
		return 0
	}
	n, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// two starts two servers, and returns the one that gives entries their places first.
func (c *cluster) two(t testing.TB) (holder, other *process) {
	t.Helper()
	first := c.start(t)
	c.decide(t, first)
	alone := c.lease(t).Holder
	second := c.start(t)
	c.decide(t, first)
	if c.lease(t).Holder != alone {
		return second, first
	}
	return first, second
}

// TestServersFail kills and stops one of two servers in turn while others write to the one that is left.
// What was acknowledged is there, once, and the ledger and the mails have it.
func TestServersFail(t *testing.T) {
	c := newCluster(t, new(mailtest.Server).Start(t))
	var wait sync.WaitGroup
	for n := range writers {
		wait.Go(func() { c.load.write(t, n) })
	}
	running := c.start(t)
	for round := range 6 {
		c.load.address.Store(running.address)
		next := c.start(t)
		<-time.After(time.Duration(round*50) * time.Millisecond)
		c.load.address.Store(next.address)
		if round%2 == 0 {
			kill(t, running.Cmd)
		} else {
			running.stop(t)
		}
		running = next
	}
	close(c.load.stop)
	wait.Wait()
	settled(t, running.address)
	c.load.verify(t)
	invitations := c.load.verifyMails(t, c.sink)
	running.stop(t)
	c.load.verifyLedger(t, c.where, invitations)
}

// TestStopGivesUpTheLease holds that a server which is told to stop leaves its lease to the others
// before its time.
func TestStopGivesUpTheLease(t *testing.T) {
	c := newCluster(t, new(mailtest.Server).Start(t))
	holder, other := c.two(t)
	before := c.lease(t)
	holder.stop(t)
	if after := c.lease(t); after.Holder != before.Holder || !after.Until.Before(before.Until) {
		t.Errorf("the lease was %+v, and is %+v", before, after)
	}
	c.decide(t, other)
	if after := c.lease(t); after.Holder == before.Holder {
		t.Error("the other server does not take the lease")
	}
	other.stop(t)
}

// BenchmarkFailover measures, with two servers on one PostgreSQL database, how long it takes until the
// other goes on: with the ledger, where one is killed or stopped, and with a mail that was on its way.
func BenchmarkFailover(b *testing.B) {
	b.Run("ledger/killed", func(b *testing.B) { benchmarkLedger(b, func(p *process) { kill(b, p.Cmd) }) })
	b.Run("ledger/stopped", func(b *testing.B) { benchmarkLedger(b, func(p *process) { p.stop(b) }) })
	b.Run("mail/killed", benchmarkMail)
}

func benchmarkLedger(b *testing.B, end func(*process)) {
	c := newCluster(b, new(mailtest.Server).Start(b))
	var took []time.Duration
	for range b.N {
		holder, other := c.two(b)
		end(holder)
		began := time.Now()
		c.decide(b, other)
		took = append(took, time.Since(began))
		kill(b, other.Cmd)
		b.StopTimer()
		<-time.After(time.Until(c.lease(b).Until.Time())) // so that the next two begin anew
		b.StartTimer()
	}
	report(b, took)
}

func benchmarkMail(b *testing.B) {
	begun, release := make(chan string, 8), make(chan struct{}, 8)
	sink := &mailtest.Server{OnEnd: func(to string) error {
		begun <- to
		<-release
		return nil
	}}
	c := newCluster(b, sink.Start(b))
	var took []time.Duration
	for n := range b.N {
		first := c.start(b)
		c.load.address.Store(first.address)
		name := fmt.Sprint("person-", n)
		id := c.load.ask(b, "POST", "/persons", name, map[string]any{"name": name, "mail": name + "@load.example", "organisation": "centre"})
		if !c.load.invite(b, id) {
			b.Fatal("the invitation is not acknowledged")
		}
		<-begun
		second := c.start(b)
		<-time.After(time.Second) // so that the claim has been renewed
		kill(b, first.Cmd)
		began := time.Now()
		release <- struct{}{} // that one came, and nobody wrote it down
		release <- struct{}{}
		<-begun
		took = append(took, time.Since(began))
		settled(b, second.address)
		kill(b, second.Cmd)
	}
	records := 0
	for _, m := range sink.Mails() {
		if m.Header("Message-ID") == "" {
			b.Error("a mail without a Message-ID")
		}
		records++
	}
	if records != 2*b.N {
		b.Errorf("%d mails came of %d, each twice", records, b.N)
	}
	report(b, took)
}

// report shows the median and the most instead of how long the benchmark took.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds(), "s-median")
	b.ReportMetric(took[len(took)-1].Seconds(), "s-most")
	b.ReportMetric(0, "ns/op")
}
