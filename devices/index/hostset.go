package index

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// mostFew is how many hosts a hostSet lists before it becomes a bitmap: about where that is smaller, for
// hosts that are anywhere among a million. Tests set it lower.
var mostFew = 512

// hostSet is hosts by their numbers. Nearly all things are on few hosts, and are in breach on fewer: these
// are listed; a bitmap for them would be mostly frame.
type hostSet struct {
	few  []uint32        // ascending; all, where there is no bitmap
	many *roaring.Bitmap // nil for few hosts
}

// setOf makes a set of ascending hosts, no larger than it need be. It does not keep their memory.
func setOf(hosts []uint32) hostSet {
	if len(hosts) > mostFew {
		return hostSet{many: roaring.BitmapOf(hosts...).Clone()} // a clone has no room to spare
	}
	return hostSet{few: append([]uint32(nil), hosts...)}
}

// compact gives back memory that a set which has grown does not need.
func (s *hostSet) compact() {
	if s.many != nil {
		s.many = s.many.Clone()
	} else {
		s.few = append([]uint32(nil), s.few...)
	}
}

func (s *hostSet) isEmpty() bool { return len(s.few) == 0 && (s.many == nil || s.many.IsEmpty()) }

func (s *hostSet) len() int {
	if s.many != nil {
		return int(s.many.GetCardinality())
	}
	return len(s.few)
}

// last is the highest host; -1 where there is none.
func (s *hostSet) last() int64 {
	switch {
	case s.isEmpty():
		return -1
	case s.many != nil:
		return int64(s.many.Maximum())
	}
	return int64(s.few[len(s.few)-1])
}

func (s *hostSet) has(n uint32) bool {
	if s.many != nil {
		return s.many.Contains(n)
	}
	_, found := slices.BinarySearch(s.few, n)
	return found
}

func (s *hostSet) add(n uint32) {
	switch at, found := slices.BinarySearch(s.few, n); {
	case s.many != nil:
		s.many.Add(n)
	case !found && len(s.few) < mostFew:
		s.few = slices.Insert(s.few, at, n)
	case !found:
		s.many = roaring.BitmapOf(s.few...)
		s.many.Add(n)
		s.few = nil
	}
}

// addMany adds ascending hosts, all behind those that are there.
func (s *hostSet) addMany(hosts []uint32) {
	switch {
	case s.many != nil:
		s.many.AddMany(hosts)
	case len(s.few)+len(hosts) <= mostFew:
		s.few = append(s.few, hosts...)
	default:
		s.many = roaring.BitmapOf(s.few...)
		s.many.AddMany(hosts)
		s.few = nil
	}
}

// remove takes a host out, and tells whether it was there.
func (s *hostSet) remove(n uint32) bool {
	if s.many != nil {
		return s.many.CheckedRemove(n)
	}
	at, found := slices.BinarySearch(s.few, n)
	if found {
		s.few = slices.Delete(s.few, at, at+1)
	}
	return found
}

// each calls f with the hosts, ascending, a stretch at a time: memory of the set's own or the buffer, which
// is used again.
func (s *hostSet) each(buffer []uint32, f func(hosts []uint32)) {
	if s.many == nil {
		if len(s.few) > 0 {
			f(s.few)
		}
		return
	}
	for it := s.many.ManyIterator(); ; {
		n := it.NextMany(buffer)
		if n == 0 {
			return
		}
		f(buffer[:n])
	}
}

// appendTo appends the hosts, ascending.
func (s *hostSet) appendTo(hosts []uint32) []uint32 {
	if s.many == nil {
		return append(hosts, s.few...)
	}
	from := len(hosts)
	hosts = slices.Grow(hosts, s.len())[:from+s.len()]
	rest := hosts[from:]
	s.many.ToExistingArray(&rest)
	return hosts
}

// list returns the hosts, ascending, which may be the set's own memory: nobody may change it.
func (s *hostSet) list() []uint32 {
	if s.many != nil {
		return s.many.ToArray()
	}
	return s.few
}

// within tells whether all hosts are in another set too.
func (s *hostSet) within(other *hostSet) bool {
	if s.many != nil && other.many != nil {
		return s.many.AndCardinality(other.many) == s.many.GetCardinality()
	}
	return !slices.ContainsFunc(s.list(), func(n uint32) bool { return !other.has(n) })
}

// hostBits is a bit for each host.
type hostBits []uint64

func (b hostBits) add(hosts []uint32) {
	for _, n := range hosts {
		b[n/64] |= 1 << (n % 64)
	}
}

func (b hostBits) has(n uint32) bool { return b[n/64]&(1<<(n%64)) != 0 }

func (b hostBits) drop(hosts []uint32) {
	for _, n := range hosts {
		b[n/64] &^= 1 << (n % 64)
	}
}
