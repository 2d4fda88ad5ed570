package sdk

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/internal/shared"
	"portcullis/vetting/apk/dex"
	"portcullis/vetting/apk/dex/dextest"
)

// slow is exodus-core's own way, written down as it is: names are cut out of dexdump's lines by a regular expression, and
// every signature is searched for in every name.
type slow struct {
	ids        []int
	signatures map[int]*regexp.Regexp
}

// javaName is exodus-core's expression; \w there has letters and digits of all scripts.
var javaName = regexp.MustCompile(`[A-Z]+((?:[\p{L}\p{N}_]+/)+[\p{L}\p{N}_]+)`)

func newSlow(t testing.TB, data []byte) *slow {
	var file struct {
		Trackers map[string]struct {
			ID            int    `json:"id"`
			CodeSignature string `json:"code_signature"`
		} `json:"trackers"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	s := &slow{signatures: map[int]*regexp.Regexp{}}
	for _, tracker := range file.Trackers {
		if len(tracker.CodeSignature) > 3 {
			s.signatures[tracker.ID] = regexp.MustCompile(tracker.CodeSignature)
		}
	}
	s.ids = slices.Sorted(maps.Keys(s.signatures))
	return s
}

// find returns the ids that are found in the lines.
func (s *slow) find(lines []string) []int {
	names := map[string]bool{}
	for _, line := range lines {
		for _, m := range javaName.FindAllStringSubmatch(line, -1) {
			names[m[1]] = true
		}
	}
	var out []int
	for _, id := range s.ids {
		for name := range names {
			if s.signatures[id].MatchString(name) {
				out = append(out, id)
				break
			}
		}
	}
	return out
}

// feed gives a collector all that a DEX file declares and holds.
func feed(c *Collector, f *dex.File) {
	for class := range f.Classes {
		c.Class(class.Name, true)
	}
	for name := range f.References {
		c.Class(name, false)
	}
	for s := range f.Declared {
		c.Declared(s)
	}
	for s := range f.Literals {
		c.String(s)
	}
}

// lines are the descriptors and signatures that dexdump would print of a DEX file.
func lines(f *dex.File) []string {
	var out []string
	for c := range f.Classes {
		out = append(out, string(c.Name), string(c.Super))
	}
	for s := range f.Declared {
		out = append(out, string(s))
	}
	return out
}

// failer is a test, or one round of a property.
type failer interface {
	Errorf(format string, args ...any)
}

func exodusIDs(t failer, hits []Hit) []int {
	var out []int
	for _, h := range hits {
		id, ok := strings.CutPrefix(h.SDK.ID, "exodus:")
		n, err := strconv.Atoi(id)
		if !ok || err != nil {
			t.Errorf("the id %q is not one of Exodus", h.SDK.ID)
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func sharedFile(t testing.TB, name string) []byte {
	t.Helper()
	dir := shared.Dir(t)
	if dir == "" {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(dir, "sdk", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func exodus(t testing.TB) (*List, *slow) {
	t.Helper()
	data := sharedFile(t, "exodus_trackers.json")
	if data == nil {
		return nil, nil
	}
	l, err := ReadExodus(data)
	if err != nil {
		t.Fatal(err)
	}
	return l, newSlow(t, data)
}

// example is a class name that a code signature's alternative is found in.
func example(alternative string) string {
	name := strings.Trim(strings.ReplaceAll(alternative, ".", "/"), "/")
	if strings.HasSuffix(alternative, ".") || !strings.Contains(name, "/") {
		name += "/Some"
	}
	if strings.HasPrefix(alternative, ".") {
		name = "org/" + name
	}
	return "L" + name + ";"
}

// TestEveryTracker makes a DEX file for each tracker that has one class of it, and one for each alternative of its
// signature, and compares what is found with the slow way.
func TestEveryTracker(t *testing.T) {
	l, slow := exodus(t)
	if l == nil {
		return
	}
	m := New(nil, l)
	if len(l.Entries) < 400 || len(l.Entries) != len(slow.ids) {
		t.Errorf("%d of %d trackers are used: %v", len(l.Entries), len(slow.ids), l.Problems)
	}
	for _, id := range slow.ids {
		for alternative := range strings.SplitSeq(slow.signatures[id].String(), "|") {
			f, err := dex.Read(dextest.Build(dextest.File{Classes: []dextest.Class{{Name: example(alternative)}}}))
			if err != nil {
				t.Fatal(err)
			}
			c := m.Collector("classes.dex")
			feed(c, f)
			got, want := exodusIDs(t, m.Hits(c)), slow.find(lines(f))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-slow +matcher):\n%s", example(alternative), diff)
			}
			if dash := strings.Contains(alternative, "-"); dash == slices.Contains(want, id) { // exodus-core cuts names there
				t.Errorf("%s as an example of tracker %d: %v", example(alternative), id, want)
			}
		}
	}
}

// TestDotIsOneCharacter puts another character where a signature has a dot: one of several bytes is one as well.
func TestDotIsOneCharacter(t *testing.T) {
	l, slow := exodus(t)
	if l == nil {
		return
	}
	m := New(nil, l)
	for _, alternative := range alternatives(slow) {
		name := example(alternative)
		i := strings.IndexByte(name, '/')
		for _, with := range []string{"x", "é", "日", "éé"} {
			text := name[:i] + with + name[i+1:]
			c := m.Collector("x")
			c.Class([]byte(text), true)
			if diff := cmp.Diff(slow.find([]string{text}), exodusIDs(t, m.Hits(c))); diff != "" {
				t.Errorf("%q (-slow +matcher):\n%s", text, diff)
			}
		}
	}
}

// names draws names near those that signatures know: whole, cut, with letters changed, in other places.
func names(alternatives []string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		name := example(rapid.SampledFrom(alternatives).Draw(t, "alternative"))
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0:
			name = name[:rapid.IntRange(0, len(name)).Draw(t, "cut")]
		case 1:
			name = name[rapid.IntRange(0, len(name)).Draw(t, "cut"):]
		case 2:
			i := rapid.IntRange(0, len(name)-1).Draw(t, "at")
			name = name[:i] + rapid.SampledFrom([]string{"X", "_", "é", "$", "/", "-", "7", "日本", "\n"}).Draw(t, "with") + name[i+1:]
		case 3:
			name = "Lorg" + name[1:]
		case 4:
			name = "([JL" + name + "II[" + name + ")V"
		case 5:
			name = "LABC/" + name
		case 6:
			name = strings.TrimSuffix(name, ";") + "$Inner;"
		}
		return name
	})
}

func alternatives(s *slow) []string {
	var out []string
	for _, id := range s.ids {
		out = append(out, strings.Split(s.signatures[id].String(), "|")...)
	}
	return out
}

// TestMatchesLikeExodus holds that the matcher and the slow way agree on names near the signatures.
func TestMatchesLikeExodus(t *testing.T) {
	l, slow := exodus(t)
	if l == nil {
		return
	}
	m, near := New(nil, l), names(alternatives(slow))
	rapid.Check(t, func(t *rapid.T) {
		text := near.Draw(t, "text")
		c := m.Collector("x")
		c.Declared([]byte(text))
		if diff := cmp.Diff(slow.find([]string{text}), exodusIDs(t, m.Hits(c))); diff != "" {
			t.Fatalf("%q (-slow +matcher):\n%s", text, diff)
		}
	})
}

// TestExpressions holds that signatures which are more than names are found as regular expressions are.
func TestExpressions(t *testing.T) {
	signatures := []string{`com\.foo\.`, `com.foo.|org[./]bar`, `^com.a.`, `b.`, `abc`, `com.x.A$`, `(?i)com.CASE.`, `io.(a|b).c`, `a.b.c.d`, `x-y.z`}
	file := map[string]any{}
	for i, s := range signatures {
		file[strconv.Itoa(i+1)] = map[string]any{"id": i + 1, "name": "n", "code_signature": s}
	}
	data, err := json.Marshal(map[string]any{"trackers": file})
	if err != nil {
		t.Fatal(err)
	}
	l, err := ReadExodus(data)
	if err != nil {
		t.Fatal(err)
	}
	m, slow := New(nil, l), newSlow(t, data)
	rapid.Check(t, func(t *rapid.T) {
		text := "L" + rapid.StringMatching(`[a-cx-z./A$-]{0,6}(com/foo/|org/bar|com/a/b|com/x/A|com/case/|io/[ab]/c|abc|a/b/c/d|x-y/z)?[a-c/Aé$]{0,4}`).Draw(t, "text") + ";"
		c := m.Collector("x")
		c.Declared([]byte(text))
		if diff := cmp.Diff(slow.find([]string{text}), exodusIDs(t, m.Hits(c))); diff != "" {
			t.Fatalf("%q (-slow +matcher):\n%s", text, diff)
		}
	})
}

func TestReadExodus(t *testing.T) {
	tests := []struct{ name, in, problem string }{
		{"no signature", `{"trackers": {"5": {"id": 5, "name": "N", "code_signature": ""}}}`, "exodus:5: N has no code signature, so it is not looked for"},
		{"short", `{"trackers": {"5": {"id": 5, "name": "N", "code_signature": "ab."}}}`, `exodus:5: the code signature of N, "ab.", is too short to mean it`},
		{"in every app", `{"trackers": {"5": {"name": "N", "code_signature": "com.a.|"}}}`, `exodus:5: the code signature of N cannot be used: "com.a.|" would be found in every app`},
		{"no expression", `{"trackers": {"5": {"id": 5, "name": "N", "code_signature": "com.(a"}}}`, "exodus:5: the code signature of N cannot be used: error parsing regexp: missing closing ): `com.(a`"},
		{"hosts", `{"trackers": {"5": {"id": 5, "name": "N", "code_signature": "com.a.", "network_signature": "a\\.com|b[0-9]\\.com|.*\\.c\\.com|\\.d.com"}}}`,
			"exodus:5: N: 1 of its network signatures are more than host names and are not used"},
		{"twice", `{"trackers": {"5": {"id": 5, "name": "A", "code_signature": "com.a."}, "6": {"id": 5, "name": "B", "code_signature": "com.b."}}}`,
			"exodus:5: the list has this id more than once; this one is exodus:5-2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, err := ReadList([]byte(test.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{test.problem}, l.Problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if test.name == "hosts" {
				if diff := cmp.Diff([]string{"a.com", "c.com", "d.com"}, l.Entries[0].Domains); diff != "" {
					t.Errorf("domains (-want +got):\n%s", diff)
				}
			}
			if test.name == "twice" && (len(l.Entries) != 2 || l.Entries[1].ID != "exodus:5-2" || l.Entries[1].Name != "B") {
				t.Errorf("%+v", l.Entries)
			}
		})
	}
	for in, want := range map[string]string{
		"": "begins with", "null": "begins with", "x": "begins with",
		"{}":                  `it has no "trackers"`,
		`{"trackers": 1}`:     "line 1, column 14: trackers is a number, and should be an object",
		"[":                   "line 1, column 1: unexpected end",
		`{"trackers": {`:      "line 1, column 14: unexpected end",
		"[\n{\"id\": 1},\n7]": "line 3, column 1: an entry is a number, and should be an object",
		"\ufeff{\"trackers\": {\n\"1\": {\"id\": 1 \"name\": \"A\"}}}":          "line 2, column 15: invalid character '\"' after object key:value pair",
		"{\"trackers\": {\n\"1\": {\"name\": \"é\", \"id\": \"one\"}}}":         "line 2, column 30: trackers.id is a text, and should be a whole number",
		"[\n{\"id\": 1},\n{\"id\": 2,\n \"searchKeyword\": \"com.a.\"}]":        "line 4, column 26: searchKeyword is a text, and should be a list",
		`{"trackers": {"1": {"id": 1, "code_signature": "com.abc."}}} and more`: "line 1, column 62: invalid character 'a' after top-level value",
	} {
		if _, err := ReadList([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that says %q", in, err, want)
		}
	}
}

// TestHostsMakeNoHit holds that a host of a list's entry adds to a hit and is none.
func TestHostsMakeNoHit(t *testing.T) {
	l, err := ReadExodus([]byte(`{"trackers": {"1": {"id": 1, "name": "A", "code_signature": "com.a.b.", "network_signature": "a\\.com"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	m := New(nil, l)
	c := m.Collector("x")
	c.Domain([]byte("log.a.com"))
	if hits := m.Hits(c); len(hits) > 0 {
		t.Errorf("a host alone: %+v", hits)
	}
	c.Class([]byte("Lcom/a/b/C;"), false)
	if hits := m.Hits(c); len(hits) > 0 {
		t.Errorf("a class that only instructions name: %+v", hits)
	}
	c.Class([]byte("Lcom/a/b/C;"), true)
	c.Declared([]byte("Xcom/a/b/D"))
	want := []Evidence{{ClassDefined, "x", "com.a.b.C"}, {Literal, "x", "com/a/b/D"}, {Domain, "x", "log.a.com"}}
	if hits := m.Hits(c); len(hits) != 1 || cmp.Diff(want, hits[0].Evidence) != "" {
		t.Errorf("%+v", hits)
	}
}

// TestListsOfOneForm holds that two lists of one form stay apart, so that an id means one entry and a report can name both.
func TestListsOfOneForm(t *testing.T) {
	var lists []*List
	for _, text := range []string{`{"trackers": {"1": {"name": "A", "code_signature": "com.abc."}}}`, `[{"id": 1, "name": "B", "searchKeyword": ["com.abc."]}]`,
		`{"trackers": {"1": {"name": "C", "code_signature": "com.abc."}}}`} {
		l, err := ReadList([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, l)
	}
	for range 2 { // the second time there is nothing left to rename
		m := New(nil, lists...)
		c := m.Collector("x")
		c.Class([]byte("Lcom/abc/D;"), true)
		got := map[string]string{}
		for _, h := range m.Hits(c) {
			got[h.SDK.ID] = h.SDK.Name
		}
		if diff := cmp.Diff(map[string]string{"exodus:1": "A", "blocker:1": "B", "exodus-2:1": "C"}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if names := []string{lists[0].Name, lists[1].Name, lists[2].Name}; !slices.Equal(names, []string{"exodus", "blocker", "exodus-2"}) {
			t.Errorf("names %q", names)
		}
	}
}

// TestOracle holds the trackers that are found in real files equal to those that Exodus finds.
func TestOracle(t *testing.T) {
	dir := shared.Dir(t)
	l, slow := exodus(t)
	if l == nil {
		return
	}
	m := New(nil, l)
	held := 0
	for name, want := range oracle(t, filepath.Join(dir, "apks")) {
		var collectors []*Collector
		var all []string
		for i, data := range dexFiles(filepath.Join(dir, "apks", name)) {
			f, err := dex.Read(data)
			if err != nil {
				continue
			}
			c := m.Collector(fmt.Sprintf("%s!%d", name, i))
			feed(c, f)
			collectors, all = append(collectors, c), append(all, lines(f)...)
		}
		got := exodusIDs(t, m.Hits(collectors...))
		if len(got) != len(want) || cmp.Diff(slow.find(all), got) != "" {
			t.Errorf("%s: %v are found; Exodus finds %v, the slow way %v", name, got, want, slow.find(all))
		}
		held++
	}
	if held < 20 {
		t.Errorf("only %d files were held against Exodus", held)
	}
}

func FuzzReadList(f *testing.F) {
	f.Add([]byte(`{"trackers": {"1": {"id": 1, "name": "A", "code_signature": "com.a.b.|.c[d]", "network_signature": "a\\.com|.*"}}}`))
	f.Add([]byte(`[{"id": 1, "name": "A", "searchKeyword": [".a.b", "com.c"], "useRegexSearch": true, "networkSignature": ["a\\.com"]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ReadList(data)
		if err != nil {
			return
		}
		m := New(nil, l)
		c := m.Collector("x")
		c.Class([]byte("Lcom/a/b/C;"), true)
		c.Component("com.a.b.C")
		c.String([]byte("https://a.com/ com.a.b"))
		before := ""
		for _, h := range m.Hits(c) {
			if len(h.Evidence) == 0 || h.SDK.ID <= before || !strings.HasPrefix(h.SDK.ID, l.Name+":") {
				t.Errorf("%+v", h)
			}
			before = h.SDK.ID
		}
	})
}

func FuzzJavaNames(f *testing.F) {
	f.Add("([ILcom/foo/Bar$Inner;AB/C/d-e/F)V")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "")
		var want, got []string
		for _, m := range javaName.FindAllStringSubmatch(text, -1) {
			want = append(want, m[1])
		}
		eachJavaName([]byte(text), func(name []byte) { got = append(got, string(name)) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-regexp +ours):\n%s", text, diff)
		}
	})
}
