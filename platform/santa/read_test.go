package santa

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
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

func compressed(t testing.TB, data []byte, to func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var z bytes.Buffer
	w := to(&z)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

func toZlib(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
func toGzip(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func TestPromises(t *testing.T) {
	upload := file(t, "testdata", "upload.json")
	platformtest.Readers(t, Read,
		platformtest.Sample{Name: "upload", Data: upload, Text: true},
		platformtest.Sample{Name: "zlib", Data: compressed(t, upload, toZlib)},
		platformtest.Sample{Name: "gzip", Data: compressed(t, upload, toGzip)},
		platformtest.Sample{Name: "log", Data: file(t, "testdata", "santa.log"), Text: true},
		platformtest.Sample{Name: "telemetry", Data: file(t, "testdata", "telemetry.jsonl"), Text: true})
}

func hash(c string) string { return strings.Repeat(c, 64) }

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func check(t *testing.T, data []byte, want []platform.Report, wantProblems []platform.Problem) {
	t.Helper()
	reports, problems, err := platformtest.Collect(t, Read, data)
	for i := range want {
		want[i].Platform, want[i].Partial = policy.MacOS, true
	}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff(wantProblems, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestReadUpload(t *testing.T) {
	const one, two = "C0FFEE00-0000-4000-8000-000000000001", "C0FFEE00-0000-4000-8000-000000000002"
	want := []platform.Report{
		{Device: one, At: newYear.Add(time.Minute), Line: 4, Apps: []platform.App{
			{Identifier: "org.example.notes", Name: "Записки", Publisher: "Example Ltd", Version: "2.0", Signer: hash("1"), Line: 4},
			{Identifier: "platform:com.apple.curl", Name: "curl", Line: 21},
			{Identifier: "org.example.odd", Line: 26},
		}},
		{Device: two, Line: 23, Apps: []platform.App{{Identifier: "sha256:" + hash("c"), Name: "act", Line: 23}}},
	}
	problems := []platform.Problem{
		{Device: one, Line: 24, Reason: `the program "act" has neither bundle id nor signing id, and "short" is not its SHA-256: it is left out`},
		{Line: 25, Reason: "an event is not an object"},
		{Device: one, Line: 26, Reason: `the certificate of "org.example.odd" is given as "<generated>", which is not a SHA-256: it is left out`},
	}
	check(t, file(t, "testdata", "upload.json"), want, problems)
}

func TestReadLog(t *testing.T) {
	want := []platform.Report{
		{At: newYear.Add(1500 * time.Millisecond), Line: 3, Apps: []platform.App{
			{Identifier: "sha256:" + hash("e"), Name: "curl", Signer: hash("3"), Line: 3}}},
		{Device: "M-1", At: newYear.Add(3 * time.Second), Line: 4, Apps: []platform.App{
			{Identifier: "sha256:" + hash("f"), Name: "Example | Player", Publisher: "Example, Inc.", Signer: hash("4"), Line: 4},
			{Identifier: "TEAM000002:org.example.miner", Name: "mining tool", Line: 7}}},
	}
	problems := []platform.Problem{
		{Line: 6, Reason: "this is not a line of santa.log: it has no action"},
		{Device: "M-1", Line: 8, Reason: `the program "x" has neither bundle id nor signing id, and "1234_hash" is not its SHA-256: it is left out`},
	}
	check(t, file(t, "testdata", "santa.log"), want, problems)
}

func TestReadTelemetry(t *testing.T) {
	want := []platform.Report{{Device: "M-3", At: newYear.Add(7 * time.Second), Line: 1, Apps: []platform.App{
		{Identifier: "TEAM000003:org.example.draw", Name: "Draw", Publisher: "Example Drawing", Signer: hash("6"), Line: 1},
		{Identifier: "platform:com.apple.ls", Name: "ls", Line: 3},
	}}}
	check(t, file(t, "testdata", "telemetry.jsonl"), want, nil)
}

func TestLatestRunStands(t *testing.T) {
	event := func(version, signer string, at int) string {
		return fmt.Sprintf(`{"file_sha256":"x","file_bundle_id":"org.a","file_bundle_version_string":%q,"signing_chain":[{"sha256":%q}],"execution_time":%d}`, version, signer, at)
	}
	one, two := hash("1"), hash("2")
	said := func(line int, v1, s1 string, from int, v2, s2 string) platform.Problem {
		return platform.Problem{Line: line, Reason: fmt.Sprintf(`"org.a" ran as version %q with signer %q (line %d), and here as version %q with signer %q: the later run stands`, v1, s1, from, v2, s2)}
	}
	tests := []struct {
		name            string
		events          []string
		version, signer string
		problems        []platform.Problem
	}{
		{"the same twice", []string{event("1", one, 10), event("1", one, 20)}, "1", one, nil},
		{"an update", []string{event("1", one, 10), event("2", one, 20), event("2", one, 30)}, "2", one, []platform.Problem{said(2, "1", one, 1, "2", one)}},
		{"an update between two runs", []string{event("1", one, 10), event("1", one, 30), event("2", one, 20)}, "1", one, []platform.Problem{said(3, "1", one, 1, "2", one)}},
		{"an update, out of order", []string{event("2", one, 20), event("1", one, 10)}, "2", one, []platform.Problem{said(2, "2", one, 1, "1", one)}},
		{"one after the other, said once", []string{event("1", one, 10), event("2", one, 20), event("1", one, 30), event("2", one, 40)}, "2", one,
			[]platform.Problem{said(2, "1", one, 1, "2", one), said(3, "2", one, 2, "1", one)}},
		{"another signer", []string{event("1", one, 10), event("1", two, 20)}, "1", two, []platform.Problem{said(2, "1", one, 1, "1", two)}},
		{"without times the first", []string{event("1", one, 0), event("2", one, 0)}, "1", one, []platform.Problem{said(2, "1", one, 1, "2", one)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, problems, err := platformtest.Collect(t, Read, []byte(strings.Join(tt.events, "\n")))
			if err != nil || len(reports) != 1 || len(reports[0].Apps) != 1 {
				t.Fatalf("error %v, reports %+v", err, reports)
			}
			if a := reports[0].Apps[0]; a.Version != tt.version || a.Signer != tt.signer {
				t.Errorf("version %q with signer %q stands", a.Version, a.Signer)
			}
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNothingRan(t *testing.T) {
	for _, in := range []string{`{"events": []}`, "{\"events\": []}\n{\"events\": []}"} {
		reports, problems, err := platformtest.Collect(t, Read, []byte(in))
		if err != nil || len(reports)+len(problems) > 0 {
			t.Errorf("%s: error %v, reports %v, problems %v", in, err, reports, problems)
		}
	}
	reports, problems, err := platformtest.Collect(t, Read, []byte("action=FORK|pid=1\n"))
	if err != nil || len(reports) > 0 || len(problems) != 1 {
		t.Errorf("a log without executions: error %v, reports %v, problems %v", err, reports, problems)
	}
}

func TestCutLineIsNotUsed(t *testing.T) {
	whole := "action=EXEC|sha256=" + hash("a") + "|path=/bin/a\n"
	reports, problems, err := platformtest.Collect(t, Read, []byte(whole+"action=EXEC|sha256="+hash("b")+"|path=/bin/"))
	if err != nil || len(reports) != 1 || len(reports[0].Apps) != 1 {
		t.Errorf("error %v, reports %+v", err, reports)
	}
	want := []platform.Problem{{Line: 2, Reason: "the last line has no end and may be cut off: it is not used"}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestCutUploadGivesItsEvents(t *testing.T) {
	whole := string(file(t, "testdata", "upload.json"))
	reports, problems, err := platformtest.Collect(t, Read, []byte(whole[:strings.Index(whole, `"signingId"`)]))
	if err != nil || len(reports) != 1 || len(reports[0].Apps) != 1 {
		t.Errorf("error %v, reports %+v", err, reports)
	}
	want := []platform.Problem{{Line: 1, Reason: "the file ends in the middle of what begins here: it was cut off"}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"rules", `[{"identifier":"x","type":"CERTIFICATE","policy":"ALLOWLIST"}]`, "line 1: these are rules for Santa, not events of what ran"},
		{"downloaded rules", `{"rules":[]}`, "line 1: these are rules for Santa, not events of what ran"},
		{"a preflight message", `{"client_mode":"MONITOR"}`, "line 1: this is a preflight message of Santa, not events of what ran"},
		{"another tool's", `{"content":{}}`, "line 1: these are not Santa's events: an object with the keys content"},
		{"cut at once", "{", "line 1: the file ends in the middle of what begins here: it was cut off"},
		{"a sheet", "host,app\nh,a\n", "line 1: expected Santa's events in JSON, or a santa.log with lines of action=…"},
		{"a long text", "\n" + strings.Repeat("text\n", 200), "line 2: expected Santa's events in JSON, or a santa.log with lines of action=…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, problems, err := platformtest.Collect(t, Read, []byte(tt.in))
			if err == nil || err.Error() != tt.want || len(reports)+len(problems) > 0 {
				t.Errorf("reports %v, problems %v, error %v\nwant %s", reports, problems, err, tt.want)
			}
		})
	}
}

func TestSharedFiles(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	const firefox = "org.mozilla.firefox"
	tests := []struct {
		file              string
		reports, apps     int
		problems          int
		refused           bool
		device, app, name string // of the last app of the first report
	}{
		{"beats_santa.log", 1, 5, 0, false, "", "sha256:a8defc1b24c45f6dabeb8298af5f8e1daf39e1504e16f878345f15ac94ae96d7", "Google Chrome"},
		{"rudolph_eventupload_1.json", 1, 1, 0, false, "AAAAAAAA-BBBB-CCCC-DDDD-12345689012", "sha256:35de834c7f280df703f57ff75b3486b9a04d73c0df96f9f6968db15fa86b8962", "LauncherApplication"},
		{"rudolph_eventupload_2.json", 1, 1, 0, false, "AAAAAAAA-BBBB-CCCC-DDDD-12345689012", "sha256:35de834c7f280df703f57ff75b3486b9a04d73c0df96f9f6968db15fa86b8962", "LauncherApplication"},
		{"rudolph_eventupload_truncated.json", 0, 0, 0, true, "", "", ""},
		{"rudolph_sample-rules2.json", 0, 0, 0, true, "", "", ""},
		{"santa_BasicString_all_actions.log", 0, 0, 2, false, "", "", ""},
		{"santa_protobuf_v1_exec.json", 1, 1, 1, false, "", "platform:my_signing_id", "fooexec"},
		{"santa_protobuf_v8_exec.json", 1, 1, 1, false, "", "platform:my_signing_id", "fooexec"},
		{"zentral_eventupload_empty.json", 0, 0, 0, false, "", "", ""},
		{"zentral_eventupload_literals.json", 1, 4, 6, false, "", firefox, "Firefox"},
		{"zentral_santa_log_nul_prefix.log", 1, 1, 0, false, "", "sha256:be3d62846149af4526a2836db6d957425bd318f1dacf75d7528e750b95bf531f", "sed"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			reports, problems, err := platformtest.Collect(t, Read, file(t, dir, "inventories", "santa", tt.file))
			if (err != nil) != tt.refused || len(reports) != tt.reports || len(problems) != tt.problems {
				t.Fatalf("error %v, %d reports, problems %v", err, len(reports), problems)
			}
			if tt.reports == 0 {
				return
			}
			r := reports[0]
			last := r.Apps[len(r.Apps)-1]
			if len(r.Apps) != tt.apps || r.Device != tt.device || last.Identifier != tt.app || last.Name != tt.name || !r.Partial {
				t.Errorf("device %q, %d apps, the last %+v", r.Device, len(r.Apps), last)
			}
		})
	}
	for _, name := range []string{"compression_test_zlib.z", "compression_test_gzip.gz", "sync_ruledownload_batch1.json", "sync_eventupload_input_basic.plist"} {
		if reports, _, err := platformtest.Collect(t, Read, file(t, dir, "santa", name)); err == nil || len(reports) > 0 {
			t.Errorf("%s: %d reports, error %v", name, len(reports), err)
		}
	}
	if reports, _, err := platformtest.Collect(t, Read, file(t, dir, "inventories", "fleet", "fleet_os_versions_with_comments.json")); err == nil || len(reports) > 0 {
		t.Errorf("Fleet's operating systems: %d reports, error %v", len(reports), err)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"upload.json", "santa.log", "telemetry.jsonl"} {
		f.Add(file(f, "testdata", name))
	}
	f.Add(compressed(f, file(f, "testdata", "santa.log"), toZlib))
	f.Add([]byte(`{"events":[{"file_sha256":1,"signing_chain":[[]],"execution_time":"NaN"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}
