package index

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"portcullis/policy"
)

// ErrNotDeclared is a question about a product or supplier that the world does not have.
var ErrNotDeclared = errors.New("not declared")

// Presence is on which hosts something is, and on which something contains it. Numbers are of the hosts
// of the organisations asked about.
type Presence struct {
	Itself Count // hosts that have it
	Inside Count // hosts that have something else which contains it, at any depth; many are in both
	Either Count // hosts in one of the two or both
	// Perhaps counts the other hosts with something of no known product that has a name which, on another
	// platform, leads to it: a ban would cover that too.
	Perhaps Count
	// By the host's own organisation, in order of their ids.
	Organisations []OrganisationPresence
	// Carriers are all other products that contain it in some version, at any depth; their hosts have a
	// version that does, or one that is not known. Most hosts first, then by id.
	Carriers []ProductCount
}

// OrganisationPresence is the presence on the hosts of one organisation.
type OrganisationPresence struct {
	Organisation   string
	Itself, Inside int
}

// ProductCount is the hosts that have a product.
type ProductCount struct {
	Product string
	Count
}

// Where is the presence of one product.
type Where struct {
	Product       string
	Installations int
	Presence
	// By the platform on which it is installed, most hosts first; that of equipment is empty.
	Platforms []PlatformCount
	// Versions are the newest, at most MostVersions of them, newest first; versions that say nothing come last.
	Versions []VersionCount
	Older    OlderVersions
	InBreach Count // hosts on which it is in breach itself
	// Causes are those of these breaches, by result and rule; a host may be in several.
	Causes []CauseCount
}

// MostVersions is how many versions Where lists.
const MostVersions = 50

// PlatformCount is the hosts that have a product on one platform.
type PlatformCount struct {
	Platform policy.Platform
	Count
}

// VersionCount is the hosts that have one version, as its text is.
type VersionCount struct {
	Version string
	Count
}

// OlderVersions is the versions that are not listed, together: how many they are, and their hosts.
type OlderVersions struct {
	Versions int
	Count
}

// CauseCount is the hosts in breach for one cause.
type CauseCount struct {
	Cause
	Count
}

// Where tells where a product is: on the hosts of some organisations, these themselves, or on all where
// none is named. A product that the world does not have is ErrNotDeclared.
func (x *Index) Where(product string, organisations []string) (Where, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s, err := x.searchProduct(product, organisations)
	if err != nil {
		return Where{}, err
	}
	details := details{search: s, platforms: map[policy.Platform]tally{}, versions: map[string]tally{}, causes: map[Cause]tally{},
		breaches: x.outcomesWhere((*outcome).breach)}
	s.run(details.add)
	w := Where{Product: product, Installations: s.all(s.itself).installations(), Presence: s.presence()}
	details.fill(&w)
	return w, nil
}

// search seeks a target on all hosts: what is it, and what contains it.
type search struct {
	*counter
	seeker          *seeker
	reached         reach
	itself, carried map[string]tally // by product
	perhaps         tally
}

func (x *Index) newSearch(target policy.Target, organisations []string) (*search, error) {
	draft := policy.Rule{ID: draftID, Effect: policy.Ban, Target: target, Scope: "anyone", Period: policy.Period{From: x.basis.at}, Components: true,
		Clearance: policy.ClearanceNone}
	s := &search{counter: x.newCounter(x.newSorter(organisations)), reached: reach{products: map[int32]bool{}}, itself: map[string]tally{}, carried: map[string]tally{}}
	s.reached.addRule(x.basis.graph, &draft)
	var err error
	s.seeker, err = x.basis.newSeeker(&draft, &s.reached)
	return s, err
}

// run seeks in everything that there is; where something is the target itself, f is called with it too.
func (s *search) run(f func(t uint32, p policy.Platform, hosts []uint32)) {
	x := s.index
	for _, n := range x.reached(&s.reached) {
		for _, t := range x.named[n] {
			in := x.dictionary.At(t).Installation()
			s.thing(t, func(p policy.Platform, hosts []uint32) {
				product, is := s.seeker.seek(&in, p)
				switch {
				case is == coversNot:
				case product == "":
					s.perhaps = append(s.perhaps, slices.Clone(hosts))
				case is == coversDirectly:
					s.itself[product] = append(s.itself[product], slices.Clone(hosts))
					f(t, p, hosts)
				default:
					s.carried[product] = append(s.carried[product], slices.Clone(hosts))
				}
			})
		}
	}
}

// all brings tallies together.
func (s *search) all(of map[string]tally) (all tally) {
	for _, t := range of {
		all = append(all, t...)
	}
	return all
}

