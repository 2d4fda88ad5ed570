package sheet

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/shared"
	"portcullis/platform"
	"portcullis/platform/export"
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
	fleet, one := file(t, "testdata", "fleet.csv"), file(t, "testdata", "one.tsv")
	platformtest.Readers(t, Read,
		platformtest.Sample{Name: "fleet", Data: fleet, Text: true},
		platformtest.Sample{Name: "one", Data: one, Text: true},
		platformtest.Sample{Name: "UTF-16", Data: utf16LE(string(one))})
}

// utf16LE is s as Windows tools write it.
func utf16LE(s string) []byte {
	data := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		data = append(data, byte(u), byte(u>>8))
	}
	return data
}

func ptr[T any](v T) *T { return &v }

func TestReadFleet(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, file(t, "testdata", "fleet.csv"))
	signer := strings.Repeat("ab", 31) + "cd"
	want := []platform.Report{
		{Device: "SN-001", Name: "pc-1", Line: 2, Partial: true, Platform: policy.Windows, Apps: []platform.App{
			{Name: "Example Reader", Publisher: "Example Ltd", Version: "24.1", Line: 2},
			{Identifier: "abcdefghijklmnopabcdefghijklmnop", Name: "Blocker", Version: "1.2", Platform: policy.MSEdge, Line: 6},
			{Identifier: "org.example.codes", Name: "Codes", Version: "1", Line: 11},
		}},
		{Device: "SN-002", Name: "mac-2", Line: 3, Partial: true, Platform: policy.MacOS, Ownership: policy.Personal, Apps: []platform.App{
			{Identifier: "org.example.notes", Name: "Notes \"fine\" print", Publisher: "Example Ltd", Version: "2.0", Managed: ptr(true), Line: 3},
		}},
		{Device: "tab-3", Line: 5, Partial: true, Platform: policy.Android, Ownership: policy.ManagedPersonal, Apps: []platform.App{
			{Identifier: "org.example.chat", Name: "Чат 聊天", Publisher: "Пример", Version: "5.1", VersionCode: ptr[int64](5010000), Signer: signer, Managed: ptr(false), Line: 5},
		}},
	}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
	wantProblems := []platform.Problem{
		{Device: "SN-001", Line: 10, Reason: "the device is on macos in this row and on windows in one before"},
		{Device: "SN-001", Line: 11, Reason: `the signer "abcd" is not a SHA-256 in hex: it is left out`},
		{Device: "SN-001", Line: 11, Reason: `managed is "maybe": expected true or false; it is left out`},
		{Device: "SN-001", Line: 11, Reason: "the device is personal in this row and corporate in one before: its ownership is left out"},
		{Device: "SN-001", Line: 11, Reason: `the version code "2.9E+09" is not a whole number: it is left out`},
		{Device: "SN-001", Line: 12, Reason: "the row names no app: it has neither an identifier nor a name"},
		{Line: 13, Reason: "the row names no device"},
		{Device: "SN-002", Line: 14, Reason: "the row has 4 cells and the head has 13"},
		{Device: "SN-002", Line: 15, Reason: "text stands after a closing quote: a quote inside quotes is written twice"},
		{Device: "SN-002", Line: 16, Reason: `the platform "BeOS" is not one that is known: it is left out`},
		{Device: "SN-002", Line: 16, Reason: `the ownership "lease" is not one that is known: expected corporate, personal or managed-personal; it is left out`},
		{Device: "SN-002", Line: 16, Reason: `org.example.notes is listed twice, with version "2.0" and version "2.1": the first stands`},
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestHeads(t *testing.T) {
	tests := []struct {
		name, in string
		want     platform.Report
	}{
		{"commas", "Host,Identifier,Version\nh1,org.example.a,1\n", platform.Report{Device: "h1", Line: 2, Apps: []platform.App{{Identifier: "org.example.a", Version: "1", Line: 2}}}},
		{"tabs", "hostname\tpackage_name\nh1\torg.example.a\n", platform.Report{Device: "h1", Line: 2, Apps: []platform.App{{Identifier: "org.example.a", Line: 2}}}},
		{"bars", "UDID|App ID|name\nu1|org.example.a|A, or B\n", platform.Report{Device: "u1", Line: 2, Apps: []platform.App{{Identifier: "org.example.a", Name: "A, or B", Line: 2}}}},
		{"Excel's separator", "sep=;\r\nhost;name, or title;app\r\nh1;x;A\r\n", platform.Report{Device: "h1", Line: 3, Apps: []platform.App{{Name: "A", Line: 3}}}},
		{"quoted heads", "\"Device ID\",\"Application (name)\",\"Plans, of many\"\nd1,A,x\n", platform.Report{Device: "d1", Line: 2, Apps: []platform.App{{Name: "A", Line: 2}}}},
		{"no device", "\n\nname,version\nA,1\n", platform.Report{Line: 4, Apps: []platform.App{{Name: "A", Version: "1", Line: 4}}}},
		{"the serial number before the host", "host,serial,app\nh1,S1,A\n", platform.Report{Device: "S1", Name: "h1", Line: 2, Apps: []platform.App{{Name: "A", Line: 2}}}},
		{"a placeholder for the serial number", "host,serial,app\nh1,To be filled by O.E.M.,A\n", platform.Report{Device: "h1", Line: 2, Apps: []platform.App{{Name: "A", Line: 2}}}},
		{"no line end at the end", "host,app,version\nh1,A,1.0", platform.Report{Device: "h1", Line: 2, Apps: []platform.App{{Name: "A", Version: "1.0", Line: 2}}}},
		{"a last column that is not read, cut off", "host,app,notes\nh1,A,half a no", platform.Report{Device: "h1", Line: 2, Apps: []platform.App{{Name: "A", Line: 2}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, problems, err := platformtest.Collect(t, Read, []byte(tt.in))
			if diff := cmp.Diff([]platform.Report{tt.want}, reports); diff != "" || err != nil || len(problems) > 0 {
				t.Errorf("error %v, problems %v, reports (-want +got):\n%s", err, problems, diff)
			}
		})
	}
}

func TestCutOff(t *testing.T) {
	const whole = "host,app,version\nh1,A,1.0\nh2,B,2.0\n"
	tests := []struct {
		name, in string
		problem  platform.Problem
	}{
		{"in a row", whole + "h3,C", platform.Problem{Device: "h3", Line: 4, Reason: "the file ends in the middle of this row: it was cut off"}},
		{"in quotes", whole + "h1,\"C\nand D,1\n", platform.Problem{Device: "h1", Line: 4, Reason: "a quote that opens in this row is never closed: nothing from this line on is used"}},
		{"in endless quotes", whole + "h1,\"" + strings.Repeat("C,1\n", 1<<19), platform.Problem{Device: "h1", Line: 4, Reason: "a quote that opens in this row is not closed within 1 MiB: nothing from this line on is used"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, problems, err := platformtest.Collect(t, Read, []byte(tt.in))
			if err != nil || len(reports) != 2 || !reports[0].Partial || !reports[1].Partial {
				t.Errorf("error %v, reports %+v", err, reports)
			}
			if diff := cmp.Diff([]platform.Problem{tt.problem}, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLatin1IsSaid(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, []byte("host,app,package\nh1,\xc9diteur,org.example.a\nh1,B,org.ex\xe9mple\n"))
	want := []platform.App{{Name: "\ufffdditeur", Identifier: "org.example.a", Line: 2}}
	if err != nil || len(reports) != 1 || !reports[0].Partial {
		t.Fatalf("error %v, reports %+v", err, reports)
	}
	if diff := cmp.Diff(want, reports[0].Apps); diff != "" {
		t.Errorf("apps (-want +got):\n%s", diff)
	}
	if len(problems) != 2 || problems[0].Line != 2 || problems[1].Line != 3 {
		t.Errorf("problems %v", problems)
	}
}

func TestRefused(t *testing.T) {
	const wayOut = ": expected a head with a column of identifiers (called identifier, bundle id, package or app id) or of names (called name or application)"
	tests := []struct{ name, in, want string }{
		{"no app column", "Host,OS,Users\nh,o,u\n", `line 1: the columns are "Host", "OS", "Users"` + wayOut},
		{"one word", "hello\n", `line 1: the columns are "hello"` + wayOut},
		{"counts", "ApplicationId,ApplicationName,DeviceCount\n,A,2\n", `line 1: the column "DeviceCount" counts devices and no column names them: expected a row for each app on each device, with a column called device, host or serial`},
		{"devices", "Name,Serial,OS Version\nh,s,14\n", `line 1: this looks like a list of devices, with "OS Version": expected a row for each app on each device; if "Name" names apps, call it application`},
		{"JSON", "{\n", "line 1: this begins like JSON or XML, not like a table with a head"},
		{"XML", "<?xml?>", "line 1: this begins like JSON or XML, not like a table with a head"},
		{"a head alone", "host,app\n\n", "line 2: there are no rows under the head"},
		{"UTF-16 without a mark", "h\x00,\x00", "line 1: there are NUL bytes in it, as in UTF-16 without a byte-order mark: save it as CSV UTF-8"},
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
	for _, path := range []string{"fleet/fleet_os_versions_with_comments.json", "csv/ocs_glpi_9.xml", "intune/cartography_AppInv_AGGREGATE_ROWS.csv"} {
		if reports, _, err := platformtest.Collect(t, Read, file(t, dir, "inventories", path)); err == nil || len(reports) > 0 {
			t.Errorf("%s: %d reports, error %v", path, len(reports), err)
		}
	}
	reports, problems, err := platformtest.Collect(t, Read, file(t, dir, "inventories", "intune", "cartography_AppInv_RAW_ROWS.csv"))
	if err != nil || len(reports) != 2 || len(reports[0].Apps) != 2 || len(problems) != 1 {
		t.Errorf("error %v, problems %v, reports %+v", err, problems, reports)
	}
}

// FuzzRecords compares the rows with those of encoding/csv, where that reads the input at all.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{"a,b\nc,d\n", "\"a,\nb\"\"\",\n", "a\"b,c\n", "\"\"\n\n,\n", "\"a\"b\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		r := records{lines: export.NewLines(bufio.NewReader(strings.NewReader(in)), 0), separator: ','}
		var got [][]string
		for {
			var row record
			if err := r.next(&row); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if row.fault != "" {
				return
			}
			if len(row.cells) > 1 || row.cells[0] != "" {
				got = append(got, row.cells)
			}
		}
		theirs := csv.NewReader(strings.NewReader(in))
		theirs.FieldsPerRecord = -1
		all, err := theirs.ReadAll()
		if err != nil || strings.Contains(in, "\r") || strings.Contains(in, "\" ") {
			return
		}
		var want [][]string
		for _, row := range all {
			if len(row) > 1 || row[0] != "" {
				want = append(want, row)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-encoding/csv +got):\n%s", diff)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(file(f, "testdata", "fleet.csv"))
	f.Add(file(f, "testdata", "one.tsv"))
	f.Add(utf16LE("host,app\nh,a\n"))
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}

// BenchmarkRead reads 2,000 devices with 60 apps each.
func BenchmarkRead(b *testing.B) {
	var in strings.Builder
	in.WriteString("host,platform,identifier,name,version,managed\n")
	for row := range 2000 * 60 {
		fmt.Fprintf(&in, "host-%d,windows,org.example.app%d,App %d,1.%d,true\n", row/60, row%500, row%500, row%7)
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
