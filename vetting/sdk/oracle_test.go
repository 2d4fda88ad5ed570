package sdk

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// oracle returns the trackers that Exodus finds, by file.
func oracle(t *testing.T, dir string) map[string][]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "ORACLE.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]any{}
	for line := range bytes.Lines(data) {
		var o struct {
			File   string
			Exodus []any
		}
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatal(err)
		}
		if o.Exodus != nil {
			out[o.File] = o.Exodus
		}
	}
	return out
}

// dexFiles returns what can be read of the DEX files of an APK; none where archive/zip cannot read it.
func dexFiles(path string) [][]byte {
	r, err := zip.OpenReader(path)
	if err != nil {
		return nil
	}
	defer r.Close()
	var out [][]byte
	for _, entry := range r.File {
		if !strings.HasSuffix(entry.Name, ".dex") {
			continue
		}
		if rc, err := entry.Open(); err == nil {
			data, _ := io.ReadAll(rc)
			out = append(out, data)
		}
	}
	return out
}
