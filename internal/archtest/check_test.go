package archtest

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// check is one rule held against a small module: the breaches that it must find, each as its place
// and the beginning of what it says.
type check struct {
	name  string
	files map[string]string // below a module named m
	edit  func(*Module)     // for what does not stand in Go files
	want  []string
}

func run(t *testing.T, find func(*Module) []Breach, checks []check) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			m := module(t, c.files)
			if c.edit != nil {
				c.edit(m)
			}
			var got []string
			for _, b := range find(m) {
				if b.Why == "" {
					t.Errorf("%s: %s: no reason is given", b.Place, b.What)
				}
				got = append(got, b.Place+": "+b.What)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("breaches (-want +got):\n%s", diff)
			}
		})
	}
}

// module describes the files of a module named m whose binary is made of nothing else.
func module(t *testing.T, files map[string]string) *Module {
	t.Helper()
	tree := fstest.MapFS{}
	for name, content := range files {
		tree[name] = &fstest.MapFile{Data: []byte(content)}
	}
	m, err := describe(tree, slices.Sorted(maps.Keys(files)))
	if err != nil {
		t.Fatal(err)
	}
	m.Path, m.Linked = "m", []string{"m"}
	return m
}

// imports is a Go file that imports the paths.
func imports(paths ...string) string {
	return "package x\nimport (\n_ \"" + strings.Join(paths, "\"\n_ \"") + "\"\n)\n"
}

func TestPolicyIsPure(t *testing.T) {
	run(t, policyIsPure, []check{
		{name: "standard library and itself", files: map[string]string{
			"policy/policytest/a.go": imports("math/rand/v2", "m/policy")}},
		{name: "others may import what they like", files: map[string]string{"world/a.go": imports("go.yaml.in/yaml/v3")}},
		{name: "tests may", files: map[string]string{"policy/a_test.go": imports("pgregory.net/rapid")}},
		{name: "a library", files: map[string]string{"policy/a.go": imports("golang.org/x/text/width")},
			want: []string{"policy/a.go: imports golang.org/x/text/width"}},
		{name: "a helper", files: map[string]string{"policy/policytest/a.go": imports("m/internal/shared")},
			want: []string{"policy/policytest/a.go: imports m/internal/shared"}},
		{name: "a name that only begins alike", files: map[string]string{"policy/a.go": imports("m/policyx")},
			want: []string{"policy/a.go: imports m/policyx"}},
	})
}

func TestRoomsImportDownwards(t *testing.T) {
	up := func(file, path, room string) []string { return []string{file + ": reaches " + path + " from " + room} }
	run(t, roomsImportDownwards, []check{
		{name: "downwards", files: map[string]string{
			"web/ui/a.go": imports("net/http", "m/web", "m/publish", "m/enforce", "m/policy"),
			"cmd/m/a.go":  imports("m/web", "m/store", "m/catalogue", "m/platform/santa")}},
		{name: "store imports no room", files: map[string]string{"store/a.go": imports("m/policy")},
			want: up("store/a.go", "m/policy", "store")},
		{name: "platform imports policy at most", files: map[string]string{"platform/santa/a.go": imports("m/platform", "m/policy", "m/world")},
			want: up("platform/santa/a.go", "m/world", "platform")},
		{name: "world imports policy at most", files: map[string]string{"world/a.go": imports("m/policy", "m/platform")},
			want: up("world/a.go", "m/platform", "world")},
		{name: "the catalogue is data", files: map[string]string{"catalogue/a.go": imports("m/world")},
			want: up("catalogue/a.go", "m/world", "catalogue")},
		{name: "upwards in the foundation", files: map[string]string{"ledger/a.go": imports("m/people")},
			want: up("ledger/a.go", "m/people", "ledger")},
		{name: "neighbours", files: map[string]string{"devices/a.go": imports("m/estate")},
			want: up("devices/a.go", "m/estate", "devices")},
		{name: "from wing to wing", files: map[string]string{"duties/a.go": imports("m/register")},
			want: up("duties/a.go", "m/register", "duties")},
		{name: "incidents may ask devices and enforce, not register", files: map[string]string{
			"incidents/a.go": imports("m/devices", "m/enforce", "m/register")},
			want: up("incidents/a.go", "m/register", "incidents")},
		{name: "drills have incidents and not what those may ask", files: map[string]string{
			"drills/a.go": imports("m/incidents", "m/duties", "m/devices")},
			want: up("drills/a.go", "m/devices", "drills")},
		{name: "publish below web", files: map[string]string{"publish/a.go": imports("m/web")},
			want: up("publish/a.go", "m/web", "publish")},
		{name: "a test inside the package", files: map[string]string{"policy/a_test.go": imports("m/world")},
			want: up("policy/a_test.go", "m/world", "policy")},
		{name: "a test outside it", files: map[string]string{"policy/a_test.go": strings.Replace(imports("m/world"), "x", "x_test", 1)}},
		{name: "through a helper", files: map[string]string{
			"store/a.go":      imports("m/internal/a"),
			"internal/a/a.go": imports("m/internal/b"),
			"internal/b/b.go": imports("m/internal/a", "m/people")},
			want: up("store/a.go", "m/people", "store")},
		{name: "a room without a place", files: map[string]string{"util/a.go": imports("fmt")},
			want: []string{"util: has no place in the order of the rooms"}},
	})
}

