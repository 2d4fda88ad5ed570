package world

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portcullis/policy"
)

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func ministry() *policy.World {
	return &policy.World{
		Organisations: []policy.Organisation{
			{ID: "crown", Name: "The Crown"},
			{ID: "interior", Name: "Ministry of the Interior", Parent: "crown", OwnList: true},
			{ID: "works", Parent: "crown", Monitor: &policy.Monitor{
				Period: policy.Period{From: day(2023, 3, 1), Until: time.Date(2023, 6, 1, 10, 30, 0, 0, time.UTC)}, Reason: "rolling out"}},
		},
		Sites: []policy.Site{{ID: "gatehouse", Organisation: "interior", Class: "sensitive"}, {ID: "depot", Organisation: "works"}},
		Suppliers: []policy.Supplier{
			{ID: "parent-co", Name: "Parent Co"},
			{ID: "video-co", Aliases: []string{"Old Video Co", `the "Co"`}, OwnedBy: []policy.Edge{
				{Supplier: "parent-co", Period: policy.Period{From: day(2017, 11, 1)}},
				{Supplier: "parent-co", Period: policy.Period{Until: day(2015, 1, 1)}}}},
		},
		Products: []policy.Product{
			{ID: "clips", Kind: policy.App, Name: "Clips", Aliases: []string{"Clips Lite"}, Supplier: "video-co",
				Identifiers: map[policy.Platform][]policy.Identifier{
					policy.Android: {{ID: "org.clips"}, {ID: "org.clips.lite", Signers: []string{"ab12", "cd34"}}},
					policy.IOS:     {{ID: "org.clips"}}},
				Domains:   []string{"clips.example"},
				Contains:  []policy.Component{{Product: "ads"}, {Product: "push", Versions: policy.Window{Since: "3.10", Until: "4.0"}}},
				BuiltinOn: []policy.Platform{policy.IOS, policy.ChromeOS}},
			{ID: "ads", Kind: policy.App},
			{ID: "push", Kind: policy.App},
			{ID: "eye", Kind: policy.Equipment, MadeBy: []policy.Edge{
				{Supplier: "parent-co", Period: policy.Period{From: day(2020, 1, 1), Until: day(2022, 11, 1)}}}},
		},
		Rules: []policy.Rule{
			{ID: "no-clips", Effect: policy.Ban, Target: policy.Target{Product: "clips"}, Scope: "crown",
				Period: policy.Period{From: time.Date(2023, 3, 16, 12, 0, 0, 0, time.UTC), Until: day(2033, 3, 16)},
				Reason: "…", Clearance: "minister", Mitigations: []string{"own-device"}, Versions: policy.Window{Until: "4.2"}},
			{ID: "clips-ok", Effect: policy.Allow, Target: policy.Target{Any: true}, Scope: "works",
				Period: policy.Period{From: day(2023, 1, 1).Add(time.Microsecond)}, MinVersion: "4.10",
				MinVersionCode: map[policy.Platform]int64{policy.Android: 4200, policy.IOS: 0},
				Platforms:      []policy.Platform{policy.Android, policy.IOS}},
			{ID: "eyes", Effect: policy.PhaseOut, Target: policy.Target{Supplier: "parent-co"}, Components: true,
				Clearance: policy.ClearanceNone, Scope: "crown", Period: policy.Period{From: day(2022, 11, 24)}, Deadline: day(2025, 4, 30),
				Kinds: []policy.Kind{policy.Equipment, policy.App}, SiteClass: []string{"sensitive", "top secret"}},
		},
		Exemptions: []policy.Exemption{
			{ID: "ex1", Lifts: []string{"no-clips"}, Product: "clips", Scope: "interior", Subject: policy.ExemptionSubject{Host: "123"},
				Period: spring, Purpose: "press", Mitigations: []string{"own-device"}, AnyVersion: true,
				Clearance: &policy.Clearance{Office: "minister", By: "the Minister", Ref: "PO/23", At: day(2023, 3, 30)}},
			{ID: "ex2", Lifts: []string{"eyes"}, AnyProduct: true, Scope: "crown", Subject: policy.ExemptionSubject{Everyone: true}, Period: spring},
			{ID: "ex3", Product: "ads", Scope: "crown", Subject: policy.ExemptionSubject{Site: "gatehouse"}, Period: spring},
			{ID: "ex4", Product: "ads", Scope: "crown", Subject: policy.ExemptionSubject{Group: "press"}, Period: spring},
			{ID: "yes", Product: "ads", Scope: "crown", Subject: policy.ExemptionSubject{Person: "p1"}, Period: spring},
		},
	}
}

