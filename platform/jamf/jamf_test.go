package jamf

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
	for _, name := range []string{"computers.json", "mobile.json", "classic.json", "classic.xml"} {
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

func to[T any](v T) *T { return &v }

func TestReaders(t *testing.T) { platformtest.Readers(t, Read, samples(t)...) }

// seven is when the inventories of the samples were taken.
var seven = time.Date(2026, 10, 1, 7, 0, 0, 0, time.UTC)

func TestComputers(t *testing.T) {
	const first = "7C4B6E5D-0000-5A3F-9B1E-2F6D8A901234"
	check(t, file(t, "testdata/computers.json"),
		[]platform.Report{
			{
				Device: first, Name: "mac-press-01", Platform: policy.MacOS, Line: 4, Partial: true, At: seven.Add(500 * time.Millisecond),
				Apps: []platform.App{
					{Line: 18, Identifier: "org.example.chat", Name: "Example Chat", Version: "4.10"},
					{Line: 25, Identifier: "com.example.weiliao", Name: "微聊", Version: "1.0"},
					{Line: 26, Name: "Old Tool", Version: "0.9"},
				},
			},
			{Device: "C02EXAMPLE02", Name: "mac-press-02", Platform: policy.MacOS, Line: 32, NoInventory: true},
			{Device: "3", Name: "mac-press-03", Platform: policy.MacOS, Line: 39},
		},
		[]platform.Problem{
			{Device: first, Line: 27, Reason: `org.example.chat is listed twice, with version "4.10" and version "4.9": the first stands`},
			{Device: first, Line: 28, Reason: "an entry has neither an identifier nor a name"},
			{Device: first, Line: 29, Reason: "an application is not understood: a number or a truth value stands where an object was expected"},
			{Line: 2, Reason: "3 of 4 devices are in it: the others are on other pages"},
		})
}

func TestMobile(t *testing.T) {
	check(t, file(t, "testdata/mobile.json"),
		[]platform.Report{
			{
				Device: "00008110-000A4C1E0F01801E", Name: "press-phone-1", Platform: policy.IOS, Line: 1, At: seven.Add(-time.Hour),
				Apps: []platform.App{
					{Line: 12, Identifier: "org.example.notes", Name: "Notes", Version: "7.2.2", Managed: to(true)},
					{Line: 13, Identifier: "org.example.game", Name: "Game", Version: "3.1", Managed: to(false)},
				},
			},
			{Device: "9002", Name: "pad", Platform: policy.IOS, Ownership: policy.ManagedPersonal, Line: 18, Partial: true, NoInventory: true},
		},
		[]platform.Problem{{Device: "9002", Line: 20, Reason: "applications is no list"}})
}

func TestClassic(t *testing.T) {
	check(t, file(t, "testdata/classic.json"),
		[]platform.Report{
			{Device: "C02EXAMPLE12", Name: "mac-old", Platform: policy.MacOS, Line: 1, At: seven,
				Apps: []platform.App{{Line: 5, Identifier: "org.example.chat", Name: "Example Chat", Version: "4.10"}}},
			{Device: "ab12", Name: "iPad 1", Line: 8, NoInventory: true},
		}, nil)
	check(t, file(t, "testdata/classic.xml"),
		[]platform.Report{
			{Device: "ab12ef", Name: "press-pad", Platform: policy.IOS, Ownership: policy.Corporate, Line: 2, At: seven, Partial: true,
				Apps: []platform.App{{Line: 15, Identifier: "org.example.notes", Name: "Notes & Tasks", Version: "7.2.2"}}},
			{Device: "7", Name: "mac-7", Platform: policy.MacOS, Line: 24,
				Apps: []platform.App{{Line: 27, Identifier: "org.example.chat", Name: "Example Chat", Version: "4.10"}}},
			{Device: "8", Name: "mac-8", Line: 32, NoInventory: true},
		},
		[]platform.Problem{{Device: "ab12ef", Line: 21, Reason: "an entry has neither an identifier nor a name"}})
}

// TestPages holds that pages after one another are counted together.
func TestPages(t *testing.T) {
	check(t, []byte(`{"totalCount": 2, "results": [{"udid": "a"}]}{"totalCount": 2, "results": [{"udid": "b"}]}`),
		[]platform.Report{{Device: "a", Line: 1, NoInventory: true}, {Device: "b", Line: 1, NoInventory: true}}, nil)
}

// TestArray holds that a bare list of records is read, and that what is no record in it is told.
func TestArray(t *testing.T) {
	check(t, []byte("[{\"udid\": \"a\", \"applications\": []},\n\"b\", {\"udid\": \"c\"}]"),
		[]platform.Report{{Device: "a", Line: 1}, {Device: "c", Line: 2, NoInventory: true}},
		[]platform.Problem{{Line: 2, Reason: "a record is not understood: text stands where an object was expected"}})
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"Kandji", `[{"device_id": "x", "serial_number": "C02"}]`, "line 1: this looks like Kandji's list of devices"},
		{"Kandji, no serial number", `[{"device_id": "x", "id": "1"}]`, "line 1: this looks like Kandji's list of devices"},
		{"error", `{"httpStatus": 401, "errors": []}`, "line 1: this is an error that Jamf Pro answered"},
		{"other JSON", `{"devices": [{"name": "x"}]}`, "line 1: this is no inventory of Jamf Pro; it has devices"},
		{"GLPI", `{"deviceid": "x", "content": {"hardware": {"name": "x", "udid": "y"}, "general": {}}}`, "line 1: this is no inventory of Jamf Pro; it has deviceid, content"},
		{"no members", `{}`, "line 1: this is no inventory of Jamf Pro; it has nothing"},
		{"other records", `{"results": [{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1}]}`, "line 1: this is no record of Jamf Pro; it has a, b, c, d, e, f, …"},
		{"other XML", "<plist/>", "line 1: this is a document of <plist>, not a computer"},
		{"text", "Name,Serial\n", "line 1: this is neither JSON nor XML"},
		{"cut off JSON", "{\"results\": [\n{", "line 2: the input ends in the middle of a JSON document"},
		{"cut off XML", "<computer>\n<general>", "line 2: the input ends in the middle of an XML document"},
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

func TestSharedData(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	at := func(hour int) time.Time { return time.Date(2026, 4, 16, hour, 20, 0, 0, time.UTC) }
	check(t, file(t, filepath.Join(dir, "inventories", "jamf", "cartography_jamf_mobile_devices.json")), []platform.Report{
		{Device: "IPHONESPRING001", Name: "Bart-iPhone-01", Platform: policy.IOS, At: at(15), NoInventory: true, Line: 4},
		{Device: "IPADSPRING001", Name: "Lisa-iPad-01", Platform: policy.IOS, At: at(12), NoInventory: true, Line: 45},
	}, nil)
	for _, path := range []string{"jamf/cartography_kandji_devices.json", "fleet/fleet_os_versions_with_comments.json", "csv/cartography_sentinelone_applications.json",
		"csv/glpi_computer_1.json", "csv/glpi_computer_2.json", "csv/glpi_computer_3_softwares.json"} {
		if reports, _, err := platformtest.Collect(t, Read, file(t, filepath.Join(dir, "inventories", path))); err == nil || len(reports) > 0 {
			t.Errorf("%s: %v, no error", path, reports)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}
