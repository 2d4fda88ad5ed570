package index

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"portcullis/policy"
)

// Cause is one reason for which an installation is in breach: a finding's result, and the rule for
// which it is so. An impostor, and what is unlisted or unknown, is in breach for want of a rule.
type Cause struct {
	Result policy.Result
	Rule   string
}

// outcome is what an installation came to that is in breach, or is unlisted or unknown and only watched.
// Number 0 stands for all else.
type outcome struct {
	product string // the id of the product found; empty where none was
	verdict policy.Result
	causes  []Cause // in the order of the findings and of the rules' ids; none where it is only watched

	ofCauses []uint32 // the numbers of the causes, where they are several
}

// brief is what is counted of an outcome, in numbers: few bytes, so that those of all outcomes stay at hand.
type brief struct{ product, cause uint32 }

// noProduct is the product of what is none, severalCauses the cause where there are several, or none.
const noProduct, severalCauses = math.MaxUint32, math.MaxUint32

// breach tells whether it is one.
func (o *outcome) breach() bool { return len(o.causes) > 0 }

// stray tells whether a verdict is that something is on no list.
func stray(verdict policy.Result) bool {
	return verdict == policy.Unlisted || verdict == policy.Unknown
}

// outcomes numbers them, for several goroutines at once. None is ever taken away.
type outcomes struct {
	mu       sync.RWMutex
	items    []outcome
	briefs   []brief
	numbers  map[string]uint32
	products numbering[string]
	causes   numbering[Cause]
	inOrder  []uint32 // the products by their ids, as many as there were when it was last asked for
}

func newOutcomes() *outcomes {
	return &outcomes{items: make([]outcome, 1), briefs: make([]brief, 1), numbers: map[string]uint32{}}
}

func (o *outcomes) at(n uint32) *outcome {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return &o.items[n]
}

// all are those that there are so far, by number.
func (o *outcomes) all() []outcome {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.items
}

// number returns the number of what a decision came to. The key is memory to be used again.
func (o *outcomes) number(d *policy.Decision, enforced bool, key []byte) (uint32, []byte) {
	if !d.Breach && !stray(d.Verdict) {
		return 0, key
	}
	key = append(appendText(key[:0], d.Product), byte(d.Verdict))
	eachCause(d, enforced, func(c Cause) { key = appendText(append(key, byte(c.Result)), c.Rule) })
	o.mu.RLock()
	n, ok := o.numbers[string(key)]
	o.mu.RUnlock()
	if ok {
		return n, key
	}
	made := outcome{product: d.Product, verdict: d.Verdict}
	eachCause(d, enforced, func(c Cause) { made.causes = append(made.causes, c) })
	o.mu.Lock()
	defer o.mu.Unlock()
	if n, ok = o.numbers[string(key)]; !ok {
		n = uint32(len(o.items))
		o.enter(string(key), made)
	}
	return n, key
}

// add gives an outcome that was written the next number; false where it has one.
func (o *outcomes) add(made outcome) bool {
	key := append(appendText(nil, made.product), byte(made.verdict))
	for _, c := range made.causes {
		key = appendText(append(key, byte(c.Result)), c.Rule)
	}
	if _, double := o.numbers[string(key)]; double {
		return false
	}
	o.enter(string(key), made)
	return true
}

// enter gives an outcome the next number.
func (o *outcomes) enter(key string, made outcome) {
	b := brief{noProduct, severalCauses}
	if made.product != "" {
		b.product = o.products.number(made.product)
	}
	if len(made.causes) == 1 {
		b.cause = o.causes.number(made.causes[0])
	} else {
		for _, c := range made.causes {
			made.ofCauses = append(made.ofCauses, o.causes.number(c))
		}
	}
	o.briefs = append(o.briefs, b)
	o.numbers[key], o.items = uint32(len(o.items)), append(o.items, made)
}

// cause is the number of a cause.
func (o *outcomes) cause(c Cause) uint32 {
	o.mu.RLock()
	n, known := o.causes.numbers[c]
	o.mu.RUnlock()
	if !known {
		o.mu.Lock()
		n = o.causes.number(c)
		o.mu.Unlock()
	}
	return n
}

