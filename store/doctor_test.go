package store_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/store"
)

func TestDoctor(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		db := open(clock.Now)
		ask := func(schemas ...store.Schema) string {
			t.Helper()
			ailments, err := db.Doctor(t.Context(), schemas...)
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, a := range ailments {
				all = append(all, a.What+" "+a.WayOut)
			}
			return strings.Join(all, "\n")
		}
		if got := ask(counters); got != "" {
			t.Errorf("a healthy database has: %s", got)
		}
		if got := ask(); !strings.Contains(got, "newer version") {
			t.Errorf("a database with a schema that is not known has: %s", got)
		}
		longer := store.Schema{Room: "test", Steps: []string{counters.Steps[0], "CREATE TABLE test_more (id TEXT);\n"}}
		if got := ask(longer); !strings.Contains(got, "2 steps, of which the database has 1") {
			t.Errorf("a database that is behind has: %s", got)
		}
		if err := db.Write(t.Context(), func(tx *store.Tx) error {
			return tx.Schedule(store.Due{ID: "d", Kind: "test.late", At: tx.Now()})
		}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(11 * time.Minute)
		if got := ask(counters); !strings.Contains(got, "1 pieces of work of the kind test.late") {
			t.Errorf("a database with late work has: %s", got)
		}
	})
}

// TestDoctorFindsDamage writes over a part of an SQLite file.
func TestDoctorFindsDamage(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Options{Data: dir, Now: time.Now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), counters); err != nil {
		t.Fatal(err)
	}
	fill(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "portcullis.db")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 3 * len(text) / 4; i < len(text); i++ {
		text[i] ^= 0x55
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err = store.Open(t.Context(), store.Options{Data: dir, Now: time.Now, Chance: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ailments, err := db.Doctor(t.Context(), counters)
	if err == nil && len(ailments) == 0 {
		t.Error("a damaged file is found healthy")
	}
}
