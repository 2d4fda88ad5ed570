package devices

import "testing"

// TestBadLine holds what counts as one line of text.
func TestBadLine(t *testing.T) {
	for text, bad := range map[string]bool{
		"": false, "com.note": false, "a b": false, "Gerät": false, "12345678": false, "123456789": true,
		" a": true, "a ": true, "\u00a0a": true, "a\nb": true, "a\x7fb": true, "a\x00": true, "\t": true, "a\xff": true, "\u0085": true,
	} {
		if badLine(text, 8) != bad {
			t.Errorf("%q is a bad line: %t", text, !bad)
		}
	}
}
