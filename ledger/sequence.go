package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"portcullis/store"
)

const (
	leaseName = "ledger.sequencer"
	// leaseTime is how long the others wait for a server that has died. Clocks must agree to well
	// within it.
	leaseTime = 3 * time.Second
	// interval is how often it is looked for what other servers have recorded.
	interval = 500 * time.Millisecond
	// batch is how many entries get their places at once, and so how far apart checkpoints are.
	batch = 1024
)

// ErrBroken is that what is stored is not what was signed.
var ErrBroken = errors.New("the stored ledger does not lead to what was signed: restore it from a backup; nothing more is signed until then")

// Sequencer gives pending entries their places. Every server runs one; those that do not hold the
// lease stand by.
type Sequencer struct {
	db     *store.DB
	ledger *Ledger
	key    Key
	by     note.Verifier
	holder string
	log    *slog.Logger
	lease  store.Lease
}

// NewSequencer makes a sequencer. Holder names this server among the others. The key must be the
// same on all of them.
func NewSequencer(db *store.DB, l *Ledger, key Key, holder string, log *slog.Logger) (*Sequencer, error) {
	by, err := verifier(key.Public)
	if err != nil {
		return nil, err
	}
	if key.Signer.Name() != by.Name() || key.Signer.KeyHash() != by.KeyHash() {
		return nil, errors.New("the signing key and the verifier key of the ledger do not belong together")
	}
	return &Sequencer{db: db, ledger: l, key: key, by: by, holder: holder, log: log}, nil
}

// Run gives entries their places as they come, until ctx ends; then it returns nil and leaves the
// lease to others. What may pass, such as a database that does not answer, is logged and tried
// again. It returns ErrKey and ErrBroken, which do not pass.
func (s *Sequencer) Run(ctx context.Context) error {
	defer s.release(ctx)
	for {
		n, err := s.Step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrKey) || errors.Is(err, ErrBroken):
			return err
		case err != nil && !errors.Is(err, store.ErrNotHolder):
			s.log.Warn("entries of the ledger wait for their places", "error", err)
		case n == batch:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.ledger.wake:
		case <-time.After(interval):
		}
	}
}

// release gives the lease up though ctx has ended. Where that fails, the lease runs out.
func (s *Sequencer) release(ctx context.Context) {
	if s.lease.Holder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseTime)
	defer cancel()
	if err := s.db.Release(ctx, s.lease); err != nil {
		s.log.Warn("the lease of the ledger's sequencer could not be given up and will run out", "error", err)
	}
}

// Step gives their places to those entries that are pending, to a batch at most, and returns how
// many that were. Where nothing is pending it writes nothing. It returns store.ErrNotHolder where
// another server holds the lease.
func (s *Sequencer) Step(ctx context.Context) (int, error) {
	var now store.Time
	var due bool
	err := s.db.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now()
		due, err = isDue(tx)
		return err
	})
	if err != nil || !due {
		return 0, err
	}
	if !now.Add(leaseTime / 2).Before(s.lease.Until) {
		if s.lease, err = s.db.Acquire(ctx, leaseName, s.holder, leaseTime); err != nil {
			s.lease = store.Lease{}
			return 0, err
		}
	}
	var n int
	err = s.db.Write(ctx, func(tx *store.Tx) (err error) {
		n, err = s.sequence(tx)
		return err
	})
	if errors.Is(err, store.ErrNotHolder) {
		s.lease = store.Lease{}
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}

// isDue tells whether there is something to do: entries wait, or nothing was ever signed.
func isDue(tx *store.Tx) (bool, error) {
	if pending, err := isPending(tx); err != nil || pending {
		return pending, err
	}
	_, _, err := lastCheckpoint(tx)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// sequence appends the next batch of pending entries and signs the tree that results.
func (s *Sequencer) sequence(tx *store.Tx) (int, error) {
	if err := tx.Hold(s.lease); err != nil {
		return 0, err
	}
	read := func(id tileID) ([]byte, error) { return readTile(tx, id) }
	tree, signed, err := s.signedTree(tx, read)
	if err != nil {
		return 0, err
	}
	waiting, err := nextPending(tx, batch)
	if err != nil || signed && len(waiting) == 0 {
		return 0, err
	}
	g := grow(tree, read)
	for _, p := range waiting {
		if err := appendEntry(tx, g, p.storedEntry); err != nil {
			return 0, fmt.Errorf("the pending entry %s: %w", p.id, err)
		}
	}
	if len(waiting) > 0 {
		n, err := deletePending(tx, waiting[len(waiting)-1])
		if err != nil {
			return 0, err
		}
		if n != int64(len(waiting)) {
			return 0, fmt.Errorf("%d pending entries got their places, and %d are no longer pending", len(waiting), n)
		}
	}
	for id, hashes := range g.changed {
		if err := writeTile(tx, id, hashes); err != nil {
			return 0, err
		}
	}
	c, err := s.key.sign(g.edge.size, g.edge.root())
	if err != nil {
		return 0, err
	}
	return len(waiting), insertCheckpoint(tx, c)
}

// signedTree returns the right edge of the tree that was signed last, having checked that the
// stored tiles lead to its root. A ledger that is new has an empty tree and no signature.
func (s *Sequencer) signedTree(tx *store.Tx, read tiles) (tree edge, signed bool, err error) {
	c, err := Latest(tx, s.key.Public)
	if errors.Is(err, store.ErrNotFound) {
		return edge{}, false, nil
	}
	if err != nil {
		return edge{}, false, err
	}
	if tree, err = loadEdge(c.Size, read); err != nil {
		return edge{}, false, err
	}
	if tree.root() != c.Root {
		return edge{}, false, ErrBroken
	}
	return tree, true, nil
}

// appendEntry gives an entry the next place. Where it is a redaction, the payloads go now.
func appendEntry(tx *store.Tx, g *growth, e storedEntry) error {
	number := g.edge.size
	b, err := decodeBody(e.body)
	if err != nil {
		return err
	}
	redacted, err := b.redacts(number)
	if err != nil {
		return err
	}
	for _, index := range redacted {
		if err := erase(tx, index); err != nil {
			return err
		}
	}
	if err := g.add(tlog.RecordHash(leaf(e.body, e.seal))); err != nil {
		return err
	}
	return insertEntry(tx, number, e)
}
