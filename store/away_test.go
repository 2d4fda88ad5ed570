package store_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/store"
)

func TestAway(t *testing.T) {
	for _, test := range []struct {
		err  error
		away bool
	}{
		{nil, false},
		{errors.New("an operation finished without asking"), false},
		{store.ErrNotFound, false},
		{store.ErrNotHolder, false},
		{fault.New(fault.Conflict, "It is in use"), false},
		{context.Canceled, false}, // whoever asked has gone
		{context.DeadlineExceeded, true},
		{&pgconn.PgError{Code: "23505"}, false}, // unique_violation
		{&pgconn.PgError{Code: "42P01"}, false}, // undefined_table
		{&pgconn.PgError{Code: "57014"}, false}, // query_canceled
		{&pgconn.PgError{Code: ""}, false},
		{&pgconn.PgError{Code: "57P01"}, true},
		{&pgconn.PgError{Code: "57P03"}, true},
		{&pgconn.PgError{Code: "08006"}, true},
		{&pgconn.PgError{Code: "53100"}, true},
		{&pgconn.PgError{Code: "53300"}, true},
		{&pgconn.PgError{Code: "25006"}, true},
		{&pgconn.PgError{Code: "40001"}, true}, // after all the attempts
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, true},
		{fmt.Errorf("commit: %w", io.ErrUnexpectedEOF), true},
		{driver.ErrBadConn, true},
	} {
		if got := store.Away(test.err); got != test.away {
			t.Errorf("%v: %t", test.err, got)
		}
	}
}

// TestUnstorable: text that one of the engines would not take is refused by both, as what somebody typed.
func TestUnstorable(t *testing.T) {
	storetest.Run(t, nil, func(t *testing.T, open storetest.Open) {
		db := open(storetest.NewClock(noon).Now)
		type word string
		for _, bad := range []any{"a\x00b", "\xff", word("\xed\xa0\x80")} {
			for name, err := range map[string]error{
				"row": db.Read(t.Context(), func(tx *store.Tx) error { return tx.Row("SELECT name FROM store_schema WHERE name = $1", []any{bad}) }),
				"rows": db.Read(t.Context(), func(tx *store.Tx) error {
					return tx.Rows("SELECT name FROM store_schema WHERE name = $1", []any{bad}, nil)
				}),
				"exec": db.Write(t.Context(), func(tx *store.Tx) error {
					_, err := tx.Exec("DELETE FROM store_schema WHERE name = $1", bad)
					return err
				}),
			} {
				if !fault.Is(err, fault.Invalid) {
					t.Errorf("%s of %q: %v", name, bad, err)
				}
			}
		}
	})
}
