package android

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

func sample(t testing.TB, name string) platformtest.Sample {
	t.Helper()
	return platformtest.Sample{Name: name, Data: file(t, filepath.Join("testdata", name)), Text: true}
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

func TestReaders(t *testing.T) {
	platformtest.Readers(t, Read, sample(t, "devices.json"), sample(t, "messages.jsonl"), sample(t, "listing.txt"))
}

func TestDevices(t *testing.T) {
	const signer = "0a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526272829"
	const first = "R58EXAMPLE1"
	check(t, sample(t, "devices.json").Data,
		[]platform.Report{
			{
				Device: first, Platform: policy.Android, Ownership: policy.Corporate, Line: 3, Partial: true,
				At: time.Date(2026, 10, 1, 7, 0, 0, 123_000_000, time.UTC),
				Apps: []platform.App{
					{Line: 15, Identifier: "org.example.notes", Name: "ملاحظات", Version: "29.3.4", VersionCode: to[int64](2902903), Signer: signer},
					{Line: 33, Identifier: "org.example.odd", Version: "1.0"},
					{Line: 41, Identifier: "org.example.sixtyfour", VersionCode: to[int64](4000000000), Signer: signer},
				},
			},
			{
				Device: "ABCD1234", Platform: policy.Android, Ownership: policy.ManagedPersonal, Line: 49,
				Apps: []platform.App{{Line: 51, Identifier: "org.example.work", Name: "Work", Managed: to(true)}},
			},
			{Device: "enterprises/LC00example/devices/3c21", Platform: policy.Android, Line: 57, NoInventory: true},
		},
		[]platform.Problem{
			{Device: first, Line: 29, Reason: `org.example.stateless has the state "", which does not say whether it is installed`},
			{Device: first, Line: 33, Reason: "org.example.odd has a version code that is no number: it counts as not known"},
			{Device: first, Line: 33, Reason: "org.example.odd has 2 signing certificates: the first stands for it"},
			{Device: first, Line: 33, Reason: "the fingerprint of org.example.odd's signing certificate is no SHA-256: its signer counts as not known"},
			{Device: first, Line: 40, Reason: "an entry of applicationReports is not understood: a list stands where an object was expected"},
			{Device: "enterprises/LC00example/devices/3d22", Line: 62, Reason: "the device has been deleted: what is installed on it is not known"},
			{Line: 68, Reason: "this is one page of several: there are more devices than are in it"},
		})
}

func TestMessages(t *testing.T) {
	one := platform.Report{Device: "enterprises/LC00example/devices/1", Platform: policy.Android, Line: 1,
		Apps: []platform.App{{Line: 1, Identifier: "org.example.one", Version: "2.0"}}}
	two := platform.Report{Device: "enterprises/LC00example/devices/2", Platform: policy.Android, Line: 5,
		Apps: []platform.App{{Line: 5, Identifier: "org.example.two", Version: "2.0"}}}
	again := platform.Report{Device: one.Device, Platform: policy.Android, Line: 6,
		Apps: []platform.App{{Line: 6, Identifier: "org.example.one", Version: "2.0"}}}
	check(t, sample(t, "messages.jsonl").Data, []platform.Report{one, two, again}, []platform.Problem{
		{Line: 3, Reason: "the message cannot be read: illegal base64 data at input byte 0"},
		{Line: 4, Reason: "the message cannot be read: line 4: the input ends in the middle of a JSON document: unexpected EOF"},
	})
}

func TestListing(t *testing.T) {
	check(t, sample(t, "listing.txt").Data,
		[]platform.Report{{Platform: policy.Android, Line: 1, Partial: true, Apps: []platform.App{
			{Line: 4, Identifier: "android", VersionCode: to[int64](36)},
			{Line: 5, Identifier: "org.example.notes", VersionCode: to[int64](2902903)},
			{Line: 6, Identifier: "org.example.plain"},
			{Line: 8, Identifier: "org.example.spaced"},
			{Line: 9, Identifier: "org.example.big"},
		}}},
		[]platform.Problem{
			{Line: 2, Reason: `"WARNING: linker: something harmless" is no line of pm list packages`},
			{Line: 9, Reason: `the version code "99999999999999999999" is no number: it counts as not known`},
			{Line: 11, Reason: `"not a name" is no package's name`},
		})
}

// TestListingIsWhole holds that only a listing with the package of every device is a whole one.
func TestListingIsWhole(t *testing.T) {
	for in, partial := range map[string]bool{
		"package:android\npackage:org.example.a\n":  false,
		"package:org.example.a\n":                   true,
		"package:android\npackage:org.example.a":    false,
		"package:android\nException occurred while": true,
	} {
		reports, _, err := platformtest.Collect(t, Read, []byte(in))
		if err != nil || len(reports) != 1 || reports[0].Partial != partial {
			t.Errorf("of %q: %+v, %v; want partial %v", in, reports, err, partial)
		}
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"made with -u", "# adb shell pm list packages -3 -u -i\npackage:org.example.a\n", "line 1: the listing was made with -u"},
		{"text", "Desired=Unknown/Install\n", "line 1: this is neither JSON of the Android Management API nor output of pm list packages"},
		{"adb's error", "error: no devices/emulators found\n", "line 1: this is neither"},
		{"policy", `{"name": "enterprises/e/policies/p", "applications": []}`, "line 1: this is no device of the Android Management API, nor a list or message of it: it has name, applications"},
		{"no members", "{}", "line 1: this is no device of the Android Management API, nor a list or message of it: it has nothing"},
		{"many members", `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1}`, "line 1: this is no device of the Android Management API, nor a list or message of it: it has a, b, c, d, e, f, …"},
		{"other message", `{"message": {"attributes": {"notificationType": "COMMAND"}, "data": "e30="}}`, "there is no device in it, but 1 messages of other kinds"},
		{"list of texts", `["a"]`, "line 1: text stands where an object was expected"},
		{"cut off", `{"devices": [`, "line 1: the input ends in the middle of a JSON document"},
		{"long line", "package:" + strings.Repeat("a", 17<<20), "line 1 is longer than 16 MiB"},
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

// TestPages holds that a page that another follows is no problem.
func TestPages(t *testing.T) {
	page := func(device, token string) string {
		return `{"devices": [{"name": "enterprises/e/devices/` + device + `"}], "nextPageToken": "` + token + `"}`
	}
	report := func(device string) platform.Report {
		return platform.Report{Device: "enterprises/e/devices/" + device, Platform: policy.Android, Line: 1, NoInventory: true}
	}
	check(t, []byte(page("1", "x")+page("2", "")), []platform.Report{report("1"), report("2")}, nil)
}

// TestPart holds that devices before a cut are reported, and the one that is cut is not.
func TestPart(t *testing.T) {
	data := sample(t, "devices.json").Data
	cut := strings.Index(string(data), `"ownership": "PERSONALLY_OWNED"`)
	reports, _, err := platformtest.Collect(t, Read, data[:cut])
	if err == nil || len(reports) != 1 || reports[0].Device != "R58EXAMPLE1" {
		t.Errorf("reports %v, error %v", reports, err)
	}
}

// TestMessageInMessage holds that messages cannot be nested without end.
func TestMessageInMessage(t *testing.T) {
	check(t, []byte(`{"message": {"data": "eyJtZXNzYWdlIjoge319"}}`), nil,
		[]platform.Problem{{Line: 1, Reason: "the message cannot be read: line 1: a message is inside a message"}})
}

// TestSharedData reads what real tools wrote.
func TestSharedData(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	chrome := []platform.App{{Identifier: "com.google.chrome", Name: "Google Chrome", Version: "1.0.0"}}
	tests := []struct {
		file string
		line int
	}{{"fleet_amapi_device.json", 14}, {"fleet_amapi_status_report_pubsub.json", 2}}
	for _, tt := range tests {
		reports, problems, err := platformtest.Collect(t, Read, file(t, filepath.Join(dir, "inventories", "android", tt.file)))
		if err != nil || len(problems) > 0 || len(reports) != 1 {
			t.Fatalf("%s: %v, %v, %v", tt.file, reports, problems, err)
		}
		chrome[0].Line = tt.line
		if diff := cmp.Diff(chrome, reports[0].Apps); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.file, diff)
		}
	}
	for name, apps := range map[string]int{"adb_pm_list_packages_3_i_U.txt": 12, "adb_pm_list_packages_3_i_U_with_uninstalled.txt": 14} {
		reports, problems, err := platformtest.Collect(t, Read, file(t, filepath.Join(dir, "inventories", "android", name)))
		if err != nil || len(problems) > 0 || len(reports) != 1 || len(reports[0].Apps) != apps || !reports[0].Partial {
			t.Errorf("%s: %v, %v, %v", name, reports, problems, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"devices.json", "messages.jsonl", "listing.txt"} {
		f.Add(sample(f, name).Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}
