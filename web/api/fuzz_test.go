package api

import (
	"bytes"
	"encoding/json"
	"testing"
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
