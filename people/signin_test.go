package people_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/people"
)

func TestLinksAreUsedOnce(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		officerID, officer := h.person(t, "Ada", "a", people.SecurityOfficer)
		id, _ := h.person(t, "Grace", "a")
		invite := func() string {
			t.Helper()
			link, err := h.Invite(t.Context(), officer, id)
			if err != nil {
				t.Fatal(err)
			}
			return link
		}
		use := func(link, key, person string) error {
			_, err := h.EnrolByLink(t.Context(), link, people.Passkey{ID: key, Person: person}, "192.0.2.1", "a browser")
			return err
		}
		link := invite()
		if p, first, err := h.Invited(t.Context(), link); err != nil || first || p.ID != id {
			t.Errorf("the link is for %+v, %t, %v", p, first, err)
		}
		want(t, use(link, "k0", officerID), fault.NotFound) // another's key
		if err := use(link, "k1", id); err != nil {
			t.Fatal(err)
		}
		want(t, use(link, "k2", id), fault.NotFound)
		// A later link ends the earlier one; both end with time.
		earlier, later := invite(), ""
		later = invite()
		want(t, use(earlier, "k3", id), fault.NotFound)
		h.clock.Advance(24 * time.Hour)
		want(t, use(later, "k4", id), fault.NotFound)
		// A link ends with the account that it is for, and with that of who made it.
		yes, no := true, false
		officer = h.again(t, officerID)
		for _, gone := range []string{id, officerID} {
			link = invite()
			for _, active := range []*bool{&no, &yes} {
				if _, err := h.ChangePerson(t.Context(), command, gone, people.PersonChange{Active: active}); err != nil {
					t.Fatal(err)
				}
			}
			want(t, use(link, "k5", id), fault.NotFound)
			officer = h.again(t, officerID)
		}
		if _, err := h.ChangePerson(t.Context(), command, id, people.PersonChange{Active: &no}); err != nil {
			t.Fatal(err)
		}
		_, err := h.Invite(t.Context(), officer, id)
		want(t, err, fault.Conflict)
	})
}

func TestTheFirstAdministrator(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		old, err := h.FirstLink(t.Context())
		if err != nil || old == "" {
			t.Fatalf("the first link is %q, %v", old, err)
		}
		link, err := h.FirstLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ada := people.Newcomer{Particulars: people.Particulars{Name: "Ada", Mail: "ada@a.example"}, OrganisationName: "The Treasury"}
		_, err = h.FirstAdministrator(t.Context(), old, ada)
		want(t, err, fault.NotFound)
		_, err = h.FirstAdministrator(t.Context(), link, people.Newcomer{Particulars: people.Particulars{Mail: "x"}})
		if diff := cmp.Diff([]string{"organisationName", "name", "mail"}, fields(err)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		_, err = h.FirstAdministrator(t.Context(), link, people.Newcomer{Particulars: ada.Particulars, OrganisationName: "!"})
		if diff := cmp.Diff([]string{"organisationName"}, fields(err)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		next, err := h.FirstAdministrator(t.Context(), link, ada)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.FirstAdministrator(t.Context(), link, people.Newcomer{Particulars: people.Particulars{Name: "E", Mail: "e@a.example"}, OrganisationName: "Evil"})
		want(t, err, fault.NotFound)
		p, first, err := h.Invited(t.Context(), next)
		if err != nil || first || p.Name != "Ada" || p.Organisation != "the-treasury" {
			t.Fatalf("the next link is for %+v, %t, %v", p, first, err)
		}
		session, err := h.EnrolByLink(t.Context(), next, people.Passkey{ID: "k", Person: p.ID}, "", "")
		if err != nil {
			t.Fatal(err)
		}
		entry, err := h.Enter(t.Context(), people.Actor{Session: session}, people.ChangeEndpoints)
		if err != nil || !slices.Contains(entry.Who.Grants, people.Grant{Role: people.Operator, Organisation: people.Everywhere}) {
			t.Errorf("the first administrator is %+v, %v", entry.Who, err)
		}
		if link, err := h.FirstLink(t.Context()); err != nil || link != "" {
			t.Errorf("there is another first link: %q, %v", link, err)
		}
	})
}

// TestTheFirstLinkEndsWithTheFirstPerson, whoever adds them.
func TestTheFirstLinkEndsWithTheFirstPerson(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		link, err := h.FirstLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.organisation(t, "a", "")
		h.person(t, "Ada", "a")
		_, _, err = h.Invited(t.Context(), link)
		want(t, err, fault.NotFound)
		_, err = h.FirstAdministrator(t.Context(), link, people.Newcomer{Particulars: people.Particulars{Name: "E", Mail: "e@a.example"}, OrganisationName: "Evil"})
		want(t, err, fault.NotFound)
	})
}

