package ledger

import (
	"errors"

	"portcullis/store"
)

// Schema is this room's tables.
//
// An entry's fields are written once, in the encoding that is hashed, and only its payload stands
// apart from them. The order of pending entries is their table's key. A tile is stored as far as it
// reaches, and grows at its right end; hashes below the top of a tile are not stored.
var Schema = store.Schema{Room: "ledger", Steps: []string{`
CREATE TABLE ledger_pending (
	at TEXT NOT NULL,
	turn BIGINT NOT NULL,
	id TEXT NOT NULL,
	body BYTEA NOT NULL,
	seal BYTEA,
	PRIMARY KEY (at, turn, id)
);
CREATE TABLE ledger_entry (
	number BIGINT PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	body BYTEA NOT NULL,
	seal BYTEA
);
CREATE TABLE ledger_payload (
	id TEXT PRIMARY KEY,
	salt BYTEA NOT NULL,
	payload BYTEA NOT NULL
);
CREATE TABLE ledger_tile (
	level BIGINT NOT NULL,
	number BIGINT NOT NULL,
	hashes BYTEA NOT NULL,
	PRIMARY KEY (level, number)
);
CREATE TABLE ledger_checkpoint (
	size BIGINT PRIMARY KEY,
	at TEXT NOT NULL,
	note TEXT NOT NULL
);
`}}

// pendingEntry is an entry that waits for its place. Turn keeps those of one transaction in order.
type pendingEntry struct {
	at   store.Time
	turn int64
	storedEntry
}

// storedEntry is an entry as it is stored; seal is nil where it is public.
type storedEntry struct {
	id   string
	body []byte
	seal []byte
}

// fullEntry is an entry that has its place, with its payload; salt is nil where that is erased.
type fullEntry struct {
	number int64
	storedEntry
	salt    []byte
	payload []byte
}

func insertPending(tx *store.Tx, p pendingEntry) error {
	_, err := tx.Exec(`INSERT INTO ledger_pending (at, turn, id, body, seal) VALUES ($1, $2, $3, $4, $5)`, p.at, p.turn, p.id, p.body, p.seal)
	return err
}

func insertPayload(tx *store.Tx, id string, salt, payload []byte) error {
	_, err := tx.Exec(`INSERT INTO ledger_payload (id, salt, payload) VALUES ($1, $2, $3)`, id, salt, payload)
	return err
}

// isPending tells whether any entry waits.
func isPending(tx *store.Tx) (bool, error) {
	var one int64
	err := tx.Row(`SELECT 1 FROM ledger_pending LIMIT 1`, nil, &one)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// nextPending reads the first entries that wait, at most limit.
func nextPending(tx *store.Tx, limit int) (pending []pendingEntry, err error) {
	err = tx.Rows(`SELECT at, turn, id, body, seal FROM ledger_pending ORDER BY at, turn, id LIMIT $1`, []any{limit}, func(scan func(...any) error) error {
		var p pendingEntry
		err := scan(&p.at, &p.turn, &p.id, &p.body, &p.seal)
		pending = append(pending, p)
		return err
	})
	return pending, err
}

// deletePending removes the entries up to and including last, and returns how many there were.
func deletePending(tx *store.Tx, last pendingEntry) (int64, error) {
	return tx.Exec(`DELETE FROM ledger_pending WHERE (at, turn, id) <= ($1, $2, $3)`, last.at, last.turn, last.id)
}

func insertEntry(tx *store.Tx, number int64, e storedEntry) error {
	_, err := tx.Exec(`INSERT INTO ledger_entry (number, id, body, seal) VALUES ($1, $2, $3, $4)`, number, e.id, e.body, e.seal)
	return err
}

// entries reads the entries from ≤ number < until, with their payloads.
func entries(tx *store.Tx, from, until int64) (found []fullEntry, err error) {
	err = tx.Rows(`SELECT e.number, e.id, e.body, e.seal, p.salt, p.payload FROM ledger_entry e LEFT JOIN ledger_payload p ON p.id = e.id
WHERE e.number >= $1 AND e.number < $2 ORDER BY e.number`, []any{from, until}, func(scan func(...any) error) error {
		var e fullEntry
		err := scan(&e.number, &e.id, &e.body, &e.seal, &e.salt, &e.payload)
		found = append(found, e)
		return err
	})
	return found, err
}

// bodies reads the entries from ≤ number < until, without their payloads.
func bodies(tx *store.Tx, from, until int64) (found []storedEntry, err error) {
	err = tx.Rows(`SELECT id, body, seal FROM ledger_entry WHERE number >= $1 AND number < $2 ORDER BY number`, []any{from, until}, func(scan func(...any) error) error {
		var e storedEntry
		err := scan(&e.id, &e.body, &e.seal)
		found = append(found, e)
		return err
	})
	return found, err
}

// place finds an entry by its id, and whether its payload is there.
func place(tx *store.Tx, id string) (number int64, payload bool, err error) {
	var joined *string
	err = tx.Row(`SELECT e.number, p.id FROM ledger_entry e LEFT JOIN ledger_payload p ON p.id = e.id WHERE e.id = $1`, []any{id}, &number, &joined)
	return number, joined != nil, err
}

// erase removes the payload of the entry with the number, and its salt.
func erase(tx *store.Tx, number int64) error {
	_, err := tx.Exec(`DELETE FROM ledger_payload WHERE id IN (SELECT id FROM ledger_entry WHERE number = $1)`, number)
	return err
}

// readTile reads a tile as far as it reaches, or nil.
func readTile(tx *store.Tx, id tileID) (hashes []byte, err error) {
	err = tx.Row(`SELECT hashes FROM ledger_tile WHERE level = $1 AND number = $2`, []any{id.level, id.number}, &hashes)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return hashes, err
}

func writeTile(tx *store.Tx, id tileID, hashes []byte) error {
	_, err := tx.Exec(`INSERT INTO ledger_tile (level, number, hashes) VALUES ($1, $2, $3) ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes`,
		id.level, id.number, hashes)
	return err
}

// insertCheckpoint keeps a checkpoint; every one that was signed is kept.
func insertCheckpoint(tx *store.Tx, c Checkpoint) error {
	_, err := tx.Exec(`INSERT INTO ledger_checkpoint (size, at, note) VALUES ($1, $2, $3)`, c.Size, tx.Now(), c.Note)
	return err
}

// lastCheckpoint reads the newest checkpoint, or returns store.ErrNotFound.
func lastCheckpoint(tx *store.Tx) (size int64, signed string, err error) {
	err = tx.Row(`SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1`, nil, &size, &signed)
	return size, signed, err
}

// checkpointFrom reads the smallest checkpoint of at least size, or returns store.ErrNotFound.
func checkpointFrom(tx *store.Tx, atLeast int64) (size int64, signed string, err error) {
	err = tx.Row(`SELECT size, note FROM ledger_checkpoint WHERE size >= $1 ORDER BY size LIMIT 1`, []any{atLeast}, &size, &signed)
	return size, signed, err
}

func countPending(tx *store.Tx) (n int64, err error) {
	err = tx.Row(`SELECT COUNT(*) FROM ledger_pending`, nil, &n)
	return n, err
}
