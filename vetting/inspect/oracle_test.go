package inspect_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"portcullis/vetting/apk"
	"portcullis/vetting/criteria"
	"portcullis/vetting/inspect"
	"portcullis/vetting/report"
	"portcullis/vetting/sdk"
)

// shared is where the real files are.
const shared = "../../../shared/data"

// theirs is what other tools found in one file; a tool that was not asked is nil.
type theirs struct {
	File      string
	Apksigner *struct {
		Verifies       bool
		Schemes, Certs []string
	}
	Aapt *struct {
		OK                   bool
		Package, VersionCode string
		Permissions          []string
		MinSDK, TargetSDK    *string
	}
	Androguard *struct{ Classes, Strings *int } // null where it found no list of them
	Exodus     []string
}

func oracle(t testing.TB) (all []theirs) {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "apks/ORACLE.jsonl"))
	if err != nil {
		t.Fatalf("the shared files are not there: %v", err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var one theirs
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// exodus is Exodus Privacy's list as somebody would bring it.
func exodus(t testing.TB) *sdk.List {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(shared, "sdk/exodus_trackers.json"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := sdk.ReadList(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func inspector(t testing.TB, lists ...*sdk.List) *inspect.Inspector {
	t.Helper()
	return inspect.New(criteria.Default(), lists...)
}

func file(t testing.TB, in *inspect.Inspector, name string) *report.Report {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "apks", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, err := in.File(t.Context(), name, f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOracle: on real files the report says what other tools say: apksigner of signatures, aapt of the manifest,
// androguard of the code, Exodus of trackers.
func TestOracle(t *testing.T) {
	in, all := inspector(t, exodus(t)), oracle(t)
	if len(all) < 136 {
		t.Fatalf("%d files", len(all))
	}
	for _, want := range all {
		r := file(t, in, want.File)
		if s := want.Apksigner; s != nil {
			slices.Sort(s.Schemes)
			got := slices.Sorted(slices.Values(r.Signing.Certificates))
			slices.Sort(s.Certs)
			if r.Signing.Verifies != s.Verifies || !slices.Equal(r.Signing.Schemes, s.Schemes) || !slices.Equal(got, s.Certs) {
				t.Errorf("%s: %+v; apksigner says %+v", want.File, r.Signing, s)
			}
		}
		if a := want.Aapt; a != nil && a.OK {
			declared := slices.Concat(r.Permissions.Declared, r.Permissions.Implied)
			missing := slices.ContainsFunc(a.Permissions, func(p string) bool { return !slices.Contains(declared, p) })
			invented := slices.ContainsFunc(r.Permissions.Declared, func(p string) bool { return !slices.Contains(a.Permissions, p) })
			if r.Package != a.Package || r.VersionCode != a.VersionCode || !same(r.MinSDK, a.MinSDK) || !same(r.TargetSDK, a.TargetSDK) || missing || invented {
				t.Errorf("%s: %s %s, %+v; aapt says %+v", want.File, r.Package, r.VersionCode, r.Permissions, a)
			}
		}
		if a := want.Androguard; a != nil && a.Classes != nil && (r.DEX.Classes != *a.Classes || r.DEX.Strings != *a.Strings) {
			t.Errorf("%s: %+v; androguard says %d, %d", want.File, r.DEX, *a.Classes, *a.Strings)
		}
		if want.Exodus != nil {
			got := []string{}
			for _, s := range r.SDKs {
				if id, is := strings.CutPrefix(s.ID, "exodus:"); is {
					got = append(got, id)
				}
			}
			if !slices.Equal(got, want.Exodus) {
				t.Errorf("%s: %q; Exodus says %q", want.File, got, want.Exodus)
			}
		}
		c := r.Coverage
		if r.Error == "" && (c.FilesRead+len(c.NotAnalysed) != c.FilesTotal || c.BytesRead > c.BytesTotal) {
			t.Errorf("%s: the sums of %+v do not add up", want.File, c)
		}
	}
}

func same(a, b *string) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// TestSameBytes: a report has the same bytes however many look at the file.
func TestSameBytes(t *testing.T) {
	written := func(in *inspect.Inspector, name string) string {
		var b bytes.Buffer
		if err := report.WriteJSON(&b, file(t, in, name)); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	one, many := inspector(t, exodus(t)), inspector(t, exodus(t))
	one.Workers, many.Workers = 1, 4*runtime.GOMAXPROCS(0)
	for _, want := range oracle(t)[:30] {
		if a, b := written(one, want.File), written(many, want.File); a != b {
			t.Errorf("%s: %s\n%s", want.File, a, b)
		}
	}
}

// TestTogether: files that are no parts of one app are said not to be; one file alone is what it is.
func TestTogether(t *testing.T) {
	in := inspector(t)
	open := func(name string) apk.File {
		data, err := os.ReadFile(filepath.Join(shared, "apks", name))
		if err != nil {
			t.Fatal(err)
		}
		return apk.File{Name: name, Reader: bytes.NewReader(data), Size: int64(len(data))}
	}
	one, other := open("androguard_TestActivity.apk"), open("androguard_com.politedroid_4.apk")
	r, err := in.Together(t.Context(), []apk.File{one, other})
	if err != nil || r.Error == "" || len(r.Criteria) == 0 || r.SHA256 == "" {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = in.Together(t.Context(), []apk.File{one})
	if err != nil || r.Error != "" || r.Package != "tests.androguard" || r.DEX.Classes != 340 {
		t.Errorf("%+v, %v", r, err)
	}
}
