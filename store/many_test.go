package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/store"
)

// wide has sixty columns, of which c0 is the key.
var wide = store.Schema{Room: "test", Steps: []string{"CREATE TABLE test_wide (c0 BIGINT PRIMARY KEY" + func() (columns string) {
	for i := 1; i < 60; i++ {
		columns += fmt.Sprintf(", c%d BIGINT NOT NULL DEFAULT -1", i)
	}
	return columns
}() + ");\n"}}

// columnNames are the names of the first columns.
func columnNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("c", i)
	}
	return strings.Join(names, ", ")
}

// rowsOf are the values of rows: each says where it stands.
func rowsOf(rows, columns int) (args []any) {
	for r := range rows {
		for c := range columns {
			args = append(args, r*1000+c)
		}
	}
	return args
}

// selectWide returns the values of the first columns, in the order of the keys.
func selectWide(tx *store.Tx, columns int) (values []any, err error) {
	err = tx.Rows(`SELECT `+columnNames(columns)+` FROM test_wide ORDER BY c0`, nil, func(scan func(...any) error) error {
		row := make([]int, columns)
		into := make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		err := scan(into...)
		for _, v := range row {
			values = append(values, v)
		}
		return err
	})
	return values, err
}

// TestInsert inserts few rows and many, narrow and wide, around where statements are divided, and reads them again.
func TestInsert(t *testing.T) {
	storetest.Run(t, []store.Schema{wide}, func(t *testing.T, open storetest.Open) {
		db := open(time.Now)
		for _, columns := range []int{1, 2, 3, 7, 24, 25, 49, 60} {
			for _, rows := range []int{0, 1, 2, 3, 7, 8, 9, 19, 20, 21, 96, 97, 239, 240, 241, 481} {
				args := rowsOf(rows, columns)
				err := db.Write(t.Context(), func(tx *store.Tx) error {
					if _, err := tx.Exec(`DELETE FROM test_wide`); err != nil {
						return err
					}
					if err := tx.Insert(`INSERT INTO test_wide (`+columnNames(columns)+`)`, columns, "", args); err != nil {
						return err
					}
					got, err := selectWide(tx, columns)
					if err == nil && !slices.Equal(got, args) {
						t.Errorf("%d rows of %d columns: %d values came back of %d", rows, columns, len(got), len(args))
					}
					return err
				})
				if err != nil {
					t.Errorf("%d rows of %d columns: %v", rows, columns, err)
				}
			}
		}
	})
}

// TestInsertTail holds that what follows the values goes with every statement.
func TestInsertTail(t *testing.T) {
	storetest.Run(t, []store.Schema{wide}, func(t *testing.T, open storetest.Open) {
		db := open(time.Now)
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			args := rowsOf(100, 3)
			if err := tx.Insert(`INSERT INTO test_wide (c0, c1, c2)`, 3, "", args); err != nil {
				return err
			}
			for i := 1; i < len(args); i += 3 {
				args[i] = -args[i].(int)
			}
			err := tx.Insert(`INSERT INTO test_wide (c0, c1, c2)`, 3, `ON CONFLICT (c0) DO UPDATE SET c1 = excluded.c1`, args)
			if err != nil {
				return err
			}
			got, err := selectWide(tx, 3)
			if err == nil && !slices.Equal(got, args) {
				t.Errorf("after changing all: %v", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestInsertFails holds that what is no whole row, or there already, is an error, and nothing of it stays.
func TestInsertFails(t *testing.T) {
	storetest.Run(t, []store.Schema{wide}, func(t *testing.T, open storetest.Open) {
		db := open(time.Now)
		insert := func(args []any) error {
			return db.Write(t.Context(), func(tx *store.Tx) error {
				return tx.Insert(`INSERT INTO test_wide (c0, c1, c2)`, 3, "", args)
			})
		}
		for name, args := range map[string][]any{
			"one value":           {1},
			"a value too many":    rowsOf(2, 3)[:4],
			"the same twice":      append(rowsOf(60, 3), 59_000, 1, 2),
			"no text":             append(rowsOf(60, 3), 60_000, 1, "a\x00"),
			"a value that misses": append(rowsOf(60, 3), 60_000, nil, 2),
		} {
			if err := insert(args); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			got, err := selectWide(tx, 1)
			if len(got) > 0 {
				t.Errorf("%d rows stayed", len(got))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := insert(rowsOf(60, 3)); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestIn(t *testing.T) {
	for want, got := range map[string]string{"($1)": store.In(1, 1), "($3, $4, $5)": store.In(3, 3), "()": store.In(9, 0)} {
		if got != want {
			t.Errorf("%s and not %s", got, want)
		}
	}
}
