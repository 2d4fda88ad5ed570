package people_test

import (
	"testing"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

func TestRolesHaveTheirTime(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		id, _ := h.person(t, "Ada", "a")
		g := people.Grant{Role: people.Auditor, Organisation: "a"}
		if _, err := h.GiveRole(t.Context(), command, id, g, store.Period{From: h.in(time.Hour), Until: h.in(2 * time.Hour)}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []bool{false, true, false} {
			entry, err := h.Enter(t.Context(), h.again(t, id), "")
			if err != nil || entry.Who.May(people.SeeAccess) != want {
				t.Errorf("at %v: %+v, %v; want %t", h.clock.Now(), entry.Who, err, want)
			}
			h.clock.Advance(time.Hour)
		}
		_, err := h.GiveRole(t.Context(), command, id, g, store.Period{From: h.in(time.Hour), Until: h.in(time.Hour)})
		want(t, err, fault.Invalid)
		entries := h.entries(t)
		for range 2 {
			if p, err := h.GiveRole(t.Context(), command, id, g, store.Period{}); err != nil || len(p.Roles) != 1 {
				t.Errorf("given: %+v, %v", p, err)
			}
		}
		if got := h.entries(t) - entries; got != 1 {
			t.Errorf("to give a role twice makes %d entries", got)
		}
		if p, err := h.TakeRole(t.Context(), command, id, g, store.Time{}); err != nil || len(p.Roles) != 0 {
			t.Errorf("taken: %+v, %v", p, err)
		}
	})
}

func TestRolesRefuseBadInput(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		id, _ := h.person(t, "Ada", "a")
		for _, g := range []people.Grant{{Role: "king", Organisation: "a"}, {Role: "", Organisation: "a"}, {Role: people.Staff, Organisation: "nowhere"}, {Role: people.Staff}} {
			_, err := h.GiveRole(t.Context(), command, id, g, store.Period{})
			want(t, err, fault.Invalid)
			_, err = h.MakeToken(t.Context(), command, "tool", g, store.Time{})
			want(t, err, fault.Invalid)
		}
		_, err := h.GiveRole(t.Context(), command, "nobody", people.Grant{Role: people.Staff, Organisation: "a"}, store.Period{})
		want(t, err, fault.NotFound)
	})
}

// TestNobodyChangesTheirOwnRoles, neither themselves nor by a program.
func TestNobodyChangesTheirOwnRoles(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		id, officer := h.person(t, "Ada", "a", people.SecurityOfficer)
		made, err := h.MakeToken(t.Context(), officer, "tool", people.Grant{Role: people.SecurityOfficer, Organisation: "a"}, store.Time{})
		if err != nil {
			t.Fatal(err)
		}
		program := people.Actor{Token: made.Secret}
		for _, actor := range []people.Actor{officer, program} {
			_, err := h.GiveRole(t.Context(), actor, id, people.Grant{Role: people.Approver, Organisation: "a"}, store.Period{})
			want(t, err, fault.Refused)
			_, err = h.TakeRole(t.Context(), actor, id, people.Grant{Role: people.SecurityOfficer, Organisation: "a"}, store.Time{})
			want(t, err, fault.Refused)
		}
		other, _ := h.person(t, "Grace", "a")
		if _, err := h.GiveRole(t.Context(), program, other, people.Grant{Role: people.Approver, Organisation: "a"}, store.Period{}); err != nil {
			t.Errorf("a program gives somebody else a role: %v", err)
		}
	})
}

// TestStrangersStayStrangers: to give or take a role of one's own organisation, or to put somebody into a
// group of it, does not show those whom one may not see.
func TestStrangersStayStrangers(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "")
		_, officer := h.person(t, "Ada", "a", people.SecurityOfficer)
		stranger, _ := h.person(t, "Grace", "b", people.Desk)
		g := people.Grant{Role: people.Reviewer, Organisation: "a"}
		for _, change := range []func() (people.Person, error){
			func() (people.Person, error) { return h.GiveRole(t.Context(), officer, stranger, g, store.Period{}) },
			func() (people.Person, error) { return h.TakeRole(t.Context(), officer, stranger, g, store.Time{}) },
		} {
			if p, err := change(); err != nil || p.ID != stranger || p.Name != "" || p.Mail != "" || p.Roles != nil {
				t.Errorf("shown: %+v, %v", p, err)
			}
		}
		_, err := h.AddGroup(t.Context(), officer, "a", "Friends", "", []string{stranger})
		want(t, err, fault.Refused)
		group, err := h.AddGroup(t.Context(), officer, "a", "Friends", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.ChangeGroup(t.Context(), officer, group.ID, people.GroupChange{Join: []string{stranger}})
		want(t, err, fault.Refused)
	})
}
