package ledger_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/store"
)

// many records n entries, public and sealed in turn, and gives them their places.
func (s *server) many(n int) (ids []string) {
	s.t.Helper()
	var entries []ledger.Entry
	for i := range n {
		entries = append(entries, entry([]ledger.Kind{opened, sealed}[i%2], i))
	}
	ids = s.record(entries...)
	s.sequence()
	return ids
}

// TestExportMeanwhile has a payload erased and entries recorded while the ledger is exported.
func TestExportMeanwhile(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		ids := s.many(600)
		var out bytes.Buffer
		meanwhile := func() {
			s.redact("kept for one year", ids[599])
			s.record(entry(opened, 600))
			s.sequence()
		}
		var told [][2]int64
		end, err := ledger.Export(t.Context(), s.db, &hooked{&out, meanwhile}, ledger.ExportOptions{
			Key: s.key.Public, Progress: func(done, total int64) { told = append(told, [2]int64{done, total}) }})
		if err != nil {
			t.Fatal(err)
		}
		report := verified(t, out.Bytes(), ledger.VerifyOptions{})
		if report.Erased != 1 || report.Size != 602 || end.Size != 602 || end.Root != report.Root {
			t.Errorf("the export of %d entries is reported as %+v", end.Size, report)
		}
		if last := told[len(told)-1]; told[0] != [2]int64{256, 600} || last != [2]int64{602, 602} {
			t.Errorf("the progress is told as %v", told)
		}
	})
}

// hooked calls once before the first bytes are written.
type hooked struct {
	io.Writer
	first func()
}

func (h *hooked) Write(p []byte) (int, error) {
	if h.first != nil {
		first := h.first
		h.first = nil
		first()
	}
	return h.Writer.Write(p)
}

// TestStoredTampering changes what is stored behind the ledger's back: the export shows where.
func TestStoredTampering(t *testing.T) {
	for _, c := range []struct {
		name, change string
		first, last  int64
	}{
		{"fields", `UPDATE ledger_entry SET body = (SELECT body FROM ledger_entry WHERE number = 2) WHERE number = 4`, 4, 4},
		{"a seal", `UPDATE ledger_entry SET seal = (SELECT salt FROM ledger_payload p WHERE p.id = ledger_entry.id) WHERE number = 5`, 5, 5},
		{"no seal", `UPDATE ledger_entry SET seal = NULL WHERE number = 5`, 5, 5},
		{"a payload", `UPDATE ledger_payload SET payload = salt WHERE id = (SELECT id FROM ledger_entry WHERE number = 6)`, 6, 6},
		{"a salt", `UPDATE ledger_payload SET salt = (SELECT seal FROM ledger_entry WHERE number = 1) WHERE id = (SELECT id FROM ledger_entry WHERE number = 6)`, 6, 6},
		{"a payload is gone", `DELETE FROM ledger_payload WHERE id = (SELECT id FROM ledger_entry WHERE number = 6)`, 6, 6},
		{"the hashes", `UPDATE ledger_tile SET hashes = (SELECT salt FROM ledger_payload ORDER BY id LIMIT 1) WHERE level = 0`, -1, -1},
		{"the last entry is gone", `DELETE FROM ledger_entry WHERE number = 7`, -1, -1},
		{"a place is empty", `UPDATE ledger_entry SET number = 90 WHERE number = 3`, -1, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
				s := serve(t, open(time.Now), "a")
				s.many(8)
				change := c.change
				if s.db.Engine() == store.PostgreSQL {
					// A salt is not UTF-8, and a text is wanted here.
					change = strings.Replace(change, "payload = salt", "payload = 'x'", 1)
				} else {
					change = strings.Replace(change, "payload = salt", "payload = CAST('x' AS BLOB)", 1)
				}
				if err := s.db.Administer(t.Context(), change); err != nil {
					t.Fatal(err)
				}
				if c.first < 0 {
					if _, err := ledger.Export(t.Context(), s.db, io.Discard, ledger.ExportOptions{Key: s.key.Public}); !errors.Is(err, ledger.ErrBroken) {
						t.Errorf("it is exported with %v", err)
					}
					return
				}
				if fault := faulty(t, s.export(ledger.Full), ledger.VerifyOptions{}); fault.First != c.first || fault.Last != c.last {
					t.Errorf("it is found as: %v", fault)
				}
			})
		})
	}
}

func TestExportRefuses(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		full := errors.New("the disk is full")
		export := func(w io.Writer, key string, view ledger.View) error {
			_, err := ledger.Export(t.Context(), s.db, w, ledger.ExportOptions{Key: key, View: view})
			return err
		}
		if err := export(io.Discard, s.key.Public, ""); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a ledger that was never signed is exported with %v", err)
		}
		s.many(300)
		if err := export(io.Discard, s.key.Public, "half"); err == nil {
			t.Error("half a ledger is exported")
		}
		if err := export(io.Discard, "a+b+c", ""); err == nil {
			t.Error("it is exported with a key that is none")
		}
		if err := export(io.Discard, newKey(t, "another").Public, ""); !errors.Is(err, ledger.ErrKey) {
			t.Errorf("it is exported with another key: %v", err)
		}
		if err := export(&failing{full}, s.key.Public, ""); !errors.Is(err, full) {
			t.Errorf("it is exported to a full disk: %v", err)
		}
	})
}

type failing struct{ err error }

func (f *failing) Write([]byte) (int, error) { return 0, f.err }
