package apk

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sums holds that every file is counted once, whatever became of it.
func sums(t *testing.T, name string, c Coverage) {
	t.Helper()
	if c.FilesTotal != c.FilesRead+c.FilesMedia+c.FilesNot || c.BytesTotal != c.BytesRead+c.BytesMedia+c.BytesNot {
		t.Errorf("%s: the sums do not add up: %+v", name, c)
	}
	if c.FilesNot != len(c.NotAnalysed) {
		t.Errorf("%s: %d files were not analysed, and %d are named", name, c.FilesNot, len(c.NotAnalysed))
	}
}

// text is all that is told of an app.
func text(t *testing.T, app *App) string {
	t.Helper()
	b, err := json.MarshalIndent(app, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRealFiles holds what is read of real files against what other tools found.
func TestRealFiles(t *testing.T) {
	dir, lines := oracles(t)
	for _, o := range lines {
		data, err := os.ReadFile(filepath.Join(dir, o.File))
		if err != nil {
			t.Fatal(err)
		}
		file := File{Name: filepath.Base(o.File), Reader: bytes.NewReader(data), Size: int64(len(data))}
		app, err := Read(context.Background(), file, Options{Workers: 1})
		if err != nil {
			t.Errorf("%s: %v", o.File, err)
			continue
		}
		sums(t, o.File, app.Coverage)
		if o.Androguard != nil && o.Androguard.Classes != nil && (app.Code.Classes != *o.Androguard.Classes || app.Code.Strings != *o.Androguard.Strings) {
			t.Errorf("%s: %+v, androguard counts %+v", o.File, app.Code, *o.Androguard)
		}
		if app.Signing == nil {
			t.Errorf("%s: nothing is said of its signature", o.File)
			continue
		}
		certificates := []string{}
		for _, c := range app.Signing.Certificates {
			certificates = append(certificates, c.SHA256)
		}
		if diff := cmp.Diff(o.Signer.Certificates, certificates); diff != "" || app.Signing.Verifies != o.Signer.Verifies {
			t.Errorf("%s: verifies %v, apksigner says %v (-apksigner +ours):\n%s%q", o.File, app.Signing.Verifies, o.Signer.Verifies, diff, app.Signing.Problems)
		}
		again, err := Read(context.Background(), file, Options{Workers: 4})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(text(t, app), text(t, again)); diff != "" {
			t.Errorf("%s differs with four workers:\n%s", o.File, diff)
		}
	}
}

// BenchmarkRead reads all the real files, with one worker.
func BenchmarkRead(b *testing.B) {
	dir, lines := oracles(b)
	var files [][]byte
	var size int64
	for _, o := range lines {
		data, err := os.ReadFile(filepath.Join(dir, o.File))
		if err != nil {
			b.Fatal(err)
		}
		files, size = append(files, data), size+int64(len(data))
	}
	b.SetBytes(size)
	for b.Loop() {
		for _, data := range files {
			if _, err := Read(context.Background(), File{"", bytes.NewReader(data), int64(len(data))}, Options{Workers: 1}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
