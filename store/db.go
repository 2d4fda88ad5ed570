package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver named sqlite
)

// Engine is the database behind a DB.
type Engine string

// The engines.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// Options say where the data is, and what stands in for the clock and for chance.
type Options struct {
	// Data is the directory of an SQLite database, made where there is none. Exactly one of Data
	// and Database is set.
	Data string
	// Existing refuses a directory that has no database, instead of making one there: whoever misspells it must not get
	// an empty one. A PostgreSQL that is not there says so itself.
	Existing bool
	// Database is the URL of a PostgreSQL database, postgres://….
	Database string
	// Now is the clock and Chance the source of randomness: time.Now and crypto/rand.Reader, or what
	// stands in for them in a test. Both are needed.
	Now    func() time.Time
	Chance io.Reader
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine Engine
	now    func() time.Time
	chance io.Reader
	write  *sql.DB
	read   *sql.DB // the same as write on PostgreSQL
	// The statements of either; nil on PostgreSQL.
	written, reading *statements
	file             string // of SQLite
}

// fileName is the SQLite database in its directory.
const fileName = "portcullis.db"

// Open opens a database. It does not create tables: Migrate does.
func Open(ctx context.Context, o Options) (*DB, error) {
	db := &DB{now: o.Now, chance: o.Chance}
	var err error
	switch {
	case o.Now == nil || o.Chance == nil:
		return nil, errors.New("a clock and a source of randomness are needed")
	case (o.Data == "") == (o.Database == ""):
		return nil, errors.New("say where the data is: a directory (SQLite) or the URL of a database (PostgreSQL), and not both")
	case o.Data != "":
		err = db.openSQLite(o.Data, o.Existing)
	default:
		err = db.openPostgres(o.Database)
	}
	if err != nil {
		return nil, err
	}
	if err := db.Ping(ctx); err != nil {
		return nil, errors.Join(db.wayOut(err), db.Close())
	}
	return db, nil
}

// openSQLite opens a writer, of which there is one at a time, and readers beside it.
func (db *DB) openSQLite(dir string, existing bool) error {
	db.engine, db.file = SQLite, filepath.Join(dir, fileName)
	if existing {
		if _, err := os.Stat(db.file); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no database in %s", dir)
		} else if err != nil {
			return err
		}
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("the data directory: %w", err)
	}
	open := func(extra url.Values) (*sql.DB, error) {
		q := url.Values{"_pragma": {"journal_mode(WAL)", "busy_timeout(10000)", "foreign_keys(1)", "synchronous(FULL)"}}
		for key, values := range extra {
			q[key] = append(q[key], values...)
		}
		return sql.Open("sqlite", "file:"+(&url.URL{Path: db.file}).EscapedPath()+"?"+q.Encode())
	}
	var err error
	if db.write, err = open(url.Values{"_txlock": {"immediate"}}); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = open(url.Values{"_pragma": {"query_only(1)"}}); err != nil {
		return errors.Join(err, db.write.Close())
	}
	db.read.SetMaxOpenConns(8)
	db.written, db.reading = newStatements(db.write), newStatements(db.read)
	return nil
}

func (db *DB) openPostgres(address string) error {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		// pgx takes care not to repeat a password.
		return fmt.Errorf("the address of the database: %w", err)
	}
	db.engine = PostgreSQL
	db.write = stdlib.OpenDB(*config)
	db.write.SetMaxOpenConns(16)
	db.write.SetMaxIdleConns(16)
	db.read = db.write
	return nil
}

// Engine tells which database this is.
func (db *DB) Engine() Engine { return db.engine }

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.write.PingContext(ctx); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	return nil
}

// Close closes the database.
func (db *DB) Close() error {
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	return err
}

// NewID makes an id: text that sorts by when it was made, to the millisecond, and that nobody can
// guess (80 random bits).
func NewID(now Time, chance io.Reader) (string, error) {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	ms := uint64(now.Time().UnixMilli())
	var id [26]byte
	for i := 9; i >= 0; i-- {
		id[i] = alphabet[ms&31]
		ms >>= 5
	}
	var drawn [16]byte
	if _, err := io.ReadFull(chance, drawn[:]); err != nil {
		return "", fmt.Errorf("drawing an id: %w", err)
	}
	for i, b := range drawn {
		id[10+i] = alphabet[b&31]
	}
	return string(id[:]), nil
}

// NewID makes an id outside any transaction.
func (db *DB) NewID() (string, error) { return NewID(TimeOf(db.now()), db.chance) }

// Administer runs a statement outside any transaction, such as the making of a database.
func (db *DB) Administer(ctx context.Context, statement string) error {
	_, err := db.write.ExecContext(ctx, statement)
	return err
}
