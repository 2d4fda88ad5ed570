package vetting

import (
	"testing"

	room "portcullis/vetting"
	"portcullis/vetting/report"
	"portcullis/vetting/sdk"
)

// TestWords: every outcome, country of an owner, kind of facts and grade of a kit has its words.
func TestWords(t *testing.T) {
	for outcome := range room.Outcomes {
		if outcomeTags[outcome].Text == "" {
			t.Errorf("the outcome %s has no words", outcome)
		}
	}
	for kind := range report.Facts {
		if kinds[kind] == "" {
			t.Errorf("the kind of facts %s has no words", kind)
		}
	}
	for _, grade := range report.Grades {
		if strengths[grade] == "" {
			t.Errorf("the grade %s has no words", grade)
		}
	}
	for _, kit := range sdk.Facts().SDKs {
		if kit.Country != "" && countries[kit.Country] == "" {
			t.Errorf("%s: the country %s has no words", kit.ID, kit.Country)
		}
	}
}

// TestSize: sizes are rounded down, so that a part never reads as the whole.
func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "no bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0\u00a0kB", 1_999_999: "1.9\u00a0MB", 45_000_000: "45.0\u00a0MB", 2_500_000_000: "2.5\u00a0GB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d: %q, want %q", bytes, got, want)
		}
	}
}