func TestProvidersVouchForOne(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		id, _ := h.person(t, "kim", "a") // kim@a.example
		sign := func(i people.Identity) error {
			i.Provider = "provider"
			_, err := h.SignInByIdentity(t.Context(), i, "192.0.2.1", "a browser")
			return err
		}
		want(t, sign(people.Identity{Issuer: "i", Subject: "1", Mail: "kim@a.example"}), fault.Refused)
		want(t, sign(people.Identity{Issuer: "i", Subject: "1", Verified: true}), fault.Refused)
		want(t, sign(people.Identity{Issuer: "i", Subject: "1", Mail: "nobody@a.example", Verified: true}), fault.Refused)
		want(t, sign(people.Identity{Issuer: "i", Subject: "1", Mail: "\u212aim@a.example", Verified: true}), fault.Refused) // a Kelvin sign
		if err := sign(people.Identity{Issuer: "i", Subject: "1", Mail: "KIM@A.example", Verified: true}); err != nil {
			t.Fatal(err)
		}
		// Known by now, whatever the address; and nobody else comes by the same one.
		if err := sign(people.Identity{Issuer: "i", Subject: "1"}); err != nil {
			t.Error(err)
		}
		want(t, sign(people.Identity{Issuer: "i", Subject: "2", Mail: "kim@a.example", Verified: true}), fault.Refused)
		if err := sign(people.Identity{Issuer: "j", Subject: "2", Mail: "kim@a.example", Verified: true}); err != nil {
			t.Errorf("another provider: %v", err)
		}
		no := false
		if _, err := h.ChangePerson(t.Context(), command, id, people.PersonChange{Active: &no}); err != nil {
			t.Fatal(err)
		}
		want(t, sign(people.Identity{Issuer: "i", Subject: "1", Mail: "kim@a.example", Verified: true}), fault.Refused)
		// Of two with one address neither is meant, unless the other has left.
		for i, refused := range []bool{false, true} {
			p := people.Particulars{Name: "Kim", UserName: string(rune('a' + i)), Mail: "kim@a.example"}
			if _, err := h.AddPerson(t.Context(), command, "a", p); err != nil {
				t.Fatal(err)
			}
			err := sign(people.Identity{Issuer: p.UserName, Subject: "3", Mail: "kim@a.example", Verified: true})
			if fault.Is(err, fault.Refused) != refused {
				t.Errorf("with %d of that address: %v", i+1, err)
			}
		}
	})
}

func TestPasskeys(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		id, ada := h.person(t, "Ada", "a")
		other, _ := h.person(t, "Grace", "a")
		h.enrol(t, id, "k1")
		want(t, h.RemovePasskey(t.Context(), ada, id, "k1"), fault.Conflict) // the only way in
		want(t, h.AddPasskey(t.Context(), ada, people.Passkey{ID: "k1", Person: id}), fault.Conflict)
		want(t, h.AddPasskey(t.Context(), ada, people.Passkey{ID: "k2", Person: id, Name: "a\nb"}), fault.Invalid)
		want(t, h.AddPasskey(t.Context(), ada, people.Passkey{ID: "k2", Person: other}), fault.Refused)
		if err := h.AddPasskey(t.Context(), ada, people.Passkey{ID: "k2", Person: id, Credential: "c"}); err != nil {
			t.Fatal(err)
		}
		want(t, h.RemovePasskey(t.Context(), command, other, "k1"), fault.NotFound) // it is not hers
		if err := h.RemovePasskey(t.Context(), ada, id, "k1"); err != nil {
			t.Fatal(err)
		}
		keys, err := h.Passkeys(t.Context(), ada, id)
		if err != nil || len(keys) != 1 || keys[0].ID != "k2" || keys[0].Name != "Passkey" {
			t.Errorf("the passkeys are %+v, %v", keys, err)
		}
		if _, err := h.SignInByPasskey(t.Context(), people.Passkey{ID: "k2", Person: id, Credential: "d"}, "", ""); err != nil {
			t.Fatal(err)
		}
		_, keys, err = h.PasskeysForSignIn(t.Context(), id)
		if err != nil || len(keys) != 1 || keys[0].Credential != "d" || keys[0].Used.IsZero() {
			t.Errorf("after its use: %+v, %v", keys, err)
		}
		_, err = h.SignInByPasskey(t.Context(), people.Passkey{ID: "k2", Person: other}, "", "")
		want(t, err, fault.Refused)
		_, err = h.SignInByPasskey(t.Context(), people.Passkey{ID: "k1", Person: id}, "", "")
		want(t, err, fault.Refused)
	})
}
