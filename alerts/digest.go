package alerts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"portcullis/ledger"
	"portcullis/store"
)

// Digest is the kind of the entry that holds an hour of this room's events: deliveries stay out of
// the ledger, and cannot be changed behind its back all the same. Its payload is an HourDigest in JSON.
var Digest = ledger.Kind{Name: "alerts.digest", Version: 1}

// Kinds are the kinds of ledger entries that this room records.
var Kinds = []ledger.Kind{Digest, endpointAdded, endpointChanged, endpointRemoved}

// HourDigest is the events of one hour.
type HourDigest struct {
	Hour   string          `json:"hour"` // its beginning, 2006-01-02T15:04:05.000000Z
	Events int64           `json:"events"`
	States map[State]int64 `json:"states"` // how many events came to each state
	// SHA256 is over a line for each event, in the order of time, delivery and number: the five
	// fields at, delivery, number, state and text, in that order, with a tab between and a line end
	// after them. No field holds a tab or a line end.
	SHA256 string `json:"sha256"`
}

func digestOf(hour store.Time, events []Event) HourDigest {
	d := HourDigest{Hour: hour.String(), Events: int64(len(events)), States: map[State]int64{}}
	sum := sha256.New()
	for _, e := range events {
		d.States[e.State]++
		fields := []string{e.At.String(), e.Delivery, strconv.FormatInt(e.Number, 10), string(e.State), e.Text}
		// A hash never fails to take what it is given.
		sum.Write([]byte(strings.Join(fields, "\t") + "\n"))
	}
	d.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return d
}

// DigestOf makes the digest of the hour that at lies in anew, from what is stored: who has the
// ledger's entry compares.
func DigestOf(tx *store.Tx, at store.Time) (HourDigest, error) {
	hour := hourOf(at)
	events, err := selectHour(tx, hour, hour.Add(time.Hour))
	return digestOf(hour, events), err
}

func hourOf(at store.Time) store.Time { return store.TimeOf(at.Time().Truncate(time.Hour)) }

const (
	digestKind = "alerts.digest"
	// grace is how long after an hour its digest is made: transactions that began in it have ended.
	grace = 5 * time.Minute
	// hoursAtOnce is how many hours one transaction digests, after a time in which no server ran.
	hoursAtOnce = 24
	// forgetAtOnce is how many old messages one transaction removes.
	forgetAtOnce = 200
	digestHold   = time.Minute
	digestLook   = time.Minute
)

// Keeper makes the digests and removes what is no longer kept. Every server runs one.
type Keeper struct {
	db   *store.DB
	room *Room
	log  *slog.Logger
}

// NewKeeper makes the keeper of the records.
func NewKeeper(db *store.DB, r *Room, log *slog.Logger) *Keeper {
	return &Keeper{db: db, room: r, log: log}
}

// Run works until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	for {
		more, err := k.Step(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			k.log.Warn("the digest of the messages waits", "error", err)
		} else if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(digestLook):
		}
	}
}

// Step does what is due, in one transaction, and tells whether there is more.
func (k *Keeper) Step(ctx context.Context) (more bool, err error) {
	err = k.db.Write(ctx, func(tx *store.Tx) error {
		return tx.Schedule(store.Due{ID: digestKind, Kind: digestKind, At: tx.Now()})
	})
	if err != nil {
		return false, err
	}
	claimed, err := k.db.Claim(ctx, digestKind, 1, digestHold)
	if err != nil || len(claimed) == 0 {
		return false, err
	}
	err = k.db.Write(ctx, func(tx *store.Tx) error {
		digested, err := k.digest(tx)
		if err != nil {
			return err
		}
		forgotten, err := forget(tx)
		if err != nil {
			return err
		}
		more = digested == hoursAtOnce || forgotten == forgetAtOnce
		at := hourOf(tx.Now()).Add(time.Hour + grace)
		if more {
			at = tx.Now()
		}
		return tx.Defer(claimed[0], at)
	})
	return more, err
}

// digest records the hours that are over and have no digest yet, and returns how many those were.
// An hour without events has none.
func (k *Keeper) digest(tx *store.Tx) (n int, err error) {
	last, err := lastDigest(tx)
	if err != nil {
		return 0, err
	}
	from := store.Time{}
	if !last.IsZero() {
		from = last.Add(time.Hour)
	}
	for ; n < hoursAtOnce; n++ {
		at, err := firstEvent(tx, from)
		if err != nil || at.IsZero() {
			return n, err
		}
		from = hourOf(at).Add(time.Hour)
		if tx.Now().Before(from.Add(grace)) {
			return n, nil
		}
		if err := k.enter(tx, hourOf(at)); err != nil {
			return n, fmt.Errorf("the digest of the messages of the hour %s: %w", hourOf(at), err)
		}
	}
	return n, nil
}

// enter records the digest of one hour.
func (k *Keeper) enter(tx *store.Tx, hour store.Time) error {
	d, err := DigestOf(tx, hour)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = k.room.Ledger.Record(tx, ledger.Entry{Kind: Digest, Actor: "alerts", Subjects: []string{d.Hour}, Payload: payload})
	return errors.Join(err, insertDigest(tx, hour, d.Events, d.SHA256))
}

// forget removes messages that have been kept for as long as they are, with their records, and secrets
// that have reached whom they were for.
func forget(tx *store.Tx) (int, error) {
	if err := forgetSecrets(tx); err != nil {
		return 0, err
	}
	ids, err := oldMessages(tx, tx.Now().Add(-Keep), forgetAtOnce)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return len(ids), deleteMessages(tx, ids)
}
