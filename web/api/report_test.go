package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/store"
	"portcullis/web/api"
)

// reported is the body of a report of treasury's with some apps, each an identifier or one and a version.
func reported(host string, apps ...string) string {
	return `{"host": "` + host + `", "organisation": "treasury", "platform": "android", "installed": [` + installed(apps...) + `]}`
}

func installed(apps ...string) string {
	var all []string
	for _, app := range apps {
		id, version, _ := strings.Cut(app, "=")
		all = append(all, fmt.Sprintf(`{"identifier": %q, "version": %q}`, id, version))
	}
	return strings.Join(all, ", ")
}

// sends reports and returns what became of it, which must be well.
func (h *house) sends(t *testing.T, token, body string) devices.Outcome {
	t.Helper()
	out := decode[devices.Outcome](t, h.call(t, token, "POST", "/api/v1/reports", body), 200)
	h.follow(t)
	return out
}

// on is what is on a host, by its rows.
func (h *house) on(t *testing.T, host string) (found []string) {
	t.Helper()
	one, err := h.devices.One(t.Context(), h.chief(t), host)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range one.Installed {
		found = append(found, strings.TrimSuffix(i.Installation.Identifier+"="+i.Installation.Version, "="))
	}
	slices.Sort(found)
	return found
}

func TestReports(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		for _, c := range []struct {
			what, body string
			want       devices.Outcome
			on         []string
		}{
			{"first", reported("d1", "com.a=1", "com.b"), devices.Outcome{Host: "d1", Result: devices.Enrolled, Added: 2}, []string{"com.a=1", "com.b"}},
			{"the same bytes", reported("d1", "com.a=1", "com.b"), devices.Outcome{Host: "d1", Result: devices.Unchanged}, []string{"com.a=1", "com.b"}},
			{"the same in another order", reported("d1", "com.b", "com.a=1"), devices.Outcome{Host: "d1", Result: devices.Unchanged}, []string{"com.a=1", "com.b"}},
			{"changed", reported("d1", "com.a=2"), devices.Outcome{Host: "d1", Result: devices.Stored, Added: 1, Removed: 2}, []string{"com.a=2"}},
			{"what was before, by its bytes", reported("d1", "com.a=1", "com.b"), devices.Outcome{Host: "d1", Result: devices.Stored, Added: 2, Removed: 1}, []string{"com.a=1", "com.b"}},
			{"partial", `{"host": "d1", "partial": true, "installed": [` + installed("com.a=3") + `]}`, devices.Outcome{Host: "d1", Result: devices.Stored, Added: 1, Removed: 1}, []string{"com.a=3", "com.b"}},
			{"an hour ago", `{"host": "d1", "taken": "2026-03-01T11:00:00Z", "installed": []}`, devices.Outcome{Host: "d1", Result: devices.Older}, []string{"com.a=3", "com.b"}},
			{"another tool", `{"host": "d1", "source": "osquery", "installed": [` + installed("com.c") + `]}`, devices.Outcome{Host: "d1", Result: devices.Stored, Added: 1}, []string{"com.a=3", "com.b", "com.c"}},
			{"nothing is installed", `{"host": "d1", "source": "osquery", "installed": []}`, devices.Outcome{Host: "d1", Result: devices.Stored, Removed: 1}, []string{"com.a=3", "com.b"}},
		} {
			got := h.sends(t, token, c.body)
			if got.Host != c.want.Host || got.Result != c.want.Result || got.Added != c.want.Added || got.Removed != c.want.Removed {
				t.Errorf("%s: %+v", c.what, got)
			}
			if on := h.on(t, "d1"); !slices.Equal(on, c.on) {
				t.Errorf("%s: on it is %v", c.what, on)
			}
		}
		// Whose a device is that nobody knows, its token says.
		if got := h.sends(t, token, `{"host": "d2", "platform": "ios", "installed": []}`); got.Result != devices.Enrolled {
			t.Errorf("without an organisation: %+v", got)
		}
		if got := decode[api.HostSeen](t, h.call(t, token, "GET", "/api/v1/hosts/d2", ""), 200); got.Organisation != "treasury" || got.Ownership != "corporate" || !got.Heard.Equal(noon) {
			t.Errorf("without an organisation: %+v", got)
		}
	})
}

