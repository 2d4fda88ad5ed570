package devices

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"portcullis/devices/index"
	"portcullis/store"
)

// Breach is a stretch of time for which a thing on a host was in breach for one cause.
type Breach struct {
	Host   string
	Thing  uint32 // its number in the dictionary
	Cause  index.Cause
	Opened Turn
	Closed Turn // its time is zero while the breach is open
}

// Turn is when a breach opened or closed, and why.
type Turn struct {
	At         store.Time
	Generation store.Generation
	By         Trigger
}

// ByReconciling is that nobody wrote the breach down as it opened or closed: it was found so at that time.
const ByReconciling Trigger = "found"

const (
	breachLease = "devices breaches"
	// breachLeaseTime is how long the others wait for a server that has died. Clocks must agree to well
	// within it.
	breachLeaseTime = 5 * time.Second
	// breachChunk is how many breaches are written in one transaction: others wait no longer than for these.
	breachChunk = 240
	// breachWait is how often it is looked whether the lease has become free.
	breachWait = time.Second
	// breachesKept is how much may wait to be written, in hosts. What is beyond it is found by comparing
	// instead, so that memory is bounded.
	breachesKept = 4_000_000
	// aChange is what a change takes besides its hosts, in hosts.
	aChange = 40
)

// Keeper writes down when breaches opened and closed, as this server's fleet finds it. Every server has
// one; that which holds the lease writes. When it gets the lease it compares what is written with what is
// in breach, and writes the difference as found then; from there on it writes each change as it happens.
// Which chunk was written last is counted in the chunk's transaction: whatever becomes of a commit, none
// is written twice or left out.
type Keeper struct {
	fleet  *Fleet
	holder string
	log    *slog.Logger
	wake   chan struct{}

	// Of the goroutine that steps.
	lease     store.Lease
	last      int64  // the last chunk that is known to be written
	chunk     int    // breaches in a chunk
	unwritten []turn // the chunk at hand
	written   func() // is called after each chunk; nil but in tests

	mu      sync.Mutex
	asked   bool       // a beginning is wanted
	begun   *beginning // what is to be compared first; nil where that has been done
	keeping bool       // what happens is kept
	queue   []*happened
	size    int // of the queue, in hosts
}

// beginning is what was in breach when the keeper began.
type beginning struct {
	standing *index.Standing
	turn     Turn
}

// NewKeeper makes the keeper of a fleet, which must not run yet. Holder names this server among the others.
func NewKeeper(f *Fleet, holder string, log *slog.Logger) *Keeper {
	f.keeper = &Keeper{fleet: f, holder: holder, log: log, wake: make(chan struct{}, 1), chunk: breachChunk}
	return f.keeper
}

// Run writes what happens until the context ends, and leaves the lease to others then. What cannot be
// written for now is logged and tried again.
func (k *Keeper) Run(ctx context.Context) {
	defer k.release(ctx)
	for {
		if err := k.Step(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrNotHolder) {
			k.log.Warn("when breaches opened and closed waits to be written down", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		case <-time.After(breachWait):
		}
	}
}

func (k *Keeper) release(ctx context.Context) {
	if k.lease.Holder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), breachLeaseTime)
	defer cancel()
	if err := k.fleet.db.Release(ctx, k.lease); err != nil {
		k.log.Warn("the lease to write down breaches could not be given up and will run out", "error", err)
	}
}

// Step writes what has happened so far. It returns store.ErrNotHolder where that is for another server to
// do, and nil where the fleet has to follow before it can begin. It is for one goroutine.
func (k *Keeper) Step(ctx context.Context) error {
	err := k.step(ctx)
	if errors.Is(err, store.ErrNotHolder) {
		k.lease = store.Lease{}
		k.drop(false)
	}
	return err
}

func (k *Keeper) step(ctx context.Context) error {
	if err := k.hold(ctx); err != nil {
		return err
	}
	for {
		if len(k.unwritten) == 0 {
			if b := k.take(); b != nil {
				if err := k.reconcile(ctx, b); err != nil {
					return err
				}
				k.reconciled(b)
				continue
			}
		}
		if len(k.unwritten) == 0 {
			return nil
		}
		if err := k.write(ctx, k.unwritten); err != nil {
			return err // the same chunk is tried again
		}
		k.unwritten = k.unwritten[:0]
	}
}

