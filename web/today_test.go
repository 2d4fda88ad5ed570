package web_test

import (
	"fmt"
	"strings"
	"testing"

	"portcullis/approvals"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// TestTodayIsOnesOwn: the first page leads everybody to the question whether they may install something, and shows what
// they have asked for themselves, and what became of it.
func TestTodayIsOnesOwn(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		e := newEstate(t, open(testClock.Now))
		h := &pagetest.House{T: t, Clock: testClock, People: e.room, Handler: e.server}
		in := func(role people.Role) pagetest.Visitor {
			v := h.Nobody()
			v.Session = e.visitor(t, role).session
			return v
		}
		asker, officer := in(people.Staff), in(people.SecurityOfficer)
		const heading = "What you asked for or proposed"
		asker.Get("/").Shows(200, "Nothing waits for you").Has(`href="/ask"`).Lacks(heading)
		first := e.asks(t, asker.Actor(), "harbour", "asker")
		page := asker.Get("/").Shows(200, heading, "Asks for Parrot", "Harbour. Sent just now", "Open").Has(`href="/proposals/` + first + `"`).Lacks("See all that you asked for")
		if strings.Contains(page.Body, "asker-reason") {
			t.Error("the first page says why")
		}
		officer.Get("/").Shows(200, "Asks for Parrot").Lacks(heading)
		for i := range 5 {
			_, err := e.parts.Approvals.Propose(t.Context(), asker.Actor(), approvals.Draft{Kind: approvals.Allow, Reason: "More", Content: approvals.Content{
				Found: &register.Found{Name: "Ferry", Identifier: fmt.Sprint("com.ferry", i), Platform: policy.Android}, Rule: &policy.Rule{Effect: policy.Allow, Scope: "harbour"},
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
		if page = asker.Get("/").Shows(200, heading, "Asks for Ferry").Has(`href="/proposals?show=mine"`); strings.Count(page.Body, "Sent just now") != 5 {
			t.Errorf("%d of six are shown", strings.Count(page.Body, "Sent just now"))
		}
	})
}
