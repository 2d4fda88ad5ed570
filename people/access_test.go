package people_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/mod/sumdb/note"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// TestActWantsPermissionAndRecord: what asks nobody, or records nothing, is not committed.
func TestActWantsPermissionAndRecord(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		for name, do := range map[string]func(tx *people.Tx) error{
			"nothing": func(tx *people.Tx) error { return nil },
			"asked":   func(tx *people.Tx) error { return tx.Require(people.ChangePeople, "a") },
			"recorded": func(tx *people.Tx) error {
				tx.NoEntry("a test")
				return nil
			},
		} {
			_, err := people.Act(t.Context(), h.Room, command, func(tx *people.Tx) (struct{}, error) {
				if _, err := tx.Exec(`UPDATE people_organisations SET name = 'changed'`); err != nil {
					return struct{}{}, err
				}
				return struct{}{}, do(tx)
			})
			if err == nil {
				t.Errorf("%s: an operation was committed", name)
			}
			if len(fault.Fields(err)) > 0 {
				t.Errorf("%s: a mistake of the program is told as a fault: %v", name, err)
			}
			if o, err := h.Organisation(t.Context(), command, "a"); err != nil || o.Name != "The a" {
				t.Errorf("%s: it changed %+v, %v", name, o, err)
			}
		}
		_, err := people.See(t.Context(), h.Room, command, func(tx *people.Tx) (int, error) { return 1, nil })
		if err == nil {
			t.Error("an operation that asked for no permission showed something")
		}
		_, err = people.Act(t.Context(), h.Room, command, func(tx *people.Tx) (struct{}, error) { return struct{}{}, tx.Require("no.such", "a") })
		if err == nil || fault.Is(err, fault.Refused) {
			t.Errorf("a permission that is not in the table: %v", err)
		}
	})
}

// TestMissingIsNoted: who would change what is not there is noted, once each time; to look for it is not, and programs are
// answered alone.
func TestMissingIsNoted(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		id, ada := h.person(t, "Ada", "a", people.SecurityOfficer)
		missing := func(tx *people.Tx) (none struct{}, err error) {
			return none, fault.New(fault.NotFound, "There is no such thing")
		}
		for _, actor := range []people.Actor{ada, command} {
			_, err := people.Act(t.Context(), h.Room, actor, missing)
			want(t, err, fault.NotFound)
			_, err = people.See(t.Context(), h.Room, actor, missing)
			want(t, err, fault.NotFound)
		}
		// What is hidden from somebody is noted as what it is.
		_, err := people.Act(t.Context(), h.Room, ada, func(tx *people.Tx) (none struct{}, err error) {
			return none, tx.Hide(people.SeeAccess, "a", "There is no such thing")
		})
		want(t, err, fault.NotFound)
		events, err := h.AccessLog(t.Context(), command, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		var details []string
		for _, e := range events {
			if e.Actor == id && e.Outcome == "refused" {
				details = append(details, e.Detail+string(e.Permission))
			}
		}
		slices.Sort(details) // they are of the same moment
		if diff := cmp.Diff([]string{string(people.SeeAccess), "something was to be changed that is not there"}, details); diff != "" {
			t.Error(diff)
		}
	})
}

// TestRefusalsAreNoted: who, what and where; and nothing else happens.
func TestRefusalsAreNoted(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "")
		id, ada := h.person(t, "Ada", "a", people.SecurityOfficer)
		entries := h.entries(t)
		_, err := h.AddPerson(t.Context(), ada, "b", people.Particulars{Name: "Eve", Mail: "eve@b.example"})
		want(t, err, fault.Refused)
		_, err = people.See(t.Context(), h.Room, ada, func(tx *people.Tx) (int, error) { return 0, tx.Require(people.SeeAccess, "b\x00\xff") })
		if err == nil {
			t.Error("there is an organisation of that name")
		}
		_, err = h.AccessLog(t.Context(), ada, "", 10)
		want(t, err, fault.Refused)
		events, err := h.AccessLog(t.Context(), command, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		refused := map[people.Access]bool{}
		for _, e := range events {
			if e.Outcome == "refused" {
				refused[people.Access{Actor: e.Actor, Address: e.Address, Permission: e.Permission, Organisation: e.Organisation}] = true
			}
		}
		wanted := map[people.Access]bool{
			{Actor: id, Address: "192.0.2.1", Permission: people.ChangePeople, Organisation: "b"}:            true,
			{Actor: id, Address: "192.0.2.1", Permission: people.SeeAccess, Organisation: "b"}:               true,
			{Actor: id, Address: "192.0.2.1", Permission: people.SeeAccess, Organisation: people.Everywhere}: true,
		}
		if diff := cmp.Diff(wanted, refused, cmpopts.EquateComparable(store.Time{})); diff != "" {
			t.Errorf("refused (-want +got):\n%s", diff)
		}
		if n, err := h.CountPersons(t.Context(), command, people.PersonQuery{}); err != nil || n != 1 || h.entries(t) != entries {
			t.Errorf("there are %d people, %v, and %d new entries", n, err, h.entries(t)-entries)
		}
	})
}

