package report_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/vetting/report"
)

func level(text string) *string { return &text }

// TestCompare tells each kind of difference, both ways.
func TestCompare(t *testing.T) {
	before := &report.Report{
		Package: "com.notes", VersionName: "1.0", VersionCode: "7", SHA256: "aa", Format: report.APK, TargetSDK: level("30"),
		Permissions: report.Permissions{Declared: []string{"CAMERA", "INTERNET"}, Implied: []string{"READ_STORAGE"}},
		Data:        []report.Data{{Kind: "camera"}}, Traits: []report.Trait{{ID: report.Cleartext}}, Domains: []string{"old.example"},
		Signing: report.Signing{Verifies: true, Certificates: []string{"first"}},
		SDKs: []report.SDK{{ID: "gone", Name: "Gone", Owner: "Gone Ltd", Evidence: []report.Evidence{{Grade: report.GradeDefined}}},
			{ID: "more", Name: "More", Owner: "More Ltd", Country: "NL", Evidence: []report.Evidence{{Grade: report.GradeDomain}}}},
		Criteria: []report.Criterion{{ID: "contacts", Title: "It cannot read contacts", Result: report.Met}, {ID: "old", Title: "Old", Result: report.Unknown}},
		Coverage: report.Coverage{NotAnalysed: []report.NotAnalysed{{Path: "a.so", Why: "a"}}},
		Unknown:  map[report.Fact]string{report.SDKFact: "packed"},
	}
	after := &report.Report{
		Package: "com.notes", VersionName: "2.0", VersionCode: "2.0", SHA256: "bb", Format: report.XAPK, TargetSDK: level("35"), MinSDK: level("26"),
		Permissions: report.Permissions{Declared: []string{"INTERNET", "READ_CONTACTS", "READ_STORAGE"}},
		Data:        []report.Data{{Kind: "contacts"}}, Traits: []report.Trait{{ID: report.LoadsCode}}, Domains: []string{"new.example"},
		Signing: report.Signing{Certificates: []string{"second"}},
		SDKs: []report.SDK{{ID: "came", Name: "Came", Company: "Came Ltd", Evidence: []report.Evidence{{Grade: report.GradeDomain}}, Count: map[string]int{report.GradeReferenced: 1}},
			{ID: "more", Name: "More", Owner: "More Ltd", Country: "NL", Evidence: []report.Evidence{{Grade: report.GradeDefined}}}},
		Criteria: []report.Criterion{{ID: "contacts", Title: "It cannot read contacts", Result: report.NotMet}, {ID: "new", Title: "New", Result: report.Met}},
		Coverage: report.Coverage{NotAnalysed: []report.NotAnalysed{{Path: "b.so", Why: "b"}}},
		Unknown:  map[report.Fact]string{report.DomainFact: "too deep", report.MakerFact: "no matter"},
	}
	d := report.Compare(before, after)
	var told []string
	for _, c := range d.Changes {
		told = append(told, string(c.About)+" "+string(c.Direction)+" "+c.Value+": "+c.Words)
	}
	want := []string{
		"app otherwise format: The form of the file: xapk (before: apk)",
		"app otherwise min-sdk: The oldest system that it runs on: 26 (before: not said)",
		"app otherwise target-sdk: The system that it was made for: 35 (before: 30)",
		"signer otherwise verdict: The signature: does not verify (before: verifies)",
		"signer otherwise certificates: It is signed by somebody else: the signer before does not vouch for this one",
		"criterion otherwise contacts: It cannot read contacts: not met, and it was met",
		"criterion came new: New: this was not asked before, and is met",
		"criterion went old: Old: this is asked no longer, and was not known",
		"data went camera: It can no longer reach the camera",
		"data came contacts: It can reach contacts, which it could not before",
		"kit came came: Came, of Came Ltd (country not known), is in it now, and was not found before: asked for by code",
		"kit went gone: Gone, of Gone Ltd (country not known), was in it, and is not found any more",
		"kit otherwise more: More, of More Ltd (NL), is found in another way: code, and it was host",
		"permission went CAMERA: It no longer asks for CAMERA",
		"permission came READ_CONTACTS: It asks for READ_CONTACTS, which it did not before (declared)",
		"permission otherwise READ_STORAGE: READ_STORAGE is declared now, and was implied",
		"trait went cleartext: This was so, and is no longer: it may speak without encryption",
		"trait came loads-code: This is so now, and was not: it can load code that is not part of it",
		"domain came new.example: It names the host new.example, which it did not before",
		"domain went old.example: It no longer names the host old.example",
		"coverage went a.so: a.so, which was not analysed before, is analysed, or is there no longer",
		"coverage came b.so: b.so was not analysed, which the one before did not have, or could be read in it",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if d.Before != "1.0 (7)" || d.After != "2.0" || d.BeforeSHA256 != "aa" || d.AfterSHA256 != "bb" || len(d.Cautions) != 2 ||
		!slices.ContainsFunc(d.Cautions, func(text string) bool { return strings.Contains(text, "packed") && strings.Contains(text, "before") }) {
		t.Errorf("%+v", d)
	}
	// The other way, each is told the other way.
	back := report.Compare(after, before)
	turned := map[report.Direction]report.Direction{report.Came: report.Went, report.Went: report.Came, report.Otherwise: report.Otherwise}
	for i, c := range d.Changes {
		if i < len(back.Changes) && (back.Changes[i].About != c.About || back.Changes[i].Value != c.Value || back.Changes[i].Direction != turned[c.Direction] || back.Changes[i].Was != c.Is) {
			t.Errorf("%+v, and back %+v", c, back.Changes[i])
		}
	}
	if len(back.Changes) != len(d.Changes) {
		t.Errorf("%d changes, and %d back", len(d.Changes), len(back.Changes))
	}
	if same := report.Compare(after, after); len(same.Changes) != 0 {
		t.Errorf("from itself: %+v", same.Changes)
	}
}

func TestCompareSigners(t *testing.T) {
	signed := func(lineage []string, certificates ...string) *report.Report {
		return &report.Report{Signing: report.Signing{Verifies: true, Certificates: certificates, Lineage: lineage}}
	}
	for name, test := range map[string]struct {
		before, after *report.Report
		words         string
	}{
		"rotated":  {signed(nil, "a"), signed([]string{"a", "b"}, "b"), "It is signed with another key, and the one before vouches for that one"},
		"signed":   {signed(nil), signed(nil, "a"), "It is signed now, and was not"},
		"unsigned": {signed(nil, "a"), signed(nil), "It is signed no longer"},
		"unread":   {signed(nil, "a"), &report.Report{Error: "no archive"}, "Whether the file could be read: no archive (before: it was read)"},
	} {
		d := report.Compare(test.before, test.after)
		if len(d.Changes) != 1 || d.Changes[0].Words != test.words {
			t.Errorf("%s: %+v", name, d.Changes)
		}
	}
}