func TestStoreAndHTTPApart(t *testing.T) {
	run(t, storeAndHTTPApart, []check{
		{name: "each alone", files: map[string]string{
			"alerts/a.go": imports("m/store"), "alerts/webhook/a.go": imports("net/http"), "alerts/a_test.go": imports("net/http/httptest")}},
		{name: "the commands wire", files: map[string]string{"cmd/m/a.go": imports("m/store", "net/http")}},
		{name: "in two files of one package", files: map[string]string{
			"alerts/a.go": imports("m/store"), "alerts/b.go": imports("net/http/httputil")},
			want: []string{"alerts: imports m/store and net/http"}},
	})
}

func TestWebHasNoSQL(t *testing.T) {
	run(t, webHasNoSQL, []check{
		{name: "elsewhere", files: map[string]string{"store/a.go": imports("database/sql"), "web/a.go": imports("m/register")}},
		{name: "in web", files: map[string]string{"web/api/a.go": imports("database/sql/driver")},
			want: []string{"web/api: imports database/sql"}},
	})
}

func TestClockIsAParameter(t *testing.T) {
	const now = "package x\nimport \"time\"\nvar now = time.Now\n"
	run(t, clockIsAParameter, []check{
		{name: "commands and tests", files: map[string]string{
			"cmd/m/a.go": now, "duties/a_test.go": now, "internal/storetest/a.go": now, "bench/a.go": now}},
		{name: "the clock", files: map[string]string{"duties/a.go": now}, want: []string{"duties/a.go:3: uses time.Now"}},
		{name: "dice", files: map[string]string{"duties/a.go": imports("math/rand/v2"), "people/a.go": "package x\nvar r = rand.Reader\n"},
			want: []string{"duties/a.go: imports math/rand", "people/a.go:2: uses rand.Reader"}},
	})
}

func TestSizes(t *testing.T) {
	long := "package x\nfunc long() {\n" + strings.Repeat("_ = 0\n", 79) + "}\n"
	longest := strings.Replace(long, "{\n", "{\n_ = 0\n", 1)
	many := "package x\n" + strings.Repeat("func f() {}\n", 100)
	t.Run("files", func(t *testing.T) {
		run(t, filesAreShort, []check{
			{name: "800 lines", files: map[string]string{"duties/a.go": "package x\n" + strings.Repeat("\n", 799)}},
			{name: "801 lines", files: map[string]string{"duties/a_test.go": "package x\n" + strings.Repeat("\n", 800)},
				want: []string{"duties/a_test.go: has 801 lines"}},
		})
	})
	t.Run("functions", func(t *testing.T) {
		run(t, functionsAreShort, []check{
			{name: "one long in 101", files: map[string]string{"duties/a.go": long, "duties/b.go": many}},
			{name: "81 lines are long", files: map[string]string{"duties/a.go": long},
				want: []string{"duties/a.go:2: long has 81 lines"}},
			{name: "two long in 102", files: map[string]string{"duties/a.go": long, "duties/b.go": many, "duties/c.go": longest},
				want: []string{"duties/a.go:2: long has 81 lines", "duties/c.go:2: long has 82 lines"}},
			{name: "80 lines are not", files: map[string]string{"duties/a.go": strings.Replace(long, "_ = 0\n", "", 1)}},
		})
	})
}

func TestPackagesAreExplained(t *testing.T) {
	run(t, packagesAreExplained, []check{
		{name: "explained", files: map[string]string{
			"duties/doc.go": "// Package duties owns what is owed.\npackage duties\n", "duties/a.go": "package duties\n",
			"cmd/m/main.go": "// M is the command.\npackage main\n"}},
		{name: "silent", files: map[string]string{"duties/a.go": "// A stray remark.\n\npackage duties\n", "cmd/m/main.go": "package main\n"},
			want: []string{"cmd/m: has no package comment", "duties: has no package comment Package duties"}},
		{name: "another's", files: map[string]string{"duties/a.go": "// Package duty owns what is owed.\npackage duties\n"},
			want: []string{"duties: has no package comment Package duties"}},
		{name: "a comment on the tests alone", files: map[string]string{"duties/a_test.go": "// Package duties_test does.\npackage duties_test\n"},
			want: []string{"duties: has no package comment Package duties"}},
	})
}
