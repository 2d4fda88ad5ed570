package web_test

import (
	"fmt"
	"strings"
	"testing"

	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// TestTodayAndTheLedger holds what the first pages say to whom.
func TestTodayAndTheLedger(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		e := newEstate(t, open(testClock.Now))
		h := &pagetest.House{T: t, Clock: testClock, People: e.room, Handler: e.server}
		in := func(role people.Role) pagetest.Visitor {
			v := h.Nobody()
			v.Session = e.visitor(t, role).session
			return v
		}
		nobody, officer, auditor, operator := in(""), in(people.SecurityOfficer), in(people.Auditor), in(people.Operator)
		e.sequence(t)

		nobody.Get("/").Shows(200, "You have no role here").Lacks("To begin with", `href="/notices"`, `href="/people"`, `href="/coverage"`)
		nobody.Get("/ledger").Shows(200, " to ", "Not public", "Harbour")
		nobody.Get("/api").Shows(200, "DELETE /api/v1/organisations/{id}/monitor", "ask your security team", "http://localhost:1/scim/v2")
		officer.Get("/api").Has(`href="/tokens/make"`)

		officer.Get("/").Shows(200, "Decide what people ask for", "Asks for Parrot").Has(`href="/people"`, `href="/coverage"`).
			Lacks("no role", "To begin with", `href="/notices"`, "Nothing waits for you", "Tower-")
		auditor.Get("/").Shows(200, "Nothing waits for you")
		officer.Get("/people").Shows(200).Has(`href="/tokens"`, `href="/groups"`).Lacks(`href="/access"`)
		officer.Get("/ledger").Shows(200, "The command line", "What it holds", "Token made").Has(">Harbour-person</a>", `href="/organisations/harbour"`).Lacks("Tower-person")
		// A proposal is called what it asks for, to those who may see it.
		title, other := `href="/proposals/`+e.own["proposals"]+`">Asks for Parrot`, `href="/proposals/`+e.other["proposals"]
		officer.Get("/ledger").Has(title).HasNo(other)
		nobody.Get("/ledger").HasNo(title)
		// A step says which it was, and what stands in the register or reports is one press away, for those who may see it.
		officer.Get("/ledger").Shows(200, "Proposed it").Lacks("Step taken").Has(`href="/rules/rule-1"`, `href="/exemptions/exemption-1"`, `href="/apps/parrot"`)
		nobody.Get("/ledger").HasNo(`href="/rules/`).HasNo(`href="/apps/`)
		in(people.Approver).Get("/ledger").Shows(200, "The command line").HasNo(`href="/people/`) // whose pages an approver may not see
		auditor.Get("/people").Shows(200).Lacks(`href="/access"`)                                 // an auditor of one body sees no log of all

		// One role in one body begins nothing; one everywhere does.
		operator.Get("/").Shows(200).Lacks("To begin with")
		olive := h.SignIn(h.Person("realm", people.Particulars{Name: "Olive", Mail: "olive@x.example"}, people.Grant{Role: people.Operator, Organisation: people.Everywhere}))
		olive.Get("/").Shows(200, "To begin with", "Add a second passkey", "To do", "Done").Has(`href="/notices"`)
		olive.Get("/people").Has(`href="/access"`)
	})
}

// TestDigestsStandTogether holds that digests, which come every hour, take one row of the ledger's page until something
// is decided, and each can be read in it.
func TestDigestsStandTogether(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		e := newEstate(t, open(testClock.Now))
		digests := func(n int) {
			for i := range n {
				entry := ledger.Entry{Kind: ledger.Kind{Name: "people.access-digest", Version: 1, Public: true}, Actor: "server", Subjects: []string{people.Everywhere}, Payload: fmt.Appendf(nil, `{"count":%d}`, 40+i)}
				if err := e.db.Write(t.Context(), func(tx *store.Tx) error { _, err := e.room.Ledger.Record(tx, entry); return err }); err != nil {
					t.Fatal(err)
				}
			}
		}
		h := &pagetest.House{T: t, Clock: testClock, People: e.room, Handler: e.server}
		digests(4)
		h.Organisation("between", "Between", "")
		digests(1)
		e.sequence(t)
		v := h.Nobody()
		v.Session = e.visitor(t, people.Auditor).session
		page := v.Get("/ledger").Shows(200, "Digests of what happened, hour by hour: 4", "Each of them", "40", "43", "Between", "Organisation added")
		if n := strings.Count(page.Body, "Digest of an hour of the access log"); n != 5 {
			t.Errorf("%d digests are on the page", n)
		}
	})
}
