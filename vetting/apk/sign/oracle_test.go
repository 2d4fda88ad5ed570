package sign_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/shared"
	"portcullis/vetting/apk/sign"
	"portcullis/vetting/archive"
)

// told is what apksigner said of a file.
type told struct {
	Verifies bool     `json:"verifies"`
	Schemes  []string `json:"schemes"`
	Certs    []string `json:"certs"`
}

// sample is a real file with apksigner's answer.
type sample struct {
	name  string
	bytes []byte
	want  told
}

// samples are the real files, or none where the shared folder is not there.
func samples(t testing.TB) []sample {
	t.Helper()
	dir := shared.Dir(t)
	if dir == "" {
		return nil
	}
	dir = filepath.Join(dir, "apks")
	oracle, err := os.Open(filepath.Join(dir, "ORACLE.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer oracle.Close()
	var list []sample
	lines := bufio.NewScanner(oracle)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row struct {
			File      string `json:"file"`
			Apksigner told   `json:"apksigner"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, row.File))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, sample{row.File, b, row.Apksigner})
	}
	if len(list) < 136 {
		t.Fatalf("the shared folder has %d files with an answer, and should have 136", len(list))
	}
	return list
}

// verify verifies a file with what its manifest says.
func verify(t testing.TB, b []byte, opt sign.Options) *sign.Result {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(b), int64(len(b)), nil)
	if err != nil {
		return &sign.Result{Problems: []string{err.Error()}}
	}
	return sign.Verify(a, opt)
}

func TestAsApksigner(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			r := verify(t, s.bytes, options(t, s.bytes))
			got := told{r.Verifies, r.Schemes, []string{}}
			for _, c := range r.Certificates {
				got.Certs = append(got.Certs, c.SHA256)
			}
			if diff := cmp.Diff(s.want, got); diff != "" {
				t.Errorf("(-apksigner +here):\n%s\nproblems: %q", diff, r.Problems)
			}
		})
	}
}

func open(t testing.TB, b []byte) *archive.Archive {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(b), int64(len(b)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func FuzzVerify(f *testing.F) {
	for _, s := range samples(f) {
		if len(s.bytes) < 8<<10 {
			f.Add(s.bytes, uint8(23))
		}
	}
	id := newIdentity(f, "one")
	f.Add(signed(f, apk(f, []byte("code")), map[int][]forged{
		blockV3:  {{id, ecdsa256, 28, 32, [][]byte{rotation(f, id), attr(0x559f8b02, u32(33))}}},
		blockV31: {{id, ecdsaVerity, 33, ever, nil}},
	}), uint8(28))
	f.Fuzz(func(t *testing.T, b []byte, minSDK uint8) {
		r := verify(t, b, sign.Options{MinSDK: int(minSDK)})
		if r.Verifies != (len(r.Problems) == 0) || r.Verifies && (len(r.Certificates) == 0 || len(r.Schemes) == 0) {
			t.Errorf("verifies %v with problems %q, schemes %v and %d certificates", r.Verifies, r.Problems, r.Schemes, len(r.Certificates))
		}
	})
}
