package main

import (
	"bufio"
	"runtime"
	"slices"
	"sync"

	"portcullis/policy"
)

// printer turns judged hosts into output. Hosts are judged in parallel, a stretch at a time; the
// stretches come to take in the order of the hosts.
type printer interface {
	// stretch returns what takes the decisions of one stretch of hosts. It runs beside others.
	stretch() stretch
	// take adds a finished stretch to the output.
	take(out *bufio.Writer, s stretch) error
	// end writes what comes last.
	end(out *bufio.Writer, t *tally) error
}

// stretch takes the hosts of one stretch, each with its decisions in the order of their identifiers.
type stretch interface {
	host(h *policy.Host, judged []*policy.Decision)
}

// tally counts what was judged.
type tally struct {
	hosts, installations     int
	breaches, breachingHosts int
	empty                    int // hosts with nothing listed on them
	clashes                  int // things on which the sources disagree
}

func (t *tally) add(o *tally) {
	t.hosts += o.hosts
	t.installations += o.installations
	t.breaches += o.breaches
	t.breachingHosts += o.breachingHosts
	t.empty += o.empty
	t.clashes += o.clashes
}

// stretchLength is how many hosts are judged between two visits to the printer.
const stretchLength = 256

type finished struct {
	stretch stretch
	tally   tally
	notes   []string
	err     error
}

// judge judges every host and hands the decisions to the printer, in the order of the hosts.
func (e *estate) judge(env *environment, p printer, out *bufio.Writer) (*tally, error) {
	progress, finish := env.bar("Judging")
	defer finish()
	stretches := slices.Collect(slices.Chunk(e.hosts, stretchLength))
	workers := runtime.GOMAXPROCS(0)
	// Each stretch has a channel of its own; the queue of channels is short, so that workers wait
	// for the printer rather than fill the memory.
	queue := make(chan chan finished, 2*workers)
	limit := make(chan struct{}, workers)
	stop := make(chan struct{})
	var once sync.Once
	defer once.Do(func() { close(stop) })
	go func() {
		defer close(queue)
		for _, hosts := range stretches {
			result := make(chan finished, 1)
			select {
			case queue <- result:
			case <-stop:
				return
			}
			limit <- struct{}{}
			go func() {
				result <- e.judgeStretch(p.stretch(), hosts)
				<-limit
			}()
		}
	}()
	var total tally
	for result := range queue {
		done := <-result
		for _, note := range done.notes {
			env.note("%s", note)
		}
		if err := done.err; err != nil {
			return nil, err
		}
		total.add(&done.tally)
		if err := p.take(out, done.stretch); err != nil {
			return nil, err
		}
		progress(int64(total.hosts), int64(len(e.hosts)))
	}
	return &total, nil
}

func (e *estate) judgeStretch(s stretch, hosts []hostAt) finished {
	done := finished{stretch: s}
	var host policy.Host
	var decisions []policy.Decision
	var judged []*policy.Decision
	for _, at := range hosts {
		clashes, err := e.read(at, &host)
		done.notes = append(done.notes, clashes...)
		done.tally.clashes += len(clashes)
		var subject policy.Subject
		if err == nil {
			subject, err = e.policy.Subject(&host)
		}
		if err != nil {
			done.err = err
			return done
		}
		decisions = subject.DecideAll(host.Installed, decisions)
		judged = judged[:0]
		for i := range decisions {
			judged = append(judged, &decisions[i])
		}
		slices.SortFunc(judged, byIdentifier)
		// Of one thing of which sources say different things, the worst verdict counts.
		judged = slices.CompactFunc(judged, func(a, b *policy.Decision) bool { return a.Identifier == b.Identifier && a.Platform == b.Platform })
		breaches := 0
		for _, d := range judged {
			if d.Breach {
				breaches++
			}
		}
		s.host(&host, judged)
		done.tally.count(len(judged), breaches)
	}
	return done
}

func (t *tally) count(installations, breaches int) {
	t.hosts++
	t.installations += installations
	t.breaches += breaches
	if breaches > 0 {
		t.breachingHosts++
	}
	if installations == 0 {
		t.empty++
	}
}
