package enforce_test

import (
	"strings"
	"testing"

	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
)

// TestInABrowser goes from a body to its lists, and from what is proposed to what it would change.
func TestInABrowser(t *testing.T) {
	h := newHouse(t, storetest.Opener(t, store.Options{Data: t.TempDir()}, schemas), government)
	officer := h.guest(people.CentreOfficer, people.Everywhere)
	id := h.proposes(officer, ban("gov", "maps"))
	w := h.Walk()
	w.Enter(officer)
	for name, path := range map[string]string{
		"lists-choose": "/device-lists", "lists": "/device-lists?organisation=light", "lists-device": "/device-lists?host=l1", "lists-personal": "/device-lists?host=own",
		"list": "/device-lists/android?host=l1", "dry-run-none": "/proposals/" + id + "/dry-run?form=firefox&organisation=light&host=",
	} {
		w.Look(path, name)
	}
	w.Go("/proposals/" + id)
	w.Submit(`a[href$="/dry-run"]`)
	w.Click("main details summary")
	w.Seen("dry-run")
	if text := w.Text("main"); !strings.Contains(text, "Tide Maps") || !strings.Contains(text, "1 line differs") && !strings.Contains(text, "lines differ") {
		t.Errorf("the dry run says %s", text)
	}
}
