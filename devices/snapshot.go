package devices

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"strconv"
	"time"

	"portcullis/devices/index"
	"portcullis/store"
)

// A snapshot of a fleet is a line, and the index's own. The line is the CRC-32C of the rest of it, as eight
// hexadecimal digits, a space, and in JSON how far the fleet had followed. It is this server's alone: where there is
// none, or it cannot be used, the fleet is made from the tables.

// standingAt is how far a fleet had followed.
type standingAt struct {
	Generation store.Generation `json:"generation"`
	Cursors    map[string]int64 `json:"cursors"`
	Looked     store.Time       `json:"looked"`
	Noted      uint32           `json:"noted"`
}

// Save writes a snapshot, from which ResumeFleet goes on. Nothing is followed meanwhile.
func (f *Fleet) Save(w io.Writer) error {
	f.following.Lock()
	defer f.following.Unlock()
	generation := f.View().Generation
	at, err := json.Marshal(standingAt{generation, f.cursors, f.looked, f.noted})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "%s %s\n", checkOf(at), at); err != nil {
		return err
	}
	return f.index.Snapshot(w, mark(generation))
}

func checkOf(at []byte) string {
	return fmt.Sprintf("%08x", crc32.Checksum(at, crc32.MakeTable(crc32.Castagnoli)))
}

// parseStanding reads the line of a snapshot; false where it is not as it was written.
func parseStanding(line []byte) (at standingAt, ok bool) {
	check, text, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	ok = string(check) == checkOf(text) && json.Unmarshal(text, &at) == nil && at.Cursors != nil
	return at, ok
}

// mark is what the index knows the decisions of a generation by.
func mark(g store.Generation) string { return strconv.FormatInt(int64(g), 10) }

// ResumeFleet is OpenFleet from a snapshot and what has happened since. Where the snapshot is not whole, or
// not of this version, or of a later state than the database is in, the error is index.ErrDamaged.
func ResumeFleet(ctx context.Context, db *store.DB, now func() time.Time, log *slog.Logger, from io.Reader) (*Fleet, error) {
	f := newFleet(db, now, log)
	decided := beginView(ctx, db)
	in := bufio.NewReaderSize(from, 1<<20)
	line, err := in.ReadBytes('\n')
	at, ok := parseStanding(line)
	if err != nil || !ok {
		return nil, fmt.Errorf("its first line: %w", index.ErrDamaged)
	}
	if f.index, err = index.Read(in); err != nil {
		return nil, err
	}
	f.dictionary, f.ages = f.index.Dictionary(), index.NewAges(f.index)
	f.cursors, f.looked, f.noted = at.Cursors, at.Looked, at.Noted
	view, err := decided()
	if err == nil {
		err = db.Read(ctx, func(tx *store.Tx) error { return f.resume(tx, at.Generation, view) })
	}
	if err == nil {
		err = f.Follow(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the devices from a snapshot: %w", err)
	}
	return f, nil
}

// resume has the index answer on what is decided now.
func (f *Fleet) resume(tx *store.Tx, generation store.Generation, view View) error {
	last, err := counted(tx, "things")
	if err != nil {
		return err
	}
	servers, err := selectServers(tx)
	if err != nil {
		return err
	}
	// It is ahead of a database that is another one, or was restored from an earlier backup.
	ahead := last < f.dictionary.Len()
	for server, followed := range f.cursors {
		ahead = ahead || servers[server] < followed
	}
	if ahead {
		return fmt.Errorf("the database is behind it: %w", index.ErrDamaged)
	}
	if _, err := f.learnThings(tx); err != nil {
		return err
	}
	if view.Generation < generation {
		return fmt.Errorf("the database is behind it: %w", index.ErrDamaged)
	}
	if view.Generation != generation || !f.index.Resume(view.Basis, mark(generation)) {
		f.index.SetBasis(view.Basis)
	}
	f.view = view
	if err := f.followSeen(tx, f.noted); err != nil {
		return err
	}
	return f.recall(tx)
}
