package people_test

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"strings"
	"testing"
	"time"

	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// house is a room with two bodies that do not belong together, and somebody in every role of each.
type house struct {
	*people.Room
	clock *storetest.Clock
	log   *bytes.Buffer
}

var command = people.Actor{Command: true}

// each runs test on both engines, with a room that has nobody in it.
func each(t *testing.T, test func(t *testing.T, h house)) {
	storetest.Run(t, []store.Schema{ledger.Schema, people.Schema}, func(t *testing.T, open storetest.Open) {
		clock, log := storetest.NewClock(noon), &bytes.Buffer{}
		book, err := ledger.New(rand.Reader, people.Kinds...)
		if err != nil {
			t.Fatal(err)
		}
		room := &people.Room{DB: open(clock.Now), Ledger: book, Chance: rand.Reader, Log: slog.New(slog.NewTextHandler(log, nil))}
		test(t, house{room, clock, log})
	})
}

func (h house) organisation(t *testing.T, id, parent string) {
	t.Helper()
	if _, err := h.AddOrganisation(t.Context(), command, people.NewOrganisation{ID: id, Name: "The " + id, Parent: parent}); err != nil {
		t.Fatal(err)
	}
}

// person adds somebody, gives them roles in their organisation and signs them in.
func (h house) person(t *testing.T, name, organisation string, roles ...people.Role) (id string, actor people.Actor) {
	t.Helper()
	p, err := h.AddPerson(t.Context(), command, organisation, people.Particulars{Name: name, Mail: strings.ReplaceAll(name, " ", ".") + "@" + organisation + ".example"})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range roles {
		if _, err := h.GiveRole(t.Context(), command, p.ID, people.Grant{Role: role, Organisation: organisation}, store.Period{}); err != nil {
			t.Fatal(err)
		}
	}
	session, err := h.OpenSession(t.Context(), p.ID, "test", "192.0.2.1", "a browser")
	if err != nil {
		t.Fatal(err)
	}
	return p.ID, people.Actor{Session: session, Address: "192.0.2.1"}
}

func want(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("the error is %v, not one of the kind %s", err, kind)
	}
}

// refusedWith wants a refusal whose message begins so.
func refusedWith(t *testing.T, err error, begins string) {
	t.Helper()
	want(t, err, fault.Refused)
	if err == nil || !strings.HasPrefix(err.Error(), begins) {
		t.Errorf("the refusal is %v, and does not begin with %q", err, begins)
	}
}

// fields are the fields of a fault's parts.
func fields(err error) (names []string) {
	for _, f := range fault.Fields(err) {
		names = append(names, f.Field)
	}
	return names
}

// in is the time by the clock and then some.
func (h house) in(d time.Duration) store.Time { return store.TimeOf(h.clock.Now().Add(d)) }

// again signs somebody in once more.
func (h house) again(t *testing.T, person string) people.Actor {
	t.Helper()
	session, err := h.OpenSession(t.Context(), person, "test", "192.0.2.1", "a browser")
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Session: session, Address: "192.0.2.1"}
}

// enrol gives somebody a passkey by a link.
func (h house) enrol(t *testing.T, person, key string) {
	t.Helper()
	link, err := h.Invite(t.Context(), command, person)
	if err == nil {
		_, err = h.EnrolByLink(t.Context(), link, people.Passkey{ID: key, Person: person, Name: key}, "192.0.2.1", "a browser")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// entries is how many entries the ledger has that wait for their places.
func (h house) entries(t *testing.T) (n int) {
	t.Helper()
	err := h.DB.Read(t.Context(), func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM ledger_pending`, nil, &n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDeactivationEndsEverythingAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "treasury", "")
		_, officer := h.person(t, "Ada", "treasury", people.SecurityOfficer)
		id, grace := h.person(t, "Grace", "treasury", people.SecurityOfficer)
		made, err := h.MakeToken(t.Context(), grace, "exporter", people.Grant{Role: people.Staff, Organisation: "treasury"}, store.Time{})
		if err != nil {
			t.Fatal(err)
		}
		token := people.Actor{Token: made.Secret}
		for _, actor := range []people.Actor{grace, token} {
			if _, err := h.Enter(t.Context(), actor, ""); err != nil {
				t.Fatal(err)
			}
		}
		link, err := h.Invite(t.Context(), officer, id)
		if err != nil {
			t.Fatal(err)
		}
		no := false
		if _, err := h.ChangePerson(t.Context(), officer, id, people.PersonChange{Active: &no}); err != nil {
			t.Fatal(err)
		}
		for _, actor := range []people.Actor{grace, token} {
			_, err := h.Enter(t.Context(), actor, "")
			want(t, err, fault.SignedOut)
		}
		_, _, err = h.Invited(t.Context(), link)
		want(t, err, fault.NotFound)
		_, err = h.OpenSession(t.Context(), id, "test", "", "")
		want(t, err, fault.Refused)
	})
}

func TestOrganisationsHaveNoCycle(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "a")
		h.organisation(t, "c", "b")
		soon, later := store.TimeOf(noon.Add(48*time.Hour)), store.TimeOf(noon.Add(24*time.Hour))
		below := func(parent string) people.Position { return people.Position{Parent: parent} }
		says := func(err error, message string) {
			t.Helper()
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), message+": an organisation cannot be below itself") {
				t.Errorf("the error is %v, and does not say %q", err, message)
			}
		}
		says(h.settle(t, "a", below("c"), store.Time{}), "The c stands below The a")
		// c leaves in two days: until then, a may not come below it.
		if err := h.settle(t, "c", below(""), soon); err != nil {
			t.Fatal(err)
		}
		says(h.settle(t, "a", below("c"), later), "The c stands below The a")
		if err := h.settle(t, "a", below("c"), soon); err != nil {
			t.Fatal(err)
		}
		// And what was planned counts: c cannot go back below b, which will be below it.
		says(h.settle(t, "c", below("b"), later), "The b will stand below The c from "+soon.Time().Format("2 January 2006"))
	})
}
