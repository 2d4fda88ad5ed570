package index

import (
	"runtime"
	"slices"

	"portcullis/policy"
)

// trial tries a draft on things of many names. It is for one goroutine.
type trial struct {
	index    *Index
	basis    *Basis
	host     policy.Host // of the class that was asked last
	decision policy.Decision
	memo     []memo // by class, of the likeness at hand
	stamp    uint32
	found    tried
	certain  bool // what it covers, it covers whatever that is: nothing is covered only perhaps
	buffer   [1024]uint32
	classes  [1024]uint32 // of the hosts at hand
}

func (x *Index) newTrial(b *Basis) *trial {
	t := &trial{index: x, basis: b, memo: make([]memo, len(x.hosts.classes.items)), certain: b.world.Rules[0].Target.Any}
	t.found[coversDirectly], t.found[coversComponent] = x.newCovered(), x.newCovered()
	return t
}

// tried is the hosts that a draft covers, by the outcome; nil where it covers none.
type tried [coverings]*covered

// of returns the hosts of an outcome, to be added to.
func (t *tried) of(x *Index, outcome uint32) *covered {
	if t[outcome] == nil {
		t[outcome] = x.newCovered()
	}
	return t[outcome]
}

// perhaps counts the hosts that are covered only perhaps, by organisation, and puts those that may be with those
// that are.
func (t *tried) perhaps() []int {
	x := t[coversDirectly].index
	var may [coverings][]uint32
	for outcome := perhapsDirectly; outcome < coverings; outcome++ {
		if t[outcome] != nil {
			may[outcome] = t[outcome].union.take()
			x.unions.Put(t[outcome].union)
		}
	}
	all := slices.Concat(may[:]...)
	slices.Sort(all)
	only := slices.DeleteFunc(slices.Compact(all), func(n uint32) bool { return t[coversDirectly].has(n) || t[coversComponent].has(n) })
	for outcome, hosts := range may {
		for _, n := range hosts {
			t[uint32(outcome)-perhapsDirectly+coversDirectly].add(n, x.hosts.class[n])
		}
	}
	counts := x.newCounts()
	counts.count(only)
	return counts.of
}

// covers tells which of a draft's two rules cover or, if they allow, admit.
func covers(d *policy.Decision) uint32 {
	outcome := coversNot
	for _, f := range d.Findings {
		switch {
		case f.Result == policy.Outdated:
		case slices.Contains(f.Rules, directID):
			return coversDirectly
		case slices.Contains(f.Rules, draftID):
			outcome = coversComponent
		}
	}
	return outcome
}

// try tries a draft, of which b is made, on the things of some names, on all processors where they are many.
func (x *Index) try(b *Basis, names []uint32) tried {
	trials := make([]*trial, min(runtime.GOMAXPROCS(0), len(names)/64+1))
	parallel(len(trials), func(w int) {
		t := x.newTrial(b)
		from, to := share(len(names), w, len(trials))
		for _, n := range names[from:to] {
			t.name(n)
		}
		trials[w] = t
	})
	all := trials[0].found
	for _, t := range trials[1:] {
		for outcome, found := range t.found {
			if found != nil {
				all.of(x, uint32(outcome)).merge(found)
			}
		}
	}
	return all
}

// name tries the draft on all things of a name.
func (t *trial) name(n uint32) {
	x := t.index
	for _, things := range x.alike(t.basis, n) {
		t.stamp++
		in := x.dictionary.At(things[0]).Installation()
		for _, thing := range things {
			x.eachHosts(thing, t.buffer[:], func(hosts []uint32) { t.hosts(hosts, &in) })
		}
	}
}

// hosts tries the draft on some hosts of a thing. Their classes lie far apart in memory: to fetch them together,
// and not each when it is needed, takes half the time.
func (t *trial) hosts(hosts []uint32, in *policy.Installation) {
	class, classes := t.index.hosts.class, t.classes[:len(hosts)]
	for i, h := range hosts {
		classes[i] = class[h]
	}
	for i, h := range hosts {
		m := &t.memo[classes[i]]
		if m.stamp != t.stamp {
			*m = memo{t.stamp, t.class(classes[i], in)}
		}
		if m.outcome != coversNot {
			t.found.of(t.index, m.outcome).add(h, classes[i])
		}
	}
}

// class tries the draft on a class of hosts. Few are asked more than once: they are not kept.
func (t *trial) class(c uint32, in *policy.Installation) uint32 {
	t.host = t.index.hosts.classes.items[c].host()
	s, err := t.basis.compiled.Subject(&t.host)
	if err != nil {
		return coversNot
	}
	s.Decide(in, &t.decision)
	outcome := covers(&t.decision)
	if outcome != coversNot && !t.certain && t.decision.Product == "" {
		outcome += perhapsDirectly - coversDirectly
	}
	return outcome
}

// covered is hosts, each once however often it is added, and how many they are of each class: what class a
// host is of is at hand when it is added, and takes a while to look up again.
type covered struct {
	*union
	index *Index
	of    []int // by class
}

func (x *Index) newCovered() *covered {
	return &covered{union: x.borrow(), index: x, of: make([]int, len(x.hosts.classes.items))}
}

func (c *covered) has(host uint32) bool { return c.words[host/64]&(1<<(host%64)) != 0 }

func (c *covered) add(host, class uint32) {
	word, bit := &c.words[host/64], uint64(1)<<(host%64)
	if *word&bit == 0 {
		*word |= bit
		c.above[host/64/64] |= 1 << (host / 64 % 64)
		c.of[class]++
	}
}

// merge takes the hosts of another, whose union is given back.
func (c *covered) merge(other *covered) {
	class := c.index.hosts.class
	for _, h := range other.union.take() {
		c.add(h, class[h])
	}
	c.index.unions.Put(other.union)
}

// take returns the hosts, ascending, and how many they are of each organisation. The union is given back.
func (c *covered) take() (Set, []int) {
	all, of := 0, make([]int, len(c.index.hosts.organisations.items))
	for class, n := range c.of {
		all += n
		of[c.index.hosts.organisation[class]] += n
	}
	hosts := c.union.moveTo(make([]uint32, 0, all))
	c.index.unions.Put(c.union)
	return c.index.set(hosts), of
}
