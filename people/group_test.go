package people_test

import (
	"testing"

	"portcullis/internal/fault"
	"portcullis/people"
)

func TestGroups(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		ada, _ := h.person(t, "Ada", "a")
		grace, _ := h.person(t, "Grace", "a")
		g, err := h.AddGroup(t.Context(), command, "a", "Travellers", "x", []string{ada, ada})
		if err != nil {
			t.Fatal(err)
		}
		members := func(want ...string) {
			t.Helper()
			found, err := h.Members(t.Context(), command, g.ID, "", 10)
			if err != nil || len(found) != len(want) {
				t.Fatalf("the members are %+v, %v; want %v", found, err, want)
			}
			for i, p := range found {
				if p.ID != want[i] {
					t.Errorf("the members are %+v; want %v", found, want)
				}
			}
		}
		members(ada)
		all := []string{grace}
		changed, err := h.ChangeGroup(t.Context(), command, g.ID, people.GroupChange{Members: &all, Version: g.Version})
		if err != nil || changed.Version != g.Version+1 {
			t.Fatalf("changed to %+v, %v", changed, err)
		}
		members(grace)
		_, err = h.ChangeGroup(t.Context(), command, g.ID, people.GroupChange{Members: &all, Version: g.Version})
		want(t, err, fault.Changed)
		entries := h.entries(t)
		if again, err := h.ChangeGroup(t.Context(), command, g.ID, people.GroupChange{Members: &all}); err != nil || again.Version != changed.Version || h.entries(t) != entries {
			t.Errorf("a change that changes nothing: %+v, %v", again, err)
		}
		if p, err := h.Person(t.Context(), command, grace); err != nil || len(p.Groups) != 1 {
			t.Errorf("Grace: %+v, %v", p, err)
		}
		_, err = h.ChangeGroup(t.Context(), command, g.ID, people.GroupChange{Join: []string{"nobody"}})
		want(t, err, fault.Invalid)
		name := "\n"
		_, err = h.ChangeGroup(t.Context(), command, g.ID, people.GroupChange{Name: &name})
		want(t, err, fault.Invalid)
		want(t, h.RemoveGroup(t.Context(), command, g.ID, g.Version), fault.Changed)
		if err := h.RemoveGroup(t.Context(), command, g.ID, changed.Version); err != nil {
			t.Fatal(err)
		}
		_, err = h.Group(t.Context(), command, g.ID)
		want(t, err, fault.NotFound)
		if p, err := h.Person(t.Context(), command, grace); err != nil || len(p.Groups) != 0 {
			t.Errorf("Grace: %+v, %v", p, err)
		}
	})
}
