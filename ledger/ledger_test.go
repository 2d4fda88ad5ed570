package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/store"
)

func TestRecord(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		s := serve(t, open(clock.Now), "a")
		var ids []string
		if err := s.db.Write(t.Context(), func(tx *store.Tx) error {
			ids = ids[:0]
			if _, err := tx.Raise(); err != nil {
				return err
			}
			for _, e := range []ledger.Entry{entry(opened, 0), entry(sealed, 1), {Kind: opened, Actor: "officer-2"}} {
				id, err := s.ledger.Record(tx, e)
				if err != nil {
					return err
				}
				ids = append(ids, id)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got := s.entries(); len(got) != 0 {
			t.Errorf("before they are sequenced %d entries have places", len(got))
		}
		if n := s.sequence(); n != 3 {
			t.Errorf("%d entries are sequenced, of 3", n)
		}
		want := []ledger.Recorded{
			{Entry: entry(opened, 0), Index: 0, ID: ids[0], At: store.TimeOf(noon), Generation: 1},
			{Entry: entry(sealed, 1), Index: 1, ID: ids[1], At: store.TimeOf(noon), Generation: 1},
			{Entry: ledger.Entry{Kind: opened, Actor: "officer-2"}, Index: 2, ID: ids[2], At: store.TimeOf(noon), Generation: 1},
		}
		same := cmp.Options{cmpopts.EquateEmpty(), cmp.Comparer(func(a, b store.Time) bool { return a == b })}
		if diff := cmp.Diff(want, s.entries(), same); diff != "" {
			t.Errorf("entries (-recorded +read):\n%s", diff)
		}
	})
}

// TestRolledBack has a transaction fail after it has recorded.
func TestRolledBack(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		failed := errors.New("no")
		if err := s.db.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := s.ledger.Record(tx, entry(opened, 0)); err != nil {
				return err
			}
			return failed
		}); !errors.Is(err, failed) {
			t.Fatal(err)
		}
		s.record(entry(opened, 1))
		s.sequence()
		got := s.entries()
		if len(got) != 1 || got[0].Subjects[0] != "subject-1" {
			t.Errorf("beside what was rolled back one entry was recorded, and there are %+v", got)
		}
		for _, table := range []string{"ledger_pending", "ledger_payload"} {
			if n := count(t, s.db, table); n != int64(map[string]int{"ledger_payload": 1}[table]) {
				t.Errorf("%s has %d rows", table, n)
			}
		}
	})
}

