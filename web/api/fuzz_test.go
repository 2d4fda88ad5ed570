package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"portcullis/devices"
	"portcullis/store"
)

// FuzzCursor holds that what is taken for a cursor is one that was given, and nothing else.
func FuzzCursor(f *testing.F) {
	for _, c := range []cursor{{cursorVersion, "/persons?", "Ada", "1"}, {cursorVersion, "/ledger?", "", "7"}, {2, "/persons?", "", "1"}} {
		text, err := c.String()
		if err != nil {
			f.Fatal(err)
		}
		f.Add("/persons?", text)
	}
	f.Add("/persons?", "AAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, list, text string) {
		c, err := parseCursor(list, text)
		if err != nil || text == "" {
			return
		}
		if c.List != list || c.Version != cursorVersion || c.ID == "" {
			t.Errorf("%q is taken for %+v", text, c)
		}
	})
}

// FuzzDistinct holds that a body that is let through is one JSON value with no member twice.
func FuzzDistinct(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a": 1, "a": 2}`, `{"a": {"b": [1, {"c": null}]}}`, `[1 2]`, `{"a"`, `1 2`, ``, `"\u0061"`, `{"a":1,"\u0061":2}`, `[[[[[`, `1e999`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if distinct(json.NewDecoder(bytes.NewReader(data))) != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("%q is no JSON", data)
		}
		// Tokens tell members apart that decoding folds into one.
		var read any
		if err := json.Unmarshal(data, &read); err != nil {
			return // a number out of range
		}
		if got, want := count(read), members(data); got != want {
			t.Errorf("%q has %d members, and %d are read", data, want, got)
		}
	})
}

func count(value any) (n int) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			n += count(item)
		}
	case map[string]any:
		for _, item := range value {
			n += 1 + count(item)
		}
	}
	return n
}

// members counts the members of all objects as they are written.
func members(data []byte) (n int) {
	d := json.NewDecoder(bytes.NewReader(data))
	var open []bool // whether each is an object
	atName := false
	for {
		token, err := d.Token()
		if err != nil {
			return n
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open = append(open, token == json.Delim('{'))
			atName = token == json.Delim('{')
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		default:
			if atName {
				n, atName = n+1, false
				continue
			}
		}
		atName = len(open) > 0 && open[len(open)-1]
	}
}

