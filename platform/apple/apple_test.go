package apple

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"howett.net/plist"

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

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

func check(t *testing.T, read platform.Reader, data []byte, reports []platform.Report, problems []platform.Problem) {
	t.Helper()
	gotReports, gotProblems, err := platformtest.Collect(t, read, data)
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

func TestReaders(t *testing.T) {
	binary := platformtest.Sample{Name: "binary", Data: binaryOf(t, map[string]any{
		"UDID": "device-1", "Status": "Acknowledged", "InstalledApplicationList": []map[string]string{{"Identifier": "org.example.a"}},
	})}
	apps := map[string]any{}
	for _, id := range strings.Fields("a b c d e f g h i j k l") {
		apps["org.example."+id] = map[string]string{"Status": "Managed"}
	}
	managed := platformtest.Sample{Name: "binary, managed", Data: binaryOf(t, map[string]any{"UDID": "device-1", "ManagedApplicationList": apps})}
	platformtest.Readers(t, Read, sample(t, "installed.plist"), sample(t, "answers.plist"), sample(t, "events.jsonl"), binary, managed)
	t.Run("system_profiler", func(t *testing.T) {
		platformtest.Readers(t, ReadSystemProfiler, sample(t, "profiler.json"))
	})
}

func TestInstalled(t *testing.T) {
	const device = "00008110-000A4C1E0F01801E"
	check(t, Read, sample(t, "installed.plist").Data,
		[]platform.Report{{Device: device, Line: 4, Partial: true, Apps: []platform.App{
			{Line: 9, Identifier: "org.example.notes", Name: "Notes & Tasks", Version: "7.2.2"},
			{Line: 23, Identifier: "com.example.weiliao", Name: "微聊"},
			{Line: 31, Name: "Настройщик", Version: "1.0"},
		}}},
		[]platform.Problem{
			{Device: device, Line: 37, Reason: "an entry has neither an identifier nor a name"},
			{Device: device, Line: 41, Reason: "an entry of InstalledApplicationList is <string>, not a dictionary"},
			{Device: device, Line: 42, Reason: `org.example.notes is listed twice, with version "7.2.2" and version "7.1": the first stands`},
		})
}

func TestAnswers(t *testing.T) {
	check(t, Read, sample(t, "answers.plist").Data,
		[]platform.Report{
			{Device: "e-3", Ownership: policy.ManagedPersonal, Line: 18, Partial: true, Apps: []platform.App{
				{Line: 21, Identifier: "org.example.mail", Managed: yes()},
				{Line: 22, Identifier: "org.example.own", Managed: no()},
			}},
			{Device: "device-5", Line: 34},
		},
		[]platform.Problem{
			{Device: "device-1", Line: 2, Reason: "the device answered NotNow: what is installed on it is not known; it asks to be asked again later"},
			{Device: "device-2", Line: 8, Reason: "the device answered Error: what is installed on it is not known (MCMDMErrorDomain 12021: Unknown command)"},
			{Device: "e-3", Line: 24, Reason: `org.example.new has the status "Teleporting", which does not say whether it is installed`},
		})
}

func TestEvents(t *testing.T) {
	check(t, Read, sample(t, "events.jsonl").Data,
		[]platform.Report{
			{Device: "device-1", Line: 1, At: time.Date(2026, 10, 1, 7, 30, 0, 500_000_000, time.UTC), Apps: []platform.App{
				{Line: 1, Identifier: "org.example.one", Name: "App", Version: "1.2"},
			}},
			{Device: "device-4", Line: 6, Apps: []platform.App{{Line: 6, Identifier: "org.example.four", Name: "App", Version: "1.2"}}},
		},
		[]platform.Problem{
			{Device: "device-2", Line: 3, Reason: "the device answered NotNow: what is installed on it is not known; it asks to be asked again later"},
			{Device: "device-3", Line: 4, Reason: "the event's answer cannot be read: line 4: this is a document of <dict>, not a device's answer to InstalledApplicationList or ManagedApplicationList"},
		})
}

func binaryOf(t testing.TB, v any) []byte {
	t.Helper()
	data, err := plist.Marshal(v, plist.BinaryFormat)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestBinary holds that the binary form of an answer says what its XML form says, but for lines.
func TestBinary(t *testing.T) {
	for _, name := range []string{"installed.plist", "managed"} {
		t.Run(name, func(t *testing.T) {
			data := []byte(`<plist><dict>
				<key>Status</key><string>Acknowledged</string><key>EnrollmentID</key><string>e</string>
				<key>ManagedApplicationList</key><dict>
				<key>org.example.a</key><dict><key>Status</key><string>Managed</string></dict>
				<key>org.example.b</key><dict><key>Status</key><string>Failed</string></dict></dict></dict></plist>`)
			if name != "managed" {
				data = sample(t, name).Data
			}
			var v any
			if _, err := plist.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			reports, problems, err := platformtest.Collect(t, Read, data)
			if err != nil {
				t.Fatal(err)
			}
			for i := range reports {
				reports[i].Line = 0
				for k := range reports[i].Apps {
					reports[i].Apps[k].Line = 0
				}
			}
			for i := range problems {
				problems[i].Line = 0
			}
			check(t, Read, binaryOf(t, v), reports, problems)
		})
	}
}

// object is one object of a binary property list: a marker, an integer of four bytes as its count
// where it has one, and references of two bytes or text.
func object(marker byte, count int, refs []uint16, text string) []byte {
	data := []byte{marker | 0xf, 0x12}
	data = binary.BigEndian.AppendUint32(data, uint32(count))
	for _, r := range refs {
		data = binary.BigEndian.AppendUint16(data, r)
	}
	return append(data, text...)
}

// binaryList is a binary property list of objects, of which the first is the root.
func binaryList(objects ...[]byte) []byte {
	data := []byte("bplist00")
	var table []byte
	for _, o := range objects {
		table = binary.BigEndian.AppendUint32(table, uint32(len(data)))
		data = append(data, o...)
	}
	at := len(data)
	data = append(append(data, table...), 0, 0, 0, 0, 0, 0, 4, 2)
	data = binary.BigEndian.AppendUint64(data, uint64(len(objects)))
	data = binary.BigEndian.AppendUint64(data, 0)
	return binary.BigEndian.AppendUint64(data, uint64(at))
}

// TestBinaryEntangled holds that a short list cannot ask for endless work by referring to one long
// value again and again, or to itself.
func TestBinaryEntangled(t *testing.T) {
	list := "InstalledApplicationList"
	again := func(ref uint16) []uint16 { return slices.Repeat([]uint16{ref}, 60_000) }
	key := object(0x50, len(list), nil, list)
	name := object(0x50, len("Name"), nil, "Name")
	long := object(0x50, 60_000, nil, strings.Repeat("x", 60_000))
	for what, data := range map[string][]byte{
		"one dictionary in many entries": binaryList(object(0xd0, 1, []uint16{1, 2}, ""), key,
			object(0xa0, 60_000, again(3), ""), object(0xd0, 30_000, again(1), "")),
		"one text in many entries": binaryList(object(0xd0, 1, []uint16{1, 2}, ""), key,
			object(0xa0, 60_000, again(3), ""), object(0xd0, 1, []uint16{4, 5}, ""), name, long),
	} {
		if _, _, err := platformtest.Collect(t, Read, data); !errors.Is(err, errEntangled) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	itself := binaryList(object(0xd0, 1, []uint16{1, 0}, ""), object(0x50, len("ErrorChain"), nil, "ErrorChain"))
	if _, _, err := platformtest.Collect(t, Read, itself); err == nil {
		t.Error("a dictionary inside itself is read")
	}
}

// TestBinaryDamaged holds that numbers that lead outside are seen.
func TestBinaryDamaged(t *testing.T) {
	good := binaryOf(t, map[string]any{"UDID": "d", "InstalledApplicationList": []map[string]string{{"Identifier": "org.example.a"}}})
	trailer := len(good) - 32
	for what, at := range map[string]int{
		"bytes of an offset": trailer + 6, "bytes of a reference": trailer + 7, "count": trailer + 8, "root": trailer + 16, "table": trailer + 24,
		"first offset": int(good[len(good)-1]),
	} {
		data := slices.Clone(good)
		data[at] = 0xff
		if reports, _, err := platformtest.Collect(t, Read, data); !errors.Is(err, errNotWhole) || len(reports) > 0 {
			t.Errorf("%s: reports %v, error %v", what, reports, err)
		}
	}
}

// TestBinaryText holds that text in both encodings, and numbers, are read.
func TestBinaryText(t *testing.T) {
	check(t, Read, binaryOf(t, map[string]any{
		"UDID": 12345, "Status": "Acknowledged",
		"InstalledApplicationList": []any{map[string]any{"Identifier": "org.example.\x01", "Name": "x"}, map[string]any{"Name": "微聊 😀"}, 5},
	}), []platform.Report{{Device: "12345", Partial: true, Apps: []platform.App{{Name: "微聊 😀"}}}},
		[]platform.Problem{
			{Device: "12345", Reason: `the identifier "org.example.\x01" is damaged: it has bytes that are no text`},
			{Device: "12345", Reason: "an entry of InstalledApplicationList is <integer>, not a dictionary"},
		})
}

func TestBinaryInEvent(t *testing.T) {
	payload := binaryOf(t, map[string]any{"Status": "Error", "UDID": "d", "ErrorChain": []map[string]any{{"ErrorCode": 7, "ErrorDomain": "X"}}})
	event := `{"topic": "mdm.Connect", "acknowledge_event": {"raw_payload": "` + base64.StdEncoding.EncodeToString(payload) + `"}}`
	check(t, Read, []byte(event), nil, []platform.Problem{
		{Device: "d", Line: 1, Reason: "the device answered Error: what is installed on it is not known (X 7)"},
	})
}

func TestManagedStates(t *testing.T) {
	for status, want := range states {
		data := "<plist><dict><key>UDID</key><string>d</string><key>ManagedApplicationList</key><dict><key>org.example.a</key><dict><key>Status</key><string>" +
			status + "</string></dict></dict></dict></plist>"
		reports, problems, err := platformtest.Collect(t, Read, []byte(data))
		if err != nil || len(reports) != 1 || !reports[0].Partial {
			t.Fatalf("%s: %+v, %v", status, reports, err)
		}
		there := len(reports[0].Apps) == 1
		if there != (want == present || want == unmanaged) || (len(problems) > 0) != (want == unclear) {
			t.Errorf("%s: apps %+v, problems %+v", status, reports[0].Apps, problems)
		}
		if there && *reports[0].Apps[0].Managed != (want == present) {
			t.Errorf("%s: managed is %v", status, *reports[0].Apps[0].Managed)
		}
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name, in, want string
		read           platform.Reader
	}{
		{"profile", "<plist><dict><key>PayloadType</key><string>Configuration</string></dict></plist>", "line 1: this is a configuration profile, not", Read},
		{"command", "<plist><dict><key>Command</key><dict/></dict></plist>", "line 1: this is a command to a device, not", Read},
		{"array", "<plist><array/></plist>", "line 1: this is a property list with a root of <array>, not", Read},
		{"other keys", "<plist><dict><key>Label</key><string>x</string></dict></plist>", "line 1: this is a property list with Label, not", Read},
		{"empty dictionary", "<plist><dict/></plist>", "line 1: this is an empty property list, not", Read},
		{"HTML", "\n<html><body/></html>", "line 2: this is a document of <html>, not", Read},
		{"text", "package:org.example", "line 1: this is neither a property list nor JSON, not", Read},
		{"declarative", `{"StatusItems": {}}`, "line 1: this is a status report of declarative management, not", Read},
		{"other JSON", `{"devices": []}`, "line 1: this is JSON, but no event of a device manager's webhook, not", Read},
		{"other command", "<plist><dict><key>Status</key><string>Acknowledged</string></dict></plist>", "there is no list of apps in it, but 1 answers", Read},
		{"profiler in Read", `{"SPApplicationsDataType": []}`, "line 1: this is what system_profiler prints", Read},
		{"cut off", "<plist><dict>\n<key>InstalledApplicationList</key><array>", "line 2: the input ends in the middle of an XML document", Read},
		{"binary cut off", "bplist00\xd1", "the binary property list is damaged or not whole", Read},
		{"binary of another kind", string(binaryOf(t, map[string]string{"Label": "x"})), "this is a property list with Label, not", Read},
		{"profiler's text", "Applications:\n\n    Safari:\n", "line 1: this is not system_profiler's JSON; make it with", ReadSystemProfiler},
		{"profiler's XML", "<plist/>", "line 1: this is not system_profiler's JSON; make it with", ReadSystemProfiler},
		{"profiler without apps", `{"SPHardwareDataType": []}`, "line 1: there is no SPApplicationsDataType in it", ReadSystemProfiler},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, _, err := platformtest.Collect(t, tt.read, []byte(tt.in))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || len(reports) > 0 {
				t.Errorf("reports %v, error %v\nwant %s…", reports, err, tt.want)
			}
		})
	}
}

func TestBrokenList(t *testing.T) {
	check(t, Read, []byte("<plist><dict><key>UDID</key><string>d</string><key>InstalledApplicationList</key><string>none</string></dict></plist>"),
		nil, []platform.Problem{{Device: "d", Line: 1, Reason: "InstalledApplicationList is no list: what is installed on the device is not known"}})
}

func TestSystemProfiler(t *testing.T) {
	const device = "7C4B6E5D-0000-5A3F-9B1E-2F6D8A901234"
	check(t, ReadSystemProfiler, sample(t, "profiler.json").Data,
		[]platform.Report{{Device: device, Platform: policy.MacOS, Line: 1, Partial: true, Apps: []platform.App{
			{Line: 3, Name: "Example Chat", Publisher: "Example Software (Holdings) Ltd", Version: "4.10"},
			{Line: 16, Name: "Safari", Publisher: "Apple", Version: "18.0"},
			{Line: 22, Name: "Home made"},
		}}},
		[]platform.Problem{
			{Device: device, Line: 33, Reason: "an entry has neither an identifier nor a name"},
			{Device: device, Line: 37, Reason: "an entry is no object"},
		})
	check(t, ReadSystemProfiler, []byte(`{"SPApplicationsDataType": []}`), nil,
		[]platform.Problem{{Line: 1, Reason: "the list has no apps, and every Mac has some: run system_profiler again"}})
}

// TestSharedData reads the answers that real devices gave.
func TestSharedData(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	tests := []struct {
		file                    string
		reports, apps, problems int
		err                     string
	}{
		{"commandment_InstalledApplicationList_iOS-12.1.plist", 1, 12, 0, ""},
		{"commandment_ManagedApplicationList_iOS-12.1-Managed.plist", 1, 1, 0, ""},
		{"commandment_ManagedApplicationList_iOS-12.1-Failed.plist", 1, 0, 2, ""},
		{"commandment_ManagedApplicationList_iOS-12.1-RejectedPrompting.plist", 1, 0, 0, ""},
		{"zentral_managed_application_list.plist", 1, 1, 0, ""},
		{"commandment_NotNow_iOS-11.3.1.plist", 0, 0, 1, ""},
		{"commandment_Errors_10.13.6-invalid-command.plist", 0, 0, 1, ""},
		{"commandment_Errors_iOS-11.3.1-CommandFormatError.plist", 0, 0, 1, ""},
		{"zentral_ddm_status_report.json", 0, 0, 0, "status report of declarative management"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			data := file(t, filepath.Join(dir, "inventories", "apple", tt.file))
			reports, problems, err := platformtest.Collect(t, Read, data)
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			apps := 0
			for _, r := range reports {
				apps += len(r.Apps)
			}
			if len(reports) != tt.reports || apps != tt.apps || len(problems) != tt.problems {
				t.Errorf("%d reports, %d apps, problems %v; want %d, %d, %d", len(reports), apps, problems, tt.reports, tt.apps, tt.problems)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"installed.plist", "answers.plist", "events.jsonl"} {
		f.Add(sample(f, name).Data)
	}
	f.Add(binaryOf(f, map[string]any{"UDID": "d", "InstalledApplicationList": []map[string]string{{"Identifier": "org.example.a"}}}))
	f.Add(binaryOf(f, map[string]any{"UDID": "d", "ManagedApplicationList": map[string]any{"org.example.a": map[string]string{"Status": "Managed"}}}))
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}

func FuzzReadSystemProfiler(f *testing.F) {
	f.Add(sample(f, "profiler.json").Data)
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, ReadSystemProfiler, data) })
}
