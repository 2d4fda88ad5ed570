package policy

import (
	"strings"
	"testing"
)

func TestCompareVersions(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"2", "2.0.0", 0},
		{"01.002", "1.2", 0},
		{"2.9", "2.10", -1},
		{"4.2-rc1", "4.2", -1},
		{"4.2", "4.2b", -1},
		{"4.2-rc1", "4.2b", -1},
		{"115.0", "115.0esr", -1},
		{"4.2RC1", "4.2", -1},
		{"4.2 Beta 3", "4.2", -1},
		{"4.2+pre", "4.2", -1},
		{"4.2-_~+ dev", "4.2", -1},
		{"4.2~anything", "4.2", -1},
		{"4.2-anything", "4.2", 1},
		{"4.2rco", "4.2", -1},
		{"4.2-alpha", "4.2-beta", -1},
		{"4.2RC", "4.2rc", -1},
		{"4.2a", "4.2b", -1},
		{"4.2be", "4.2", 1},
		{"4.2.x", "4.2", -1},
		{"4.2.", "4.2", -1},
		{"4..2", "4.0.2", -1},
		{"4.2.x", "4.2.y", -1},
		{"1.2.3-rc1.4", "1.2.3", -1},
		{"99999999999999999999999999", "100000000000000000000000000", -1},
		{"99999999999999999999999999", "099999999999999999999999999", 0},
		{"1.0-rc1", "1.0-rc1.0", 0},
		{"3", "3.0b", -1},
		{"3", "3.0-rc1", 1},
	}
	for _, test := range tests {
		if got := CompareVersions(test.a, test.b); got != test.want {
			t.Errorf("CompareVersions(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
		if got := CompareVersions(test.b, test.a); got != -test.want {
			t.Errorf("CompareVersions(%q, %q) = %d, want %d", test.b, test.a, got, -test.want)
		}
	}
}

func TestVersionMissing(t *testing.T) {
	for version, want := range map[string]bool{"": true, "v1": true, "x": true, " 1": true, "٣": true, ".5": true, "0": false, "1x": false} {
		if got := VersionMissing(version); got != want {
			t.Errorf("VersionMissing(%q) = %v, want %v", version, got, want)
		}
	}
}

func TestWindow(t *testing.T) {
	tests := []struct {
		since, until, version string
		want                  bool
	}{
		{"3.1", "4.0", "3.1", true},
		{"3.1", "4.0", "3.1-rc1", true},
		{"3.1", "4.0", "4.0", false},
		{"3.1", "4.0", "4.0-rc1", false},
		{"3.1", "4.0", "4", false},
		{"3.1", "4.0", "3.0.9b", false},
		{"3.1", "4.0", "", true},
		{"3.1", "4.0", "unknown", true},
		{"", "4.2", "1", true},
		{"4.2", "", "5", true},
		{"4.2", "", "4.1", false},
		{"", "", "0", true},
	}
	for _, test := range tests {
		if got := (Window{test.since, test.until}).contains(test.version); got != test.want {
			t.Errorf("[%q, %q) contains %q = %v, want %v", test.since, test.until, test.version, got, test.want)
		}
	}
}

// FuzzCompareVersions holds that the order is one: it turns round with its arguments, anything is
// equal to itself, and spelling a part as 0 changes nothing.
func FuzzCompareVersions(f *testing.F) {
	f.Add("1.2.3", "1.2")
	f.Add("4.2-rc1", "4.2b")
	f.Add("1..", ".")
	f.Fuzz(func(t *testing.T, a, b string) {
		if got, turned := CompareVersions(a, b), CompareVersions(b, a); got != -turned {
			t.Errorf("CompareVersions(%q, %q) = %d, the other way round %d", a, b, got, turned)
		}
		if got := CompareVersions(a, a); got != 0 {
			t.Errorf("%q is not equal to itself: %d", a, got)
		}
		if longer := a + ".0"; a != "" && !strings.HasPrefix(a, ".") && CompareVersions(a, longer) != 0 {
			t.Errorf("%q is not equal to %q", a, longer)
		}
	})
}