func count(t *testing.T, db *store.DB, table string) (n int64) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM `+table, nil, &n)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRecordRefuses(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		with := func(change func(e *ledger.Entry)) ledger.Entry {
			e := entry(opened, 0)
			change(&e)
			return e
		}
		for _, c := range []struct {
			name  string
			entry ledger.Entry
			want  string
		}{
			{"an unknown kind", with(func(e *ledger.Entry) { e.Kind.Name = "test.other" }), "unknown kind test.other version 1"},
			{"an unknown version", with(func(e *ledger.Entry) { e.Kind.Version = 2 }), "unknown kind test.opened version 2"},
			{"a kind that would be sealed", with(func(e *ledger.Entry) { e.Kind.Public = false }), "unknown kind"},
			{"the ledger's own", with(func(e *ledger.Entry) { e.Kind = ledger.Redacted }), "unknown kind ledger.redacted"},
			{"nobody", with(func(e *ledger.Entry) { e.Actor = "" }), "the actor is empty"},
			{"a long actor", with(func(e *ledger.Entry) { e.Actor = strings.Repeat("a", 256) }), "the actor has 256 bytes"},
			{"a subject of other bytes", with(func(e *ledger.Entry) { e.Subjects = []string{"a", "\xff"} }), "the subject is not UTF-8"},
			{"an empty subject", with(func(e *ledger.Entry) { e.Subjects = []string{""} }), "the subject is empty"},
			{"too many subjects", with(func(e *ledger.Entry) { e.Subjects = make([]string, ledger.MaxSubjects+1) }), "129 subjects"},
			{"a large payload", with(func(e *ledger.Entry) { e.Payload = make([]byte, ledger.MaxPayload+1) }), "1048577 bytes"},
			{"a payload of other bytes", with(func(e *ledger.Entry) { e.Payload = []byte{0xff} }), "the payload is not UTF-8"},
		} {
			t.Run(c.name, func(t *testing.T) {
				err := s.db.Write(t.Context(), func(tx *store.Tx) error {
					_, err := s.ledger.Record(tx, c.entry)
					return err
				})
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("it is recorded with the error %v, not %q", err, c.want)
				}
			})
		}
	})
}

// TestLargest records as much as an entry may hold.
func TestLargest(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		e := ledger.Entry{Kind: opened, Actor: strings.Repeat("ä", 127), Payload: []byte(strings.Repeat("\x01", ledger.MaxPayload))}
		for range ledger.MaxSubjects {
			e.Subjects = append(e.Subjects, strings.Repeat("\x02", ledger.MaxText))
		}
		s.record(e)
		s.sequence()
		if got := s.entries()[0]; got.Actor != e.Actor || len(got.Payload) != ledger.MaxPayload || len(got.Subjects) != ledger.MaxSubjects {
			t.Error("the largest entry is read back smaller")
		}
		verified(t, s.export(ledger.Full), ledger.VerifyOptions{})
		if err := s.db.Read(t.Context(), func(tx *store.Tx) error {
			bundle, err := ledger.Serve(ledger.In(tx), "/tile/entries/000.p/1")
			if n := len(bundle.Body) - 2; err == nil && n != int(bundle.Body[0])<<8|int(bundle.Body[1]) {
				t.Errorf("the length of a leaf of %d bytes is cut off", n)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		name  string
		kinds []ledger.Kind
		want  string
	}{
		{"two versions", []ledger.Kind{opened, {Name: opened.Name, Version: 2}}, ""},
		{"twice", []ledger.Kind{opened, {Name: opened.Name, Version: 1}}, "twice"},
		{"no room", []ledger.Kind{{Name: "added", Version: 1}}, "a name is the room and what happened"},
		{"capitals", []ledger.Kind{{Name: "Test.added", Version: 1}}, "a name is"},
		{"a long name", []ledger.Kind{{Name: "test." + strings.Repeat("a", 60), Version: 1}}, "a name is"},
		{"version 0", []ledger.Kind{{Name: "test.added"}}, "versions count from 1"},
		{"the ledger's own", []ledger.Kind{{Name: "ledger.added", Version: 1}}, "the ledger's own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ledger.New(dice("a"), c.kinds...)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("a ledger of these kinds: %v, want %q", err, c.want)
			}
		})
	}
}

func TestNoChanceNoEntry(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		l, err := ledger.New(strings.NewReader("too little"), opened)
		if err != nil {
			t.Fatal(err)
		}
		if err := open(time.Now).Write(t.Context(), func(tx *store.Tx) error {
			_, err := l.Record(tx, entry(opened, 0))
			return err
		}); err == nil {
			t.Error("an entry is recorded without a salt")
		}
	})
}

func TestRedact(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		var recorded []ledger.Entry
		for i := range 200 {
			recorded = append(recorded, entry([]ledger.Kind{opened, sealed}[i%2], i))
		}
		ids := s.record(recorded...)
		if err := s.db.Write(t.Context(), func(tx *store.Tx) error {
			return s.ledger.Redact(tx, "officer-1", "too early", ids[0])
		}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an entry without a place is redacted with %v", err)
		}
		s.sequence()
		before := s.export(ledger.Full)
		s.redact("kept for one year", ids[:150]...)
		s.redact("kept for one year", ids[0]) // again
		s.sequence()

		all := s.entries()
		for i, e := range all {
			if erased := i < 150; e.Erased != erased || (len(e.Payload) == 0) != erased {
				t.Errorf("entry %d is erased: %t, with a payload of %d bytes", i, e.Erased, len(e.Payload))
			}
		}
		// 150 subjects are more than an entry holds; the second time came before the first had its
		// place, so it was recorded too.
		if n := len(all) - 200; n != 3 || string(all[200].Payload) != "kept for one year" {
			t.Errorf("%d entries say that payloads were redacted: %+v", n, all[200:])
		}
		s.redact("kept for one year", ids[0])
		if n := s.sequence(); n != 0 {
			t.Errorf("what is erased already is redacted once more, by %d entries", n)
		}
		for _, view := range []ledger.View{ledger.Full, ledger.Public} {
			report := verified(t, s.export(view), ledger.VerifyOptions{Saved: strings.NewReader(string(before))})
			if want := map[ledger.View]int64{ledger.Full: 150, ledger.Public: 75}[view]; report.Erased != want {
				t.Errorf("in the %s export %d payloads are erased, not %d", view, report.Erased, want)
			}
		}
		if strings.Contains(string(s.export(ledger.Full)), `{\"number\":149,`) {
			t.Error("an erased payload is exported")
		}
	})
}

// TestPublicShowsNothingSealed looks for anything of a sealed entry in what everybody may have.
func TestPublicShowsNothingSealed(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		secret := ledger.Entry{Kind: sealed, Actor: "SECRET", Subjects: []string{"SECRET"}, Payload: []byte("SECRET")}
		ids := s.record(secret, entry(opened, 1))
		s.sequence()
		export := s.export(ledger.Public)
		if report := verified(t, export, ledger.VerifyOptions{}); report.Sealed != 1 || report.Size != 2 {
			t.Errorf("a public export of two entries, one sealed, is reported as %+v", report)
		}
		var bundle ledger.Resource
		if err := s.db.Read(t.Context(), func(tx *store.Tx) (err error) {
			bundle, err = ledger.Serve(ledger.In(tx), "/tile/entries/000.p/2")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"SECRET", sealed.Name, ids[0]} {
			if strings.Contains(string(export), text) || strings.Contains(string(bundle.Body), text) {
				t.Errorf("everybody can read %q of a sealed entry", text)
			}
		}
		if !strings.Contains(string(bundle.Body), opened.Name) {
			t.Error("a public entry is not to be read")
		}
	})
}

func TestLatestWantsItsKey(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		latest := func(key ledger.Key) (c ledger.Checkpoint, err error) {
			err = s.db.Read(t.Context(), func(tx *store.Tx) (err error) {
				c, err = ledger.Latest(tx, key.Public)
				return err
			})
			return c, err
		}
		if _, err := latest(s.key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the checkpoint of a new ledger: %v", err)
		}
		s.record(entry(opened, 0))
		s.sequence()
		c, err := latest(s.key)
		if err != nil || c.Size != 1 || !strings.HasPrefix(c.Note, fmt.Sprintf("%s\n1\n%s\n\n— ", c.Origin, c.Root)) {
			t.Errorf("the checkpoint of one entry: %+v, %v", c, err)
		}
		if _, err := latest(newKey(t, "another")); !errors.Is(err, ledger.ErrKey) {
			t.Errorf("a checkpoint that another key signed: %v", err)
		}
	})
}
