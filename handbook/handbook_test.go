package handbook_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/mod/sumdb/note"

	"portcullis/handbook"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// times compares times as they are stored.
var times = cmpopts.EquateComparable(store.Time{})

var command = people.Actor{Command: true}

// house is a room over bodies as somebody in the middle of them sees them: above, own, below and other.
type house struct {
	*handbook.Room
	clock *storetest.Clock
}

// each runs test on both engines.
func each(t *testing.T, test func(t *testing.T, h house)) {
	storetest.Run(t, []store.Schema{ledger.Schema, people.Schema, handbook.Schema}, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(noon)
		book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, handbook.Kinds)...)
		if err != nil {
			t.Fatal(err)
		}
		room := &people.Room{DB: open(clock.Now), Ledger: book, Chance: rand.Reader, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
		for _, o := range [][2]string{{"above", ""}, {"own", "above"}, {"below", "own"}, {"other", ""}} {
			if _, err := room.AddOrganisation(t.Context(), command, people.NewOrganisation{ID: o[0], Name: "The " + o[0], Parent: o[1]}); err != nil {
				t.Fatal(err)
			}
		}
		test(t, house{&handbook.Room{People: room}, clock})
	})
}

// person adds somebody to a body, gives them a role in it, or in another organisation, and signs them in.
func (h house) person(t testing.TB, name, organisation string, grants ...people.Grant) people.Actor {
	t.Helper()
	p, err := h.People.AddPerson(t.Context(), command, organisation, people.Particulars{Name: name, Mail: strings.ReplaceAll(name, " ", ".") + "@" + organisation + ".example"})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range grants {
		if _, err := h.People.GiveRole(t.Context(), command, p.ID, g, store.Period{}); err != nil {
			t.Fatal(err)
		}
	}
	session, err := h.People.OpenSession(t.Context(), p.ID, "test", "192.0.2.1", "a browser")
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Session: session, Address: "192.0.2.1"}
}

// keeper is somebody of the centre.
func (h house) keeper(t testing.TB) people.Actor {
	return h.person(t, "Kay Keeper", "above", people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere})
}

func want(t testing.TB, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("the error is %v, not one of the kind %s", err, kind)
	}
}

// must returns what could be done.
func must[T any](t testing.TB) func(T, error) T {
	return func(result T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
}

// fields are the fields of a fault's parts.
func fields(err error) (names []string) {
	for _, f := range fault.Fields(err) {
		names = append(names, f.Field)
	}
	return names
}

// ledgerKey is one key for all looks at a ledger.
var ledgerKey = sync.OnceValues(func() (ledger.Key, error) {
	secret, _, err := note.GenerateKey(rand.Reader, "test.example")
	if err != nil {
		return ledger.Key{}, err
	}
	return ledger.ParseKey(secret)
})

// entries are those of this room in the ledger, once they have their places.
func (h house) entries(t testing.TB) (found []ledger.Recorded) {
	t.Helper()
	key, err := ledgerKey()
	if err != nil {
		t.Fatal(err)
	}
	sequencer, err := ledger.NewSequencer(h.People.DB, h.People.Ledger, key, "test", h.People.Log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sequencer.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = h.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		found, err = ledger.Entries(tx, 0, 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(found, func(e ledger.Recorded) bool { return !strings.HasPrefix(e.Kind.Name, "handbook.") })
}

// rows is how many rows a table has.
func (h house) rows(t testing.TB, table string) (n int) {
	t.Helper()
	err := h.People.DB.Read(context.Background(), func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM `+table, nil, &n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}
