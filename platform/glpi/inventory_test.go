package glpi

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
	platformtest.Readers(t, Read,
		platformtest.Sample{Name: "laptop", Data: file(t, "testdata", "laptop.json"), Text: true},
		platformtest.Sample{Name: "windows", Data: file(t, "testdata", "windows.json"), Text: true})
}

func TestReadLaptop(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, file(t, "testdata", "laptop.json"))
	const id = "7b1c2d3e-4f50-4a6b-8c9d-0e1f2a3b4c5d"
	want := []platform.Report{{
		Device: id, Name: "lx-204", Platform: policy.Linux, Line: 1, Partial: true,
		At: time.Date(2026, 3, 2, 8, 15, 0, 0, time.UTC),
		Apps: []platform.App{
			{Identifier: "tar", Name: "tar", Publisher: "Fedora Project", Version: "1.35-4.fc41", Line: 18},
			{Identifier: "kernel", Name: "kernel", Publisher: "Fedora Project", Version: "6.11.4-301.fc41", Line: 19},
			{Identifier: "org.example.Maps", Name: "Carte — 地图", Version: "47", Line: 22},
		},
	}}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
	wantProblems := []platform.Problem{
		{Device: id, Line: 20, Reason: `kernel is listed twice, with version "6.11.4-301.fc41" and version "6.12.7-200.fc41": the first stands`},
		{Device: id, Line: 23, Reason: "an entry has neither an identifier nor a name"},
		{Device: id, Line: 24, Reason: "an entry of softwares is not an object"},
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestReadList(t *testing.T) {
	reports, problems, err := platformtest.Collect(t, Read, file(t, "testdata", "windows.json"))
	want := []platform.Report{
		{Device: "pc-31-2025", Name: "PC-31", Platform: policy.Windows, Partial: true, Line: 2, Apps: []platform.App{
			{Name: "Example Reader", Publisher: "Example Ltd", Version: "24.1", Line: 7},
			{Name: "Example Notes", Version: "3.0.1.0", Line: 9},
		}},
		{Device: "kiosk-7", NoInventory: true, Line: 12},
	}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
	wantProblems := []platform.Problem{{Line: 13, Reason: `this is an inventory of a "NetworkEquipment", not of a computer`}}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"another tool's", `{"events": [], "x": 1}`, "line 1: this is not a GLPI inventory: it has no content; its keys are events, x"},
		{"network discovery", `{"action": "netdiscovery", "content": {}}`, `line 1: this is the answer to GLPI's "netdiscovery", not an inventory of a computer`},
		{"a printer", "\n" + `{"itemtype": "Printer", "content": {}}`, `line 2: this is an inventory of a "Printer", not of a computer`},
		{"not JSON", "name,version\n", `line 1: expected the JSON object of a GLPI inventory, found 'n'`},
		{"cut before the device", `{"content": {"softwares": [{"name": "a"}, `, "line 1: the input ends in the middle of a JSON document: unexpected EOF"},
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

func TestCutInventoryIsPartial(t *testing.T) {
	data := file(t, "testdata", "laptop.json")
	cut := data[:strings.Index(string(data), `"flatpak"`)]
	reports, problems, err := platformtest.Collect(t, Read, cut)
	if err != nil || len(reports) != 1 || !reports[0].Partial || len(reports[0].Apps) != 2 {
		t.Errorf("error %v, reports %+v", err, reports)
	}
	last := problems[len(problems)-1]
	if last.Line != 22 || !strings.Contains(last.Reason, "the input ends in the middle") {
		t.Errorf("last problem %+v", last)
	}
}

func TestSharedFiles(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	tests := []struct {
		file, device   string
		platform       policy.Platform
		apps, problems int
		partial, none  bool
	}{
		{"glpi_computer_1.json", "4c4c4544-0034-3010-8048-b6c04f503732", policy.Linux, 6, 0, false, false},
		{"glpi_computer_1_partial_softs.json", "4c4c4544-0034-3010-8048-b6c04f503732", policy.Linux, 6, 0, true, false},
		{"glpi_computer_2.json", "4BDRGGFE-0046-4710-8047-B2C04F503732", 0, 0, 0, false, true},
		{"glpi_computer_3_softwares.json", "host-placeholder-2023-01-01-00-00-00", 0, 1188, 6, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			reports, problems, err := platformtest.Collect(t, Read, file(t, dir, "inventories", "csv", tt.file))
			if err != nil || len(reports) != 1 {
				t.Fatalf("%d reports, error %v", len(reports), err)
			}
			r := reports[0]
			if r.Device != tt.device || r.Platform != tt.platform || len(r.Apps) != tt.apps || r.Partial != tt.partial || r.NoInventory != tt.none {
				t.Errorf("device %q on %q, %d apps, partial %v, no inventory %v", r.Device, r.Platform, len(r.Apps), r.Partial, r.NoInventory)
			}
			if len(problems) != tt.problems {
				t.Errorf("%d problems: %v", len(problems), problems)
			}
		})
	}
}

func TestDamagedIdentifierIsNotMended(t *testing.T) {
	const in = `{"deviceid": "d", "content": {"softwares": [{"from": "deb", "name": "tik\u0000tok"}]}}`
	reports, problems, err := platformtest.Collect(t, Read, []byte(in))
	if err != nil || len(reports[0].Apps) > 0 || !reports[0].Partial || len(problems) != 1 {
		t.Errorf("error %v, problems %v, reports %+v", err, problems, reports)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(f, "testdata", "laptop.json"))
	f.Add(file(f, "testdata", "windows.json"))
	f.Add([]byte(`{"content":{"softwares":null,"hardware":[],"operatingsystem":""},"partial":1}`))
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}
