package index

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"portcullis/policy"
)

// Basis is what verdicts rest on: a world, compiled for one time, with what the index needs to know
// of it besides. It does not change, and neither may its world.
type Basis struct {
	world    *policy.World
	at       time.Time
	compiled *policy.Policy
	enforced map[string]bool // organisations that are not in monitor

	once    sync.Once
	graph   *graph
	bounds  map[int32]*bounds
	every   bounds // those of rules on anything
	touches map[int32][]subject
	touched []subject         // by exemptions that may be about anything
	named   map[int32][]int32 // by product: the exemptions in force that name it
	lifting bool              // whether touches rest on what exemptions lift, too
}

// NewBasis compiles w for a time. A world that the decision does not take is an error.
func NewBasis(w *policy.World, at time.Time) (*Basis, error) {
	compiled, err := policy.Compile(w, at)
	if err != nil {
		return nil, fmt.Errorf("making the basis of the index: %w", err)
	}
	return newBasis(w, at, compiled), nil
}

// Next returns what NewBasis(w, at) does, made from b: what of w is the same memory as in b's world
// is not looked at again. So a decision taken by anyone is a new basis in a few milliseconds.
func (b *Basis) Next(w *policy.World, at time.Time) (*Basis, error) {
	compiled, err := b.compiled.Recompile(w, at)
	if err != nil {
		return nil, fmt.Errorf("making the next basis of the index: %w", err)
	}
	b.prepare(nil)
	next := newBasis(w, at, compiled)
	next.once.Do(func() { next.follow(b) })
	return next, nil
}

// follow finds out what prepare does, with what is the same as before.
func (b *Basis) follow(before *Basis) {
	was, is := before.world, b.world
	if !shared(was.Products, is.Products) || !shared(was.Suppliers, is.Suppliers) {
		b.graph = newGraph(is)
		b.findBounds()
		b.findTouches()
		return
	}
	g := *before.graph
	g.world = is // lest the one before is kept
	b.graph = &g
	still := policy.Period{From: before.Since(), Until: before.Until()}.Contains(b.at)
	rules := still && shared(was.Rules, is.Rules)
	if rules {
		b.bounds, b.every = before.bounds, before.every
	} else {
		b.findBounds()
	}
	if still && shared(was.Exemptions, is.Exemptions) && (rules || !before.lifting) {
		b.touches, b.touched, b.named, b.lifting = before.touches, before.touched, before.named, before.lifting
	} else {
		b.findTouches()
	}
}

// shared tells whether two sections are the same memory, which nobody changes.
func shared[T any](was, is []T) bool {
	return len(was) == len(is) && (len(is) == 0 || &was[0] == &is[0])
}

func newBasis(w *policy.World, at time.Time, compiled *policy.Policy) *Basis {
	b := &Basis{world: w, at: at, compiled: compiled, enforced: make(map[string]bool, len(w.Organisations))}
	for i := range w.Organisations {
		o := &w.Organisations[i]
		b.enforced[o.ID] = o.Monitor == nil || !o.Monitor.Contains(at)
	}
	return b
}

// At is the time for which the basis answers; it answers alike from Since to Until.
func (b *Basis) At() time.Time { return b.at }

// Policy is the world in its compiled form.
func (b *Basis) Policy() *policy.Policy { return b.compiled }

// Since is the last date of the world that is not after At; zero where there is none.
func (b *Basis) Since() time.Time { return b.compiled.ValidFrom() }

// Until is when an answer may next change without a decision: the first date of the world after At.
// It is zero where there is none.
func (b *Basis) Until() time.Time { return b.compiled.ValidUntil() }

// prepare finds out what judging many hosts needs. The graph may come from a basis with the same
// products and suppliers.
func (b *Basis) prepare(same *graph) {
	b.once.Do(func() {
		if b.graph = same; same == nil {
			b.graph = newGraph(b.world)
		}
		b.findBounds()
		b.findTouches()
	})
}

// bounds are the limits on versions that may matter to a product.
type bounds struct {
	windows bool     // there are windows: every version counts as different
	floors  []string // ascending
	codes   []int64  // ascending
}

func (b *Basis) findBounds() {
	b.bounds = map[int32]*bounds{}
	for i := range b.world.Products {
		for _, c := range b.world.Products[i].Contains {
			if c.Versions != (policy.Window{}) {
				b.boundsOf(int32(i)).windows = true
			}
		}
	}
	for i := range b.world.Rules {
		r := &b.world.Rules[i]
		windows := r.Versions != policy.Window{}
		if !r.Contains(b.at) || !windows && r.MinVersion == "" && len(r.MinVersionCode) == 0 {
			continue
		}
		if i, ok := b.graph.products[r.Target.Product]; ok && !r.Components {
			b.boundsOf(i).add(r, windows)
			continue
		}
		to := reach{products: map[int32]bool{}}
		to.addRule(b.graph, r)
		if to.all {
			b.every.add(r, windows)
		}
		for product := range to.products {
			b.boundsOf(product).add(r, windows)
		}
	}
}

