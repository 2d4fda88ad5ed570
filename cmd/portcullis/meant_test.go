package main

import (
	"errors"
	"testing"

	"portcullis/web/api"
)

// TestMeant: who misspells a word is asked about the most similar one, and about none where none is, or the word is right.
func TestMeant(t *testing.T) {
	known := []string{"health", "harbour", "merrow"}
	for word, want := range map[string]string{"helth": "no helth; did you mean health?", "health": "no health", "police": "no police", "": "no "} {
		if got := orMeant(errors.New("no "+word), word, known).Error(); got != want {
			t.Errorf("%q: %q, not %q", word, got, want)
		}
	}
	if err := orMeant(nil, "helth", known); err != nil {
		t.Errorf("of no error: %v", err)
	}
}

// TestReach: of how many devices it cannot be told is said where there are any.
func TestReach(t *testing.T) {
	n := api.ReachCount{Reached: api.Reached{Direct: 5, Component: 3}, Either: 6, Hosts: 20, Bodies: 2}
	const sure = "6 of 20 devices and pieces of equipment in scope, in 2 bodies: 5 directly, 3 by what they contain, 2 of them both ways; 0 exemptions in force for it, 0 allow rules"
	if got := reach(&n); got != sure {
		t.Errorf("%q, not %q", got, sure)
	}
	n.Perhaps = 4
	const perhaps = "6 of 20 devices and pieces of equipment in scope, in 2 bodies: 5 directly, 3 by what they contain, 2 of them both ways, 4 perhaps: nothing there is known to be it, but something has an identifier of it on another platform; 0 exemptions in force for it, 0 allow rules"
	if got := reach(&n); got != perhaps {
		t.Errorf("%q, not %q", got, perhaps)
	}
}
