package people_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"portcullis/people"
)

// The large house of the measurements.
const (
	manyOrganisations = 300
	manyPeople        = 100_000
	atATime           = 20_000
	depth             = 5
)

var givenNames = []string{"Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Margaret", "Dennis", "Radia", "Tony", "Frances", "Niklaus", "Katherine", "Ken", "Hedy", "Tim"}

// familyName is one of 17,576 names of eight letters.
func familyName(n int) string {
	sounds := []string{"ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve", "wi", "xo", "yu", "za", "bre", "cli", "dro", "flu", "gra"}
	return sounds[n%26] + sounds[n/26%26] + sounds[n/676%26] + "son"
}

// organisationOf is the organisation of a person: half of them are in the largest ten.
func organisationOf(n int) string {
	if n%2 == 0 {
		return organisationID(n / 2 % 10)
	}
	return organisationID(n / 2 % manyOrganisations)
}

func organisationID(n int) string { return fmt.Sprintf("body-%03d", n) }

// fill makes the large house, and returns how long each import of 20,000 took.
func (h house) fill(t *testing.T) (imports []time.Duration) {
	t.Helper()
	for i := range manyOrganisations {
		parent := ""
		if i > 0 {
			parent = organisationID((i - 1) / 4) // 1 + 4 + 16 + 64 + 215: a tree of depth 5
		}
		h.organisation(t, organisationID(i), parent)
	}
	for from := 0; from < manyPeople; from += atATime {
		rows := make([]people.Row, atATime)
		for i := range rows {
			n := from + i
			name := givenNames[n%len(givenNames)] + " " + familyName(n*7919)
			rows[i] = people.Row{Line: i + 2, Organisation: organisationOf(n), Particulars: people.Particulars{Name: name, Mail: fmt.Sprintf("p%d@government.example", n)}, Roles: []people.Role{people.Staff}}
		}
		begun := time.Now()
		if _, err := h.ImportPeople(t.Context(), command, rows); err != nil {
			t.Fatal(err)
		}
		imports = append(imports, time.Since(begun).Round(10*time.Millisecond))
	}
	return imports
}

// TestSpeed measures what people wait for, with 100,000 persons in 300 organisations, where benchmarks
// are asked for: go test -run Speed -bench Speed -v.
func TestSpeed(t *testing.T) {
	if flag.Lookup("test.bench").Value.String() == "" {
		return
	}
	each(t, func(t *testing.T, h house) {
		t.Log("imports of 20,000:", h.fill(t))
		measure(t, h)
	})
}

func measure(t *testing.T, h house) {
	_, officer := h.person(t, "officer", organisationID(0), people.CentreOfficer)
	_, local := h.person(t, "local", organisationID(250), people.SecurityOfficer)
	one := people.PersonQuery{Mail: "p77777@government.example", Limit: 1}
	found, err := h.Persons(t.Context(), officer, one)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	middle := people.Place{Name: found[0].Name, ID: found[0].ID}
	yes := true
	persons := func(actor people.Actor, q people.PersonQuery) func(context.Context) error {
		q.Limit = 50
		return func(ctx context.Context) error { _, err := h.Persons(ctx, actor, q); return err }
	}
	count := func(actor people.Actor, q people.PersonQuery) func(context.Context) error {
		return func(ctx context.Context) error { _, err := h.CountPersons(ctx, actor, q); return err }
	}
	for _, m := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"first page at the root", persons(officer, people.PersonQuery{})},
		{"first page of everywhere", persons(command, people.PersonQuery{})},
		{"first page of a small organisation", persons(officer, people.PersonQuery{Organisation: organisationID(250)})},
		{"first page of a small organisation's officer", persons(local, people.PersonQuery{})},
		{"first page, one letter", persons(officer, people.PersonQuery{Words: "g"})},
		{"first page, eight letters", persons(officer, people.PersonQuery{Words: familyName(7919)[:8]})},
		{"first page, two words", persons(officer, people.PersonQuery{Words: "grace " + familyName(7919)[:4]})},
		{"first page, one letter, small organisation", persons(local, people.PersonQuery{Words: "g"})},
		{"first page, active officers", persons(officer, people.PersonQuery{Active: &yes, Role: people.CentreOfficer})},
		{"first page, staff", persons(officer, people.PersonQuery{Role: people.Staff})},
		{"a page in the middle", persons(officer, people.PersonQuery{After: middle})},
		{"a page in the middle, one letter", persons(officer, people.PersonQuery{After: middle, Words: "g"})},
		{"by mail", persons(officer, one)},
		{"count at the root", count(officer, people.PersonQuery{})},
		{"count of a small organisation", count(local, people.PersonQuery{})},
		{"count, one letter", count(officer, people.PersonQuery{Words: "g"})},
		{"count, eight letters", count(officer, people.PersonQuery{Words: familyName(7919)[:8]})},
		{"Enter", func(ctx context.Context) error { _, err := h.Enter(ctx, officer, people.SeePeople); return err }},
		{"Organisations", func(ctx context.Context) error { _, err := h.Organisations(ctx, officer); return err }},
		{"Person", func(ctx context.Context) error { _, err := h.Person(ctx, officer, found[0].ID); return err }},
	} {
		result := testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				if err := m.do(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		t.Logf("%8.2f ms  %s", float64(result.NsPerOp())/1e6, m.name)
	}
}
