package vetting_test

import (
	"testing"

	"portcullis/people"
	"portcullis/vetting"
	"portcullis/vetting/apk/apktest"
)

func TestAssess(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, asker := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.Staff, "dept-a", "Sam")
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		a := s.assess(t, reviewer, upload("up/polite.apk", polite(t, "1.5", apktest.NewSigner(t, "Umber")), "", p.ID))
		if a.Package != "com.politedroid" || a.File != "polite.apk" || a.Organisation != "dept-a" || !a.Criteria || a.Report.SHA256 == "" {
			t.Fatalf("%+v", a.Summary)
		}
		if !a.Report.Signing.Verifies || a.Report.VersionName != "1.5" || a.Report.Coverage.FilesRead == 0 {
			t.Fatalf("%+v", a.Report)
		}
		review, err := s.Conclude(t.Context(), reviewer.Actor, allowing(&a, p))
		if err != nil {
			t.Fatal(err)
		}
		if review.Product == "" || review.Act != "grant" {
			t.Errorf("%+v", review)
		}
		v, err := s.Approvals.Proposal(t.Context(), asker.Actor, p.ID)
		if err != nil || v.State != "made" {
			t.Errorf("%v %v", v.State, err)
		}
		listed, err := s.Assessments(t.Context(), reviewer.Actor, vetting.Query{})
		if err != nil || len(listed.Assessments) != 1 || listed.Assessments[0].Outcome != vetting.Allow {
			t.Errorf("%+v, %v", listed, err)
		}
	})
}
