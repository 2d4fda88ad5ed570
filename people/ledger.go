package people

import (
	"context"

	"portcullis/ledger"
)

// Page is a stretch of the ledger, as an actor may see it.
type Page struct {
	Size    int64 // of the whole ledger
	From    int64 // the index of the first entry here
	Entries []Shown
}

// Shown is an entry of the ledger. Of one that is Sealed the actor may see that it is there.
type Shown struct {
	ledger.Recorded
	Sealed bool
}

// LedgerPage returns a stretch of the ledger, in its order, that ends before the entry with the index
// before; 0 is the end. What is public everybody sees who has signed in; the rest, those who may see the
// ledger in the organisation that the entry is about.
func (r *Room) LedgerPage(ctx context.Context, actor Actor, before int64, limit int) (Page, error) {
	return See(ctx, r, actor, func(tx *Tx) (p Page, err error) {
		tx.asked = true // what is shown is asked about entry by entry
		if p.Size, err = ledger.Size(tx.Tx); err != nil {
			return p, err
		}
		if before <= 0 || before > p.Size {
			before = p.Size
		}
		p.From = max(0, before-int64(limit))
		recorded, err := ledger.Entries(tx.Tx, p.From, int(before-p.From))
		if err != nil {
			return p, err
		}
		line := lineOf(SeeLedger)
		for _, e := range recorded {
			seen := e.Kind.Public
			if !seen && len(e.Subjects) > 0 {
				if seen, err = tx.reaches(line, e.Subjects[0]); err != nil {
					return p, err
				}
			}
			if !seen {
				e = ledger.Recorded{Index: e.Index}
			}
			p.Entries = append(p.Entries, Shown{e, !seen})
		}
		return p, nil
	})
}
