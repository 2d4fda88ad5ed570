package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portcullis/internal/shared"
)

// real are the files that other tools wrote, with what a person must learn of each: how many
// installations are judged and, where not everything could be used, what is said of the rest.
var real = map[string]struct {
	kind   string
	judged int
	said   string
}{
	"android/adb_pm_list_packages_3_i_U.txt":                                    {"android", 12, `does not name its device`},
	"android/adb_pm_list_packages_3_i_U_with_uninstalled.txt":                   {"android", 14, `does not name its device`},
	"android/fleet_amapi_device.json":                                           {"android", 1, `does not name its device`},
	"android/fleet_amapi_status_report_pubsub.json":                             {"android", 1, `does not name its device`},
	"apple/commandment_Errors_10.13.6-invalid-command.plist":                    {"apple", 0, `what is installed on it is not known`},
	"apple/commandment_Errors_iOS-11.3.1-CommandFormatError.plist":              {"apple", 0, `the device answered CommandFormatError`},
	"apple/commandment_InstalledApplicationList_iOS-12.1.plist":                 {"apple", 12, ""},
	"apple/commandment_ManagedApplicationList_iOS-12.1-Failed.plist":            {"apple", 0, `has the status "Failed", which does not say whether it is installed`},
	"apple/commandment_ManagedApplicationList_iOS-12.1-Managed.plist":           {"apple", 1, ""},
	"apple/commandment_ManagedApplicationList_iOS-12.1-RejectedPrompting.plist": {"apple", 0, ""},
	"apple/commandment_NotNow_iOS-11.3.1.plist":                                 {"apple", 0, `the device answered NotNow`},
	"apple/zentral_ddm_status_report.json":                                      {"apple", 0, `this is a status report of declarative management`},
	"apple/zentral_managed_application_list.plist":                              {"apple", 1, ""},
	"csv/cartography_sentinelone_applications.json":                             {"csv", 0, `this begins like JSON or XML, not like a table`},
	"csv/glpi_computer_1.json":                                                  {"glpi", 6, ""},
	"csv/glpi_computer_1_partial_softs.json":                                    {"glpi", 6, ""},
	"csv/glpi_computer_2.json":                                                  {"glpi", 0, `what is installed on it is not in this file`},
	"csv/glpi_computer_3_softwares.json":                                        {"glpi", 1188, `gpg-pubkey is listed twice`},
	"csv/jc_dpkg-l-codes.expected.json":                                         {"dpkg", 0, "expected the table of `dpkg -l` with its head"},
	"csv/jc_dpkg-l_ubuntu1804.txt":                                              {"dpkg", 614, `fills its column and may be cut`},
	"csv/ocs_glpi_9.xml":                                                        {"ocs", 0, `this is a scan of the network for devices`},
	"csv/winget_ImportFile-Bad-Invalid.json":                                    {"winget", 0, "expected the JSON object that `winget export` writes"},
	"csv/winget_ImportFile-Bad-Malformed.json":                                  {"winget", 0, "expected the JSON object that `winget export` writes"},
	"csv/winget_ImportFile-Bad-UnknownSource.json":                              {"winget", 1, `does not name its device`},
	"csv/winget_ImportFile-Good-Dependencies.json":                              {"winget", 2, `does not name its device`},
	"csv/winget_ImportFile-Good.1.0.json":                                       {"winget", 1, `does not name its device`},
	"csv/winget_ImportFile-Good.json":                                           {"winget", 2, `does not name its device`},
	"csv/winget_export_real_Bigsmooth68.json":                                   {"winget", 22, `does not name its device`},
	"fleet/fleet_os_versions_with_comments.json":                                {"osquery", 0, `line 3: expected a comma`},
	"intune/cartography_AppInv_AGGREGATE_ROWS.csv":                              {"intune", 0, `the report has no column DeviceId`},
	"intune/cartography_AppInv_RAW_ROWS.csv":                                    {"intune", 4, `rows name both macos and windows`},
	"intune/graph_detectedApps_list.json":                                       {"intune", 0, `the list counts apps and does not say where they are`},
	"intune/graph_managedDevices_list_trimmed.json":                             {"intune", 0, `what is installed on it is not in this file`},
	"jamf/cartography_jamf_mobile_devices.json":                                 {"jamf", 0, `what is installed on it is not in this file`},
	"jamf/cartography_kandji_devices.json":                                      {"jamf", 0, `this is no inventory of Jamf Pro`},
	"osquery/fleet_submit_result_logs_mixed.log":                                {"osquery", 0, `log:4: expected a JSON object`},
	"osquery/panther_osquery_rule_logs.jsonl":                                   {"osquery", 2, `liblzma.so is listed twice`},
	"osquery/zentral_inventory_snapshot.json":                                   {"osquery", 3, `system_info names several devices`},
	"osquery/zentral_log_bodies.jsonl":                                          {"osquery", 0, `nothing here says what is installed`},
	"santa/beats_santa.log":                                                     {"santa", 5, `does not name its device`},
	"santa/rudolph_eventupload_1.json":                                          {"santa", 1, ""},
	"santa/rudolph_eventupload_2.json":                                          {"santa", 1, ""},
	"santa/rudolph_eventupload_truncated.json":                                  {"santa", 0, `it was cut off`},
	"santa/rudolph_sample-rules2.json":                                          {"santa", 0, `these are rules for Santa, not events`},
	"santa/santa_BasicString_all_actions.log":                                   {"santa", 0, `is not its SHA-256: it is left out`},
	"santa/santa_protobuf_v1_exec.json":                                         {"santa", 1, `which is not a SHA-256`},
	"santa/santa_protobuf_v8_exec.json":                                         {"santa", 1, `which is not a SHA-256`},
	"santa/zentral_eventupload_empty.json":                                      {"santa", 0, "nothing to judge"},
	"santa/zentral_eventupload_literals.json":                                   {"santa", 4, `which is not a SHA-256`},
	"santa/zentral_santa_log_nul_prefix.log":                                    {"santa", 1, `does not name its device`},
}

