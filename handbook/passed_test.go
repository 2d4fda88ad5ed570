package handbook_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"portcullis/handbook"
	"portcullis/internal/fault"
	"portcullis/people"
)

var aNote = handbook.Note{Day: "2026-02-27", Channel: handbook.Messaging, With: "Pat Pilot", Subject: "The tugs’ tablets", Where: "File HBR/26/114"}

func TestPassAndCorrect(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		grace := h.person(t, "Grace", "own")
		officer := h.person(t, "Olga", "own", people.Grant{Role: people.SecurityOfficer, Organisation: "own"})
		untidy := aNote
		untidy.With = " Pat Pilot\t"
		first := must[handbook.Passed](t)(h.Pass(t.Context(), grace, untidy))
		if diff := gocmp.Diff(aNote, first.Note); diff != "" || first.Organisation != "own" || first.Version != 1 {
			t.Errorf("%+v: %s", first, diff)
		}
		h.clock.Advance(time.Hour)
		corrected := aNote
		corrected.Where = "File HBR/26/115"
		second := must[handbook.Passed](t)(h.CorrectPassed(t.Context(), grace, first.ID, corrected, 1))
		_, err := h.CorrectPassed(t.Context(), grace, first.ID, aNote, 1)
		want(t, err, fault.Changed)
		must[handbook.Passed](t)(h.CorrectPassed(t.Context(), grace, first.ID, corrected, 2))
		first.Replaced = second.Recorded
		for name, actor := range map[string]people.Actor{"writer": grace, "officer": officer} {
			found := must[[]handbook.Passed](t)(h.Passed(t.Context(), actor, first.ID))
			if diff := gocmp.Diff([]handbook.Passed{second, first}, found, times); diff != "" {
				t.Errorf("the %s sees: %s", name, diff)
			}
		}
		_, err = h.CorrectPassed(t.Context(), officer, first.ID, aNote, 2)
		want(t, err, fault.Refused)
		_, err = h.Passed(t.Context(), officer, "nothing")
		want(t, err, fault.NotFound)
		entries := h.entries(t)
		if len(entries) != 2 || entries[0].Kind.Name != "handbook.note-passed" || entries[1].Kind.Name != "handbook.note-corrected" {
			t.Fatalf("the entries: %+v", entries)
		}
		for _, e := range entries {
			if e.Kind.Public || e.Subjects[0] != "own" || bytes.ContainsAny(e.Payload, "PTF") || string(e.Payload)[:11] != `{"version":` {
				t.Errorf("the entry: %+v %s", e, e.Payload)
			}
		}
	})
}

func TestNotesThatCannotBe(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		grace := h.person(t, "Grace", "own")
		for name, test := range map[string]struct {
			change func(n *handbook.Note)
			want   []string
		}{
			"nothing":        {func(n *handbook.Note) { *n = handbook.Note{} }, []string{"day", "channel", "with", "subject", "where"}},
			"no day":         {func(n *handbook.Note) { n.Day = "2026-02-30" }, []string{"day"}},
			"the future":     {func(n *handbook.Note) { n.Day = "2026-03-03" }, []string{"day"}},
			"an unlikely":    {func(n *handbook.Note) { n.Day = "0026-03-03" }, []string{"day"}},
			"a channel":      {func(n *handbook.Note) { n.Channel = "smoke" }, []string{"channel"}},
			"what was said":  {func(n *handbook.Note) { n.Subject = strings.Repeat("He said that. ", 9) }, []string{"subject"}},
			"several lines":  {func(n *handbook.Note) { n.Where = "a\nb" }, []string{"where"}},
			"too many names": {func(n *handbook.Note) { n.With = strings.Repeat("é", 201) }, []string{"with"}},
		} {
			n := aNote
			test.change(&n)
			_, err := h.Pass(t.Context(), grace, n)
			if diff := gocmp.Diff(test.want, fields(err)); diff != "" {
				t.Errorf("%s: %v: %s", name, err, diff)
			}
		}
		if n := h.rows(t, "handbook_passed"); n != 0 {
			t.Errorf("%d notes were stored", n)
		}
		today := aNote
		today.Day = "2026-03-02" // it is noon in London, and tomorrow already on Kiritimati
		must[handbook.Passed](t)(h.Pass(t.Context(), grace, today))
	})
}

func TestListsOfNotes(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		notes := map[string][]string{}
		writers := map[string]people.Actor{}
		for _, at := range []string{"above", "own", "below", "other"} {
			writers[at] = h.person(t, "Writer", at)
			for range 3 {
				h.clock.Advance(time.Second)
				p := must[handbook.Passed](t)(h.Pass(t.Context(), writers[at], aNote))
				notes[at] = append([]string{p.ID}, notes[at]...)
			}
		}
		list := func(found []handbook.Passed, err error) (ids []string) {
			t.Helper()
			for _, p := range must[[]handbook.Passed](t)(found, err) {
				ids = append(ids, p.ID)
			}
			return ids
		}
		same := func(what string, got []string, parts ...[]string) {
			t.Helper()
			var want []string
			for _, p := range parts {
				want = append(want, p...)
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
		officer := h.person(t, "Olga", "own", people.Grant{Role: people.SecurityOfficer, Organisation: "own"})
		keeper := h.keeper(t)
		same("own notes", list(h.MyPassed(t.Context(), writers["own"], "", 10)), notes["own"])
		same("the second page", list(h.MyPassed(t.Context(), writers["own"], notes["own"][0], 1)), notes["own"][1:2])
		same("nobody's", list(h.MyPassed(t.Context(), officer, "", 10)))
		same("the officer's", list(h.PassedIn(t.Context(), officer, "", "", 10)), notes["below"], notes["own"])
		same("the officer's, below", list(h.PassedIn(t.Context(), officer, "below", "", 2)), notes["below"][:2])
		same("the centre's", list(h.PassedIn(t.Context(), keeper, "", "", 20)), notes["other"], notes["below"], notes["own"], notes["above"])
		same("the centre's, from above", list(h.PassedIn(t.Context(), keeper, "above", notes["below"][2], 20)), notes["own"], notes["above"])
		_, err := h.PassedIn(t.Context(), officer, "above", "", 10)
		want(t, err, fault.Refused)
	})
}

func TestNotesAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		grace := h.person(t, "Grace", "own")
		first := must[handbook.Passed](t)(h.Pass(t.Context(), grace, aNote))
		h.clock.Advance(time.Hour)
		corrected := aNote
		corrected.Where = "Elsewhere"
		must[handbook.Passed](t)(h.CorrectPassed(t.Context(), grace, first.ID, corrected, 1))
		must[handbook.Passed](t)(h.Pass(t.Context(), grace, aNote))
		for _, step := range []struct {
			wait time.Duration
			left int
		}{{handbook.KeepPassed - 2*time.Hour, 3}, {time.Hour, 1}, {time.Hour, 0}} {
			h.clock.Advance(step.wait)
			if err := h.Hourly(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := h.rows(t, "handbook_passed"); n != step.left {
				t.Errorf("%d versions are left, not %d", n, step.left)
			}
		}
		if n := h.rows(t, "store_due"); n != 0 {
			t.Errorf("%d pieces of work are left", n)
		}
		if n := len(h.entries(t)); n != 3 {
			t.Errorf("the ledger has %d entries", n)
		}
	})
}
