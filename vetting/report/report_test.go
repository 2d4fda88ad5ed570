package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a report that has something of everything, some of it hostile.
func sample() *Report {
	min, target := "24", "34"
	r := &Report{
		File: "letters <b>&\".apk", Format: APK, SHA256: strings.Repeat("ab", 32), Package: "org.example.letters", Name: "Letters <script>alert(1)</script>",
		VersionCode: "42", VersionName: "4.2", MinSDK: &min, TargetSDK: &target,
		Permissions: Permissions{Declared: []string{"android.permission.READ_CONTACTS", "android.permission.INTERNET", "android.permission.INTERNET"}, Implied: []string{"android.permission.READ_CALL_LOG"}},
		Data:        []Data{{"contacts", []Evidence{{GradeDeclared, "manifest", "android.permission.READ_CONTACTS"}}}},
		Traits:      []Trait{{Cleartext, []Evidence{{GradeDeclared, "manifest", "usesCleartextTraffic"}}}},
		Signing:     Signing{Verifies: true, Schemes: []string{"v2", "v1"}, Certificates: []string{strings.Repeat("cd", 32)}, Subjects: []string{"CN=Letters\x1b[2J"}},
		DEX:         DEX{1, 340, 4329},
		SDKs: []SDK{{ID: "pangle", Name: "Pangle", Company: "Bytedance Pte. Ltd.", Owner: "ByteDance", Country: "CN",
			Evidence: []Evidence{{GradeDefined, "classes.dex", "com.bytedance.sdk.openadsdk.TTAdSdk"}, {GradeDomain, "assets/a.zip!b.js", "pangle.io"}},
			Flags:    []Flag{{"pangle_off", "true", "it collects nothing"}}}},
		Domains:    []string{"pangle.io", "example.org"},
		Components: []Component{{"service", "org.example.letters.Post", true, ""}},
		Libraries:  []Library{{"lib/arm64-v8a/libletters.so", "arm64", nil}},
		Nested:     []Nested{{"assets/a.zip", "zip", ""}},
		Problems:   []Problem{{"assets/../x", "a name that leads out of the folder \u202e"}},
		Coverage:   Coverage{FilesTotal: 10, FilesRead: 9, BytesTotal: 1000, BytesRead: 950, FilesMedia: 2, BytesMedia: 300, NotAnalysed: []NotAnalysed{{"assets/b.bin", "encrypted"}}},
		Unknown:    map[Fact]string{SDKFact: "assets/b.bin could not be read"},
		Criteria: []Criterion{
			{ID: "contacts", Title: "It cannot read people's contacts", Result: NotMet, Standard: "NIAP FDP_DEC_EXT.1.2", Evidence: []Evidence{{GradeDeclared, "manifest", "android.permission.READ_CONTACTS"}}},
			{ID: "location", Title: "It cannot learn where people are", Result: Met, Standard: "MASVS-PRIVACY-1"},
			{ID: "owners", Title: "No code of theirs is in it", Result: Unknown, Why: "assets/b.bin could not be read", Standard: "NIST SP 800-163r1"},
		},
		Tables: map[string]string{"criteria": "Portcullis default 2026-11-23", "sdks": "2026-11-23"},
	}
	r.Settle()
	return r
}

var tool = Tool{"Portcullis", "1.0"}

// forms are how each form is written.
var forms = map[string]func(w io.Writer, r *Report) error{
	"json":  WriteJSON,
	"txt":   WriteText,
	"html":  func(w io.Writer, r *Report) error { return WriteHTML(w, tool, []*Report{r}) },
	"sarif": func(w io.Writer, r *Report) error { return WriteSARIF(w, tool, []*Report{r}) },
	"xml":   func(w io.Writer, r *Report) error { return WriteNIAP(w, tool, r) },
}

