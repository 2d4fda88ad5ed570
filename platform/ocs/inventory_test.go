package ocs

import (
	"bytes"
	"compress/zlib"
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

func compressed(t testing.TB, data []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

func TestPromises(t *testing.T) {
	debian := file(t, "testdata", "debian.xml")
	platformtest.Readers(t, Read,
		platformtest.Sample{Name: "debian", Data: debian, Text: true},
		platformtest.Sample{Name: "compressed", Data: compressed(t, debian)},
		// A byte-order mark is no part of ISO-8859-1, so this one is not tried with one.
		platformtest.Sample{Name: "windows", Data: file(t, "testdata", "windows.xml")})
}

const debianID = "1f2e3d4c-5b6a-4978-8690-a1b2c3d4e5f6"

var debianReport = platform.Report{
	Device: debianID, Name: "srv-11", Platform: policy.Linux, Line: 2, Partial: true,
	At: time.Date(2026, 4, 1, 8, 0, 0, 0, time.UTC),
	Apps: []platform.App{
		{Identifier: "openssl", Name: "openssl", Publisher: "Debian", Version: "3.0.15-1~deb12u1", Line: 19},
		{Identifier: "org.example.Draw", Name: "Dessin & plans", Version: "2.1", Line: 26},
	},
}

var windowsReport = platform.Report{
	Device: "PC-ACCUEIL-2026-01-02-03-04-05", Name: "PC-ACCUEIL", Platform: policy.Windows, Line: 2,
	Apps: []platform.App{{Name: "Éditeur d’images", Publisher: "Société Exemple", Version: "7.2", Line: 4}},
}

func TestRead(t *testing.T) {
	debian, windows := file(t, "testdata", "debian.xml"), file(t, "testdata", "windows.xml")
	second := debianReport
	second.Line, second.Apps = second.Line+43, nil
	unlined := debianReport
	unlined.Line, unlined.Apps = 0, nil
	for _, a := range debianReport.Apps {
		a.Line += 43
		second.Apps = append(second.Apps, a)
		a.Line = 0
		unlined.Apps = append(unlined.Apps, a)
	}
	tests := []struct {
		name string
		in   []byte
		want []platform.Report
	}{
		{"debian", debian, []platform.Report{debianReport}},
		{"zlib", compressed(t, debian), []platform.Report{unlined}},
		{"two", append(bytes.Clone(debian), debian...), []platform.Report{debianReport, second}},
		{"ISO-8859-1", windows, []platform.Report{windowsReport}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reports, _, err := platformtest.Collect(t, Read, tt.in)
			if diff := cmp.Diff(tt.want, reports); diff != "" || err != nil {
				t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
			}
		})
	}
	_, problems, _ := platformtest.Collect(t, Read, debian)
	want := []platform.Problem{
		{Device: debianID, Line: 32, Reason: `openssl is listed twice, with version "3.0.15-1~deb12u1" and version "1.1.1w-0": the first stands`},
		{Device: debianID, Line: 37, Reason: "an entry has neither an identifier nor a name"},
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestDeviceWithoutSoftware(t *testing.T) {
	const in = `<REQUEST><CONTENT><HARDWARE><NAME>kiosk</NAME></HARDWARE></CONTENT><QUERY>INVENTORY</QUERY></REQUEST>`
	reports, _, err := platformtest.Collect(t, Read, []byte(in))
	want := []platform.Report{{Device: "kiosk", NoInventory: true, Line: 1}}
	if diff := cmp.Diff(want, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"a property list", "<?xml version=\"1.0\"?>\n<plist/>", "line 2: this is not an OCS or FusionInventory inventory: its root is <plist>, not <REQUEST>"},
		{"a greeting", "<REQUEST><QUERY>PROLOG</QUERY></REQUEST>", "line 1: this is an agent's greeting (QUERY PROLOG), not an inventory of a computer's software"},
		{"another query", "<REQUEST><CONTENT/><QUERY>FILE</QUERY></REQUEST>", `line 1: QUERY is "FILE": expected INVENTORY`},
		{"no content", "<REQUEST/>", "line 1: this REQUEST has no CONTENT: expected an inventory"},
		{"JSON", "{}", "line 1: not XML: text outside every element"},
		{"unknown encoding", "<?xml version='1.0' encoding='koi8-r'?><REQUEST/>", `xml: opening charset "koi8-r": its encoding is "koi8-r"; save it as UTF-8`},
		{"cut before the device", "<REQUEST><CONTENT><SOFTWARES>", "line 1: the input ends in the middle of an XML document: unexpected EOF"},
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
	whole := string(file(t, "testdata", "debian.xml"))
	cut := whole[:strings.Index(whole, "1.1.1w")]
	reports, problems, err := platformtest.Collect(t, Read, []byte(cut))
	if diff := cmp.Diff([]platform.Report{debianReport}, reports); diff != "" || err != nil {
		t.Errorf("error %v, reports (-want +got):\n%s", err, diff)
	}
	want := []platform.Problem{{Line: 35, Reason: "line 35: the input ends in the middle of an XML document: unexpected EOF"}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestSharedFiles(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	reports, _, err := platformtest.Collect(t, Read, file(t, dir, "inventories", "csv", "ocs_glpi_9.xml"))
	const want = "line 2: this is a scan of the network for devices (QUERY NETDISCOVERY), not an inventory of a computer's software"
	if err == nil || err.Error() != want || len(reports) > 0 {
		t.Errorf("%d reports, error %v\nwant %s", len(reports), err, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(f, "testdata", "debian.xml"))
	f.Add(file(f, "testdata", "windows.xml"))
	f.Add(compressed(f, file(f, "testdata", "windows.xml")))
	f.Add([]byte("<REQUEST><CONTENT><SOFTWARES/></CONTENT></REQUEST><REQUEST>"))
	f.Fuzz(func(t *testing.T, data []byte) { platformtest.Collect(t, Read, data) })
}
