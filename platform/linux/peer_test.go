//go:build peers

package linux

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
	"portcullis/platform/platformtest"
)

const rulesDir, trustDir, compiled = "/etc/fapolicyd/rules.d", "/etc/fapolicyd/trust.d", "/etc/fapolicyd/compiled.rules"

// TestPeer has fapolicyd's own tools read a file of trust, compile and list the rules, and the daemon itself read them. The daemon
// never begins to decide: behind the rules it finds a line that it refuses, and ends before it asks the
// kernel for anything. It needs root, and a machine on which fapolicyd is not in use.
func TestPeer(t *testing.T) {
	if err := exec.Command("pidof", "fapolicyd").Run(); err == nil {
		t.Fatal("fapolicyd is in use here: this test would change its rules")
	}
	keep(t, rulesDir)
	keep(t, compiled)
	keep(t, compiled+".prev")
	keep(t, trustDir)
	t.Run("trust", trustPeer)
	for name, closed := range map[string]bool{"closed": true, "open": false} {
		t.Run(name, func(t *testing.T) { peer(t, closed) })
	}
}

// keep moves a file or folder out of the way, and back when the test ends.
func keep(t *testing.T, path string) {
	t.Helper()
	away := path + ".kept"
	moved := os.Rename(path, away)
	if moved != nil && !errors.Is(moved, os.ErrNotExist) {
		t.Fatal(moved)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
		if moved == nil {
			if err := os.Rename(away, path); err != nil {
				t.Error(err)
			}
		}
	})
}

func peer(t *testing.T, closed bool) {
	var b bytes.Buffer
	if _, err := Write(&b, ruled(closed)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(rulesDir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(rulesDir, "50-portcullis.rules"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, "fagenrules")
	if said := run(t, "fagenrules", "--check"); strings.Contains(said, "should be updated") {
		t.Errorf("fagenrules --check: %s", said)
	}
	device, err := platformtest.Fapolicyd(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i, rule := range device.(daemon).Written() {
		want = append(want, fmt.Sprintf("%d. %s", i+1, rule))
	}
	var got []string
	for line := range strings.Lines(run(t, "fapolicyd-cli", "--list")) {
		if !strings.HasPrefix(line, "->") { // a set
			got = append(got, strings.TrimSuffix(line, "\n"))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fapolicyd-cli --list (-written +listed)\n%s", diff)
	}
	refusedAtTheEnd(t)
}

// trustPeer has fapolicyd's own tool read a file of trust and bring one of its files up to date, whereupon it writes the others
// as it has read them and that one as it knows it.
func trustPeer(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	lines := func(size int, content string) (text, rows string) {
		l := ruled(true)
		l.Shared = append(l.Shared, platform.Entry{Identifier: fmt.Sprintf("trust:%s %d %x", program, size, sha256.Sum256([]byte(content))), Listed: true})
		slices.SortFunc(l.Shared, func(a, b platform.Entry) int { return strings.Compare(a.Identifier, b.Identifier) })
		var b bytes.Buffer
		if _, err := WriteTrust(&b, l); err != nil {
			t.Fatal(err)
		}
		return b.String(), uncommented(b.String())
	}
	before, _ := lines(9, "as it was")
	_, want := lines(10, "#!/bin/sh\n")
	if err := os.MkdirAll(trustDir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(trustDir, "portcullis.trust")
	if err := os.WriteFile(file, []byte(before), 0o644); err != nil {
		t.Fatal(err)
	}
	if said := run(t, "fapolicyd-cli", "--file", "update", program, "--trust-file", "portcullis.trust"); said != "" {
		t.Errorf("fapolicyd-cli --file update: %s", said)
	}
	after, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, uncommented(string(after))); diff != "" || string(after) == before {
		t.Errorf("fapolicyd-cli --file update (-ours +its)\n%s", diff)
	}
}

// uncommented is a text without its lines of comment.
func uncommented(text string) (rows string) {
	for line := range strings.Lines(text) {
		if line[0] != '#' {
			rows += line
		}
	}
	return rows
}

// refusedAtTheEnd has the daemon read the rules, and one behind them that it must refuse.
func refusedAtTheEnd(t *testing.T) {
	rules, err := os.ReadFile(compiled)
	if err != nil {
		t.Fatal(err)
	}
	line := bytes.Count(rules, []byte("\n")) + 1
	rules = append(rules, "end perm=any all : all\n"...)
	if err := os.WriteFile(compiled, rules, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "fapolicyd", "--debug", "--permissive").CombinedOutput()
	if err == nil {
		t.Error("the daemon took a rule that is none")
	}
	want := fmt.Sprintf("%sInvalid decision (end) in line %d\n", rules, line) // it says what it reads, and what is wrong with it
	if _, said, _ := strings.Cut(string(out), "Loading rule file:\n"); said != want {
		t.Errorf("the daemon (-want +got)\n%s\n%s", cmp.Diff(want, said), out)
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}
