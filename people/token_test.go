package people_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

func TestTokensEnd(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		make := func(actor people.Actor, expires store.Time) (people.Made, people.Actor) {
			t.Helper()
			made, err := h.MakeToken(t.Context(), actor, "tool", people.Grant{Role: people.Reviewer, Organisation: "a"}, expires)
			if err != nil {
				t.Fatal(err)
			}
			return made, people.Actor{Token: made.Secret}
		}
		enter := func(actor people.Actor) error {
			_, err := h.Enter(t.Context(), actor, "")
			return err
		}
		made, program := make(command, h.in(2*time.Hour))
		if err := enter(program); err != nil {
			t.Fatal(err)
		}
		if seen, err := h.Token(t.Context(), command, made.ID); err != nil || seen.Used != h.in(0) {
			t.Errorf("used: %+v, %v", seen, err)
		}
		h.clock.Advance(2 * time.Hour)
		want(t, enter(program), fault.SignedOut)

		made, program = make(command, store.Time{})
		for range 2 {
			if ended, err := h.EndToken(t.Context(), command, made.ID); err != nil || ended.Ended.IsZero() {
				t.Errorf("ended: %+v, %v", ended, err)
			}
		}
		want(t, enter(program), fault.SignedOut)

		// It rests while its maker may not make it, and ends with their account.
		id, officer := h.person(t, "Ada", "a", people.SecurityOfficer)
		_, program = make(officer, store.Time{})
		role := people.Grant{Role: people.SecurityOfficer, Organisation: "a"}
		if _, err := h.TakeRole(t.Context(), command, id, role, store.Time{}); err != nil {
			t.Fatal(err)
		}
		want(t, enter(program), fault.SignedOut)
		if _, err := h.GiveRole(t.Context(), command, id, role, store.Period{}); err != nil {
			t.Fatal(err)
		}
		if err := enter(program); err != nil {
			t.Error(err)
		}
		for _, active := range []bool{false, true} {
			if _, err := h.ChangePerson(t.Context(), command, id, people.PersonChange{Active: &active}); err != nil {
				t.Fatal(err)
			}
			want(t, enter(program), fault.SignedOut)
		}
	})
}

func TestTokensRefuse(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		_, officer := h.person(t, "Ada", "a", people.SecurityOfficer)
		member := people.Grant{Role: people.Member, Organisation: "a"}
		for _, test := range []struct {
			name    string
			g       people.Grant
			expires store.Time
			want    fault.Kind
		}{
			{"", member, store.Time{}, fault.Invalid},
			{"two\nlines", member, store.Time{}, fault.Invalid},
			{"tool", member, h.in(0), fault.Invalid},
			{"tool", member, h.in(367 * 24 * time.Hour), fault.Invalid},
			{"tool", people.Grant{Role: people.Auditor, Organisation: "a"}, store.Time{}, fault.Refused},
			{"tool", people.Grant{Role: people.Member, Organisation: people.Everywhere}, store.Time{}, fault.Refused},
		} {
			_, err := h.MakeToken(t.Context(), officer, test.name, test.g, test.expires)
			want(t, err, test.want)
		}
		_, err := h.MakeToken(t.Context(), officer, " ", people.Grant{Role: "king", Organisation: "nowhere"}, h.in(-time.Hour))
		if diff := cmp.Diff([]string{"name", "expires", "role", "organisation"}, fields(err)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		officer.Key, officer.Digest = "key", "digest"
		_, err = h.MakeToken(t.Context(), officer, "tool", member, store.Time{})
		want(t, err, fault.Invalid)
	})
}
