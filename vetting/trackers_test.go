package vetting_test

import (
	"slices"
	"strings"
	"testing"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/vetting"
	"portcullis/vetting/apk/apktest"
	"portcullis/vetting/report"
)

// umberAds is a list in the form of Exodus Privacy, of one tracker.
const umberAds = `{"trackers": {"7": {"id": 7, "name": "Umber Ads", "code_signature": "com.umber.ads.", "network_signature": "ads\\.umber\\.example", "website": "https://umber.example"}}}`

// TestTrackers has each body look for what the nearest list names, besides what the program knows.
func TestTrackers(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		officer, below, reviewer := s.somebody(t, people.CentreOfficer, "gov", "Cora"), s.somebody(t, people.SecurityOfficer, "dept-a", "Omar"), s.somebody(t, people.Reviewer, people.Everywhere, "Rita")
		file := apktest.Build(t, apktest.App{Package: "com.notes", VersionName: "2", VersionCode: 2, Classes: []string{"com.umber.ads.Banner", pangle}, Signer: apktest.NewSigner(t, "Umber")})
		kits := func(body string) (ids []string) {
			t.Helper()
			a := s.assess(t, reviewer, upload("notes.apk", file, body, ""))
			for _, k := range a.Kits {
				ids = append(ids, k.SDK.ID)
				if k.SDK.ID == "exodus:7" && (k.Addable || k.Product != "" || k.SDK.Name != "Umber Ads" || a.Report.Tables["exodus"] == "") {
					t.Errorf("%+v, %v", k, a.Report.Tables)
				}
			}
			return ids
		}
		if got := kits("dept-a"); slices.Contains(got, "exodus:7") || !slices.Contains(got, "bytedance-pangle") {
			t.Errorf("before there is a list: %v", got)
		}
		if got, err := s.Trackers(t.Context(), reviewer.Actor, "dept-a"); err != nil || got.List != nil || got.Of != "" {
			t.Errorf("before there is a list: %+v, %v", got, err)
		}
		for name, text := range map[string]string{"no list": "name: x", "no text": "\x00", "damaged": umberAds[:len(umberAds)-4], "too long": "{" + strings.Repeat(" ", vetting.MaxTrackers)} {
			if _, err := s.SetTrackers(t.Context(), officer.Actor, "gov", text, "Why"); !fault.Is(err, fault.Invalid) || fault.Fields(err)[0].Field != "trackers" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.SetTrackers(t.Context(), officer.Actor, "gov", umberAds, ""); !fault.Is(err, fault.Invalid) || fault.Fields(err)[0].Field != "reason" {
			t.Errorf("without a reason: %v", err)
		}
		if _, err := s.SetTrackers(t.Context(), below.Actor, "gov", umberAds, "Mine above"); !fault.Is(err, fault.Refused) {
			t.Errorf("above: %v", err)
		}
		set, err := s.SetTrackers(t.Context(), officer.Actor, "gov", umberAds, "We know them")
		if err != nil || set.Of != "gov" || set.Number != 1 || set.List == nil || set.List.Name != "exodus" || len(set.List.Entries) != 1 || set.By != officer.id {
			t.Fatalf("%+v, %v", set, err)
		}
		if got := kits("dept-a"); !slices.Contains(got, "exodus:7") || !slices.Contains(got, "bytedance-pangle") {
			t.Errorf("with the list of the body above: %v", got)
		}
		if got := kits("police"); slices.Contains(got, "exodus:7") {
			t.Errorf("elsewhere: %v", got)
		}
		a := s.assess(t, reviewer, upload("notes.apk", file, "dept-a", ""))
		if _, err := s.Conclude(t.Context(), reviewer.Actor, vetting.Conclusion{Assessment: a.ID, Outcome: vetting.Confirm, Rationale: "There it is.", Contains: []string{"exodus:7"}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("to confirm what a list names: %v", err)
		}
		if again, err := s.Again(t.Context(), reviewer.Actor, a.ID, "dept-b", ""); err != nil || !slices.ContainsFunc(again.Report.SDKs, func(k report.SDK) bool { return k.ID == "exodus:7" }) {
			t.Errorf("a report keeps what was looked for: %+v, %v", again.Report, err)
		}
		other := strings.Replace(umberAds, "com.umber.ads.", "com.nothing.like.it.", 1)
		if own, err := s.SetTrackers(t.Context(), below.Actor, "dept-a", other, "Ours"); err != nil || own.Of != "dept-a" {
			t.Fatalf("%+v, %v", own, err)
		}
		if got := kits("dept-a"); slices.Contains(got, "exodus:7") {
			t.Errorf("with its own list: %v", got)
		}
		if back, err := s.SetTrackers(t.Context(), below.Actor, "dept-a", "", "That above will do"); err != nil || back.Of != "gov" || back.Number != 2 {
			t.Fatalf("%+v, %v", back, err)
		}
		if got := kits("dept-a"); !slices.Contains(got, "exodus:7") {
			t.Errorf("with that above again: %v", got)
		}
		if entries := s.entries(t, "vetting.trackers-set"); len(entries) != 3 || !strings.Contains(entries[0], set.Digest) || !strings.Contains(entries[0], "We know them") {
			t.Errorf("the ledger says %s", entries)
		}
	})
}