// sequence gives all entries of the ledger their places, and returns them.
func (h house) sequence(t *testing.T) (all []ledger.Recorded) {
	t.Helper()
	secret, _, err := note.GenerateKey(rand.Reader, "ledger.example/test")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	sequencer, err := ledger.NewSequencer(h.DB, h.Ledger, key, "a", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for h.entries(t) > 0 {
		if _, err := sequencer.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	err = h.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
		all, err = ledger.Entries(tx, 0, 10_000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestHoursEnterTheLedger(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		if err := h.StartHours(t.Context()); err != nil {
			t.Fatal(err)
		}
		id, _ := h.person(t, "Ada", "a") // an event, for she signs in
		hourly := func() {
			t.Helper()
			if err := h.Hourly(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		hourly()
		h.clock.Advance(time.Hour)
		hourly() // it is not settled yet
		h.again(t, id)
		h.again(t, id)
		// A long stop, after which another server starts too.
		h.clock.Advance(30*time.Hour + 6*time.Minute)
		for range 2 {
			if err := h.StartHours(t.Context()); err != nil {
				t.Fatal(err)
			}
			hourly()
		}
		type digest struct {
			Hour   store.Time
			Events int
		}
		var digests []digest
		for _, e := range h.sequence(t) {
			if e.Kind.Name == "people.access-digest" {
				var d digest
				if err := json.Unmarshal(e.Payload, &d); err != nil || e.Subjects[0] != people.Everywhere || !e.Kind.Public {
					t.Errorf("the entry %+v, %v", e, err)
				}
				digests = append(digests, d)
			}
		}
		first := store.TimeOf(noon)
		if len(digests) != 31 || digests[0] != (digest{first, 1}) || digests[1] != (digest{first.Add(time.Hour), 2}) || digests[30].Events != 0 {
			t.Errorf("the digests are %v", digests)
		}
		verify := func(want ...people.AccessFault) {
			t.Helper()
			faults, err := h.VerifyAccess(t.Context())
			if diff := cmp.Diff(want, faults, cmpopts.EquateComparable(store.Time{})); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		}
		verify()
		h.tamper(t, `UPDATE people_access SET actor = 'another' WHERE id IN (SELECT id FROM people_access ORDER BY at LIMIT 1)`)
		verify(people.AccessFault{Hour: first, Events: 1, Found: 1})
		h.tamper(t, `DELETE FROM people_access`)
		verify(people.AccessFault{Hour: first, Events: 1, Found: 0}, people.AccessFault{Hour: first.Add(time.Hour), Events: 2, Found: 0})
		// Nor does it help to change what this room says of the hours.
		h.tamper(t, `DELETE FROM people_hours`)
		verify(people.AccessFault{Hour: first, Events: 1, Found: 0}, people.AccessFault{Hour: first.Add(time.Hour), Events: 2, Found: 0})
		// What is no longer kept is not missed.
		h.clock.Advance(400 * 24 * time.Hour)
		verify()
	})
}

func (h house) tamper(t *testing.T, statement string) {
	t.Helper()
	if err := h.DB.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(statement); return err }); err != nil {
		t.Fatal(err)
	}
}

// TestHoursOfTwoServers: two that began in different hours close every hour once.
func TestHoursOfTwoServers(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		for range 2 {
			if err := h.StartHours(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.clock.Advance(3 * time.Hour)
		}
		// The second beginning comes first.
		second, err := h.DB.Claim(t.Context(), "people.hourly", 1, time.Minute)
		if err != nil || len(second) != 1 {
			t.Fatal(second, err)
		}
		if err := h.Hourly(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(3 * time.Hour)
		if err := h.Hourly(t.Context()); err != nil {
			t.Fatal(err)
		}
		hours := map[string]int{}
		for _, e := range h.sequence(t) {
			hours[string(e.Payload)]++
		}
		if len(hours) != 8 {
			t.Errorf("%d hours are closed: %v", len(hours), hours)
		}
		for hour, times := range hours {
			if times != 1 {
				t.Errorf("%s is closed %d times", hour, times)
			}
		}
	})
}

// TestWhatHasEndedGoes: sessions, ceremonies, links, requests and old events.
func TestWhatHasEndedGoes(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		id, ada := h.person(t, "Ada", "a", people.SecurityOfficer)
		ada.Key, ada.Digest = "key", "digest"
		if _, err := h.AddPerson(t.Context(), ada, "a", people.Particulars{Name: "G", Mail: "g@a.example"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.BeginCeremony(t.Context(), "k", nil, time.Minute); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Invite(t.Context(), command, id); err != nil {
			t.Fatal(err)
		}
		if err := h.NoteFailure(t.Context(), "passkey", "192.0.2.1", errors.New("no \x00")); err != nil {
			t.Fatal(err)
		}
		if err := h.StartHours(t.Context()); err != nil {
			t.Fatal(err)
		}
		tables := []string{"people_sessions", "people_ceremonies", "people_links", "people_requests", "people_access"}
		left := func(want ...string) {
			t.Helper()
			if err := h.Hourly(t.Context()); err != nil {
				t.Fatal(err)
			}
			var there []string
			for _, table := range tables {
				var n int
				if err := h.DB.Read(t.Context(), func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM `+table, nil, &n) }); err != nil {
					t.Fatal(err)
				}
				if n > 0 {
					there = append(there, strings.TrimPrefix(table, "people_"))
				}
			}
			if diff := cmp.Diff(want, there); diff != "" {
				t.Errorf("what is left (-want +got):\n%s", diff)
			}
		}
		left("sessions", "ceremonies", "links", "requests", "access")
		h.clock.Advance(2 * time.Hour)
		left("sessions", "links", "requests", "access")
		h.clock.Advance(11 * time.Hour)
		left("links", "requests", "access")
		h.clock.Advance(13 * time.Hour)
		left("requests", "access")
		h.clock.Advance(24 * time.Hour)
		left("access")
	})
}

// TestEntriesNameNobody: nothing that is kept for ever says who somebody is.
func TestEntriesNameNobody(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "")
		id, ada := h.person(t, "Wilhelmina", "a", people.SecurityOfficer)
		h.enrol(t, id, "Wilhelmina's telephone")
		p := people.Particulars{Name: "Wilhelmina B", Mail: "wilhelmina.b@a.example", Phone: "wilhelmina", ExternalID: "wilhelmina", Department: "wilhelmina's"}
		b, no := "b", false
		if _, err := h.ChangePerson(t.Context(), command, id, people.PersonChange{Particulars: &p, Organisation: &b, Active: &no}); err != nil {
			t.Fatal(err)
		}
		_ = ada
		if _, err := h.ImportPeople(t.Context(), command, []people.Row{{Line: 2, Particulars: people.Particulars{Name: "Wilhelmina C", Mail: "wilhelmina@c.example"}, Organisation: "a", Roles: []people.Role{people.Desk}}}); err != nil {
			t.Fatal(err)
		}
		kinds := map[string]bool{}
		for _, e := range h.sequence(t) {
			kinds[e.Kind.Name] = true
			for _, text := range append(e.Subjects, string(e.Payload), e.Actor) {
				if strings.Contains(strings.ToLower(text), "wilhelmina") {
					t.Errorf("an entry of the kind %s names somebody: %s", e.Kind.Name, text)
				}
			}
		}
		for _, kind := range []string{"people.person-added", "people.person-changed", "people.person-deactivated", "people.role-given", "people.invited", "people.passkey-added"} {
			if !kinds[kind] {
				t.Errorf("there is no entry of the kind %s", kind)
			}
		}
	})
}