// presence is what was found.
func (s *search) presence() Presence {
	itself, inside := s.union.of(s.all(s.itself)), s.union.of(s.all(s.carried))
	either := s.union.of(tally{itself, inside})
	perhaps := slices.DeleteFunc(s.union.of(s.perhaps), func(host uint32) bool {
		_, sure := slices.BinarySearch(either, host)
		return sure
	})
	p := Presence{Itself: s.once(itself), Inside: s.once(inside), Either: s.once(either), Perhaps: s.once(perhaps)}
	x := s.index
	here, within := x.newCounts(), x.newCounts()
	here.count(itself)
	within.count(inside)
	for _, o := range x.hosts.inOrder {
		if here.of[o]+within.of[o] > 0 {
			p.Organisations = append(p.Organisations, OrganisationPresence{x.hosts.organisations.items[o], here.of[o], within.of[o]})
		}
	}
	p.Carriers = s.products(coversComponent, s.carried)
	return p
}

// products counts the hosts of all products that have to do with the target in one way, those that are
// nowhere too.
func (s *search) products(way uint32, of map[string]tally) (products []ProductCount) {
	for i := range s.reached.products {
		id := s.index.basis.world.Products[i].ID
		if _, is := s.seeker.seek(&policy.Installation{Product: id}, 0); is == way {
			products = append(products, ProductCount{id, s.of(of[id])})
		}
	}
	slices.SortFunc(products, func(a, b ProductCount) int {
		return cmp.Or(cmp.Compare(b.Hosts, a.Hosts), cmp.Compare(a.Product, b.Product))
	})
	return products
}

// details gathers what Where tells of the product itself.
type details struct {
	*search
	platforms map[policy.Platform]tally
	versions  map[string]tally
	breaching tally
	causes    map[Cause]tally
	breaches  []bool // by outcome
	inOutcome [1024]uint32
}

func (d *details) add(t uint32, p policy.Platform, hosts []uint32) {
	x, thing := d.index, d.index.dictionary.At(t)
	hosts = slices.Clone(hosts)
	d.platforms[p] = append(d.platforms[p], hosts)
	d.versions[thing.Version] = append(d.versions[thing.Version], hosts)
	x.eachOutcome(t, d.breaches, d.inOutcome[:], func(o *outcome, hosts []uint32) {
		var here []uint32
		for _, n := range hosts {
			if c := x.hosts.class[n]; d.on(thing, c) == p && (d.wanted == nil || d.wanted[c]) {
				here = append(here, n)
			}
		}
		if len(here) == 0 {
			return
		}
		d.breaching = append(d.breaching, here)
		for _, c := range o.causes {
			d.causes[c] = append(d.causes[c], here)
		}
	})
}

func (d *details) fill(w *Where) {
	for p, hosts := range d.platforms {
		w.Platforms = append(w.Platforms, PlatformCount{p, d.of(hosts)})
	}
	slices.SortFunc(w.Platforms, func(a, b PlatformCount) int {
		return cmp.Or(cmp.Compare(b.Hosts, a.Hosts), cmp.Compare(a.Platform, b.Platform))
	})
	versions := slices.SortedFunc(maps.Keys(d.versions), compareVersions)
	listed := versions[:min(len(versions), MostVersions)]
	for _, v := range listed {
		w.Versions = append(w.Versions, VersionCount{v, d.of(d.versions[v])})
	}
	var older tally
	for _, v := range versions[len(listed):] {
		older = append(older, d.versions[v]...)
	}
	w.Older = OlderVersions{len(versions) - len(listed), d.of(older)}
	w.InBreach = d.of(d.breaching)
	for _, c := range slices.SortedFunc(maps.Keys(d.causes), compareCauses) {
		w.Causes = append(w.Causes, CauseCount{c, d.of(d.causes[c])})
	}
}

// seeker tells what an installation has to do with a target: whether it is it, or contains it. It asks
// the decision, in a world in which nothing holds but a ban of the target for one organisation.
type seeker struct {
	hosts    [len(policy.PlatformWords)]policy.Host // one for each platform
	subjects [len(policy.PlatformWords)]policy.Subject
	decision policy.Decision
}

func (b *Basis) newSeeker(draft *policy.Rule, to *reach) (*seeker, error) {
	direct := *draft
	direct.ID, direct.Components = directID, false
	w := b.excerpt(draft, to)
	w.Organisations, w.Rules = []policy.Organisation{{ID: draft.Scope}}, []policy.Rule{*draft, direct}
	compiled, err := policy.Compile(w, b.at)
	if err != nil {
		return nil, fmt.Errorf("seeking what leads to a product or supplier: %w", err)
	}
	s := &seeker{}
	for p := range s.subjects {
		s.hosts[p] = policy.Host{Kind: policy.Device, Organisation: draft.Scope, Platform: policy.Platform(p)}
		if s.subjects[p], err = compiled.Subject(&s.hosts[p]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// seek returns the product that an installation is on a platform, empty where none is found, and
// whether the target is that, or inside it.
func (s *seeker) seek(in *policy.Installation, p policy.Platform) (product string, is uint32) {
	s.subjects[p].Decide(in, &s.decision)
	return s.decision.Product, covers(&s.decision)
}
