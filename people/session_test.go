package people_test

import (
	"testing"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
)

func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		id, _ := h.person(t, "Ada", "a")
		enter := func(actor people.Actor) error {
			_, err := h.Enter(t.Context(), actor, "")
			return err
		}
		idle, used := h.again(t, id), h.again(t, id)
		for range 20 { // hours, in which one of the two is used
			h.clock.Advance(time.Hour)
			if err := enter(used); err != nil {
				t.Fatal(err)
			}
		}
		want(t, enter(idle), fault.SignedOut)
		for range 24*7 - 21 {
			h.clock.Advance(time.Hour)
			if err := enter(used); err != nil {
				t.Fatal(err)
			}
		}
		h.clock.Advance(time.Hour)
		want(t, enter(used), fault.SignedOut) // a week is the most

		mine, other := h.again(t, id), h.again(t, id)
		sessions, err := h.Sessions(t.Context(), mine, id)
		if err != nil || len(sessions) != 2 {
			t.Fatalf("the sessions are %+v, %v", sessions, err)
		}
		entry, err := h.Enter(t.Context(), other, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.RevokeSession(t.Context(), mine, id, entry.Who.Session); err != nil {
			t.Fatal(err)
		}
		want(t, enter(other), fault.SignedOut)
		if err := enter(mine); err != nil {
			t.Errorf("the session that stayed: %v", err)
		}
		if err := h.EndSession(t.Context(), mine); err != nil {
			t.Fatal(err)
		}
		want(t, enter(mine), fault.SignedOut)
	})
}

// TestSessionsOfOthers: an id of a session is of its person only.
func TestSessionsOfOthers(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		ada, mine := h.person(t, "Ada", "a")
		grace, hers := h.person(t, "Grace", "a")
		entry, err := h.Enter(t.Context(), hers, "")
		if err != nil {
			t.Fatal(err)
		}
		want(t, h.RevokeSession(t.Context(), mine, grace, entry.Who.Session), fault.Refused)
		if err := h.RevokeSession(t.Context(), mine, ada, entry.Who.Session); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Enter(t.Context(), hers, ""); err != nil {
			t.Errorf("somebody else's session was ended: %v", err)
		}
	})
}

func TestCeremoniesHappenOnce(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		begin := func() string {
			id, err := h.BeginCeremony(t.Context(), "passkey", []byte("state"), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		id := begin()
		_, err := h.EndCeremony(t.Context(), "oidc", id)
		want(t, err, fault.Conflict)
		if state, err := h.EndCeremony(t.Context(), "passkey", id); err != nil || string(state) != "state" {
			t.Errorf("the state is %q, %v", state, err)
		}
		_, err = h.EndCeremony(t.Context(), "passkey", id)
		want(t, err, fault.Conflict)
		id = begin()
		h.clock.Advance(time.Minute)
		_, err = h.EndCeremony(t.Context(), "passkey", id)
		want(t, err, fault.Conflict)
	})
}
