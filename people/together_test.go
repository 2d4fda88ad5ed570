package people_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// program makes a token by which a program acts, and returns its id too.
func (h house) program(t *testing.T, maker people.Actor, role people.Role, organisation string) (id string, actor people.Actor) {
	t.Helper()
	made, err := h.MakeToken(t.Context(), maker, "tool", people.Grant{Role: role, Organisation: organisation}, store.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return made.ID, people.Actor{Token: made.Secret, Address: "192.0.2.7"}
}

func (h house) generation(t *testing.T) (g store.Generation) {
	t.Helper()
	err := h.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
		g, err = tx.Generation()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// refusals are what the access log has of refusals.
func (h house) refusals(t *testing.T) (found []people.Access) {
	t.Helper()
	log, err := h.AccessLog(t.Context(), command, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range log {
		if a.Outcome == "refused" {
			found = append(found, a)
		}
	}
	return found
}

// TestTogether has several act in one transaction: each may what they may, and who may nothing does not spoil
// it for the others.
func TestTogether(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "")
		_, ofA := h.program(t, command, people.DeviceAdministrator, "a")
		_, ofB := h.program(t, command, people.DeviceAdministrator, "b")
		ended, gone := h.program(t, command, people.DeviceAdministrator, "a")
		if _, err := h.EndToken(t.Context(), command, ended); err != nil {
			t.Fatal(err)
		}
		_, person := h.person(t, "Ada", "a", people.SecurityOfficer)
		before, entries := h.generation(t), h.entries(t)
		refusals := map[string]error{}
		ids := map[string]bool{}
		err := h.Together(t.Context(), func(inner *store.Tx, as func(people.Actor) (*people.Tx, error)) error {
			for name, c := range map[string]struct {
				actor        people.Actor
				organisation string
			}{
				"A in a": {ofA, "a"}, "A in b": {ofA, "b"}, "B in b": {ofB, "b"}, "Ada in a": {person, "a"}, "Ada in b": {person, "b"}, "command": {command, "b"},
				"ended": {gone, "a"}, "nobody": {people.Actor{}, "a"}, "no token": {people.Actor{Token: "portcullis_x"}, "a"}, "no session": {people.Actor{Session: "x"}, "a"},
			} {
				tx, err := as(c.actor)
				if err == nil {
					ids[tx.Who().ID] = true
					err = tx.Require(people.ReportDevices, c.organisation)
				}
				refusals[name] = err
				if err != nil {
					continue
				}
				if tx.Tx != inner {
					t.Errorf("%s acts in another transaction", name)
				}
				if _, err := tx.Raise(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, kind := range map[string]fault.Kind{
			"A in b": fault.Refused, "Ada in b": fault.Refused, "ended": fault.SignedOut, "nobody": fault.SignedOut, "no token": fault.SignedOut, "no session": fault.SignedOut,
		} {
			want(t, refusals[name], kind)
			delete(refusals, name)
		}
		for name, err := range refusals {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after := h.generation(t); after != before+4 {
			t.Errorf("four raised the generation from %d to %d", before, after)
		}
		if len(ids) != 4 || !ids["command"] {
			t.Errorf("who acted: %v", ids)
		}
		if n := h.entries(t); n != entries {
			t.Errorf("the ledger had %d entries and has %d", entries, n)
		}
		if found := h.refusals(t); len(found) != 0 {
			t.Errorf("refusals were noted that nobody put down: %+v", found)
		}
	})
}

// TestTogetherFails holds that nothing of anybody stays where the writer gives up.
func TestTogetherFails(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		before, torn := h.generation(t), errors.New("torn")
		err := h.Together(t.Context(), func(_ *store.Tx, as func(people.Actor) (*people.Tx, error)) error {
			tx, err := as(command)
			if err != nil {
				return err
			}
			if _, err := tx.Raise(); err != nil {
				return err
			}
			return torn
		})
		if after := h.generation(t); !errors.Is(err, torn) || after != before {
			t.Errorf("the generation was %d and is %d (%v)", before, after, err)
		}
	})
}

// TestTogetherIsOneForEach holds that an actor is looked up once in a transaction, wherever their requests came
// from, and again in the next attempt, which knows nothing of the first.
func TestTogetherIsOneForEach(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		_, actor := h.program(t, command, people.DeviceAdministrator, "a")
		elsewhere := actor
		elsewhere.Address, elsewhere.Key, elsewhere.Digest = "192.0.2.8", "key", "digest"
		before := h.generation(t)
		var attempts []*people.Tx
		err := h.Together(t.Context(), func(_ *store.Tx, as func(people.Actor) (*people.Tx, error)) error {
			first, err := as(actor)
			if err != nil {
				return err
			}
			second, err := as(elsewhere)
			if err != nil {
				return err
			}
			if first != second {
				t.Error("an actor was looked up twice")
			}
			if err := second.Require(people.ReportDevices, "a"); err != nil {
				return err
			}
			if _, err := second.Raise(); err != nil {
				return err
			}
			if attempts = append(attempts, second); len(attempts) < 3 {
				return fmt.Errorf("a collision: %w", &pgconn.PgError{Code: "40001"})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(attempts) != 3 || attempts[0] == attempts[1] || attempts[1] == attempts[2] {
			t.Errorf("the attempts: %v", attempts)
		}
		if after := h.generation(t); after != before+1 {
			t.Errorf("three attempts raised the generation from %d to %d", before, after)
		}
	})
}

// TestTogetherAtOnce has several writers collide: what each did is there once.
func TestTogetherAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		const writers, rounds = 6, 5
		h.organisation(t, "a", "")
		var actors []people.Actor
		for range writers {
			_, actor := h.program(t, command, people.DeviceAdministrator, "a")
			actors = append(actors, actor)
		}
		before := h.generation(t)
		var wait sync.WaitGroup
		for i := range writers {
			wait.Go(func() {
				for range rounds {
					err := h.Together(t.Context(), func(_ *store.Tx, as func(people.Actor) (*people.Tx, error)) error {
						for _, actor := range []people.Actor{actors[i], actors[(i+1)%writers]} {
							tx, err := as(actor)
							if err == nil {
								err = tx.Require(people.ReportDevices, "a")
							}
							if err == nil {
								_, err = tx.Raise()
							}
							if err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		if after := h.generation(t); after != before+2*writers*rounds {
			t.Errorf("%d times two raised the generation from %d to %d", writers*rounds, before, after)
		}
	})
}

// TestRefuse holds that a refusal enters the access log by Refuse, with who and from where, and nothing else does.
func TestRefuse(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		id, actor := h.program(t, command, people.Member, "a")
		var refused error
		err := h.Together(t.Context(), func(_ *store.Tx, as func(people.Actor) (*people.Tx, error)) error {
			tx, err := as(actor)
			if err == nil {
				refused = tx.Require(people.ReportDevices, "a")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Refuse(t.Context(), actor, refused); err != refused {
			t.Errorf("%v became %v", refused, err)
		}
		other := errors.New("something else")
		for _, err := range []error{nil, other, &fault.Error{Kind: fault.SignedOut}} {
			if got := h.Refuse(t.Context(), actor, err); got != err {
				t.Errorf("%v became %v", err, got)
			}
		}
		found := h.refusals(t)
		if len(found) != 1 || found[0].Actor != "token:"+id || found[0].Address != "192.0.2.7" || found[0].Permission != people.ReportDevices || found[0].Organisation != "a" {
			t.Errorf("the access log has %+v", found)
		}
	})
}

// standings are those of sending in reports, remembered for a second by the house's clock.
func (h house) standings() *people.Standings {
	return people.NewStandings(h.Room, people.ReportDevices, time.Second, h.clock.Now)
}

func may(t *testing.T, s *people.Standings, actor people.Actor, organisation string) bool {
	t.Helper()
	may, err := s.May(t.Context(), actor, organisation, "any")
	if err != nil {
		t.Fatal(err)
	}
	return may
}

func TestStandings(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "above", "")
		h.organisation(t, "own", "above")
		h.organisation(t, "below", "own")
		_, mine := h.program(t, command, people.DeviceAdministrator, "own")
		_, member := h.program(t, command, people.Member, "own")
		_, everywhere := h.program(t, command, people.Operator, people.Everywhere)
		_, officer := h.person(t, "Ada", "own", people.SecurityOfficer)
		s := h.standings()
		for range 2 { // found out, and remembered
			for _, c := range []struct {
				what         string
				actor        people.Actor
				organisation string
				want         bool
			}{
				{"in its own", mine, "own", true}, {"below", mine, "below", true}, {"above", mine, "above", false}, {"everywhere", mine, people.Everywhere, false}, {"nowhere", mine, "nowhere", false},
				{"a member", member, "own", false}, {"one of everywhere", everywhere, "above", true}, {"everywhere indeed", everywhere, people.Everywhere, true},
				{"a person", officer, "own", false}, {"the command line", command, "own", false}, {"nobody", people.Actor{}, "own", false}, {"an unknown token", people.Actor{Token: "portcullis_x"}, "own", false},
			} {
				if got := may(t, s, c.actor, c.organisation); got != c.want {
					t.Errorf("%s: %t", c.what, got)
				}
			}
		}
		if found := h.refusals(t); len(found) != 0 {
			t.Errorf("asking was noted as a refusal: %+v", found)
		}
	})
}

// TestStandingsRemember holds that an answer counts for a second from when it was first asked for, and that the
// database is not asked meanwhile.
func TestStandingsRemember(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "a")
		maker, officer := h.person(t, "Ada", "a", people.SecurityOfficer)
		role := people.Grant{Role: people.SecurityOfficer, Organisation: "a"}
		for name, end := range map[string]func(token string) error{
			"the token ends": func(token string) error {
				_, err := h.EndToken(t.Context(), command, token)
				return err
			},
			"its maker's role is taken": func(string) error {
				_, err := h.TakeRole(t.Context(), command, maker, role, store.Time{})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				if _, err := h.GiveRole(t.Context(), command, maker, role, store.Period{}); err != nil {
					t.Fatal(err)
				}
				token, program := h.program(t, officer, people.DeviceAdministrator, "a")
				s := h.standings()
				if !may(t, s, program, "a") {
					t.Fatal("a program may not what it may")
				}
				cancelled, cancel := context.WithCancel(t.Context())
				cancel()
				if got, err := s.May(cancelled, program, "a", "any"); err != nil || !got {
					t.Errorf("what was just said: %t, %v", got, err)
				}
				if _, err := s.May(cancelled, program, "b", "any"); err == nil {
					t.Error("what nobody has asked was remembered")
				}
				h.clock.Advance(time.Second - time.Microsecond)
				if !may(t, s, program, "b") { // which prolongs nothing
					t.Error("a program may not what it may below")
				}
				if err := end(token); err != nil {
					t.Fatal(err)
				}
				if !may(t, s, program, "a") {
					t.Error("not remembered for a second")
				}
				h.clock.Advance(time.Microsecond)
				for _, organisation := range []string{"a", "b"} {
					if may(t, s, program, organisation) {
						t.Errorf("remembered for longer than a second in %s", organisation)
					}
				}
			})
		}
	})
}

// TestStandingsThatRise holds that a refusal too is remembered for no longer than a second.
func TestStandingsThatRise(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "")
		_, program := h.program(t, command, people.DeviceAdministrator, "a")
		s := h.standings()
		if may(t, s, program, "b") {
			t.Fatal("a program may what it may not")
		}
		if err := h.settle(t, "b", people.Position{Parent: "a"}, store.Time{}); err != nil {
			t.Fatal(err)
		}
		if may(t, s, program, "b") {
			t.Error("a refusal is not remembered")
		}
		h.clock.Advance(time.Second)
		if !may(t, s, program, "b") {
			t.Error("a refusal is remembered for longer than a second")
		}
	})
}

