package register

import (
	"bufio"
	"context"
	"errors"
	"io"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
	"portcullis/world"
)

// page is how many hosts are read at once.
const page = 500

// Export writes the world as a world file: as it was known at the time known, with its organisations as
// they were at t. A time that is zero is the present. The actor needs people.SeeRegister, Everywhere.
// What is recorded meanwhile is not in it; memory is bounded by the world without its hosts.
func (r *Room) Export(ctx context.Context, actor people.Actor, w io.Writer, t, known store.Time) error {
	stored, err := people.See(ctx, r.People, actor, func(tx *people.Tx) (none policy.World, err error) {
		if err := tx.Require(people.SeeRegister, people.Everywhere); err != nil {
			return none, err
		}
		if t.IsZero() {
			t = tx.Now()
		}
		if known.IsZero() {
			known = tx.Now()
		}
		if tx.Now().Before(known) {
			return none, fault.In("known", "What will be known on %s nobody can say yet: give a time that has passed", known.Time().Format("2 January 2006 at 15:04 UTC"))
		}
		return World(tx.Tx, t, known)
	})
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err := world.Write(out, &stored, nil); err != nil {
		return err
	}
	err = r.exportHosts(ctx, actor, out, known)
	return errors.Join(err, out.Flush())
}

// exportHosts writes the hosts page by page. That each page is a transaction of its own does no harm:
// what has been recorded does not change.
func (r *Room) exportHosts(ctx context.Context, actor people.Actor, out io.Writer, known store.Time) error {
	lines, after := hostLines{out: out}, ""
	for {
		rows, err := people.See(ctx, r.People, actor, func(tx *people.Tx) ([]hostRow, error) {
			if err := tx.Require(people.SeeRegister, people.Everywhere); err != nil {
				return nil, err
			}
			return selectHosts(tx.Tx, known, after, page)
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if err := lines.write(row.document); err != nil {
				return err
			}
			after = row.id
		}
	}
}
