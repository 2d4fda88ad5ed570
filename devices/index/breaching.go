package index

import (
	"encoding/binary"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"

	"portcullis/policy"
)

// breaching is what is in breach host by host, as things have it thing by thing: every question about all of it is one
// walk over these rows. They are found when they are first asked for. From then on whoever changes the index only notes
// what turned, and whoever asks next brings the rows up to date; where so much turned that this would take longer
// than to find all of it anew, they are forgotten.
type breaching struct {
	mu     sync.Mutex // for who brings the rows up to date; whoever changes the index holds that alone
	rows   shelves    // by host: findings as packFindings has them; nil where they are not known
	turns  []turned   // what has happened since, in its order
	turned int        // hosts in the turns
	stamps stamps     // which hosts' rows, or classes, have changed

	findings []finding // to be used again
	packed   []byte    // as well
}

// turned is hosts on which a thing came to an outcome; 0 for no breach.
type turned struct {
	thing, outcome uint32
	hosts          []uint32
}

// leastTurned is how many hosts may turn, at least, before that is much. Tests set it lower.
var leastTurned = 4096

// muchTurned tells whether so many turned that it is time to do something about it.
func (x *Index) muchTurned() bool {
	return x.breaching.turned > max(leastTurned, x.hosts.len()/16)
}

// turn notes what turned. The index is locked.
func (x *Index) turn(t, outcome uint32, hosts []uint32) {
	s := &x.breaching
	if s.rows == nil {
		return
	}
	if !x.outcomes.at(outcome).breach() {
		outcome = 0 // only watched
	}
	s.turns, s.turned = append(s.turns, turned{t, outcome, hosts}), s.turned+len(hosts)
}

// turnOne notes what turned on one host.
func (x *Index) turnOne(n uint32, before, after []finding) {
	host := []uint32{n}
	for _, f := range before {
		if !slices.ContainsFunc(after, func(o finding) bool { return o.thing == f.thing }) {
			x.turn(f.thing, 0, host)
		}
	}
	for _, f := range after {
		if !slices.Contains(before, f) {
			x.turn(f.thing, f.outcome, host)
		}
	}
	if x.muchTurned() {
		x.breaching.settle()
	}
}

// turnMany notes what turned at once.
func (x *Index) turnMany(turns []turned) {
	for _, t := range turns {
		x.turn(t.thing, t.outcome, t.hosts)
	}
	if s := &x.breaching; x.muchTurned() {
		s.rows, s.turns, s.turned = nil, nil, 0
	}
}

// inBreach returns what is in breach, host by host. The index is locked, for reading at least.
func (x *Index) inBreach() shelves {
	s := &x.breaching
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows == nil {
		s.rows = x.findBreaching()
		s.stamps.touchAll()
	}
	s.settle()
	return s.rows
}

// Prepare finds what questions need that is found when it is first asked for, so that no asker waits for it.
func (x *Index) Prepare() {
	x.mu.RLock()
	defer x.mu.RUnlock()
	x.inBreach()
	x.everOn()
}

// settle brings the rows up to date.
func (s *breaching) settle() {
	for _, t := range s.turns {
		for _, n := range t.hosts {
			s.findings = s.findings[:0]
			eachFinding(s.rows.row(n), func(f finding) { s.findings = append(s.findings, f) })
			i, found := slices.BinarySearchFunc(s.findings, t.thing, func(f finding, t uint32) int { return int(f.thing) - int(t) })
			switch is := (finding{t.thing, t.outcome}); {
			case found && is.outcome == 0:
				s.findings = slices.Delete(s.findings, i, i+1)
			case found:
				s.findings[i] = is
			case is.outcome != 0:
				s.findings = slices.Insert(s.findings, i, is)
			}
			s.packed = packFindings(s.packed[:0], s.findings)
			s.rows.set(n, s.packed)
			s.stamps.touch(n)
		}
	}
	clear(s.turns)
	s.turns, s.turned = s.turns[:0], 0
}

// packFindings appends what is in breach on a host, ascending by the things: of each what lies between its thing and
// the one before, and its outcome.
func packFindings(b []byte, findings []finding) []byte {
	next := uint32(0)
	for _, f := range findings {
		b = binary.AppendUvarint(b, uint64(f.thing-next))
		b = binary.AppendUvarint(b, uint64(f.outcome))
		next = f.thing + 1
	}
	return b
}

// eachFinding calls f with what packFindings packed.
func eachFinding(packed []byte, f func(finding)) {
	for p, next := (packedNumbers{packed}), uint32(0); len(p.rest) > 0; {
		t := next + p.number()
		f(finding{t, p.number()})
		next = t + 1
	}
}

// countFindings is how many findings packFindings packed.
func countFindings(packed []byte) int { return countThings(packed) / 2 }

// packedNumbers reads unsigned varints that the index packed itself.
type packedNumbers struct{ rest []byte }

func (p *packedNumbers) number() uint32 {
	n := uint32(p.rest[0])
	p.rest = p.rest[1:]
	if n < 0x80 {
		return n
	}
	return p.long(n & 0x7f)
}

