package devices_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portcullis/internal/browsertest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// inSQLite is the pages over the world of a text, for a browser.
func inSQLite(t *testing.T, text string) *quay {
	t.Helper()
	q, _ := overTime(t, text, func(now func() time.Time) *store.DB {
		db, err := store.Open(t.Context(), store.Options{Data: t.TempDir(), Now: now, Chance: rand.Reader})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		if err := db.Migrate(t.Context(), roomSchemas...); err != nil {
			t.Fatal(err)
		}
		return db
	})
	return q
}

// overTime is the pages over the world of a text, and the clock that they go by.
func overTime(t *testing.T, text string, open func(now func() time.Time) *store.DB) (*quay, *storetest.Clock) {
	t.Helper()
	clock := storetest.NewClock(springTime)
	q := newQuay(t, open(clock.Now), clock.Now)
	file := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	q.load(file)
	return q, clock
}

// does decides something as the command line.
func does[T any](q *quay, do func(tx *people.Tx) (T, error)) T {
	q.t.Helper()
	made, err := people.Act(q.t.Context(), q.people, byCommand, func(tx *people.Tx) (T, error) {
		tx.Asked("a test decides")
		return do(tx)
	})
	if err != nil {
		q.t.Fatal(err)
	}
	q.catchUp()
	return made
}

const day = 24 * time.Hour

// history decides over three weeks: on 8 March a rule is made, on 15 March it is said to end on 1 April, a company is
// sold and an exemption ends, on 22 March all is looked at.
func history(q *quay, clock *storetest.Clock) (rule string) {
	clock.Advance(7 * day)
	rule = q.decided(policy.Rule{ID: "ban-p", Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "It listens", Clearance: policy.ClearanceNone, Period: policy.Period{From: clock.Now()}})
	does(q, func(tx *people.Tx) (policy.Exemption, error) {
		return register.AddExemption(tx, policy.Exemption{ID: "ex-m", Lifts: []string{"ban-p"}, Product: "parrot", Scope: "dept-b", Subject: policy.ExemptionSubject{Everyone: true}, Purpose: "A secret purpose", Marked: true,
			Period: policy.Period{From: clock.Now(), Until: clock.Now().AddDate(0, 1, 0)}})
	})
	clock.Advance(7 * day)
	q.ends(rule, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), "It has been mended")
	does(q, func(tx *people.Tx) (policy.Supplier, error) {
		return register.ChangeSupplier(tx, policy.Supplier{ID: "maker", Name: "Umber Apps Ltd", OwnedBy: []policy.Edge{
			{Supplier: "group", Period: policy.Period{From: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)}},
			{Supplier: "other", Period: policy.Period{From: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)}}}})
	})
	does(q, func(tx *people.Tx) (policy.Exemption, error) {
		return register.EndExemption(tx, "ex-b", "No longer needed")
	})
	clock.Advance(7 * day)
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
		q, clock := overTime(t, coast, open)
		history(q, clock)
		auditor, own := q.guest(people.Auditor, people.Everywhere), q.guest(people.SecurityOfficer, "dept-a")

		rule := auditor.get("/register/past/rules/ban-p"+asOf("20", "12")).shows(200, "Bans Parrot Chat", "On Friday 20\u00a0March, as it was known on Thursday 12\u00a0March", "1 thing is another today",
			"It has been mended", "It listens", "The command line", "Counted then", "When: From 8\u00a0March\u00a02026 to 1\u00a0April\u00a02026 (it was: From 8\u00a0March\u00a02026 on)")
		if row := rule.row("When"); !strings.Contains(row, "From 8\u00a0March\u00a02026 on<") || !strings.Contains(row, "From 8\u00a0March\u00a02026 to 1\u00a0April\u00a02026") || !strings.Contains(row, "Changed") {
			t.Errorf("when it held: %s", row)
		}
		auditor.get("/register/past/rules/ban-p"+asOf("5", "")).shows(200, "On Thursday 5\u00a0March, as we know it now", "To come", "On Thursday 5\u00a0March nothing of this had been recorded")
		auditor.get("/register/past/rules/ban-p"+asOf("20", "5")).shows(200, "The register did not have it yet on Thursday 5\u00a0March: it was first recorded on 8\u00a0March\u00a02026, 12:00").lacks("Counted then", "another today")
		auditor.get("/register/past/rules/ban-p").shows(200, "Give a day above", "From 8\u00a0March\u00a02026 to 1\u00a0April\u00a02026").lacks("Counted then", "the same today")

		auditor.get("/register/past/suppliers/maker"+asOf("9", "12")).shows(200, "Owned by", "Umber Group (from 1\u00a0January\u00a02020 on)", "Other Ltd (from 10\u00a0March\u00a02026 on)", "things are another today")
		auditor.get("/register/past/suppliers/maker"+asOf("9", "")).shows(200, "Umber Group (from 1\u00a0January\u00a02020 to 10\u00a0March\u00a02026)")
		auditor.get("/register/past/apps/parrot"+asOf("9", "")).shows(200, "Parrot Chat", "It is the same today", "com.parrot, signed by ab12")

		auditor.get("/register/past/exemptions/ex-b"+asOf("12", "12")).shows(200, "press office", "The group press", "Bans everything of Umber Group", "Minister", "No longer needed")
		own.get("/register/past/exemptions/ex-b").shows(403).lacks("press office")
		for _, who := range []guest{auditor, own} {
			who.get("/register/past/exemptions/ex-m"+asOf("12", "12")).lacks("A secret purpose", "parrot", "Parrot")
			if status := who.get("/register/past/exemptions/ex-m").status; status != 403 && status != 404 {
				t.Errorf("a marked exemption: %d", status)
			}
		}
		own.get("/register/past/rules/ban-p").shows(200)
		for _, page := range []string{"/rules/ban-p", "/suppliers/maker", "/apps/parrot"} {
			auditor.get(page).has(`href="/register/past` + page + `"`)
		}
		auditor.get("/register/past/rules/none").shows(404)
		auditor.get("/register/past/sites/s1").shows(404)
	})
}

