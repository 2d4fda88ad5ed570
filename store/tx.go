package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"portcullis/internal/fault"
)

// Tx is a transaction with one fixed time. It ends with the function that it was given to.
type Tx struct {
	ctx       context.Context
	tx        *sql.Tx
	now       Time
	readOnly  bool
	engine    Engine
	committed []func()
	kept      *statements          // nil where none are kept
	missing   []string             // statements that are not prepared yet
	again     map[string]*sql.Stmt // those of them that this transaction runs more than once
	open      []string             // queries whose rows are being read: the same one within needs a statement of its own
}

// Now is the time of the transaction: the same however often it is asked.
func (tx *Tx) Now() Time { return tx.now }

// Context is the context of the transaction, for what is done inside it.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Exec runs a statement and returns how many rows it touched.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	if err := storable(args); err != nil {
		return 0, err
	}
	var result sql.Result
	var err error
	if prepared := tx.prepared(query); prepared != nil {
		result, err = prepared.ExecContext(tx.ctx, args...)
	} else {
		result, err = tx.tx.ExecContext(tx.ctx, query, args...)
	}
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// prepared returns a statement that is kept prepared; nil where the text is to be used.
func (tx *Tx) prepared(query string) *sql.Stmt {
	if slices.Contains(tx.open, query) {
		return nil
	}
	kept, unknown := tx.kept.find(query)
	if kept != nil {
		return tx.tx.StmtContext(tx.ctx, kept)
	}
	if !unknown {
		return nil
	}
	prepared, second := tx.again[query]
	switch {
	case prepared != nil:
		return prepared
	case !second:
		if tx.again == nil {
			tx.again = map[string]*sql.Stmt{}
		}
		tx.again[query], tx.missing = nil, append(tx.missing, query)
		return nil
	}
	prepared, err := tx.tx.PrepareContext(tx.ctx, query) // the transaction closes it
	if err != nil {
		return nil // running it as it is will say why
	}
	tx.again[query] = prepared
	return prepared
}

// query runs a query.
func (tx *Tx) query(query string, args []any) (*sql.Rows, error) {
	if prepared := tx.prepared(query); prepared != nil {
		return prepared.QueryContext(tx.ctx, args...)
	}
	return tx.tx.QueryContext(tx.ctx, query, args...)
}

// Row runs a query that returns one row, and scans it. It returns ErrNotFound where there is none.
func (tx *Tx) Row(query string, args []any, into ...any) error {
	if err := storable(args); err != nil {
		return err
	}
	rows, err := tx.query(query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return ErrNotFound
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	return rows.Close()
}

// Rows runs a query and calls each for every row, which it scans.
func (tx *Tx) Rows(query string, args []any, each func(scan func(into ...any) error) error) error {
	if err := storable(args); err != nil {
		return err
	}
	rows, err := tx.query(query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	tx.open = append(tx.open, query)
	defer func() { tx.open = tx.open[:len(tx.open)-1] }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// storable is a fault where an argument is text that not every engine takes: PostgreSQL knows no NUL, and
// nothing but UTF-8. Whoever put it into an address or a form is told; no room need look for it.
func storable(args []any) error {
	for _, arg := range args {
		text, is := arg.(string)
		if v := reflect.ValueOf(arg); !is && v.Kind() == reflect.String {
			text = v.String()
		}
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return fault.New(fault.Invalid, "This has characters that belong to no text: type it again, without them")
		}
	}
	return nil
}

// AfterCommit calls f once the transaction has been committed, for waking those who wait. What
// must not be lost is written instead.
func (tx *Tx) AfterCommit(f func()) { tx.committed = append(tx.committed, f) }

// ErrNotFound is that a row which was asked for is not there.
var ErrNotFound = errors.New("not found")

// attempts is how often a transaction is tried before its failure is the caller's.
const attempts = 12

// Write runs f in a transaction and commits it, unless f returns an error. f may be run more than
// once and must have no effect but through tx. While the database is Away the error is a
// fault.ErrUnavailable; whether a commit that failed so was carried out, nobody knows.
func (db *DB) Write(ctx context.Context, f func(tx *Tx) error) error {
	return db.run(ctx, db.write, db.written, false, f)
}

// Read runs f in a transaction that sees the database at one moment and cannot change it.
func (db *DB) Read(ctx context.Context, f func(tx *Tx) error) error {
	return db.run(ctx, db.read, db.reading, true, f)
}

func (db *DB) run(ctx context.Context, pool *sql.DB, kept *statements, readOnly bool, f func(tx *Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := db.once(ctx, pool, kept, readOnly, f)
		if err == nil || attempt == attempts || !again(err) && !stale(err) {
			return outage(err)
		}
		// Those who collided must not meet again at once.
		var drawn [1]byte
		if _, chance := io.ReadFull(db.chance, drawn[:]); chance != nil {
			return errors.Join(err, chance)
		}
		pause := time.Duration(1+int(drawn[0])%(4<<min(attempt, 6))) * time.Millisecond
		select {
		case <-ctx.Done():
			return outage(errors.Join(ctx.Err(), err))
		case <-time.After(pause):
		}
	}
}

func (db *DB) once(ctx context.Context, pool *sql.DB, kept *statements, readOnly bool, f func(tx *Tx) error) (err error) {
	options := &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: readOnly}
	if db.engine == SQLite {
		options = nil // the pools differ instead
	}
	begun, err := pool.BeginTx(ctx, options)
	if err != nil {
		return &notBegun{err}
	}
	tx := &Tx{ctx: ctx, tx: begun, now: TimeOf(db.now()), readOnly: readOnly, engine: db.engine, kept: kept}
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
	if len(tx.missing) > 0 {
		kept.prepare(ctx, tx.missing)
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// notBegun is that a transaction could not even begin.
type notBegun struct{ error }

func (e *notBegun) Error() string { return "begin: " + e.error.Error() }

func (e *notBegun) Unwrap() error { return e.error }

// stale tells whether a transaction did not begin because its connection had been lost earlier, as all of
// the pool are when the database was away: others may be sound, or be made.
func stale(err error) bool {
	var begun *notBegun
	var dialled *pgconn.ConnectError
	var lite *sqlite.Error
	return errors.As(err, &begun) && Away(err) && !errors.As(err, &dialled) && !errors.As(err, &lite) && !errors.Is(err, context.DeadlineExceeded)
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