func (p *packedNumbers) long(n uint32) uint32 {
	for shift := 7; ; shift += 7 {
		c := p.rest[0]
		p.rest = p.rest[1:]
		n |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
}

// findBreaching finds the rows from what things have, on all processors: each sorts stretches of the things by
// their hosts, and then puts a share of the hosts together.
func (x *Index) findBreaching() shelves {
	sorted := make([]byHost, runtime.GOMAXPROCS(0))
	wanted := x.outcomesWhere((*outcome).breach)
	parallel(len(sorted), func(w int) { sorted[w].sort(x, w, len(sorted), wanted) })
	rows := make(shelves, (x.hosts.len()+shelf-1)/shelf)
	parallel(len(sorted), func(w int) {
		var findings []finding
		var packed []byte
		for from, to := share(len(rows), w, len(sorted)); from < to; from++ {
			packed = packed[:0]
			for i := range shelf {
				if n := from*shelf + i; n < x.hosts.len() {
					findings = findings[:0]
					for j := range sorted {
						findings = append(findings, sorted[j].of(n)...)
					}
					slices.SortFunc(findings, func(a, b finding) int { return int(a.thing) - int(b.thing) })
					packed = packFindings(packed, findings)
				}
				rows[from].ends[i] = uint32(len(packed))
			}
			rows[from].bytes = slices.Clip(append([]byte(nil), packed...))
		}
	})
	return rows
}

// byHost is what is in breach of a share of the things, under the hosts that it is on.
type byHost struct {
	starts   []uint32 // by host: where its findings start; and where the last one's end
	findings []finding
}

// of returns what is on a host.
func (b *byHost) of(n int) []finding { return b.findings[b.starts[n]:b.starts[n+1]] }

// sort takes every so manieth stretch of the things: those with low numbers are on most hosts.
func (b *byHost) sort(x *Index, first, every int, wanted []bool) {
	const stretch = 256
	type placed struct {
		host uint32
		finding
	}
	var all []placed
	var buffer [1024]uint32
	for from := first * stretch; from < len(x.things); from += every * stretch {
		for t := from; t < min(from+stretch, len(x.things)); t++ {
			for _, is := range x.things[t].breaches {
				if wanted[is.outcome] {
					is.hosts.each(buffer[:], func(hosts []uint32) {
						for _, n := range hosts {
							all = append(all, placed{n, finding{uint32(t), is.outcome}})
						}
					})
				}
			}
		}
	}
	b.starts = make([]uint32, x.hosts.len()+1)
	for i := range all {
		b.starts[all[i].host]++
	}
	end := uint32(0)
	for n, count := range b.starts {
		end += count
		b.starts[n] = end
	}
	b.findings = make([]finding, len(all))
	for i := range slices.Backward(all) {
		at := &b.starts[all[i].host]
		*at--
		b.findings[*at] = all[i].finding
	}
}

// Standing is all that is in breach at one moment, host by host: a copy, which does not change.
type Standing struct {
	ids      []string
	rows     shelves
	outcomes []outcome
}

// Open is a thing, by its number in the dictionary, that is in breach for a cause.
type Open struct {
	Thing uint32
	Cause Cause
}

// Standing copies what is in breach. It takes some 6 bytes for each installation in breach, and 4 for each host.
func (x *Index) Standing() *Standing {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := &Standing{ids: x.hosts.ids.items, rows: slices.Clone(x.inBreach()), outcomes: x.outcomes.all()}
	for i := range s.rows {
		s.rows[i].bytes = slices.Clone(s.rows[i].bytes)
	}
	return s
}

// Hosts yields the hosts with anything in breach, in the order of the bytes of their ids, and what is, in
// the order of the things. The memory is used again.
func (s *Standing) Hosts() iter.Seq2[string, []Open] {
	var order []uint32
	for n := range s.ids {
		if len(s.rows.row(uint32(n))) > 0 {
			order = append(order, uint32(n))
		}
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(s.ids[a], s.ids[b]) })
	return func(yield func(string, []Open) bool) {
		var open []Open
		for _, n := range order {
			open = open[:0]
			eachFinding(s.rows.row(n), func(f finding) {
				for _, c := range s.outcomes[f.outcome].causes {
					open = append(open, Open{f.thing, c})
				}
			})
			if !yield(s.ids[n], open) {
				return
			}
		}
	}
}

// IDs are the ids of all hosts, in the order of their bytes.
func (x *Index) IDs() []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	ids := make([]string, 0, x.hosts.known)
	for n, c := range x.hosts.class {
		if c != gone {
			ids = append(ids, x.hosts.ids.items[n])
		}
	}
	slices.Sort(ids)
	return ids
}

// Personal counts the personal devices of each organisation that has any.
func (x *Index) Personal() map[string]int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	of := make([]int, len(x.hosts.classes.items))
	for _, c := range x.hosts.class {
		if c != gone {
			of[c]++
		}
	}
	found := map[string]int{}
	for c, n := range of {
		if i := &x.hosts.classes.items[c]; n > 0 && i.kind == policy.Device && i.ownership == policy.Personal {
			found[i.organisation] += n
		}
	}
	return found
}
