package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/store"
)

const (
	insertCounter = `INSERT INTO test_counter (name, value) VALUES ($1, $2)`
	selectValue   = `SELECT value FROM test_counter WHERE name = $1`
	selectAbove   = `SELECT name, value FROM test_counter WHERE value > $1 ORDER BY value`
)

// counted opens a database with the counters 1 to n, named after their values.
func counted(t *testing.T, open storetest.Open, n int) *store.DB {
	t.Helper()
	db := open(time.Now)
	does(t, db.Write, func(tx *store.Tx) error {
		for i := 1; i <= n; i++ {
			if _, err := tx.Exec(insertCounter, fmt.Sprint(i), i); err != nil {
				return err
			}
		}
		return nil
	})
	return db
}

// does runs a transaction that must succeed.
func does(t *testing.T, run func(context.Context, func(*store.Tx) error) error, f func(tx *store.Tx) error) {
	t.Helper()
	if err := run(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// above returns the values above one.
func above(tx *store.Tx, least int) (values []int, err error) {
	err = tx.Rows(selectAbove, []any{least}, func(scan func(...any) error) error {
		var name string
		var value int
		err := scan(&name, &value)
		values = append(values, value)
		return err
	})
	return values, err
}

// TestStatementsArePrepared holds that on SQLite a statement is prepared once, by the first transaction that
// succeeds with it, for writers and for readers; PostgreSQL's driver sees to it itself.
func TestStatementsArePrepared(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		db := counted(t, open, 3)
		written, reading, _ := db.Prepared()
		if db.Engine() == store.PostgreSQL {
			if written != 0 || reading != 0 {
				t.Errorf("%d and %d statements are kept", written, reading)
			}
			return
		}
		no := errors.New("no")
		if err := db.Read(t.Context(), func(tx *store.Tx) error { _, err := above(tx, 0); return errors.Join(err, no) }); !errors.Is(err, no) {
			t.Fatal(err)
		}
		if _, got, _ := db.Prepared(); got != reading {
			t.Errorf("a transaction that failed left %d statements", got-reading)
		}
		for range 3 {
			for _, run := range []func(context.Context, func(*store.Tx) error) error{db.Read, db.Write} {
				does(t, run, func(tx *store.Tx) error { _, err := above(tx, 0); return err })
			}
			if w, r, _ := db.Prepared(); w != written+1 || r != reading+1 {
				t.Errorf("%d statements of writers and %d of readers are kept, that were %d and %d", w, r, written, reading)
			}
		}
	})
}

// TestStatementWithinItself runs a query within its own rows, to three depths, before and after it is prepared.
func TestStatementWithinItself(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		db := counted(t, open, 5)
		if db.Engine() == store.PostgreSQL {
			return // one connection there has the rows of one query at a time
		}
		var pairs func(tx *store.Tx, least, depth int) ([]int, error)
		pairs = func(tx *store.Tx, least, depth int) (found []int, err error) {
			err = tx.Rows(selectAbove, []any{least}, func(scan func(...any) error) error {
				var name string
				var value int
				if err := scan(&name, &value); err != nil {
					return err
				}
				found = append(found, value)
				var again int // another that is run again and again meanwhile
				if err := tx.Row(selectValue, []any{name}, &again); err != nil || again != value {
					return fmt.Errorf("%s is %d: %w", name, again, err)
				}
				if depth == 0 {
					return nil
				}
				inner, err := pairs(tx, value, depth-1)
				found = append(found, inner...)
				return err
			})
			return found, err
		}
		// what a machine with no statements would find
		var wanted func(least, depth int) []int
		wanted = func(least, depth int) (found []int) {
			for v := least + 1; v <= 5; v++ {
				found = append(found, v)
				if depth > 0 {
					found = append(found, wanted(v, depth-1)...)
				}
			}
			return found
		}
		for round := range 3 {
			for _, run := range []func(context.Context, func(*store.Tx) error) error{db.Read, db.Write} {
				does(t, run, func(tx *store.Tx) error {
					for n := range 3 {
						found, err := pairs(tx, 0, 3)
						if err != nil || !slices.Equal(found, wanted(0, 3)) {
							t.Errorf("round %d, time %d: %v (%v)", round, n, found, err)
						}
					}
					return nil
				})
			}
		}
	})
}

