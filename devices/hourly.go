package devices

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// Digest is what the ledger has of one hour's batches: its beginning, how many there were, of which
// servers, and the SHA-256 of their JSON lines in the order of the servers and numbers. A line is a
// Line.
type Digest struct {
	Hour    store.Time     `json:"hour"`
	Batches int            `json:"batches"`
	Servers []DigestServer `json:"servers,omitempty"`
	SHA256  string         `json:"sha256"`
}

// DigestServer is which batches of a server are in a digest.
type DigestServer struct {
	Server string `json:"server"`
	From   int64  `json:"from"` // the number of the first
	To     int64  `json:"to"`   // and of the last
}

// Line is a batch as a digest has it.
type Line struct {
	Server string          `json:"server"`
	Number int64           `json:"number"`
	At     store.Time      `json:"at"`
	Hosts  json.RawMessage `json:"hosts"` // the ids of the hosts that it changed, ascending
}

const (
	// hourlyWork is what is due each hour. Its payload is the hour.
	hourlyWork = "devices.hourly"
	// settled is how long after an hour's end its batches are all there: no transaction takes longer.
	settled = 5 * time.Minute
	// hourCounter is the last hour of which a digest was entered, in hours since the Unix epoch.
	hourCounter = "hour"
)

func hourly(from store.Time) store.Due {
	return store.Due{ID: hourlyWork + " " + from.String(), Kind: hourlyWork, At: from.Add(time.Hour + settled), Payload: from.String()}
}

func hourNumber(from store.Time) int64 { return from.Time().Unix() / 3600 }

// StartHours schedules the hourly work of this room, from the present hour on. It may be called by
// every server at its start.
func (r *Room) StartHours(ctx context.Context) error {
	return r.People.DB.Write(ctx, func(tx *store.Tx) error {
		last, err := selectCounter(tx, hourCounter)
		if err != nil {
			return err
		}
		if last == 0 {
			return tx.Schedule(hourly(store.TimeOf(tx.Now().Time().Truncate(time.Hour))))
		}
		return tx.Schedule(hourly(store.TimeOf(time.Unix((last+1)*3600, 0))))
	})
}

// Hourly does what is due: it enters a digest of each hour's batches in the ledger, and removes the
// batches that no server need follow any more.
func (r *Room) Hourly(ctx context.Context) error {
	for {
		claimed, err := r.People.DB.Claim(ctx, hourlyWork, 1, time.Minute)
		if err != nil || len(claimed) == 0 {
			return err
		}
		if err := r.People.DB.Write(ctx, func(tx *store.Tx) error { return r.closeHour(tx, claimed[0]) }); err != nil && !errors.Is(err, store.ErrNotHolder) {
			return err
		}
	}
}

func (r *Room) closeHour(tx *store.Tx, due store.Due) error {
	from, err := store.ParseTime(due.Payload)
	if err != nil {
		return err
	}
	last, err := selectCounter(tx, hourCounter)
	if err != nil || last >= hourNumber(from) {
		// Two servers that began in different hours meet here; the other one goes on.
		return errors.Join(err, tx.Done(due))
	}
	digest, err := digestHour(tx, from)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(digest)
	if err != nil {
		return err
	}
	if _, err := r.People.Ledger.Record(tx, ledger.Entry{Kind: batchesDigest, Actor: "server", Subjects: []string{people.Everywhere}, Payload: payload}); err != nil {
		return err
	}
	old := tx.Now().Add(-keptBatches)
	if end := from.Add(time.Hour); end.Before(old) {
		old = end // what is in no digest yet stays
	}
	if err := errors.Join(deleteBatches(tx, old), setCounter(tx, hourCounter, hourNumber(from)), tx.Schedule(hourly(from.Add(time.Hour)))); err != nil {
		return err
	}
	return tx.Done(due)
}

func digestHour(tx *store.Tx, from store.Time) (d Digest, err error) {
	d.Hour = from
	sum := sha256.New()
	err = eachBatchBetween(tx, from, from.Add(time.Hour), func(line Line) error {
		if n := len(d.Servers); n == 0 || d.Servers[n-1].Server != line.Server {
			d.Servers = append(d.Servers, DigestServer{Server: line.Server, From: line.Number})
		}
		d.Batches++
		d.Servers[len(d.Servers)-1].To = line.Number
		return json.NewEncoder(sum).Encode(line)
	})
	d.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return d, err
}