// refusal is a report that is not taken, and what is said of it.
type refusal struct {
	body, field, says string
	status            int
}

// refusals are all that a report may be refused for, on a house with the android device d1 of treasury, and the
// retired one gone, which is replaced by d1, and the one of health.
func refusals() map[string]refusal {
	many := `{"host": "d1", "installed": [` + strings.Repeat(`{"identifier": "com.a"},`, 99_999) + `{"identifier": "com.a"}]}`
	return map[string]refusal{
		"nothing":                 {``, "", "JSON", 400},
		"no JSON":                 {`host: d1`, "", "JSON", 400},
		"cut off":                 {`{"host": "d1", "installed": [{"identifier": "com.a"}`, "", "JSON", 400},
		"more behind":             {reported("d1") + `{}`, "", "JSON", 400},
		"a member twice":          {`{"host": "d1", "installed": [], "installed": []}`, "installed", "twice", 400},
		"one deep inside":         {`{"host": "d1", "installed": [{"identifier": "a", "identifier": "b"}]}`, "installed[0].identifier", "twice", 400},
		"not UTF-8":               {"{\"host\": \"d1\", \"installed\": [{\"identifier\": \"\xff\"}]}", "installed[0].identifier", "UTF-8", 400},
		"unknown member":          {`{"host": "d1", "instaled": []}`, "instaled", "not known", 422},
		"unknown deep inside":     {`{"host": "d1", "installed": [{"identifier": "a"}, {"bundle": "b"}]}`, "installed[1].bundle", "not known", 422},
		"other case":              {`{"Host": "d1", "installed": []}`, "Host", "not known", 422},
		"a number as text":        {`{"host": 7, "installed": []}`, "host", "cannot be", 422},
		"no time":                 {`{"host": "d1", "taken": "yesterday", "installed": []}`, "taken", "cannot be", 422},
		"too large a code":        {`{"host": "d1", "installed": [{"identifier": "a", "versionCode": 9223372036854775808}]}`, "installed[0].versionCode", "cannot be", 422},
		"no list":                 {`{"host": "d1"}`, "installed", "what is installed", 422},
		"a list of nothing":       {`{"host": "d1", "installed": null}`, "installed", "what is installed", 422},
		"no host":                 {`{"installed": []}`, "host", "which device", 422},
		"two lines of a host":     {`{"host": "d\n1", "installed": []}`, "host", "one line", 422},
		"zero in an organisation": {`{"host": "d9", "organisation": "a\u0000b", "platform": "ios", "installed": []}`, "organisation", "one line", 422},
		"a browser's device":      {`{"host": "d9", "platform": "chrome", "installed": []}`, "platform", "no platform", 422},
		"no such ownership":       {`{"host": "d9", "ownership": "ours", "installed": []}`, "ownership", "no ownership", 422},
		"neither":                 {`{"host": "d1", "installed": [{"version": "1"}]}`, "installed[0].identifier", "either", 422},
		"both":                    {`{"host": "d1", "installed": [{"identifier": "a", "product": "b"}]}`, "installed[0].identifier", "either", 422},
		"no such platform":        {`{"host": "d1", "installed": [{"identifier": "a", "platform": "amiga"}]}`, "installed[0].platform", "no platform", 422},
		"from the future":         {`{"host": "d1", "taken": "2026-03-01T12:06:00Z", "installed": []}`, "taken", "clock", 422},
		"100,000 apps":            {many, "installed", "100000", 422},
		"unknown, no platform":    {`{"host": "d9", "installed": []}`, "platform", "which platform", 422},
		"unknown organisation":    {`{"host": "d9", "organisation": "nowhere", "platform": "ios", "installed": []}`, "", "", 403},
		"another's organisation":  {`{"host": "d9", "organisation": "health", "platform": "ios", "installed": []}`, "", "may not", 403},
		"another's device":        {`{"host": "theirs", "installed": []}`, "", "may not", 403},
		"another platform":        {`{"host": "d1", "platform": "ios", "installed": []}`, "", "two devices have one id", 409},
		"another of our bodies":   {`{"host": "d1", "organisation": "audit", "installed": []}`, "", "somebody has to say so", 409},
		"retired":                 {`{"host": "gone", "installed": []}`, "", "retired", 409},
		"replaced":                {`{"host": "old", "installed": []}`, "", "replaced by d1", 409},
	}
}

