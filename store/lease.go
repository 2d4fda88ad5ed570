package store

import (
	"context"
	"errors"
	"time"
)

// Lease is the right to do something alone, for a time. Fence rises each time that the lease
// passes to another holder.
type Lease struct {
	Name, Holder string
	Fence        int64
	Until        Time
}

// ErrNotHolder is that a lease is another's, or that claimed work has been claimed by another.
var ErrNotHolder = errors.New("another server holds it now")

// Acquire takes a lease, or extends it where holder has it already. It returns ErrNotHolder while
// another has it. Leases compare the clocks of servers: these must agree to well within ttl.
func (db *DB) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (lease Lease, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		lease = Lease{Name: name, Holder: holder, Fence: 1, Until: tx.Now().Add(ttl)}
		current, err := selectLease(tx, name)
		switch {
		case errors.Is(err, ErrNotFound):
			return insertLease(tx, lease)
		case err != nil:
			return err
		case current.Holder == holder:
			lease.Fence = current.Fence
		case tx.Now().Before(current.Until):
			return ErrNotHolder
		default:
			lease.Fence = current.Fence + 1
		}
		return updateLease(tx, lease)
	})
	return lease, err
}

// Release gives a lease up, so that another need not wait for its end. A lease that is another's
// by now is left alone.
func (db *DB) Release(ctx context.Context, lease Lease) error {
	return db.Write(ctx, func(tx *Tx) error { return endLease(tx, lease) })
}

// Hold fails with ErrNotHolder unless the lease is still the one given. What a transaction does
// under a lease it does after Hold: were the lease taken over meanwhile, only one of the two
// transactions could commit.
func (tx *Tx) Hold(lease Lease) error {
	current, err := selectLease(tx, lease.Name)
	if errors.Is(err, ErrNotFound) || err == nil && (current.Holder != lease.Holder || current.Fence != lease.Fence) {
		return ErrNotHolder
	}
	return err
}
