package devices_test

import (
	"strings"
	"testing"
	"time"

	"portcullis/internal/agreed"
	"portcullis/internal/pagetest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// does decides something as the command line.
func does[T any](q *quay, do func(tx *people.Tx) (T, error)) T {
	q.T.Helper()
	made, err := agreed.Act(q.T.Context(), q.People, pagetest.Command, func(tx *people.Tx) (T, error) {
		return do(tx)
	})
	if err != nil {
		q.T.Fatal(err)
	}
	q.catchUp()
	return made
}

const day = 24 * time.Hour

// history decides over three weeks: on 8 March a rule is made, on 15 March it is said to end on 1 April, a company is
// sold and an exemption ends, on 22 March all is looked at.
func history(q *quay) (rule string) {
	q.Clock.Advance(7 * day)
	rule = q.decided(policy.Rule{ID: "ban-p", Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "It listens", Clearance: policy.ClearanceNone, Period: policy.Period{From: q.Clock.Now()}})
	does(q, func(tx *people.Tx) (policy.Exemption, error) {
		return register.AddExemption(tx, policy.Exemption{ID: "ex-m", Lifts: []string{"ban-p"}, Product: "parrot", Scope: "dept-b", Subject: policy.ExemptionSubject{Everyone: true}, Purpose: "A secret purpose", Marked: true,
			Period: policy.Period{From: q.Clock.Now(), Until: q.Clock.Now().AddDate(0, 1, 0)}})
	})
	q.Clock.Advance(7 * day)
	q.ends(rule, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), "It has been mended")
	does(q, func(tx *people.Tx) (policy.Supplier, error) {
		return register.ChangeSupplier(tx, policy.Supplier{ID: "maker", Name: "Umber Apps Ltd", OwnedBy: []policy.Edge{
			{Supplier: "group", Period: policy.Period{From: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)}},
			{Supplier: "other", Period: policy.Period{From: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)}}}})
	})
	does(q, func(tx *people.Tx) (policy.Exemption, error) {
		return register.EndExemption(tx, "ex-b", "No longer needed")
	})
	q.Clock.Advance(7 * day)
	return rule
}

// asOf is the part of an address that names days of March.
func asOf(at, known string) string {
	query := "?"
	for name, day := range map[string]string{"at": at, "known": known} {
		if day != "" {
			query += name + "-day=" + day + "&" + name + "-month=3&" + name + "-year=2026&"
		}
	}
	return strings.TrimSuffix(query, "&")
}

func TestRegisterPast(t *testing.T) {
	storetest.Run(t, roomSchemas, func(t *testing.T, open storetest.Open) {
		q := quayOver(t, open, coast)
		history(q)
		auditor, own := q.guest(people.Auditor, people.Everywhere), q.guest(people.SecurityOfficer, "dept-a")

		rule := auditor.Get("/register/past/rules/ban-p"+asOf("20", "12")).Shows(200, "Bans Parrot Chat", "On Friday 20\u00a0March, as it was known on Thursday 12\u00a0March", "1 thing is another today",
			"It has been mended", "It listens", "The command line", "Counted then", "When: From 8\u00a0March\u00a02026 to 1\u00a0April\u00a02026 (it was: From 8\u00a0March\u00a02026 on)")
		if row := rule.Row("When"); !strings.Contains(row, "From 8\u00a0March\u00a02026 on<") || !strings.Contains(row, "From 8\u00a0March\u00a02026 to 1\u00a0April\u00a02026") || !strings.Contains(row, "Changed") {
			t.Errorf("when it held: %s", row)
		}
		auditor.Get("/register/past/rules/ban-p"+asOf("5", "")).Shows(200, "On Thursday 5\u00a0March, as we know it now", "To come", "On Thursday 5\u00a0March nothing of this had been recorded")
		auditor.Get("/register/past/rules/ban-p"+asOf("20", "5")).Shows(200, "The register did not have it yet on Thursday 5\u00a0March: it was first recorded on 8\u00a0March\u00a02026, 12:00").Lacks("Counted then", "another today")
		auditor.Get("/register/past/rules/ban-p").Shows(200, "Give a day above", "From 8\u00a0March\u00a02026 to 1\u00a0April\u00a02026").Lacks("Counted then", "the same today")

		auditor.Get("/register/past/suppliers/maker"+asOf("9", "12")).Shows(200, "Owned by", "Umber Group (from 1\u00a0January\u00a02020 on)", "Other Ltd (from 10\u00a0March\u00a02026 on)", "things are another today")
		auditor.Get("/register/past/suppliers/maker"+asOf("9", "")).Shows(200, "Umber Group (from 1\u00a0January\u00a02020 to 10\u00a0March\u00a02026)")
		auditor.Get("/register/past/apps/parrot"+asOf("9", "")).Shows(200, "Parrot Chat", "It is the same today", "com.parrot, signed by ab12")

		auditor.Get("/register/past/exemptions/ex-b"+asOf("12", "12")).Shows(200, "press office", "The group press", "Bans everything of Umber Group", "Minister", "No longer needed")
		own.Get("/register/past/exemptions/ex-b").Shows(403).Lacks("press office")
		for _, who := range []guest{auditor, own} {
			who.Get("/register/past/exemptions/ex-m"+asOf("12", "12")).Lacks("A secret purpose", "parrot", "Parrot")
			if status := who.Get("/register/past/exemptions/ex-m").Status; status != 403 && status != 404 {
				t.Errorf("a marked exemption: %d", status)
			}
		}
		own.Get("/register/past/rules/ban-p").Shows(200)
		for _, page := range []string{"/rules/ban-p", "/suppliers/maker", "/apps/parrot"} {
			auditor.Get(page).Has(`href="/register/past` + page + `"`)
		}
		auditor.Get("/register/past/rules/none").Shows(404)
		auditor.Get("/register/past/sites/s1").Shows(404)
	})
}