func (b *Basis) boundsOf(product int32) *bounds {
	if b.bounds[product] == nil {
		b.bounds[product] = &bounds{}
	}
	return b.bounds[product]
}

func (l *bounds) add(r *policy.Rule, windows bool) {
	l.windows = l.windows || windows
	if r.MinVersion != "" {
		l.floors = append(l.floors, r.MinVersion)
	}
	for _, code := range r.MinVersionCode {
		l.codes = append(l.codes, code)
	}
}

// limits are the bounds on all products that a name may stand for.
func (b *Basis) limits(n name) bounds {
	l := bounds{b.every.windows, slices.Clone(b.every.floors), slices.Clone(b.every.codes)}
	for _, product := range b.graph.of(n) {
		if more := b.bounds[product]; more != nil {
			l.windows = l.windows || more.windows
			l.floors = append(l.floors, more.floors...)
			l.codes = append(l.codes, more.codes...)
		}
	}
	slices.SortFunc(l.floors, policy.CompareVersions)
	slices.Sort(l.codes)
	return l
}

// likeness is what a decision may depend on in a thing of one name: where two things have the same,
// they are judged alike on every host.
type likeness struct {
	platform  policy.Platform
	signer    string
	unmanaged bool
	version   string // where every version counts as different
	code      int64
	coded     bool
	floors    int // how many floors the version reaches; -1 where it is missing
	codes     int
}

func (l *bounds) likeness(t *Thing) likeness {
	k := likeness{platform: t.Platform, signer: t.Signer, unmanaged: t.Managed == ManagedNo}
	if l.windows {
		k.version, k.code, k.coded = t.Version, t.Code, t.Coded
		return k
	}
	if len(l.floors) > 0 {
		k.floors = -1
		if !policy.VersionMissing(t.Version) {
			k.floors, _ = slices.BinarySearchFunc(l.floors, t.Version, func(floor, v string) int {
				return reached(policy.CompareVersions(v, floor) >= 0)
			})
		}
	}
	if len(l.codes) > 0 && t.Coded {
		k.coded = true
		k.codes, _ = slices.BinarySearchFunc(l.codes, t.Code, func(floor, code int64) int { return reached(code >= floor) })
	}
	return k
}

// reached orders the floors that are reached before the others.
func reached(yes bool) int {
	if yes {
		return -1
	}
	return 1
}

// subject is a host, person or group that an exemption names: not a class of hosts, but single ones.
type subject struct{ host, person, group string }

// single returns the subject of an exemption, if it is for single hosts. Everybody of a scope and a
// site are classes of hosts.
func single(e *policy.Exemption) (subject, bool) {
	s := subject{e.Subject.Host, e.Subject.Person, e.Subject.Group}
	return s, s != subject{}
}

func (b *Basis) findTouches() {
	b.touches, b.named = map[int32][]subject{}, map[int32][]int32{}
	rules := make(map[string]*policy.Rule, len(b.world.Rules))
	for i := range b.world.Rules {
		rules[b.world.Rules[i].ID] = &b.world.Rules[i]
	}
	for i := range b.world.Exemptions {
		e := &b.world.Exemptions[i]
		if !e.Contains(b.at) {
			continue
		}
		product, named := b.graph.products[e.Product]
		if named {
			b.named[product] = append(b.named[product], int32(i))
		}
		s, ok := single(e)
		if !ok {
			continue
		}
		if named {
			b.touches[product] = append(b.touches[product], s)
			continue
		}
		b.lifting = true
		to := reach{products: map[int32]bool{}}
		to.addExemption(b.graph, e, rules)
		if to.all {
			b.touched = append(b.touched, s)
		}
		for product := range to.products {
			b.touches[product] = append(b.touches[product], s)
		}
	}
}

// addExemption adds what an exemption may be about: its product, or all that the rules reach that
// it lifts.
func (r *reach) addExemption(g *graph, e *policy.Exemption, rules map[string]*policy.Rule) {
	if e.Product != "" {
		if i, ok := g.products[e.Product]; ok {
			r.products[i] = true
		}
		return
	}
	for _, id := range e.Lifts {
		if rule := rules[id]; rule != nil {
			r.addRule(g, rule)
		}
	}
}

// subjects are those that are to be judged singly where things of a name are on them.
func (b *Basis) subjects(n name) []subject {
	s := slices.Clone(b.touched)
	for _, product := range b.graph.of(n) {
		s = append(s, b.touches[product]...)
	}
	slices.SortFunc(s, func(a, b subject) int {
		return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.person, b.person), cmp.Compare(a.group, b.group))
	})
	return slices.Compact(s)
}

// parents tells of each organisation which it is below; empty where there is none.
func (b *Basis) parents() map[string]string {
	parents := make(map[string]string, len(b.world.Organisations))
	for i := range b.world.Organisations {
		parents[b.world.Organisations[i].ID] = b.world.Organisations[i].Parent
	}
	return parents
}
