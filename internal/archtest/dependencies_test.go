package archtest

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestDependenciesAreFew(t *testing.T) {
	with := func(linked, tests int) func(*Module) {
		return func(m *Module) {
			for i := range linked + tests {
				path := fmt.Sprintf("a.example/%02d", i)
				m.Requires = append(m.Requires, Require{path, "v1.0.0", "go.mod"})
				if i < linked {
					m.Linked = append(m.Linked, path)
				}
			}
		}
	}
	run(t, dependenciesAreFew, []check{
		{name: "30 and some for tests", edit: with(30, 5)},
		{name: "no binary", edit: func(m *Module) { m.Linked = nil }, want: []string{"cmd/m: could not be listed"}},
		{name: "those of tools are not linked", edit: func(m *Module) {
			with(30, 0)(m)
			m.Requires = append(m.Requires, Require{"a.example/00", "v2.0.0", "tools/go.mod"})
		}},
	})
	m := module(t, nil)
	with(31, 0)(m)
	if got := dependenciesAreFew(m); len(got) != 1 {
		t.Errorf("31 linked modules: %v", got)
	}
}

func TestDependenciesAreExplained(t *testing.T) {
	const table = "# Dependencies\n\n## Linked into the binary\n\n| module | version | why | without |\n|---|---|---|---|\n" +
		"| `a.example/a` | v1.0.0 | it does a | write it |\n\n## Tests\n\n| `a.example/b` | v1.2.0 | it does b | write it |\n"
	a, b := Require{"a.example/a", "v1.0.0", "go.mod"}, Require{"a.example/b", "v1.2.0", "bench/go.mod"}
	require := func(linked string, rs ...Require) func(*Module) {
		return func(m *Module) { m.Requires, m.Linked = rs, []string{"m", linked} }
	}
	docs := map[string]string{"docs/dependencies.md": table}
	run(t, dependenciesAreExplained, []check{
		{name: "explained", files: docs, edit: require("a.example/a", a, b)},
		{name: "no document", edit: require("a.example/a", a), want: []string{"go.mod: a.example/a v1.0.0 is not explained"}},
		{name: "another version", files: docs, edit: require("a.example/a", a, Require{"a.example/b", "v1.3.0", "go.mod"}),
			want: []string{"go.mod: a.example/b v1.3.0 is not explained", "docs/dependencies.md:11: no go.mod requires a.example/b v1.2.0 by name"}},
		{name: "not required", files: docs, edit: require("a.example/a", a),
			want: []string{"docs/dependencies.md:11: no go.mod requires a.example/b v1.2.0 by name"}},
		{name: "not linked", files: docs, edit: require("", a, b),
			want: []string{`docs/dependencies.md:7: a.example/a stands under "Linked into the binary"`}},
		{name: "linked after all", files: docs, edit: func(m *Module) {
			require("a.example/a", a, Require{"a.example/b", "v1.2.0", "go.mod"})(m)
			m.Linked = append(m.Linked, "a.example/b")
		}, want: []string{`docs/dependencies.md:11: a.example/b stands under "Tests"`}},
		{name: "without a reason", files: map[string]string{"docs/dependencies.md": "## Tests\n| a.example/b | v1.2.0 | |\n"}, edit: require("", b),
			want: []string{"docs/dependencies.md:2: a.example/b has an empty cell"}},
	})
}

// TestLoad asks git and the go command about a module that lies in a folder.
func TestLoad(t *testing.T) {
	m, err := Load("testdata/module")
	if err != nil {
		t.Fatal(err)
	}
	want := []Require{{"a.example/direct", "v1.0.0", "go.mod"}, {"a.example/tool", "v1.3.0", "tools/go.mod"}}
	if diff := cmp.Diff(want, m.Requires); diff != "" {
		t.Errorf("requires (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"m"}, m.Linked); diff != "" {
		t.Errorf("linked (-want +got):\n%s", diff)
	}
	if len(m.Packages) != 1 || m.Packages[0].Dir != "cmd/m" {
		t.Errorf("packages: %+v", m.Packages)
	}
}

// TestWalk lists the files where there is no git to ask.
func TestWalk(t *testing.T) {
	tree := fstest.MapFS{}
	for _, name := range []string{"a.go", "b/c.md", ".ci/run", ".git/config", "web/node_modules/d/e.js"} {
		tree[name] = &fstest.MapFile{}
	}
	got, err := walk(tree)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{".ci/run", "a.go", "b/c.md"}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
