package intune

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/shared"
	"portcullis/platform"
	"portcullis/platform/platformtest"
	"portcullis/policy"
)

func file(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func samples(t testing.TB) []platformtest.Sample {
	t.Helper()
	var all []platformtest.Sample
	for _, name := range []string{"raw.csv", "apps.json", "devices.json"} {
		all = append(all, platformtest.Sample{Name: name, Data: file(t, filepath.Join("testdata", name)), Text: true})
	}
	return all
}

func check(t *testing.T, data []byte, reports []platform.Report, problems []platform.Problem) {
	t.Helper()
	gotReports, gotProblems, err := platformtest.Collect(t, Read, data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reports, gotReports); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(problems, gotProblems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestReaders(t *testing.T) { platformtest.Readers(t, Read, samples(t)...) }

func chat(line int, version string) platform.App {
	return platform.App{Line: line, Name: "Example Chat", Publisher: "Example, Inc.", Version: version}
}

func rawReports() ([]platform.Report, []platform.Problem) {
	return []platform.Report{
			{Device: "d-1", Name: "PRESS-01", Platform: policy.Windows, Line: 2, Partial: true, Apps: []platform.App{
				chat(2, "4.10.2"), {Line: 4, Name: "Настройщик плюс", Version: "1.0"},
			}},
			{Device: "d-2", Name: "press-phone", Platform: policy.IOS, Line: 3, Apps: []platform.App{
				{Line: 3, Name: "微聊", Publisher: "微聊有限公司", Version: "7.2.2"}, chat(6, "4.10.2"),
			}},
			{Device: "d-3", Name: "tablet", Platform: policy.Android, Line: 9, Apps: []platform.App{
				{Line: 9, Name: "Notes", Publisher: "Example", Version: "1"}, {Line: 10, Name: "Notes", Publisher: "Example", Version: "2", Platform: policy.IOS},
			}},
			{Device: "d-4", Name: "rover", Line: 11, Apps: []platform.App{{Line: 11, Name: "Notes", Publisher: "Example", Version: "1"}}},
		}, []platform.Problem{
			{Device: "d-1", Line: 8, Reason: "the row names no application"},
			{Device: "d-3", Line: 9, Reason: "rows name both android and ios for this device: it counts as android, and each app as its row says"},
		}
}

func TestRaw(t *testing.T) {
	reports, problems := rawReports()
	check(t, file(t, "testdata/raw.csv"), reports, problems)
}

// TestRawAsWindowsWritesIt holds that the encoding and the separator change nothing.
func TestRawAsWindowsWritesIt(t *testing.T) {
	reports, problems := rawReports()
	text := string(file(t, "testdata/raw.csv"))
	var wide bytes.Buffer
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		_ = binary.Write(&wide, binary.LittleEndian, unit) // a Buffer takes everything
	}
	check(t, wide.Bytes(), reports, problems)
	for _, separator := range []string{";", "\t"} {
		const comma = "\x01" // the one that is inside quotes
		in := strings.ReplaceAll(strings.ReplaceAll(text, "Example, Inc.", comma), ",", separator)
		check(t, []byte(strings.ReplaceAll(in, comma, "Example, Inc.")), reports, problems)
	}
}

func TestRawDamage(t *testing.T) {
	const header = "ApplicationName,ApplicationVersion,DeviceId\n"
	whole := platform.Report{Device: "d-1", Line: 2, Apps: []platform.App{{Line: 2, Name: "Notes", Version: "1"}}}
	partial := whole
	partial.Partial = true
	both := whole
	both.Apps = append(slices.Clone(whole.Apps), platform.App{Line: 3, Name: "Chat", Version: "2"})
	tests := []struct {
		name, rows string
		report     platform.Report
		problem    string
	}{
		{"whole", "Notes,1,d-1\n", whole, ""},
		{"no line end", "Notes,1,d-1\nChat,2,d-1", both, ""},
		{"too few cells", "Notes,1,d-1\nChat,2\n", partial, "the row does not have as many cells as the header"},
		{"open quote", "Notes,1,d-1\n\"Chat,2,d-1\n", partial, "a quote in the row is not closed, or stands in the middle of a cell"},
		{"stray quote", "Notes,1,d-1\nCh\"at,2,d-1\n", partial, "a quote stands in the middle of a cell without quotes"},
		{"no device", "Notes,1,d-1\nChat,2, \n", partial, "the row names no device"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var problems []platform.Problem
			if tt.problem != "" {
				problems = []platform.Problem{{Line: 3, Reason: tt.problem}}
			}
			check(t, []byte(header+tt.rows), []platform.Report{tt.report}, problems)
		})
	}
}

// TestRawLong holds that a report of any length is read, and the rows of a device found together.
func TestRawLong(t *testing.T) {
	var in strings.Builder
	in.WriteString("DeviceId,ApplicationName,ApplicationVersion\n")
	for i := range 100_000 {
		fmt.Fprintf(&in, "d-%d,Application with a name %d,1.0\n", i%3, i)
	}
	reports, problems, err := platformtest.Collect(t, Read, []byte(in.String()))
	if err != nil || len(problems) > 0 || len(reports) != 3 || len(reports[0].Apps) != 33_334 {
		t.Errorf("%d reports, %v, %v", len(reports), problems, err)
	}
}

// TestRawByName holds that a report without ids goes by the devices' names.
func TestRawByName(t *testing.T) {
	check(t, []byte("Application Name,Device Name\nNotes,PRESS-01\n"),
		[]platform.Report{{Device: "PRESS-01", Line: 2, Apps: []platform.App{{Line: 2, Name: "Notes"}}}}, nil)
}

func TestDetectedApps(t *testing.T) {
	check(t, file(t, "testdata/apps.json"), []platform.Report{
		{Device: "d-1", Name: "PRESS-01", Platform: policy.Windows, Ownership: policy.Corporate, Line: 7, Apps: []platform.App{chat(4, "4.10")}},
		{Device: "d-2", Name: "press-phone", Platform: policy.IOS, Ownership: policy.ManagedPersonal, Line: 8, Apps: []platform.App{
			chat(4, "4.10"), {Line: 15, Name: "微聊", Version: "7.2.2"},
		}},
	}, nil)
}

func TestDetectedAppsInPart(t *testing.T) {
	tests := []struct{ name, more, problem string }{
		{"bare", `}, {"displayName": "Bare", "deviceCount": 3}]}`, "1 detected apps do not name their devices"},
		{"counted", `, "deviceCount": 2}]}`, "Notes is on more devices than the 1 that are named"},
		{"cut", `, "managedDevices@odata.nextLink": "x"}]}`, "Notes is on more devices than the 1 that are named"},
		{"page", `}], "@odata.nextLink": "x"}`, "this is one page of several (@odata.nextLink): the others are not in it"},
		{"no id", `}, {"displayName": "X", "managedDevices": [{"serial": "x"}]}]}`, "a managed device has no id"},
		{"no name", `}, {"publisher": "X", "managedDevices": []}]}`, "a detected app has no displayName"},
		{"no object", `}, 5]}`, "an entry is not understood: a number or a truth value stands where an object was expected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := `{"value": [{"displayName": "Notes", "managedDevices": [{"id": "d-1"}]` + tt.more
			check(t, []byte(in),
				[]platform.Report{{Device: "d-1", Line: 1, Partial: true, Apps: []platform.App{{Line: 1, Name: "Notes"}}}},
				[]platform.Problem{{Line: 1, Reason: tt.problem}})
		})
	}
}

