package index

import "slices"

// shelf is how many rows lie together: enough that what is about a row takes little beside it, few enough
// that one is put in soon.
const shelf = 128

// shelves are packed rows, by the numbers of their hosts.
type shelves []shelfOfRows

type shelfOfRows struct {
	bytes []byte // the rows, one after another
	ends  [shelf]uint32
}

// at returns a row, in memory that the next set may change.
func (s shelves) at(n uint32) []byte {
	r := &s[n/shelf]
	from, to := r.bounds(n % shelf)
	return r.bytes[from:to]
}

// row is at, and empty for hosts behind the last one that was set.
func (s shelves) row(n uint32) []byte {
	if int(n/shelf) >= len(s) {
		return nil
	}
	return s.at(n)
}

func (r *shelfOfRows) bounds(i uint32) (from, to uint32) {
	if i > 0 {
		from = r.ends[i-1]
	}
	return from, r.ends[i]
}

// set replaces a row; those behind the last one that was set are empty.
func (s *shelves) set(n uint32, row []byte) {
	for int(n/shelf) >= len(*s) {
		if last := len(*s) - 1; last >= 0 {
			(*s)[last].bytes = append([]byte(nil), (*s)[last].bytes...)
		}
		*s = append(*s, shelfOfRows{})
	}
	r := &(*s)[n/shelf]
	from, to := r.bounds(n % shelf)
	rest := len(r.bytes) - int(to)
	size := int(from) + len(row) + rest
	if size > cap(r.bytes) {
		room := size // as little more as memory is given out in
		if rest == 0 && n/shelf == uint32(len(*s)-1) {
			room += size / 2 // it is being filled
		}
		r.bytes = append(slices.Grow([]byte(nil), room), r.bytes...)
	}
	tail := r.bytes[to : int(to)+rest]
	r.bytes = r.bytes[:size]
	copy(r.bytes[int(from)+len(row):], tail)
	copy(r.bytes[from:], row)
	for i := n % shelf; i < shelf; i++ {
		r.ends[i] += uint32(len(row)) - (to - from)
	}
}
