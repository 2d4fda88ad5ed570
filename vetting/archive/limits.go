package archive

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrLimit is wrapped by the error of a read that one of the limits has ended.
var ErrLimit = errors.New("a limit was reached")

// Limits are what the reading of one file may cost. They are named in reports, because what lies
// beyond them is not analysed.
type Limits struct {
	Entries   int   `json:"entries"`   // read from one archive's directory; what follows is not listed
	Directory int64 `json:"directory"` // bytes of one archive's directory
	Depth     int   `json:"depth"`     // archives inside archives; the outermost is at depth 0
	Entry     int64 `json:"entry"`     // bytes that come out of one entry
	Total     int64 `json:"total"`     // bytes that come out of all entries of a file and what is nested in it
	Ratio     int64 `json:"ratio"`     // bytes that come out of all entries, for each byte of the file: few apps have 4
	Floor     int64 `json:"floor"`     // bytes that may come out of a small file's entries whatever the ratio
}

// Defaults are limits that the largest apps of the stores stay within, apart from films and the like
// that they carry.
var Defaults = Limits{
	Entries:   250_000,
	Directory: 64 << 20,
	Depth:     8,
	Entry:     256 << 20,
	Total:     4 << 30,
	Ratio:     20,
	Floor:     256 << 20,
}

// Budget is what is left of the limits for one file. All archives nested in the file share it; it is
// safe for concurrent use.
type Budget struct {
	limits Limits
	total  int64
	spent  atomic.Int64
}

// listed is how many bytes the listing of one entry of a nested archive counts as.
const listed = 1 << 10

// NewBudget is the budget of a file of size bytes. A limit that is not set is taken from Defaults.
func NewBudget(limits Limits, size int64) *Budget {
	def := Defaults
	for _, l := range []struct{ set, def *int64 }{
		{&limits.Directory, &def.Directory}, {&limits.Entry, &def.Entry}, {&limits.Total, &def.Total},
		{&limits.Ratio, &def.Ratio}, {&limits.Floor, &def.Floor},
	} {
		if *l.set <= 0 {
			*l.set = *l.def
		}
	}
	if limits.Entries <= 0 {
		limits.Entries = def.Entries
	}
	if limits.Depth <= 0 {
		limits.Depth = def.Depth
	}
	total := limits.Total
	if size < total/limits.Ratio {
		total = min(total, max(limits.Floor, max(size, 0)*limits.Ratio))
	}
	return &Budget{limits: limits, total: total}
}

// Limits are the limits that the budget was made from.
func (b *Budget) Limits() Limits { return b.limits }

// Spent is how many bytes have come out of entries. What is read again is not counted again.
func (b *Budget) Spent() int64 { return min(b.spent.Load(), b.total) }

// Total is how many bytes may come out of entries.
func (b *Budget) Total() int64 { return b.total }

// Take counts n bytes that came out of something else than an archive's entries, such as one compressed
// file. The error wraps ErrLimit where there are not as many left.
func (b *Budget) Take(n int64) error {
	if !b.take(n) {
		return limitError("%d bytes came out of the file's entries, and no more are read", b.total)
	}
	return nil
}

// take asks for n bytes; ok is false when there are not as many left, and then there are none for
// anybody: what is read after a bomb went off would depend on the order of reading.
func (b *Budget) take(n int64) (ok bool) {
	return b.spent.Add(n) <= b.total
}

// limitError says which limit ended a read, in a way that errors.Is knows as ErrLimit.
func limitError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrLimit, fmt.Sprintf(format, args...))
}
