package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/store"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	opened = ledger.Kind{Name: "test.opened", Version: 1, Public: true}
	sealed = ledger.Kind{Name: "test.sealed", Version: 1}
	schema = []store.Schema{ledger.Schema}
)

// dice are the same for every run of a test, and differ between seeds.
func dice(seed string) *rand.ChaCha8 {
	var s [32]byte
	copy(s[:], seed)
	return rand.NewChaCha8(s)
}

func newKey(t testing.TB, seed string) ledger.Key {
	t.Helper()
	secret, public, err := note.GenerateKey(dice(seed), "ledger.example/test")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	if key.Public != public {
		t.Fatalf("the verifier key of %s is derived as %s", public, key.Public)
	}
	return key
}

// server is one of the servers on a database.
type server struct {
	t         testing.TB
	db        *store.DB
	ledger    *ledger.Ledger
	sequencer *ledger.Sequencer
	key       ledger.Key
}

// serve starts a server of a name. Its salts differ from those of others, and its key does not.
func serve(t testing.TB, db *store.DB, name string) *server {
	t.Helper()
	l, err := ledger.New(&lockedReader{r: dice(name)}, opened, sealed)
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, "key")
	s, err := ledger.NewSequencer(db, l, key, name, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return &server{t, db, l, s, key}
}

// stored is a server on an SQLite database of its own.
func stored(t testing.TB) *server {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Data: t.TempDir(), Now: time.Now, Chance: &lockedReader{r: dice("store")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), ledger.Schema); err != nil {
		t.Fatal(err)
	}
	return serve(t, db, "a")
}

// record records entries in one transaction.
func (s *server) record(entries ...ledger.Entry) (ids []string) {
	s.t.Helper()
	err := s.db.Write(s.t.Context(), func(tx *store.Tx) error {
		ids = ids[:0]
		for _, e := range entries {
			id, err := s.ledger.Record(tx, e)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return ids
}

// redact has entries redacted.
func (s *server) redact(reason string, ids ...string) {
	s.t.Helper()
	if err := s.db.Write(s.t.Context(), func(tx *store.Tx) error {
		return s.ledger.Redact(tx, "officer-1", reason, ids...)
	}); err != nil {
		s.t.Fatal(err)
	}
}

// sequence gives all that is pending its place, and returns how many that were.
func (s *server) sequence() (total int) {
	s.t.Helper()
	for {
		n, err := s.sequencer.Step(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if n == 0 {
			return total
		}
		total += n
	}
}

// entries are all that have their places.
func (s *server) entries() (all []ledger.Recorded) {
	s.t.Helper()
	for {
		var page []ledger.Recorded
		if err := s.db.Read(s.t.Context(), func(tx *store.Tx) (err error) {
			page, err = ledger.Entries(tx, int64(len(all)), 100)
			return err
		}); err != nil {
			s.t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

// export returns the ledger as a file.
func (s *server) export(view ledger.View) []byte {
	s.t.Helper()
	var out bytes.Buffer
	if _, err := ledger.Export(s.t.Context(), s.db, &out, ledger.ExportOptions{Key: s.key.Public, View: view}); err != nil {
		s.t.Fatal(err)
	}
	return out.Bytes()
}

// verified checks an export that must be right.
func verified(t testing.TB, export []byte, o ledger.VerifyOptions) ledger.Report {
	t.Helper()
	report, err := ledger.Verify(bytes.NewReader(export), o)
	if err != nil {
		t.Fatalf("an export does not verify: %v", err)
	}
	return report
}

// faulty checks an export that must not be right, and returns the fault.
func faulty(t testing.TB, export []byte, o ledger.VerifyOptions) *ledger.Fault {
	t.Helper()
	report, err := ledger.Verify(bytes.NewReader(export), o)
	var fault *ledger.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("an export that is wrong verifies as %+v, %v", report, err)
	}
	return fault
}

// entry is an entry of the kind with something in every field.
func entry(kind ledger.Kind, n int) ledger.Entry {
	return ledger.Entry{Kind: kind, Actor: "officer-1", Subjects: []string{fmt.Sprintf("subject-%d", n), "Ülkü \"x\"\n"},
		Payload: fmt.Appendf(nil, `{"number":%d,"text":"a \"quoted\" line\u0000"}`, n)}
}

// lockedReader lets several transactions draw salts at once.
type lockedReader struct {
	mu sync.Mutex
	r  *rand.ChaCha8
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}