// TestRegisterPastAddress holds that a page about the past never answers another question than its address asks.
func TestRegisterPastAddress(t *testing.T) {
	q := quayOver(t, inSQLite(t), coast)
	auditor := q.guest(people.Auditor, people.Everywhere)
	for _, page := range []string{"/register/past/rules/ban-b", "/register/past/suppliers/maker", "/register/past/apps/parrot", "/register/past/exemptions/ex-b"} {
		auditor.Get(page+"?since=2026").Shows(422, "This page has no filter “since”")
		auditor.Get(page+"?at-day=1&at-day=2&at-month=3&at-year=2026").Shows(422, "give it once")
		auditor.Get(page+asOf("31", "")).Shows(422, "What will be then nobody can say yet").Lacks("another today", "the same today")
		auditor.Get(page + "?at-day=31&at-month=2&at-year=2026").Shows(422).Lacks("the same today")
		auditor.Get(page + "?known-day=1").Shows(422)
	}
}

// TestTakenBack tells of a rule that was taken back before it began.
func TestTakenBack(t *testing.T) {
	storetest.Run(t, roomSchemas, func(t *testing.T, open storetest.Open) {
		q := quayOver(t, open, coast)
		q.decided(policy.Rule{ID: "soon", Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "Soon", Clearance: policy.ClearanceNone, Period: policy.Period{From: springTime.AddDate(0, 2, 0)}})
		q.Clock.Advance(2 * day)
		q.ends("soon", time.Time{}, "A mistake")
		q.Clock.Advance(2 * day)
		auditor := q.guest(people.Auditor, people.Everywhere)
		auditor.Get("/register/past/rules/soon"+asOf("", "2")).Shows(200, "It has been taken back since", "Taken back", "To come", "Counted then")
		auditor.Get("/register/past/rules/soon"+asOf("", "4")).Shows(200, "It had been taken back by then, on 3\u00a0March\u00a02026, 12:00").Lacks("Counted then")
	})
}

func TestRegisterPastInABrowser(t *testing.T) {
	q := quayOver(t, inSQLite(t), coast)
	w := q.walk(q.guest(people.Auditor, people.Everywhere))
	does(q, func(tx *people.Tx) (policy.Supplier, error) {
		return register.ChangeSupplier(tx, policy.Supplier{ID: "maker", Name: "Umber Apps Ltd", OwnedBy: []policy.Edge{{Supplier: "other"}}})
	})
	for name, path := range map[string]string{
		"past-rule": "/register/past/rules/ban-b?at-day=1&at-month=2&at-year=2026", "past-not-yet": "/register/past/suppliers/maker?known-day=1&known-month=2&known-year=2026", "past-app": "/register/past/apps/parrot",
		"past-exemption": "/register/past/exemptions/ex-b?at-day=1&at-month=2&at-year=2026", "past-error": "/register/past/rules/ban-b?at-day=40&at-month=2&at-year=2026", "past-company": "/register/past/suppliers/maker",
	} {
		w.Look(path, name)
	}
}