// brief are all that there are so far, by number.
func (o *outcomes) brief() []brief {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.briefs
}

// groups are all causes and products by their numbers, and the products' numbers in the order of their ids.
func (o *outcomes) groups() (causes []Cause, products []string, inOrder []uint32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if products := o.products.items; len(o.inOrder) < len(products) {
		o.inOrder = make([]uint32, len(products))
		for n := range products {
			o.inOrder[n] = uint32(n)
		}
		slices.SortFunc(o.inOrder, func(a, b uint32) int { return strings.Compare(products[a], products[b]) })
	}
	return o.causes.items, o.products.items, o.inOrder
}

// eachCause calls f with each cause of a decision that is a breach; enforced tells whether the
// host's organisation is not in monitor.
func eachCause(d *policy.Decision, enforced bool, f func(Cause)) {
	for i := range d.Findings {
		switch finding := &d.Findings[i]; finding.Result {
		case policy.Banned, policy.Overdue:
			for _, rule := range finding.Rules {
				f(Cause{finding.Result, rule})
			}
		case policy.Impostor:
			f(Cause{Result: finding.Result})
		case policy.Outdated:
			for _, rule := range finding.Rules {
				if enforced {
					f(Cause{finding.Result, rule})
				}
			}
		case policy.Unlisted, policy.Unknown:
			if enforced {
				f(Cause{Result: finding.Result})
			}
		}
	}
}

// breach is the hosts on which a thing came to one outcome: in breach, or only watched. The hosts of a thing's breaches are apart.
type breach struct {
	outcome uint32
	hosts   hostSet
}

// judged is a thing with its breaches.
type judged struct {
	thing    uint32
	breaches []breach
}

// judge judges the things of one name after another, each once for a class of hosts, and once more for
// each host that an exemption names. The index does not change meanwhile. It is for one goroutine.
type judge struct {
	index *Index
	basis *Basis
	// ask decides one installation, and says what it came to; 0 where it is of no interest.
	ask func(s *policy.Subject, h *policy.Host, in *policy.Installation) uint32

	classes   []*exemplar // by class; nil where it was not asked as yet
	exemplars []exemplar  // to be used
	memo      []memo      // by class, of the likeness at hand
	stamp     uint32
	singly    hostBits // hosts that are judged each by itself, in the name at hand
	buffer    [1024]uint32
	found     []gathered
}

// exemplar is a host that stands for its class. It is not known where its organisation is not.
type exemplar struct {
	host    policy.Host
	subject policy.Subject
	known   bool
}

// memo is what a class came to, where its stamp is that of the likeness at hand.
type memo struct{ stamp, outcome uint32 }

// gathered is the hosts of an outcome so far, ascending.
type gathered struct {
	outcome uint32
	hosts   []uint32
}

func (x *Index) newJudge(b *Basis) *judge {
	n := len(x.hosts.classes.items)
	j := &judge{index: x, basis: b, classes: make([]*exemplar, n), memo: make([]memo, n), singly: make(hostBits, x.hosts.len()/64+1)}
	var d policy.Decision
	var key []byte
	j.ask = func(s *policy.Subject, h *policy.Host, in *policy.Installation) (n uint32) {
		s.Decide(in, &d)
		n, key = x.outcomes.number(&d, b.enforced[h.Organisation], key)
		return n
	}
	return j
}

// name judges all things of a name. What it found of a thing is used again after f.
func (j *judge) name(n uint32, f func(thing uint32, found []gathered)) {
	x := j.index
	for _, t := range x.named[n] {
		if x.things[t].hosts.isEmpty() {
			f(t, nil)
		}
	}
	alike := x.alike(j.basis, n)
	if len(alike) == 0 {
		return
	}
	named := x.naming(j.basis.subjects(x.names.items[n]))
	j.mark(named, hostBits.add)
	for _, things := range alike {
		j.stamp++
		in := x.dictionary.At(things[0]).Installation()
		for _, t := range things {
			j.thing(t, &in, len(named) > 0)
			f(t, j.found)
		}
	}
	j.mark(named, hostBits.drop)
}

