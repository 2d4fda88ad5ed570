package policy

import (
	"encoding/json"
	"testing"
)

func TestAppendJSON(t *testing.T) {
	d := Decision{
		Identifier: "com.app", Platform: Android, Product: "app", Version: "1", Verdict: Banned, Breach: true,
		Findings: []Finding{{Question: BanQuestion, Result: Banned, Rules: []string{"b1", "b2"}}, {Question: ListingQuestion, Result: Exempt, Exemptions: []string{"x"}}},
	}
	got := string(AppendJSON(nil, "h", &d, func(rule string) []string { return []string{"app", rule + "'s"} }))
	want := `{"host":"h","identifier":"com.app","platform":"android","product":"app","version":"1","verdict":"banned","breach":true,` +
		`"findings":[{"finding":"ban","result":"banned","rules":["b1","b2"],"exemptions":[]},{"finding":"listing","result":"exempt","rules":[],"exemptions":["x"]}],` +
		`"paths":{"b1":["app","b1's"],"b2":["app","b2's"]}}` + "\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	got = string(AppendJSON(nil, "h", &Decision{Verdict: Permitted}, nil))
	want = `{"host":"h","identifier":"","platform":"","product":"","version":"","verdict":"permitted","breach":false,"findings":[],"paths":{}}` + "\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

// FuzzAppendText holds that any text is read back by another decoder as it was, but for bytes that
// are not UTF-8.
func FuzzAppendText(f *testing.F) {
	f.Add("plain")
	f.Add("\x00\n\"\\\u2028\u2029<>&é😀\x7f")
	f.Add("\xff\xfe not UTF-8")
	f.Fuzz(func(t *testing.T, s string) {
		line := appendText(nil, s)
		var got string
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%q becomes %s: %v", s, line, err)
		}
		if want := string([]rune(s)); got != want {
			t.Errorf("%q becomes %s and is read back as %q", s, line, got)
		}
	})
}