// withRefusals is a house as refusals have it.
func withRefusals(t *testing.T, h *house) {
	t.Helper()
	for host, organisation := range map[string]string{"d1": "treasury", "gone": "treasury", "old": "treasury", "theirs": "health"} {
		h.sends(t, h.token(t, people.DeviceAdministrator, organisation), fmt.Sprintf(`{"host": %q, "platform": "android", "installed": [%s]}`, host, installed("com.kept")))
	}
	for id, c := range map[string]devices.StateChange{"gone": {State: devices.Retired}, "old": {State: devices.Replaced, ReplacedBy: "d1"}} {
		if _, err := h.devices.ChangeState(t.Context(), h.chief(t), id, c); err != nil {
			t.Fatal(err)
		}
	}
	h.follow(t)
}

func TestReportsThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		withRefusals(t, h)
		token, before := h.token(t, people.DeviceAdministrator, "treasury"), h.stored(t)
		for name, c := range refusals() {
			got := h.call(t, token, "POST", "/api/v1/reports", c.body, "Content-Type", "application/json")
			p := decode[api.Problem](t, got, c.status)
			if !strings.Contains(p.Detail, c.says) {
				t.Errorf("%s: %s", name, p.Detail)
			}
			if c.field != "" && (len(p.Errors) != 1 || p.Errors[0].Field != c.field) {
				t.Errorf("%s: the fields are %+v, not %s", name, p.Errors, c.field)
			}
			if got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %s", name, got.header.Get("Content-Type"))
			}
		}
		if after := h.stored(t); after != before {
			t.Errorf("something was stored:\n%s\n%s", before, after)
		}
	})
}

// TestReportsOfEveryForm sends reports as no report is sent.
func TestReportsOfEveryForm(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		h.sends(t, token, reported("d1", "com.a"))
		same := reported("d1", "com.a")
		for _, c := range []struct {
			path, body, header, value string
			status                    int
		}{
			{"/reports", same, "Content-Type", "text/plain", 415},
			{"/reports", same, "Content-Type", "", 415},
			{"/reports", same, "Content-Type", "application/json; charset=latin1", 415},
			{"/reports", same, "Content-Type", "application/json; charset=UTF-8", 200},
			{"/reports", same, "Idempotency-Key", `"once"`, 200},
			{"/reports", same, "If-Match", `"1"`, 422},
			{"/reports?dry=1", same, "", "", 422},
			{"/reports/batch?dry=1", `{"reports": []}`, "", "", 422},
			{"/reports", strings.Repeat(" ", 8<<20) + same, "", "", 413},
			{"/reports/batch", strings.Repeat(" ", 32<<20) + `{"reports": []}`, "", "", 413},
			{"/reports/batch", `{"reports": []}`, "", "", 200},
			{"/reports/batch", `{}`, "", "", 422},
			{"/reports/batch", `{"reports": [` + strings.Repeat(same+",", 500) + same + `]}`, "", "", 422},
			{"/inventories/spreadsheet", "", "", "", 404},
			{"/inventories/dpkg?dry=1", "", "", "", 422},
			{"/inventories/dpkg?platform=linux&platform=macos", "", "", "", 422},
			{"/inventories/dpkg?platform=amiga", "", "", "", 422},
			{"/inventories/osquery", "not JSON", "", "", 422},
		} {
			headers := []string{"Content-Type", "application/json"}
			if c.header != "" {
				headers = append(headers, c.header, c.value)
			}
			if got := h.call(t, token, "POST", "/api/v1"+c.path, c.body, headers...); got.status != c.status {
				t.Errorf("%s with %s %q: %d, not %d: %.300s", c.path, c.header, c.value, got.status, c.status, got.body)
			}
		}
	})
}

