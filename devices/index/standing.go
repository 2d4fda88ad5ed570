package index

import (
	"iter"
	"slices"
	"strings"

	"portcullis/policy"
)

// Standing is all that is in breach at one moment, host by host: a copy, which does not change.
type Standing struct {
	ids      []string
	hosts    []uint32 // with anything in breach, by number
	ends     []uint32 // by host's number: where in the findings its own end
	findings []finding
	outcomes []outcome
}

// Open is a thing, by its number in the dictionary, that is in breach for a cause.
type Open struct {
	Thing uint32
	Cause Cause
}

// Standing copies what is in breach. It takes 8 bytes for each installation in breach, and 4 for each host.
func (x *Index) Standing() *Standing {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := &Standing{ids: x.hosts.ids.items, ends: make([]uint32, x.hosts.len()+1), outcomes: x.outcomes.all()}
	wanted := make([]bool, len(s.outcomes))
	for i := range s.outcomes {
		wanted[i] = len(s.outcomes[i].causes) > 0
	}
	each := func(f func(t, outcome uint32, hosts []uint32)) {
		for t := range x.things {
			x.eachBreach(uint32(t), wanted, func(outcome uint32, hosts []uint32) { f(uint32(t), outcome, hosts) })
		}
	}
	each(func(_, _ uint32, hosts []uint32) {
		for _, n := range hosts {
			s.ends[n+1]++
		}
	})
	for n := range s.ids {
		if s.ends[n+1] > 0 {
			s.hosts = append(s.hosts, uint32(n))
		}
		s.ends[n+1] += s.ends[n]
	}
	s.findings = make([]finding, s.ends[len(s.ids)])
	each(func(t, outcome uint32, hosts []uint32) { // things ascend, so those of each host do
		for _, n := range hosts {
			s.findings[s.ends[n]] = finding{t, outcome}
			s.ends[n]++ // where it began before, it ends now
		}
	})
	return s
}

// eachBreach calls f with what a thing came to, of the outcomes that are wanted, and the hosts on which it
// did, ascending. They are not to be changed.
func (x *Index) eachBreach(t uint32, wanted []bool, f func(outcome uint32, hosts []uint32)) {
	for _, b := range x.things[t].breaches {
		if wanted[b.outcome] {
			f(b.outcome, b.hosts.list())
		}
	}
}

// Hosts yields the hosts with anything in breach, in the order of the bytes of their ids, and what is, in
// the order of the things. The memory is used again.
func (s *Standing) Hosts() iter.Seq2[string, []Open] {
	order := slices.SortedFunc(slices.Values(s.hosts), func(a, b uint32) int { return strings.Compare(s.ids[a], s.ids[b]) })
	return func(yield func(string, []Open) bool) {
		var open []Open
		for _, n := range order {
			open = open[:0]
			from := uint32(0)
			if n > 0 {
				from = s.ends[n-1]
			}
			for _, f := range s.findings[from:s.ends[n]] {
				for _, c := range s.outcomes[f.outcome].causes {
					open = append(open, Open{f.thing, c})
				}
			}
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