func TestManagedDevices(t *testing.T) {
	check(t, file(t, "testdata/devices.json"),
		[]platform.Report{
			{Device: "d-1", Name: "PRESS-01", Platform: policy.Windows, Ownership: policy.Corporate, Line: 3, NoInventory: true,
				At: time.Date(2026, 10, 1, 7, 0, 0, 123456700, time.UTC)},
			{Device: "d-2", Name: "press-phone", Platform: policy.IOS, Ownership: policy.ManagedPersonal, Line: 14, Partial: true,
				Apps: []platform.App{chat(18, "4.10")}},
			{Device: "d-3", Name: "tv", Line: 23},
		},
		[]platform.Problem{
			{Device: "d-2", Line: 19, Reason: "an entry has neither an identifier nor a name"},
			{Device: "d-2", Line: 20, Reason: "a detected app is not understood: it is of the wrong kind: string"},
			{Line: 24, Reason: "an entry is not understood: text stands where an object was expected"},
			{Line: 26, Reason: "this is one page of several (@odata.nextLink): the others are not in it"},
		})
}

// TestPages holds that pages after one another are one list, and that a single resource is read.
func TestPages(t *testing.T) {
	check(t, []byte(`{"value": [{"id": "d-1", "deviceName": "a"}], "@odata.nextLink": "x"}
		{"value": [{"id": "d-2", "deviceName": "b", "detectedApps": null}], "@odata.nextLink": null}
		{"id": "d-3", "serialNumber": "S3", "detectedApps": [], "detectedApps@odata.nextLink": "x"}
		[{"serialNumber": "S4"}]`),
		[]platform.Report{
			{Device: "d-1", Name: "a", Line: 1, NoInventory: true},
			{Device: "d-2", Name: "b", Line: 2, NoInventory: true},
			{Device: "d-3", Line: 3, Partial: true},
			{Device: "S4", Line: 4, NoInventory: true},
		},
		[]platform.Problem{{Device: "d-3", Line: 3, Reason: "the device has more detected apps than are in it"}})
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"aggregate", "ApplicationName,DeviceCount\nNotes,2\n", "line 1: the report has no column DeviceId, so it counts apps and does not say where they are: export the report AppInvRawData"},
		{"other report", "Device ID,Serial\n1,2\n", "line 1: this is no AppInvRawData report of Intune: it has no column ApplicationName, but Device ID, Serial"},
		{"text", "package:org.example\n", "line 1: this is no AppInvRawData report of Intune"},
		{"header alone", "ApplicationName,DeviceId\n", "there are no rows in it below its header"},
		{"broken header", "\"ApplicationName,DeviceId\n", "line 1: a quote in the row is not closed"},
		{"endless quote", "ApplicationName,DeviceId\n\"" + strings.Repeat("Notes,d\n", 300_000), "a row is longer than 1048576 bytes"},
		{"bare apps", "{\"value\":\n[{\"displayName\": \"Notes\", \"deviceCount\": 2}]}", "line 2: the list counts apps and does not say where they are: ask Graph for"},
		{"error", `{"error": {"code": "Forbidden"}}`, "line 1: this is an error that Graph answered"},
		{"other JSON", `{"value": [{"a": 1}]}`, "line 1: this is neither a managedDevice nor a detectedApp of Microsoft Graph; it has a"},
		{"no members", `{}`, "line 1: this is neither a managedDevice nor a detectedApp of Microsoft Graph; it has nothing"},
		{"cut off", "{\"value\": [", "line 1: the input ends in the middle of a JSON document"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, _, err := platformtest.Collect(t, Read, []byte(tt.in))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || len(reports) > 0 {
				t.Errorf("reports %v, error %v\nwant %s…", reports, err, tt.want)
			}
		})
	}
}

