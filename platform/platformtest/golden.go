package platformtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
)

// Golden compares what is written of a list, and what of it is left, with the artefact in testdata and
// the file beside it whose name ends in .left; or writes both anew.
func Golden(t *testing.T, anew bool, name string, write platform.Artefact, l *platform.List) {
	t.Helper()
	var b, reasons bytes.Buffer
	left, err := write(&b, l)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range left {
		fmt.Fprintf(&reasons, "%q (%s): %s\n", l.Identifier, l.Product, l.Reason)
	}
	same(t, anew, name, b.Bytes())
	same(t, anew, name+".left", reasons.Bytes())
}

func same(t *testing.T, anew bool, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if anew {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

// Fails is a test that an artefact that cannot be written is an error.
func Fails(t *testing.T, write platform.Artefact, l *platform.List) {
	t.Helper()
	if _, err := write(full{}, l); !errors.Is(err, errFull) {
		t.Errorf("error %v", err)
	}
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// Writing measures what it takes to write a list.
func Writing(b *testing.B, write platform.Artefact, l *platform.List) {
	b.Helper()
	b.ReportAllocs()
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if _, err := write(&out, l); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(out.Len()), "bytes")
}