// alike are the things of a name that are on any host, those together that are judged alike.
func (x *Index) alike(b *Basis, n uint32) map[likeness][]uint32 {
	limits, alike := b.limits(x.names.items[n]), map[likeness][]uint32{}
	for _, t := range x.named[n] {
		if !x.things[t].hosts.isEmpty() {
			k := limits.likeness(x.dictionary.At(t))
			alike[k] = append(alike[k], t)
		}
	}
	return alike
}

// mark has hosts judged singly, or no longer.
func (j *judge) mark(sets []*hostSet, as func(hostBits, []uint32)) {
	for _, s := range sets {
		s.each(j.buffer[:], func(hosts []uint32) { as(j.singly, hosts) })
	}
}

// thing gathers the hosts of a thing by what it comes to on them; some may be judged singly.
func (j *judge) thing(t uint32, in *policy.Installation, singly bool) {
	j.found = j.found[:0]
	class := j.index.hosts.class
	j.index.things[t].hosts.each(j.buffer[:], func(hosts []uint32) {
		for _, h := range hosts {
			if singly && j.singly.has(h) {
				j.gather(j.host(h, in), h)
				continue
			}
			c := class[h]
			m := &j.memo[c]
			if m.stamp != j.stamp {
				*m = memo{j.stamp, j.class(c, in)}
			}
			j.gather(m.outcome, h)
		}
	})
}

// class decides for a class of hosts.
func (j *judge) class(c uint32, in *policy.Installation) uint32 {
	e := j.classes[c]
	if e == nil {
		if len(j.exemplars) == 0 {
			j.exemplars = make([]exemplar, 32)
		}
		e, j.exemplars = &j.exemplars[0], j.exemplars[1:]
		e.host = j.index.hosts.classes.items[c].host()
		s, err := j.basis.compiled.Subject(&e.host)
		e.subject, e.known = s, err == nil
		j.classes[c] = e
	}
	if !e.known {
		return 0
	}
	return j.ask(&e.subject, &e.host, in)
}

// host decides for one host, which an exemption names.
func (j *judge) host(n uint32, in *policy.Installation) uint32 {
	row := j.index.hosts.bare(n)
	h := policy.Host{ID: j.index.hosts.ids.items[n], Kind: row.Kind, Organisation: row.Organisation, Ownership: row.Ownership,
		Platform: row.Platform, Holder: row.Holder, Groups: row.Groups, Site: row.Site}
	s, err := j.basis.compiled.Subject(&h)
	if err != nil {
		return 0
	}
	return j.ask(&s, &h, in)
}

func addBreach(breaches []breach, outcome, host uint32) []breach {
	for i := range breaches {
		if breaches[i].outcome == outcome {
			breaches[i].hosts.add(host)
			return breaches
		}
	}
	return append(breaches, breach{outcome, setOf([]uint32{host})})
}

// breaches are what was gathered, in sets.
func breaches(found []gathered) []breach {
	if len(found) == 0 {
		return nil
	}
	breaches := make([]breach, 0, len(found))
	for _, g := range found {
		breaches = append(breaches, breach{g.outcome, setOf(g.hosts)})
	}
	return breaches
}

func (j *judge) gather(outcome, host uint32) {
	if outcome == 0 {
		return
	}
	for i := range j.found {
		if g := &j.found[i]; g.outcome == outcome {
			g.hosts = append(g.hosts, host)
			return
		}
	}
	n := len(j.found)
	if n < cap(j.found) {
		j.found = j.found[:n+1] // with the memory that was there
		j.found[n] = gathered{outcome, append(j.found[n].hosts[:0], host)}
		return
	}
	j.found = append(j.found, gathered{outcome, []uint32{host}})
}

// verdicts judges the things of many names on all processors.
func (x *Index) verdicts(b *Basis, names []uint32) []judged {
	workers := min(runtime.GOMAXPROCS(0), len(names)/64+1)
	results := make([][]judged, workers)
	var next atomic.Int64
	var done sync.WaitGroup
	for w := range workers {
		done.Go(func() {
			j := x.newJudge(b)
			for i := int(next.Add(1)) - 1; i < len(names); i = int(next.Add(1)) - 1 {
				j.name(names[i], func(t uint32, found []gathered) { results[w] = append(results[w], judged{t, breaches(found)}) })
			}
		})
	}
	done.Wait()
	return slices.Concat(results...)
}
