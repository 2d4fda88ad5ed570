package index

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Load fills an empty index with many rows, each host once. It is much faster than putting them. Rows are
// taken in while the next are being read: their memory must not be used again.
func (x *Index) Load(rows iter.Seq2[string, Row]) error {
	x.writer.Lock()
	defer x.writer.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.hosts.len() > 0 || x.basis != nil {
		return errors.New("rows can be loaded only into an empty index")
	}
	const batch = 1024
	batches := make(chan []loading, 2)
	var err error
	var failed atomic.Bool
	var done sync.WaitGroup
	done.Go(func() {
		for rows := range batches {
			for i := range rows {
				if err == nil {
					err = x.load(&rows[i])
				}
			}
			failed.Store(err != nil)
		}
	})
	some := make([]loading, 0, batch)
	for id, row := range rows {
		if some = append(some, loading{id, row}); len(some) == batch {
			batches <- some
			some = make([]loading, 0, batch)
		}
		if failed.Load() {
			break
		}
	}
	batches <- some
	close(batches)
	done.Wait()
	if err == nil {
		x.fillThings()
	}
	return err
}

// loading is a host that is to be loaded.
type loading struct {
	id  string
	row Row
}

func (x *Index) load(l *loading) error {
	if n := len(l.row.Things); n > 0 && int(l.row.Things[n-1]) >= x.dictionary.Len() {
		return fmt.Errorf("host %q: %w", l.id, errNotInDictionary)
	}
	n, fresh := x.hosts.add(l.id)
	if !fresh {
		return fmt.Errorf("host %q is there twice", l.id)
	}
	x.hosts.set(n, x.hosts.attributes(&l.row), packThings(nil, l.row.Things))
	x.breaching.stamps.touchAll()
	return nil
}

// block is how many hosts are brought under their things together: as many as one part of a bitmap is for,
// so that each part is made at once.
const block = 1 << 16

// fillThings makes the things' sets from all rows, on all processors: as many blocks of hosts at a time are
// sorted, and then each processor gives a share of the things their hosts of all these.
func (x *Index) fillThings() {
	x.growThings()
	sorted := make([]byThing, runtime.GOMAXPROCS(0))
	for first := 0; first < x.hosts.len(); first += block * len(sorted) {
		parallel(len(sorted), func(w int) { sorted[w].sort(x, first+w*block) })
		parallel(len(sorted), func(w int) {
			from, to := share(len(x.things), w, len(sorted))
			for t := from; t < to; t++ {
				for i := range sorted {
					x.things[t].hosts.addMany(sorted[i].of(t))
				}
			}
		})
	}
	parallel(len(sorted), func(w int) {
		from, to := share(len(x.things), w, len(sorted))
		for t := from; t < to; t++ {
			x.things[t].hosts.compact()
		}
	})
}

// parallel calls f with the numbers below n, all at once.
func parallel(n int, f func(i int)) {
	var done sync.WaitGroup
	for i := 1; i < n; i++ {
		done.Go(func() { f(i) })
	}
	f(0) // to wake another thread for one job takes longer than most jobs
	done.Wait()
}

// share is the part of n things that one of several workers has.
func share(n, worker, workers int) (from, to int) {
	return worker * n / workers, (worker + 1) * n / workers
}

// byThing is a block of hosts under the things that are on them.
type byThing struct {
	starts []uint32 // by thing: where its hosts start; and where the last one's end
	hosts  []uint32
}

// of returns the hosts of a thing, ascending.
func (b *byThing) of(t int) []uint32 {
	return b.hosts[b.starts[t]:b.starts[t+1]]
}

// sort counts the hosts of each thing, and then puts each where it belongs.
func (b *byThing) sort(x *Index, first int) {
	if b.starts == nil {
		b.starts = make([]uint32, len(x.things)+1)
	}
	clear(b.starts)
	end := min(first+block, x.hosts.len())
	next := b.starts[1:] // by thing: where its next host goes
	for n := first; n < end; n++ {
		eachThing(x.hosts.packed.at(uint32(n)), func(t uint32) { next[t]++ })
	}
	total := uint32(0)
	for t := range next {
		next[t], total = total, total+next[t]
	}
	b.hosts = slices.Grow(b.hosts[:0], int(total))[:total]
	for n := first; n < end; n++ {
		eachThing(x.hosts.packed.at(uint32(n)), func(t uint32) {
			b.hosts[next[t]] = uint32(n)
			next[t]++
		})
	}
}
