package lists_test

import (
	"testing"

	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
)

// TestInABrowser compares the list of a body that keeps its own with the government's.
func TestInABrowser(t *testing.T) {
	h := newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas))
	w := h.Walk()
	w.Enter(h.guest(people.CentreOfficer, people.Everywhere, "gov").Visitor)
	for name, path := range map[string]string{"lists": "/lists", "lists-differ": "/lists?a=gov&b=harbour", "lists-alike": "/lists?a=gov&b=tides", "lists-one": "/lists?a=gov&b=harbour&side=second"} {
		w.Look(path, name)
	}
	w.Go("/lists?a=gov&b=harbour")
	w.Submit("main .govuk-summary-list a")
	if w.Address() != "/lists?a=gov&b=harbour&side=first" {
		t.Errorf("those that only the first has are at %s", w.Address())
	}
}