// TestRegisterPastAddress holds that a page about the past never answers another question than its address asks.
func TestRegisterPastAddress(t *testing.T) {
	q := inSQLite(t, coast)
	auditor := q.guest(people.Auditor, people.Everywhere)
	for _, page := range []string{"/register/past/rules/ban-b", "/register/past/suppliers/maker", "/register/past/apps/parrot", "/register/past/exemptions/ex-b"} {
		auditor.get(page+"?since=2026").shows(422, "This page has no filter “since”")
		auditor.get(page+"?at-day=1&at-day=2&at-month=3&at-year=2026").shows(422, "give it once")
		auditor.get(page+asOf("31", "")).shows(422, "What will be then nobody can say yet").lacks("another today", "the same today")
		auditor.get(page + "?at-day=31&at-month=2&at-year=2026").shows(422).lacks("the same today")
		auditor.get(page + "?known-day=1").shows(422)
	}
}

// TestTakenBack tells of a rule that was taken back before it began.
func TestTakenBack(t *testing.T) {
	storetest.Run(t, roomSchemas, func(t *testing.T, open storetest.Open) {
		q, clock := overTime(t, coast, open)
		q.decided(policy.Rule{ID: "soon", Effect: policy.Ban, Target: policy.Target{Product: "parrot"}, Scope: "gov", Reason: "Soon", Clearance: policy.ClearanceNone, Period: policy.Period{From: springTime.AddDate(0, 2, 0)}})
		clock.Advance(2 * day)
		q.ends("soon", time.Time{}, "A mistake")
		clock.Advance(2 * day)
		auditor := q.guest(people.Auditor, people.Everywhere)
		auditor.get("/register/past/rules/soon"+asOf("", "2")).shows(200, "It has been taken back since", "Taken back", "To come", "Counted then")
		auditor.get("/register/past/rules/soon"+asOf("", "4")).shows(200, "It had been taken back by then, on 3\u00a0March\u00a02026, 12:00").lacks("Counted then")
	})
}

func TestRegisterPastInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	q := inSQLite(t, coast)
	at := shown(t, q, q.guest(people.Auditor, people.Everywhere), b)
	does(q, func(tx *people.Tx) (policy.Supplier, error) {
		return register.ChangeSupplier(tx, policy.Supplier{ID: "maker", Name: "Umber Apps Ltd", OwnedBy: []policy.Edge{{Supplier: "other"}}})
	})
	for name, path := range map[string]string{
		"past-rule": "/register/past/rules/ban-b?at-day=1&at-month=2&at-year=2026", "past-not-yet": "/register/past/suppliers/maker?known-day=1&known-month=2&known-year=2026", "past-app": "/register/past/apps/parrot",
		"past-exemption": "/register/past/exemptions/ex-b?at-day=1&at-month=2&at-year=2026", "past-error": "/register/past/rules/ban-b?at-day=40&at-month=2&at-year=2026", "past-company": "/register/past/suppliers/maker",
	} {
		lookAt(b, at+path, name)
	}
}
