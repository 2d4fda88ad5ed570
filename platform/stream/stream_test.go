package stream

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
	"portcullis/policy"
)

func TestText(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "a\r\nb", "a\r\nb"},
		{"UTF-8 with a mark", "\xef\xbb\xbfé", "é"},
		{"UTF-16 little end first", "\xff\xfea\x00\xe9\x00", "aé"},
		{"UTF-16 big end first", "\xfe\xff\x00a\x00\xe9", "aé"},
		{"NUL bytes in front", "\x00\x00a\x00", "a\x00"},
		{"NUL bytes before a mark", "\x00\x00\xef\xbb\xbfa", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, err := Text(strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(in); err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	for _, empty := range []string{"", "\x00\x00\x00"} {
		if _, err := Text(strings.NewReader(empty)); !errors.Is(err, ErrEmpty) {
			t.Errorf("of %q: error %v, want ErrEmpty", empty, err)
		}
	}
}

func TestFirst(t *testing.T) {
	in := bufio.NewReader(strings.NewReader(" \r\n\t{}"))
	if b, err := First(in); b != '{' || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
	if rest, _ := io.ReadAll(in); string(rest) != " \r\n\t{}" {
		t.Errorf("it left %q to be read", rest)
	}
	if _, err := First(bufio.NewReader(strings.NewReader(" \n"))); !errors.Is(err, ErrEmpty) {
		t.Errorf("of space: error %v, want ErrEmpty", err)
	}
	if _, err := First(bufio.NewReader(strings.NewReader(strings.Repeat(" ", 5000) + "x"))); err == nil {
		t.Error("of endless space: no error")
	}
}

func TestClean(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"TikTok", "TikTok"},
		{" a b ", "a b"},
		{"\ufeffМессенджер\x00\x00", "Мессенджер"},
		{"微信\r\n", "微信"},
		{"a\x1b[31mb", "a [31mb"},
		{"a\xffb", "a\ufffdb"},
	}
	for _, tt := range tests {
		if got := Clean(tt.in); got != tt.want {
			t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSome(t *testing.T) {
	for want, names := range map[string][]string{
		"nothing":                nil,
		"a, b c":                 {"a", "b\nc"},
		"a, b, c, d, e, f, …":    strings.Split("abcdefg", ""),
		strings.Repeat("é", 300): {strings.Repeat("é", 400)},
	} {
		if got := Some(names); got != want {
			t.Errorf("of %q: %q, want %q", names, got, want)
		}
	}
}

// walked is everything in a document, as the walk sees it: a line per value, with its place.
func walked(j *JSON) (string, error) {
	var out strings.Builder
	var value func(path string) error
	value = func(path string) error {
		b, err := j.Next()
		if err != nil {
			return err
		}
		switch b {
		case '{':
			return j.Object(func(key string) error { return value(path + "." + key) })
		case '[':
			i := 0
			return j.Array(func() error { i++; return value(fmt.Sprintf("%s[%d]", path, i-1)) })
		}
		line := j.Line()
		var v any
		if err := j.Decode(&v); err != nil {
			return err
		}
		fmt.Fprintf(&out, "%d %s=%v\n", line, path, v)
		return nil
	}
	for {
		if err := value(""); err == io.EOF {
			return out.String(), nil
		} else if err != nil {
			return out.String(), err
		}
	}
}

func TestJSONWalk(t *testing.T) {
	const in = "{\"a\": [1, {\"b\": \"x\\\"}]\"},\n\n  true],\n \"k\\u00e9y\"\r\n:\r\n null, \"e\": {}, \"f\": []}\n{\"a\":\"second\"}"
	const want = "1 .a[0]=1\n1 .a[1].b=x\"}]\n3 .a[2]=true\n6 .kéy=<nil>\n7 .a=second\n"
	got, err := walked(NewJSON(bufio.NewReader(strings.NewReader(in))))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("walk (-want +got):\n%s", diff)
	}
}

func TestJSONPassesOverWhatIsNotTaken(t *testing.T) {
	const in = `{"skip": {"x": [1, {"y": "}"}]}, "take": "this", "end": [[], {}]} `
	j := NewJSON(bufio.NewReader(strings.NewReader(in)))
	var got Value
	err := j.Object(func(key string) (err error) {
		if key == "take" {
			got, err = j.Value()
		}
		return err
	})
	if err != nil || got != "this" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := j.Next(); err != io.EOF {
		t.Errorf("after the document: %v, want io.EOF", err)
	}
}

func TestJSONErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"missing comma", "{\"a\": 1\n\"b\": 2}", `line 2: not JSON: a comma or '}' was expected, not '"'`},
		{"comment", "{\"a\": 1,\n// no\n}", `line 2: not JSON: a key in quotes was expected, not '/'`},
		{"comma before the end", "[1,]", `line 1: not JSON: a value was expected, not ""`},
		{"no colon", `{"a" 1}`, `line 1: not JSON: a colon was expected after a key, not '1'`},
		{"wrong bracket", `{"a": [1}}`, `line 1: not JSON: a comma or ']' was expected, not '}'`},
		{"no value", `{"a": nope}`, `line 1: not JSON: a value was expected, not "nope"`},
		{"cut off", "{\"a\":\n[1, 2", "line 2: the input ends in the middle of a JSON document: unexpected EOF"},
		{"deep", strings.Repeat("[", 600), "line 1: not JSON: it is nested deeper than 500"},
		{"long number", strings.Repeat("1", 500), "line 1: not JSON: a number is longer than 399 digits"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := walked(NewJSON(bufio.NewReader(strings.NewReader(tt.in))))
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v\nwant  %s", err, tt.want)
			}
		})
	}
}