func TestSystem(t *testing.T) {
	for word, want := range map[string]policy.Platform{
		"Windows": policy.Windows, "windowsHolographic": policy.Windows, "macOS": policy.MacOS, "MacMDM": policy.MacOS, "iOS": policy.IOS,
		"iPadOS": policy.IOS, "AndroidForWork": policy.Android, " androidWorkProfile ": policy.Android, "chromeOS": policy.ChromeOS,
		"Linux (ubuntu)": policy.Linux, "tvOS": 0, "": 0, "Operating System value": 0,
	} {
		if got := system(word); got != want {
			t.Errorf("system(%q) = %v, want %v", word, got, want)
		}
	}
}

func TestSharedData(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	read := func(path string) []byte { return file(t, filepath.Join(dir, "inventories", path)) }
	chrome := func(line int) platform.App {
		return platform.App{Line: line, Name: "Google Chrome", Publisher: "Google LLC", Version: "123.0.6312.86"}
	}
	check(t, read("intune/cartography_AppInv_RAW_ROWS.csv"),
		[]platform.Report{
			{Device: "device-001", Platform: policy.MacOS, Line: 2, Apps: []platform.App{chrome(2), {Line: 4, Name: "Tailscale", Publisher: "Tailscale Inc.", Version: "1.62.0"}}},
			{Device: "device-002", Platform: policy.MacOS, Line: 3, Apps: []platform.App{chrome(3), {Line: 5, Name: "Microsoft Device Inventory Agent", Platform: policy.Windows, Publisher: "Microsoft Corporation", Version: "26.4.20.2000"}}},
		},
		[]platform.Problem{{Device: "device-002", Line: 3, Reason: "rows name both macos and windows for this device: it counts as macos, and each app as its row says"}})
	check(t, read("intune/graph_managedDevices_list_trimmed.json"), []platform.Report{{
		Device: "705c034c-034c-705c-4c03-5c704c035c70", Name: "Device Name value", Ownership: policy.Corporate, Line: 3,
		At: time.Date(2017, 1, 1, 8, 2, 49, 320597600, time.UTC), NoInventory: true,
	}}, nil)
	for _, path := range []string{"intune/cartography_AppInv_AGGREGATE_ROWS.csv", "intune/graph_detectedApps_list.json", "apps.csv",
		"fleet/fleet_os_versions_with_comments.json", "csv/cartography_sentinelone_applications.json"} {
		if reports, problems, err := platformtest.Collect(t, Read, read(path)); err == nil || len(reports)+len(problems) > 0 {
			t.Errorf("%s: %v, %v, no error", path, reports, problems)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}