func written(t *testing.T, form string, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := forms[form](&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestForms holds every form to what it was, for an app and for a file that could not be read.
func TestForms(t *testing.T) {
	unread := &Report{File: "empty.apk", Format: APK, Error: "the file is empty"}
	unread.Settle()
	nothing := &Report{File: "nothing.ipa", Format: IPA, Unknown: map[Fact]string{}, Coverage: Coverage{FilesTotal: 2, NotAnalysed: []NotAnalysed{{"a", "encrypted"}, {"b", "encrypted"}}}}
	for kind := range Facts {
		nothing.Unknown[kind] = "everything is encrypted"
	}
	nothing.Settle()
	for form := range forms {
		for name, r := range map[string]*Report{"sample": sample(), "unread": unread, "nothing": nothing} {
			path := filepath.Join("testdata", name+"."+form)
			got := written(t, form, r)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
		}
	}
}

// TestMembers: what others read of a report has the names that were published, and lists are never null.
func TestMembers(t *testing.T) {
	published := []string{"file", "format", "sha256", "package", "version_code", "version_name", "min_sdk", "target_sdk", "permissions.declared", "permissions.implied",
		"signing.verifies", "signing.schemes", "signing.certificates", "signing.problems", "dex.files", "dex.classes", "dex.strings", "sdks", "domains",
		"coverage.files_total", "coverage.files_read", "coverage.bytes_total", "coverage.bytes_read", "coverage.not_analysed", "criteria", "tables"}
	empty := &Report{}
	empty.Settle()
	text := written(t, "json", empty)
	var all map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	for _, path := range published {
		at := any(all)
		for name := range strings.SplitSeq(path, ".") {
			in, _ := at.(map[string]any)
			value, there := in[name]
			if !there {
				t.Errorf("there is no %s", path)
			}
			at = value
		}
		if at == nil && path != "min_sdk" && path != "target_sdk" {
			t.Errorf("%s is null", path)
		}
	}
	if strings.Count(text, "\n") != 1 {
		t.Errorf("%q is not one line", text)
	}
}

// TestRead: what was written is read again as it was.
func TestRead(t *testing.T) {
	r := sample()
	again, err := ReadJSON([]byte(written(t, "json", r)))
	if err != nil {
		t.Fatal(err)
	}
	r.Problems[0].What, r.Signing.Subjects[0] = again.Problems[0].What, again.Signing.Subjects[0]
	if diff := cmp.Diff(r, again); diff != "" {
		t.Error(diff)
	}
	if _, err := ReadJSON([]byte("{")); err == nil {
		t.Error("half a report was read")
	}
}

// TestHostile: what a file brought can neither steer a terminal, nor add to a page or to XML.
func TestHostile(t *testing.T) {
	r := sample()
	r.Domains = append(r.Domains, "\x00\x01\xff]]>")
	if text := written(t, "txt", r); strings.ContainsAny(text, "\x1b\u202e\x00") {
		t.Errorf("%q", text)
	}
	page := written(t, "html", r)
	for _, bad := range []string{"<script", "<b>&", "src=", "href=", "http-equiv=\"refresh"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	d := xml.NewDecoder(strings.NewReader(written(t, "xml", r)))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestUnknownIsSaid: every form but JSON, which has it as a member, says in words what was not analysed.
func TestUnknownIsSaid(t *testing.T) {
	for form := range forms {
		if text := written(t, form, sample()); !strings.Contains(text, "assets/b.bin") || !strings.Contains(text, "encrypted") {
			t.Errorf("%s does not say what was not analysed", form)
		}
	}
}

// TestOf: what is not known of one kind of facts makes those known no better that rest on it.
func TestOf(t *testing.T) {
	r := sample()
	for kind := range Facts {
		found, why := r.Of(kind)
		if wants := kind == SDKFact || kind == CodeFact || kind == OwnerFact || kind == CountryFact || kind == MakerFact; (why != "") != wants {
			t.Errorf("%s: %v, %q", kind, found, why)
		}
		if len(found) == 0 && kind != MakerFact && kind != CodeFact {
			t.Errorf("%s: nothing found", kind)
		}
	}
	delete(r.Unknown, SDKFact)
	r.SDKs = append(r.SDKs, SDK{ID: "x", Name: "X"})
	if _, why := r.Of(CountryFact); !strings.Contains(why, "X") {
		t.Errorf("nobody knows whose X is: %q", why)
	}
	r.Error = "no"
	for kind := range Facts {
		if _, why := r.Of(kind); why == "" {
			t.Errorf("%s of a file that could not be read", kind)
		}
	}
}
