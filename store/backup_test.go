package store_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/store"
)

// TestBackupMovesBetweenEngines backs up each engine and restores into each, also the other.
func TestBackupMovesBetweenEngines(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		from := open(time.Now)
		fill(t, from)
		first := backup(t, from)
		storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
			to := open(time.Now)
			if err := to.Restore(t.Context(), bytes.NewReader(first), counters); err != nil {
				t.Fatal(err)
			}
			if got, want := lines(t, backup(t, to)), lines(t, first); strings.Join(got[1:len(got)-1], "\n") != strings.Join(want[1:len(want)-1], "\n") {
				t.Errorf("what was restored differs:\n%s\nfrom what was backed up:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if err := to.Restore(t.Context(), bytes.NewReader(first), counters); err == nil || !strings.Contains(err.Error(), "not empty") {
				t.Errorf("restoring twice: %v", err)
			}
		})
	})
}

// TestNoBytes: bytes of which there are none are not nothing, also in earlier backups of SQLite, which have null there.
func TestNoBytes(t *testing.T) {
	for _, text := range []string{`{"bytes":""}`, `{"bytes":null}`} {
		if got, err := store.Cell([]byte(text)); err != nil || got == nil || len(got) > 0 {
			t.Errorf("%s is %#v: %v", text, got, err)
		}
	}
}

func fill(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Raise(); err != nil {
			return err
		}
		if err := tx.Schedule(store.Due{ID: "d", Kind: "test", At: tx.Now(), Payload: "p"}); err != nil {
			return err
		}
		for _, row := range [][]any{{"a\n\"é😀", int64(-1 << 62), tx.Now(), []byte{0, 1, 255}}, {"b", int64(7), nil, nil}, {"no bytes, which is not nothing", int64(8), nil, []byte{}}} {
			if _, err := tx.Exec(`INSERT INTO test_counter (name, value, at, data) VALUES ($1, $2, $3, $4)`, row...); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func backup(t *testing.T, db *store.DB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := db.Backup(t.Context(), &out, counters); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func lines(t *testing.T, zipped []byte) []string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func zip(t *testing.T, lines []string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, strings.Join(lines, "\n")+"\n"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestBackupRefusesWhatItDoesNotKnow holds that an older version leaves nothing out of a backup.
func TestBackupRefusesWhatItDoesNotKnow(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		db := open(time.Now)
		if err := db.Backup(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "newer version") {
			t.Errorf("a backup without the room of test: %v", err)
		}
	})
}

// TestRestoreRefuses holds that a backup that is not whole, or not as it was made, leaves nothing.
func TestRestoreRefuses(t *testing.T) {
	storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
		from := open(time.Now)
		fill(t, from)
		whole := lines(t, backup(t, from))
		replaced := func(old, new string) []string {
			return strings.Split(strings.ReplaceAll(strings.Join(whole, "\n"), old, new), "\n")
		}
		spoiled := map[string][]byte{
			"empty":             nil,
			"no gzip":           []byte("backup"),
			"cut off":           zip(t, whole[:len(whole)-1]),
			"a row less":        zip(t, append(append([]string{}, whole[:len(whole)-2]...), whole[len(whole)-1])),
			"a value changed":   zip(t, replaced(",7,", ",8,")),
			"another form":      zip(t, replaced(`"portcullis_backup":"1"`, `"portcullis_backup":"2"`)),
			"another schema":    zip(t, replaced(`"step":1`, `"step":2`)),
			"an unknown table":  zip(t, replaced("test_counter", "test_stranger")),
			"an unknown column": zip(t, replaced(`"value"`, `"price"`)),
			"broken JSON":       zip(t, replaced(`["b"`, `["b`)),
		}
		for name, text := range spoiled {
			storetest.Run(t, []store.Schema{counters}, func(t *testing.T, open storetest.Open) {
				to := open(time.Now)
				if err := to.Restore(t.Context(), bytes.NewReader(text), counters); err == nil {
					t.Errorf("%s: it is restored", name)
				}
				var n int64
				if err := to.Read(t.Context(), func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM test_counter`, nil, &n) }); err != nil || n != 0 {
					t.Errorf("%s: %d rows are left, %v", name, n, err)
				}
			})
		}
	})
}
