package devices

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"portcullis/devices/index"
	"portcullis/store"
)

const (
	// keptBatches is for how long other servers can follow a batch.
	keptBatches = 48 * time.Hour
	// agedDays is for how many days it is known on which of them a breach opened.
	agedDays = 31
	// recallEvery is how often is read since when there are breaches that this server did not see open.
	recallEvery = time.Hour
)

// day is the day of a time, counted from the Unix epoch.
func day(t store.Time) int32 { return int32(t.Time().Unix() / (24 * 60 * 60)) }

// recall reads when the breaches of the last days opened, and how people know identifiers: what other servers
// have learnt of those that were not new.
func (f *Fleet) recall(tx *store.Tx) error {
	var names []Named
	if err := eachName(tx, nil, func(n Named) { names = append(names, n) }); err != nil {
		return err
	}
	f.learnNames(names)
	since := tx.Now().Add(-agedDays * 24 * time.Hour)
	f.ages.Forget(day(since))
	return eachOpened(tx, since, func(b Breach) {
		f.ages.Recall(b.Host, index.Open{Thing: b.Thing, Cause: b.Cause}, day(b.Opened.At))
	})
}

// errGap is that batches are gone which this server has not followed.
var errGap = errors.New("batches that were not followed are gone")

// touched returns the hosts of the batches since the last look that are to be read, and notes those that need not be,
// because this server has written them last and has them still; whole tells that these are no longer all
// there, because it was too long ago, and every host is to be looked at.
func (f *Fleet) touched(tx *store.Tx, n *news) (ids map[string]bool, whole bool, err error) {
	if f.looked.Add(keptBatches - time.Hour).Before(n.at) {
		return nil, true, nil // servers whose batches are all gone are no longer known
	}
	ids, n.hosts = map[string]bool{}, map[string]Host{}
	for server, last := range n.cursors {
		next := f.cursors[server] + 1
		if last == next-1 || f.handedOver(server, next, last, n.hosts) {
			continue
		}
		err := eachBatch(tx, server, next-1, func(number int64, encoded []byte) error {
			if number != next {
				return errGap
			}
			next++
			var hosts []string
			err := json.Unmarshal(encoded, &hosts)
			for _, id := range hosts {
				ids[id] = true
			}
			return err
		})
		if err != nil && !errors.Is(err, errGap) {
			return nil, false, fmt.Errorf("the batches of the server %s: %w", server, err)
		}
		if next != last+1 { // some are missing, or it began anew
			n.hosts = nil
			return nil, true, nil
		}
	}
	return ids, false, nil
}

// lookAtAll puts every host into the index as it is, and takes out those that are no longer judged. It may
// be run again.
func (f *Fleet) lookAtAll(tx *store.Tx, n *news) error {
	f.log.Warn("this server has not followed for too long: every device is read again")
	if err := f.followThings(tx); err != nil {
		return err
	}
	generation := f.View().Generation
	gone := f.index.IDs()
	remove := func(before string, all bool) {
		for len(gone) > 0 && (all || gone[0] < before) {
			f.happened(n.at, generation, ByReport, f.index.Remove(gone[0]))
			gone = gone[1:]
		}
	}
	err := eachRow(tx, func(id string, state State, row index.Row, digest uint64) error {
		remove(id, false)
		if !state.judged() {
			return nil
		}
		if len(gone) > 0 && gone[0] == id {
			gone = gone[1:]
		}
		changes, err := f.index.Put(id, row)
		if err != nil {
			return err
		}
		f.index.SetDigest(id, digest)
		f.happened(n.at, generation, ByReport, changes)
		return nil
	})
	if err != nil {
		return err
	}
	remove("", true)
	return f.lookAtRegister(tx, n)
}