var spring = policy.Period{From: day(2023, 4, 1), Until: day(2023, 7, 1)}

func ministryHosts() []*policy.Host {
	return []*policy.Host{
		{ID: "123", Kind: policy.Device, Organisation: "interior", Ownership: policy.ManagedPersonal, Platform: policy.Android,
			Holder: "p1", Groups: []string{"press"}, Installed: []policy.Installation{
				{Identifier: "org.clips", Version: "29.30", VersionCode: new(int64(2902903040)), Signer: "ab12", Managed: new(false)},
				{Product: "ads", Platform: policy.Chrome, Managed: new(true)}}},
		{ID: "eye-0017", Kind: policy.EquipmentHost, Organisation: "interior", Site: "gatehouse",
			Installed: []policy.Installation{{Product: "eye", Version: "5.5"}}},
	}
}

func TestLoadEveryKey(t *testing.T) {
	l, err := Load("testdata/ministry.yaml", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if diff := cmp.Diff(*ministry(), l.World, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(ministryHosts(), allHosts(t, l), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestLine(t *testing.T) {
	l, err := Load("testdata/ministry.yaml", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for key, want := range map[string]int{
		"organisations[2].monitor.until":         8,
		"products[0].contains[1].since":          27,
		"products[0].identifiers.android[1].id":  24,
		"products[3].supplier":                   31,
		"exemptions[0].clearance.office":         38,
		"exemptions[0].lifts[0]":                 37,
		"exemptions[9]":                          36,
		"hosts":                                  43,
		"nothing":                                2,
		"":                                       2,
		"rules[1].min_version_code.android[0].x": 34,
	} {
		if got := l.Line(key); got != want {
			t.Errorf("Line(%q) = %d, want %d", key, got, want)
		}
	}
}

// TestTexts reads what YAML would take for something else, or for nothing.
func TestTexts(t *testing.T) {
	for written, want := range map[string]string{
		`4.10`: "4.10", `123`: "123", `yes`: "yes", `1e3`: "1e3", `0x1F`: "0x1F", `2023-03-16`: "2023-03-16", `12:30`: "12:30",
		`"\ud83d\ude00"`: "😀", `"\U0001F600"`: "😀", `"a\nb\u0000\x01"`: "a\nb\x00\x01", `'it''s'`: "it's", `it's`: "it's",
		`"null"`: "null", `'~'`: "~", `!!str null`: "null", `!!int "5"`: "5",
		`"  "`: "  ", `Überwachung № 5`: "Überwachung № 5", "\"\u007f\u2028\"": "\u007f\u2028",
		`http://x/y?z#w`: "http://x/y?z#w", `-5`: "-5", `"a\/b"`: "a/b", `a "b" c`: `a "b" c`, `=`: "=", `"true"`: "true",
		">-\n      folded\n      text": "folded text", "|\n      kept\n      text\n": "kept\ntext\n", "plain\n      on": "plain on",
	} {
		for _, whole := range []bool{false, true} {
			path := write(t, "world.yaml", "organisations:\n  - id: "+written+"\n")
			l, err := loadWith([]string{path}, 64, whole)
			if err != nil {
				t.Errorf("%s: %v", written, err)
				continue
			}
			if got := l.World.Organisations[0].ID; got != want {
				t.Errorf("%s: %q, want %q", written, got, want)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestSameAsAbsent reads keys whose values say nothing.
func TestSameAsAbsent(t *testing.T) {
	l := loadText(t, `organisations:
  - {id: gov, name: , parent: null, list: ~, monitor: }
sites:
suppliers: null
products: [{id: p, kind: app, supplier: "", made_by: [], identifiers: {ios: }, contains: ~, builtin_on: []}]
rules: [{id: r, effect: allow, target: {any: true}, scope: gov, from: 2023-01-01, until: ~, reason: null}]
exemptions: [{id: e, product: p, any_product: ~, scope: gov, subject: {person: x}, from: 2023-01-01, until: 2024-01-01, lifts: [], clearance: null}]
hosts: ~
`)
	want := policy.World{
		Organisations: []policy.Organisation{{ID: "gov"}},
		Products:      []policy.Product{{ID: "p", Kind: policy.App, Identifiers: map[policy.Platform][]policy.Identifier{policy.IOS: nil}}},
		Rules:         []policy.Rule{{ID: "r", Effect: policy.Allow, Target: policy.Target{Any: true}, Scope: "gov", Period: policy.Period{From: day(2023, 1, 1)}}},
		Exemptions: []policy.Exemption{{ID: "e", Product: "p", Scope: "gov", Subject: policy.ExemptionSubject{Person: "x"},
			Period: policy.Period{From: day(2023, 1, 1), Until: day(2024, 1, 1)}}},
	}
	if diff := cmp.Diff(want, l.World, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "\n# nothing\n", "---\n", "{}", "null\n", "\ufeff", "hosts: []\n", "hosts:\n"} {
		if l := loadText(t, text); l.Hosts.Len() != 0 || !cmp.Equal(l.World, policy.World{}) {
			t.Errorf("%q: %d hosts, %v", text, l.Hosts.Len(), l.World)
		}
	}
}

// TestUnreadable names the line of what is not YAML, or not a world at all.
func TestUnreadable(t *testing.T) {
	bomb := "a0: &a0 [x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 10))
	}
	for name, row := range map[string]struct{ text, want string }{
		"NUL":                           {"organisations:\n  - {id: a\x00}\n", "2 : a NUL byte"},
		"NUL in a comment":              {"# a\n# \x00\norganisations: []\n", "2 : a NUL byte"},
		"NUL in a host":                 {"organisations: [{id: gov}]\nhosts:\n- " + hostText("a") + "\n- {id: \"b\x00\"}\n", "4 : a NUL byte"},
		"NUL in JSON":                   {"{\"hosts\": [\n" + hostText("a") + ",\n {\"id\": \"b\x00\"}]}", "3 : a NUL byte"},
		"Latin-1":                       {"organisations:\n  - {id: a}\n  - {id: caf\xe9}\n", "3 : not UTF-8"},
		"Latin-1, quoted":               {"organisations:\n  - {id: \"caf\xe9\"}\n", "2 : not UTF-8"},
		"UTF-16":                        {"\xff\xfea\x00:\x00", "1 : UTF-16"},
		"control code":                  {"organisations:\n  - id: a\x1bb\n", "2 : a control character: write it as an escape"},
		"half a pair":                   {"organisations:\n  - {id: \"\\ud83d\"}\n", "2 : not YAML: found invalid Unicode character escape code"},
		"open quote":                    {"organisations:\n  - id: \"a\n", "2 : not YAML: found unexpected end of stream"},
		"open bracket":                  {"sites: []\norganisations: [{id: a}\n", "2 : not YAML: did not find expected ',' or ']'"},
		"no colon":                      {"sites: []\norganisations\nrules: []\n", "2 : not YAML: could not find expected ':'"},
		"tab":                           {"organisations:\n\t- id: a\n", "2 : not YAML: found character that cannot start any token"},
		"two documents":                 {"sites: []\n---\nsites: []\n", "2 : several documents"},
		"two JSON values":               {"{\"sites\": []}\n{\"sites\": []}\n", "2 : not YAML: did not find expected <document start>"},
		"unknown anchor":                {"sites: []\norganisations: [{id: *x}]\n", "2 : not YAML: unknown anchor 'x' referenced"},
		"bomb":                          {bomb, "8 : aliases stand for more than"},
		"circle":                        {"sites: &a [*a]\n", "1 : the alias *a stands inside of what it stands for"},
		"a list":                        {"- sites\n", "1 : a list where keys and values are expected"},
		"a text":                        {"sites\n", `1 : "sites" where keys and values`},
		"depth":                         {strings.Repeat("[", 2000) + strings.Repeat("]", 2000), "1 : nested too deeply"},
		"hosts that are a mapping":      {"sites: []\nhosts:\n  d1: {}\n", "3 hosts: keys and values where a list is expected"},
		"hosts that are a text":         {"sites: []\nhosts: d1\n", `2 hosts: "d1" where a list is expected`},
		"hosts after hosts":             {"hosts: []\nsites: []\nhosts: []\n", "3 hosts: given twice, first on line 1"},
		"a host that goes on":           {"hosts:\n- {id: a}\n  b\n", "3 : not YAML"},
		"mistakes in hosts after hosts": {"organisations: [{id: gov}]\nhosts: [" + hostText("a") + "]\nhosts:\n- {id: b}\n", "3 hosts: given twice, first on line 2: take one of them out\n4 hosts[0].kind: missing"},
		"a host, then more":             {"organisations: [{id: gov}]\nhosts: [" + hostText("a") + "] x\n", "2 : not YAML"},
		"tags and quotes":               {"hosts: [!t a:'b, c:'d]\n", "1 hosts[0]: the tag \"!t\", which world files do not use, where keys and values are expected, such as {id: …, kind: …}\n1 hosts[1]: \"c:'d\""},
		"no host before a comma":        {"hosts: [, " + hostText("a") + "]\n", "1 : not YAML"},
		"something after the list":      {"hosts: []\n  x\n", "2 : not YAML: did not find expected key"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, whole := range []bool{false, true} {
				_, err := loadWith([]string{write(t, "world.yaml", row.text)}, 64, whole)
				if got := failures(t, err); !strings.HasPrefix(got, row.want) {
					t.Errorf("whole %v: %s\nwant %s", whole, got, row.want)
				}
			}
		})
	}
}

func TestHostsFiles(t *testing.T) {
	gov := write(t, "gov.yaml", "organisations: [{id: gov}]\nhosts:\n- "+hostText("m")+"\nexemptions: []\n")
	more := write(t, "more.yaml", "hosts:\n- "+hostText("z")+"\n- "+hostText("b")+"\n")
	json := write(t, "more.json", `{"hosts": [`+hostText("é")+`]}`)
	none := write(t, "none.yaml", "")
	l, err := Load(gov, []string{more, json, none}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var ids []string
	for _, h := range allHosts(t, l) {
		ids = append(ids, h.ID)
	}
	if diff := cmp.Diff([]string{"b", "m", "z", "é"}, ids); diff != "" {
		t.Error(diff)
	}

	stray := write(t, "stray.yaml", "hosts:\n- "+hostText("z")+"\n- "+hostText("m")+"\nrules: []\nrulez: []\n")
	_, err = Load(gov, []string{more, stray}, Options{})
	want := fmt.Sprintf(`%[2]s:2: hosts[0].id: "z" is already declared at %[1]s:2: give one of them another id
%[2]s:3: hosts[1].id: "m" is already declared at %[3]s:3: give one of them another id
%[2]s:4: rules: only hosts belong in a hosts file: put this section into the world file
%[2]s:5: rulez: unknown key "rulez"; did you mean "rules"?`, more, stray, gov)
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestUndeclared has an exemption for a host that is in none of the files that can be read.
func TestUndeclared(t *testing.T) {
	const exemption = "products: [{id: p, kind: app}]\norganisations: [{id: gov}]\nexemptions:\n" +
		"- {id: e, product: p, scope: gov, subject: {host: h}, from: 2023-01-01, until: 2024-01-01}\n"
	path := write(t, "world.yaml", exemption)
	broken := write(t, "broken.yaml", "hosts: [")
	_, err := Load(path, []string{broken}, Options{})
	if got := failures(t, err); !strings.HasPrefix(got, "1 : not YAML") || strings.Count(got, "\n") != 1 {
		t.Errorf("with a broken file: %s", got)
	}
	l, err := Load(path, nil, Options{Elsewhere: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Undeclared(func(host string) bool { return host == "h" }); err != nil {
		t.Error(err)
	}
	want := `4 exemptions[0].subject.host: no host "h" is declared`
	if got := failures(t, l.Undeclared(func(string) bool { return false })); !strings.HasPrefix(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestOrderOfErrors has errors in every place, and more than are listed.
func TestOrderOfErrors(t *testing.T) {
	var hosts strings.Builder
	hosts.WriteString("hosts:\n")
	for i := range 2000 {
		fmt.Fprintf(&hosts, "- {id: h%d, kind: phone}\n", i)
	}
	first := write(t, "first.yaml", hosts.String()+"organisations: [{id: a, parent: b}]\n")
	second := write(t, "second.yaml", hosts.String())
	_, err := Load(first, []string{second}, Options{})
	var errs Errors
	if !errors.As(err, &errs) {
		t.Fatal(err)
	}
	if len(errs) != listed+1 || errs[listed].Error() != "and 9901 more that are not listed" {
		t.Fatalf("%d errors, the last %v", len(errs), errs[len(errs)-1])
	}
	for i, e := range errs[:listed] {
		if e.File != first || e.Line != 2+i/2 {
			t.Errorf("error %d: %v", i, e)
		}
	}
}

func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		_, err = io.WriteString(f, "organisations: [{id: gov}]\nhosts:\n- "+hostText("a")+"\n")
		if err := errors.Join(err, f.Close()); err != nil {
			t.Error(err)
		}
	}()
	l, err := Load(path, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if hosts := allHosts(t, l); len(hosts) != 1 || hosts[0].ID != "a" {
		t.Errorf("hosts %v", hosts)
	}
}

func TestStandardInput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin := os.Stdin
	os.Stdin = r
	defer func() { os.Stdin = stdin }()
	if _, err := io.WriteString(w, "organisations:\n- {id: gov}\n- id\n"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Load("-", nil, Options{})
	want := `standard input:3: organisations[1]: "id" where keys and values are expected, such as {id: …, name: …}`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := Load("-", []string{"-"}, Options{}); err == nil || errors.As(err, new(Errors)) {
		t.Errorf("standard input twice: %v", err)
	}
}

func TestNoFile(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none"), nil, Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Load(t.TempDir(), nil, Options{}); err == nil || errors.As(err, new(Errors)) {
		t.Error(err)
	}
}

func TestProgress(t *testing.T) {
	path := writeBenchFile(t, 0, 200)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var last, calls int64
	l, err := Load(path, nil, Options{Progress: func(done, total int64) {
		if done < last || total != info.Size() {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
		calls++
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if last != info.Size() || calls < 3 {
		t.Errorf("%d of %d bytes in %d calls", last, info.Size(), calls)
	}
}

// TestReadConcurrently reads hosts from many goroutines, each into one host that it reuses.
func TestReadConcurrently(t *testing.T) {
	for form := range benchForms {
		t.Run(benchForms[form].name, func(t *testing.T) {
			t.Parallel()
			l, err := Load(writeBenchFile(t, form, 100), nil, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			want := make(map[string]*policy.Host)
			for i := range 100 {
				h := benchHost(i)
				if form > 1 {
					h.Ownership = 0
				}
				want[h.ID] = h
			}
			var group sync.WaitGroup
			for worker := range 4 {
				group.Go(func() {
					var h policy.Host
					for i := range l.Hosts.Len() {
						if err := l.Hosts.Read((i+worker*25)%l.Hosts.Len(), &h); err != nil {
							t.Error(err)
							return
						}
						if diff := cmp.Diff(want[h.ID], &h); diff != "" {
							t.Error(diff)
							return
						}
					}
				})
			}
			group.Wait()
		})
	}
}

func TestChangedFile(t *testing.T) {
	text := "organisations: [{id: gov}]\nhosts:\n- " + hostText("a") + "\n- " + hostText("b") + "\n"
	path := write(t, "world.yaml", text)
	l, err := Load(path, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.WriteFile(path, []byte(strings.Replace(text, `"b"`, `"c"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	var h policy.Host
	if err := l.Hosts.Read(0, &h); err != nil {
		t.Error(err)
	}
	want := fmt.Sprintf(`reading host "b" again, at %s:4: the file has changed since it was validated`, path)
	if err := l.Hosts.Read(1, &h); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestKeptHostsAreCopied changes a host that was given out, of a file that was read in one piece.
func TestKeptHostsAreCopied(t *testing.T) {
	l, err := loadWith([]string{"testdata/ministry.yaml"}, 64, true)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h := allHosts(t, l)[0]
	*h.Installed[0].VersionCode, *h.Installed[0].Managed, h.Groups[0], h.Installed[1].Product = 1, true, "x", "x"
	if diff := cmp.Diff(ministryHosts(), allHosts(t, l), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
