package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
	"portcullis/platform/stream"
)

// documents is a line for each document: its place, what it is, and its text.
func documents(t testing.TB, r io.Reader) []string {
	t.Helper()
	var all []string
	in := NewDocuments(bufio.NewReader(r), 0)
	for {
		doc, err := in.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			return append(all, "error: "+err.Error())
		}
		what := "object"
		switch {
		case doc.Broken != nil:
			what = doc.Broken.Error()
		case doc.Cut:
			what = "cut"
		}
		all = append(all, fmt.Sprintf("%d %s: %s", doc.Line, what, doc.JSON))
	}
}

func TestDocuments(t *testing.T) {
	const notObject = "expected a JSON object"
	tests := []struct {
		name, in string
		want     []string
	}{
		{"nothing", " \n\x00\n", nil},
		{"one", "\n {\n\"a\": [1, {}]\n}\n", []string{"2 object: {\n\"a\": [1, {}]\n}"}},
		{"one a line", "{\"a\":1}\r\n{\"b\":2}", []string{`1 object: {"a":1}`, `2 object: {"b":2}`}},
		{"strung together", `{"a":1}{"b":"}"} {}`, []string{`1 object: {"a":1}`, `1 object: {"b":"}"}`, `1 object: {}`}},
		{"a list", "[\n{\"a\":1},\n{\"b\":[]}\n]\n", []string{`2 object: {"a":1}`, `3 object: {"b":[]}`}},
		{"an empty list", "[ ]", nil},
		{"marks and NUL bytes between", "{}\n\ufeff{}\x00\n{}", []string{"1 object: {}", "2 object: {}", "3 object: {}"}},
		{"a quote inside quotes", `{"a":"\"}\\"}`, []string{`1 object: {"a":"\"}\\"}`}},
		{"other lines", "begin\n{\"a\":1}\n[12:00] osqueryd\n\t123\n{}\n", []string{
			"1 " + notObject + ": begin", `2 object: {"a":1}`, "3 " + notObject + ": [12:00] osqueryd", "4 " + notObject + ": 123", "5 object: {}"}},
		{"other values", "\"text\"\n12", []string{"1 " + notObject + `: "text"`, "2 " + notObject + ": 12"}},
		{"a line cut before a key", "{\"a\":1,\n{\"b\":2}\n", []string{
			"1 not JSON: line 2: expected a key in quotes, found '{': {\"a\":1,", `2 object: {"b":2}`}},
		{"a line cut in a text", "{\"a\":\"x\n{\"b\":2}\n", []string{
			"1 not JSON: line 1: expected the end of a text, found '\\n': {\"a\":\"x", `2 object: {"b":2}`}},
		{"a line cut in a list", "{\"a\":[{\"x\":1},\n{\"b\":2}\n{\"c\":3}", []string{
			"1 not JSON: line 3: expected a comma or the closing bracket, found '{': {\"a\":[{\"x\":1},", `2 object: {"b":2}`, `3 object: {"c":3}`}},
		{"broken far from its beginning", "{\n\"a\":1,\n\"b\":2,\n\"c\":3\n\"d\":4\n}\n{}", []string{
			"1 not JSON: line 5: expected a comma or the closing bracket, found '\"': {\n\"a\":1,\n\"b\":2,\n\"c\":3",
			"5 " + notObject + ": \"d\":4", "6 " + notObject + ": }", "7 object: {}"}},
		{"cut in an object", "{}\n{\"a\":[1,", []string{"1 object: {}", "2 cut: {\"a\":[1,"}},
		{"a list without its brackets", "{\"a\":1},\n{}", []string{`1 object: {"a":1}`, "2 object: {}"}},
		{"crossed brackets", `{"a":[1}}`, []string{`1 not JSON: line 1: expected a comma or the closing bracket, found '}': {"a":[1}}`}},
		{"an object closed as a list", "{]", []string{"1 not JSON: line 1: expected a key in quotes or }, found ']': {]"}},
		{"cut in an object in a list", "[{},{\"a", []string{"1 object: {}", "1 cut: {\"a"}},
		{"cut in a list", "[{},\n", []string{"1 object: {}", "2 cut: "}},
		{"cut after a bracket", "[", []string{"1 cut: "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, documents(t, strings.NewReader(tt.in))); diff != "" {
				t.Errorf("documents (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, documents(t, iotest.OneByteReader(strings.NewReader(tt.in)))); diff != "" {
				t.Errorf("documents, a byte at a time (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDocumentsMemoryIsBoundedByOneDocument(t *testing.T) {
	const many = 20_000
	one := []byte(`{"name":"` + strings.Repeat("x", 1000) + `"},`)
	list := io.MultiReader(strings.NewReader("["), &repeat{one, many}, strings.NewReader("{}]"))
	in := NewDocuments(bufio.NewReader(list), 0)
	n := 0
	for ; ; n++ {
		if _, err := in.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if cap(in.text) > 1<<20 {
			t.Fatalf("%d bytes are held after %d documents on one line", cap(in.text), n)
		}
	}
	if n != many+1 {
		t.Errorf("%d documents, want %d", n, many+1)
	}
}

// repeat reads as text, times over.
type repeat struct {
	text  []byte
	times int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.times == 0 {
		return 0, io.EOF
	}
	r.times--
	return copy(p, r.text), nil
}

func TestMembersAndElements(t *testing.T) {
	doc := Document{Line: 3, JSON: []byte("{\"a\" : 1,\n\"b\\u00e9\": [\n {\"c\":null}, \"x\" ],\"\":{}}")}
	var got []string
	err := doc.Members(func(key string, v Document) error {
		got = append(got, fmt.Sprintf("%d %s %s", v.Line, key, v.JSON))
		if !v.Is('[') {
			return nil
		}
		return v.Elements(func(e Document) error {
			got = append(got, fmt.Sprintf("%d - %s", e.Line, e.JSON))
			return nil
		})
	})
	want := []string{"3 a 1", "4 bé [\n {\"c\":null}, \"x\" ]", `5 - {"c":null}`, `5 - "x"`, "5  {}"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, values (-want +got):\n%s", err, diff)
	}
}

func TestCutDocumentGivesWhatIsComplete(t *testing.T) {
	doc := Document{Line: 1, Cut: true, JSON: []byte(`{"list":[{"a":1},{"a":2},{"a":3`)}
	var got []int
	err := doc.Members(func(_ string, list Document) error {
		return list.Elements(func(e Document) error {
			var v struct{ A int }
			if err := e.Decode(&v); err != nil {
				return err
			}
			got = append(got, v.A)
			return nil
		})
	})
	if diff := cmp.Diff([]int{1, 2}, got); diff != "" || !errors.Is(err, ErrCut) {
		t.Errorf("error %v, values (-want +got):\n%s", err, diff)
	}
	for _, cut := range []string{`{`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`} {
		doc := Document{JSON: []byte(cut), Cut: true}
		if err := doc.Members(func(string, Document) error { return nil }); !errors.Is(err, ErrCut) {
			t.Errorf("members of %s: %v, want ErrCut", cut, err)
		}
	}
}

func TestText(t *testing.T) {
	tests := []struct {
		in, want string
		ok       bool
	}{
		{`"a b"`, "a b", true}, {`" \u00e9\u0000"`, " é\x00", true}, {"12", "12", true}, {"-1.5e3", "-1.5e3", true}, {"true", "true", true},
		{"null", "", true}, {`""`, "", true}, {"", "", true}, {"{}", "", false}, {"[1]", "", false}, {`"\x"`, "", false},
	}
	for _, tt := range tests {
		if got, ok := (Document{JSON: []byte(tt.in)}).Text(); got != tt.want || ok != tt.ok {
			t.Errorf("Text of %s: %q, %v", tt.in, got, ok)
		}
	}
	if _, ok := (Document{JSON: []byte(`"a`), Cut: true}).Text(); ok {
		t.Error("a text that is cut passes for one")
	}
}

func TestDecode(t *testing.T) {
	var v struct{ A string }
	err := Document{JSON: []byte(`{"a":[1]}`)}.Decode(&v)
	if err == nil || err.Error() != "a JSON array stands where another kind of value belongs" {
		t.Errorf("error %v", err)
	}
	for _, blank := range []string{"", "null", `""`} {
		if !(Document{JSON: []byte(blank)}).Blank() {
			t.Errorf("%q is not blank", blank)
		}
	}
}

type sink struct {
	reports  []platform.Report
	problems []platform.Problem
}

func (s *sink) Report(r platform.Report) error { s.reports = append(s.reports, r); return nil }
func (s *sink) Problem(p platform.Problem)     { s.problems = append(s.problems, p) }

func TestEach(t *testing.T) {
	broken := errors.New("broken")
	read := func(d Document) error {
		switch {
		case bytes.Contains(d.JSON, []byte("wrong")):
			return &Refusal{d.Line, "this is wrong"}
		case bytes.Contains(d.JSON, []byte("stop")):
			return broken
		case d.Cut:
			return ErrCut
		}
		return nil
	}
	junk := platform.Problem{Line: 1, Reason: "expected a JSON object"}
	tests := []struct {
		name, in string
		problems []platform.Problem
		err      string
	}{
		{"all taken", "{}{}", nil, ""},
		{"some refused", "junk\n{}\n{\"wrong\":1}", []platform.Problem{junk, {Line: 3, Reason: "this is wrong"}}, ""},
		{"all refused", "{\"wrong\":1}\njunk", nil, "line 1: this is wrong"},
		{"cut", "{}\n{\"a", []platform.Problem{{Line: 2, Reason: "the file ends in the middle of what begins here: it was cut off"}}, ""},
		{"list cut", "[{}", []platform.Problem{{Line: 1, Reason: "the file ends in the middle of a list: it was cut off"}}, ""},
		{"stopped", "{\"stop\":1}", nil, "broken"},
		{"empty", " ", nil, stream.ErrEmpty.Error()},
		{"an empty list", "[]", nil, stream.ErrEmpty.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s sink
			err := Each(NewDocuments(bufio.NewReader(strings.NewReader(tt.in)), 0), &s, read)
			if diff := cmp.Diff(tt.problems, s.problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if got := fmt.Sprint(err); err == nil && tt.err != "" || err != nil && got != tt.err {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
	failing := io.MultiReader(strings.NewReader("{}"), iotest.ErrReader(broken))
	if err := Each(NewDocuments(bufio.NewReader(failing), 0), &sink{}, read); !errors.Is(err, broken) {
		t.Errorf("the input fails and the error is %v", err)
	}
}

// FuzzDocuments holds that an object that encoding/json reads is returned whole, however much stands
// around it, and that members and elements together are all of it.
func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"x",{"b":null}],"c":{}}`, "{\"a\":\"\\\"\"}", "junk", "[{},", "{\"a\":1,\n{}", `{"":-1.5e3}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		documents(t, strings.NewReader(in))
		trimmed := strings.TrimSpace(in)
		if !json.Valid([]byte(in)) || !utf8.ValidString(in) || !strings.HasPrefix(trimmed, "{") {
			return
		}
		got := documents(t, strings.NewReader("{}\n"+in+"\njunk\n{}"))
		if len(got) != 4 || !strings.HasSuffix(got[1], " object: "+trimmed) {
			t.Fatalf("documents: %q", got)
		}
		var whole bytes.Buffer
		rebuild(t, Document{JSON: []byte(trimmed)}, &whole)
		var want, have any
		if json.Unmarshal([]byte(in), &want) != nil {
			return // deeper than encoding/json goes
		}
		if err := json.Unmarshal(whole.Bytes(), &have); err != nil {
			t.Fatalf("rebuilt as %s: %v", whole.Bytes(), err)
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("rebuilt (-want +got):\n%s", diff)
		}
	})
}

// rebuild writes a document again from its members and elements.
func rebuild(t *testing.T, d Document, w *bytes.Buffer) {
	comma := ""
	switch {
	case d.Is('{'):
		w.WriteString("{")
		err := d.Members(func(key string, v Document) error {
			name, _ := json.Marshal(key)
			w.WriteString(comma + string(name) + ":")
			rebuild(t, v, w)
			comma = ","
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.WriteString("}")
	case d.Is('['):
		w.WriteString("[")
		err := d.Elements(func(v Document) error {
			w.WriteString(comma)
			rebuild(t, v, w)
			comma = ","
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.WriteString("]")
	default:
		w.Write(d.JSON)
	}
}
