package vetting_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/internal/roomtest"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/vetting"
	"portcullis/vetting/apk/apktest"
)

// waiting are the ids of the reports with kits that wait for the centre.
func (s *server) waiting(t testing.TB, who one) (ids []string) {
	t.Helper()
	listed, err := s.Assessments(t.Context(), who.Actor, vetting.Query{Waiting: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range listed.Assessments {
		if !a.Waits {
			t.Errorf("%s is listed and does not wait", a.ID)
		}
		ids = append(ids, a.ID)
	}
	return ids
}

// contained are the ids of what the register says that a product contains.
func (s *server) contained(t testing.TB, product string) (ids []string) {
	t.Helper()
	for _, p := range s.made(t).Products {
		for _, c := range p.Contains {
			if p.ID == product {
				ids = append(ids, c.Product)
			}
		}
	}
	return ids
}

// TestKitsWaitForTheCentre has a department's own reviewer say what code is in an app. It is their decision to allow it; the
// code waits for somebody who may say so for all bodies, and who may say no.
func TestKitsWaitForTheCentre(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, asker, centre := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.Staff, "dept-a", "Sam"), s.somebody(t, people.CentreOfficer, people.Everywhere, "Cora")
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		signer := apktest.NewSigner(t, "Umber")
		a := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", signer, pangle, "com.appsflyer.AppsFlyerLib"), "", p.ID))
		kits := []string{"appsflyer", "bytedance-pangle"} // in the order of the report
		c := allowing(&a, p)
		c.Contains = []string{"nothing"}
		if _, err := s.Conclude(t.Context(), reviewer.Actor, c); !fault.Is(err, fault.Invalid) {
			t.Errorf("what is not in it: %v", err)
		}
		c.Contains = kits
		review, err := s.Conclude(t.Context(), reviewer.Actor, c)
		if err != nil || !slices.Equal(review.Proposed, kits) || len(review.Contains) != 0 || !review.Waits || review.Product == "" {
			t.Fatalf("by the department's reviewer: %+v, %v", review, err)
		}
		if got := s.contained(t, review.Product); len(got) != 0 {
			t.Errorf("before the centre has said so: %v", got)
		}
		for name, who := range map[string]one{"the reviewer": reviewer, "the centre": centre} {
			if got := s.waiting(t, who); !slices.Equal(got, []string{a.ID}) {
				t.Errorf("for %s there wait %v", name, got)
			}
		}
		if got := s.waiting(t, s.somebody(t, people.Reviewer, "dept-b", "Bea")); len(got) != 0 {
			t.Errorf("elsewhere there wait %v", got)
		}
		confirm := vetting.Conclusion{Assessment: a.ID, Outcome: vetting.Confirm, Rationale: "Its classes are there.", Contains: kits[1:]}
		for name, test := range map[string]struct {
			who    one
			change func(c *vetting.Conclusion)
			kind   fault.Kind
		}{
			"by the department":  {reviewer, func(*vetting.Conclusion) {}, fault.Refused},
			"in a proposal":      {centre, func(c *vetting.Conclusion) { c.Proposal = p.ID }, fault.Invalid},
			"without a reason":   {centre, func(c *vetting.Conclusion) { c.Rationale = "" }, fault.Invalid},
			"what is not there":  {centre, func(c *vetting.Conclusion) { c.Contains = []string{"nothing"} }, fault.Invalid},
			"with terms of that": {centre, func(c *vetting.Conclusion) { c.Terms = &approvals.Terms{} }, fault.Invalid},
		} {
			wrong := confirm
			test.change(&wrong)
			if _, err := s.Conclude(t.Context(), test.who.Actor, wrong); !fault.Is(err, test.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		confirmed, err := s.Conclude(t.Context(), centre.Actor, confirm)
		if err != nil || confirmed.Act != "" || len(confirmed.Contains) != 1 || confirmed.Contains[0].Since != "1.5" || confirmed.Waits {
			t.Fatalf("by the centre: %+v, %v", confirmed, err)
		}
		if got := s.contained(t, review.Product); !slices.Equal(got, []string{confirmed.Contains[0].Product}) {
			t.Errorf("after the centre has said so: %v", got)
		}
		if got := s.waiting(t, centre); len(got) != 0 {
			t.Errorf("and there still wait %v", got)
		}
		now, err := s.Assessment(t.Context(), reviewer.Actor, a.ID)
		if err != nil || now.Outcome != vetting.Allow || now.Waits || len(now.Reviews) != 2 || now.Reviews[0].Waits {
			t.Errorf("the report says %+v, %v", now.Summary, err)
		}
		if _, err := s.Conclude(t.Context(), centre.Actor, vetting.Conclusion{Assessment: a.ID, Outcome: vetting.Confirm, Rationale: "None."}); !fault.Is(err, fault.Invalid) {
			t.Errorf("no kit where none waits: %v", err)
		}
		// What the register has already waits for nobody; what the centre does not believe waits no more.
		later := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.6", signer, pangle, "com.appsflyer.AppsFlyerLib"), "dept-a", ""))
		keep := vetting.Conclusion{Assessment: later.ID, Outcome: vetting.Keep, Rationale: "As before.", Answers: answers(&later), Contains: kits[1:]}
		if again, err := s.Conclude(t.Context(), reviewer.Actor, keep); err != nil || len(again.Proposed) != 0 || again.Waits {
			t.Errorf("what is recorded: %+v, %v", again, err)
		}
		keep.Contains = kits
		if again, err := s.Conclude(t.Context(), reviewer.Actor, keep); err != nil || !slices.Equal(again.Proposed, kits[:1]) {
			t.Errorf("what is not yet: %+v, %v", again, err)
		}
		if no, err := s.Conclude(t.Context(), centre.Actor, vetting.Conclusion{Assessment: later.ID, Outcome: vetting.Confirm, Rationale: "A stub alone."}); err != nil || len(no.Contains) != 0 {
			t.Errorf("no to it: %+v, %v", no, err)
		}
		if got := s.contained(t, review.Product); len(s.waiting(t, centre)) != 0 || !slices.Equal(got, []string{confirmed.Contains[0].Product}) {
			t.Errorf("after the centre has said no: %v", got)
		}
	})
}

// TestWrongApp has a report say at once that it is of another app than is asked for.
func TestWrongApp(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, asker := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.Staff, "dept-a", "Sam")
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		good := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", nil), "", p.ID))
		wrong := s.assess(t, reviewer, upload("other.apk", apktest.Build(t, apktest.App{Package: "com.other", VersionName: "1", VersionCode: 1}), "", p.ID))
		if good.Misfit != "" || !strings.Contains(wrong.Misfit, "com.politedroid is asked for") {
			t.Errorf("%q, %q", good.Misfit, wrong.Misfit)
		}
		// A known app, asked for on iPhones: what is found in its Android file says nothing of that.
		known, err := s.Approvals.Propose(t.Context(), asker.Actor, approvals.Draft{Kind: approvals.Allow, Reason: "For work", Content: approvals.Content{
			Rule: &policy.Rule{Effect: policy.Allow, Scope: "dept-a", Target: policy.Target{Product: "notes"}, Platforms: []policy.Platform{policy.IOS}}}})
		if err != nil {
			t.Fatal(err)
		}
		notes := s.assess(t, reviewer, upload("notes.apk", apktest.Build(t, apktest.App{Package: "com.notes", VersionName: "1", VersionCode: 1}), "", known.ID))
		if !strings.Contains(notes.Misfit, "asked for on ios") {
			t.Errorf("on another platform: %q", notes.Misfit)
		}
		if _, err := s.Conclude(t.Context(), reviewer.Actor, allowing(&notes, known)); !fault.Is(err, fault.Conflict) {
			t.Errorf("concluded on another platform: %v", err)
		}
		c := allowing(&notes, known)
		c.Terms = &approvals.Terms{Product: "notes", Platforms: []policy.Platform{policy.Android}}
		if _, err := s.Conclude(t.Context(), reviewer.Actor, c); err != nil {
			t.Errorf("for the platform of the file: %v", err)
		}
	})
}

