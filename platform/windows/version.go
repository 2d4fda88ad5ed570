package windows

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"portcullis/platform"
	"portcullis/policy"
)

// version is a file's: four numbers of 16 bits, the first in front.
type version uint64

const newest = ^version(0)

// append appends the form that AppLocker has, in which * is the end of all versions.
func (v version) append(b []byte) []byte {
	if v == newest {
		return append(b, '*')
	}
	for shift := 48; shift >= 0; shift -= 16 {
		b = strconv.AppendUint(b, uint64(v>>shift&0xffff), 10)
		b = append(b, '.')
	}
	return b[:len(b)-1]
}

// parseVersion reads what decisions say of a version; not ok where a file's version cannot say it. Tails
// (4.2-rc1) are passed over where that is asked for.
func parseVersion(s string, tails bool) (v version, ok bool) {
	for i, part := range strings.Split(s, ".") {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || digits != part && !tails || i > 3 && n > 0 {
			return 0, false
		}
		if i <= 3 {
			v |= version(n) << (48 - 16*i)
		}
	}
	return v, true
}

// span is a range of versions with both ends in it.
type span struct{ low, high version }

var (
	every  = span{0, newest}
	always = []span{every} // and is not changed
)

// banned are the versions that an entry bans; not ok where files' versions cannot say it. What has no
// version has 0.0.0.0, and is in every window.
func banned(e *platform.Entry) (spans []span, ok bool) {
	for _, w := range e.Banned {
		if w == (policy.Window{}) {
			return always, true
		}
		s := every
		if w.Since != "" {
			if s.low, ok = parseVersion(w.Since, true); !ok {
				return nil, false
			}
		}
		if w.Until != "" {
			until, ok := parseVersion(w.Until, true)
			if !ok {
				return nil, false
			}
			s.high = max(until, 1) - 1
		}
		if s.low > 0 {
			spans = append(spans, span{0, 0})
		}
		if s.low <= s.high {
			spans = append(spans, s)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high)) })
	return slices.Compact(spans), true
}

// admitted are the versions that an entry lists, from its lowest floor on; none where no floor can be met,
// and not ok where files' versions cannot say it.
func admitted(e *platform.Entry) (spans []span, ok bool) {
	if len(e.Floors) == 0 {
		return always, true
	}
	for _, f := range e.Floors {
		if policy.VersionMissing(f.Version) { // a number that files on Windows do not have decides
			continue
		}
		low, ok := parseVersion(f.Version, false)
		if !ok {
			return nil, false
		}
		if len(spans) == 0 {
			spans = []span{{low, newest}}
		}
		spans[0].low = min(spans[0].low, low)
	}
	return spans, true
}
