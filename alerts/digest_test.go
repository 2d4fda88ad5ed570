package alerts_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"portcullis/alerts"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/store"
)

// digests gives the ledger's entries their places and returns those of the kind alerts.digest.
func digests(t *testing.T, db *store.DB, l *ledger.Ledger, key ledger.Key) (found []alerts.HourDigest) {
	t.Helper()
	s, err := ledger.NewSequencer(db, l, key, "test", quiet())
	if err == nil {
		_, err = s.Step(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range read(t, db, func(tx *store.Tx) ([]ledger.Recorded, error) { return ledger.Entries(tx, 0, 1000) }) {
		var d alerts.HourDigest
		if err := json.Unmarshal(e.Payload, &d); err != nil || e.Kind != alerts.Digest || e.Actor != "alerts" {
			t.Fatalf("%+v, %v", e, err)
		}
		found = append(found, d)
	}
	return found
}

func TestDigest(t *testing.T) {
	secret, _, err := note.GenerateKey(rand.Reader, "ledger.example/alerts")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, l := newRoom(t)
		one, two := alerts.NewKeeper(db, r, quiet()), alerts.NewKeeper(db, r, quiet())
		look := func(k *alerts.Keeper) {
			t.Helper()
			if _, err := k.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		look(one)
		put(t, db, r, message(person("ann"), person("bob")))
		step(t, sender(db, r, always(alerts.Accepted, "250 2.0.0\tok")))
		clock.Advance(34 * time.Minute) // 10:04, when transactions that began before 10 may not have ended
		look(one)
		if got := digests(t, db, l, key); len(got) != 0 {
			t.Fatalf("the hour is not over: %+v", got)
		}
		clock.Advance(time.Minute)
		look(two)
		look(one)
		got := digests(t, db, l, key)
		if len(got) != 1 {
			t.Fatalf("%d digests of one hour", len(got))
		}
		again := read(t, db, func(tx *store.Tx) (alerts.HourDigest, error) { return alerts.DigestOf(tx, store.TimeOf(start)) })
		want := alerts.HourDigest{Hour: "2026-11-22T09:00:00.000000Z", Events: 8,
			States: map[alerts.State]int64{alerts.Delivered: 2, alerts.Queued: 2, alerts.Sending: 2, alerts.Sent: 2}, SHA256: again.SHA256}
		if diff := cmp.Diff(want, got[0]); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want, again); diff != "" {
			t.Errorf("made anew: %s", diff)
		}
		if sum := sha256.Sum256([]byte(all(t, db))); hex.EncodeToString(sum[:]) != got[0].SHA256 {
			t.Errorf("the hash is not that of the lines\n%s", all(t, db))
		}

		// Days in which no server runs: each hour with events has its digest, once.
		for range 30 {
			clock.Advance(time.Hour)
			put(t, db, r, message(person("carl")))
		}
		clock.Advance(2 * time.Hour)
		for range 3 {
			look(one)
			look(two)
		}
		got = digests(t, db, l, key)
		seen := map[string]bool{}
		for _, d := range got {
			seen[d.Hour] = true
		}
		if len(got) != 31 || len(seen) != 31 {
			t.Errorf("%d digests of %d hours", len(got), len(seen))
		}
	})
}

// all is the lines of the first hour, as the digest is said to be over them.
func all(t *testing.T, db *store.DB) string {
	t.Helper()
	var b strings.Builder
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Rows(`SELECT at || $1 || delivery || $1 || CAST(number AS TEXT) || $1 || state || $1 || words FROM alerts_event WHERE at < $2 ORDER BY at, delivery, number`,
			[]any{"\t", store.TimeOf(start.Add(30 * time.Minute)).String()}, func(scan func(...any) error) error {
				var line string
				err := scan(&line)
				b.WriteString(line + "\n")
				return err
			})
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatIsOldIsForgotten(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, _ := newRoom(t)
		put(t, db, r, message(person("ann"))) // which is never sent
		clock.Advance(time.Hour)
		kept := put(t, db, r, message(person("bob")))
		k := alerts.NewKeeper(db, r, quiet())
		look := func() {
			t.Helper()
			for range 2 {
				if _, err := k.Step(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		clock.Advance(alerts.Keep - 30*time.Minute)
		look()
		found := deliveries(t, db, alerts.Filter{})
		if len(found) != 2 || len(deliveries(t, db, alerts.Filter{Message: kept})) != 2 {
			t.Errorf("after two years there is %v", found)
		}
		clock.Advance(2 * time.Hour)
		look()
		if found := deliveries(t, db, alerts.Filter{}); len(found) != 0 {
			t.Errorf("and then %v", found)
		}
		tr := always(alerts.Accepted, "")
		if n, again := step(t, sender(db, r, tr)), step(t, sender(db, r, tr)); n != 2 || again != 0 || len(tr.sent()) != 0 {
			t.Errorf("work on what is forgotten: %d, then %d, and sent %v", n, again, tr.sent())
		}
		for table, want := range map[string]int64{"alerts_message": 0, "alerts_event": 0, "alerts_digest": 2} {
			if n := read(t, db, func(tx *store.Tx) (n int64, err error) {
				err = tx.Row(`SELECT COUNT(*) FROM `+table, nil, &n)
				return n, err
			}); n != want {
				t.Errorf("%s has %d rows", table, n)
			}
		}
	})
}

// TestSecretsAreForgotten holds that a link by which one may do something is there until the message has
// gone out, and not for long after; other links stay.
func TestSecretsAreForgotten(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, _ := newRoom(t)
		keeper := alerts.NewKeeper(db, r, quiet())
		links := func() string {
			return read(t, db, func(tx *store.Tx) (found string, err error) {
				err = tx.Rows(`SELECT link FROM alerts_message ORDER BY link`, nil, func(scan func(...any) error) error {
					var link string
					err := scan(&link)
					found += " " + link
					return err
				})
				return found, err
			})
		}
		look := func(want string) {
			t.Helper()
			clock.Advance(time.Hour)
			if _, err := keeper.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := links(); got != want {
				t.Errorf("the links are%s, not%s", got, want)
			}
		}
		secret, plain := message(person("ann")), message(person("bob"))
		secret.Link, secret.LinkSecret, plain.Link = "/join/secret", true, "/requests/4"
		put(t, db, r, secret)
		put(t, db, r, plain)
		look(" /join/secret /requests/4")
		carrier := always(alerts.Accepted, "250 ok")
		step(t, sender(db, r, carrier))
		if sent := carrier.sent(); len(sent) != 2 || !strings.HasSuffix(sent[0].Link+sent[1].Link, "/requests/4") && !strings.HasSuffix(sent[0].Link+sent[1].Link, "/join/secret") {
			t.Errorf("what was sent is %+v", sent)
		}
		look("  /requests/4")
	})
}