// TestReportThatBreaksOff announces more than it sends.
func TestReportThatBreaksOff(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token, before := h.token(t, people.DeviceAdministrator, "treasury"), h.stored(t)
		for _, path := range []string{"/reports", "/reports/batch"} {
			address, err := url.Parse(h.url)
			if err != nil {
				t.Fatal(err)
			}
			c, err := net.Dial("tcp", address.Host)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(c, "POST /api/v1%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n%s", path, token, reported("d9", "com.a"))
			if err := c.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(c) // the server closes when it has done with it
			if err != nil || len(answer) > 0 && !bytes.Contains(answer, []byte(" 400 ")) {
				t.Errorf("%s: %s %v", path, answer, err)
			}
			c.Close()
		}
		if after := h.stored(t); after != before {
			t.Errorf("something was stored:\n%s\n%s", before, after)
		}
	})
}

// TestBatches holds that each report of a batch stands for itself.
func TestBatches(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		withRefusals(t, h)
		token := h.token(t, people.DeviceAdministrator, "treasury")
		h.sends(t, token, reported("d1", "com.a"))
		for name, c := range refusals() {
			if c.status == 400 || name == "100,000 apps" {
				continue // what is not JSON is not taken apart
			}
			host := "after " + name
			got := h.call(t, token, "POST", "/api/v1/reports/batch", `{"reports": [`+reported("d1", "com.a")+","+c.body+","+reported(host, "com.b")+`]}`)
			items := decode[api.BatchOutcome](t, got, 200).Items
			if len(items) != 3 || items[0].Result != devices.Unchanged || items[2].Result != devices.Enrolled || items[2].Host != host {
				t.Fatalf("%s: %s", name, got.body)
			}
			if p := items[1].Problem; p == nil || p.Status != c.status || !strings.Contains(p.Detail, c.says) || items[1].Result != "" {
				t.Errorf("%s: %+v", name, p)
			}
		}
		// One host more than once: the last stands.
		got := h.call(t, token, "POST", "/api/v1/reports/batch", `{"reports": [`+reported("twice", "com.a")+","+reported("twice", "com.b")+","+reported("twice", "com.c")+`]}`)
		if items := decode[api.BatchOutcome](t, got, 200).Items; items[0].Result != devices.Enrolled || items[2].Result != devices.Stored {
			t.Errorf("a host three times: %s", got.body)
		}
		h.follow(t)
		if on := h.on(t, "twice"); !slices.Equal(on, []string{"com.c"}) {
			t.Errorf("a host three times: on it is %v", on)
		}
		for _, body := range []string{`{"reports": [` + reported("half", "com.a") + `, {"host": "d`, `{"reports": [` + reported("half", "com.a") + `, {"host": "d1", "host": "d1", "installed": []}]}`} {
			if got := h.call(t, token, "POST", "/api/v1/reports/batch", body); got.status != 400 {
				t.Errorf("half a batch: %d %s", got.status, got.body)
			}
		}
		if got := h.call(t, token, "GET", "/api/v1/hosts/half", ""); got.status != 404 {
			t.Errorf("half a batch was stored: %d", got.status)
		}
	})
}