// TestStatementAgain runs statements many times within the transaction that first has them, and finds what each
// did; also where rows are left before their end.
func TestStatementAgain(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		db, enough := open(time.Now), errors.New("enough")
		for round := range 2 {
			does(t, db.Write, func(tx *store.Tx) error {
				for i := 1; i <= 50; i++ {
					n := round*50 + i
					if touched, err := tx.Exec(insertCounter, fmt.Sprint(n), n); err != nil || touched != 1 {
						return fmt.Errorf("%d rows: %w", touched, err)
					}
					var value int
					if err := tx.Row(selectValue, []any{fmt.Sprint(n)}, &value); err != nil || value != n {
						t.Errorf("the value %d is %d (%v)", n, value, err)
					}
					if err := tx.Row(selectValue, []any{"none"}, &value); !errors.Is(err, store.ErrNotFound) {
						t.Errorf("what is not there: %v", err)
					}
					err := tx.Rows(selectAbove, []any{0}, func(func(...any) error) error { return enough })
					if !errors.Is(err, enough) {
						t.Errorf("rows that nobody wants: %v", err)
					}
					if all, err := above(tx, 0); err != nil || len(all) != n || all[n-1] != n {
						t.Errorf("after %d there are %v (%v)", n, all, err)
					}
				}
				return nil
			})
		}
	})
}

// TestStatementAfterAnotherSchema holds that prepared statements go on after the tables have changed, here or by
// another server.
func TestStatementAfterAnotherSchema(t *testing.T) {
	more := store.Schema{Room: "test", Steps: append(slices.Clone(counters.Steps),
		"ALTER TABLE test_counter ADD COLUMN more TEXT NOT NULL DEFAULT 'x';\n",
		"CREATE INDEX test_counter_value ON test_counter (value);\n",
		"ALTER TABLE test_counter DROP COLUMN data;\n")}
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		first := counted(t, open, 5)
		another := open(time.Now)
		servers := []*store.DB{first, another}
		look := func(what string, n int) {
			t.Helper()
			for i, db := range servers {
				for range 2 {
					for _, run := range []func(context.Context, func(*store.Tx) error) error{db.Read, db.Write} {
						does(t, run, func(tx *store.Tx) error {
							all, err := above(tx, 0)
							if len(all) != n {
								t.Errorf("%s server %d finds %v", what, i, all)
							}
							return err
						})
					}
				}
			}
		}
		look("before", 5)
		for step := 1; step <= len(more.Steps); step++ {
			if err := another.Migrate(t.Context(), store.Schema{Room: "test", Steps: more.Steps[:step]}); err != nil {
				t.Fatal(err)
			}
			look(fmt.Sprint("after step ", step), 4+step)
			does(t, first.Write, func(tx *store.Tx) error {
				_, err := tx.Exec(insertCounter, fmt.Sprint(5+step), 5+step)
				return err
			})
		}
		look("after all", 5+len(more.Steps))
		if err := another.Administer(t.Context(), `DROP TABLE test_counter`); err != nil {
			t.Fatal(err)
		}
		if err := first.Read(t.Context(), func(tx *store.Tx) error { _, err := above(tx, 0); return err }); err == nil {
			t.Error("a table that is gone is read")
		}
		if err := another.Administer(t.Context(), counters.Steps[0]); err != nil {
			t.Fatal(err)
		}
		look("of a table that was made anew", 0)
	})
}

// TestStatementFails holds that a statement that fails says so each time, and spoils nothing: neither itself with
// other values, nor the next transaction.
func TestStatementFails(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		db := counted(t, open, 2)
		for round := range 3 {
			for name, c := range map[string]struct {
				query string
				args  []any
			}{
				"no statement":     {`SELECT FROM WHERE`, nil},
				"no such table":    {`SELECT value FROM test_none`, nil},
				"there already":    {insertCounter, []any{"1", 1}},
				"too few values":   {insertCounter, []any{"9"}},
				"against the rule": {`UPDATE test_counter SET value = $1`, []any{nil}},
			} {
				err := db.Write(t.Context(), func(tx *store.Tx) error {
					if _, err := tx.Exec(insertCounter, fmt.Sprint("lost ", name), 1); err != nil {
						return nil // which leaves no error to be found
					}
					_, err := tx.Exec(c.query, c.args...)
					return err
				})
				if err == nil {
					t.Errorf("round %d, %s: no error", round, name)
				}
			}
			does(t, db.Write, func(tx *store.Tx) error {
				_, err := tx.Exec(insertCounter, fmt.Sprint("round ", round), 10+round)
				return err
			})
			does(t, db.Read, func(tx *store.Tx) error {
				all, err := above(tx, 0)
				if len(all) != 3+round {
					t.Errorf("after round %d: %v", round, all)
				}
				return err
			})
		}
	})
}

