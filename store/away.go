package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"portcullis/internal/fault"
)

// outage marks what Away tells of as fault.ErrUnavailable, and leaves every other error as it is.
func outage(err error) error {
	if Away(err) {
		return errors.Join(fault.ErrUnavailable, err)
	}
	return err
}

// Away tells whether err is that the database cannot do its work just now, whatever was asked of it: it
// does not answer, is stopping, is full or can only be read, or others were in the way for too long.
// The same request may succeed later, without anybody changing it.
func Away(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return again(err) || awayStates[pg.Code] || awayStates[pg.Code[:min(2, len(pg.Code))]]
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return awayCodes[lite.Code()&0xff]
	}
	var dialled *pgconn.ConnectError
	var network net.Error
	var system syscall.Errno
	return errors.As(err, &dialled) || errors.As(err, &network) || errors.As(err, &system) || pgconn.SafeToRetry(err) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, context.DeadlineExceeded)
}

// awayStates are the SQLSTATEs of PostgreSQL, and the classes of them in two letters (its appendix A).
var awayStates = map[string]bool{
	"08":    true, // connection exception
	"53":    true, // insufficient resources: disk full, out of memory, too many connections
	"58":    true, // system error, outside PostgreSQL itself
	"57P01": true, // admin_shutdown
	"57P02": true, // crash_shutdown
	"57P03": true, // cannot_connect_now
	"25006": true, // read_only_sql_transaction: a standby, until it is promoted
}

// awayCodes are the primary result codes of SQLite.
var awayCodes = map[int]bool{
	sqlite3.SQLITE_BUSY: true, sqlite3.SQLITE_LOCKED: true, sqlite3.SQLITE_PROTOCOL: true, sqlite3.SQLITE_FULL: true,
	sqlite3.SQLITE_IOERR: true, sqlite3.SQLITE_CANTOPEN: true, sqlite3.SQLITE_READONLY: true, sqlite3.SQLITE_NOMEM: true,
}

// wayOut adds to an error of opening a database what to do about it.
func (db *DB) wayOut(err error) error {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return err
	}
	switch lite.Code() & 0xff {
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%w: %s and its folder must belong to the account that runs this, which must be able to write there", err, db.file)
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%w: make room on the disk of %s, or look whether it is whole", err, db.file)
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %s is damaged; move its folder away and restore a backup", err, db.file)
	}
	return err
}