// TestWhoReports holds that the routes of reports refuse whom the others refuse, with the same words, before
// they read anything, and for a token that has ended a second later at most.
func TestWhoReports(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		same := reported("d1", "com.a")
		made, err := h.MakeToken(t.Context(), command, "reporter", people.Grant{Role: people.DeviceAdministrator, Organisation: "treasury"}, people.Time{})
		if err != nil {
			t.Fatal(err)
		}
		h.sends(t, made.Secret, same)
		paths := []string{"/reports", "/reports/batch", "/inventories/dpkg", "/inventories/none"}
		for _, role := range []people.Role{"", people.Staff, people.Auditor, people.Reviewer} {
			token := "pc_none"
			if role != "" {
				token = h.token(t, role, people.Everywhere)
			}
			want := decodeProblem(t, h.call(t, token, "GET", "/api/v1/endpoints", ""))
			for _, path := range paths {
				for _, body := range []string{same, "no JSON"} {
					got := decodeProblem(t, h.call(t, token, "POST", "/api/v1"+path, body))
					if got.Status != want.Status || got.Type != want.Type || got.Title != want.Title || got.Reference == "" {
						t.Errorf("%q %s: %+v, and elsewhere %+v", role, path, got, want)
					}
				}
			}
		}
		if got := h.call(t, h.token(t, people.DeviceAdministrator, "health"), "POST", "/api/v1/reports", same); got.status != 403 {
			t.Errorf("the same report by another body's program: %d %s", got.status, got.body)
		}
		if _, err := h.EndToken(t.Context(), command, made.ID); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Second)
		for _, body := range []string{same, reported("d1", "com.b"), "no JSON"} {
			if got := h.call(t, made.Secret, "POST", "/api/v1/reports", body); got.status != 401 {
				t.Errorf("a second after the token ended: %d %s", got.status, got.body)
			}
		}
		if on := h.on(t, "d1"); !slices.Equal(on, []string{"com.a"}) {
			t.Errorf("on it is %v", on)
		}
		if log := h.log.String(); strings.Contains(log, "level=ERROR") {
			t.Error(log)
		}
	})
}

// decodeProblem is an answer that must be a problem.
func decodeProblem(t *testing.T, r reply) (p api.Problem) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || p.Status != r.status || r.status < 400 {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return p
}

// TestMovedDevice holds that a report that contradicts what is known is not taken because it is the last.
func TestMovedDevice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		same := reported("d1", "com.a")
		h.sends(t, token, same)
		if got := h.sends(t, token, same); got.Result != devices.Unchanged {
			t.Fatalf("%+v", got)
		}
		if _, err := h.devices.Move(t.Context(), h.chief(t), "d1", devices.HostMove{Organisation: "audit"}); err != nil {
			t.Fatal(err)
		}
		h.follow(t)
		if got := h.call(t, token, "POST", "/api/v1/reports", same); got.status != 409 {
			t.Errorf("it says where it no longer belongs: %d %s", got.status, got.body)
		}
	})
}

// TestNothingOfPersonalDevicesIsStored looks into every table.
func TestNothingOfPersonalDevicesIsStored(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		report := func(host, ownership string) string {
			return fmt.Sprintf(`{"host": %q, "platform": "android", "ownership": %q, "installed": [
				{"identifier": "com.secret.one", "version": "77.1", "name": "Secret One", "publisher": "Secret Publisher", "signer": "secret-signer"},
				{"identifier": "com.secret.two", "managed": false, "name": "Secret Two"},
				{"identifier": "com.open", "managed": true, "name": "Open"}]}`, host, ownership)
		}
		if got := h.sends(t, token, report("theirs", "personal")); got.Left != 3 || got.Added != 0 {
			t.Errorf("a personal device: %+v", got)
		}
		if stored := h.stored(t); strings.Contains(stored, "com.open") {
			t.Errorf("of a personal device is stored:\n%s", stored)
		}
		if got := h.sends(t, token, report("mixed", "managed-personal")); got.Left != 2 || got.Added != 1 {
			t.Errorf("a managed device: %+v", got)
		}
		if stored := h.stored(t); !strings.Contains(stored, "com.open") || strings.Contains(strings.ToLower(stored), "secret") || strings.Contains(stored, "77.1") {
			t.Errorf("of a managed device is stored:\n%s", stored)
		}
		if text := h.log.String(); strings.Contains(strings.ToLower(text), "secret") {
			t.Error(text)
		}
	})
}

