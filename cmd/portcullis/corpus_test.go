package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestCorpus puts every case of the decision's corpus through the command as a person would: the
// lines it prints, and its exit status, are those that the case wants.
func TestCorpus(t *testing.T) {
	cases := 0
	err := filepath.WalkDir(filepath.Join("..", "..", "policy", "testdata", "corpus"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txtar" {
			return err
		}
		archive, err := txtar.ParseFile(path)
		if err != nil {
			return err
		}
		cases++
		files := map[string][]byte{}
		for _, f := range archive.Files {
			files[f.Name] = f.Data
		}
		for name, want := range files {
			if suffix, ok := strings.CutPrefix(strings.TrimSuffix(name, ".jsonl"), "want"); ok {
				checkCase(t, path, files["world.yaml"], strings.TrimSpace(string(files["at"+suffix])), want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cases < 150 {
		t.Errorf("only %d cases were found", cases)
	}
}

func checkCase(t *testing.T, name string, world []byte, at string, want []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(file, world, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	env := &environment{Context: context.Background(), in: os.Stdin, out: &out, err: &errs, now: func() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }}
	args := []string{"check", "--world", file, "--format", "json"}
	if at != "" {
		args = append(args, "--at", at)
	}
	status := exitClean
	if bytes.Contains(want, []byte(`"breach":true`)) {
		status = exitBreach
	}
	if got := run(env, args); got != status {
		t.Errorf("%s: exit status %d, want %d\n%s", name, got, status, errs.String())
	}
	if diff := cmp.Diff(objects(t, want), objects(t, out.Bytes())); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func objects(t *testing.T, lines []byte) (all []any) {
	t.Helper()
	for line := range bytes.Lines(bytes.TrimSpace(lines)) {
		var object any
		if err := json.Unmarshal(line, &object); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, object)
	}
	return all
}
