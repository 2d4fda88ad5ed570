package people

import (
	"context"
	"errors"

	"portcullis/ledger"
	"portcullis/store"
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
	// Name is that of the actor, where it is a person and may be told.
	Name string
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
		for _, e := range recorded {
			shown, err := tx.show(e)
			if err != nil {
				return p, err
			}
			p.Entries = append(p.Entries, shown)
		}
		return p, nil
	})
}

// show is an entry as the actor may see it.
func (tx *Tx) show(e ledger.Recorded) (Shown, error) {
	may, err := false, error(nil)
	if len(e.Subjects) > 0 {
		if may, err = tx.reaches(lineOf(SeeLedger), e.Subjects[0]); err != nil {
			return Shown{}, err
		}
	}
	if !may && !e.Kind.Public {
		return Shown{Recorded: ledger.Recorded{Index: e.Index}, Sealed: true}, nil
	}
	shown := Shown{Recorded: e}
	if may {
		p, err := selectPerson(tx.Tx, e.Actor)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return Shown{}, err
		}
		shown.Name = p.Name
	}
	return shown, nil
}