// stored is everything that the tables of devices and the ledger have, as text.
func (h *house) stored(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := h.DB.Read(t.Context(), func(tx *store.Tx) error {
		for table, columns := range map[string]string{
			"devices_hosts": "id, organisation, name, state, packed, sources, replaced_by", "devices_attributes": "subject, object", "devices_changes": "host, source, reporter, added, removed",
			"devices_things": "number, name, version, signer", "devices_names": "identifier, platform, name, publisher", "devices_batches": "server, number, hosts",
			"ledger_payload": "payload",
		} {
			var lines []string
			n := strings.Count(columns, ",") + 1
			err := tx.Rows("SELECT "+columns+" FROM "+table, nil, func(scan func(...any) error) error {
				values, into := make([][]byte, n), make([]any, n)
				for i := range values {
					into[i] = &values[i]
				}
				err := scan(into...)
				lines = append(lines, fmt.Sprintf("%s %s", table, bytes.Join(values, []byte(" "))))
				return err
			})
			if err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			slices.Sort(lines)
			all.WriteString(strings.Join(lines, "\n") + "\n")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sortLines(all.String())
}

func sortLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestInventories sends the export of tools as they come, and again.
func TestInventories(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.clock.Advance(100 * 24 * time.Hour) // when all of them had been taken
		token := h.token(t, people.DeviceAdministrator, "treasury")
		for _, c := range []struct{ kind, file, query string }{
			{"osquery", "osquery/testdata/results.log", "platform=macos"},
			{"intune", "intune/testdata/raw.csv", ""},
			{"jamf", "jamf/testdata/computers.json", ""},
			{"csv", "sheet/testdata/fleet.csv", "platform=windows"},
			{"dpkg", "linux/testdata/tabs.txt", "platform=linux&device=laptop-7"},
			{"glpi", "glpi/testdata/laptop.json", ""},
			{"ocs", "ocs/testdata/debian.xml", ""},
			{"android", "android/testdata/devices.json", "ownership=corporate"},
			{"santa", "santa/testdata/upload.json", "device=mac-7"},
			{"system_profiler", "apple/testdata/profiler.json", "platform=macos&device=mac-8"},
			{"winget", "windows/testdata/export.json", "device=pc-7"},
			{"apple", "apple/testdata/installed.plist", "platform=ios&device=phone-7"},
		} {
			body, err := os.ReadFile("../../platform/" + c.file)
			if err != nil {
				t.Fatal(err)
			}
			send := func() api.InventoryOutcome {
				h.follow(t)
				return decode[api.InventoryOutcome](t, h.call(t, token, "POST", "/api/v1/inventories/"+c.kind+"?"+c.query, string(body)), 200)
			}
			first, again := send(), send()
			if first.Enrolled+first.Stored == 0 || first.Error != "" {
				t.Errorf("%s: %+v", c.file, first)
			}
			if again.Enrolled+again.Stored > 0 {
				t.Errorf("%s again: %+v, at first %+v", c.file, again.Tally, first.Tally)
			}
		}
		got := h.call(t, token, "POST", "/api/v1/inventories/dpkg?platform=linux&device=x&organisation=health", "less\tinstall\n")
		if out := decode[api.InventoryOutcome](t, got, 200); out.Refused != 1 || !strings.Contains(got.body, `{"device":"x","line":1,"reason":"You may not`) {
			t.Errorf("another's device: %s", got.body)
		}
	})
}

// TestReportsOfManyAtOnce has many report at once what nobody else reports.
func TestReportsOfManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		token := h.token(t, people.DeviceAdministrator, "treasury")
		answers := make(chan reply)
		for i := range 40 {
			go func() {
				answers <- h.call(t, token, "POST", "/api/v1/reports", reported(fmt.Sprint("many-", i), "com.a", fmt.Sprint("com.own", i)))
			}()
		}
		for range 40 {
			if got := <-answers; got.status != http.StatusOK || !strings.Contains(got.body, "enrolled") {
				t.Errorf("%d %s", got.status, got.body)
			}
		}
		h.follow(t)
		for i := range 40 {
			if on := h.on(t, fmt.Sprint("many-", i)); !slices.Equal(on, []string{"com.a", fmt.Sprint("com.own", i)}) {
				t.Errorf("on %d is %v", i, on)
			}
		}
	})
}
