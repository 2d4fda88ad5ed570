package osquery

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
	"portcullis/policy"
)

func TestReadEnrolment(t *testing.T) {
	for body, want := range map[string]Enrolment{
		`{"enroll_secret":"a.b.c","host_identifier":"x","platform_type":"21","host_details":{"os_version":{"platform":"darwin"},"system_info":{"computer_name":"Ada's\u0000 Mac","hostname":"mac"}}}`: {"a.b.c", "Ada's Mac", policy.MacOS},
		`{"enroll_secret":"s","platform_type":9}`:                                                      {Secret: "s", Platform: policy.Linux},
		`{"enroll_secret":"s","platform_type":"2","host_details":{"system_info":{"hostname":"pc"}}}`:   {"s", "pc", policy.Windows},
		`{"enroll_secret":"s","host_details":{"os_version":{"platform":"ubuntu"}}}`:                    {Secret: "s", Platform: policy.Linux},
		`{"enroll_secret":"s","host_details":{"os_version":{"platform":"","platform_like":"debian"}}}`: {Secret: "s", Platform: policy.Linux},
		`{"enroll_secret":"s","host_details":{"os_version":{"platform":"freebsd"}}}`:                   {Secret: "s"},
		`{}`:                                   {},
		`{"enroll_secret":7}`:                  {Secret: "7"},
		`{"enroll_secret":null}`:               {},
		`{"enroll_secret":"s","unknown":[[]]}`: {Secret: "s"},
	} {
		got, err := ReadEnrolment([]byte(body))
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	for _, body := range []string{``, `[]`, `7`, `{"enroll_secret":{}}`, `{"enroll_secret":["s"]}`, `{"host_details":[]}`, `{"enroll_secret":"s"`, `{} {}`} {
		if got, err := ReadEnrolment([]byte(body)); err == nil {
			t.Errorf("%s: %+v", body, got)
		}
	}
}

func TestReadMessage(t *testing.T) {
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{`, `{} {}`, `{"node_key":"k"}{"node_key":"l"}`, `{"queries":{}`, "{}\n# x"} {
		if m, err := ReadMessage([]byte(body)); err == nil {
			t.Errorf("%s: %+v", body, m)
		}
	}
	m, err := ReadMessage([]byte(` {"node_key":"k","log_type":"result","data":[{"name":"x"},{"name":"y"}]} `))
	if err != nil || m.NodeKey != "k" || m.Lines() != 2 {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err = ReadMessage([]byte(`{"node_key":{},"data":"x"}`)); err != nil || m.NodeKey != "" || m.Lines() != 0 {
		t.Errorf("%+v, %v", m, err)
	}
}

// answers reads the answers of a body.
func answers(t *testing.T, p policy.Platform, queries, statuses string) (*Answers, error) {
	t.Helper()
	m, err := ReadMessage([]byte(`{"node_key":"k","queries":` + queries + `,"statuses":` + statuses + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return m.Answers(p)
}

func TestAnswers(t *testing.T) {
	const (
		notes  = `{"bundle_identifier":"org.notes","bundle_name":"Notes","name":"Notes.app","bundle_short_version":"2"}`
		chrome = `{"identifier":"abcdefghijklmnopabcdefghijklmnop","name":"Blocker","version":"1","browser_type":"chrome"}`
		deb    = `{"name":"zsh","version":"5.9-4","status":"install ok installed"}`
		rpm    = `{"name":"zsh","version":"5.9","release":"4","vendor":"Example"}`
	)
	type found struct {
		apps    []string
		partial bool
		failed  int
	}
	for name, c := range map[string]struct {
		on                policy.Platform
		queries, statuses string
		want              *found // nil where nothing is known
	}{
		"a whole Mac":               {policy.MacOS, `{"portcullis/apps":[` + notes + `],"portcullis/chrome_extensions":[` + chrome + `]}`, `{"portcullis/apps":0}`, &found{apps: []string{"org.notes", "abcdefghijklmnopabcdefghijklmnop"}}},
		"no rows as text":           {policy.MacOS, `{"portcullis/apps":[` + notes + `],"portcullis/chrome_extensions":""}`, `{}`, &found{apps: []string{"org.notes"}}},
		"a status as text":          {policy.MacOS, `{"portcullis/apps":[` + notes + `],"portcullis/chrome_extensions":""}`, `{"portcullis/apps":"0","portcullis/chrome_extensions":"1"}`, &found{apps: []string{"org.notes"}, partial: true, failed: 1}},
		"one that was not answered": {policy.MacOS, `{"portcullis/apps":[` + notes + `]}`, `{}`, &found{apps: []string{"org.notes"}, partial: true}},
		"an optional one failed":    {policy.MacOS, `{"portcullis/apps":[` + notes + `],"portcullis/chrome_extensions":""}`, `{"portcullis/firefox_addons":1}`, &found{apps: []string{"org.notes"}, partial: true, failed: 1}},
		"browsers alone":            {policy.MacOS, `{"portcullis/chrome_extensions":[` + chrome + `]}`, `{}`, &found{apps: []string{"abcdefghijklmnopabcdefghijklmnop"}, partial: true}},
		"a Debian":                  {policy.Linux, `{"portcullis/deb_packages":[` + deb + `],"portcullis/chrome_extensions":[]}`, `{}`, &found{apps: []string{"zsh"}}},
		"a Fedora":                  {policy.Linux, `{"portcullis/rpm_packages":[` + rpm + `],"portcullis/chrome_extensions":[]}`, `{}`, &found{apps: []string{"zsh"}}},
		"an empty Mac":              {policy.MacOS, `{"portcullis/apps":[],"portcullis/chrome_extensions":[]}`, `{}`, nil},
		"all failed":                {policy.MacOS, `{"portcullis/apps":[` + notes + `]}`, `{"portcullis/apps":-1}`, nil},
		"nothing":                   {policy.MacOS, `{}`, `null`, nil},
		"nothing, as text":          {policy.MacOS, `""`, `""`, nil},
	} {
		a, err := answers(t, c.on, c.queries, c.statuses)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got *found
		if a.Report != nil {
			got = &found{partial: a.Report.Partial, failed: len(a.Failed)}
			for i := range a.Report.Apps {
				got.apps = append(got.apps, a.Report.Apps[i].Identifier)
			}
		}
		if got != nil && c.want != nil {
			slices.Sort(got.apps)
			slices.Sort(c.want.apps)
		}
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(found{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, c := range [][2]string{{`[]`, `{}`}, {`7`, `{}`}, {`{"portcullis/apps":7}`, `{}`}, {`{"portcullis/apps":[` + notes + `]}`, `[0]`}, {`{}`, `"1"`}} {
		if a, err := answers(t, policy.MacOS, c[0], c[1]); err == nil {
			t.Errorf("%s: %+v", c, a)
		}
	}
}

// TestQuestions holds that the reader knows each query by its name, and that what a platform cannot have is asked
// about only where it is there.
func TestQuestions(t *testing.T) {
	for p, of := range questions {
		var sent asked
		if err := json.Unmarshal(Questions(p), &sent); err != nil || len(sent.Queries) != len(of) {
			t.Errorf("%s: %v, %s", p, err, Questions(p))
		}
		for name, sql := range sent.Queries {
			table := tables[strings.TrimPrefix(name, prefix)]
			if table == noTable || aboutTable(name) != table || !aboutSoftware(name) {
				t.Errorf("the reader does not know what %s asks about", name)
			}
			if !strings.HasPrefix(sql, "SELECT DISTINCT ") || !strings.Contains(sql, " ORDER BY ") {
				t.Errorf("%s: the same software may give other bytes: %s", name, sql)
			}
			if strings.Contains(sql, "path") || strings.Contains(sql, "username") {
				t.Errorf("%s asks for what is not needed: %s", name, sql)
			}
			if systems[table] != 0 && systems[table] != p {
				t.Errorf("%s is asked about %s", p, name)
			}
		}
		for name := range sent.Discovery {
			if sent.Queries[name] == "" {
				t.Errorf("%s: is looked for, and not asked", name)
			}
		}
	}
	if got := slices.Sorted(maps.Keys(questions)); len(got) != 3 || !bytes.Equal(Questions(policy.Android), Quiet) {
		t.Errorf("osquery is asked on %v", got)
	}
}

func TestServerAnswers(t *testing.T) {
	for got, want := range map[string]string{
		string(Quiet):           `{"queries":{}}`,
		string(Enrolled("k\"")): `{"node_key":"k\"","node_invalid":false}`,
		string(Settings{Interval: time.Minute}.Config()): `{"options":{"disable_distributed":false,"distributed_plugin":"tls","distributed_interval":60},"schedule":{}}`,
		string(Refused(true, "no")):                      `{"node_invalid":true,"error":"no"}`,
		string(Taken):                                    `{"node_invalid":false}`,
		string(Invalid):                                  `{"node_invalid":true}`,
	} {
		if got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

func FuzzReadEnrolment(f *testing.F) {
	f.Add([]byte(`{"enroll_secret":"a.b.c","platform_type":21,"host_details":{"os_version":{"platform":"darwin"}}}`))
	f.Add([]byte(`{"enroll_secret":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := ReadEnrolment(body)
		if err == nil && !json.Valid(body) {
			t.Errorf("%q is read as %+v", body, e)
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"node_key":"k","queries":{"portcullis/apps":[{"bundle_identifier":"a","bundle_name":"A"}],"portcullis/chrome_extensions":""},"statuses":{"portcullis/apps":"0"}}`))
	f.Add([]byte(`{"node_key":"k","queries":{"portcullis/apps":""},"statuses":{"portcullis/apps":1},"messages":{"portcullis/apps":"x"}}`))
	f.Add([]byte(`{"node_key":"k","log_type":"result","data":[{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := ReadMessage(body)
		if err != nil {
			return
		}
		m.Lines()
		a, err := m.Answers(policy.MacOS)
		if err != nil || a.Report == nil {
			return
		}
		if !a.Report.Partial && (len(a.Failed) > 0 && slices.ContainsFunc(slices.Collect(maps.Keys(a.Failed)), aboutSoftware) || len(a.Report.Apps) == 0) {
			t.Errorf("%s counts as a whole inventory: %+v", body, a)
		}
		again, err := m.Answers(policy.MacOS)
		if diff := cmp.Diff(a, again, cmp.AllowUnexported(platform.App{})); diff != "" || err != nil {
			t.Errorf("read again (-first +then): %s, %v", diff, err)
		}
	})
}
