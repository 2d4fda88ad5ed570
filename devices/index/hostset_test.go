package index

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"portcullis/internal/drawn"
)

// listFew has sets become bitmaps with few hosts, so that both forms come up where there are few; and few hosts that
// turn be much.
func listFew(t *testing.T) {
	few, turned, hosts, narrowed, numbers := mostFew, leastTurned, district, mostNarrowed, mostNumbers
	mostFew, leastTurned, district, mostNarrowed, mostNumbers = 2, 6, 3, 2, 40
	t.Cleanup(func() {
		mostFew, leastTurned, district, mostNarrowed, mostNumbers = few, turned, hosts, narrowed, numbers
	})
}

// TestHostSet does to a set what it does to a map.
func TestHostSet(t *testing.T) {
	listFew(t)
	rapid.Check(t, func(t *rapid.T) {
		d := drawn.Drawing{T: t}
		host := func() uint32 { return uint32(d.UpTo(5) * 40_000) }
		var s hostSet
		want := map[uint32]bool{}
		for range d.UpTo(20) {
			n := host()
			switch d.UpTo(5) {
			case 0, 1:
				s.add(n)
				want[n] = true
			case 2:
				if was := want[n]; s.remove(n) != was {
					t.Fatalf("removing %d, which is there: %t", n, was)
				}
				delete(want, n)
			case 3:
				s.compact()
			case 4:
				s = setOf(s.appendTo(nil))
			default:
				var behind []uint32
				for _, n := range []uint32{300_000, 300_001, 400_000}[:d.UpTo(3)] {
					if s.last() < int64(n) {
						behind = append(behind, n)
						want[n] = true
					}
				}
				s.addMany(behind)
			}
		}
		hosts := slices.Sorted(maps.Keys(want))
		var stretches []uint32
		s.each(make([]uint32, 2), func(hosts []uint32) { stretches = append(stretches, hosts...) })
		for what, got := range map[string][]uint32{"each": stretches, "appendTo": s.appendTo([]uint32{7})[1:], "list": s.list()} {
			if diff := cmp.Diff(hosts, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", what, diff)
			}
		}
		if n := host(); s.has(n) != want[n] || s.len() != len(want) || s.isEmpty() != (len(want) == 0) {
			t.Fatalf("has %d: %t, len %d: want %v", n, s.has(n), s.len(), hosts)
		}
		all, part := setOf(hosts), setOf(hosts[:len(hosts)/2])
		if !s.within(&all) || !part.within(&s) || s.within(&part) != (len(hosts) == 0) {
			t.Fatalf("%v: within itself %t, its half within it %t, it within its half %t", hosts, s.within(&all), part.within(&s), s.within(&part))
		}
	})
}

// TestShelves sets rows of all lengths in any order, on more shelves than one.
func TestShelves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawn.Drawing{T: t}
		var s shelves
		rows := make([][]byte, 1+d.UpTo(2*shelf))
		for n := range rows {
			rows[n] = []byte{byte(n), 1, 2}[:n%4]
			s.set(uint32(n), rows[n])
		}
		for range d.UpTo(20) {
			n := d.UpTo(len(rows) - 1)
			rows[n] = slices.Repeat([]byte{byte(d.UpTo(255))}, d.UpTo(3)*d.UpTo(100))
			s.set(uint32(n), rows[n])
		}
		for n := range rows {
			if diff := cmp.Diff(rows[n], s.at(uint32(n)), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("row %d of %d (-want +got):\n%s", n, len(rows), diff)
			}
		}
	})
}
