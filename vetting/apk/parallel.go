package apk

import (
	"sync"
	"sync/atomic"
)

// workers bounds how many goroutines work for one Read, however archives are nested in one another:
// whoever has something to do does it itself, with the help of those that are free.
type workers chan struct{}

func newWorkers(n int) workers {
	w := make(workers, max(n-1, 0))
	for range cap(w) {
		w <- struct{}{}
	}
	return w
}

// each calls f for 0 to n-1, in any order and several at a time, and returns when all are done.
func (w workers) each(n int, f func(int)) {
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			f(int(i))
		}
	}
	var helpers sync.WaitGroup
	for range n - 1 {
		select {
		case <-w:
			helpers.Go(func() {
				defer func() { w <- struct{}{} }()
				work()
			})
			continue
		default:
		}
		break
	}
	work()
	helpers.Wait()
}
