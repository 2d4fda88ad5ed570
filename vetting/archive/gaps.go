package archive

import (
	"cmp"
	"slices"
)

// Gap is a part of the file that belongs to no entry, nor to the directory. What signs an app stands in one, and
// an app that reads its own file can keep anything there.
type Gap struct{ Offset, Size int64 }

// Gaps are the parts of the file of least bytes or more that are outside of entries and directory, in their order: what
// stands before, between and behind them, in local headers beside their names, and in the end record's comment.
func (a *Archive) Gaps(least int64) []Gap {
	type span struct{ from, to int64 }
	taken := make([]span, 0, 2*len(a.entries)+2)
	for _, e := range a.entries {
		if e.broken != nil {
			continue
		}
		length := e.Compressed
		if e.Method != Deflate { // what comes out is Size bytes, whatever else is said
			length = e.Size
		}
		length = max(0, min(length, a.size-e.data))
		taken = append(taken, span{e.HeaderOffset, e.HeaderOffset + localSize + int64(len(e.Name))}, span{e.data, e.data + length})
	}
	if a.end.count > 0 {
		taken = append(taken, span{a.end.offset, a.end.at})
	}
	taken = append(taken, span{a.end.at, a.end.at + endSize}, span{a.size, a.size})
	slices.SortFunc(taken, func(x, y span) int { return cmp.Compare(x.from, y.from) })
	var gaps []Gap
	at := int64(0)
	for _, s := range taken {
		if s.from-at >= least {
			gaps = append(gaps, Gap{at, s.from - at})
		}
		at = max(at, s.to)
	}
	return gaps
}
