package osquery

import (
	"fmt"
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
	platformtest.Readers(t, Read,
		platformtest.Sample{Name: "results", Data: file(t, "testdata", "results.log"), Text: true},
		platformtest.Sample{Name: "body", Data: file(t, "testdata", "body.json"), Text: true})
}

var day = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const mac = "0A1B2C3D-0000-4000-8000-000000000002"

func TestReadResults(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, file(t, "testdata", "results.log"))
	const blocker = "abcdefghijklmnopabcdefghijklmnop"
	want := []platform.Report{
		{Device: mac, Name: "mac-2.local", Platform: policy.MacOS, At: day.Add(time.Minute), Line: 1, Apps: []platform.App{
			{Identifier: "blocker@example.org", Name: "Blocker", Publisher: "Example", Version: "1.3", Platform: policy.Firefox, Line: 5},
			{Identifier: blocker, Name: "Blocker", Version: "1.2", Platform: policy.Chrome, Line: 4},
			{Identifier: blocker, Name: "Blocker", Version: "1.1", Platform: policy.MSEdge, Line: 4},
			{Identifier: "org.example.notes", Name: "Notes", Version: "2.0", Line: 1},
			{Identifier: "org.example.chat", Name: "Чат 聊天", Version: "5.1", Line: 1},
		}},
		{Device: "pc-1", Platform: policy.Windows, At: day, Line: 8, Apps: []platform.App{
			{Name: "Example Reader", Publisher: "Example Ltd", Version: "24.1", Line: 8},
			{Name: "Example Player", Version: "3", Line: 9},
		}},
		{Device: "srv-9", Platform: policy.Linux, At: day, Line: 10, Partial: true, Apps: []platform.App{
			{Identifier: "openssl", Name: "openssl", Publisher: "Example", Version: "3.0.15-2.el9", Line: 10},
		}},
	}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
	wantProblems := []platform.Problem{
		{Line: 2, Reason: "expected a JSON object"},
		{Line: 3, Reason: "expected a JSON object"},
		{Line: 7, Reason: "this is no result of osquery: an object with the keys unknown"},
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestReadBody(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, file(t, "testdata", "body.json"))
	want := []platform.Report{{Device: "SN-77", Name: "lab-77", Platform: policy.Linux, At: day, Line: 5, Partial: true, Apps: []platform.App{
		{Identifier: "xz-utils", Name: "xz-utils", Version: "5.4.1-0.2", Line: 11}}}}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
	wantProblems := []platform.Problem{
		{Device: "SN-77", Line: 20, Reason: `a row of the query "inventory" is not used: the column name is not a text`},
		{Device: "SN-77", Line: 21, Reason: `a row of the query "inventory" is not used: it is not an object`},
		{Line: 25, Reason: "an element of data is not an object"},
		{Device: "SN-77", Line: 19, Reason: "package example-half is in a state between installed and removed: it is counted as neither"},
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// snapshot, run and change are results of the query deb_packages on host h: a snapshot, rows of a
// first run, and rows of a later one.
func snapshot(at int, packages ...string) string {
	rows := make([]string, len(packages))
	for i, p := range packages {
		rows[i] = debRow(p)
	}
	return fmt.Sprintf(`{"name":"deb_packages","action":"snapshot","hostIdentifier":"h","unixTime":%d,"snapshot":[%s]}`, at, strings.Join(rows, ","))
}

func event(at, counter int, action, pack string) string {
	return fmt.Sprintf(`{"name":"deb_packages","action":%q,"hostIdentifier":"h","unixTime":"%d","counter":%d,"epoch":"1","columns":%s}`, action, at, counter, debRow(pack))
}

func batch(at, counter int, added, removed string) string {
	rows := func(pack string) string {
		if pack == "" {
			return `""`
		}
		return "[" + debRow(pack) + "]"
	}
	return fmt.Sprintf(`{"name":"deb_packages","diffResults":{"added":%s,"removed":%s},"hostIdentifier":"h","unixTime":%d,"counter":"%d"}`, rows(added), rows(removed), at, counter)
}

func debRow(pack string) string {
	name, version, _ := strings.Cut(pack, "=")
	return fmt.Sprintf(`{"name":%q,"version":%q,"section":"x","priority":"y"}`, name, version)
}

func TestState(t *testing.T) {
	tests := []struct {
		name    string
		log     []string
		want    string // the apps of the one report, "" for no report
		partial bool
	}{
		{"the newest snapshot, out of order", []string{snapshot(20, "a=2"), snapshot(10, "a=1", "b=1")}, "a=2", false},
		{"of two at one time the later line", []string{snapshot(10, "a=1"), snapshot(10, "a=2")}, "a=2", false},
		{"an empty snapshot is the newest", []string{snapshot(10, "a=1"), snapshot(20)}, "", false},
		{"an empty snapshot is older", []string{snapshot(20, "a=1"), snapshot(10)}, "a=1", false},
		{"a first run and what came after", []string{event(10, 0, "added", "a=1"), event(10, 0, "added", "b=1"), event(20, 1, "removed", "a=1"), event(20, 1, "added", "a=2")}, "b=1 a=2", false},
		{"the same, out of order", []string{event(20, 1, "added", "a=2"), event(20, 1, "removed", "a=1"), event(10, 0, "added", "b=1"), event(10, 0, "added", "a=1")}, "a=2 b=1", false},
		{"a first run again", []string{event(10, 0, "added", "a=1"), event(20, 0, "added", "b=1")}, "b=1", false},
		{"a first run again, out of order", []string{event(20, 0, "added", "b=1"), event(10, 0, "added", "a=1")}, "b=1", false},
		{"no beginning", []string{event(20, 3, "added", "b=1"), event(30, 4, "removed", "c=1")}, "b=1", true},
		{"removed alone", []string{event(20, 3, "removed", "b=1")}, "", false},
		{"added again", []string{event(10, 0, "added", "a=1"), event(20, 1, "removed", "a=1"), event(30, 2, "added", "a=1")}, "a=1", false},
		{"counters at one time", []string{event(10, 2, "added", "a=1"), event(10, 1, "removed", "a=1")}, "a=1", true},
		{"batches", []string{batch(10, 0, "a=1", ""), batch(20, 1, "b=1", "a=1"), batch(30, 2, "", "")}, "b=1", false},
		{"a snapshot and what came after", []string{snapshot(10, "a=1", "b=1"), event(20, 5, "removed", "a=1"), event(5, 4, "removed", "b=1")}, "b=1", false},
		{"rows of a snapshot as events", []string{event(10, 3, "snapshot", "a=1"), event(10, 3, "snapshot", "b=1"), event(20, 4, "snapshot", "b=2")}, "b=2", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, _, err := platformtest.Collect(t, Read, []byte(strings.Join(tt.log, "\n")))
			if err != nil {
				t.Fatal(err)
			}
			got, partial := "", false
			for _, r := range reports {
				for _, a := range r.Apps {
					got += a.Identifier + "=" + a.Version + " "
				}
				partial = r.Partial
			}
			if strings.TrimSpace(got) != tt.want || partial != tt.partial {
				t.Errorf("got %q, partial %v; want %q, partial %v", got, partial, tt.want, tt.partial)
			}
		})
	}
}

func TestEmptyAnswerIsNoEmptyList(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, []byte(snapshot(10)))
	want := []platform.Problem{
		{Device: "h", Line: 1, Reason: `the query "deb_packages" came back empty: that is not taken to mean that nothing is installed`},
		{Reason: "nothing here says what is installed: 0 results are of other tables than apps, programs, deb_packages, rpm_packages, homebrew_packages and browser extensions"},
	}
	if diff := cmp.Diff(want, problems); diff != "" || err != nil || len(reports) > 0 {
		t.Errorf("error %v, reports %v, problems (-want +got):\n%s", err, reports, diff)
	}
}

