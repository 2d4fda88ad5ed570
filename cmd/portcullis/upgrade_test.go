package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portcullis/alerts/mailtest"
	"portcullis/ledger"
	"portcullis/store"
)

// newerKind is a kind of entry that only the newer version knows.
const newerKind = "server.begun"

// newerVariable makes this test binary a version that is not there yet.
const newerVariable = "PORTCULLIS_TEST_NEWER"

// becomeNewer changes what a next version would: a further step of a room's schema, with a column that
// the older version does not fill and a table that it does not know, and a kind of entry that is new to it.
func becomeNewer() {
	version = "newer"
	serverStarted = ledger.Kind{Name: newerKind, Version: 1, Public: true}
	allKinds = append(slices.Clone(allKinds), serverStarted)
	schemas = slices.Clone(schemas)
	for i, schema := range schemas {
		if schema.Room == "people" {
			schemas[i].Steps = append(slices.Clone(schema.Steps), `
ALTER TABLE people_persons ADD COLUMN called TEXT NOT NULL DEFAULT 'nothing';
CREATE TABLE people_calling (
	person TEXT PRIMARY KEY,
	at TEXT NOT NULL
);
INSERT INTO people_calling (person, at) VALUES ('somebody', '2026-11-22T12:00:00.000000Z');
`)
		}
	}
}

// TestRollingUpgrade upgrades two servers on one database one after the other, and goes back, while
// others write to the one that is there. The older version goes on with the newer one's tables and gives
// the newer one's entries their places, and the other way round.
func TestRollingUpgrade(t *testing.T) {
	c := newCluster(t, new(mailtest.Server).Start(t))
	newer := newerVariable + "=1"
	old := c.start(t)
	c.decide(t, old)

	lease := c.takeLease(t)   // nobody gives places meanwhile
	c.start(t, newer).stop(t) // it migrates, and its entry waits
	c.release(t, lease)       // for the older one
	c.knows(t, old)
	c.refusesBackup(t)

	c.load.address.Store(old.address)
	var wait sync.WaitGroup
	for n := range writers {
		wait.Go(func() { c.load.write(t, n) })
	}
	c.grows(t, old)
	upgraded := c.start(t, newer)
	c.grows(t, old)
	c.load.address.Store(upgraded.address)
	old.stop(t)
	c.grows(t, upgraded)
	old = c.start(t) // somebody goes back
	c.grows(t, old)
	c.load.address.Store(old.address)
	upgraded.stop(t)
	c.grows(t, old)

	close(c.load.stop)
	wait.Wait()
	settled(t, old.address)
	c.load.verify(t)
	invitations := c.load.verifyMails(t, c.sink)
	old.stop(t)
	c.load.verifyLedger(t, c.where, invitations)
}

// takeLease takes the sequencer's lease once the server that had it has let it run out.
func (c *cluster) takeLease(t *testing.T) store.Lease {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		lease, err := c.db.Acquire(t.Context(), c.lease(t).Name, "the test", time.Hour)
		if err == nil {
			return lease
		}
		if !errors.Is(err, store.ErrNotHolder) {
			t.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Fatal("the lease does not run out")
	return store.Lease{}
}

func (c *cluster) release(t *testing.T, lease store.Lease) {
	t.Helper()
	if err := c.db.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
}

// grows waits until a server shows a longer ledger than it does now.
func (c *cluster) grows(t *testing.T, p *process) {
	t.Helper()
	size := treeSize(t, p.address)
	for deadline := time.Now().Add(30 * time.Second); treeSize(t, p.address) <= size; {
		if time.Now().After(deadline) {
			t.Fatal("the ledger does not grow")
		}
		<-time.After(5 * time.Millisecond)
	}
}

// knows waits until an older server shows an entry of the newer one's kind in its ledger, on the page and
// to programs.
func (c *cluster) knows(t *testing.T, old *process) {
	t.Helper()
	type entry struct{ Kind string }
	found := false
	for deadline := time.Now().Add(30 * time.Second); !found && time.Now().Before(deadline); {
		each(t, c.load, "/ledger?limit=200", func(e entry) { found = found || e.Kind == newerKind })
	}
	if !found {
		t.Error("the newer server's entry gets no place")
	}
	r, err := http.NewRequest("GET", old.address+"/ledger", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "portcullis", Value: c.load.session})
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("the older server's page of the ledger: %d", answer.StatusCode)
	}
	var called string
	err = c.db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT MIN(called) FROM people_persons`, nil, &called)
	})
	if err != nil || called != "nothing" {
		t.Errorf("what the older server does not fill is %q: %v", called, err)
	}
}

// refusesBackup holds that an older version does not leave out what it does not know: it says who can.
func (c *cluster) refusesBackup(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.gz")
	status, _, errs := command(t, append([]string{"backup", "--out", file}, c.where[:2]...)...)
	if status != exitBadInput || !strings.Contains(errs, "newer version") {
		t.Errorf("a backup by the older version: status %d: %s", status, errs)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a backup that is not whole")
	}
	if status, out, _ := command(t, append([]string{"doctor"}, c.where[:2]...)...); status != exitBreach || !strings.Contains(out, "newer version") {
		t.Errorf("the older version's doctor: status %d: %s", status, out)
	}
}