// FuzzReport holds that a report that is taken is one JSON object in UTF-8 with no member twice, and that what
// is looked for by its beginning is looked for under the device that it is of: of a report that was stored,
// the same bytes lead to the same device or to none.
func FuzzReport(f *testing.F) {
	for _, seed := range []string{
		`{"host": "d1", "platform": "android", "installed": [{"identifier": "com.a", "version": "1", "versionCode": 7, "managed": true}]}`,
		`{"installed": [], "host": "d1"}`, `{"host": "d1", "host": "d2", "installed": []}`, `{"host": "d1"}`, `{"ho\u0073t": "d\u0031", "installed": []}`, `{"host":"d\u0031","installed":[]}`, `{"host":"d1","installed":[]}`, `{"host": 7}`, `{"Host": "d1", "installed": []}`,
		`{"host": "d1", "taken": "2026-03-01T12:00:00Z", "installed": []}`, `{"host": "d1", "installed": []}{}`, `{"x": {"host": "d2"}, "host": "d1"`, `[]`, ``, "{\"host\": \"\xff\", \"installed\": []}",
		`{"reports": [{"host": "d1", "installed": []}, {"host": "d2"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		host := hostIn(body)
		if batch, err := parseBatch(body); err == nil {
			for _, one := range batch {
				if _, err := parseReport(one, reportDigest(one)); err == nil && distinct(json.NewDecoder(bytes.NewReader(one))) != nil {
					t.Errorf("%q is taken in a batch", one)
				}
			}
		}
		report, err := parseReport(body, reportDigest(body))
		if err != nil {
			if report.Digest != 0 {
				t.Errorf("%q is refused, and known by %d", body, report.Digest)
			}
			return
		}
		if host != "" && host != report.Host {
			t.Errorf("%q is of %q, and is looked for under %q", body, report.Host, host)
		}
		if !utf8.Valid(body) || distinct(json.NewDecoder(bytes.NewReader(body))) != nil {
			t.Errorf("%q is taken", body)
		}
		if report.Installed == nil || (report.Digest != 0) != report.Taken.IsZero() {
			t.Errorf("%q is taken as %+v", body, report)
		}
		var read struct{ Installed []json.RawMessage }
		if err := json.Unmarshal(body, &read); err != nil || len(read.Installed) != len(report.Installed) {
			t.Errorf("%q has %d installations, and %d are read: %v", body, len(read.Installed), len(report.Installed), err)
		}
	})
}

// FuzzQuick holds that what the quick reader reads, the strict one reads as the same.
func FuzzQuick(f *testing.F) {
	for _, seed := range quickSeeds {
		f.Add([]byte(seed.text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		quickReport(body, func(got *Report) {
			var want Report
			if err := unmarshal(body, &want); err != nil {
				t.Fatalf("%q is read, and the strict reader says %v", body, err)
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("%q is read as another (-strict +quick):\n%s", body, diff)
			}
		})
	})
}

// quickSeeds are bodies, and whether the quick reader is to read them.
var quickSeeds = []struct {
	text string
	read bool
}{
	{`{"host":"d1","platform":"android","installed":[{"identifier":"com.a","version":"1","versionCode":7},{"identifier":"com.b","versionCode":0,"managed":true},{"product":"p","managed":false}]}`, true},
	{" {\r\n\t\"host\" : \"d1\" , \"installed\" : [ ] } ", true},
	{`{"name":"Ä 😀","organisation":"o","ownership":"corporate","source":"s","partial":true,"installed":[{"identifier":"a","platform":"chrome","signer":"00","name":"n","publisher":"p"}],"host":"{"}`, true},
	{`{}`, true},
	{`{"host":"d1","installed":[{"identifier":"a","versionCode":999999999999999999}]}`, true},
	{`{"host":"d1","installed":[{"identifier":"a","versionCode":9223372036854775808}]}`, false},
	{`{"host":"d1","installed":[{"identifier":"a","versionCode":-1}]}`, false},
	{`{"host":"d1","installed":[{"identifier":"a","versionCode":01}]}`, false},
	{`{"host":"d1","installed":[{"identifier":"a","versionCode":1.0}]}`, false},
	{`{"host":"d1","installed":[{"identifier":"a","versionCode":1e2}]}`, false},
	{`{"host":"d1","installed":[{"identifier":"a","versionCode":null}]}`, false},
	{`{"host":"d1","installed":[{"identifier":"a","version":"1","version":"2"}]}`, false},
	{`{"host":"d1","host":"d1","installed":[]}`, false},
	{`{"host":"d1","installed":[],"more":1}`, false},
	{`{"host":"d1","installed":[{"more":1}]}`, false},
	{`{"Host":"d1","installed":[]}`, false},
	{`{"host":"d\u0031","installed":[]}`, false},
	{`{"host":"d1","taken":"2026-03-01T12:00:00Z","installed":[]}`, false},
	{`{"host":"d1","partial":truex,"installed":[]}`, false},
	{`{"host":"d1","partial":TRUE,"installed":[]}`, false},
	{`{"host":"d1","installed":null}`, false},
	{`{"host":"d1","installed":[,]}`, false},
	{`{"host":"d1","installed":[{"identifier":"a"},]}`, false},
	{`{"host":"d1","installed":[{"identifier":"a"} {"identifier":"b"}]}`, false},
	{`{"host":"d1","installed":[]} {}`, false},
	{`{"host":"d1","installed":[]`, false},
	{`{"host" "d1","installed":[]}`, false},
	{`{host:"d1","installed":[]}`, false},
	{"{\"host\":\"d\x001\",\"installed\":[]}", false},
	{"{\"host\":\"d\xff\",\"installed\":[]}", false},
	{"{\"host\":\"d1\",\v\"installed\":[]}", false},
	{"\ufeff{\"host\":\"d1\",\"installed\":[]}", false},
	{`[]`, false},
	{``, false},
}

// TestQuick holds what the quick reader reads, and that it leaves the rest to the strict one.
func TestQuick(t *testing.T) {
	for _, seed := range quickSeeds {
		if ok := quickReport([]byte(seed.text), func(*Report) {}); ok != seed.read {
			t.Errorf("%q is read: %v", seed.text, ok)
		}
	}
	most, read := strings.Repeat(`,{"identifier":"a"}`, maxQuick)[1:], 0
	if quickReport([]byte(`{"installed":[`+most+`]}`), func(r *Report) { read = len(r.Installed) }); read != maxQuick {
		t.Errorf("of %d installations %d are read", maxQuick, read)
	}
	if quickReport([]byte(`{"installed":[`+most+`,{}]}`), func(*Report) {}) {
		t.Error("more installations are read than it has room for")
	}
}

// FuzzFollowed holds that what is taken for a place among the changes is one that was given.
func FuzzFollowed(f *testing.F) {
	text, err := followedText(devices.Followed{At: store.TimeOf(time.Unix(1772366400, 0)), Batches: map[string]int64{"first": 7}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add("")
	f.Add("AAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		since, err := parseFollowed(text)
		if err != nil || text == "" {
			return
		}
		if again, err := followedText(*since); err != nil || since.At.IsZero() || again == "" {
			t.Errorf("%q is taken for %+v", text, since)
		}
	})
}