func TestEmptySnapshotOfAnyNameCounts(t *testing.T) {
	log := strings.ReplaceAll(snapshot(20)+"\n"+snapshot(10, "a=1"), "deb_packages", "inventory")
	if reports, _, err := platformtest.Collect(t, Read, []byte(log)); err != nil || len(reports) > 0 {
		t.Errorf("error %v, reports %+v", err, reports)
	}
}

func TestBrowserAloneIsPartial(t *testing.T) {
	const in = `{"name":"x","action":"snapshot","hostIdentifier":"h","snapshot":[{"identifier":"c","browser_type":"chrome"}]}`
	reports, _, err := platformtest.Collect(t, Read, []byte(in))
	want := []platform.Report{{Device: "h", Partial: true, Line: 1, Apps: []platform.App{{Identifier: "c", Platform: policy.Chrome, Line: 1}}}}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
}

func TestNewestQueryIsBelieved(t *testing.T) {
	older := strings.Replace(snapshot(10, "a=1"), "deb_packages", "pack/old/deb_packages", 1)
	reports, problems, err := platformtest.Collect(t, Read, []byte(older+"\n"+snapshot(20, "a=2")))
	if err != nil || len(reports) != 1 || len(reports[0].Apps) != 1 || reports[0].Apps[0].Version != "2" || len(problems) != 1 {
		t.Errorf("error %v, problems %v, reports %+v", err, problems, reports)
	}
}