// TestStandingsAtOnce asks for many at once while tokens end: nobody is taken for another.
func TestStandingsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		bodies := []string{"a", "b", "c"}
		var ids []string
		var programs []people.Actor
		for _, o := range bodies {
			h.organisation(t, o, "")
			id, program := h.program(t, command, people.DeviceAdministrator, o)
			ids, programs = append(ids, id), append(programs, program)
		}
		s := h.standings()
		var wait sync.WaitGroup
		var asked atomic.Int64
		for worker := range 4 {
			wait.Go(func() {
				for n := range 60 {
					at, in := (n+worker)%3, n%7%3
					got, err := s.May(t.Context(), programs[at], bodies[in], "any")
					// The first ends meanwhile: it may or may not have, in its own body alone.
					if err != nil || got != (at == in) && !(at == 0 && in == 0) {
						t.Errorf("the program of %s in %s: %t, %v", bodies[at], bodies[in], got, err)
					}
					if asked.Add(1)%10 == 0 {
						h.clock.Advance(300 * time.Millisecond)
					}
				}
			})
		}
		wait.Go(func() {
			if _, err := h.EndToken(t.Context(), command, ids[0]); err != nil {
				t.Error(err)
			}
		})
		wait.Wait()
		h.clock.Advance(time.Second)
		if may(t, s, programs[0], "a") {
			t.Error("a token that ended may go on")
		}
	})
}
