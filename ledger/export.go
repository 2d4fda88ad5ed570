package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"portcullis/store"
)

// An export is lines of JSON: a header, which names the verifier key; the entries in their order;
// among them, every few, a checkpoint as it was signed when the ledger ended there; and at the end
// the newest checkpoint. Each entry states the root of the tree that ends with it.
//
// These roots are not computed from the fields but from the stored tiles, so that a field that was
// changed in the database does not agree with the root beside it. The checkpoints on the way are for
// those who have changed the roots as well: they cannot sign, and so it can be said between which
// two checkpoints the change is.

// View is how much of a ledger an export holds.
type View string

// The views.
const (
	// Full holds everything that is stored.
	Full View = "full"
	// Public holds of sealed entries only their leaves. It verifies all the same.
	Public View = "public"
)

// ExportOptions say what is exported.
type ExportOptions struct {
	Key  string // the verifier key
	View View   // Full where it is empty
	// Progress is told, where it is given, how many of how many entries are written.
	Progress func(done, total int64)
}

// signedEvery is how many entries there are at least between two checkpoints in an export.
const signedEvery = 1024

// Export writes the ledger to w and returns the checkpoint at its end. The database goes on
// meanwhile. It is store.ErrNotFound until the Sequencer has run for the first time.
func Export(ctx context.Context, db *store.DB, w io.Writer, o ExportOptions) (Checkpoint, error) {
	e := exporter{out: bufio.NewWriterSize(w, 1<<16), view: o.View, missing: map[int64]bool{}}
	if e.view == "" {
		e.view = Full
	}
	if err := e.header(o.Key); err != nil {
		return Checkpoint{}, err
	}
	for {
		end, err := e.latest(ctx, db, o.Key)
		if err != nil {
			return Checkpoint{}, err
		}
		// Pages are read one by one, so a payload may have been erased since the end was fixed. The
		// entry that says so came with it, and is found further on.
		if e.tree.size == end.Size {
			return end, e.end(end)
		}
		for e.tree.size < end.Size {
			if err := e.page(ctx, db, end); err != nil {
				return Checkpoint{}, err
			}
			if o.Progress != nil {
				o.Progress(e.tree.size, end.Size)
			}
		}
		if len(e.missing) == 0 {
			return end, e.end(end)
		}
	}
}

// exporter writes the lines of an export.
type exporter struct {
	out  *bufio.Writer
	view View
	line []byte // used again for each line
	by   note.Verifier
	tree edge
	// missing are the entries without payload of which no redaction was met yet.
	missing map[int64]bool
	signed  int64 // the size of the last checkpoint that was written
}

// page is what is read at once: a tile of entries, and what is signed next.
type page struct {
	entries  []fullEntry
	hashes   []byte
	nextSize int64 // 0 where none is wanted
	nextNote string
}

// page writes the entries up to the end of a tile, or of the ledger.
func (e *exporter) page(ctx context.Context, db *store.DB, end Checkpoint) error {
	from := e.tree.size
	until := min((from/tileWidth+1)*tileWidth, end.Size)
	var p page
	err := db.Read(ctx, func(tx *store.Tx) (err error) {
		p = page{}
		if p.entries, err = entries(tx, from, until); err != nil {
			return err
		}
		if p.hashes, err = readTile(tx, tileID{0, from / tileWidth}); err != nil {
			return err
		}
		p.nextSize, p.nextNote, err = checkpointFrom(tx, max(e.signed+signedEvery, from+1))
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("the entries of the ledger from %d: %w", from, err)
	}
	if int64(len(p.entries)) != until-from || int64(len(p.hashes)) < (from%tileWidth+until-from)*tlog.HashSize {
		return fmt.Errorf("of the entries %d to %d not all are stored: %w", from, until-1, ErrBroken)
	}
	for i, entry := range p.entries {
		at := (from%tileWidth + int64(i)) * tlog.HashSize
		if err := e.entry(entry, tlog.Hash(p.hashes[at:at+tlog.HashSize])); err != nil {
			return err
		}
		if e.tree.size == p.nextSize && p.nextSize < end.Size {
			if err := e.checkpoint(onTheWay, p.nextNote); err != nil {
				return err
			}
			e.signed = p.nextSize
		}
	}
	return nil
}

func (e *exporter) header(public string) (err error) {
	if e.view != Full && e.view != Public {
		return fmt.Errorf("%q is no view of the ledger: %s or %s", e.view, Full, Public)
	}
	if e.by, err = verifier(public); err != nil {
		return err
	}
	return e.write(header{exportVersion, e.view, public}.append(e.line[:0]))
}

// latest is where the ledger ends now.
func (e *exporter) latest(ctx context.Context, db *store.DB, public string) (end Checkpoint, err error) {
	err = db.Read(ctx, func(tx *store.Tx) (err error) {
		end, err = Latest(tx, public)
		return err
	})
	return end, err
}

// entry writes the next entry, whose leaf has the hash.
func (e *exporter) entry(f fullEntry, hash tlog.Hash) error {
	b, err := decodeBody(f.body)
	if err != nil {
		return fmt.Errorf("the entry %d of the ledger: %w", f.number, err)
	}
	redacted, err := b.redacts(f.number)
	if err != nil {
		return fmt.Errorf("the entry %d of the ledger: %w", f.number, err)
	}
	for _, index := range redacted {
		delete(e.missing, index)
	}
	e.tree.add(hash, nil)
	l := entryLine{index: f.number, body: b, seal: f.seal, salt: f.salt, payload: f.payload, root: e.tree.root()}
	switch {
	case e.view == Public && f.seal != nil:
		l.leaf = leaf(f.body, f.seal)
	case f.salt == nil:
		e.missing[f.number] = true
	}
	return e.write(l.append(e.line[:0]))
}

func (e *exporter) checkpoint(key, signed string) error {
	return e.write(appendSigned(e.line[:0], key, signed))
}

func (e *exporter) end(c Checkpoint) error {
	if err := e.checkpoint(atTheEnd, c.Note); err != nil {
		return err
	}
	return e.out.Flush()
}

func (e *exporter) write(line []byte) error {
	e.line = line
	_, err := e.out.Write(line)
	return err
}
