package policy

import (
	"cmp"
	"strings"
)

// Versions are text, split at dots. A part is a leading number (ASCII digits, of any length) and a
// tail; a version whose first part has no number is a missing version.

// VersionMissing tells whether v says nothing about a version: it is empty, or does not begin with
// a digit. A missing version meets no floor and is inside every window.
func VersionMissing(v string) bool { return v == "" || !digit(v[0]) }

// CompareVersions orders two versions: negative where a comes before b, zero where they are equal
// (2 and 2.0.0 are), positive where a comes after b. Neither may be missing.
func CompareVersions(a, b string) int { return compareVersions(a, b, true) }

// contains tells whether version v lies in the window; a missing one does. Tails are ignored.
func (w Window) contains(v string) bool {
	if VersionMissing(v) {
		return true
	}
	return (w.Since == "" || compareVersions(v, w.Since, false) >= 0) &&
		(w.Until == "" || compareVersions(v, w.Until, false) < 0)
}

func compareVersions(a, b string, tails bool) int {
	for a != "" || b != "" {
		var pa, pb part
		pa, a = nextPart(a)
		pb, b = nextPart(b)
		if c := compareNumbers(pa.number, pb.number); c != 0 {
			return c
		}
		if !tails {
			continue
		}
		if c := cmp.Or(cmp.Compare(tailRank(pa.tail), tailRank(pb.tail)), strings.Compare(pa.tail, pb.tail)); c != 0 {
			return c
		}
	}
	return 0
}

type part struct{ number, tail string }

// nextPart cuts the first part off v. rest keeps the dot that ends the part as long as something is
// still to come, so that an empty part in the middle or at the end is told from no part at all,
// which counts as 0.
func nextPart(v string) (p part, rest string) {
	if v == "" {
		return part{number: "0"}, ""
	}
	v = strings.TrimPrefix(v, ".")
	text := v
	if i := strings.IndexByte(v, '.'); i >= 0 {
		text, rest = v[:i], v[i:]
	}
	n := 0
	for n < len(text) && digit(text[n]) {
		n++
	}
	return part{text[:n], text[n:]}, rest
}

// compareNumbers orders digits by value; no digits come before 0.
func compareNumbers(a, b string) int {
	if a == "" || b == "" {
		return cmp.Compare(len(a), len(b))
	}
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// tailRank is 0 for the tail of a pre-release, 1 for none and 2 for any other.
func tailRank(tail string) int {
	if tail == "" {
		return 1
	}
	if tail[0] == '~' {
		return 0
	}
	word := strings.TrimLeft(tail, "-_~+ ")
	for _, pre := range [...]string{"alpha", "beta", "rc", "pre", "dev"} {
		if len(word) >= len(pre) && strings.EqualFold(word[:len(pre)], pre) {
			return 0
		}
	}
	return 2
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
