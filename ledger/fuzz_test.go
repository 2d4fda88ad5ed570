package ledger_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"portcullis/ledger"
)

var update = flag.Bool("update", false, "write the files under testdata anew")

// kept is an export that an earlier version wrote: it must verify for as long as there are exports
// of version 1. It holds entries of every kind, erased ones among them.
const kept = "testdata/export.jsonl"

func readKept(t testing.TB) []byte {
	t.Helper()
	export, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	return export
}

func TestKeptExport(t *testing.T) {
	if *update {
		_, export := small(t, 9)
		if err := os.WriteFile(kept, export, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	report := verified(t, readKept(t), ledger.VerifyOptions{Key: newKey(t, "key").Public})
	if report.Size != 9 || report.Erased != 2 {
		t.Errorf("it is reported as %+v", report)
	}
}

// FuzzVerify finds files that verify and hold something else than what was signed.
func FuzzVerify(f *testing.F) {
	export := readKept(f)
	key := newKey(f, "key").Public
	lines := strings.SplitAfter(string(export), "\n")
	f.Add(export)
	f.Add([]byte(strings.Join(lines[:5], "")))
	f.Add([]byte(strings.Replace(string(export), "full", "public", 1)))
	f.Add([]byte(strings.Join([]string{lines[0], lines[2], lines[1]}, "")))
	f.Fuzz(func(t *testing.T, changed []byte) {
		report, err := ledger.Verify(bytes.NewReader(changed), ledger.VerifyOptions{Key: key})
		if err != nil || bytes.Equal(changed, export) {
			return
		}
		// Another view may show less of sealed entries; what it shows is what was recorded.
		for i, line := range strings.SplitAfter(string(changed), "\n") {
			if i > 0 && line != lines[i] && !strings.Contains(line, `,"leaf":`) || report.View == ledger.Full {
				t.Errorf("line %d verifies as %q, and was %q", i+1, line, lines[i])
			}
		}
	})
}

// FuzzSaved finds files that pass for something that was saved of the ledger.
func FuzzSaved(f *testing.F) {
	export := readKept(f)
	lines := strings.SplitAfter(string(export), "\n")
	signed := takeApart(f, export).signed[9]
	checkpoint := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(signed, `{"checkpoint":"`), "\"}\n"), `\n`, "\n")
	f.Add([]byte(checkpoint))
	f.Add([]byte(checkpoint + "\n" + checkpoint))
	f.Add(export)
	f.Add([]byte(lines[0]))
	f.Fuzz(func(t *testing.T, saved []byte) {
		report, err := ledger.Verify(bytes.NewReader(export), ledger.VerifyOptions{Saved: bytes.NewReader(saved)})
		text, _, _ := strings.Cut(checkpoint, "\n\n")
		if err == nil && !bytes.Contains(saved, []byte(text)) && !bytes.Contains(saved, []byte(strings.ReplaceAll(text, "\n", `\n`))) {
			t.Errorf("%q agrees: %+v", saved, report)
		}
	})
}
