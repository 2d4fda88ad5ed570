package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portcullis/internal/storetest"
	"portcullis/people"
)

// page is what a session sees at a path.
func (e *estate) page(t *testing.T, session, path string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.AddCookie(&http.Cookie{Name: "portcullis", Value: session})
	w := httptest.NewRecorder()
	e.server.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %.300s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func shows(t *testing.T, page string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q:\n%.3000s", want, page)
		}
	}
}

func lacks(t *testing.T, page string, others ...string) {
	t.Helper()
	for _, other := range others {
		if strings.Contains(page, other) {
			t.Errorf("the page shows %q", other)
		}
	}
}

// TestTodayAndTheLedger holds what the first pages say to whom.
func TestTodayAndTheLedger(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		e := newEstate(t, open(testClock.Now))
		nobody, officer, auditor, operator := e.visitor(t, ""), e.visitor(t, people.SecurityOfficer), e.visitor(t, people.Auditor), e.visitor(t, people.Operator)
		e.sequence(t)

		today := e.page(t, nobody.session, "/")
		shows(t, today, "You have no role here")
		lacks(t, today, "To begin with", `href="/notices"`, `href="/people"`, `href="/coverage"`)
		shows(t, e.page(t, nobody.session, "/ledger"), " to ", "Not public", "Harbour")

		shows(t, e.page(t, nobody.session, "/api"), "DELETE /api/v1/organisations/{id}/monitor", "ask your security team", "http://localhost:1/scim/v2")
		shows(t, e.page(t, officer.session, "/api"), `href="/tokens/make"`)

		today = e.page(t, officer.session, "/")
		lacks(t, today, "no role", "To begin with", `href="/notices"`)
		shows(t, today, `href="/people"`, `href="/coverage"`, "Decide what people ask for", "Allows Parrot")
		lacks(t, today, "Nothing waits for you", "Tower-")
		shows(t, e.page(t, auditor.session, "/"), "Nothing waits for you")
		shows(t, e.page(t, officer.session, "/people"), `href="/tokens"`, `href="/groups"`)
		lacks(t, e.page(t, officer.session, "/people"), `href="/access"`)
		ledger := e.page(t, officer.session, "/ledger")
		shows(t, ledger, ">Harbour-person</a>", `href="/organisations/harbour"`, "The command line", "What it holds", "Token made")
		lacks(t, ledger, "Tower-person")
		lacks(t, e.page(t, auditor.session, "/people"), `href="/access"`) // an auditor of one body sees no log of all

		// One role in one body begins nothing; one everywhere does.
		lacks(t, e.page(t, operator.session, "/"), "To begin with")
		p, err := e.room.AddPerson(t.Context(), command, "realm", people.Particulars{Name: "Olive", Mail: "olive@x.example"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.room.GiveRole(t.Context(), command, p.ID, people.Grant{Role: people.Operator, Organisation: people.Everywhere}, people.Period{}); err != nil {
			t.Fatal(err)
		}
		session, err := e.room.OpenSession(t.Context(), p.ID, "test", "", "")
		if err != nil {
			t.Fatal(err)
		}
		shows(t, e.page(t, session, "/"), "To begin with", "Add a second passkey", "To do", "Done", `href="/notices"`)
		shows(t, e.page(t, session, "/people"), `href="/access"`)
	})
}