// hold takes the lease, or holds on to it. With a lease that is new it asks for a beginning.
func (k *Keeper) hold(ctx context.Context) error {
	if store.TimeOf(k.fleet.now()).Add(breachLeaseTime / 2).Before(k.lease.Until) {
		return nil
	}
	lease, err := k.fleet.db.Acquire(ctx, breachLease, k.holder, breachLeaseTime)
	if err != nil {
		return err
	}
	had := k.lease
	k.lease = lease
	switch {
	case had.Holder == "":
		k.unwritten = nil
		k.drop(true)
		k.fleet.Wake()
	case had.Fence != lease.Fence: // another had it meanwhile
		return store.ErrNotHolder
	}
	return nil
}

// drop forgets what waits, and asks for a beginning, or waits for the lease.
func (k *Keeper) drop(ask bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked, k.begun, k.keeping, k.queue, k.size = ask, nil, false, nil, 0
}

// wanted tells the fleet, before it looks for what is new, whether the keeper wants to begin: then it is
// told to when the index answers on all that was committed before.
func (k *Keeper) wanted() bool {
	if k == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked
}

// begin gives the keeper what is in breach. What happens after it is kept. Between the two the index must
// not change.
func (k *Keeper) begin(s *index.Standing, at store.Time, g store.Generation) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.asked { // it was dropped meanwhile
		return
	}
	k.asked, k.keeping, k.begun, k.queue, k.size = false, true, &beginning{s, Turn{at, g, ByReconciling}}, nil, 0
	k.wakeUp()
}

// happened takes what opened and closed. It waits for nothing.
func (k *Keeper) happened(h Happening) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.keeping {
		return
	}
	k.queue, k.size = append(k.queue, &happened{Happening: h}), k.size+h.size()
	if k.size > breachesKept {
		k.asked, k.begun, k.keeping, k.queue, k.size = true, nil, false, nil, 0
	}
	k.wakeUp()
}

func (k *Keeper) wakeUp() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// take has the next chunk of the queue written, unless there is a beginning, which comes first.
func (k *Keeper) take() *beginning {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.begun != nil {
		return k.begun
	}
	for len(k.queue) > 0 && len(k.unwritten) < k.chunk {
		h := k.queue[0]
		k.unwritten = h.take(k.unwritten, k.chunk, k.fleet.dictionary)
		if h.change == len(h.Changes) {
			k.queue[0], k.queue, k.size = nil, k.queue[1:], k.size-h.size()
		}
	}
	return nil
}

func (k *Keeper) reconciled(b *beginning) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.begun == b {
		k.begun = nil
	}
}

// turn is one breach that opened or closed.
type turn struct {
	breach
	opened bool
	Turn
}

// breach is what is in breach for what.
type breach struct {
	host string
	index.Open
}

// happened is a happening, and how far it has been taken.
type happened struct {
	Happening
	change, host int
}

// size is what it takes in memory, in hosts.
func (h *Happening) size() (n int) {
	for i := range h.Changes {
		n += aChange + h.Changes[i].Hosts.Len()
	}
	return n
}

// take appends what has not been taken, until there are so many turns.
func (h *happened) take(turns []turn, most int, d *index.Dictionary) []turn {
	for h.change < len(h.Changes) {
		c := &h.Changes[h.change]
		thing := d.Add(*c.Thing)
		for ; h.host < c.Hosts.Len(); h.host++ {
			if len(turns) == most {
				return turns
			}
			turns = append(turns, turn{breach{c.Hosts.At(h.host), index.Open{Thing: thing, Cause: c.Cause}}, c.Opened, Turn{h.At, h.Generation, h.By}})
		}
		h.change, h.host = h.change+1, 0
	}
	return turns
}

