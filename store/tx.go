package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Tx is a transaction with one fixed time. It ends with the function that it was given to.
type Tx struct {
	ctx       context.Context
	tx        *sql.Tx
	now       Time
	readOnly  bool
	committed []func()
}

// Now is the time of the transaction: the same however often it is asked.
func (tx *Tx) Now() Time { return tx.now }

// Context is the context of the transaction, for what is done inside it.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Exec runs a statement and returns how many rows it touched.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	result, err := tx.tx.ExecContext(tx.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Row runs a query that returns one row, and scans it. It returns ErrNotFound where there is none.
func (tx *Tx) Row(query string, args []any, into ...any) error {
	err := tx.tx.QueryRowContext(tx.ctx, query, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// Rows runs a query and calls each for every row, which it scans.
func (tx *Tx) Rows(query string, args []any, each func(scan func(into ...any) error) error) error {
	rows, err := tx.tx.QueryContext(tx.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// AfterCommit calls f once the transaction has been committed, for waking those who wait. What
// must not be lost is written instead.
func (tx *Tx) AfterCommit(f func()) { tx.committed = append(tx.committed, f) }

// ErrNotFound is that a row which was asked for is not there.
var ErrNotFound = errors.New("not found")

// attempts is how often a transaction is tried before its failure is the caller's.
const attempts = 12

// Write runs f in a transaction and commits it, unless f returns an error. f may be run more than
// once and must have no effect but through tx.
func (db *DB) Write(ctx context.Context, f func(tx *Tx) error) error {
	return db.run(ctx, db.write, false, f)
}

// Read runs f in a transaction that sees the database at one moment and cannot change it.
func (db *DB) Read(ctx context.Context, f func(tx *Tx) error) error {
	return db.run(ctx, db.read, true, f)
}

func (db *DB) run(ctx context.Context, pool *sql.DB, readOnly bool, f func(tx *Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := db.once(ctx, pool, readOnly, f)
		if err == nil || attempt == attempts || !again(err) {
			return err
		}
		// Those who collided must not meet again at once.
		var drawn [1]byte
		if _, chance := io.ReadFull(db.chance, drawn[:]); chance != nil {
			return errors.Join(err, chance)
		}
		pause := time.Duration(1+int(drawn[0])%(4<<min(attempt, 6))) * time.Millisecond
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

func (db *DB) once(ctx context.Context, pool *sql.DB, readOnly bool, f func(tx *Tx) error) (err error) {
	options := &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: readOnly}
	if db.engine == SQLite {
		options = nil // the pools differ instead
	}
	begun, err := pool.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	tx := &Tx{ctx: ctx, tx: begun, now: TimeOf(db.now()), readOnly: readOnly}
	defer func() {
		if p := recover(); p != nil {
			// The panic is what matters; a failed rollback ends with the connection.
			_ = begun.Rollback()
			panic(p)
		}
	}()
	if err := f(tx); err != nil {
		return errors.Join(err, ignoreDone(begun.Rollback()))
	}
	if err := begun.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, done := range tx.committed {
		done()
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// again tells whether a transaction that failed so may succeed if it is run again: it could not be
// put in an order with others, or another writer was in the way.
func again(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01" // serialization_failure, deadlock_detected
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code := lite.Code() & 0xff
		return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
	}
	return false
}
