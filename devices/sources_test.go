package devices

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/store"
)

// TestSources holds that sources are written as JSON has them, and read as they were written.
func TestSources(t *testing.T) {
	noon := store.TimeOf(time.Date(2026, 3, 1, 12, 0, 0, 1000, time.UTC))
	for name, sources := range map[string][]Source{
		"none":         nil,
		"usual":        {{Name: "api", Taken: noon, Digest: 1<<64 - 1}},
		"blanks":       {{Name: "Our own tool-2.1_b", Taken: noon, Digest: 1}},
		"no digest":    {{Name: "api", Taken: noon}},
		"partial":      {{Name: "api", Taken: noon, Digest: 7, Partial: true}},
		"escapes":      {{Name: `a","taken":"<b>`, Taken: noon, Digest: 7}},
		"other script": {{Name: "Gerät", Taken: noon, Digest: 7}},
		"no time":      {{Name: "api", Digest: 7}},
		"packed":       {{Name: "api", Taken: noon, Digest: 7, Packed: []byte{1}}},
		"two":          {{Name: "a", Taken: noon, Digest: 7, Packed: []byte{1}}, {Name: "b", Taken: noon, Packed: []byte{2, 0}}},
	} {
		want, err := json.Marshal(sources)
		if err != nil {
			t.Fatal(err)
		}
		got, err := encodeSources(sources)
		if err != nil || got != string(want) {
			t.Errorf("%s: %s instead of %s (%v)", name, got, want, err)
		}
		back, err := decodeSources(string(want))
		if diff := cmp.Diff(sources, back, cmp.AllowUnexported(store.Time{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-written +read)\n%s", name, err, diff)
		}
		_, usual := decodeUsual(string(want))
		if usual != (name == "usual" || name == "blanks") {
			t.Errorf("%s: is read by itself: %v", name, usual)
		}
	}
}

// FuzzSources holds that what is read by itself is read as JSON is.
func FuzzSources(f *testing.F) {
	for _, seed := range []string{
		`[{"name":"api","taken":"2026-03-01T12:00:00.000000Z","digest":7}]`, `[{"name":"api","taken":"2026-03-01T12:00:00.000000Z","digest":07}]`, `[{"name":"api","taken":"","digest":7}]`,
		`[{"name":"a\"","taken":"2026-03-01T12:00:00.000000Z","digest":7}]`, `[{"name":"","taken":"2026-03-01T12:00:00.000000Z","digest":7,"partial":true}]`, `[]`, `null`, ``,
		`[{"name":"api","taken":"2026-03-01T12:00:00.000000Z","digest":18446744073709551616}]`, `[{"name":"api","taken":"2026-03-01T12:00:00.000000Z","digest":+7}]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := decodeUsual(text)
		if !ok {
			return
		}
		var want []Source
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%q is read, and is not JSON: %v", text, err)
		}
		if diff := cmp.Diff(want, []Source{got}, cmp.AllowUnexported(store.Time{})); diff != "" {
			t.Errorf("%q (-JSON +read)\n%s", text, diff)
		}
	})
}