// write writes a chunk, unless that has been done.
func (k *Keeper) write(ctx context.Context, chunk []turn) error {
	if err := k.hold(ctx); err != nil {
		return err
	}
	err := k.fleet.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Hold(k.lease); err != nil {
			return err
		}
		last, err := selectCounter(tx, breachCounter)
		if err != nil || last == k.last+1 {
			return err // it was written: what became of the commit had not become known
		}
		if last != k.last {
			return fmt.Errorf("breaches have been written down to the chunk %d, and not to %d: %w", last, k.last, store.ErrNotHolder)
		}
		if err := writeTurns(tx, chunk); err != nil {
			return err
		}
		return setCounter(tx, breachCounter, last+1)
	})
	if err != nil {
		return err
	}
	k.last++
	if k.written != nil {
		k.written()
	}
	return nil
}

// breachCounter counts the chunks that were written.
const breachCounter = "breaches"

// writeTurns writes what opened and closed, in its order as far as that matters.
func writeTurns(tx *store.Tx, turns []turn) error {
	among := map[breach]bool{}
	for first, i := 0, 0; i <= len(turns); i++ {
		if i < len(turns) && !among[turns[i].breach] {
			among[turns[i].breach] = true
			continue
		}
		if err := errors.Join(closeBreaches(tx, turns[first:i]), openBreaches(tx, turns[first:i])); err != nil || i == len(turns) {
			return err
		}
		clear(among)
		among[turns[i].breach], first = true, i
	}
	return nil
}

// reconcile writes the difference between what is written and what is in breach.
func (k *Keeper) reconcile(ctx context.Context, b *beginning) error {
	if err := k.fleet.db.Read(ctx, func(tx *store.Tx) (err error) {
		k.last, err = selectCounter(tx, breachCounter)
		return err
	}); err != nil {
		return err
	}
	d := difference{k: k, ctx: ctx, turn: b.turn, rows: openRows{ctx: ctx, db: k.fleet.db}}
	for id, open := range b.standing.Hosts() {
		d.host(id, open)
		if d.err != nil {
			return d.err
		}
	}
	d.rest()
	if d.err == nil && len(d.chunk) > 0 {
		d.err = k.write(ctx, d.chunk)
	}
	return d.err
}

// difference writes what differs, host by host in the order of their ids.
type difference struct {
	k     *Keeper
	ctx   context.Context
	turn  Turn
	rows  openRows
	chunk []turn
	err   error
}

// host compares the rows up to a host with what is in breach on it.
func (d *difference) host(id string, open []index.Open) {
	written := map[index.Open]bool{}
	for row := d.peek(); row != nil && row.host <= id; row = d.peek() {
		if row.host < id || !slices.Contains(open, row.Open) {
			d.add(turn{*row, false, d.turn})
		} else {
			written[row.Open] = true
		}
		d.rows.at++
	}
	for _, o := range open {
		if !written[o] {
			d.add(turn{breach{id, o}, true, d.turn})
		}
	}
}

// rest closes the rows that are left.
func (d *difference) rest() {
	for row := d.peek(); row != nil; row = d.peek() {
		d.add(turn{*row, false, d.turn})
		d.rows.at++
	}
}

func (d *difference) peek() *breach {
	if d.err != nil {
		return nil
	}
	row, err := d.rows.peek()
	d.err = err
	return row
}

func (d *difference) add(t turn) {
	if t.opened {
		d.k.fleet.ages.Recall(t.host, t.Open, day(t.At))
	}
	if d.chunk = append(d.chunk, t); len(d.chunk) == d.k.chunk && d.err == nil {
		d.err = d.k.write(d.ctx, d.chunk)
		d.chunk = d.chunk[:0]
	}
}

// openRows reads the open breaches in the order of the hosts, a page at a time. What is written meanwhile
// must not be behind where it stands.
type openRows struct {
	ctx  context.Context
	db   *store.DB
	page []breach
	at   int
	end  bool
}

// breachPage is how many rows are read at once.
const breachPage = 2000

// peek is the row at which it stands; nil behind the last.
func (r *openRows) peek() (*breach, error) {
	if r.at == len(r.page) && !r.end {
		var after breach
		if len(r.page) > 0 {
			after = r.page[len(r.page)-1]
		}
		if err := r.db.Read(r.ctx, func(tx *store.Tx) (err error) {
			r.page, err = selectOpen(tx, after, breachPage)
			return err
		}); err != nil {
			return nil, err
		}
		r.at, r.end = 0, len(r.page) < breachPage
	}
	if r.at == len(r.page) {
		return nil, nil
	}
	return &r.page[r.at], nil
}