func TestJSONShape(t *testing.T) {
	j := NewJSON(bufio.NewReader(strings.NewReader("[\n{}, [], 5, \"x\", null, {\"a\": 1}]")))
	var got []string
	members := 0
	err := j.Array(func() error {
		err := j.Object(func(string) error { members++; return nil })
		if shape := Misshapen(err); shape != nil {
			got = append(got, shape.Error())
			return nil
		}
		return err
	})
	want := []string{
		"line 2: a list stands where an object was expected",
		"line 2: a number or a truth value stands where an object was expected",
		"line 2: text stands where an object was expected",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || members != 1 {
		t.Errorf("error %v, %d members, shapes (-want +got):\n%s", err, members, diff)
	}
}

func TestShapeErrorOfACallbackEndsTheWalk(t *testing.T) {
	j := NewJSON(bufio.NewReader(strings.NewReader("[[5, 6], 7]")))
	err := j.Array(func() error { return j.Array(func() error { return j.Object(nil) }) })
	if err == nil || Misshapen(err) != nil || !strings.HasPrefix(err.Error(), "line 1: a number") {
		t.Errorf("error %#v", err)
	}
}

func TestDecodeTellsWhatIsWrong(t *testing.T) {
	for in, want := range map[string]string{
		`{"N": ["x"]}`: "line 1: N is of the wrong kind: array",
		"\n[]":         "line 2: it is of the wrong kind: array",
		`{"N": "\x"}`:  "line 1: invalid character 'x' in string escape code",
	} {
		var v struct{ N int }
		j := NewJSON(bufio.NewReader(strings.NewReader(in + " 5")))
		if err := j.Decode(&v); Misshapen(err) == nil || err.Error() != want {
			t.Errorf("of %s: %v, want %s", in, err, want)
		}
		if next, err := j.Value(); next != "5" || err != nil {
			t.Errorf("after %s: %q, %v", in, next, err)
		}
	}
}

func TestValue(t *testing.T) {
	tests := []struct {
		in   string
		want Value
	}{{`"a\u00e9"`, "aé"}, {"12", "12"}, {"-1.5e3", "-1.5e3"}, {"true", "true"}, {"null", ""}, {"[1]", ""}, {`{"a":1}`, ""}}
	for _, tt := range tests {
		got := Value("was there before")
		if err := json.Unmarshal([]byte(tt.in), &got); err != nil || got != tt.want {
			t.Errorf("of %s: %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestXMLWalk(t *testing.T) {
	const in = "<?xml version=\"1.0\"?>\n<!DOCTYPE a>\n<a>\n<b>one &amp; <!-- no --> two</b><skip><b>no</b></skip>\r\n<c/></a>\n<?xml version=\"1.0\"?><d>x<e>y</e>z</d>"
	x := NewXML(bufio.NewReader(strings.NewReader(in)))
	var got []string
	take := func(name string) error {
		line := x.Line()
		if name == "skip" {
			return nil
		}
		text, err := x.Text()
		got = append(got, fmt.Sprintf("%d %s=%s", line, name, text))
		return err
	}
	if name, err := x.Root(); name != "a" || err != nil {
		t.Fatalf("root %q, %v", name, err)
	}
	if err := x.Children(take); err != nil {
		t.Fatal(err)
	}
	if name, err := x.Root(); name != "d" || err != nil {
		t.Fatalf("root %q, %v", name, err)
	}
	if err := take("d"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Root(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	want := []string{"4 b=one &  two", "5 c=", "6 d=xz"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("walk (-want +got):\n%s", diff)
	}
}

func TestXMLErrors(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"cut off in an element", "<a>\n<b>", "line 2: the input ends in the middle of an XML document: unexpected EOF"},
		{"cut off in a tag", "<a>\n<b", "line 2: the input ends in the middle of an XML document: unexpected EOF"},
		{"crossed", "<a>\n<b></a>", "line 2: not XML: element <b> closed by </a>"},
		{"entity", "<a>&other;</a>", "line 1: not XML: invalid character entity &other;"},
		{"text outside", "text", "line 1: not XML: text outside every element"},
		{"another encoding", `<?xml version="1.0" encoding="koi8-r"?><a/>`, `xml: opening charset "koi8-r": its encoding is "koi8-r"; save it as UTF-8`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := NewXML(bufio.NewReader(strings.NewReader(tt.in)))
			_, err := x.Root()
			if err == nil {
				err = x.Children(func(string) error { return nil })
			}
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v\nwant  %s", err, tt.want)
			}
		})
	}
}

type sink struct {
	reports  []platform.Report
	problems []platform.Problem
}

func (s *sink) Report(r platform.Report) error { s.reports = append(s.reports, r); return nil }
func (s *sink) Problem(p platform.Problem)     { s.problems = append(s.problems, p) }
func code(n int64) *int64                      { return &n }
func app(line int, id, version string) platform.App {
	return platform.App{Line: line, Identifier: id, Version: version}
}

func TestList(t *testing.T) {
	var l List
	for _, a := range []platform.App{
		app(1, "org.example.a", "1.0"),
		app(2, "org.example.a", "1.0"),
		app(3, "org.example.a", "2.0"),
		{Line: 4, Identifier: "org.example.a", Platform: policy.Chrome, Version: "1.0"},
		{Line: 5, Name: "Notes", Version: "1"},
		{Line: 6, Name: "Notes", Version: "1"},
		{Line: 7, Name: "Notes", Version: "2"},
		{Line: 8, Version: "1", Publisher: "Example"},
		app(9, "org.exa\xffmple", ""),
		app(10, "org.example.\x1bc", ""),
		app(11, " org.example.d\x00", " 3\n"),
		{Line: 12, Identifier: "org.example.a", Version: "1.0", VersionCode: code(1)},
		{Line: 13, Identifier: "org.example.a", Version: "1.0", Signer: "aa"},
	} {
		l.Add(a)
	}
	l.Report.Device, l.Report.Name = " d1", "d1"
	var s sink
	if err := l.Send(&s); err != nil {
		t.Fatal(err)
	}
	want := sink{
		reports: []platform.Report{{Device: "d1", Partial: true, Apps: []platform.App{
			app(1, "org.example.a", "1.0"),
			{Line: 4, Identifier: "org.example.a", Platform: policy.Chrome, Version: "1.0"},
			{Line: 5, Name: "Notes", Version: "1"},
			{Line: 7, Name: "Notes", Version: "2"},
			app(11, "org.example.d", "3"),
		}}},
		problems: []platform.Problem{
			{Device: "d1", Line: 3, Reason: `org.example.a is listed twice, with version "1.0" and version "2.0": the first stands`},
			{Device: "d1", Line: 8, Reason: "an entry has neither an identifier nor a name"},
			{Device: "d1", Line: 9, Reason: `the identifier "org.exa\xffmple" is damaged: it has bytes that are no text`},
			{Device: "d1", Line: 10, Reason: `the identifier "org.example.\x1bc" is damaged: it has bytes that are no text`},
			{Device: "d1", Line: 12, Reason: "org.example.a is listed twice, with two version codes: the first stands"},
			{Device: "d1", Line: 13, Reason: "org.example.a is listed twice, with two signers: the first stands"},
		},
	}
	if diff := cmp.Diff(want, s, cmp.AllowUnexported(sink{})); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// TestLimits holds that what is decoded is bounded, and that what is walked past is not.
func TestLimits(t *testing.T) {
	const small = `[{"a": "x"}, "` + `0123456789"]`
	in := func() *bufio.Reader {
		return bufio.NewReader(strings.NewReader("[" + strings.Repeat(small+",", 100) + "1]"))
	}
	j := NewJSON(in())
	j.limit = 50
	if err := j.Array(func() error { _, err := j.Value(); return err }); err != nil {
		t.Errorf("small values: %v", err)
	}
	j = NewJSON(in())
	j.limit = 50
	if _, err := j.Value(); err == nil || err.Error() != "line 1: a value is longer than 50 bytes" {
		t.Errorf("a long value: %v", err)
	}

	// The decoder reads 4096 bytes at a time, so the limit is kept to that precision.
	text := strings.Repeat("x", 3000)
	for elements, want := range map[string]string{
		strings.Repeat("<b>"+text+"</b>", 100):     "",
		"<b>" + strings.Repeat(text, 100) + "</b>": "a tag or a text is longer than 10000 bytes",
	} {
		x := NewXML(bufio.NewReader(strings.NewReader("<a>" + elements + "</a>")))
		x.guard.Limit = 10_000
		_, err := x.Root()
		if err == nil {
			err = x.Children(func(string) error { return nil })
		}
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestGuard(t *testing.T) {
	g := &Guard{In: strings.NewReader(strings.Repeat("x", 100)), Limit: 10, What: "a row"}
	buf := make([]byte, 8)
	for range 2 {
		if _, err := g.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.Read(buf); err == nil {
		t.Error("16 bytes were read of 10 and it went on")
	}
	g.Reset()
	if _, err := g.Read(buf); err != nil {
		t.Errorf("after Reset: %v", err)
	}
}

// FuzzJSON compares the walk with encoding/json: what that reads the walk reads too, and the same.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a": [1, "x", {"b": null}]}`, "[1,]", `{"a": "\ud83d\ude00"}`, " [ ] ", `[1 2]`, `{"a":{"b":[true,false]}}{}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		_, err := walked(NewJSON(bufio.NewReader(strings.NewReader(in))))
		var want, got any
		if len(in) >= maxDepth || json.Unmarshal([]byte(in), &want) != nil {
			return
		}
		if err != nil {
			t.Errorf("JSON is refused: %v", err)
		}
		if err := NewJSON(bufio.NewReader(strings.NewReader(in))).Decode(&got); err != nil {
			t.Fatalf("JSON is not decoded: %v", err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("decoded (-encoding/json +walk):\n%s", diff)
		}
	})
}

// FuzzXML holds that no input makes the walk panic or run on.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{"<a><b>x</b></a>", "<a>", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a/><b/>", "\x00<a/>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		x := NewXML(bufio.NewReader(strings.NewReader(in)))
		for {
			if _, err := x.Root(); err != nil {
				return
			}
			if err := x.Children(func(name string) error { _, err := x.Text(); return err }); err != nil {
				return
			}
		}
	})
}