// TestStatementRefused holds that on SQLite a transaction goes on after a statement of it was refused, and that the
// statement can be run again.
func TestStatementRefused(t *testing.T) {
	db := counted(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, []store.Schema{counters}), 2)
	does(t, db.Write, func(tx *store.Tx) error {
		for i := range 4 {
			if _, err := tx.Exec(insertCounter, "1", 1); err == nil {
				t.Error("a second counter of one name is taken")
			}
			if _, err := tx.Exec(insertCounter, fmt.Sprint("after ", i), 10+i); err != nil {
				t.Errorf("after the refusal: %v", err)
			}
		}
		return nil
	})
	does(t, db.Read, func(tx *store.Tx) error {
		all, err := above(tx, 2)
		if len(all) != 4 {
			t.Errorf("there are %v", all)
		}
		return err
	})
}

// TestManyStatements runs more different statements than are kept.
func TestManyStatements(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		db := counted(t, open, 2)
		const all = store.MaxStatements + 200
		_, _, before := db.Prepared() // statements that make tables cannot be prepared once these are there
		for range 2 {
			for from := 0; from < all; from += 100 {
				does(t, db.Read, func(tx *store.Tx) error {
					for n := from; n < from+100; n++ {
						var got int
						if err := tx.Row(fmt.Sprintf(`SELECT value + %d FROM test_counter WHERE name = $1`, n), []any{"2"}, &got); err != nil || got != n+2 {
							return fmt.Errorf("the statement %d returns %d: %w", n, got, err)
						}
					}
					return nil
				})
			}
		}
		if _, reading, failed := db.Prepared(); reading > store.MaxStatements || db.Engine() == store.SQLite && reading != store.MaxStatements || failed != before {
			t.Errorf("%d statements are kept, and %d could not be prepared", reading, failed-before)
		}
	})
}

// TestStatementsAtOnce has readers and writers share statements: each has its own rows. It is for the race
// detector besides.
func TestStatementsAtOnce(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		const hosts, rounds, readers = 40, 20, 6
		db := counted(t, open, hosts)
		var wait sync.WaitGroup
		for reader := range readers {
			wait.Go(func() {
				for round := range rounds {
					err := db.Read(t.Context(), func(tx *store.Tx) error {
						least := (reader*7 + round) % hosts
						all, err := above(tx, least)
						if err == nil && (len(all) < hosts-least || all[0] != least+1) {
							err = fmt.Errorf("above %d there are %v", least, all)
						}
						var value int
						own := fmt.Sprintf(`SELECT value + 0 * %d FROM test_counter WHERE name = $1`, round%5)
						return errors.Join(err, tx.Row(own, []any{"7"}, &value))
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		for writer := range 2 {
			wait.Go(func() {
				for round := range rounds {
					err := db.Write(t.Context(), func(tx *store.Tx) error {
						_, err := tx.Exec(insertCounter, fmt.Sprint("writer ", writer, round), 1000+round)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		does(t, db.Read, func(tx *store.Tx) error {
			all, err := above(tx, 999)
			if len(all) != 2*rounds {
				t.Errorf("writers left %d counters", len(all))
			}
			return err
		})
	})
}

// TestStatementsWithoutTime holds that a transaction whose context ends with it is committed, and that its
// statements are prepared by a later one.
func TestStatementsWithoutTime(t *testing.T) {
	db := counted(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, []store.Schema{counters}), 2)
	_, before, failedBefore := db.Prepared()
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Read(ctx, func(tx *store.Tx) error {
		tx.AfterCommit(cancel)
		_, err := above(tx, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, after, failed := db.Prepared(); after != before || failed != failedBefore {
		t.Errorf("%d statements were kept, and %d failed, without any time", after-before, failed-failedBefore)
	}
	does(t, db.Read, func(tx *store.Tx) error { _, err := above(tx, 0); return err })
	if _, after, failed := db.Prepared(); after != before+1 || failed != failedBefore {
		t.Errorf("%d statements were kept later, and %d failed", after-before, failed-failedBefore)
	}
}
