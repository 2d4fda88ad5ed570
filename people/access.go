package people

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"portcullis/ledger"
	"portcullis/store"
)

const hour = time.Hour

// keptAccess is for how long the access log keeps an event.
const keptAccess = 400 * 24 * hour

// Access is an event of the access log: somebody signed in or out, or was refused.
type Access struct {
	ID           string     `json:"id"`
	At           store.Time `json:"at"`
	Actor        string     `json:"actor,omitempty"`
	Address      string     `json:"address,omitempty"`
	Outcome      string     `json:"outcome"` // signed-in, signed-out, refused, sign-in-failed
	Permission   Permission `json:"permission,omitempty"`
	Organisation string     `json:"organisation,omitempty"`
	Detail       string     `json:"detail,omitempty"`
}

// note writes an event down.
func (r *Room) note(tx *store.Tx, event Access) (err error) {
	event.At = tx.Now()
	if event.ID, err = store.NewID(tx.Now(), r.Chance); err != nil {
		return err
	}
	return insertAccess(tx, event)
}

// NoteForeign notes that something was refused which a page of another site had somebody's browser send. Who is whose
// session it brought; nobody, where it brought none.
func (r *Room) NoteForeign(ctx context.Context, who Who, address string) error {
	return r.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return r.note(tx, Access{Actor: who.ID, Address: address, Outcome: "refused", Detail: "a page of another site had the browser send something"})
	})
}

// AccessLog returns events, the newest first, from the one after the event with the id before; ""
// is the newest.
func (r *Room) AccessLog(ctx context.Context, actor Actor, before string, limit int) ([]Access, error) {
	return See(ctx, r, actor, func(tx *Tx) ([]Access, error) {
		// An event may have no organisation: who sees the log sees all of it.
		if err := tx.Require(SeeAccess, Everywhere); err != nil {
			return nil, err
		}
		return selectAccess(tx.Tx, before, limit)
	})
}

// accessDigest is the digest of one hour of the access log: its beginning, how many events, and the
// SHA-256 of their JSON lines in the order of their times, and of their ids where these are the same.
var accessDigest = ledger.Kind{Name: "people.access-digest", Version: 1, Public: true}

type digestEntry struct {
	Hour   store.Time `json:"hour"`
	Events int        `json:"events"`
	SHA256 string     `json:"sha256"`
}

// hourlyWork is what is due each hour. Its payload is the hour.
const hourlyWork = "people.hourly"

// settled is how long after an hour's end its events are all there: no transaction takes longer.
const settled = 5 * time.Minute

func hourly(from store.Time) store.Due {
	return store.Due{ID: hourlyWork + " " + from.String(), Kind: hourlyWork, At: from.Add(hour + settled), Payload: from.String()}
}

// StartHours schedules the hourly work of this room, from the present hour on. It may be called by
// every server at its start.
func (r *Room) StartHours(ctx context.Context) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		last, err := selectLastHour(tx)
		if errors.Is(err, store.ErrNotFound) {
			last = store.TimeOf(tx.Now().Time().Truncate(hour))
			return tx.Schedule(hourly(last))
		}
		if err != nil {
			return err
		}
		return tx.Schedule(hourly(last.Add(hour)))
	})
}

// Hourly does what is due: it enters a digest of each hour's events in the ledger, and removes what
// has been kept long enough.
func (r *Room) Hourly(ctx context.Context) error {
	for {
		claimed, err := r.DB.Claim(ctx, hourlyWork, 1, time.Minute)
		if err != nil || len(claimed) == 0 {
			return err
		}
		if err := r.DB.Write(ctx, func(tx *store.Tx) error { return r.closeHour(tx, claimed[0]) }); err != nil && !errors.Is(err, store.ErrNotHolder) {
			return err
		}
	}
}

func (r *Room) closeHour(tx *store.Tx, due store.Due) error {
	from, err := store.ParseTime(due.Payload)
	if err != nil {
		return err
	}
	if closed, err := isHourClosed(tx, from); err != nil || closed {
		// Two servers that began in different hours meet here; the other one goes on.
		return errors.Join(err, tx.Done(due))
	}
	entry, err := digestHour(tx, from)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	if _, err := r.Ledger.Record(tx, ledger.Entry{Kind: accessDigest, Actor: "server", Subjects: []string{Everywhere}, Payload: payload}); err != nil {
		return err
	}
	if err := deleteEnded(tx); err != nil {
		return err
	}
	if err := insertHour(tx, entry); err != nil {
		return err
	}
	if err := tx.Schedule(hourly(from.Add(hour))); err != nil {
		return err
	}
	return tx.Done(due)
}

func digestHour(tx *store.Tx, from store.Time) (entry digestEntry, err error) {
	entry.Hour = from
	sum := sha256.New()
	err = eachAccess(tx, from, from.Add(hour), func(event Access) error {
		entry.Events++
		return json.NewEncoder(sum).Encode(event)
	})
	entry.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return entry, err
}

// AccessFault is an hour whose events are not those that the ledger has a digest of.
type AccessFault struct {
	Hour          store.Time
	Events, Found int
}

// VerifyAccess compares the hours that are still kept whole with their digests in the ledger, all of
// which it reads. That the ledger is what it was is for package ledger to verify.
func (r *Room) VerifyAccess(ctx context.Context) (faults []AccessFault, err error) {
	err = r.DB.Read(ctx, func(tx *store.Tx) error {
		faults = nil
		hours, err := digests(tx, tx.Now().Add(-keptAccess+hour))
		if err != nil {
			return err
		}
		for _, h := range hours {
			found, err := digestHour(tx, h.Hour)
			if err != nil {
				return err
			}
			if found != h {
				faults = append(faults, AccessFault{h.Hour, h.Events, found.Events})
			}
		}
		return nil
	})
	return faults, err
}

// digests returns the digests of the hours since a time as the ledger has them. One that has no place
// in it yet is as this room has it.
func digests(tx *store.Tx, since store.Time) ([]digestEntry, error) {
	hours := map[store.Time]digestEntry{}
	known, err := selectHours(tx, since)
	if err != nil {
		return nil, err
	}
	for _, h := range known {
		hours[h.Hour] = h
	}
	const stretch = 1000
	for from := int64(0); ; from += stretch {
		entries, err := ledger.Entries(tx, from, stretch)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Kind != accessDigest || e.Erased {
				continue
			}
			var h digestEntry
			if err := json.Unmarshal(e.Payload, &h); err != nil {
				return nil, fmt.Errorf("the digest of the access log in the entry %d: %w", e.Index, err)
			}
			if !h.Hour.Before(since) {
				hours[h.Hour] = h
			}
		}
		if len(entries) < stretch {
			break
		}
	}
	return slices.SortedFunc(maps.Values(hours), func(a, b digestEntry) int { return a.Hour.Time().Compare(b.Hour.Time()) }), nil
}
