package linux

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	var samples []platformtest.Sample
	for _, name := range []string{"fitted.txt", "terminal.txt", "tabs.txt"} {
		samples = append(samples, platformtest.Sample{Name: name, Data: file(t, "testdata", name), Text: true})
	}
	platformtest.Readers(t, Read, samples...)
}

func app(line int, id, name, version string) platform.App {
	return platform.App{Identifier: id, Name: name, Version: version, Line: line}
}

const unpacked = `package example-unpacked is in the state "iU", between installed and removed: it is counted as neither`

func TestRead(t *testing.T) {
	const wayOut = "; list into a file (dpkg -l > packages.txt) or with dpkg-query -W"
	tests := []struct {
		file     string
		want     platform.Report
		problems []platform.Problem
	}{
		{"fitted.txt", platform.Report{Line: 5, Apps: []platform.App{
			app(6, "acl", "acl", "2.3.1-3"),
			app(7, "example-viewer", "example-viewer", "24.1-1"),
			app(8, "example-editor", "example-editor", "7.2.4-0example1~12"),
			app(12, "example-waits", "example-waits", "1.1"),
			app(13, "example-broken", "example-broken", "1.2"),
			app(14, "example-architecture", "example-architecture", "3.4-1"),
			app(16, "linux-image-6.1.0-28-amd64", "linux-image-6.1.0-28-amd64", "6.1.119-1"),
			app(17, "linux-image-6.1.0-28-amd64-unsigned", "linux-image-6.1.0-28-amd64-unsigned", "6.1.119-1+build2026"),
		}}, []platform.Problem{{Line: 11, Reason: unpacked}}},
		{"terminal.txt", platform.Report{Line: 5, Apps: []platform.App{
			app(6, "acl", "acl", "2.3.1-3"),
			app(7, "example-viewer", "example-viewer", "24.1-1"),
			app(8, "example-editor", "example-editor", ""),
			app(12, "example-waits", "example-waits", "1.1"),
			app(13, "example-broken", "example-broken", "1.2"),
			app(14, "example-architecture", "example-architecture", "3.4-1"),
			app(16, "", "linux-image-6.1.0-28-amd64", "6.1.119-1"),
			app(17, "", "linux-image-6.1.0-28-amd64", ""),
		}}, []platform.Problem{
			{Line: 8, Reason: `version "1:7.2.4-0example1~" of example-editor fills its column and may be cut: it is left out` + wayOut},
			{Line: 11, Reason: unpacked},
			{Line: 16, Reason: `name "linux-image-6.1.0-28-amd64" fills its column and may be cut: it stands for no identifier` + wayOut},
			{Line: 17, Reason: `name "linux-image-6.1.0-28-amd64" and version "6.1.119-1+build202" fill their columns and may be cut: the name stands for no identifier, and the version is left out` + wayOut},
		}},
		{"tabs.txt", platform.Report{Line: 1, Apps: []platform.App{
			app(1, "acl", "acl", "2.3.1-3"),
			app(2, "example-viewer", "example-viewer", "24.1-1"),
			app(3, "example-editor", "example-editor", "7.2.4-0example1~12"),
			app(7, "example-waits", "example-waits", "1.1"),
			app(8, "example-broken", "example-broken", "1.2"),
			app(9, "example-architecture", "example-architecture", "3.4-1"),
			app(11, "linux-image-6.1.0-28-amd64", "linux-image-6.1.0-28-amd64", "6.1.119-1"),
			app(12, "linux-image-6.1.0-28-amd64-unsigned", "linux-image-6.1.0-28-amd64-unsigned", "6.1.119-1+build2026"),
		}}, []platform.Problem{{Line: 6, Reason: unpacked}}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			reports, problems, err := platformtest.Collect(t, Read, file(t, "testdata", tt.file))
			tt.want.Platform, tt.want.Partial = policy.Linux, true
			if diff := cmp.Diff([]platform.Report{tt.want}, reports); diff != "" || err != nil {
				t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
			}
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

const head = "Souhait=inconnU/Installé/suppRimé/Purgé/H=à garder\n| État=Non/Installé\n|/ Err?=(aucune)\n" +
	"||/ Nom            Version        Description\n+++-==============-==============-============================================\n"

func TestTables(t *testing.T) {
	row := "ii  bash           5.2.15-2       GNU Bourne Again SHell\n"
	tests := []struct {
		name, in string
		apps     []int // of each report
		problems []int // their lines
	}{
		{"of dpkg before the architecture, in French", head + row, []int{1}, nil},
		{"two devices", head + row + "\n" + head + row, []int{1, 1}, nil},
		{"a message of the shell first", "dpkg-query: no packages found matching x\n" + head + row, []int{1}, nil},
		{"nothing installed", head, []int{0}, nil},
		{"another line among the rows", head + "logout\n" + row, []int{1}, []int{6}},
		{"a state that is none", head + "ix  bash           5.2.15-2       shell\n" + row, []int{1}, []int{6}},
		{"columns that do not fit", head + "ii  bash 5.2.15-2 GNU Bourne Again SHell of old\n" + row, []int{1}, []int{6}},
		{"not a package's name", head + "ii  bash;rm        5.2.15-2       shell\n" + row, []int{1}, []int{6}},
		{"cut off in the version", head + row + row[:25], []int{1}, []int{7}},
		{"without a last line end", head + row[:40], []int{1}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, problems, err := platformtest.Collect(t, Read, []byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			var apps, lines []int
			for _, r := range reports {
				apps = append(apps, len(r.Apps))
			}
			for _, p := range problems {
				lines = append(lines, p.Line)
			}
			if diff := cmp.Diff(tt.apps, apps); diff != "" {
				t.Errorf("apps of each report (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.problems, lines); diff != "" {
				t.Errorf("lines of the problems (-want +got):\n%s%v", diff, problems)
			}
			if partial := reports[0].Partial; partial != (len(problems) > 0) {
				t.Errorf("partial %v with %d problems", partial, len(problems))
			}
		})
	}
}

// The head is that of a terminal of 80 columns, so that 14 letters may be the first of more.
func TestOldTableThatWasCut(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, []byte(head+"ii  example-editor 7.2            editor\n"))
	want := []platform.App{app(6, "", "example-editor", "7.2")}
	if err != nil || len(reports) != 1 || len(problems) != 1 || !reports[0].Partial {
		t.Fatalf("error %v, problems %v, reports %+v", err, problems, reports)
	}
	if diff := cmp.Diff(want, reports[0].Apps); diff != "" {
		t.Errorf("apps (-want +got):\n%s", diff)
	}
}

func TestTabs(t *testing.T) {
	tests := []struct {
		name, in string
		apps     []platform.App
		problems []platform.Problem
	}{
		{"words for the state, after the rest", "bash\t5.2\tinstall ok installed\nvim\t9.0\tdeinstall ok config-files\nnano\t7.2\thold ok half-installed\n",
			[]platform.App{app(1, "bash", "bash", "5.2")},
			[]platform.Problem{{Line: 3, Reason: `package nano is in the state "hold ok half-installed", between installed and removed: it is counted as neither`}}},
		{"an unknown state", "bash\t5.2\tinstall ok melted\n", nil,
			[]platform.Problem{{Line: 1, Reason: `package bash is in the state "install ok melted", which is not one of dpkg's`}}},
		{"two versions", "ii \tbash\t5.2\nii \tbash\t5.1\n", []platform.App{app(1, "bash", "bash", "5.2")},
			[]platform.Problem{{Line: 2, Reason: `bash is listed twice, with version "5.2" and version "5.1": the first stands`}}},
		{"another line among them", "ii \tbash\t5.2\nlogout\n", []platform.App{app(1, "bash", "bash", "5.2")},
			[]platform.Problem{{Line: 2, Reason: "there is no tab between package and version"}}},
		{"cut off in the name", "ii \tbash\t5.2\nii \tvi", []platform.App{app(1, "bash", "bash", "5.2")},
			[]platform.Problem{{Line: 2, Reason: "there is no tab between package and version"}}},
		{"without a last line end", "ii \tbash\t5.2\nii \tvim\t2:9.0", []platform.App{app(1, "bash", "bash", "5.2"), app(2, "vim", "vim", "9.0")}, nil},
		{"cut off in the state", "bash\t5.2\tinstall ok installed\nvim\t9.0\tdeinst", []platform.App{app(1, "bash", "bash", "5.2")},
			[]platform.Problem{{Line: 2, Reason: "the file ends in the middle of this line: it was cut off"}}},
		{"without a state", "bash\t5.2\nlibc6:amd64\t2.36\nvirtual\t\n",
			[]platform.App{app(1, "bash", "bash", "5.2"), app(2, "libc6", "libc6", "2.36")},
			[]platform.Problem{{Line: 1, Reason: "the lines have no state: if they are from dpkg-query -W, packages that were removed and left their settings are among them, " +
				`and are counted as installed; list with -f '${db:Status-Abbrev}\t${Package}\t${Version}\n' to tell them apart`}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, problems, err := platformtest.Collect(t, Read, []byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.apps, reports[0].Apps); diff != "" {
				t.Errorf("apps (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"rows without a head", "ii  bash  5.2  amd64  shell\n", "line 1: these are rows of `dpkg -l` without the table's head"},
		{"JSON", "{\n\"a\": 1}\n", "line 1: expected the table of `dpkg -l` with its head"},
		{"a long text", "\n" + strings.Repeat("text\n", 20), "line 2: expected the table of `dpkg -l` with its head"},
		{"a sheet with tabs", "Device name\tApp\n", `line 1: "Device name" is not the name of a package: expected the table`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, _, err := platformtest.Collect(t, Read, []byte(tt.in))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || len(reports) > 0 {
				t.Errorf("%d reports, error %v\nwant %s", len(reports), err, tt.want)
			}
		})
	}
}

// A real table from a terminal of 148 columns: what fills its column there was cut, and the rest is
// what dpkg says.
func TestSharedTable(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	data := file(t, dir, "inventories", "csv", "jc_dpkg-l_ubuntu1804.txt")
	reports, problems, err := platformtest.Collect(t, Read, data)
	if err != nil || len(reports) != 1 {
		t.Fatalf("%d reports, error %v", len(reports), err)
	}
	names, versions := 0, 0
	for _, a := range reports[0].Apps {
		if a.Identifier == "" {
			names++
		}
		if a.Version == "" {
			versions++
		}
		if len(a.Identifier) >= 31 || len(a.Version) >= 20 {
			t.Errorf("line %d: %q %q fills its column and is trusted", a.Line, a.Identifier, a.Version)
		}
	}
	if rows := strings.Count(string(data), "\nii "); len(reports[0].Apps) != rows {
		t.Errorf("%d apps of %d rows that say ii", len(reports[0].Apps), rows)
	}
	if len(problems) != names+versions || names == 0 || versions == 0 || !reports[0].Partial {
		t.Errorf("%d problems for %d names and %d versions, partial %v", len(problems), names, versions, reports[0].Partial)
	}
}

// What another parser makes of the codes is what this one makes of them.
func TestSharedCodes(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	var rows []struct{ Codes, Name, Version, Status string }
	if err := json.Unmarshal(file(t, dir, "inventories", "csv", "jc_dpkg-l-codes.expected.json"), &rows); err != nil {
		t.Fatal(err)
	}
	var in strings.Builder
	want := map[string]bool{}
	for _, r := range rows {
		in.WriteString((r.Codes + " ")[:3] + "\t" + r.Name + "\t" + r.Version + "\n")
		want[r.Name] = r.Status == "installed" || strings.HasPrefix(r.Status, "trigger")
	}
	reports, problems, err := platformtest.Collect(t, Read, []byte(in.String()))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for name := range want {
		got[name] = false
	}
	for _, a := range reports[0].Apps {
		got[a.Identifier] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("installed (-want +got):\n%s", diff)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].Reason, "package acpid is in the state \"rh\"") {
		t.Errorf("problems %v", problems)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"fitted.txt", "terminal.txt", "tabs.txt"} {
		f.Add(file(f, "testdata", name))
	}
	f.Add([]byte(head + head + "ii  bash\n"))
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}