func TestDistributed(t *testing.T) {
	const body = `{"node_key":"secret",
"queries":{
 "q1":[{"name":"Notes.app","bundle_identifier":"org.example.notes","bundle_short_version":"2.0"}],
 "q2":[{"name":"Chat","version":"1","source":"chrome_extensions","extension_id":"abcdefghijklmnopabcdefghijklmnop","browser":"edge"}],
 "q3":"", "q4":[{"name":"launchd","pid":"1"}], "software_windows":[],
 "info":[{"uuid":"U-1","hardware_serial":"S-1","computer_name":"mac-1"}]},
"statuses":{"q1":0,"q2":"0","q3":0,"q4":null,"software_windows":1,"kernel":"2"},
"messages":{"software_windows":"no such table: programs","q1":""}}`
	reports, problems, err := platformtest.Collect(t, Read, []byte(body))
	want := []platform.Report{{Device: "U-1", Name: "mac-1", Platform: policy.MacOS, Partial: true, Line: 1, Apps: []platform.App{
		{Identifier: "abcdefghijklmnopabcdefghijklmnop", Name: "Chat", Version: "1", Platform: policy.MSEdge, Line: 4},
		{Identifier: "org.example.notes", Name: "Notes", Version: "2.0", Line: 3},
	}}}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
	wantProblems := []platform.Problem{{Device: "U-1", Line: 1, Reason: `the query "software_windows" failed with status 1: no such table: programs: it says nothing of what is installed`}}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestFailedQueryAloneReportsNothing(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, []byte(`{"node_key":"s","queries":{"apps":[]},"statuses":{"apps":"1"}}`))
	if err != nil || len(reports) > 0 || len(problems) != 2 {
		t.Errorf("error %v, reports %v, problems %v", err, reports, problems)
	}
}

func TestBareRows(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, []byte("[\n{\"name\":\"bash\",\"version\":\"5\",\"section\":\"s\",\"priority\":\"p\"}\n]"))
	want := []platform.Report{{Platform: policy.Linux, Partial: true, Line: 2, Apps: []platform.App{{Identifier: "bash", Name: "bash", Version: "5", Line: 2}}}}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil || len(problems) > 0 {
		t.Errorf("error %v, problems %v, reports (-want +got):\n%s", err, problems, diff)
	}
}

