package apple

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"howett.net/plist"
)

// TestTree: what somebody else's writer wrote is read alike in both forms.
func TestTree(t *testing.T) {
	value := map[string]any{"name": "Letters é", "n": 7, "yes": true, "no": false, "list": []any{"a", []any{}, map[string]any{"k": "v"}}, "data": []byte("x\x00 "), "real": 12.5}
	want := &Tree{Kind: "dict", Keys: []string{"data", "list", "n", "name", "no", "real", "yes"}, Values: []Tree{
		{Kind: "data", Text: "x\x00 "}, {Kind: "array", Values: []Tree{{Kind: "string", Text: "a"}, {Kind: "array"}, {Kind: "dict", Keys: []string{"k"}, Values: []Tree{{Kind: "string", Text: "v"}}}}},
		{Kind: "integer", Text: "7"}, {Kind: "string", Text: "Letters é"}, {Kind: "false"}, {Kind: "real", Text: "12.5"}, {Kind: "true"},
	}}
	for _, format := range []int{plist.XMLFormat, plist.BinaryFormat} {
		data, err := plist.Marshal(value, format)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadTree(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("format %d: %s", format, diff)
		}
		for cut := range len(data) - 8 {
			if _, err := ReadTree(data[:cut]); err == nil {
				t.Errorf("format %d: %d of %d bytes were taken as the whole", format, cut, len(data))
			}
		}
	}
	root := Tree{Kind: "dict", Keys: []string{"l"}, Values: []Tree{{Kind: "array", Values: []Tree{{Kind: "string", Text: "a"}, {Kind: "true"}}}}}
	if root.Of("l").Texts()[0] != "a" || len(root.Of("x").Texts()) != 0 || root.Of("x").Of("y").True() || !root.Of("l").Values[1].True() {
		t.Error("a value is not found where it is")
	}
}

// TestTreeBounds: what is deep, or is nothing, is refused.
func TestTreeBounds(t *testing.T) {
	for _, text := range []string{
		"", "x", "<a/>", "<plist/>", "<plist>" + strings.Repeat("<array>", 100_000), "bplist00",
		"<plist>" + strings.Repeat("<array>", 100) + strings.Repeat("</array>", 100) + "</plist>",
	} {
		if got, err := ReadTree([]byte(text)); err == nil {
			t.Errorf("%.40q: %+v", text, got)
		}
	}
}

func FuzzReadTree(f *testing.F) {
	for _, format := range []int{plist.XMLFormat, plist.BinaryFormat} {
		var b bytes.Buffer
		if err := plist.NewEncoderForFormat(&b, format).Encode(map[string]any{"a": []any{true, "é", 1}}); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if tree, err := ReadTree(data); err == nil && tree == nil {
			t.Error("neither a list nor an error")
		}
	})
}
