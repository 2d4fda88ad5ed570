package index

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestUnion finds few and many hosts, anywhere and together, in one union after another's merge.
func TestUnion(t *testing.T) {
	const hosts = 300_000
	r := rand.New(rand.NewPCG(1, 2))
	u, other := newUnion(hosts), newUnion(hosts)
	for _, n := range []int{0, 1, fewHosts, fewHosts + 1, 5_000, 200_000} {
		for _, among := range []int{n/2 + 1, hosts} {
			all := make(tally, 3)
			for i := range n {
				all[i%3] = append(all[i%3], uint32(hosts-among+r.IntN(among)))
			}
			want := slices.Concat(all...)
			slices.Sort(want)
			want = slices.Compact(want)
			other.add(all[0])
			u.add(all[1])
			u.add(all[2])
			u.merge(other)
			for what, got := range map[string][]uint32{"merged": u.take(), "at once": u.of(all)} {
				if !slices.Equal(want, got) {
					t.Errorf("%d among %d, %s: %d hosts, want %d", n, among, what, len(got), len(want))
				}
			}
			if left := len(other.take()) + len(u.take()); left > 0 {
				t.Errorf("%d among %d: %d are left", n, among, left)
			}
		}
	}
}