func TestTables(t *testing.T) {
	tests := []struct {
		query, row string
		want       string // identifier, name, version, platform
	}{
		{"x", `{"name":"A.app","bundle_identifier":"org.a","bundle_version":"12"}`, "org.a|A||macos"},
		{"x", `{"bundle_id":"org.a","bundle_name":"A","bundle_version":"12","bundle_version_str":"1.2"}`, "org.a|A|1.2|macos"},
		{"running_apps", `{"pid":"1","bundle_identifier":"org.a","is_active":"1"}`, ""},
		{"x", `{"name":"A","version":"1","identifying_number":"","install_source":""}`, "|A|1|windows"},
		{"x", `{"name":"a","version":"1","source":"a","size":"1","arch":"all","revision":"2"}`, "a|a|1|linux"},
		{"pack/deb_packages", `{"name":"a","version":"1","status":"Potentially vulnerable"}`, "a|a|1|linux"},
		{"rpm_packages", `{"name":"a","version":"1"}`, "a|a|1|linux"},
		{"homebrew_packages", `{"name":"wget","path":"/x","version":"1"}`, "wget|wget|1|macos"},
		{"x", `{"uid":"1","name":"S","identifier":"org.s","version":"1","sdk":"1","author":"A"}`, "org.s|S|1|macos"},
		{"x", `{"name":"C","identifier":"c","version":"1","update_url":"","permissions":""}`, "c|C|1|chrome"},
		{"x", `{"name":"C","identifier":"","referenced_identifier":"c","version":"1","browser_type":"yandex"}`, "c|C|1|chrome"},
		{"x", `{"name":"Firefox","version":"1","source":"programs","bundle_identifier":"","vendor":"M"}`, "|Firefox|1|windows"},
		{"deb_packages_count", `{"name":"a","version":"1"}`, ""},
		{"mydeb_packages", `{"name":"a","version":"1"}`, ""},
		{"x", `{"name":"osqueryd","version":"5.1","pid":"1"}`, ""},
	}
	for _, tt := range tests {
		in := fmt.Sprintf(`{"name":%q,"hostIdentifier":"h","action":"added","columns":%s}`, tt.query, tt.row)
		reports, _, err := platformtest.Collect(t, Read, []byte(in))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range reports {
			for _, a := range r.Apps {
				on := a.Platform
				if on == 0 {
					on = r.Platform
				}
				got += strings.Join([]string{a.Identifier, a.Name, a.Version, on.String()}, "|")
			}
		}
		if got != tt.want {
			t.Errorf("%s %s gives %q, want %q", tt.query, tt.row, got, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"another tool's", `{"events":[]}`, "line 1: this is no result of osquery: an object with the keys events"},
		{"no JSON", "hello\n", "line 1: expected a JSON object"},
		{"an unknown action", `{"name":"apps","action":"changed","columns":{}}`, `line 1: the result of "apps" has the action "changed": expected added, removed or snapshot`},
		{"no list of rows", `{"name":"apps","action":"snapshot","snapshot":"<generated>"}`, `line 1: snapshot of the query "apps" is not a list of rows`},
		{"cut off", `{"name":"apps","action":"snapshot","snapshot":[`, "line 1: the file ends in the middle of what begins here: it was cut off"},
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

func TestSharedFiles(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	read := func(path ...string) ([]platform.Report, []platform.Problem, error) {
		return platformtest.Collect(t, Read, file(t, append([]string{dir, "inventories"}, path...)...))
	}
	if reports, _, err := read("fleet", "fleet_os_versions_with_comments.json"); err == nil || len(reports) > 0 {
		t.Errorf("Fleet's operating systems: %d reports, error %v", len(reports), err)
	}
	reports, problems, err := read("osquery", "fleet_submit_result_logs_mixed.log")
	if err != nil || len(reports) > 0 || len(problems) != 4 {
		t.Errorf("Fleet's mixed log: error %v, reports %v, problems %v", err, reports, problems)
	}
	reports, problems, err = read("osquery", "panther_osquery_rule_logs.jsonl")
	if err != nil || len(reports) != 1 || len(reports[0].Apps) != 2 || !reports[0].Partial || reports[0].Device != "test-host" || len(problems) != 1 {
		t.Errorf("Panther's results: error %v, reports %+v, problems %v", err, reports, problems)
	}
	reports, problems, err = read("osquery", "zentral_inventory_snapshot.json")
	if err != nil || len(reports) != 1 || len(reports[0].Apps) != 3 || reports[0].Platform != 0 || len(problems) != 2 {
		t.Fatalf("Zentral's snapshot: error %v, reports %+v, problems %v", err, reports, problems)
	}
	want := []platform.App{
		{Identifier: "com.agilebits.onepassword4-updater", Name: "1Password Updater", Version: "6.5.2", Platform: policy.MacOS, Line: 9},
		{Name: "osquery", Publisher: "osquery", Version: "4.6.0", Platform: policy.Windows, Line: 17},
		{Identifier: "xz-utils", Name: "xz-utils", Version: "5.2.4-1", Platform: policy.Linux, Line: 29},
	}
	if diff := cmp.Diff(want, reports[0].Apps); diff != "" {
		t.Errorf("Zentral's snapshot (-want +got):\n%s", diff)
	}
	reports, problems, err = read("osquery", "zentral_log_bodies.jsonl")
	if err != nil || len(reports) > 0 || len(problems) != 2 {
		t.Errorf("Zentral's bodies: error %v, reports %v, problems %v", err, reports, problems)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(f, "testdata", "results.log"))
	f.Add(file(f, "testdata", "body.json"))
	f.Add([]byte(batch(10, 0, "a=1", "") + event(20, 1, "removed", "a=1") + snapshot(5, "b=1")))
	f.Add([]byte(`{"queries":{"apps":[{"bundle_identifier":"a"}]},"statuses":{"apps":"0"},"messages":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}

// BenchmarkRead reads snapshots of 500 hosts with 60 packages each.
func BenchmarkRead(b *testing.B) {
	packages := make([]string, 60)
	for i := range packages {
		packages[i] = fmt.Sprintf("package-%d=1.%d", i, i)
	}
	var in strings.Builder
	for h := range 500 {
		in.WriteString(strings.Replace(snapshot(10, packages...), `"h"`, fmt.Sprintf(`"host-%d"`, h), 1) + "\n")
	}
	b.SetBytes(int64(in.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if err := Read(strings.NewReader(in.String()), discard{}); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Report(platform.Report) error { return nil }
func (discard) Problem(platform.Problem)     {}
