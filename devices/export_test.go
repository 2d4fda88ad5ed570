package devices

import (
	"context"

	"portcullis/store"
)

// ChunksOf has a keeper write so many breaches at once, and calls f after each chunk.
func (k *Keeper) ChunksOf(n int, f func()) { k.chunk, k.written = n, f }

// BreachesOf returns the breaches of a host that there were and are.
func BreachesOf(tx *store.Tx, host string) (breaches []Breach, err error) {
	err = tx.Rows(`SELECT `+breachColumns+` FROM devices_breaches WHERE host = $1 ORDER BY opened_at, thing`, []any{[]byte(host)}, func(scan func(...any) error) error {
		b, err := scanBreach(scan)
		breaches = append(breaches, b)
		return err
	})
	return breaches, err
}

// WriteUnknowing writes the next chunk and does not learn that it was committed; the next step tries it again.
func (k *Keeper) WriteUnknowing(ctx context.Context) error {
	k.take()
	err := k.write(ctx, k.unwritten)
	k.last--
	return err
}

// LookedAt has a fleet believe that it looked for what is new at a time.
func (f *Fleet) LookedAt(t store.Time) { f.looked = t }

// Handed is how many hosts this server has written that its fleet has not followed.
func (f *Fleet) Handed() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	n := 0
	for _, hosts := range f.handed.batches {
		n += len(hosts)
	}
	return max(n, f.handed.hosts)
}

// FillHanded has a fleet believe that no more hosts may wait to be followed without being read.
func (f *Fleet) FillHanded() { f.handed.hosts = maxHanded }

// ToldLate tells a fleet of a batch that it has followed already.
func (f *Fleet) ToldLate(server string, number int64, h Host) {
	f.wrote(batchKey{server, number}, []Host{h})
}
