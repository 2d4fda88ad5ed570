package windows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/shared"
	"portcullis/platform"
	"portcullis/platform/platformtest"
	"portcullis/policy"
)

func file(t testing.TB, elem ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPromises(t *testing.T) {
	platformtest.Readers(t, Read, platformtest.Sample{Name: "export", Data: file(t, "testdata", "export.json"), Text: true})
}

func TestRead(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, file(t, "testdata", "export.json"))
	want := []platform.Report{{
		Platform: policy.Windows, Partial: true, Line: 1, At: time.Date(2026, 2, 11, 8, 30, 0, 250e6, time.UTC),
		Apps: []platform.App{
			{Identifier: "Example.Reader", Version: "24.1", Line: 9},
			{Identifier: "Example.Éditeur", Line: 13},
			{Identifier: "9NEXAMPLE001", Version: "12", Line: 31},
		},
	}}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
	wantProblems := []platform.Problem{
		{Line: 16, Reason: `Example.Reader is listed twice, with version "24.1" and version "23.9": the first stands`},
		{Line: 20, Reason: "an entry of Packages has neither PackageIdentifier nor Id"},
		{Line: 31, Reason: "an entry of Packages has neither PackageIdentifier nor Id"},
		{Line: 31, Reason: "an entry of Packages is not an object"},
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"text in JSON", `"valid JSON"`, "line 1: expected the JSON object that `winget export` writes, found '\"'"},
		{"not JSON", "This is not", "line 1: expected the JSON object that `winget export` writes, found 'T'"},
		{"another schema", `{"$schema": "https://example.org/settings.json"}`,
			`line 1: this is not what ` + "`winget export`" + ` writes, which has Sources: its schema is "https://example.org/settings.json"`},
		{"another schema with Sources", `{"$schema": "https://example.org/feeds.json", "Sources": []}`,
			`line 1: this is not what ` + "`winget export`" + ` writes, which has Sources: its schema is "https://example.org/feeds.json"`},
		{"another tool's", `{"events": []}`, "line 1: this is not what `winget export` writes, which has Sources: its keys are events"},
		{"two exports", "{\"Sources\": []}\n{}", "line 2: expected the end of the file, found '{'; give one export at a time, for it does not name its device"},
		{"cut before a package", `{"Sources": [{"Packages": [{"PackageIdentifier": "Exam`, "line 1: the input ends in the middle of a JSON document: unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, _, err := platformtest.Collect(t, Read, []byte(tt.in))
			if err == nil || err.Error() != tt.want || len(reports) > 0 {
				t.Errorf("%d reports, error %v\nwant %s", len(reports), err, tt.want)
			}
		})
	}
}

func TestCutExportIsReported(t *testing.T) {
	whole := string(file(t, "testdata", "export.json"))
	reports, problems, err := platformtest.Collect(t, Read, []byte(whole[:strings.Index(whole, "diteur")]))
	if err != nil || len(reports) != 1 || len(reports[0].Apps) != 1 || !reports[0].Partial {
		t.Errorf("error %v, reports %+v", err, reports)
	}
	want := []platform.Problem{{Line: 14, Reason: "line 14: the input ends in the middle of a JSON document: unexpected EOF"}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestSharedFiles(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	tests := []struct {
		file    string
		apps    int
		first   string
		version string
		refused bool
	}{
		{"winget_export_real_Bigsmooth68.json", 22, "7zip.7zip", "", false},
		{"winget_ImportFile-Good.1.0.json", 1, "AppInstallerTest.TestExeInstaller", "1.0.0.0", false},
		{"winget_ImportFile-Good.json", 2, "AppInstallerCliTest.TestExeInstaller", "2.0.0.0", false},
		{"winget_ImportFile-Good-Dependencies.json", 2, "AppInstallerCliTest.TestExeInstaller.Dependencies", "2.0.0.0", false},
		{"winget_ImportFile-Bad-UnknownSource.json", 1, "AppInstallerCliTest.TestExeInstaller", "1.0.0.0", false},
		{"winget_ImportFile-Bad-Invalid.json", 0, "", "", true},
		{"winget_ImportFile-Bad-Malformed.json", 0, "", "", true},
		{"glpi_computer_2.json", 0, "", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			reports, problems, err := platformtest.Collect(t, Read, file(t, dir, "inventories", "csv", tt.file))
			if (err != nil) != tt.refused || len(problems) > 0 {
				t.Fatalf("error %v, problems %v", err, problems)
			}
			if tt.refused {
				return
			}
			apps := reports[0].Apps
			if len(apps) != tt.apps || apps[0].Identifier != tt.first || apps[0].Version != tt.version {
				t.Errorf("%d apps, the first %+v", len(apps), apps[0])
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(f, "testdata", "export.json"))
	f.Add([]byte(`{"Sources":[{"Packages":null},{}],"$schema":7,"CreationDate":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}
