package people_test

import (
	"strings"
	"sync"
	"testing"

	"portcullis/internal/fault"
	"portcullis/people"
)

func TestRequestsWithAKeyHappenOnce(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		_, ada := h.person(t, "Ada", "a", people.SecurityOfficer)
		_, grace := h.person(t, "Grace", "a", people.SecurityOfficer)
		add := func(actor people.Actor, key, digest, mail string) (people.Person, error) {
			actor.Key, actor.Digest = key, digest
			return h.AddPerson(t.Context(), actor, "a", people.Particulars{Name: mail, Mail: mail})
		}
		first, err := add(ada, "key", "one", "x@a.example")
		if err != nil {
			t.Fatal(err)
		}
		entries := h.entries(t)
		if again, err := add(ada, "key", "one", "x@a.example"); err != nil || again.ID != first.ID || again.Mail != first.Mail || h.entries(t) != entries {
			t.Errorf("again: %+v, %v", again, err)
		}
		_, err = add(ada, "key", "two", "y@a.example")
		want(t, err, fault.Conflict)
		if other, err := add(grace, "key", "two", "z@a.example"); err != nil || other.ID == first.ID {
			t.Errorf("the key of somebody else: %+v, %v", other, err)
		}
		// What failed may be tried again with the same key.
		_, err = add(ada, "key 2", "three", "X@a.example")
		want(t, err, fault.Conflict)
		if _, err := add(ada, "key 2", "three", "w@a.example"); err != nil {
			t.Error(err)
		}
		_, err = add(ada, strings.Repeat("k", 256), "four", "v@a.example")
		want(t, err, fault.Invalid)
	})
}

func TestRequestsAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		_, ada := h.person(t, "Ada", "a", people.SecurityOfficer)
		ada.Key, ada.Digest = "key", "digest"
		const servers = 8
		var ids [servers]string
		var all sync.WaitGroup
		for i := range servers {
			all.Go(func() {
				p, err := h.AddPerson(t.Context(), ada, "a", people.Particulars{Name: "X", Mail: "x@a.example"})
				if err != nil {
					t.Error(err)
				}
				ids[i] = p.ID
			})
		}
		all.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("the same request made %v", ids)
			}
		}
	})
}

// TestUserNamesAtTheSameTime: of several who take one user name, one has it, and the others are told so.
func TestUserNamesAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		const servers = 8
		var errs [servers]error
		var all sync.WaitGroup
		for i := range servers {
			all.Go(func() {
				_, errs[i] = h.AddPerson(t.Context(), command, "a", people.Particulars{Name: "X", UserName: "x"})
			})
		}
		all.Wait()
		added := 0
		for _, err := range errs {
			if err == nil {
				added++
			} else {
				want(t, err, fault.Conflict)
			}
		}
		if added != 1 {
			t.Errorf("%d people have one user name", added)
		}
	})
}