// TestSharedInventories judges every file of the shared folder. A file that is in the folder and
// not in the list fails the test, so that none is passed over.
func TestSharedInventories(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	dir = filepath.Join(dir, "inventories")
	world := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(world, []byte("organisations: [{id: gov}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	found := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || !strings.Contains(name, string(filepath.Separator)) {
			return err // the lists beside the folders are no inventories
		}
		want, ok := real[filepath.ToSlash(name)]
		if !ok {
			t.Errorf("%s is not in the list", name)
			return nil
		}
		found++
		var out, errs bytes.Buffer
		env := &environment{Context: context.Background(), in: os.Stdin, out: &out, err: &errs, now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }}
		status := run(env, []string{"check", "--world", world, "--platform", "ios", "--format", "json", "--inventory", want.kind + "=" + path})
		judged := bytes.Count(out.Bytes(), []byte("\n"))
		if judged != want.judged {
			t.Errorf("%s: %d installations are judged, want %d\n%.600s", name, judged, want.judged, errs.String())
		}
		if !strings.Contains(errs.String(), want.said) {
			t.Errorf("%s: nothing says %q:\n%.600s", name, want.said, errs.String())
		}
		wantStatus := exitClean
		switch {
		case judged > 0:
			wantStatus = exitBreach // nothing is on a list in this world
		case want.said != "":
			wantStatus = exitBadInput
		}
		if status != wantStatus {
			t.Errorf("%s: exit status %d, want %d", name, status, wantStatus)
		}
		converted(t, name, world, want.kind, path, out.Bytes())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found != len(real) {
		t.Errorf("%d of the %d files in the list were found", found, len(real))
	}
}

// converted holds that an inventory and the hosts made of it are judged alike.
func converted(t *testing.T, name, world, kind, path string, judged []byte) {
	t.Helper()
	var hosts, errs, out bytes.Buffer
	env := &environment{Context: context.Background(), in: os.Stdin, out: &hosts, err: &errs, now: time.Now}
	run(env, []string{"convert", kind, path, "--organisation", "gov", "--platform", "ios"})
	file := filepath.Join(t.TempDir(), "hosts.yaml")
	if err := os.WriteFile(file, hosts.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	env.out = &out
	run(env, []string{"check", "--world", world, "--hosts", file, "--at", "2026-01-01", "--format", "json"})
	if !bytes.Equal(out.Bytes(), judged) {
		t.Errorf("%s: as hosts it is judged otherwise than as an inventory:\n%.600s%.600s", name, out.String(), errs.String())
	}
}