const estate = `
organisations:
  - {id: gov, name: Government}
  - {id: dept-a, name: Department A, parent: gov}
  - {id: unit, name: Unit of A, parent: dept-a}
  - {id: dept-b, name: Department B, parent: gov}
  - {id: police, name: Police}
products:
  - {id: notes, kind: app, name: Notes, identifiers: {android: [com.notes], ios: [com.notes]}}
rules:
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: gov, from: 2026-01-01, reason: "for work"}
hosts:
  - {id: a1, kind: device, organisation: dept-a, platform: android, installed: [{identifier: com.notes, version: "2"}]}
  - {id: u1, kind: device, organisation: unit, platform: android, installed: [{identifier: com.notes, version: "3"}]}
  - {id: u2, kind: device, organisation: unit, platform: ios, installed: [{identifier: com.notes, version: "9"}]}
  - {id: b1, kind: device, organisation: dept-b, platform: android, installed: [{identifier: com.notes, version: "3"}]}
  - {id: p1, kind: device, organisation: police, platform: android, installed: [{identifier: com.notes, version: "4"}]}
`

// TestDue holds what is due to each body's own review, or that of one above it, and to the platform of it.
func TestDue(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		s := start(t, open, storetest.NewClock(noon))
		roomtest.Import(t, s.devices, estate)
		keeps := func(who one, body, version string) {
			t.Helper()
			a := s.assess(t, who, upload("notes.apk", apktest.Build(t, apktest.App{Package: "com.notes", VersionName: version, VersionCode: 4}), body, ""))
			if _, err := s.Conclude(t.Context(), who.Actor, vetting.Conclusion{Assessment: a.ID, Outcome: vetting.Keep, Rationale: "It may stay.", Answers: answers(&a)}); err != nil {
				t.Fatal(err)
			}
			s.made(t)
		}
		due := func(who one) (found []vetting.Due) {
			t.Helper()
			found, err := s.Due(t.Context(), who.Actor, 10)
			if err != nil {
				t.Fatal(err)
			}
			for i := range found {
				if found[i].Product != "notes" || found[i].Platform != policy.Android || found[i].Package != "com.notes" || found[i].Assessment == "" {
					t.Errorf("%+v", found[i])
				}
			}
			return found
		}
		is := func(d vetting.Due, body, reviewed, installed string, hosts int) bool {
			return d.Organisation == body && d.Reviewed == reviewed && d.Installed == installed && d.Hosts == hosts
		}
		centre, ann, bea := s.somebody(t, people.CentreOfficer, people.Everywhere, "Cora"), s.somebody(t, people.Reviewer, "dept-a", "Ann"), s.somebody(t, people.Reviewer, "dept-b", "Bea")
		keeps(ann, "dept-a", "1")
		keeps(bea, "dept-b", "2")
		if d := due(ann); len(d) != 1 || !is(d[0], "dept-a", "1", "3", 2) {
			t.Errorf("a department: %+v", d)
		}
		if d := due(bea); len(d) != 1 || !is(d[0], "dept-b", "2", "3", 1) {
			t.Errorf("the other, which has reviewed a later one: %+v", d)
		}
		if d := due(centre); len(d) != 2 || !is(d[0], "dept-a", "1", "3", 2) || !is(d[1], "dept-b", "2", "3", 1) {
			t.Errorf("who sees both: %+v", d)
		}
		keeps(centre, "gov", "3") // which is later than what they have, and counts for both
		for name, who := range map[string]one{"a department": ann, "the other": bea, "who sees both": centre} {
			if d := due(who); len(d) != 0 {
				t.Errorf("%s, after one above has reviewed it: %+v", name, d)
			}
		}
		keeps(centre, "police", "3") // which is above nothing and below nothing
		if d := due(centre); len(d) != 1 || !is(d[0], "police", "3", "4", 1) {
			t.Errorf("a body by itself: %+v", d)
		}
	})
}

// TestOneMillisecond holds the order of reports and reviews that are made in one millisecond.
func TestOneMillisecond(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		s.clock.Advance(time.Second)
		reviewer := s.somebody(t, people.Reviewer, "dept-a", "Rita")
		var made []string
		for _, version := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
			a, err := s.Assess(t.Context(), reviewer.Actor, upload("notes.apk", apktest.Build(t, apktest.App{Package: "com.notes", VersionName: version, VersionCode: 4}), "dept-a", ""))
			if err != nil {
				t.Fatal(err)
			}
			if n := len(made); n > 0 && (a.Before == nil || a.Before.ID != made[n-1]) {
				t.Errorf("version %s is compared with %+v", version, a.Before)
			}
			made = append(made, a.ID)
		}
		listed, err := s.Assessments(t.Context(), reviewer.Actor, vetting.Query{})
		if err != nil || len(listed.Assessments) != len(made) {
			t.Fatalf("%+v, %v", listed, err)
		}
		slices.Reverse(made)
		for i, a := range listed.Assessments {
			if a.ID != made[i] {
				t.Errorf("%d: version %s", i, a.VersionName)
			}
		}
	})
}
