package index

import (
	"runtime"
	"sync"

	"portcullis/policy"
)

// extent is on which platforms things have ever been, as bits by the platforms' numbers: where a thing has never been,
// none of its hosts need be looked at. It is found when it is first asked for, and kept from then on.
type extent struct {
	mu sync.Mutex // for who finds it; whoever changes the index holds that alone
	of []uint16
}

// note says that a thing has come onto a platform.
func (s *extent) note(t uint32, on policy.Platform) {
	if s.of == nil {
		return
	}
	for int(t) >= len(s.of) {
		s.of = append(s.of, 0)
	}
	s.of[t] |= 1 << on
}

// everOn is on which platforms the things have ever been. The index is locked for reading.
func (x *Index) everOn() []uint16 {
	x.extent.mu.Lock()
	defer x.extent.mu.Unlock()
	if x.extent.of == nil {
		x.extent.of = make([]uint16, len(x.things))
		on := make([]policy.Platform, len(x.hosts.classes.items))
		for c := range on {
			on[c] = x.hosts.classes.items[c].platform
		}
		workers := runtime.GOMAXPROCS(0)
		parallel(workers, func(w int) {
			var buffer [block >> 6]uint32
			for from, to := share(len(x.things), w, workers); from < to; from++ {
				bits := uint16(0)
				x.things[from].hosts.each(buffer[:], func(hosts []uint32) {
					for _, n := range hosts {
						bits |= 1 << on[x.hosts.class[n]]
					}
				})
				x.extent.of[from] = bits
			}
		})
	}
	return x.extent.of
}
